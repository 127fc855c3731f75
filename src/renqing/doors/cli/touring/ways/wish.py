"""A wish: on a list, asked about before paying, given, and there."""

from __future__ import annotations

from typing import Any

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.books import paid, together
from renqing.doors.cli.touring.company import Ware, count_in
from renqing.doors.cli.touring.programs import TourStopped
from renqing.doors.cli.touring.stage import Stage, Told

_NOT_FRIENDS = (404, "person_unknown")


def wished_for(stage: Stage) -> Told:
    """The friend wishes for it; the giver sees the list, asks "have it already?", gives it, and then it is there."""
    players, other = stage.players, stage.company.other
    recipient, giver = players.recipient, players.giver
    ware = _not_theirs_yet(stage)
    count_in(other.staff, other.shop_id, [ware])
    made = recipient.post("/v1/wish-lists", {"name": words("tour.wish.list"), "seen_by": "friends"})
    recipient.post(
        "/v1/wishes", {"product_id": ware.product_id, "list_id": made["id"], "note": words("tour.wish.note")}
    )
    stage.saw(recipient, "wished", product=ware.name)
    path = f"/v1/wish-lists/{made['id']}"
    seen = giver.get(path)
    right = [wish["product"]["id"] for wish in seen["wishes"]] == [ware.product_id]
    stage.saw(giver, "wish_seen", right=right, who=recipient.name, note=seen["wishes"][0]["note"])
    have = f"/v1/people/{recipient.person_id}/have-it/{ware.product_id}"
    before = giver.get(have)
    stage.saw(giver, "have_it_no", right=(before["answer"], before["is_wished"]) == ("no", True), who=recipient.name)
    recipient.put("/v1/wish-lists/asking", {"allowed": False})
    stage.saw(giver, "have_it_not_told", right=giver.get(have)["answer"] == "not_told", who=recipient.name)
    recipient.put("/v1/wish-lists/asking", {"allowed": True})
    stranger = other.staff.refusal_of("GET", have)
    stage.saw(other.staff, "have_it_stranger", right=stranger == _NOT_FRIENDS)
    gift = stage.give(sku_id=ware.sku_id)
    stage.unwrap(gift, recipient)
    order_id = stage.claim(gift)
    stage.hand_over(order_id, recipient, "other_shop")
    stage.saw(giver, "have_it_yes", right=giver.get(have)["answer"] == "yes", who=recipient.name)
    recipient.delete(path)
    total = gift["total"]["amount"]
    return stage.summed_up("wish", [order_id], together(paid(total), stage.due(order_id, "other_shop")))


def _not_theirs_yet(stage: Stage) -> Ware:
    """Something of the other shop that the recipient was not given before: in a set, or in another tour perhaps."""
    got: set[str] = set()
    page: dict[str, Any] = {"next_cursor": None}
    while True:
        page = stage.players.recipient.get("/v1/gifts/received", cursor=page["next_cursor"])
        got |= {title for gift in page["gifts"] for title in (gift["title_zh"], gift["title_en"])}
        if page["next_cursor"] is None:
            break
    new = next((ware for ware in stage.company.other.wares[1:] if ware.name not in got), None)
    if new is None:
        raise TourStopped(words("tour.nothing_new"))
    return new

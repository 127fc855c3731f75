"""A draw over HTTP: entered, drawn, claimed, and worked out again from its public record alone."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from callers import give
from open_house import Caller

from renqing.foundation.ids import random_bytes

ADDRESS = {"region_code": 330106109, "name": "收件人", "phone": "13800000072", "detail": "文三路 1 号"}


def soon(doors: Any, **ahead: Any) -> str:
    return (doors.house.ground.clock.now() + timedelta(**ahead)).isoformat()


async def drawn_for(doors: Any, giver: Any, **more: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A paid gift that is drawn for when three have entered, and what its link is looked up by."""
    draw = {"draw_at": soon(doors, hours=2), "entrants_max": 3, **more}
    gift = await give(doors, giver, None, doors.town.red, shares=2, draw=draw, open_for_hours=72)
    sent = await giver.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    return sent, {"token": sent["link_token"]}


def worked_out(record: dict[str, Any], entries: list[dict[str, Any]]) -> list[int]:
    """The order of all entries, by the words of docs/decisions/fair-draw.md and nothing of ours."""

    def hashed(*parts: object) -> str:
        return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()

    seed = bytes.fromhex(record["seed"])
    assert hashlib.sha256(seed).hexdigest() == record["commitment"]
    promised = (record["prizes"], record["draw_at_seconds"], record["entrants_max"])
    head = hashed("renqing-draw-1", record["commitment"], *promised)
    for entry in entries:
        head = hashed(head, entry["n"], entry["tag"], entry["nonce"])
    assert head == record["head"]
    return sorted(
        (entry["n"] for entry in entries), key=lambda n: hmac.new(seed, f"{head}|{n}".encode(), "sha256").hexdigest()
    )


async def test_a_draw_is_entered_made_and_worked_out_by_anybody(doors):
    town = doors.town
    an, bo, cai, stranger = await doors.callers(town.an, town.bo, town.cai, town.stranger)
    anybody = Caller(doors)
    sent, link = await drawn_for(doors, an)
    name = sent["draw"]["commitment"]
    public = f"/v1/draws/{name}"
    record = await anybody.ok("GET", public)
    assert (record["seed"], record["entrants"], record["winners"]) == (None, 0, [])
    nonce = random_bytes(16).hex()
    receipt = await bo.ok("POST", "/v1/gifts/entries", {**link, "nonce": nonce}, key="enter")
    assert await bo.ok("POST", "/v1/gifts/entries", {**link, "nonce": nonce}, key="enter") == receipt
    assert (receipt["n"], receipt["nonce"], receipt["commitment"]) == (1, nonce, name)
    assert (await anybody.ok("GET", f"{public}/entries"))["entries"] == [], "none before the draw"
    seen = (await bo.ok("GET", f"/v1/gifts/{receipt['gift_id']}"))["draw"]
    assert (seen["mine"], seen["entrants"], seen["receipt"]["head"]) == ("entered", 1, receipt["head"])
    for person in (cai, stranger):
        await person.ok("POST", "/v1/gifts/entries", link)
    assert await an.refused("POST", "/v1/gifts/entries", link) == (403, "gift_is_your_own")
    await doors.settle()
    record = await anybody.ok("GET", public)
    entries = (await anybody.ok("GET", f"{public}/entries"))["entries"]
    order = worked_out(record, entries)
    assert [winner["entry_n"] for winner in record["winners"]] == order[:2]
    assert all(winner["person"] is None for winner in record["winners"])
    for ours in (str(town.bo), str(town.cai), str(town.stranger), "Bo", "蔡"):
        assert ours not in str(record) + str(entries)
    callers = {1: bo, 2: cai, 3: stranger}
    winner, loser = callers[order[0]], callers[order[2]]
    address = (await winner.ok("POST", "/v1/addresses", ADDRESS))["id"]
    mine = await winner.ok("GET", f"/v1/gifts/{receipt['gift_id']}")
    assert (mine["kind"], mine["draw"]["mine"], mine["draw"]["prize"]) == ("open", "won", 1)
    claimed = await winner.ok("POST", "/v1/gifts/claims", {"gift_id": receipt["gift_id"], "address_id": address})
    mine = await winner.ok("GET", f"/v1/gifts/{receipt['gift_id']}")
    assert (mine["kind"], mine["order_id"], mine["draw"]["mine"]) == ("claimed", claimed["order_id"], "claimed")
    theirs = (await loser.ok("GET", f"/v1/gifts/{receipt['gift_id']}"))["draw"]
    assert (theirs["mine"], theirs["prize"]) == ("lost", None)
    elsewhere = (await loser.ok("POST", "/v1/addresses", ADDRESS))["id"]
    asked = {"gift_id": receipt["gift_id"], "address_id": elsewhere}
    assert await loser.refused("POST", "/v1/gifts/claims", asked) == (403, "nothing_won")
    assert (await an.ok("GET", f"/v1/gifts/{receipt['gift_id']}"))["draw"]["winners"][0]["person"] is not None


async def test_before_the_draw_nothing_is_claimed_and_a_full_one_takes_no_more(doors):
    town = doors.town
    an, bo, cai, stranger = await doors.callers(town.an, town.bo, town.cai, town.stranger)
    _, link = await drawn_for(doors, an, entrants_max=2)
    await bo.ok("POST", "/v1/gifts/entries", link)
    address = (await bo.ok("POST", "/v1/addresses", ADDRESS))["id"]
    assert await bo.refused("POST", "/v1/gifts/claims", {**link, "address_id": address}) == (409, "draw_not_done")
    await cai.ok("POST", "/v1/gifts/entries", link)
    assert await stranger.refused("POST", "/v1/gifts/entries", link) == (409, "draw_full")
    await doors.settle()
    assert await stranger.refused("POST", "/v1/gifts/entries", link) == (409, "draw_over")


async def test_draws_that_make_no_sense_are_refused_and_say_why(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    asked = {"sku_id": str(town.red), "shares": 2, "open_for_hours": 24}
    for draw, said in (
        ({"draw_at": soon(doors, hours=-1)}, (422, "field_not_valid")),
        ({"draw_at": soon(doors, hours=25)}, (422, "field_not_valid")),
        ({"draw_at": "2026-11-27T12:00:00"}, (422, "body_not_valid")),
        ({"draw_at": soon(doors, hours=1), "entrants_max": 1}, (422, "field_not_valid")),
        ({"draw_at": soon(doors, hours=1), "guest_ids": [str(town.stranger)]}, (403, "recipient_not_reachable")),
        ({"draw_at": soon(doors, hours=1), "seed": "mine"}, (422, "body_not_valid")),
    ):
        assert await an.refused("POST", "/v1/gifts", {**asked, "draw": draw}) == said
    late = await an.post("/v1/gifts", {**asked, "draw": {"draw_at": soon(doors, hours=25)}})
    assert "截止" in late.body["title"]
    assert (await an.ok("GET", "/v1/gifts/sent"))["gifts"] == []
    for name in ("nothing", "ab" * 32, "é" * 64):
        assert await an.refused("GET", f"/v1/draws/{name}") == (404, "draw_unknown")

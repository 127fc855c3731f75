"""A shop gives something away by a printed card, played over HTTP alone: not a fen moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.stage import Stage, Told, holds_amount

_STOPPED = 5  # WeChat's number of an activity that its shop ended
_NOT_RIGHT, _USED = (422, "card_not_right"), (409, "card_used")


def shop_gives_by_card(stage: Stage) -> Told:
    """Set aside, printed, typed wrong and right, taken once, sent; what is left goes back to the shop's stock."""
    players = stage.players
    base = f"/v1/shops/{players.shop_id}/activities"
    now = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"])
    asked = {"name": words("tour.present.name"), "sku_id": players.given_sku, "stock": 2, "audience": "cards"}
    made = players.shop.post(base, {**asked, "ends_at": (now + timedelta(days=1)).isoformat()})
    batches = f"{base}/{made['id']}/card-batches"
    batch = players.shop.post(batches, {"cards": 1})
    (card,) = players.shop.get(f"{batches}/{batch['id']}")
    stage.saw(players.shop, "card_printed", number=card["number"], right=card["pin"] not in card["url"])
    typed = {"number": card["number"], "pin": card["pin"]}
    wrong = {**typed, "pin": f"{(int(card['pin']) + 1) % 10**6:06d}"}
    refused = players.recipient.refusal_of("POST", "/v1/claim-cards/openings", wrong)
    stage.saw(players.recipient, "pin_wrong", right=refused == _NOT_RIGHT)
    code = players.recipient.post("/v1/claim-cards/openings", typed)["present_code"]
    again = players.giver.refusal_of("POST", "/v1/claim-cards/openings", typed)
    stage.saw(players.giver, "card_used", right=again == _USED)
    taken = players.recipient.post(f"/v1/presents/{code}/taking", {"address_id": players.recipient_address})
    order_id = str(taken["order_id"])
    order = players.recipient.get(f"/v1/orders/{order_id}")
    stage.saw(players.recipient, "present_taken", right=order["kind"] == "present" and not holds_amount(order))
    stage.ship_and_receive(order_id, players.recipient, players.given_style)
    stopped = players.shop.post(f"{base}/{made['id']}/steps", {"step": "stop"})
    left = players.shop.get(f"{base}/{made['id']}")["left"]
    stage.saw(players.shop, "activity_stopped", right=stopped["state"] == _STOPPED and left == 1, left=left)
    lines = players.recipient.get("/v1/me/account", limit=100)["lines"]
    stage.saw(players.recipient, "paid_nothing", right=all(line["cause_id"] != order_id for line in lines))
    return stage.told("present", order_id, lambda _paid: {})

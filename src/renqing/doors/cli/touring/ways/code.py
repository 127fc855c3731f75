"""Offline: a printed code beside a product begins a gift, and a card with a PIN takes one."""

from __future__ import annotations

from datetime import datetime, timedelta

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.books import paid, together
from renqing.doors.cli.touring.stage import Stage, Told, holds_amount

_NOT_RIGHT, _USED = (422, "card_not_right"), (409, "card_used")


def by_code_and_card(stage: Stage) -> Told:
    """Scanned, given, and the guide is credited; then a card: typed wrong, typed right, used once, free."""
    order_id, total = _by_code(stage)
    of_card = _by_card(stage)
    return stage.summed_up("code", [order_id, of_card], together(paid(total), stage.due(order_id)))


def _by_code(stage: Stage) -> tuple[str, int]:
    """A gift that began at a printed code; its order, and what was paid."""
    players = stage.players
    at = f"/v1/shops/{players.shop_id}/gift-codes"
    product = players.giver.get("/v1/products", query=players.product_zh, limit=50)["products"]
    product_id = next(one["id"] for one in product if one["title_zh"] == players.product_zh)
    asked = {"product_id": product_id, "place": words("tour.code.place"), "guide_id": players.shop.person_id}
    made = players.shop.post(at, asked)
    stage.saw(players.shop, "code_printed", right=made["url"].endswith(f"/c/{made['code']}"), code=made["code"])
    leads = players.giver.get(f"/v1/gift-codes/{made['code']}")
    right = leads["product_id"] == product_id and not leads["ended"]
    stage.saw(players.giver, "code_scanned", right=right, product=players.product)
    gift = stage.give(code=made["code"])
    stage.open_envelope(gift)
    order_id = stage.claim(gift)
    stage.hand_over(order_id, players.recipient)
    (line,) = [one for one in players.shop.get(at) if one["id"] == made["id"]]
    right = (line["gifts"], line["guide"]) == (1, players.shop.name)
    stage.saw(
        players.shop, "guide_credited", right=right, guide=line["guide"], amount=stage.money(line["amount"]["amount"])
    )
    players.shop.delete(f"{at}/{made['id']}")
    return order_id, gift["total"]["amount"]


def _by_card(stage: Stage) -> str:
    """A present that a printed card takes; its order."""
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
    order = players.recipient.get(f"/v1/orders/{taken['order_id']}")
    stage.saw(players.recipient, "present_taken", right=order["kind"] == "present" and not holds_amount(order))
    stage.hand_over(taken["order_id"], players.recipient)
    players.shop.post(f"{base}/{made['id']}/steps", {"step": "stop"})
    return str(taken["order_id"])

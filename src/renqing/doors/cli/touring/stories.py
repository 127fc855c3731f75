"""The first six stories, played over HTTP alone, and what the accounts should have moved in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.books import Movement
from renqing.doors.cli.touring.programs import wait_for
from renqing.doors.cli.touring.stage import Paid, Stage, Told, holds_amount

HOUR_SECONDS = 3600
_EXPIRED_REFUNDED = 181  # WeChat's number of a gift that nobody claimed, its money back
_GONE = (404, "gift_not_available")


# what the accounts should have moved ---------------------------------------------------------------------------------
def sold(paid: Paid) -> dict[str, Movement]:
    """Paid, held, settled: the shop has its part, the platform its fee."""
    return {
        "clearing": Movement(0, paid.total),
        "giver": Movement(paid.total, paid.total),
        "escrow": Movement(paid.total, paid.total),
        "shop": Movement(paid.total - paid.fee, 0),
        "fee": Movement(paid.fee, 0),
    }


def given_back(paid: Paid) -> dict[str, Movement]:
    """Paid, held, and everything back by the original route."""
    return {
        "clearing": Movement(paid.total, paid.total),
        "giver": Movement(2 * paid.total, 2 * paid.total),
        "escrow": Movement(paid.total, paid.total),
        "refunds_due": Movement(paid.total, paid.total),
    }


def settled_and_given_back(paid: Paid) -> dict[str, Movement]:
    """Settled first; then the shop and the platform each give back their part of the goods. Freight stays sold."""
    fee_back = paid.fee - paid.fee_on_freight
    return {
        "clearing": Movement(paid.goods, paid.total),
        "giver": Movement(paid.total + paid.goods, paid.total + paid.goods),
        "escrow": Movement(paid.total, paid.total),
        "refunds_due": Movement(paid.goods, paid.goods),
        "shop": Movement(paid.total - paid.fee, paid.goods - fee_back),
        "fee": Movement(paid.fee, fee_back),
    }


# the stories ---------------------------------------------------------------------------------------------------------
def buys_for_oneself(stage: Stage) -> Told:
    """Pay, ship, receive; the shop is settled."""
    order_id = stage.buy()
    stage.ship_and_receive(order_id, stage.players.giver, stage.players.given_style)
    return stage.told("bought", order_id, sold)


def gift_is_claimed(stage: Stage) -> Told:
    """A friend opens the envelope, says where to, and has it."""
    gift = stage.give()
    stage.open_envelope(gift)
    order_id = stage.claim(gift)
    stage.giver_sees(gift, "to_ship")
    stage.recipient_sees_no_amount(order_id)
    stage.ship_and_receive(order_id, stage.players.recipient, stage.players.given_style)
    stage.giver_sees(gift, "received")
    return stage.told("claimed", order_id, sold)


def gift_in_another_style(stage: Stage) -> Told:
    """The friend takes another style of the same product at the same price; the giver does not learn which."""
    gift = stage.give()
    stage.open_envelope(gift)
    order_id = stage.claim(gift, stage.players.other_sku)
    stage.recipient_sees_no_amount(order_id)
    stage.ship_and_receive(order_id, stage.players.recipient, stage.players.other_style)
    stage.giver_sees(gift, "received")
    return stage.told("another_style", order_id, sold)


def gift_is_refused(stage: Stage) -> Told:
    """The friend declines with a kind sentence; the giver gets everything back."""
    gift = stage.give()
    stage.open_envelope(gift)
    recipient = stage.players.recipient
    recipient.post("/v1/gifts/refusals", {"gift_id": gift["gift_id"], "sentence": "kind_thought"})
    gone = recipient.refusal_of("GET", f"/v1/gifts/{gift['gift_id']}")
    stage.saw(recipient, "declined", right=gone == _GONE)
    stage.money_is_back(gift, "refused")
    return stage.told("refused", gift["order_id"], given_back)


def gift_expires(stage: Stage) -> Told:
    """Nobody claims it in its hour; the clock is moved, and everything goes back."""
    gift = stage.give(open_for_hours=1)
    players = stage.players
    players.nobody.post("/v1/demo/clock", {"seconds": HOUR_SECONDS + 60})
    stage.saw(players.operator, "clock_moved")
    stage.money_is_back(gift, "expired")
    sent = players.giver.get(f"/v1/gifts/{gift['gift_id']}")
    stage.saw(players.giver, "expired", right=sent["state"] == _EXPIRED_REFUNDED)
    asked = {"gift_id": gift["gift_id"], "address_id": players.recipient_address}
    late = players.recipient.refusal_of("POST", "/v1/gifts/claims", asked)
    stage.saw(players.recipient, "too_late", right=late == _GONE)
    return stage.told("expired", gift["order_id"], given_back)


def aftersale_goes_to_the_giver(stage: Stage) -> Told:
    """The friend has it and asks for money back: the shop agrees, and the giver, who paid, gets it."""
    players = stage.players
    gift = stage.give()
    stage.open_envelope(gift)
    order_id = stage.claim(gift)
    stage.ship_and_receive(order_id, players.recipient, players.given_style)
    case = players.recipient.post("/v1/aftersales", {"order_id": order_id, "reason": words("tour.reason")})
    stage.saw(players.recipient, "case_opened", right=not holds_amount(case))
    answer = {"verdict": "agree", "answer": words("tour.agreed")}
    at = f"/v1/shops/{players.shop_id}/aftersales/{case['id']}/answer"
    agreed = players.shop.post(at, answer)["amount"]["amount"]
    stage.saw(players.shop, "case_agreed", right=agreed == players.price, amount=stage.money(agreed))

    def look() -> dict[str, Any] | None:
        sent: dict[str, Any] = players.giver.get(f"/v1/gifts/{gift['gift_id']}")
        return sent if sent["refund_done"] and sent["aftersale"] == "MERCHANT_REFUND_SUCCESS" else None

    back = wait_for("refund", look)["refunded"]["amount"]
    stage.saw(players.giver, "back", right=back == agreed, amount=stage.money(back))
    mine = players.recipient.get(f"/v1/orders/{order_id}")
    stage.saw(players.recipient, "case_over", right=not holds_amount(mine), who=players.giver.name)
    return stage.told("aftersale", order_id, settled_and_given_back)


STORIES: Mapping[str, Callable[[Stage], Told]] = {
    "bought": buys_for_oneself,
    "claimed": gift_is_claimed,
    "another_style": gift_in_another_style,
    "refused": gift_is_refused,
    "expired": gift_expires,
    "aftersale": aftersale_goes_to_the_giver,
}

"""Vouchers: given, redeemed at the desk, the rest given back; and one that nobody claims becomes its giver's own."""

from __future__ import annotations

from typing import Any

from renqing.doors.cli.touring.books import gone_back, paid, together
from renqing.doors.cli.touring.programs import Program, wait_for
from renqing.doors.cli.touring.stage import Stage, Told, holds_amount

_SEEN_USED = (409, "voucher_used_meanwhile")
_NOT_OURS = (409, "voucher_elsewhere")
_HOUR = 1


def given_as_vouchers(stage: Stage) -> Told:
    """A pack: one use at the desk, the others back to the giver. Then a meal that returns into the giver's cards."""
    players, street = stage.players, stage.company.street
    pack = stage.give(sku_id=street.pack.sku_id)
    stage.unwrap(pack, players.recipient)
    order_id = str(players.recipient.post("/v1/gifts/claims", {"gift_id": pack["gift_id"]})["order_id"])
    voucher = voucher_of(players.recipient, order_id)
    right = voucher["voucher"]["uses"] == street.pack_uses and not holds_amount(voucher)
    stage.saw(players.recipient, "voucher_here", right=right, product=street.pack.name, n=street.pack_uses)
    elsewhere = {"voucher_code": voucher["code"], "location_id": street.location_id}
    at = f"/v1/shops/{players.shop_id}/voucher-lookups"
    stage.saw(players.shop, "voucher_elsewhere", right=players.shop.refusal_of("POST", at, elsewhere) == _NOT_OURS)
    redeem(stage, players.recipient, voucher)
    again = {**elsewhere, "use_n": 1}
    refused = street.staff.refusal_of("POST", f"/v1/shops/{street.shop_id}/voucher-uses", again)
    stage.saw(street.staff, "voucher_once", right=refused == _SEEN_USED)
    give_back(stage, players.recipient, voucher)
    back = stage.comes_back(order_id, "street", pack["order_id"])

    home = stage.give(sku_id=street.home.sku_id, open_for_hours=_HOUR)
    stage.move_on(_HOUR)
    returned = wait_for("voucher", lambda: _returned(players.giver, home["gift_id"]))
    own = players.giver.get(f"/v1/vouchers/{returned['id']}")
    stage.saw(players.giver, "voucher_returned", product=street.home.name)
    redeem(stage, players.giver, own)
    totals = pack["total"]["amount"], home["total"]["amount"]
    should = together(
        *map(paid, totals),
        gone_back(back),
        stage.due(order_id, "street"),
        stage.due(returned["order_id"], "street"),
    )
    return stage.summed_up("voucher", [pack["order_id"], order_id, home["order_id"], returned["order_id"]], should)


def voucher_of(holder: Program, order_id: str) -> dict[str, Any]:
    """The one voucher of an order, with its code."""
    cards = holder.get("/v1/vouchers")["vouchers"]
    card = next(card for card in cards if card["order_id"] == order_id)
    voucher: dict[str, Any] = holder.get(f"/v1/vouchers/{card['id']}")
    return voucher


def redeem(stage: Stage, holder: Program, voucher: dict[str, Any]) -> None:
    """A clerk of the street looks the code up, and redeems a use of it."""
    street = stage.company.street
    shown = {"voucher_code": voucher["code"], "location_id": street.location_id}
    seen = street.staff.post(f"/v1/shops/{street.shop_id}/voucher-lookups", shown)
    asked = {**shown, "use_n": seen["use_n"]}
    stands = street.staff.post(f"/v1/shops/{street.shop_id}/voucher-uses", asked)
    right = not seen["stopped"] and stands["used"] == seen["use_n"] and holder.name not in str(seen)
    stage.saw(street.staff, "redeemed", right=right, used=stands["used"], uses=stands["uses"])


def give_back(stage: Stage, holder: Program, voucher: dict[str, Any]) -> None:
    """Who was given it gives back what is unused: the money is not theirs, and no amount is told to them."""
    back = holder.post(f"/v1/vouchers/{voucher['voucher']['id']}/refund")
    stage.saw(holder, "voucher_back", right=back["amount"] is None)


def _returned(giver: Program, gift_id: str) -> dict[str, Any] | None:
    """The newest of the giver's vouchers, once it is younger than the gift: ids are in the order of time."""
    cards: list[dict[str, Any]] = giver.get("/v1/vouchers")["vouchers"]
    return next((card for card in cards if int(card["id"]) > int(gift_id)), None)

"""Six stories over HTTP, each with what every party saw and which figures must come out.

Figures are not written here: they follow from the price that the house names and the fee that it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from renqing.doors.cli.terminal import words
from renqing.doors.cli.touring.players import Cast, Player, TourStopped
from renqing.foundation.ids import random_bytes
from renqing.foundation.money import Money

HOUR = 3600
CLAIMABLE, CLAIMED, EXPIRED_REFUNDED, CANCELLED = 10, 20, 181, 250

Accounts = dict[tuple[str, str], int]


@dataclass(slots=True)
class Told:
    """How a story went: what each saw, and what each account must have moved by, in minor units."""

    saw: list[tuple[str, str]] = field(default_factory=list)
    moves: Accounts = field(default_factory=dict)
    currency: str = "CNY"

    def note(self, who: Player | str, what: str) -> None:
        self.saw.append((who if isinstance(who, str) else who.name, what))


@dataclass(frozen=True, slots=True)
class Goods:
    """A style to give, and one at the same price where there is one."""

    sku_id: str
    shop_id: str
    title: str
    specs: str
    other_sku_id: str
    other_specs: str


def accounts_of(cast: Cast) -> Accounts:
    """Every account's balance, by owner and kind, as the operator reads them."""
    found: Accounts = {}
    path = "/v1/operator/accounts?limit=100"
    cursor = ""
    while True:
        page = cast.operator.get(path + (f"&cursor={cursor}" if cursor else ""))
        found |= {
            (one["owner"] or one["owner_kind"], one["kind"]): one["balance"]["amount"] for one in page["accounts"]
        }
        cursor = page["next_cursor"] or ""
        if not cursor:
            return found


def _goods(cast: Cast, *, with_other_style: bool = False) -> Goods:
    """Something in stock that may be given, from the market's first pages. Raises TourStopped."""
    for card in cast.nobody.get("/v1/products?limit=100")["products"]:
        page = cast.nobody.get(f"/v1/products/{card['id']}")
        free = [one for one in page["styles"] if one["stock"] == "plenty" and not one["gift_refusal"]]
        for style in free:
            same = [one for one in free if one["price"] == style["price"] and one["id"] != style["id"]]
            if same or (free and not with_other_style):
                other = same[0] if same else style
                return Goods(
                    sku_id=style["id"],
                    shop_id=page["shop"]["id"],
                    title=page["title_zh"],
                    specs=" ".join(style["specs"]),
                    other_sku_id=other["id"],
                    other_specs=" ".join(other["specs"]),
                )
    raise TourStopped(words("cli.tour.too_small"))


def _text(money: dict[str, Any]) -> str:
    return Money(money["amount"], money["currency"]).text()


def _address(player: Player) -> str:
    return str(player.get("/v1/addresses")[0]["id"])


def _give(cast: Cast, goods: Goods, told: Told, **wrapping: Any) -> dict[str, Any]:
    asked = {
        "sku_id": goods.sku_id,
        "recipient_id": cast.friend.id,
        "cover": "thanks",
        "greeting": words("cli.tour.greeting"),
        **wrapping,
    }
    gift: dict[str, Any] = cast.giver.do("/v1/gifts", asked)
    cast.giver.pay(gift["order_id"])
    told.currency = gift["total"]["currency"]
    told.note(cast.giver, words("cli.tour.gave", what=goods.title, total=_text(gift["total"]), who=cast.friend.name))
    seen = cast.friend.get(f"/v1/gifts/{gift['gift_id']}")
    _expect(seen["kind"] == "envelope" and "total" not in seen, "an unopened gift shows an envelope and no amount")
    told.note(cast.friend, words("cli.tour.envelope", who=cast.giver.name))
    return gift


def _claim(cast: Cast, gift: dict[str, Any], told: Told, *, sku_id: str | None = None, specs: str) -> str:
    cast.friend.do("/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    asked = {"gift_id": gift["gift_id"], "address_id": _address(cast.friend)}
    if sku_id:
        asked["sku_id"] = sku_id
    order_id = str(cast.friend.do("/v1/gifts/claims", asked)["order_id"])
    order = cast.friend.get(f"/v1/orders/{order_id}")
    _expect("paid" not in order or order["paid"] is None, "a recipient sees no amount")
    told.note(cast.friend, words("cli.tour.claimed", specs=specs))
    return order_id


def _ship_and_receive(cast: Cast, goods: Goods, buyer: Player, order_id: str, told: Told) -> None:
    keeper = cast.keepers[goods.shop_id]
    shop = f"/v1/shops/{goods.shop_id}"
    keeper.do(f"{shop}/orders/{order_id}/address-readings", {})
    asked = {"carrier": "SF", "tracking_number": f"SF{random_bytes(6).hex().upper()}"}
    parcel = keeper.do(f"{shop}/orders/{order_id}/parcels", asked)
    for state in ("in_transit", "delivered"):
        keeper.do(f"{shop}/parcels/{parcel['parcel_id']}/news", {"state": state, "place": words("cli.tour.place")})
    told.note(keeper, words("cli.tour.shipped"))
    buyer.do(f"/v1/orders/{order_id}/receipt")
    told.note(buyer, words("cli.tour.received"))


def _giver_sees(cast: Cast, gift: dict[str, Any], told: Told, state: int) -> dict[str, Any]:
    seen: dict[str, Any] = cast.giver.wait(f"/v1/gifts/{gift['gift_id']}", lambda said: said["state"] == state)
    hidden = cast.friend.get("/v1/addresses")[0]
    said = repr(seen)
    _expect(hidden["phone"] not in said and hidden["detail"] not in said, "a giver never sees phone or address")
    told.note(cast.giver, words("cli.tour.giver_sees", state=state, going=seen["going"] or "–"))
    return seen


def _settled(cast: Cast, goods: Goods, order_id: str, total: dict[str, Any]) -> Accounts:
    """Paid, received and settled: the channel holds it, the shop has it less the fee that its desk told."""
    keeper = cast.keepers[goods.shop_id]
    fee = keeper.get(f"/v1/shops/{goods.shop_id}/orders/{order_id}")["money"]["fee"]["amount"]
    shop = keeper.get(f"/v1/shops/{goods.shop_id}/desk")["name_zh"]
    amount = total["amount"]
    return {("channel", "clearing"): -amount, (shop, "balance"): amount - fee, ("platform", "fee"): fee}


def _expect(is_so: bool, what: str) -> None:  # noqa: FBT001 - a sentence and whether it holds
    if not is_so:
        raise TourStopped(words("cli.tour.wrong", what=what))


def buy_for_oneself(cast: Cast) -> Told:
    """Order, pay, ship, receive, settle."""
    told, goods = Told(), _goods(cast)
    asked = {"lines": [{"sku_id": goods.sku_id}], "address_id": _address(cast.giver)}
    order = cast.giver.do("/v1/orders", asked)
    cast.giver.pay(order["order_id"])
    told.note(cast.giver, words("cli.tour.bought", what=goods.title, total=_text(order["total"])))
    _ship_and_receive(cast, goods, cast.giver, order["order_id"], told)
    told.moves = _settled(cast, goods, order["order_id"], order["total"])
    return told


def gift_claimed(cast: Cast) -> Told:
    """Give, open, claim, ship, receive, settle."""
    told, goods = Told(), _goods(cast)
    gift = _give(cast, goods, told)
    order_id = _claim(cast, gift, told, specs=goods.specs)
    _ship_and_receive(cast, goods, cast.friend, order_id, told)
    _giver_sees(cast, gift, told, CLAIMED)
    told.moves = _settled(cast, goods, order_id, gift["total"])
    return told


def gift_with_another_style(cast: Cast) -> Told:
    """The recipient takes another style at the same price; the giver's page still shows the one they gave."""
    told, goods = Told(), _goods(cast, with_other_style=True)
    gift = _give(cast, goods, told)
    order_id = _claim(cast, gift, told, sku_id=goods.other_sku_id, specs=goods.other_specs)
    line = cast.friend.get(f"/v1/orders/{order_id}")["lines"][0]
    _expect(" ".join(line["product"]["specs"]) == goods.other_specs, "the order has the style that was chosen")
    _ship_and_receive(cast, goods, cast.friend, order_id, told)
    seen = _giver_sees(cast, gift, told, CLAIMED)
    _expect(" ".join(seen["product"]["specs"]) == goods.specs, "a giver does not learn the style that was chosen")
    told.moves = _settled(cast, goods, order_id, gift["total"])
    return told


def gift_refused(cast: Cast) -> Told:
    """The recipient declines kindly: everything goes back."""
    told, goods = Told(), _goods(cast)
    gift = _give(cast, goods, told)
    cast.friend.do("/v1/gifts/refusals", {"gift_id": gift["gift_id"], "sentence": "kind_thought"})
    told.note(cast.friend, words("cli.tour.refused_kindly"))
    return _back_with_giver(cast, gift, told, CANCELLED)


def gift_expired(cast: Cast) -> Told:
    """Nobody claims it for an hour: everything goes back. The demo's clock is moved; nobody waits."""
    told, goods = Told(), _goods(cast)
    gift = _give(cast, goods, told, open_for_hours=1)
    cast.nobody.do("/v1/demo/clock", {"seconds": HOUR + 60})
    told.note(cast.nobody, words("cli.tour.clock"))
    told = _back_with_giver(cast, gift, told, EXPIRED_REFUNDED)
    code = cast.friend.may_not(f"/v1/gifts/{gift['gift_id']}")
    told.note(cast.friend, words("cli.tour.gone", code=code))
    return told


def aftersale_refunded(cast: Cast) -> Told:
    """The recipient opens an after-sale, the shop agrees, the giver is refunded."""
    told, goods = Told(), _goods(cast)
    gift = _give(cast, goods, told)
    order_id = _claim(cast, gift, told, specs=goods.specs)
    asked = {"order_id": order_id, "kind": "refund", "reason": words("cli.tour.reason")}
    case = cast.friend.do("/v1/aftersales", asked)
    told.note(cast.friend, words("cli.tour.case"))
    keeper = cast.keepers[goods.shop_id]
    keeper.do(f"/v1/shops/{goods.shop_id}/aftersales/{case['id']}/answer", {"verdict": "agree"})
    told.note(keeper, words("cli.tour.agreed"))
    return _back_with_giver(cast, gift, told, CLAIMED)


def _back_with_giver(cast: Cast, gift: dict[str, Any], told: Told, state: int) -> Told:
    """Wait until the money is back with the giver, in full; then no account has moved at all."""
    seen = cast.giver.wait(f"/v1/gifts/{gift['gift_id']}", lambda said: said["refund_done"])
    _expect(seen["refunded"] == gift["total"], "the giver gets everything back")
    _expect(seen["state"] == state, f"the gift is in state {state}, and not in {seen['state']}")
    told.note(cast.giver, words("cli.tour.refund_came", total=_text(seen["refunded"])))
    told.moves = {}
    return told


STORIES: dict[str, Callable[[Cast], Told]] = {
    "buy": buy_for_oneself,
    "gift": gift_claimed,
    "style": gift_with_another_style,
    "refused": gift_refused,
    "expired": gift_expired,
    "aftersale": aftersale_refunded,
}

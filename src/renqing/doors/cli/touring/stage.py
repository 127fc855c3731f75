"""One story while it is played: the steps that several stories take, what every party saw, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.books import ACCOUNTS, Movement, Sums, moved_by
from renqing.doors.cli.touring.players import Players
from renqing.doors.cli.touring.programs import Program, wait_for
from renqing.foundation.ids import random_bytes
from renqing.foundation.money import Money, share_minor

_DONE = 100  # WeChat Shop's number of an order that is over


class Sight(msgspec.Struct, frozen=True):
    """What a party saw, and whether it is what they should have seen."""

    who: str
    saw: str
    right: bool


class Paid(msgspec.Struct, frozen=True):
    """What was paid: goods with freight, minor units, and the platform's part of it in parts per million."""

    total: int
    goods: int
    fee_ppm: int

    @property
    def fee(self) -> int:
        """The platform's fee on everything, rounded down: the shop keeps the odd fen."""
        return share_minor(self.total, self.fee_ppm)

    @property
    def fee_on_freight(self) -> int:
        """The fee that is left once the goods were refunded: their delivery stays sold."""
        return share_minor(self.total - self.goods, self.fee_ppm)


class Told(msgspec.Struct, frozen=True):
    """A story that was played."""

    name: str
    total: int
    currency: str
    sights: list[Sight]
    moved: Sums
    should: dict[str, Movement]

    @property
    def faults(self) -> int:
        """How many sights and figures are not as they should be."""
        wrong = sum(not sight.right for sight in self.sights) + (not self.moved.sums_to_zero)
        names = self.moved.by_account.keys() | self.should.keys()
        return wrong + sum(self.moved.by_account.get(name) != self.should.get(name) for name in names)


class Stage:
    """One story while it is played: the parties, and what they saw so far."""

    def __init__(self, players: Players) -> None:
        self.players = players
        self.sights: list[Sight] = []

    def saw(self, party: Program, key: str, *, right: bool = True, **facts: Any) -> None:
        """Write down what a party saw."""
        self.sights.append(Sight(party.name, words(f"tour.saw.{key}", **facts), right))

    def money(self, amount: int) -> str:
        return Money(amount, self.players.currency).text()

    # steps that several stories take --------------------------------------------------------------------------------
    def buy(self) -> str:
        """Somebody buys for themselves; the order."""
        giver, players = self.players.giver, self.players
        quote = giver.get("/v1/quotes/order", sku_id=players.given_sku, address_id=players.giver_address)
        placed = giver.post(
            "/v1/orders",
            {
                "lines": [{"sku_id": players.given_sku}],
                "address_id": players.giver_address,
                "expected_total": quote["total"]["amount"],
            },
        )
        self._pay(placed["order_id"], placed["total"]["amount"])
        return str(placed["order_id"])

    def give(self, **more: Any) -> dict[str, Any]:
        """A friend wraps and pays; the gift."""
        players = self.players
        asked = {
            "sku_id": players.given_sku,
            "recipient_id": players.recipient.person_id,
            "cover": "thanks",
            "greeting": words("tour.greeting"),
        }
        gift: dict[str, Any] = players.giver.post("/v1/gifts", {**asked, **more})
        self._pay(gift["order_id"], gift["total"]["amount"])
        return gift

    def _pay(self, order_id: str, total: int) -> None:
        giver = self.players.giver
        giver.pay_at(giver.post(f"/v1/orders/{order_id}/payments", {})["cashier_url"])

        def look() -> dict[str, Any] | None:
            state: dict[str, Any] = giver.get(f"/v1/orders/{order_id}/payment")
            return state if state["standing"] == "paid" else None

        state = wait_for("payment", look)
        self.saw(giver, "paid", right=state["total"]["amount"] == total, amount=self.money(total))

    def open_envelope(self, gift: dict[str, Any]) -> None:
        """The recipient sees the envelope and opens it: who it is from, then what is inside, and never an amount."""
        players, recipient = self.players, self.players.recipient
        path = f"/v1/gifts/{gift['gift_id']}"
        shut = recipient.get(path)
        right = shut["kind"] == "envelope" and players.product_zh not in str(shut)
        self.saw(recipient, "envelope", right=right, giver=shut["giver"]["name"])
        recipient.post("/v1/gifts/openings", {"gift_id": gift["gift_id"]})
        inside = recipient.get(path)
        right = inside["kind"] == "open" and not holds_amount(inside)
        self.saw(recipient, "opened", right=right, product=players.product, n=len(inside["styles"]))

    def claim(self, gift: dict[str, Any], sku_id: str | None = None) -> str:
        """The recipient accepts and says where to; the order."""
        asked = {"gift_id": gift["gift_id"], "address_id": self.players.recipient_address, "sku_id": sku_id}
        claimed = self.players.recipient.post(
            "/v1/gifts/claims", {name: value for name, value in asked.items() if value is not None}
        )
        return str(claimed["order_id"])

    def ship_and_receive(self, order_id: str, owner: Program, style: str) -> None:
        """The shop ships what was chosen, the carrier delivers, the owner of the order says that it is there."""
        shop, at = self.players.shop, f"/v1/shops/{self.players.shop_id}"
        order = shop.get(f"{at}/orders/{order_id}")
        line = order["lines"][0]
        right = line["to_ship"] == 1 and " ".join(line["specs"]) == style and self.players.giver.name not in str(order)
        key = "to_ship" if order["purpose"] == "self" else "gift_to_ship"
        self.saw(shop, key, right=right, style=style, region=order["region"])
        label = {"carrier": "SF", "tracking_number": f"TOUR{random_bytes(6).hex().upper()}"}
        parcel = shop.post(f"{at}/orders/{order_id}/parcels", label)
        for state in ("in_transit", "delivered"):
            shop.post(f"{at}/parcels/{parcel['parcel_id']}/news", {"state": state})
        seen = owner.get(f"/v1/orders/{order_id}")
        news = [one["state"] for one in seen["parcels"][0]["news"]]
        self.saw(owner, "tracked", right=news[:2] == ["delivered", "in_transit"], number=label["tracking_number"])
        done = owner.post(f"/v1/orders/{order_id}/receipt")
        self.saw(owner, "received", right=done["state"] == _DONE)

    def giver_sees(self, gift: dict[str, Any], going: str) -> None:
        """The giver sees how far the gift is, and neither where to nor in which style."""
        players = self.players
        sent = players.giver.get(f"/v1/gifts/{gift['gift_id']}")
        said = str(sent)
        kept = players.recipient_detail not in said and players.recipient_phone not in said
        kept = kept and " ".join(sent["product"]["specs"]) == players.given_style
        right = sent["going"] == going and kept
        self.saw(players.giver, "going", right=right, who=players.recipient.name, state=words(f"tour.going.{going}"))

    def money_is_back(self, gift: dict[str, Any], ended: str) -> None:
        """The giver waits until the channel has given everything back."""
        giver = self.players.giver

        def look() -> dict[str, Any] | None:
            sent: dict[str, Any] = giver.get(f"/v1/gifts/{gift['gift_id']}")
            return sent if sent["refund_done"] else None

        sent = wait_for("refund", look)
        back = sent["refunded"]["amount"]
        right = back == gift["total"]["amount"] and sent["ended_how"] == ended
        self.saw(giver, "back", right=right, amount=self.money(back))

    def recipient_sees_no_amount(self, order_id: str) -> None:
        """What was claimed is an order like any other, but for its price."""
        recipient = self.players.recipient
        order = recipient.get(f"/v1/orders/{order_id}")
        self.saw(recipient, "claimed", right=order["kind"] == "gift" and not holds_amount(order))

    def told(self, name: str, order_id: str, should: Callable[[Paid], dict[str, Movement]]) -> Told:
        """The story is over: what it moved, and what it should have."""
        order = self.players.shop.get(f"/v1/shops/{self.players.shop_id}/orders/{order_id}")
        paid = Paid(order["money"]["total"]["amount"], self.players.price, order["money"]["fee_ppm"])
        expected = {account: Movement(0, 0) for account in ACCOUNTS} | should(paid)
        return Told(name, paid.total, self.players.currency, self.sights, moved_by(self.players, order_id), expected)


def holds_amount(said: Any) -> bool:
    """Whether an answer has an amount of money anywhere."""
    if isinstance(said, dict):
        return "amount" in said or any(map(holds_amount, said.values()))
    return isinstance(said, list) and any(map(holds_amount, said))

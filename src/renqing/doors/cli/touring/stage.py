"""One story while it is played: the steps that several stories take, what every party saw, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.books import ACCOUNTS, NOTHING, Movement, Sums, moved_by, settled
from renqing.doors.cli.touring.company import Company
from renqing.doors.cli.touring.players import Players
from renqing.doors.cli.touring.programs import Program, wait_for
from renqing.foundation.ids import random_bytes
from renqing.foundation.money import Money, share_minor

_DONE = 100  # WeChat Shop's number of an order that is over
_LINES = 100


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

    def __init__(self, players: Players, company: Company | None = None) -> None:
        self.players = players
        self.sights: list[Sight] = []
        self._company = company

    @property
    def company(self) -> Company:
        """Who plays beside the two friends, in the ways to give."""
        assert self._company is not None, "a way to give is played with company"
        return self._company

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
        self.pay(giver, placed["order_id"], placed["total"]["amount"])
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
        wrapped = {name: value for name, value in {**asked, **more}.items() if value is not None}
        gift: dict[str, Any] = players.giver.post("/v1/gifts", wrapped)
        self.pay(players.giver, gift["order_id"], gift["total"]["amount"])
        return gift

    def pay(self, payer: Program, order_id: str, total: int) -> None:
        """Go to the cashier, pay there, and wait until the house has heard of it."""
        payer.pay_at(payer.post(f"/v1/orders/{order_id}/payments", {})["cashier_url"])

        def look() -> dict[str, Any] | None:
            state: dict[str, Any] = payer.get(f"/v1/orders/{order_id}/payment")
            return state if state["standing"] == "paid" else None

        state = wait_for("payment", look)
        self.saw(payer, "paid", right=state["total"]["amount"] == total, amount=self.money(total))

    def unwrap(self, gift: dict[str, Any], who: Program) -> dict[str, Any]:
        """Somebody sees the envelope and opens it; what is inside, never an amount."""
        path = f"/v1/gifts/{gift['gift_id']}"
        shut = who.get(path)
        if shut["kind"] == "envelope":
            self.saw(who, "envelope", right=self.players.product_zh not in str(shut), giver=shut["giver"]["name"])
        else:  # of a group, whoever comes first opens it
            self.saw(who, "opened_before", right=shut["many"] is not None, giver=shut["giver"]["name"])
        who.post("/v1/gifts/openings", {"gift_id": gift["gift_id"]})
        inside: dict[str, Any] = who.get(path)
        return inside

    def open_envelope(self, gift: dict[str, Any]) -> None:
        """The recipient sees the envelope and opens it: who it is from, then what is inside, and never an amount."""
        players, recipient = self.players, self.players.recipient
        inside = self.unwrap(gift, recipient)
        right = inside["kind"] == "open" and not holds_amount(inside)
        self.saw(recipient, "opened", right=right, product=players.product, n=len(inside["styles"]))

    def claim(self, gift: dict[str, Any], sku_id: str | None = None) -> str:
        """The recipient accepts and says where to; the order."""
        asked = {"gift_id": gift["gift_id"], "address_id": self.players.recipient_address, "sku_id": sku_id}
        claimed = self.players.recipient.post(
            "/v1/gifts/claims", {name: value for name, value in asked.items() if value is not None}
        )
        return str(claimed["order_id"])

    def claim_as(self, who: Program, gift: dict[str, Any]) -> str:
        """Whoever of the company accepts it, to where they live; the order."""
        where = self.company.address_ids[who.person_id]
        claimed = who.post("/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": where})
        return str(claimed["order_id"])

    def ship_and_receive(self, order_id: str, owner: Program, style: str) -> None:
        """The shop ships what was chosen, the carrier delivers, the owner of the order says that it is there."""
        shop, at = self.players.shop, f"/v1/shops/{self.players.shop_id}"
        order = shop.get(f"{at}/orders/{order_id}")
        line = order["lines"][0]
        right = line["to_ship"] == 1 and " ".join(line["specs"]) == style and self.players.giver.name not in str(order)
        key = "to_ship" if order["purpose"] == "self" else "gift_to_ship"
        self.saw(shop, key, right=right, style=style, region=order["region"])
        label = _label()
        _deliver(shop, at, order_id, label)
        seen = owner.get(f"/v1/orders/{order_id}")
        news = [one["state"] for one in seen["parcels"][0]["news"]]
        self.saw(owner, "tracked", right=news[:2] == ["delivered", "in_transit"], number=label["tracking_number"])
        done = owner.post(f"/v1/orders/{order_id}/receipt")
        self.saw(owner, "received", right=done["state"] == _DONE)

    def hand_over(self, order_id: str, owner: Program, account: str = "shop") -> None:
        """One of the shops sends all that it was asked for, and the owner says that it is there. Told in one line."""
        shop, shop_id, name = self._shops()[account]
        _deliver(shop, f"/v1/shops/{shop_id}", order_id, _label())
        done = owner.post(f"/v1/orders/{order_id}/receipt")
        self.saw(owner, "has_it", right=done["state"] == _DONE, shop=name)

    def move_on(self, hours: int) -> None:
        """Move the demo's clock: what it passes falls due. Nobody waits for real hours."""
        self.players.nobody.post("/v1/demo/clock", {"seconds": 3600 * hours + 60})
        self.saw(self.players.operator, "hours_passed", n=hours)

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

    def due(self, order_id: str, account: str = "shop") -> dict[str, Movement]:
        """What one of the shops should have of an order that is over: what did not go back, but the fee."""
        shop, shop_id, _ = self._shops()[account]
        money = shop.get(f"/v1/shops/{shop_id}/orders/{order_id}")["money"]
        return settled(money["total"]["amount"] - money["refunded"]["amount"], money["fee_ppm"], account)

    def cost(self, order_id: str, account: str = "shop") -> int:
        """What an order is worth, as its shop sees it."""
        shop, shop_id, _ = self._shops()[account]
        return int(shop.get(f"/v1/shops/{shop_id}/orders/{order_id}")["money"]["total"]["amount"])

    def adds_up(self, total: int, parts: Iterable[int], back: int = 0) -> None:
        """What was paid once is in the parts and in what went back, to the fen."""
        amounts = [*parts, *([back] if back else [])]
        said = " + ".join(map(self.money, amounts))
        self.saw(self.players.operator, "adds_up", right=sum(amounts) == total, total=self.money(total), parts=said)

    def back_in_part(self, gift: dict[str, Any]) -> int:
        """What nobody claimed went back to its giver in one refund; how much."""
        giver = self.players.giver

        def look() -> dict[str, Any] | None:
            sent: dict[str, Any] = giver.get(f"/v1/gifts/{gift['gift_id']}")
            return sent if sent["refund_done"] else None

        back = int(wait_for("refund", look)["refunded"]["amount"])
        self.saw(giver, "back", right=0 < back < gift["total"]["amount"], amount=self.money(back))
        return back

    def comes_back(self, order_id: str, account: str, paid_as: str) -> int:
        """What was given back of an order is with its payer again by the route it came: how much."""
        shop, shop_id, _ = self._shops()[account]
        money = shop.get(f"/v1/shops/{shop_id}/orders/{order_id}")["money"]
        back = int(money["refunded"]["amount"])

        wait_for("refund", lambda: self.is_back([paid_as], back))
        self.saw(self.players.giver, "back", right=back > 0, amount=self.money(back))
        return back

    def is_back(self, order_ids: Iterable[str], amount: int) -> bool | None:
        """Whether the channel has given so much back of these."""
        moved = moved_by(self.players.operator, order_ids, self._statements(), self._account_of)
        return True if moved.by_account["clearing"].came >= amount else None

    def _shops(self) -> dict[str, tuple[Program, str, str]]:
        """Who works in which shop of the story, and what it is called."""
        players, company = self.players, self.company
        return {
            "shop": (players.shop, players.shop_id, players.shop_name),
            "other_shop": (company.other.staff, company.other.shop_id, company.other.name),
            "street": (company.street.staff, company.street.shop_id, company.street.name),
        }

    def told(self, name: str, order_id: str, should: Callable[[Paid], dict[str, Movement]]) -> Told:
        """The story of one order is over: what it moved, and what it should have."""
        order = self.players.shop.get(f"/v1/shops/{self.players.shop_id}/orders/{order_id}")
        paid = Paid(order["money"]["total"]["amount"], self.players.price, order["money"]["fee_ppm"])
        return self.summed_up(name, [order_id], should(paid))

    def summed_up(self, name: str, order_ids: Iterable[str], should: Mapping[str, Movement]) -> Told:
        """The story is over: what all its orders moved, and what they should have."""
        moved = moved_by(self.players.operator, dict.fromkeys(order_ids), self._statements(), self._account_of)
        expected = dict.fromkeys(ACCOUNTS, NOTHING) | dict(should)
        return Told(name, self.players.currency, self.sights, moved, expected)

    def _statements(self) -> list[list[dict[str, Any]]]:
        """What says of which order an entry is: everybody's account who pays or is paid in the story."""
        told = [self.players.giver.get("/v1/me/account", limit=_LINES)["lines"]]
        if self._company is not None:
            told += [one.get("/v1/me/account", limit=_LINES)["lines"] for one in self._company.friends]
            shops = {self.players.shop_id: self.players.shop, **self._company.shops}
            told += [shop.get(f"/v1/shops/{at}/account", limit=_LINES)["lines"] for at, shop in shops.items()]
        return told

    def _account_of(self, posting: dict[str, Any]) -> str:
        """Which of the story's accounts this is; another's name where it is none of them."""
        owner = posting["owner_kind"], posting["owner_id"]
        known = {
            ("person", self.players.giver.person_id): "giver",
            ("person", self.players.recipient.person_id): "recipient",
            ("shop", self.players.shop_id): "shop",
            **({} if self._company is None else self._company.accounts),
        }
        if owner[0] == "fund":
            return "fund"
        return known.get(owner, " ".join(owner)) if owner[0] in ("person", "shop") else str(posting["kind"])


def _label() -> dict[str, str]:
    return {"carrier": "SF", "tracking_number": f"TOUR{random_bytes(6).hex().upper()}"}


def _deliver(shop: Program, at: str, order_id: str, label: dict[str, str]) -> None:
    parcel = shop.post(f"{at}/orders/{order_id}/parcels", label)
    for state in ("in_transit", "delivered"):
        shop.post(f"{at}/parcels/{parcel['parcel_id']}/news", {"state": state})


def holds_amount(said: Any) -> bool:
    """Whether an answer has an amount of money anywhere."""
    if isinstance(said, dict):
        return "amount" in said or any(map(holds_amount, said.values()))
    return isinstance(said, list) and any(map(holds_amount, said))

"""Who plays in the ways to give, beside the two friends: two more friends, a second shop, a street of vouchers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.players import Players, address_of, be, called, pays_for_lateness
from renqing.doors.cli.touring.programs import Program, TourStopped

PIECES_A_TOUR = 20
WARES_MIN = 3
_NO_TERMS = (404, "voucher_unknown")


class Ware(msgspec.Struct, frozen=True):
    """A style of a product, as its shop calls it."""

    product_id: str
    sku_id: str
    name: str
    style: str
    price: int


class Counter(msgspec.Struct, frozen=True):
    """A shop, who works there, and what of it is played with."""

    staff: Program
    shop_id: str
    name: str
    wares: list[Ware]


class Street(msgspec.Struct, frozen=True):
    """A shop of vouchers and the place where they are redeemed.

    ``pack`` has several uses, ``home`` comes back to its giver where nobody claims it; ``dear`` and ``cheap`` have one.
    """

    staff: Program
    shop_id: str
    name: str
    location_id: str
    pack: Ware
    pack_uses: int
    home: Ware
    dear: Ware
    cheap: Ware


class Company(msgspec.Struct, frozen=True):
    """Everybody beside the players. The group is of the giver with all friends; ``address_ids`` by person."""

    friend: Program
    third: Program
    group_id: str
    group_name: str
    address_ids: dict[str, str]
    other: Counter
    street: Street

    @property
    def friends(self) -> tuple[Program, Program]:
        return self.friend, self.third

    @property
    def shops(self) -> dict[str, Program]:
        """Who works where, beside the players' shop."""
        return {self.other.shop_id: self.other.staff, self.street.shop_id: self.street.staff}

    @property
    def accounts(self) -> dict[tuple[str, str], str]:
        """What their accounts are called in the story."""
        return {
            ("person", self.friend.person_id): "friend",
            ("person", self.third.person_id): "third",
            ("shop", self.other.shop_id): "other_shop",
            ("shop", self.street.shop_id): "street",
        }


def gather_company(client: httpx.Client, players: Players) -> Company:
    """Find everybody in the demo world. Raises TourStopped where nobody fits."""
    everybody = {one["id"]: one for one in players.nobody.get("/v1/demo/people")}
    keepers = {shop_id: one for one in everybody.values() for shop_id in one["shop_ids"]}
    staff = {shop_id: be(client, keepers[shop_id]) for shop_id in keepers if shop_id != players.shop_id}
    street = _street(players, staff)
    friends = _friends(client, players, everybody, {players.shop_id, street.shop_id})
    busy = {shop_id for one in friends for shop_id in everybody[one.person_id]["shop_ids"]}
    others = {
        at: one
        for at, one in staff.items()
        if at not in busy and at != street.shop_id and not pays_for_lateness(players.giver, at)
    }
    group_id, group_name = _group(players, friends)
    people = (players.recipient, *friends)
    return Company(
        friend=friends[0],
        third=friends[1],
        group_id=group_id,
        group_name=group_name,
        address_ids={one.person_id: address_of(one)["id"] for one in people},
        other=_other(players, others),
        street=street,
    )


def _friends(
    client: httpx.Client, players: Players, everybody: dict[str, Any], played: set[str]
) -> tuple[Program, Program]:
    """Two more friends of the giver who work in none of these shops, and to whom the goods are delivered."""
    found: list[Program] = []
    for friend in players.giver.get("/v1/friends")["friends"]:
        one = everybody.get(friend["id"])
        if (
            one is None
            or one["is_operator"]
            or played & set(one["shop_ids"])
            or one["id"] == players.recipient.person_id
        ):
            continue
        found.append(be(client, one))
        quote = {"sku_id": players.given_sku, "address_id": address_of(found[-1])["id"]}
        if not found[-1].get("/v1/quotes/order", **quote)["delivers"]:
            found.pop()
        elif len(found) == 2:
            return found[0], found[1]
    raise TourStopped(words("tour.no_company"))


def _group(players: Players, friends: tuple[Program, Program]) -> tuple[str, str]:
    """The giver's group of this tour; another tour before it has made it already."""
    name = words("tour.group")
    known = [one for one in players.giver.get("/v1/friends")["groups"] if one["name"] == name]
    if known:
        return known[0]["id"], name
    people = [players.recipient.person_id, *(one.person_id for one in friends)]
    return players.giver.post("/v1/groups", {"name": name, "person_ids": people})["id"], name


def _wares(reader: Program, staff: Program, shop_id: str) -> Iterator[Ware]:
    """What a shop sells that may be a gift, a style of each product; with pieces counted in."""
    for row in staff.get(f"/v1/shops/{shop_id}/products", limit=50)["products"]:
        if not row["on_sale"]:
            continue
        product = reader.get(f"/v1/products/{row['id']}")
        for style in product["styles"][:1]:
            if not style["gift_refusal"]:
                price, specs = style["price"]["amount"], " ".join(style["specs"])
                yield Ware(product["id"], style["id"], called(product, "title"), specs, price)


def _other(players: Players, staff: dict[str, Program]) -> Counter:
    """Another shop that sells several things and delivers to the recipient."""
    for shop_id, one in staff.items():
        wares = list(_wares(players.giver, one, shop_id))
        if len(wares) >= WARES_MIN and players.recipient.get("/v1/quotes/order", sku_id=wares[0].sku_id)["delivers"]:
            count_in(one, shop_id, wares[:1])
            return Counter(one, shop_id, _name_of(players, wares[0]), wares)
    raise TourStopped(words("tour.no_company"))


def _street(players: Players, staff: dict[str, Program]) -> Street:
    for shop_id, one in staff.items():
        places = [place for place in one.get(f"/v1/shops/{shop_id}/voucher-locations") if place["is_open"]]
        found: dict[str, list[tuple[Ware, int]]] = {"pack": [], "home": [], "single": []}
        for ware in _wares(players.giver, one, shop_id) if places else ():
            path = f"/v1/products/{ware.product_id}/voucher-terms"
            if players.giver.refusal_of("GET", path) == _NO_TERMS:
                continue
            terms = players.giver.get(path)
            kept = "kept" in (terms["unused"], terms["expired"])
            kind = "pack" if terms["uses"] > 1 else "home" if terms["unclaimed"] == "returned_for_use" else "single"
            if not kept:
                found[kind].append((ware, terms["uses"]))
        singles = sorted((ware for ware, _ in found["single"]), key=lambda ware: ware.price)
        if found["pack"] and found["home"] and len(singles) > 1 and singles[0].price < singles[-1].price:
            (pack, uses), home = found["pack"][0], found["home"][0][0]
            count_in(one, shop_id, [pack, home, singles[-1], singles[0]])
            name = _name_of(players, pack)
            return Street(one, shop_id, name, places[0]["id"], pack, uses, home, singles[-1], singles[0])
    raise TourStopped(words("tour.no_street"))


def count_in(staff: Program, shop_id: str, wares: list[Ware]) -> None:
    """Some pieces of each come in: a tour takes nothing from who walks around here."""
    lines = [{"sku_id": ware.sku_id, "quantity": PIECES_A_TOUR} for ware in wares]
    staff.post(f"/v1/shops/{shop_id}/stock/receipts", {"lines": lines})


def _name_of(players: Players, ware: Ware) -> str:
    return called(players.giver.get(f"/v1/products/{ware.product_id}")["shop"], "name")

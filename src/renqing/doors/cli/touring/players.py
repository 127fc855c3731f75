"""Who plays, and with what: two friends of the demo world, a shop that sells something in two styles, an operator."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import msgspec

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.programs import Program, TourStopped

PAGES_MAX = 10
PIECES_A_TOUR = 10


class Players(msgspec.Struct, frozen=True):
    """The parties of every story, and the two styles of one product that the shop sells at one price."""

    giver: Program
    recipient: Program
    shop: Program
    operator: Program
    nobody: Program
    shop_id: str
    shop_name: str
    product: str
    product_zh: str
    given_sku: str
    given_style: str
    other_sku: str
    other_style: str
    price: int
    currency: str
    giver_address: str
    recipient_address: str
    recipient_detail: str
    recipient_phone: str


def gather(client: httpx.Client) -> Players:
    """Find everybody in the demo world. Raises TourStopped where it is no demo, or nobody fits."""
    nobody = Program(client, words("tour.nobody"))
    status, _ = nobody.refusal_of("GET", "/v1/demo/people")
    if status:
        raise TourStopped(words("tour.no_demo"))
    everybody = nobody.get("/v1/demo/people")
    operator = next((one for one in everybody if one["is_operator"]), None)
    owners = {shop_id: one for one in everybody for shop_id in one["shop_ids"]}
    if operator is None or not owners:
        raise TourStopped(words("tour.nobody_fits"))
    plain = {one["id"]: one for one in everybody if not one["is_operator"] and not one["shop_ids"]}
    giver, recipient = _two_friends(client, plain)
    goods, shop_owner = _goods(client, giver, recipient, owners)
    return Players(
        giver=giver,
        recipient=recipient,
        shop=shop_owner,
        operator=be(client, operator),
        nobody=nobody,
        **goods,
    )


def be(client: httpx.Client, person: dict[str, Any]) -> Program:
    """A program of somebody of the demo world, signed in with one tap."""
    made = Program(client).post("/v1/demo/sign-ins", {"person_id": person["id"]})
    return Program(client, person["name"], made["token"], person["id"])


def pays_for_lateness(program: Program, shop_id: str) -> bool:
    """Whether a shop does: what falls due while later stories move the clock would be in their accounts."""
    return program.get(f"/v1/shops/{shop_id}/lateness-promise")["promise"] is not None


def _two_friends(client: httpx.Client, plain: dict[str, dict[str, Any]]) -> tuple[Program, Program]:
    """Who has most friends of all who work nowhere, the first of several, and such a friend."""
    found: list[tuple[int, Program, dict[str, Any]]] = []
    for one in plain.values():
        giver = be(client, one)
        friends = [friend["id"] for friend in giver.get("/v1/friends")["friends"]]
        friend = next((plain[person_id] for person_id in friends if person_id in plain), None)
        if friend is not None:
            found.append((len(friends), giver, friend))
    if not found:
        raise TourStopped(words("tour.nobody_fits"))
    _, giver, friend = max(found, key=lambda pair: pair[0])
    return giver, be(client, friend)


def _goods(
    client: httpx.Client, giver: Program, recipient: Program, owners: dict[str, dict[str, Any]]
) -> tuple[dict[str, Any], Program]:
    """A product in two styles of one price that may be a gift and comes to both addresses, with pieces counted in."""
    giver_address, recipient_address = address_of(giver), address_of(recipient)
    for product in _products(giver):
        shop_id = product["shop"]["id"]
        if shop_id not in owners or not product["on_sale"] or pays_for_lateness(giver, shop_id):
            continue
        pair = _two_styles(product)
        if pair is None or not all(
            program.get("/v1/quotes/order", sku_id=pair[0]["id"], address_id=address["id"])["delivers"]
            for program, address in ((giver, giver_address), (recipient, recipient_address))
        ):
            continue
        owner = be(client, owners[shop_id])
        lines = [{"sku_id": style["id"], "quantity": PIECES_A_TOUR} for style in pair]
        owner.post(f"/v1/shops/{shop_id}/stock/receipts", {"lines": lines})
        goods = {
            "shop_id": shop_id,
            "shop_name": called(product["shop"], "name"),
            "product": called(product, "title"),
            "product_zh": product["title_zh"],
            "given_sku": pair[0]["id"],
            "given_style": " ".join(pair[0]["specs"]),
            "other_sku": pair[1]["id"],
            "other_style": " ".join(pair[1]["specs"]),
            "price": pair[0]["price"]["amount"],
            "currency": pair[0]["price"]["currency"],
            "giver_address": giver_address["id"],
            "recipient_address": recipient_address["id"],
            "recipient_detail": recipient_address["detail"],
            "recipient_phone": recipient_address["phone"],
        }
        return goods, owner
    raise TourStopped(words("tour.nothing_fits"))


def _products(reader: Program) -> Iterator[dict[str, Any]]:
    cursor = None
    for _ in range(PAGES_MAX):
        page = reader.get("/v1/products", limit=50, cursor=cursor)
        for card in page["products"]:
            yield reader.get(f"/v1/products/{card['id']}")
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _two_styles(product: dict[str, Any]) -> list[dict[str, Any]] | None:
    fitting = [style for style in product["styles"] if not style["gift_refusal"]]
    for one, other in pairwise(fitting):
        if one["price"] == other["price"]:
            return [one, other]
    return None


def called(thing: dict[str, Any], field: str) -> str:
    """Its name in the terminal's language; where English is missing, the Chinese."""
    return str(thing[f"{field}_{words('tour.language')}"] or thing[f"{field}_zh"])


def address_of(program: Program) -> dict[str, Any]:
    """An address of theirs; a first one is kept where they have none."""
    known: list[dict[str, Any]] = program.get("/v1/addresses")
    if known:
        return known[0]
    code = None
    for _ in range(4):
        region = program.get("/v1/regions", parent=code)[0]
        code = region["code"]
        if region["is_finest"]:
            break
    phone = f"138{int(program.person_id or 0) % 10**8:08d}"  # a phone each, as people have
    asked = {"region_code": code, "name": program.name, "phone": phone, "detail": words("tour.address")}
    program.post("/v1/addresses", asked)
    return dict(program.get("/v1/addresses")[0])

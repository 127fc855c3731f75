"""Several things in one gift over HTTP: what each side is shown, what each shop hears and sees, what makes no set."""

from __future__ import annotations

from typing import Any

import pytest
from callers import give
from outside import listen
from sets import open_second

from renqing.books import people

ADDRESS = {"region_code": 330106109, "name": "收件人", "phone": "13800000072", "detail": "文三路 1 号"}


def lines(*wanted: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"sku_id": str(sku), "quantity": quantity} for sku, quantity in wanted]


async def test_a_set_across_shops_is_given_claimed_and_followed_part_by_part(doors):
    town = doors.town
    tea = await open_second(town, fee=700)
    an, bo, cups, leaves = await doors.callers(town.an, town.bo, town.owner_id, tea.owner_id)
    wanted = lines((town.red, 1), (tea.tin, 2))
    gift = await give(doors, an, town.bo, town.red, lines=wanted)
    assert gift["total"]["amount"] == 12_900 + 2 * 5_900 + 700
    path = f"/v1/gifts/{gift['gift_id']}"
    sent = await an.ok("GET", path)
    assert inside(sent) == [("Camellia", [("红", 1)]), ("Cloud Tea", [("罐", 2)])]
    assert [(part["order_id"], part["going"]) for part in sent["parts"]] == [(None, ""), (None, "")]
    closed = await bo.ok("GET", path)
    assert closed["kind"] == "envelope"
    assert "parts" not in closed, "what is inside is not told from outside"
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    opened = await bo.ok("GET", path)
    assert inside(opened) == inside(sent)
    assert "amount" not in str(opened["parts"]), "no amount for who gets it"
    for owner, shop in ((cups, town.shop_id), (leaves, tea.shop_id)):
        assert (await owner.ok("GET", f"/v1/shops/{shop}/orders", None))["orders"] == []
    address = (await bo.ok("POST", "/v1/addresses", ADDRESS))["id"]
    claimed = await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    kept = await bo.ok("GET", path)
    first, second = [part["order_id"] for part in kept["parts"]]
    assert claimed["order_id"] == kept["order_id"] == first
    for owner, other, shop, order in ((cups, leaves, town.shop_id, first), (leaves, cups, tea.shop_id, second)):
        (row,) = (await owner.ok("GET", f"/v1/shops/{shop}/orders"))["orders"]
        assert row["id"] == order
        seen = await owner.ok("GET", f"/v1/shops/{shop}/orders/{order}")
        assert len(seen["lines"]) == 1, "its own part alone"
        assert (await other.get(f"/v1/shops/{shop}/orders/{order}")).status == 404
        assert (await owner.get(f"/v1/shops/{shop}/orders/{gift['order_id']}")).status == 404
        mine = await bo.ok("GET", f"/v1/orders/{order}")
        assert mine["gift"]["id"] == gift["gift_id"]
    parcel = {"carrier": "SF", "tracking_number": "SF70001"}
    await leaves.ok("POST", f"/v1/shops/{tea.shop_id}/orders/{second}/parcels", parcel)
    sent = await an.ok("GET", path)
    assert [part["going"] for part in sent["parts"]] == ["to_ship", "shipped"]
    assert sent["going"] == "to_ship", "as far as the one furthest behind"
    card = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]
    assert (card["pieces"], card["going"]) == (3, "to_ship")
    card = (await bo.ok("GET", "/v1/gifts/received"))["gifts"][0]
    assert (card["pieces"], card["order_id"]) == (3, first)


async def test_each_shop_hears_of_its_part_and_the_platform_of_all_of_it(doors):
    town = doors.town
    tea = await open_second(town)
    for owner in (town.shop_id, tea.shop_id, people.PLATFORM):
        await listen(town, owner)
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red, lines=lines((town.red, 1), (tea.tin, 2)))
    address = (await bo.ok("POST", "/v1/addresses", ADDRESS))["id"]
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    await doors.settle()
    heard: dict[int, list[str]] = {}
    rows = await doors.house.ground.db.fetch(
        """SELECT e.shop_id, d.kind, d.body::jsonb #>> '{data,shop_id}' AS about
             FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id ORDER BY d.id"""
    )
    for row in rows:
        heard.setdefault(row["shop_id"], []).append(row["kind"])
        assert row["shop_id"] in (people.PLATFORM, int(row["about"])), "a shop hears of nothing but its own"
    assert heard[town.shop_id] == heard[tea.shop_id] == ["order.to_ship"]
    assert heard[people.PLATFORM].count("order.to_ship") == 2
    assert {"order.paid", "gift.paid", "gift.claimed"} <= set(heard[people.PLATFORM])


async def test_what_makes_no_set_is_refused_and_says_why(doors):
    town = doors.town
    tea = await open_second(town)
    (an,) = await doors.callers(town.an)
    asked: dict[str, Any] = {"sku_id": str(town.red), "lines": lines((town.red, 1), (tea.tin, 1))}
    many = await an.post("/v1/gifts", {**asked, "shares": 2})
    assert (many.status, many.code, many.body["facts"]["reason"]) == (403, "set_not_offered", "shares")
    assert "只有一份" in many.body["title"]
    first = await an.post("/v1/gifts", {**asked, "sku_id": str(tea.tin)})
    assert (first.status, first.code, first.body["facts"]["reason"]) == (422, "field_not_valid", "first")
    twice = {**asked, "lines": lines((town.red, 1), (town.red, 2))}
    assert await an.refused("POST", "/v1/gifts", twice) == (422, "field_not_valid")
    none = {**asked, "lines": lines((town.red, 0))}
    assert await an.refused("POST", "/v1/gifts", none) == (422, "body_not_valid")
    short = {**asked, "lines": lines((town.red, 1), (tea.tin, 11))}
    assert await an.refused("POST", "/v1/gifts", short) == (409, "stock_ran_out")
    assert await an.refused("POST", "/v1/gifts", {**asked, "from_cart": True}) == (409, "cart_changed")
    assert (await an.ok("GET", "/v1/gifts/sent"))["gifts"] == []


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_shop_that_does_not_deliver_is_named(doors, language):
    town = doors.town
    tea = await open_second(town)
    an, bo = await doors.callers(town.an, town.bo)
    bo.language = language
    gift = await give(doors, an, town.bo, town.red, lines=lines((town.red, 1), (tea.tin, 1)))
    asked = {"gift_id": gift["gift_id"], "address_id": str(town.far_address)}
    answer = await bo.post("/v1/gifts/claims", asked)
    assert (answer.status, answer.code) == (409, "set_undeliverable")
    assert answer.body["facts"]["shop_en"] == "Camellia"


async def test_a_set_of_one_thing_too_many_has_no_swap_and_no_ask_for_a_refund(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red, lines=lines((town.red, 2)))
    address = (await bo.ok("POST", "/v1/addresses", ADDRESS))["id"]
    claimed = await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    assert claimed["order_id"] == gift["order_id"]
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert not sent["may_ask_refund"]
    asked = {"reason": "changed_mind"}
    path = f"/v1/gifts/{gift['gift_id']}/refund-ask"
    answer = await an.post(path, asked)
    assert answer.status in (409, 422), answer.body


def inside(page: Any) -> list[tuple[str, list[tuple[str, int]]]]:
    """What is in a set, by shop."""
    return [
        (part["shop_name_en"], [(line["product"]["specs"][0], line["quantity"]) for line in part["lines"]])
        for part in page["parts"]
    ]

"""Merchants and operators over HTTP: goods, stock, freight, parcels, what is stuck, and a house that forgets a key."""

from __future__ import annotations

from callers import buy, make_operator, ship

from renqing.books import people


def ware(category_id, **more):
    """A product in two styles, as its editor sends it."""
    return {
        "category_id": str(category_id),
        "title_zh": "茶盘",
        "title_en": "Tea tray",
        "spec_names": ["色"],
        "skus": [
            {"specs": ["竹"], "price": 8_800},
            {"specs": ["胡桃"], "price": 9_900, "original_price": 12_000},
        ],
        **more,
    }


async def test_a_shop_adds_a_product_stocks_it_changes_it_and_takes_it_off(doors):
    owner = await doors.caller(doors.town.owner_id)
    nobody = await doors.caller()
    shop = f"/v1/shops/{doors.town.shop_id}"
    category = await doors.house.ground.db.fetchval("SELECT min(id) FROM catalog_category")
    made = await owner.ok("POST", f"{shop}/products", ware(category), key="new")
    assert await owner.ok("POST", f"{shop}/products", ware(category), key="new") == made
    assert (made["how"], len(made["sku_ids"])) == ("new", 2)
    levels = await owner.ok(
        "POST", f"{shop}/stock/receipts", {"lines": [{"sku_id": sku, "quantity": 7} for sku in made["sku_ids"]]}
    )
    assert [(level["on_hand"], level["held"]) for level in levels] == [(7, 0), (7, 0)]
    lost = await owner.ok("POST", f"{shop}/stock/write-offs", {"sku_id": made["sku_ids"][0], "quantity": 2})
    assert lost[0]["on_hand"] == 5
    too_many = {"sku_id": made["sku_ids"][0], "quantity": 6}
    assert await owner.refused("POST", f"{shop}/stock/write-offs", too_many) == (409, "stock_ran_out")
    shown = await nobody.ok("GET", f"/v1/products/{made['id']}")
    assert [(style["stock"], style["left"]) for style in shown["styles"]] == [("few", 5), ("plenty", None)]
    form = await owner.ok("GET", f"{shop}/products/{made['id']}")
    seen = {"seen_changed_at": form["changed_at"]}
    skus = [{"id": sku["id"], "specs": sku["specs"], "price": 7_700} for sku in form["skus"]]
    saved = await owner.ok("PUT", f"{shop}/products/{made['id']}", ware(category, skus=skus, **seen))
    assert saved["how"] == "changed"
    stale = ware(category, skus=skus, title_zh="旧", **seen)
    assert await owner.refused("PUT", f"{shop}/products/{made['id']}", stale) == (409, "product_changed_meanwhile")
    off = {"product_ids": [made["id"]], "on": False}
    assert await owner.ok("POST", f"{shop}/products/giftable", off) == {"product_ids": [made["id"]]}
    assert (await nobody.ok("GET", f"/v1/products/{made['id']}"))["gift_refusal"] == "merchant"
    assert await owner.ok("POST", f"{shop}/products/on-sale", off) == {"product_ids": [made["id"]]}
    assert not (await nobody.ok("GET", f"/v1/products/{made['id']}"))["on_sale"]
    listed = await owner.ok("GET", f"{shop}/products?wanted=off_sale")
    assert [row["id"] for row in listed["products"]] == [made["id"]]


async def test_a_product_that_cannot_be_is_refused_with_its_field(doors):
    owner = await doors.caller(doors.town.owner_id)
    path = f"/v1/shops/{doors.town.shop_id}/products"
    category = await doors.house.ground.db.fetchval("SELECT min(id) FROM catalog_category")
    before = await doors.house.ground.db.fetchval("SELECT count(*) FROM catalog_product")
    for change, field in (
        ({"title_zh": " "}, "title_zh"),
        ({"skus": [{"specs": ["竹"], "price": 0}]}, "skus[0].price"),
        ({"skus": [{"specs": [], "price": 1}]}, "skus[0].specs"),
        ({"skus": [{"specs": ["竹"], "price": 5, "original_price": 1}]}, "skus[0].original_price"),
        ({"category_id": "404"}, "category_id"),
    ):
        answer = await owner.post(path, {**ware(category), **change})
        assert (answer.status, answer.code) == (422, "field_not_valid"), answer.body
        assert answer.body["facts"]["field"].replace("sku 1", "skus[0]").startswith(field.split("[")[0]), answer.body
        assert "{" not in answer.body["title"]
    for change in (
        {"price": 1},
        {"shop_id": "1"},
        {"popularity": 10**9},
        {"skus": []},
        {"seen_changed_at": "2026-11-23"},
    ):
        assert await owner.refused("POST", path, {**ware(category), **change}) == (422, "body_not_valid")
    assert await doors.house.ground.db.fetchval("SELECT count(*) FROM catalog_product") == before


async def test_an_owner_sets_what_delivery_costs_and_a_quote_says_so(doors):
    town = doors.town
    owner, an = await doors.callers(town.owner_id, town.an)
    rates = f"/v1/shops/{town.shop_id}/rates"
    kept = await owner.ok("PUT", f"{rates}/330000", {"fee": 800, "free_from": 20_000})
    assert [rate["region_code"] for rate in kept["rates"]] == [0, 330000, 650000]
    quote = f"/v1/quotes/order?sku_id={town.red}&address_id={town.addresses[town.an]}"
    assert (await an.ok("GET", quote))["freight"]["amount"] == 800
    assert (await an.ok("GET", f"{quote}&quantity=2"))["freight"]["amount"] == 0
    await owner.ok("PUT", f"{rates}/330100", {"delivers": False})
    assert not (await an.ok("GET", quote))["delivers"]
    for code in (330100, 330000, 330000):
        await owner.ok("DELETE", f"{rates}/{code}")
    assert [rate["region_code"] for rate in await owner.ok("GET", rates)] == [0, 650000]
    assert await owner.refused("PUT", f"{rates}/999999999", {"fee": 1}) == (422, "field_not_valid")
    assert await owner.refused("PUT", f"{rates}/1000000000", {"fee": 1}) == (422, "parameter_not_valid")
    assert await owner.refused("PUT", f"{rates}/0", {"fee": -1}) == (422, "body_not_valid")
    desk = await owner.ok("GET", f"/v1/shops/{town.shop_id}/desk")
    assert (desk["to_ship"], desk["role"]) == (0, "owner")


async def test_an_order_leaves_in_two_parcels_and_a_label_is_mended(doors):
    town = doors.town
    an, owner = await doors.callers(town.an, town.owner_id)
    lines = [{"sku_id": str(town.red), "quantity": 3}]
    order_id = (await buy(doors, an, town.red, lines=lines)).rpartition("/")[2]
    shop = f"/v1/shops/{town.shop_id}"
    first = {"carrier": "SF", "tracking_number": "SF7001", "lines": [{"n": 1, "quantity": 2}]}
    parcel = await owner.ok("POST", f"{shop}/orders/{order_id}/parcels", first, key="ship")
    assert await owner.ok("POST", f"{shop}/orders/{order_id}/parcels", first, key="ship") == parcel
    assert parcel["state"] == 21
    for change, answer in (
        ({"carrier": "DRONE"}, (422, "carrier_unknown")),
        ({"tracking_number": "!"}, (422, "tracking_number_not_valid")),
        ({}, (409, "tracking_number_taken")),
    ):
        rest = {"carrier": "SF", "tracking_number": "SF7001", **change}
        assert await owner.refused("POST", f"{shop}/orders/{order_id}/parcels", rest) == answer
    await ship(doors, order_id, "SF7002")
    assert await owner.refused(
        "POST", f"{shop}/orders/{order_id}/parcels", {"carrier": "SF", "tracking_number": "SF7003"}
    ) == (409, "order_not_ready")
    label = f"{shop}/parcels/{parcel['parcel_id']}/label"
    await owner.ok("PUT", label, {"carrier": "JD", "tracking_number": "JD7001"})
    news = f"{shop}/parcels/{parcel['parcel_id']}/news"
    said = {"state": "in_transit", "place": "杭州", "happened_at": "2025-11-23T04:00:00Z"}
    assert (await owner.ok("POST", news, said))["moved"]
    assert not (await owner.ok("POST", news, said))["moved"]
    assert await owner.refused("PUT", label, {"carrier": "SF", "tracking_number": "SF7009"}) == (409, "parcel_underway")
    ahead = {"state": "delivered", "happened_at": "2099-01-01T00:00:00Z"}
    assert await owner.refused("POST", news, ahead) == (422, "carrier_news_not_valid")
    listed = (await owner.ok("GET", f"{shop}/parcels"))["parcels"]
    assert [(row["carrier"], row["state"]) for row in listed] == [("SF", "shipped"), ("JD", "in_transit")]
    seen = await owner.ok("GET", f"{shop}/orders/{order_id}")
    assert (seen["state"], seen["lines"][0]["to_ship"], len(seen["parcels"])) == (30, 0, 2)


async def test_reading_an_address_is_written_down_each_time(doors):
    town = doors.town
    an, owner = await doors.callers(town.an, town.owner_id)
    order_id = (await buy(doors, an, town.red)).rpartition("/")[2]
    path = f"/v1/shops/{town.shop_id}/orders/{order_id}/address-readings"
    for why in ("ship", "help"):
        await owner.ok("POST", path, {"why": why})
    rows = await doors.house.ground.db.fetch("SELECT reader_id, order_id, why FROM people_address_read ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        (town.owner_id, int(order_id), "ship"),
        (town.owner_id, int(order_id), "help"),
    ]
    await ship(doors, order_id, "SF8001")
    await an.ok("POST", f"/v1/orders/{order_id}/receipt")
    assert await owner.refused("POST", path, {}) == (409, "address_closed")


async def test_who_works_for_two_shops_finds_each_thing_in_its_own_shop_alone(doors):
    town, ground = doors.town, doors.house.ground
    an, owner = await doors.callers(town.an, town.owner_id)
    other = await ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="第二家"), town.owner_id))
    order_id = (await buy(doors, an, town.red)).rpartition("/")[2]
    for method, path, body in (
        ("GET", f"orders/{order_id}", None),
        ("POST", f"orders/{order_id}/parcels", {"carrier": "SF", "tracking_number": "SF9001"}),
        ("POST", f"orders/{order_id}/address-readings", {}),
        ("GET", f"products/{town.product_id}", None),
    ):
        status, _ = await owner.refused(method, f"/v1/shops/{other.id}/{path}", body)
        assert status == 404, path
    shipped = await ground.db.fetchval("SELECT count(*) FROM shipping_parcel")
    assert shipped == await ground.db.fetchval("SELECT count(*) FROM people_address_read") == 0


async def test_an_operator_lets_what_was_set_aside_run_again(doors):
    town, ground = doors.town, doors.house.ground
    an = await doors.caller(town.an)
    operator = await make_operator(doors)
    order_id = (await buy(doors, an, town.red)).rpartition("/")[2]
    await ship(doors, order_id, "SF6001")
    timer = await ground.db.fetchval(
        "UPDATE timer SET set_aside_at = now(), last_error = 'broken' WHERE kind = 'receive_order' RETURNING id"
    )
    fact = await ground.db.fetchval(
        """UPDATE outbox_fact SET set_aside_at = now(), told_at = NULL
            WHERE id = (SELECT max(id) FROM outbox_fact) RETURNING id"""
    )
    seen = await operator.ok("GET", "/v1/operator/timers")
    assert [(one["id"], one["last_error"]) for one in seen["set_aside"]] == [(str(timer), "broken")]
    outbox = await operator.ok("GET", "/v1/operator/outbox")
    assert (outbox["set_aside"], outbox["facts"][0]["id"]) == (1, str(fact))
    for path in (f"timers/{timer}/run", f"outbox/{fact}/telling"):
        await operator.ok("POST", f"/v1/operator/{path}", key=path)
        await operator.ok("POST", f"/v1/operator/{path}", key=path)
        assert await operator.refused("POST", f"/v1/operator/{path}") == (404, "nothing_set_aside")
    await doors.settle()
    assert (await an.ok("GET", f"/v1/orders/{order_id}"))["state"] == 100
    assert (await operator.ok("GET", "/v1/operator/desk"))["set_aside"] == 0


async def test_the_demos_clock_moves_once_a_key_and_only_forward(doors):
    nobody = await doors.caller()
    moved = await nobody.ok("POST", "/v1/demo/clock", {"seconds": 90}, key="tick")
    assert (await nobody.ok("POST", "/v1/demo/clock", {"seconds": 90}, key="tick"))["offset_seconds"] == 90
    assert moved["offset_seconds"] == 90
    assert (await nobody.ok("GET", "/v1/demo/clock"))["offset_seconds"] == 90
    for seconds in (-1, 400 * 86_400, 2**70, "90"):
        assert await nobody.refused("POST", "/v1/demo/clock", {"seconds": seconds}) == (422, "body_not_valid")
    everybody = await nobody.ok("GET", "/v1/demo/people")
    assert everybody[0]["shop_ids"] == [str(doors.town.shop_id)]
    assert await nobody.refused("POST", "/v1/demo/sign-ins", {"person_id": "404"}) == (404, "person_unknown")
    made = await nobody.ok("POST", "/v1/demo/sign-ins", {"person_id": str(doors.town.bo)})
    bo = await doors.caller()
    bo.token = made["token"]
    assert (await bo.ok("GET", "/v1/me"))["name"] == "Bo"


async def test_lists_go_forward_by_their_cursor_to_the_end(doors):
    town = doors.town
    an, owner = await doors.callers(town.an, town.owner_id)
    asked = {"lines": [{"sku_id": str(town.red)}], "address_id": str(town.addresses[town.an])}
    for _ in range(23):
        placed = await an.ok("POST", "/v1/orders", asked)
        await an.ok("POST", f"/v1/orders/{placed['order_id']}/cancellation")
    for caller, path, name in (
        (an, "/v1/orders", "orders"),
        (owner, f"/v1/shops/{town.shop_id}/orders?shelf=ended&limit=10", "orders"),
        (await doors.caller(), "/v1/products?limit=1", "products"),
    ):
        seen, cursor = [], ""
        for _ in range(20):
            page = await caller.ok("GET", f"{path}{'&' if '?' in path else '?'}{cursor}")
            seen += [one["id"] for one in page[name]]
            if page["next_cursor"] is None:
                break
            cursor = f"cursor={page['next_cursor']}"
        assert len(seen) == len(set(seen)) == (2 if name == "products" else 23), path

"""The cart over HTTP: filled, looked at, ordered; somebody else's is not there."""

from __future__ import annotations


async def test_a_cart_is_filled_looked_at_and_ordered(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    line = {"sku_id": str(town.red), "quantity": 2}
    stands = await an.ok("POST", "/v1/cart/lines", line, key="put")
    assert stands == {"sku_id": str(town.red), "quantity": 2, "lines": 1}
    assert await an.ok("POST", "/v1/cart/lines", line, key="put") == stands
    await an.ok("POST", "/v1/cart/lines", {"sku_id": str(town.blue)})
    cart = await an.ok("GET", "/v1/cart")
    (shop,) = cart["shops"]
    assert (shop["shop_name_en"], shop["total"], cart["lines"]) == (
        "Camellia",
        {"amount": 38_700, "currency": "CNY"},
        2,
    )
    red = next(one for one in shop["lines"] if one["sku_id"] == str(town.red))
    assert (red["quantity"], red["standing"], red["stock"], red["amount"]["amount"]) == (2, "ready", "plenty", 25_800)
    assert await an.ok("PUT", f"/v1/cart/lines/{town.red}", {"quantity": 3}) == {**stands, "quantity": 3, "lines": 2}
    assert await bo.ok("GET", "/v1/cart") == {"shops": [], "lines": 0}
    asked = {
        "lines": [{"sku_id": str(town.red), "quantity": 3}],
        "address_id": str(town.addresses[town.an]),
        "expected_total": 38_700,
        "from_cart": True,
    }
    placed = await an.ok("POST", "/v1/orders", asked, key="order")
    assert await an.ok("POST", "/v1/orders", asked, key="order") == placed
    assert await an.refused("POST", "/v1/orders", asked) == (409, "cart_changed")
    assert (await an.ok("GET", "/v1/cart"))["lines"] == 1
    assert await an.ok("DELETE", f"/v1/cart/lines/{town.blue}", key="out") == {"lines": 0}
    assert await an.ok("DELETE", f"/v1/cart/lines/{town.blue}", key="out") == {"lines": 0}


async def test_what_does_not_fit_a_cart_is_refused(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    nobody = await doors.caller()
    red = str(town.red)
    await an.ok("POST", "/v1/cart/lines", {"sku_id": red, "quantity": 999})
    for method, path, body, answer in (
        ("POST", "/v1/cart/lines", {"sku_id": red}, (409, "too_many_pieces")),
        ("POST", "/v1/cart/lines", {"sku_id": "404"}, (409, "offer_over")),
        ("POST", "/v1/cart/lines", {"sku_id": red, "quantity": 0}, (422, "body_not_valid")),
        ("POST", "/v1/cart/lines", {"sku_id": red, "price": 1}, (422, "body_not_valid")),
        ("POST", "/v1/cart/lines", {"sku_id": red, "person_id": str(town.bo)}, (422, "body_not_valid")),
        ("PUT", f"/v1/cart/lines/{red}", {"quantity": 1_000}, (422, "body_not_valid")),
        ("PUT", f"/v1/cart/lines/{town.blue}", {"quantity": 1}, (404, "cart_line_unknown")),
        ("DELETE", f"/v1/cart/lines/{town.blue}", None, (404, "cart_line_unknown")),
    ):
        assert await an.refused(method, path, body) == answer, path
    assert await bo.refused("PUT", f"/v1/cart/lines/{red}", {"quantity": 1}) == (404, "cart_line_unknown")
    assert await bo.refused("DELETE", f"/v1/cart/lines/{red}") == (404, "cart_line_unknown")
    assert await nobody.refused("GET", "/v1/cart") == (401, "not_signed_in")
    (shop,) = (await an.ok("GET", "/v1/cart"))["shops"]
    assert [(line["quantity"], line["standing"]) for line in shop["lines"]] == [(999, "too_many")]

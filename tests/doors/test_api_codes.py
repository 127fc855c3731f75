"""Gift codes over HTTP and on the pages: made, scanned, given from, printed, ended."""

from __future__ import annotations


async def test_a_code_is_made_leads_to_its_product_and_is_credited(doors):
    town = doors.town
    owner, an = await doors.callers(town.owner_id, town.an)
    base = f"/v1/shops/{town.shop_id}/gift-codes"
    made = await owner.ok("POST", base, {"product_id": str(town.product_id), "place": "门口"}, key="code")
    assert made["url"].endswith(f"/c/{made['code']}")
    leads = {"code": made["code"], "shop_id": str(town.shop_id), "product_id": str(town.product_id), "ended": False}
    assert await an.ok("GET", f"/v1/gift-codes/{made['code']}") == leads
    gift = await an.ok(
        "POST", "/v1/gifts", {"sku_id": str(town.red), "recipient_id": str(town.bo), "code": made["code"]}
    )
    await doors.pay(an, gift["order_id"])
    (line,) = await owner.ok("GET", base)
    assert (line["gifts"], line["amount"], line["place"]) == (1, {"amount": 12900, "currency": "CNY"}, "门口")
    await owner.ok("DELETE", f"{base}/{made['id']}")
    assert (await an.ok("GET", f"/v1/gift-codes/{made['code']}"))["ended"]


async def test_what_is_no_code_is_refused(doors):
    town = doors.town
    owner, an = await doors.callers(town.owner_id, town.an)
    base = f"/v1/shops/{town.shop_id}/gift-codes"
    assert await owner.refused("POST", base, {"product_id": "404"}) == (404, "product_not_found")
    long = {"product_id": str(town.product_id), "place": "长" * 41}
    assert await owner.refused("POST", base, long) == (422, "body_not_valid")
    assert await an.refused("GET", "/v1/gift-codes/nothing") == (404, "gift_code_unknown")
    wanted = {"sku_id": str(town.red), "recipient_id": str(town.bo), "code": "nothing"}
    assert await an.refused("POST", "/v1/gifts", wanted) == (404, "gift_code_unknown")

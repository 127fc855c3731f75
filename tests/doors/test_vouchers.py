"""Vouchers through the doors: a shop's program and desk, the card of who holds one, and a gift without an address."""

from __future__ import annotations

import re

from callers import give
from counter_vouchers import open_cafe

from renqing.views.check import check


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def bought(doors, buyer, sku_id: int) -> dict:
    """A voucher of the buyer's, with its code."""
    placed = await buyer.ok("POST", "/v1/orders", {"lines": [{"sku_id": str(sku_id)}]})
    await doors.pay(buyer, placed["order_id"])
    (card,) = (await buyer.ok("GET", "/v1/vouchers"))["vouchers"]
    return await buyer.ok("GET", f"/v1/vouchers/{card['id']}")


async def test_a_shop_makes_a_product_a_voucher_and_redeems_what_was_sold(doors):
    town = doors.town
    an, owner, bo = await doors.callers(town.an, town.owner_id, town.bo)
    shop = f"/v1/shops/{town.shop_id}"
    place = await owner.ok("POST", f"{shop}/voucher-locations", {"name": "湖滨店", "place": "湖滨路 8 号"})
    asked = {"uses": 2, "valid_days": 30, "location_ids": [place["id"]]}
    terms = await owner.ok("PUT", f"{shop}/products/{town.product_id}/voucher-terms", asked)
    assert (terms["uses"], terms["unused"], terms["expired"]) == (2, "refunded", "refunded")
    assert await bo.ok("GET", f"/v1/products/{town.product_id}/voucher-terms") == terms
    voucher = await bought(doors, an, town.red)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", voucher["code"])
    assert await bo.refused("GET", f"/v1/vouchers/{voucher['voucher']['id']}") == (404, "voucher_unknown")
    shown = {"voucher_code": voucher["code"], "location_id": place["id"]}
    seen = await owner.ok("POST", f"{shop}/voucher-lookups", shown)
    assert (seen["use_n"], seen["stopped"], seen["voucher"]["used"]) == (1, "", 0)
    assert (await owner.ok("POST", f"{shop}/voucher-uses", {**shown, "use_n": 1}))["used"] == 1
    assert await owner.refused("POST", f"{shop}/voucher-uses", {**shown, "use_n": 1}) == (409, "voucher_used_meanwhile")
    number = voucher["voucher"]["id"]
    longer = {"expires_at": "2027-03-01T00:00:00Z"}
    assert (await owner.ok("POST", f"{shop}/vouchers/{number}/extension", longer))["expires_at"] == longer["expires_at"]
    back = await an.ok("POST", f"/v1/vouchers/{number}/refund")
    assert back["amount"] == {"amount": 6450, "currency": "CNY"}
    over = (await an.ok("GET", "/v1/vouchers", params={"shelf": "over"}))["vouchers"]
    assert [(one["state"], one["used"]) for one in over] == [("refunded", 1)]
    assert (await an.ok("GET", f"/v1/vouchers/{number}"))["code"] == ""
    assert await owner.refused("POST", f"{shop}/voucher-uses", shown) == (409, "voucher_refunded")
    assert [one["state"] for one in await owner.ok("GET", f"{shop}/vouchers")] == ["refunded"]
    assert (await owner.ok("DELETE", f"{shop}/voucher-locations/{place['id']}"))["id"] == place["id"]
    assert [one["is_open"] for one in await owner.ok("GET", f"{shop}/voucher-locations")] == [False]
    assert (await check(doors.house.ground, ["V1", "V2", "V3", "M5", "M7", "M8", "S3", "S5"])).is_clean


async def test_what_is_sent_in_the_wrong_way_is_refused(doors):
    town = doors.town
    cafe = await open_cafe(town)
    an, owner = await doors.callers(town.an, town.owner_id)
    mixed = [{"sku_id": str(cafe.sku_id)}, {"sku_id": str(town.red)}]
    assert await an.refused("POST", "/v1/orders", {"lines": mixed}) == (409, "vouchers_apart")
    assert await an.refused("POST", "/v1/orders", {"lines": mixed[1:]}) == (404, "address_unknown")
    assert await an.refused("GET", f"/v1/products/{town.product_id}/voucher-terms") == (404, "voucher_unknown")
    shop = f"/v1/shops/{town.shop_id}"
    nobodys = {"voucher_code": "0000-0000-0000-0000", "location_id": str(cafe.location_id)}
    assert await owner.refused("POST", f"{shop}/voucher-lookups", nobodys) == (404, "voucher_unknown")
    both = {"valid_days": 3, "valid_until": "2027-03-01T00:00:00Z", "location_ids": [str(cafe.location_id)]}
    terms = f"{shop}/products/{cafe.product_id}/voucher-terms"
    assert await owner.refused("PUT", terms, both) == (422, "field_not_valid")


async def test_a_voucher_is_given_claimed_without_an_address_and_shown(doors):
    town = doors.town
    cafe = await open_cafe(town)
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, cafe.sku_id)
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    assert (await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["needs_address"] is False
    opened = (await page(doors, bo, f"/gifts/{gift['gift_id']}")).text
    assert "不用填地址" in opened and "address_detail" not in opened
    done = await page(doors, bo, f"/gifts/{gift['gift_id']}/claim", {"address": "none"})
    assert done.status_code == 303, done.text
    (card,) = (await bo.ok("GET", "/v1/vouchers"))["vouchers"]
    assert card["giver"]["id"] == str(town.an)
    shown = (await page(doors, bo, f"/vouchers/{card['id']}", language="en")).text
    assert "Show it at the shop" in shown and "<svg" in shown and "100.00" not in shown
    assert "Good" in (await page(doors, bo, "/vouchers", language="en")).text
    order = (await page(doors, bo, f"/orders/{card['order_id']}")).text
    assert f"/vouchers/{card['id']}" in order and "待使用" in order
    assert (await page(doors, an, f"/vouchers/{card['id']}")).status_code == 404
    given = (await page(doors, an, f"/gifts/{gift['gift_id']}")).text
    assert "券在对方的卡包里" in given
    assert (await page(doors, bo, f"/vouchers/{card['id']}/give-back", {})).status_code == 303
    again = await page(doors, bo, f"/vouchers/{card['id']}/give-back", {})
    assert again.status_code == 409 and "已经退掉" in again.text


async def test_one_buys_a_voucher_on_a_page_that_asks_for_no_address(doors):
    town = doors.town
    cafe = await open_cafe(town)
    (an,) = await doors.callers(town.an)
    product = (await page(doors, an, f"/products/{cafe.product_id}")).text
    assert "没用随时退" in product and "湖滨店" in product and "小时内发货" not in product
    buying = (await page(doors, an, f"/buy?sku={cafe.sku_id}&quantity=1")).text
    assert "不用填地址" in buying and "address_detail" not in buying
    form = {"sku": str(cafe.sku_id), "quantity": "1", "address": "none", "expected_total": "10000"}
    assert (await page(doors, an, "/buy", form)).status_code == 303
    await an.ok("POST", "/v1/cart/lines", {"sku_id": str(cafe.sku_id)})
    ordering = (await page(doors, an, f"/cart/order?sku={cafe.sku_id}")).text
    assert "不用填地址" in ordering
    form = {"lines": f"{cafe.sku_id}:1", "address": "none", "expected_total": "10000"}
    assert (await page(doors, an, "/cart/order", form)).status_code == 303


async def test_the_desk_looks_a_code_up_redeems_it_and_keeps_places_and_terms(doors):
    town = doors.town
    (owner, an) = await doors.callers(town.owner_id, town.an)
    desk = f"/desk/shops/{town.shop_id}/vouchers"
    assert "先在下面开一家门店" in (await page(doors, owner, desk)).text
    opened = await page(doors, owner, f"{desk}/places", {"name": "湖滨店", "place": "湖滨路 8 号"})
    assert opened.status_code == 303
    shop = f"/v1/shops/{town.shop_id}"
    place = (await owner.ok("GET", f"{shop}/voucher-locations"))[0]["id"]
    said = {"product": str(town.product_id), "uses": "2", "valid_days": "30", "location_ids": place, "unused": "kept"}
    assert (await page(doors, owner, f"{desk}/terms", said)).status_code == 303
    wrong = await page(doors, owner, f"{desk}/terms", {**said, "uses": "0"})
    assert wrong.status_code == 422
    until = await page(doors, owner, f"{desk}/terms", {**said, "valid_until": "2027-01-31"})
    assert until.status_code == 303
    terms = await an.ok("GET", f"/v1/products/{town.product_id}/voucher-terms")
    assert (terms["valid_until"], terms["unused"]) == ("2027-01-31T16:00:00Z", "kept")
    voucher = await bought(doors, an, town.red)
    form = {"voucher_code": voucher["code"].lower(), "location": place}
    looked = await page(doors, owner, f"{desk}/look", form)
    assert looked.status_code == 200 and "核销第 1 次" in looked.text
    redeemed = await page(doors, owner, f"{desk}/redeem", {**form, "use_n": "1"})
    assert redeemed.status_code == 303
    twice = await page(doors, owner, f"{desk}/redeem", {**form, "use_n": "1"})
    assert twice.status_code == 422 and "刚刚已经核销过" in twice.text
    assert "今天核销 1 次" in (await page(doors, owner, desk)).text
    number = voucher["voucher"]["id"]
    assert (await page(doors, owner, f"{desk}/{number}/extend", {"until_day": "2027-02-28"})).status_code == 303
    assert (await page(doors, owner, f"{desk}/{number}/extend", {"until_day": "soon"})).status_code == 422
    assert (await page(doors, owner, f"{desk}/{number}/extend", {"until_day": "2027-01-01"})).status_code == 422
    assert (await page(doors, owner, f"{desk}/redeem", {**form, "use_n": "2"})).status_code == 303
    gone = await page(doors, owner, f"{desk}/look", form)
    assert "已经用完" in gone.text and "核销第" not in gone.text
    nobodys = await page(doors, owner, f"{desk}/look", {**form, "voucher_code": "0000"})
    assert nobodys.status_code == 422 and "没有这张券" in nobodys.text
    assert (await page(doors, owner, f"{desk}/places/{place}/close", {})).status_code == 303
    assert (await page(doors, an, desk)).status_code == 404

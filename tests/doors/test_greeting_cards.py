"""Greeting cards through the doors: programs, the wrapping desk, the shop's desk and its packing list."""

from __future__ import annotations

from callers import buy, give, page
from counter_vouchers import open_cafe

CARD = {"receiver_name": "亲爱的<b>波</b>", "giver_name": "安", "greeting_message": "canary-of-a-card"}


async def switch_on(doors) -> None:
    owner = await doors.caller(doors.town.owner_id)
    kept = await owner.ok("PUT", f"/v1/shops/{doors.town.shop_id}", {"name_zh": "山茶铺", "writes_cards": True})
    assert kept["writes_cards"]


async def test_programs_send_a_card_and_the_shops_program_reads_it(doors):
    an, bo, owner = await doors.callers(doors.town.an, doors.town.bo, doors.town.owner_id)
    asked = {"sku_id": str(doors.town.red), "greeting_card_info": CARD}
    assert await an.refused("POST", "/v1/gifts", asked) == (422, "field_not_valid")
    await switch_on(doors)
    gift = await give(doors, an, doors.town.bo, doors.town.red, greeting_card_info=CARD)
    path = f"/v1/shops/{doors.town.shop_id}/orders/{gift['order_id']}"
    assert (await owner.ok("GET", path))["greeting_card_info"] is None
    address = str(doors.town.addresses[doors.town.bo])
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    assert (await owner.ok("GET", path))["greeting_card_info"] == CARD
    for reader in (an, bo):
        assert (await reader.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["inside"]["greeting_card_info"] == CARD


async def test_a_voucher_has_no_parcel_to_lay_a_card_into(doors):
    await switch_on(doors)
    cafe = await open_cafe(doors.town)
    an = await doors.caller(doors.town.an)
    refused = await an.post("/v1/gifts", {"sku_id": str(cafe.sku_id), "greeting_card_info": CARD})
    assert (refused.status, refused.body["facts"]["reason"]) == (422, "voucher")


async def test_people_write_it_on_the_wrapping_desk_and_the_shop_prints_it(doors):
    an, bo, owner = await doors.callers(doors.town.an, doors.town.bo, doors.town.owner_id)
    desk = f"/wrap?sku={doors.town.red}"
    assert "手写贺卡" not in (await page(doors, an, desk)).text
    await switch_on(doors)
    assert "手写贺卡" in (await page(doors, an, desk)).text
    assert "A card of paper" in (await page(doors, an, desk, language="en")).text
    total = 12900
    form = {"sku": str(doors.town.red), "to": str(doors.town.bo), "cover": "thanks", "hours": "24"}
    form |= {"expected_total": str(total)}
    again = await page(doors, an, "/wrap", {**form, "receiver_name": "波"})
    assert again.status_code == 409 and "贺卡还没有内容" in again.text and 'value="波"' in again.text
    paid = await page(doors, an, "/wrap", {**form, **CARD})
    assert paid.status_code == 303
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    order_id = (await an.ok("GET", f"/v1/gifts/{gift}"))["order_id"]
    await doors.pay(an, order_id)
    mine = (await page(doors, an, f"/gifts/{gift}")).text
    assert "canary-of-a-card" in mine and "&lt;b&gt;波&lt;/b&gt;" in mine
    assert "canary-of-a-card" not in (await page(doors, bo, f"/gifts/{gift}")).text
    address = str(doors.town.addresses[doors.town.bo])
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift, "address_id": address})
    assert "canary-of-a-card" in (await page(doors, owner, f"/desk/orders/{order_id}")).text
    for paper in ("a6", "a4"):
        sheet = (await page(doors, owner, f"/desk/orders/{order_id}/packing-list?paper={paper}")).text
        assert f"packing--{paper}" in sheet and "canary-of-a-card" in sheet and "青瓷杯" in sheet
        assert "129" not in sheet.replace(order_id, ""), "who unpacks a gift reads no price"
    assert (await page(doors, bo, f"/desk/orders/{order_id}/packing-list")).status_code == 404


async def test_what_somebody_bought_for_themselves_is_packed_with_its_price(doors):
    an, owner = await doors.callers(doors.town.an, doors.town.owner_id)
    order_id = (await buy(doors, an, doors.town.red, note="放门口")).rpartition("/")[2]
    sheet = (await page(doors, owner, f"/desk/orders/{order_id}/packing-list")).text
    assert "129" in sheet.replace(order_id, "") and "放门口" in sheet

"""Engravings through the doors: the product's desk, the wrapping desk, the opened gift, the shop's order, programs."""

from __future__ import annotations

from callers import give, page
from recordings import picture

TERMS = {"characters_max": 8, "script": "any", "takes_pictures": True}


async def take(doors, terms=TERMS) -> None:
    owner = await doors.caller(doors.town.owner_id)
    path = f"/v1/shops/{doors.town.shop_id}/products/{doors.town.product_id}/engraving"
    assert await owner.ok("PUT", path, terms) == terms


async def test_programs_choose_words_a_picture_or_leave_them(doors):
    an, bo, owner = await doors.callers(doors.town.an, doors.town.bo, doors.town.owner_id)
    terms = f"/v1/products/{doors.town.product_id}/engraving"
    assert (await an.ok("GET", terms))["characters_max"] == 0
    asked = {"sku_id": str(doors.town.red), "custom_info": {"custom_type": 1, "custom_word": "波"}}
    assert await an.refused("POST", "/v1/gifts", asked) == (422, "field_not_valid")
    await take(doors)
    assert await an.ok("GET", terms) == TERMS
    file = await an.ok("POST", "/v1/media", raw=picture(), params={"kind": "picture"})
    chosen = {"custom_type": 2, "custom_img_id": file["id"]}
    drawn = await give(doors, an, doors.town.bo, doors.town.red, custom_info=chosen)
    mine = (await an.ok("GET", f"/v1/gifts/{drawn['gift_id']}"))["custom_info"]
    assert mine["custom_type"] == 2 and file["id"] in mine["custom_img_url"]
    left = await give(doors, an, doors.town.bo, doors.town.red, custom_info={"custom_type": 0})
    which = {"gift_id": left["gift_id"]}
    assert await bo.refused("POST", "/v1/gifts/engravings", {**which, "custom_word": "波"}) == (
        404,
        "gift_not_available",
    )
    assert (await bo.post("/v1/gifts/engravings", {"custom_word": "波"})).status == 422
    await bo.ok("POST", "/v1/gifts/openings", which)
    assert (await bo.ok("GET", f"/v1/gifts/{left['gift_id']}"))["custom_info"]["may_say"]
    said = await bo.ok("POST", "/v1/gifts/engravings", {**which, "custom_word": "小波"})
    assert said == {**which, "custom_word": "小波"}
    address = str(doors.town.addresses[doors.town.bo])
    order = await bo.ok("POST", "/v1/gifts/claims", {**which, "address_id": address})
    info = (await owner.ok("GET", f"/v1/shops/{doors.town.shop_id}/orders/{order['order_id']}"))["custom_info"]
    assert (info["custom_type"], info["custom_word"]) == (1, "小波")
    late = await bo.post("/v1/gifts/engravings", {**which, "custom_word": "波"})
    assert (late.status, late.code, late.body["facts"]) == (409, "engraving_not_here", {"reason": "chosen"})


async def test_a_shop_says_it_on_the_products_desk(doors):
    owner, bo = await doors.callers(doors.town.owner_id, doors.town.bo)
    desk = f"/desk/shops/{doors.town.shop_id}/products/{doors.town.product_id}"
    assert "刻字定制" in (await page(doors, owner, desk)).text
    assert "Engraving" in (await page(doors, owner, desk, language="en")).text
    for wrong in ({"characters_max": "61"}, {"script": "runes"}):
        assert (await page(doors, owner, f"{desk}/engraving", {"characters_max": "8", **wrong})).status_code == 422
    kept = await page(
        doors, owner, f"{desk}/engraving", {"characters_max": "8", "script": "han", "takes_pictures": "1"}
    )
    assert kept.headers["location"] == desk
    terms = await bo.ok("GET", f"/v1/products/{doors.town.product_id}/engraving")
    assert terms == {"characters_max": 8, "script": "han", "takes_pictures": True}
    assert (await page(doors, bo, f"{desk}/engraving", {"characters_max": "8"})).status_code == 404


async def test_people_choose_it_on_the_wrapping_desk_and_say_it_when_it_is_open(doors):
    an, bo, owner = await doors.callers(doors.town.an, doors.town.bo, doors.town.owner_id)
    desk = f"/wrap?sku={doors.town.red}"
    assert "刻字定制" not in (await page(doors, an, desk)).text
    await take(doors)
    shown = (await page(doors, an, desk)).text
    assert "刻字定制" in shown and "不支持无理由退货" in shown
    form = {"sku": str(doors.town.red), "to": str(doors.town.bo), "cover": "thanks", "hours": "24"}
    form |= {"expected_total": "12900"}
    too_long = {**form, "engraving": "words", "custom_word": "一二三四五六七八九"}
    again = await page(doors, an, "/wrap", too_long)
    assert again.status_code == 409 and "最多刻 8 个字" in again.text and "一二三四五六七八九" in again.text
    assert (await page(doors, an, "/wrap", {**form, "engraving": "picture"})).status_code == 409
    assert (await page(doors, an, "/wrap", {**form, "engraving": "left"})).status_code == 303
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    order_id = (await an.ok("GET", f"/v1/gifts/{gift}"))["order_id"]
    await doors.pay(an, order_id)
    assert "由 TA 来定" in (await page(doors, an, f"/gifts/{gift}")).text
    assert "由你来定" not in (await page(doors, bo, f"/gifts/{gift}")).text
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    assert "由你来定" in (await page(doors, bo, f"/gifts/{gift}")).text
    empty = await page(doors, bo, f"/gifts/{gift}/engraving", {"custom_word": " "})
    assert empty.status_code == 409 and "还没有写要刻的字" in empty.text
    said = await page(doors, bo, f"/gifts/{gift}/engraving", {"custom_word": "<i>波</i>"})
    assert said.headers["location"] == f"/gifts/{gift}"
    address = str(doors.town.addresses[doors.town.bo])
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift, "address_id": address})
    assert "上面刻着" in (await page(doors, bo, f"/gifts/{gift}")).text
    for path in (f"/desk/orders/{order_id}", f"/desk/orders/{order_id}/packing-list"):
        assert "&lt;i&gt;波&lt;/i&gt;" in (await page(doors, owner, path)).text


async def test_who_holds_a_link_says_the_words_too(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    await take(doors)
    gift = await give(doors, an, None, doors.town.red, custom_info={"custom_type": 0})
    token = (await an.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["link_token"]
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})
    said = await page(doors, bo, "/g/engraving", {"token": token, "custom_word": "小波"})
    assert said.headers["location"] == "/g"
    seen = await bo.ok("POST", "/v1/gifts/lookups", {"token": token})
    assert seen["custom_info"]["custom_word"] == "小波"

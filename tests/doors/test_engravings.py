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


async def test_people_have_words_made_on_what_they_buy_for_themselves(doors):
    an, owner = await doors.callers(doors.town.an, doors.town.owner_id)
    product, red = f"/products/{doors.town.product_id}", str(doors.town.red)
    assert "custom_word" not in (await page(doors, an, product)).text
    await take(doors)
    for language, words in (("zh", "刻字（可不填）"), ("en", "Engraving, if you like")):
        assert words in (await page(doors, an, product, language=language)).text
        buying = (await page(doors, an, f"/buy?sku={red}&custom_word=from-sheet", language=language)).text
        assert words in buying and 'value="from-sheet"' in buying, "what was typed on the product's page is here"
    long = {"sku": red, "quantity": "1", "custom_word": "一二三四五六七八九"}
    again = await page(doors, an, "/cart", long)
    assert again.status_code == 409 and "最多刻 8 个字" in again.text
    assert (await page(doors, an, "/cart", {**long, "custom_word": "<b>安</b>"[:8]})).status_code == 303
    cart = (await page(doors, an, "/cart")).text
    assert "刻字：&lt;b&gt;安" in cart and "不支持无理由退货" in cart
    wrong = await page(doors, an, f"/cart/lines/{red}", {"quantity": "1", "custom_word": "一二三四五六七八九"})
    assert wrong.status_code == 409
    assert (await page(doors, an, f"/cart/lines/{red}", {"quantity": "1", "custom_word": "小安"})).status_code == 303
    (line,) = (await an.ok("GET", "/v1/cart"))["shops"][0]["lines"]
    assert (line["custom_word"], line["custom_word_max"]) == ("小安", 8)
    assert "刻字：小安" in (await page(doors, an, f"/cart/order?sku={red}")).text
    form = {"lines": f"{red}:1", "address": str(doors.town.addresses[doors.town.an]), "expected_total": "12900"}
    assert (await page(doors, an, "/cart/order", form)).status_code == 303
    order = (await an.ok("GET", "/v1/orders"))["orders"][0]["id"]
    await doors.pay(an, order)
    shown = (await page(doors, an, f"/orders/{order}", language="en")).text
    assert "Engraved: 小安" in shown and "Made to order" in shown
    assert (await an.ok("GET", f"/v1/orders/{order}"))["lines"][0]["custom_word"] == "小安"
    for path in (f"/desk/orders/{order}", f"/desk/orders/{order}/packing-list"):
        assert "请刻上：小安" in (await page(doors, owner, path)).text
    to_make = await owner.ok("GET", f"/v1/shops/{doors.town.shop_id}/orders/{order}")
    assert (to_make["lines"][0]["custom_word"], to_make["custom_info"]) == ("小安", None)


async def test_who_buys_at_once_says_the_words_with_the_order(doors):
    an = await doors.caller(doors.town.an)
    await take(doors)
    red, address = str(doors.town.red), str(doors.town.addresses[doors.town.an])
    form = {
        "sku": red,
        "quantity": "1",
        "address": address,
        "expected_total": "12900",
        "custom_word": "一二三四五六七八九",
    }
    again = await page(doors, an, "/buy", form)
    assert again.status_code == 409 and "一二三四五六七八九" in again.text
    assert (await page(doors, an, "/buy", {**form, "custom_word": "小安"})).status_code == 303
    order = (await an.ok("GET", "/v1/orders"))["orders"][0]["id"]
    assert (await an.ok("GET", f"/v1/orders/{order}"))["lines"][0]["custom_word"] == "小安"
    asked = {"lines": [{"sku_id": red, "custom_word": "安"}], "address_id": address}
    placed = await an.ok("POST", "/v1/orders", asked)
    assert (await an.ok("GET", f"/v1/orders/{placed['order_id']}"))["lines"][0]["custom_word"] == "安"
    await an.ok("POST", "/v1/cart/lines", {"sku_id": red, "custom_word": "波"})
    stands = await an.ok("PUT", f"/v1/cart/lines/{red}", {"quantity": 2, "custom_word": ""})
    assert stands["quantity"] == 2
    assert (await an.ok("GET", "/v1/cart"))["shops"][0]["lines"][0]["custom_word"] == ""
    ring = {"sku_id": str(doors.town.ring), "custom_word": "安"}
    assert await an.refused("POST", "/v1/cart/lines", ring) == (422, "field_not_valid")

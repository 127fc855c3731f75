"""A giver keeps a gift through the doors: programs and pages."""

from __future__ import annotations

from callers import give, page


async def test_programs_keep_a_gift(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["may_keep"]
    asked = {"address_id": str(town.addresses[town.an])}
    assert await bo.refused("POST", f"/v1/gifts/{gift}/keeping", asked) == (404, "gift_not_available")
    assert await an.refused("POST", f"/v1/gifts/{gift}/keeping", {}) == (404, "address_unknown")
    kept = await an.ok("POST", f"/v1/gifts/{gift}/keeping", asked)
    seen = await an.ok("GET", f"/v1/gifts/{gift}")
    assert (seen["ended_how"], seen["kept_order_ids"], seen["link_token"]) == ("kept", kept["kept_order_ids"], None)
    order = await an.ok("GET", f"/v1/orders/{kept['kept_order_ids'][0]}")
    assert order["paid"]["total"]["amount"] == 12900
    (card,) = (await bo.ok("GET", "/v1/gifts/received"))["gifts"]
    assert card["ended_how"] == "withdrawn"


async def test_a_giver_keeps_it_on_the_gifts_page(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    assert "留给自己" in (await page(doors, an, f"/gifts/{gift}")).text
    for language, words in (("zh", "不用再付"), ("en", "paid already")):
        assert words in (await page(doors, an, f"/gifts/{gift}/keep", language=language)).text
    assert (await page(doors, bo, f"/gifts/{gift}/keep")).status_code == 404
    none = await page(doors, an, f"/gifts/{gift}/keep", {"address": "none"})
    assert none.status_code == 409
    form = {"address": str(town.addresses[town.an])}
    kept = await page(doors, an, f"/gifts/{gift}/keep", form)
    assert kept.status_code == 303 and kept.headers["location"].startswith("/orders/")
    assert "青瓷杯" in (await page(doors, an, kept.headers["location"])).text
    assert "你留给了自己" in (await page(doors, an, f"/gifts/{gift}")).text
    assert (await page(doors, an, f"/gifts/{gift}/keep")).headers["location"] == f"/gifts/{gift}"
    for card in ("/gifts?side=given", "/gifts?side=got"):
        assert "自己留下了" in (await page(doors, an, card)).text or card.endswith("got")
    assert "自己留下了" not in (await page(doors, bo, "/gifts")).text

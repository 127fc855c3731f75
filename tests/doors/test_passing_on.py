"""Declining a gift to a charity or a friend, and the list of charities, through the doors."""

from __future__ import annotations

from callers import give, make_operator, page
from town import STREET

CHARITY = {
    "name_zh": "山区图书馆",
    "name_en": "Books for the hills",
    "about_zh": "把书送进山里",
    "region_code": STREET,
    "name": "收件处",
    "phone": "13800000009",
    "detail": "善路 1 号",
}


async def test_programs_decline_a_gift_to_a_charity_or_a_friend(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    operator = await make_operator(doors)
    kept = await operator.ok("POST", "/v1/operator/charities", CHARITY)
    (one,) = await bo.ok("GET", "/v1/charities")
    assert (one["id"], one["name_en"]) == (kept["id"], "Books for the hills") and "善路" not in str(one)
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    seen = await bo.ok("GET", f"/v1/gifts/{gift}")
    assert seen["to_charity"] and seen["to_friend"]
    asked = {"gift_id": gift, "sentence": "kind_thought"}
    await bo.ok("POST", "/v1/gifts/passings-on", {**asked, "recipient_id": str(town.cai)})
    sent = await an.ok("GET", f"/v1/gifts/{gift}")
    assert (sent["passed_on"], sent["to"], sent["state"]) == (True, None, 10)
    await cai.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    assert not (await cai.ok("GET", f"/v1/gifts/{gift}"))["to_friend"]
    again = {**asked, "recipient_id": str(town.bo)}
    assert await cai.refused("POST", "/v1/gifts/passings-on", again) == (409, "gift_not_passed_on")
    await cai.ok("POST", "/v1/gifts/passings-on", {**asked, "charity_id": kept["id"]})
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["claimed_by"]["name"] == "山区图书馆"
    await operator.ok("DELETE", f"/v1/operator/charities/{kept['id']}")
    assert await bo.ok("GET", "/v1/charities") == []
    assert await operator.refused("DELETE", f"/v1/operator/charities/{kept['id']}") == (404, "charity_unknown")
    assert await bo.refused("POST", "/v1/operator/charities", CHARITY) == (404, "not_found")
    assert await operator.refused("POST", "/v1/operator/charities", {**CHARITY, "phone": "1"}) == (
        422,
        "field_not_valid",
    )


async def test_a_recipient_chooses_on_the_open_gift(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    operator = await make_operator(doors)
    kept = await operator.ok("POST", "/v1/operator/charities", CHARITY)
    for to, words in ((f"charity-{kept['id']}", "捐出去了"), (f"friend-{town.cai}", "转给你的朋友")):
        gift = (await give(doors, an, town.bo, town.red))["gift_id"]
        await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
        seen = (await page(doors, bo, f"/gifts/{gift}")).text
        assert "捐给山区图书馆" in seen and "转给蔡" in seen and "转给安" not in seen
        assert "To Books for the hills" in (await page(doors, bo, f"/gifts/{gift}", language="en")).text
        bad = await page(doors, bo, f"/gifts/{gift}/refuse", {"sentence": "have_one", "onward": "friend-404404404"})
        assert bad.status_code == 409
        done = await page(doors, bo, f"/gifts/{gift}/refuse", {"sentence": "have_one", "onward": to})
        assert done.status_code == 303 and done.headers["location"] == "/gifts"
        cookie = f"renqing={bo.token}; renqing_language=zh; renqing_told={done.cookies['renqing_told']}"
        told = await doors.client.get("/gifts", headers={"cookie": cookie, "accept": "text/html"})
        assert words in told.text
    assert "收下之后，你会知道是谁" in (await page(doors, an, f"/gifts/{gift}")).text
    assert (await page(doors, cai, f"/gifts/{gift}")).status_code == 200


async def test_an_operator_keeps_the_list_on_the_desk(doors):
    town = doors.town
    (bo,) = await doors.callers(town.bo)
    operator = await make_operator(doors)
    base = "/desk/operator/charities"
    assert (await page(doors, bo, base)).status_code == 404
    assert "名单是空的" in (await page(doors, operator, base)).text
    form = {"name_zh": "山区图书馆", "about_zh": "书", "address_name": "收件处", "address_phone": "13800000009"}
    missing = await page(doors, operator, base, form)
    assert missing.status_code == 422 and "山区图书馆" in missing.text
    made = await page(doors, operator, base, {**form, "region_code": str(STREET), "address_detail": "善路 1 号"})
    assert made.status_code == 303
    seen = (await page(doors, operator, base)).text
    assert "山区图书馆" in seen and "善路" not in seen
    (one,) = await bo.ok("GET", "/v1/charities")
    assert (await page(doors, operator, f"{base}/{one['id']}/end", {})).status_code == 303
    assert await bo.ok("GET", "/v1/charities") == []

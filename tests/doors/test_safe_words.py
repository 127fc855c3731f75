"""Safe words through the doors: programs and pages."""

from __future__ import annotations

from datetime import timedelta

from callers import give, make_operator


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def linked(doors, giver) -> tuple[str, str]:
    gift = (await give(doors, giver, None, doors.town.red))["gift_id"]
    return gift, (await giver.ok("GET", f"/v1/gifts/{gift}"))["link_token"]


async def test_programs_set_and_type_a_word(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift, token = await linked(doors, an)
    path = f"/v1/gifts/{gift}/safe-word"
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["may_lock"]
    assert await an.ok("PUT", path, {"word": "西湖", "question": "在哪里？"}) == {"gift_id": gift, "is_locked": True}
    assert await bo.refused("PUT", path, {"word": "西湖"}) == (404, "gift_not_available")
    seen = await bo.ok("POST", "/v1/gifts/lookups", {"token": token})
    assert seen["kind"] == "envelope" and seen["safe_word"] == {"question": "在哪里？", "wrong": 0}
    assert await bo.refused("POST", "/v1/gifts/openings", {"token": token}) == (403, "safe_word_needed")
    asked = {"token": token, "address_id": str(doors.town.addresses[doors.town.bo])}
    assert await bo.refused("POST", "/v1/gifts/claims", asked) == (403, "safe_word_needed")
    declined = {"token": token, "sentence": "have_one"}
    assert await bo.refused("POST", "/v1/gifts/refusals", declined) == (403, "safe_word_needed")
    assert await bo.refused("POST", "/v1/gifts/more-time", {"token": token}) == (403, "safe_word_needed")
    wrong = await bo.post("/v1/gifts/unlockings", {"token": token, "word": "东湖"})
    assert (wrong.status, wrong.code, wrong.body["facts"]) == (403, "safe_word_wrong", {"left": 4})
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["safe_word"]["wrong"] == 1
    assert await bo.ok("POST", "/v1/gifts/unlockings", {"token": token, "word": "西湖"}) == {"gift_id": gift}
    assert (await bo.ok("POST", "/v1/gifts/lookups", {"token": token}))["safe_word"] is None
    await bo.ok("POST", "/v1/gifts/claims", asked)
    assert await an.refused("PUT", path, {"word": "苏堤"}) == (409, "safe_word_not_here")


async def test_a_word_is_taken_off_and_a_question_passes_the_word_list(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    desk = await make_operator(doors)
    await desk.ok("POST", "/v1/operator/moderation-words", {"word": "代开发票"})
    gift, token = await linked(doors, an)
    path = f"/v1/gifts/{gift}/safe-word"
    assert await an.refused("PUT", path, {"word": "好", "question": "要代开发票吗"}) == (422, "field_not_valid")
    await an.ok("PUT", path, {"word": "好"})
    assert await an.ok("DELETE", path) == {"gift_id": gift, "is_locked": False}
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})


async def test_people_set_a_word_on_the_gifts_page_and_type_it_at_the_link(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift, token = await linked(doors, an)
    assert "加一个口令" in (await page(doors, an, f"/gifts/{gift}")).text
    assert "Add a safe word" in (await page(doors, an, f"/gifts/{gift}", language="en")).text
    refused = await page(doors, an, f"/gifts/{gift}/safe-word", {"secret": " ", "question": ""})
    assert refused.status_code == 409
    kept = await page(doors, an, f"/gifts/{gift}/safe-word", {"secret": "西湖", "question": "<i>在哪里</i>？"})
    assert kept.headers["location"] == f"/gifts/{gift}"
    mine = (await page(doors, an, f"/gifts/{gift}")).text
    assert "口令已设好" in mine and "西湖" not in mine
    seen = (await page(doors, bo, "/g/look", {"token": token})).text
    assert "安 给它设了口令" in seen and "&lt;i&gt;在哪里&lt;/i&gt;？" in seen and "/g/open" not in seen
    wrong = await page(doors, bo, "/g/unlock", {"token": token, "secret": "东湖"})
    assert wrong.status_code == 409 and wrong.text.count("还可以试 4 次") == 1
    assert "有人输错了 1 次" in (await page(doors, an, f"/gifts/{gift}")).text
    assert (await page(doors, bo, "/g/unlock", {"token": token, "secret": "西湖"})).headers["location"] == "/g"
    assert "/g/open" in (await page(doors, bo, "/g/look", {"token": token})).text
    off = await page(doors, an, f"/gifts/{gift}/safe-word/off", {})
    assert off.headers["location"] == f"/gifts/{gift}"
    assert (await page(doors, bo, f"/gifts/{gift}/safe-word", {"secret": "我的"})).status_code == 404
    assert (await page(doors, bo, f"/gifts/{gift}/safe-word/off", {})).status_code == 404


async def drawn(doors, giver) -> tuple[str, str]:
    draw = {"draw_at": (doors.house.ground.clock.now() + timedelta(hours=2)).isoformat()}
    gift = (await give(doors, giver, None, doors.town.red, shares=2, draw=draw, open_for_hours=72))["gift_id"]
    return gift, (await giver.ok("GET", f"/v1/gifts/{gift}"))["link_token"]


async def test_a_program_enters_a_draw_once_the_word_is_typed(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift, token = await drawn(doors, an)
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["may_lock"]
    await an.ok("PUT", f"/v1/gifts/{gift}/safe-word", {"word": "西湖"})
    assert await bo.refused("POST", "/v1/gifts/entries", {"token": token}) == (403, "safe_word_needed")
    await bo.ok("POST", "/v1/gifts/unlockings", {"token": token, "word": "西湖"})
    assert (await bo.ok("POST", "/v1/gifts/entries", {"token": token}))["n"] == 1


async def test_people_type_the_word_of_a_draw_before_its_page_offers_to_enter(doors):
    an, bo, cai = await doors.callers(doors.town.an, doors.town.bo, doors.town.cai)
    gift, token = await drawn(doors, an)
    assert "不知道口令的人看不了、参加不了" in (await page(doors, an, f"/gifts/{gift}")).text
    assert "who has entered stays in" in (await page(doors, an, f"/gifts/{gift}", language="en")).text
    await page(doors, bo, "/g/open", {"token": token})
    await page(doors, bo, "/g/enter", {"token": token})
    await page(doors, an, f"/gifts/{gift}/safe-word", {"secret": "西湖"})
    assert "你是第 1 位" in (await page(doors, bo, f"/gifts/{gift}")).text, "who entered before stays in"
    closed = (await page(doors, cai, "/g/look", {"token": token})).text
    assert "/g/unlock" in closed and "/g/enter" not in closed and "/draws/" in closed
    refused = await page(doors, cai, "/g/enter", {"token": token})
    assert refused.status_code == 409 and "请先输入口令" in refused.text
    await page(doors, cai, "/g/unlock", {"token": token, "secret": "西湖"})
    await page(doors, cai, "/g/open", {"token": token})
    assert "/g/enter" in (await page(doors, cai, "/g/look", {"token": token})).text

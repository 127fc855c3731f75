"""A giver's ask for a refund through the doors: programs and pages."""

from __future__ import annotations

from callers import give


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def claimed(doors, an, bo) -> str:
    gift = (await give(doors, an, doors.town.bo, doors.town.red))["gift_id"]
    asked = {"gift_id": gift, "address_id": str(doors.town.addresses[doors.town.bo])}
    await bo.ok("POST", "/v1/gifts/claims", asked)
    return str(gift)


async def test_programs_ask_and_agree(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift = await claimed(doors, an, bo)
    path = f"/v1/gifts/{gift}/refund-ask"
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["may_ask_refund"]
    assert await bo.refused("POST", f"{path}/answer", {"agrees": True}) == (404, "refund_not_asked")
    assert (await an.ok("POST", path, {"reason": "late"}))["state"] == "waiting"
    assert await an.refused("POST", path, {"reason": "late"}) == (409, "refund_ask_not_now")
    assert await bo.refused("POST", path, {"reason": "late"}) == (404, "gift_not_available")
    assert (await bo.ok("GET", f"/v1/gifts/{gift}"))["refund_ask"]["reason"] == "late"
    agreed = await bo.ok("POST", f"{path}/answer", {"agrees": True})
    assert agreed["state"] == "agreed"
    assert [one["id"] for one in (await bo.ok("GET", "/v1/aftersales"))["cases"]] == [agreed["case_id"]]
    sent = await an.ok("GET", f"/v1/gifts/{gift}")
    assert sent["refund_ask"]["state"] == "agreed" and sent["refund_ask"]["case_id"] is None
    assert await bo.refused("POST", f"{path}/answer", {"agrees": False}) == (409, "refund_ask_not_now")


async def test_people_ask_and_answer_on_the_gifts_page(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift = await claimed(doors, an, bo)
    for language, words in (("zh", "请 TA 同意退款"), ("en", "Ask for a refund")):
        assert words in (await page(doors, an, f"/gifts/{gift}", language=language)).text
    assert (await page(doors, an, f"/gifts/{gift}/refund-ask", {"sentence": "because"})).status_code == 409
    assert (await page(doors, bo, f"/gifts/{gift}/refund-ask", {"sentence": "late"})).status_code == 404
    asked = await page(doors, an, f"/gifts/{gift}/refund-ask", {"sentence": "another_gift"})
    assert asked.headers["location"] == f"/gifts/{gift}"
    assert "在等Bo同意退款" in (await page(doors, an, f"/gifts/{gift}")).text.replace("\u2009", "")
    waiting = (await page(doors, bo, f"/gifts/{gift}")).text
    assert "安想退掉这份礼物" in waiting and "更合适的礼物" in waiting and "¥" not in waiting
    said = await page(doors, bo, f"/gifts/{gift}/refund-ask/answer", {"answer": "no"})
    assert said.headers["location"] == f"/gifts/{gift}"
    again = await page(doors, bo, f"/gifts/{gift}/refund-ask/answer", {"answer": "yes"})
    assert again.status_code == 409
    assert (await page(doors, an, f"/gifts/{gift}/refund-ask/answer", {"answer": "yes"})).status_code == 404
    assert "这次没有退成" in (await page(doors, an, f"/gifts/{gift}")).text
    assert "想退掉" not in (await page(doors, bo, f"/gifts/{gift}")).text


async def test_a_yes_on_the_page_leads_to_the_aftersale(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift = await claimed(doors, an, bo)
    await page(doors, an, f"/gifts/{gift}/refund-ask", {"sentence": "late"})
    await page(doors, bo, f"/gifts/{gift}/refund-ask/answer", {"answer": "yes"})
    assert "你同意退给安" in (await page(doors, bo, f"/gifts/{gift}")).text
    assert "同意退款，商家处理后" in (await page(doors, an, f"/gifts/{gift}")).text

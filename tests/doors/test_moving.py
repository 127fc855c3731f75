"""More time and another address through the doors: programs and pages."""

from __future__ import annotations

from callers import give


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def test_programs_take_more_time_and_give_it_on(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    longer = await bo.ok("POST", "/v1/gifts/more-time", {"gift_id": gift})
    assert longer["expires_at"] == (await bo.ok("GET", f"/v1/gifts/{gift}"))["expires_at"]
    assert await bo.refused("POST", "/v1/gifts/more-time", {"gift_id": gift}) == (409, "more_time_not_offered")
    before = await an.ok("GET", f"/v1/gifts/{gift}")
    assert before["may_readdress"]
    await an.ok("POST", f"/v1/gifts/{gift}/readdressings", {"recipient_id": str(town.cai)})
    after = await an.ok("GET", f"/v1/gifts/{gift}")
    assert after["to"]["id"] == str(town.cai) and after["link_token"] != before["link_token"]
    assert await bo.refused("GET", f"/v1/gifts/{gift}") == (404, "gift_not_available")
    await cai.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    asked = {"recipient_id": str(town.bo)}
    assert await an.refused("POST", f"/v1/gifts/{gift}/readdressings", asked) == (409, "gift_stays_where_it_is")


async def test_a_giver_gives_it_to_somebody_else_on_the_gifts_page(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    assert "改送别人" in (await page(doors, an, f"/gifts/{gift}")).text
    for language, words in (("zh", "原来的链接失效"), ("en", "The old link is dead")):
        seen = (await page(doors, an, f"/gifts/{gift}/readdress", language=language)).text
        assert words in seen and f'value="{town.cai}"' in seen and f'value="{town.bo}"' not in seen
    assert (await page(doors, bo, f"/gifts/{gift}/readdress")).status_code == 404
    refused = await page(doors, an, f"/gifts/{gift}/readdress", {"to": str(town.stranger)})
    assert refused.status_code == 409
    moved = await page(doors, an, f"/gifts/{gift}/readdress", {"to": str(town.cai)})
    assert moved.headers["location"] == f"/gifts/{gift}"
    assert (await page(doors, cai, f"/gifts/{gift}")).status_code == 200
    await cai.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    assert (await page(doors, an, f"/gifts/{gift}/readdress")).status_code == 303


async def test_a_recipient_takes_more_time_on_the_open_gift(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    assert "再给我 24 小时" in (await page(doors, bo, f"/gifts/{gift}")).text
    assert "24 more hours, please" in (await page(doors, bo, f"/gifts/{gift}", language="en")).text
    assert (await page(doors, bo, f"/gifts/{gift}/more-time", {})).headers["location"] == f"/gifts/{gift}"
    assert "再给我" not in (await page(doors, bo, f"/gifts/{gift}")).text
    assert (await page(doors, bo, f"/gifts/{gift}/more-time", {})).status_code == 409
    linked = (await give(doors, an, None, town.red))["gift_id"]
    token = (await an.ok("GET", f"/v1/gifts/{linked}"))["link_token"]
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})
    assert (await page(doors, bo, "/g/more-time", {"token": token})).headers["location"] == "/g"

"""Why somebody cannot receive, and where a shop does not deliver, through the doors: programs and pages."""

from __future__ import annotations

from callers import give, make_operator, page
from town import FAR_STREET, STREET


async def test_programs_read_why_before_they_ask_for_an_address(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, None, town.red))["gift_id"]
    token = (await an.ok("GET", f"/v1/gifts/{gift}"))["link_token"]
    assert (await bo.ok("POST", "/v1/gifts/lookups", {"token": token}))["cannot_receive"] is None
    await bo.ok("PUT", "/v1/peace", {"is_minor": True})
    why = (await bo.ok("POST", "/v1/gifts/lookups", {"token": token}))["cannot_receive"]
    assert (why["reason"], why["hours"]) == ("minor", 0) and "18" in why["words"]
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})
    asked = {"token": token, "address_id": str(town.addresses[town.bo])}
    assert await bo.refused("POST", "/v1/gifts/claims", asked) == (409, "cannot_receive")
    await bo.ok("PUT", "/v1/peace", {})
    await bo.ok("POST", "/v1/gifts/claims", asked)


async def test_programs_ask_whether_it_comes_to_a_place(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    asked = {"gift_id": gift, "address_id": str(town.far_address)}
    assert await bo.refused("POST", "/v1/gifts/reach-lookups", asked) == (404, "gift_not_available"), (
        "a closed envelope"
    )
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    far = await bo.ok("POST", "/v1/gifts/reach-lookups", asked)
    assert (far["delivers"], far["reason"]) == (False, "region") and far["region"] in far["words"]
    near = await bo.ok("POST", "/v1/gifts/reach-lookups", {"gift_id": gift, "region_code": STREET})
    assert (near["delivers"], near["reason"]) == (True, "")
    assert await cai.refused("POST", "/v1/gifts/reach-lookups", asked) == (404, "gift_not_available")
    for body in ({"gift_id": gift}, {**asked, "region_code": STREET}, {"gift_id": gift, "region_code": 999999999}):
        assert await bo.refused("POST", "/v1/gifts/reach-lookups", body) == (422, "field_not_valid")


async def test_an_operator_holds_somebody_from_receiving(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    operator = await make_operator(doors)
    made = await an.ok("POST", "/v1/reports", {"person_id": str(town.bo), "reason": "fraud"})
    verdict = {"verdict": "held", "days": 2, "verb": "receive"}
    await operator.ok("POST", f"/v1/operator/reports/{made['id']}/verdict", verdict)
    (held,) = await operator.ok("GET", "/v1/operator/holds")
    assert (held["person"], held["verb"]) == ("Bo", "receive")
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    why = (await bo.ok("GET", f"/v1/gifts/{gift}"))["cannot_receive"]
    assert (why["reason"], why["hours"]) == ("held", 48)
    again = await bo.ok("POST", "/v1/reports", {"person_id": str(town.an), "reason": "other"})
    form = {"verdict": "held", "days": "1", "verb": "receive"}
    assert (await page(doors, operator, f"/desk/operator/reports/{again['id']}", form)).status_code == 303
    assert "不能收礼" in (await page(doors, operator, "/desk/operator/holds")).text


async def test_pages_say_why_in_place_of_the_form(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, None, town.red))["gift_id"]
    token = (await an.ok("GET", f"/v1/gifts/{gift}"))["link_token"]
    kept = await page(doors, bo, "/me/peace", {"gifts_from": "near", "is_minor": "1", "quiet_from": "", "quiet_to": ""})
    assert kept.status_code == 303 and 'name="is_minor" value="1" checked' in (await page(doors, bo, "/me/peace")).text
    for language, words in (("zh", "未满 18 岁"), ("en", "under 18")):
        assert words in (await page(doors, bo, "/g/look", {"token": token}, language=language)).text
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})
    opened = (await page(doors, bo, "/g/look", {"token": token})).text
    assert "未满 18 岁" in opened and 'action="/g/claim"' not in opened and 'href="/me/peace"' in opened


async def test_pages_say_where_it_does_not_come(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, town.bo, town.red))["gift_id"]
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    assert "不送这里" in (await page(doors, bo, f"/gifts/{gift}")).text
    far = await page(doors, bo, f"/gifts/{gift}/reach", {"address": str(town.far_address)})
    assert "这家店不送到" in far.text
    near = await page(doors, bo, f"/gifts/{gift}/reach", {"address": "new", "region_code": str(STREET)}, language="en")
    assert "The shop delivers to" in near.text
    assert "送到" not in (await page(doors, bo, f"/gifts/{gift}/reach", {"address": "new"})).text
    linked = (await give(doors, an, None, town.red))["gift_id"]
    token = (await an.ok("GET", f"/v1/gifts/{linked}"))["link_token"]
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})
    far = await page(doors, bo, "/g/reach", {"token": token, "address": "new", "region_code": str(FAR_STREET)})
    assert "这家店不送到" in far.text
    assert (await page(doors, an, f"/gifts/{gift}/reach", {"address": "new"})).status_code == 404

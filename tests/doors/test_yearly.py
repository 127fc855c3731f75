"""Yearly gifts over HTTP and on pages: made paused, looked through, activated, said yes to, paused, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callers import page


async def soon(doors: Any, days: int = 5) -> dict[str, int]:
    """A birthday of Bo's that his friends see, in so many days."""
    on = (doors.house.ground.clock.now().astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(days=days)).date()
    bo = await doors.caller(doors.town.bo)
    await bo.ok("PUT", "/v1/me/birthday", {"month": on.month, "day": on.day, "is_shown": True})
    return {"month": on.month, "day": on.day}


async def made(doors: Any, an: Any, **changes: Any) -> str:
    asked = {"person_id": str(doors.town.bo), "sku_id": str(doors.town.red), "total_max": 15_000, **changes}
    kept = await an.ok("POST", "/v1/yearly-gifts", asked)
    assert kept["state"] == "paused"
    return str(kept["id"])


async def test_a_rule_is_made_looked_through_activated_given_and_ended(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    day = await soon(doors)
    rule = await made(doors, an, greeting="生日快乐")
    path = f"/v1/yearly-gifts/{rule}"
    ahead = await an.ok("GET", path)
    assert ahead["choice"]["total"] == {"amount": 12_900, "currency": "CNY"} and ahead["why"] is None
    assert len(ahead["times"]) == 3 and ahead["rule"]["day"] == {"calendar": "solar", **day, "is_leap": False}
    assert await an.refused("POST", f"{path}/giving", {"expected_total": 12_900}) == (409, "yearly_rule_over")
    assert await an.ok("POST", f"{path}/activation") == {"id": rule, "state": "active"}
    await doors.settle()
    (line,) = (await an.ok("GET", "/v1/yearly-gifts"))["rules"]
    assert line["proposal"]["state"] == "waiting" and line["proposal"]["total"]["amount"] == 12_900
    assert (await an.ok("GET", "/v1/notices"))["notices"][0]["kind"] == "yearly_ready"
    assert await bo.refused("GET", path) == (404, "yearly_rule_unknown")
    assert await an.refused("POST", f"{path}/giving", {"expected_total": 12_800}) == (409, "total_changed")
    given = await an.ok("POST", f"{path}/giving", {"expected_total": 12_900})
    await doors.pay(an, given["order_id"])
    await doors.settle()
    gift = await an.ok("GET", f"/v1/gifts/{given['gift_id']}")
    assert gift["greeting"] == "生日快乐" and gift["deliver_at"] is not None
    for verb, state in (("pause", "paused"), ("activation", "active"), ("end", "ended")):
        assert await an.ok("POST", f"{path}/{verb}") == {"id": rule, "state": state}
    assert (await an.ok("GET", "/v1/yearly-gifts"))["rules"] == []
    assert await an.refused("POST", f"{path}/activation") == (409, "yearly_rule_over")


async def test_what_is_no_rule_or_gives_nothing_is_refused_with_why(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    asked = {"person_id": str(town.bo), "sku_id": str(town.red), "total_max": 15_000}
    hidden = await an.post("/v1/yearly-gifts", asked)
    assert (hidden.status, hidden.body["facts"]["reason"]) == (422, "hidden")
    await soon(doors)
    for changes, refusal in (
        ({"person_id": str(town.stranger)}, (403, "not_friends")),
        ({"day_id": "404"}, (404, "day_unknown")),
        ({"sku_id": "404"}, (409, "offer_over")),
        ({"sku_id": None}, (422, "field_not_valid")),
        ({"sku_id": None, "list_id": "404"}, (404, "wish_list_unknown")),
        ({"total_max": 0}, (422, "field_not_valid")),
        ({"comes_at": 1440}, (422, "body_not_valid")),
    ):
        assert await an.refused("POST", "/v1/yearly-gifts", {**asked, **changes}) == refusal
    assert (await an.ok("GET", "/v1/yearly-gifts"))["rules"] == []
    rule = await made(doors, an, total_max=100)
    refused = await an.post(f"/v1/yearly-gifts/{rule}/activation")
    assert (refused.status, refused.code, refused.body["facts"]) == (403, "yearly_not_possible", {"reason": "price"})


async def test_the_pages_make_it_show_it_and_lead_to_the_cashier(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    await soon(doors)
    assert "还没有每年都送的礼物" in (await page(doors, an, "/yearly")).text
    desk = (await page(doors, an, f"/yearly/new/{town.bo}?sku={town.red}")).text
    assert "青瓷杯" in desk and 'name="day" value="birthday"' in desk and 'value="129.00"' in desk
    bare = (await page(doors, an, f"/yearly/new/{town.cai}")).text
    assert "先在“快到的日子”里" in bare and 'name="sum"' not in bare
    form = {
        "friend": str(town.bo),
        "day": "birthday",
        "what": "sku",
        "sku": str(town.red),
        "sum": "150",
        "at": "09:30",
        "greeting": "生日快乐",
        "cover": "birthday",
    }
    for wrong in ({"sum": "much"}, {"at": "noon"}, {"sum": "0"}, {"day": "404"}):
        refused = await page(doors, an, "/yearly", {**form, **wrong})
        assert refused.status_code == 422 and 'id="problem"' in refused.text
    where = (await page(doors, an, "/yearly", form)).headers["location"]
    shown = (await page(doors, an, where)).text.replace("\N{THIN SPACE}", " ")
    assert "好，每年都这样送" in shown and "接下来三次" in shown and "09:30" in shown
    assert (await page(doors, an, f"{where}/activate", {})).headers["location"] == where
    await doors.settle()
    shown = (await page(doors, an, where)).text.replace("\N{THIN SPACE}", " ")
    assert "今年的礼物备好了" in shown and "送出 · ¥129" in shown
    assert "备好了" in (await page(doors, an, "/yearly")).text
    late = await page(doors, an, f"{where}/give", {"expected_total": "12800"})
    assert late.status_code == 409 and 'id="problem"' in late.text
    assert (await page(doors, an, f"{where}/give", {"expected_total": "12900"})).status_code == 303
    assert "看看今年的礼物" in (await page(doors, an, where)).text
    english = (await page(doors, an, where, language="en")).text
    assert "See this year" in english and "Pause" in english
    assert (await page(doors, an, f"{where}/pause", {})).headers["location"] == where
    assert (await page(doors, an, f"{where}/end", {})).headers["location"] == "/yearly"
    assert (await page(doors, an, f"{where}/activate", {})).status_code == 409


async def test_the_page_says_why_this_years_gift_cannot_be_given_now(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    await soon(doors)
    rule = await made(doors, an)
    await an.ok("POST", f"/v1/yearly-gifts/{rule}/activation")
    await doors.settle()
    await town.ground.db.run(lambda tx: tx.execute("UPDATE catalog_sku SET on_sale = false WHERE id = $1", town.red))
    shown = (await page(doors, an, f"/yearly/{rule}")).text
    assert "这件东西已经下架" in shown and "expected_total" not in shown
    refusal = await page(doors, an, f"/yearly/{rule}/give", {"expected_total": "12900"})
    assert refusal.status_code == 409 and "什么都没有扣" in refusal.text

"""Coming days over HTTP and on pages: shown, noted, reminded of, and the way to the wrapping desk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callers import page

from renqing.social.days import Day, next_dates


def ahead(doors: Any, days: int) -> date:
    """So many days from now, on the wall of who decided nothing."""
    here = doors.house.ground.clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
    return (here + timedelta(days=days)).date()


def said(on: date) -> dict[str, int]:
    return {"month": on.month, "day": on.day}


async def test_a_birthday_is_kept_shown_and_taken_back(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    nothing = {"coming": [], "notes": [], "birthday": None, "days_before": None}
    assert await bo.ok("GET", "/v1/days") == nothing
    day = {"calendar": "lunar", "month": 10, "day": 20, "is_leap": False}
    on = next_dates(Day("lunar", 10, 20), ahead(doors, 0), 1)[0][1]
    soon = {"calendar": "solar", **said(ahead(doors, 5)), "is_leap": False}
    assert await bo.ok("PUT", "/v1/me/birthday", day) == {"is_shown": False}
    assert (await an.ok("GET", "/v1/days"))["coming"] == []
    assert await bo.ok("PUT", "/v1/me/birthday", {**day, "is_shown": True}) == {"is_shown": True}
    assert (await bo.ok("GET", "/v1/days"))["birthday"] == {"day": day, "is_shown": True}
    found = (await an.ok("GET", "/v1/days"))["coming"]
    assert [one["on"] for one in found] == [str(on)] * (on <= ahead(doors, 30))
    await bo.ok("PUT", "/v1/me/birthday", {**soon, "is_shown": True})
    (coming,) = (await an.ok("GET", "/v1/days"))["coming"]
    assert coming["person"]["id"] == str(town.bo) and coming["day_id"] is None and coming["day"] == soon
    assert (coming["on"], coming["in_days"]) == (str(ahead(doors, 5)), 5)
    await bo.ok("DELETE", "/v1/me/birthday")
    assert await bo.ok("GET", "/v1/days") == await an.ok("GET", "/v1/days") == nothing


async def test_a_day_is_noted_reminded_of_and_removed(doors):
    town = doors.town
    an, bo, stranger = await doors.callers(town.an, town.bo, town.stranger)
    asked = {"person_id": str(town.bo), "name": "纪念日", **said(ahead(doors, 8))}
    made = await an.ok("POST", "/v1/days", asked, key="day")
    assert await an.ok("POST", "/v1/days", asked, key="day") == made
    page = await an.ok("GET", "/v1/days")
    assert [one["name"] for one in page["coming"]] == [one["name"] for one in page["notes"]] == ["纪念日"]
    assert (await bo.ok("GET", "/v1/days"))["notes"] == []
    assert await stranger.refused("POST", "/v1/days", asked) == (403, "not_friends")
    assert await bo.refused("DELETE", f"/v1/days/{made['id']}") == (404, "day_unknown")
    assert await an.ok("PUT", "/v1/days/reminding", {"days_before": 3}) == {"days_before": 3}
    assert (await an.ok("GET", "/v1/days"))["days_before"] == 3
    await an.ok("DELETE", f"/v1/days/{made['id']}")
    assert (await an.ok("GET", "/v1/days"))["notes"] == []


async def test_what_is_no_day_changes_nothing(doors):
    (an,) = await doors.callers(doors.town.an)
    for body, code in (
        ({"month": 2, "day": 30}, "field_not_valid"),
        ({"calendar": "lunar", "month": 1, "day": 1, "is_leap": True}, "field_not_valid"),
        ({"month": 13, "day": 1}, "body_not_valid"),
        ({"calendar": "mayan", "month": 1, "day": 1}, "body_not_valid"),
        ({"month": 1, "day": 1, "year": 1990}, "body_not_valid"),
    ):
        assert await an.refused("PUT", "/v1/me/birthday", body) == (422, code)
    assert await an.refused("PUT", "/v1/days/reminding", {"days_before": 15}) == (422, "body_not_valid")
    assert (await an.ok("GET", "/v1/days"))["birthday"] is None


async def test_the_page_keeps_all_of_it(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    soon = ahead(doors, 8)
    mine = {"calendar": "solar", "month": str(soon.month), "day": str(soon.day), "is_shown": "1"}
    kept = await page(doors, bo, "/days/birthday", mine)
    assert kept.headers["location"] == "/days"
    noted = {"friend": str(town.bo), "name": "纪念日", "calendar": "lunar", "month": "10", "day": "22"}
    assert (await page(doors, an, "/days", noted)).headers["location"] == "/days"
    assert (await page(doors, an, "/days/reminding", {"days_before": "3"})).status_code == 303
    shown = (await page(doors, an, "/days")).text
    for words in ("Bo", f"{soon.month}月{soon.day}日", "农历十月廿二", "还有", "提前 3 天"):
        assert words in shown.replace("\N{THIN SPACE}", " "), words
    english = (await page(doors, an, "/days", language="en")).text
    assert f"{soon.day} {soon:%B}" in english and "lunar month 10, day 22" in english and "in 8 days" in english
    wrong = {"calendar": "solar", "month": "2", "day": "30"}
    refused = await page(doors, an, "/days/birthday", wrong)
    assert refused.status_code == 422 and "应在 1 到 29 之间" in refused.text.replace("\N{THIN SPACE}", " ")
    assert (await page(doors, an, "/days", {**noted, "name": ""})).status_code == 422
    assert (await page(doors, an, "/days", {**noted, "calendar": "mayan"})).status_code == 422
    (note,) = (await an.ok("GET", "/v1/days"))["notes"]
    assert (await page(doors, an, f"/days/{note['id']}/remove", {})).headers["location"] == "/days"
    assert (await page(doors, bo, "/days/birthday/remove", {})).headers["location"] == "/days"
    assert (await page(doors, an, "/days/reminding", {"days_before": ""})).status_code == 303
    empty = await an.ok("GET", "/v1/days")
    assert empty == {"coming": [], "notes": [], "birthday": None, "days_before": None}


async def test_giving_for_a_day_leads_to_a_desk_that_knows_whom_and_when(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    await bo.ok("PUT", "/v1/me/birthday", {**said(ahead(doors, 8)), "is_shown": True})
    await an.ok("POST", "/v1/days", {"person_id": str(town.bo), "name": "纪念日", **said(ahead(doors, 0))})

    async def meant(query: str) -> dict[str, str]:
        led = await page(doors, an, f"/days/give/{town.bo}{query}")
        assert led.headers["location"] == f"/?to={town.bo}"
        doors.client.cookies.clear()
        return dict(one.split(";")[0].split("=", 1) for one in led.headers.get_list("set-cookie"))

    async def desk(cookies: dict[str, str]) -> str:
        said = "; ".join(f"{name}={value}" for name, value in {"renqing": an.token, **cookies}.items())
        answer = await doors.client.get(f"/wrap?sku={town.red}", headers={"cookie": said, "accept": "text/html"})
        return str(answer.text)

    later, to_bo = 'value="later" checked', f'value="{town.bo}" data-name="Bo" checked'
    plain = await desk({})
    assert later not in plain and to_bo not in plain
    birthday = await desk(await meant(f"?on={ahead(doors, 8)}"))
    assert later in birthday and f'value="{ahead(doors, 8)}T09:00"' in birthday and to_bo in birthday
    today = await desk(await meant(f"?on={ahead(doors, 0)}"))
    assert later not in today and to_bo in today, "what is for today comes at once"
    assert "renqing_day" not in await meant("?on=nonsense"), "the nearest, which is today"
    for_another = await desk({"renqing_meant": str(town.cai), "renqing_day": f"{town.bo}.{ahead(doors, 8)}"})
    assert later not in for_another
    assert later not in await desk({"renqing_meant": str(town.bo), "renqing_day": f"{town.bo}.soon"})
    assert (await page(doors, an, f"/days/give/{town.stranger}")).status_code == 404

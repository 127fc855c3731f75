"""Gifts that come later through the doors: programs and pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callers import give

SHANGHAI = ZoneInfo("Asia/Shanghai")


def soon(doors: Any, **ahead: float) -> datetime:
    """What the clock shows in Shanghai so much later, on its minute."""
    shown = doors.house.ground.clock.now().astimezone(SHANGHAI) + timedelta(**ahead)
    return shown.replace(second=0, microsecond=0)


def wall(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def evening(doors: Any) -> dict[str, str]:
    return {"deliver_at": wall(soon(doors, hours=8)), "deliver_zone": "Asia/Shanghai"}


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def test_programs_schedule_move_and_send_now(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    asked, later = evening(doors), soon(doors, days=30)
    gift = (await give(doors, an, town.bo, town.red, **asked))["gift_id"]
    sent = await an.ok("GET", f"/v1/gifts/{gift}")
    assert (sent["state"], sent["deliver_zone"]) == (5, "Asia/Shanghai")
    assert wall(datetime.fromisoformat(sent["deliver_at"]).astimezone(SHANGHAI)) == asked["deliver_at"]
    assert await bo.refused("GET", f"/v1/gifts/{gift}") == (404, "gift_not_available")
    moved = await an.ok("PUT", f"/v1/gifts/{gift}/schedule", {"deliver_at": wall(later)})
    assert (moved["gift_id"], moved["deliver_zone"]) == (gift, "Asia/Shanghai")
    assert datetime.fromisoformat(moved["deliver_at"]) == later
    assert await bo.refused("POST", f"/v1/gifts/{gift}/delivery") == (404, "gift_not_available")
    await an.ok("POST", f"/v1/gifts/{gift}/delivery")
    assert (await bo.ok("GET", f"/v1/gifts/{gift}"))["kind"] == "envelope"
    late = await an.refused("PUT", f"/v1/gifts/{gift}/schedule", asked)
    assert late == (409, "gift_already_sent")
    sent = await an.ok("GET", f"/v1/gifts/{gift}")
    assert (sent["state"], sent["deliver_at"], sent["deliver_zone"]) == (10, None, "")


async def test_a_moment_that_is_no_good_is_refused_with_its_reason(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    asked = {"sku_id": str(town.red), "recipient_id": str(town.bo)}
    for more, reason in (
        ({"deliver_at": wall(soon(doors, hours=-1))}, "past"),
        ({"deliver_at": wall(soon(doors, days=367))}, "too_far"),
        ({"deliver_at": "tomorrow"}, "moment"),
        ({**evening(doors), "deliver_zone": "Middle/Earth"}, "unknown"),
    ):
        said = await an.call("POST", "/v1/gifts", body={**asked, **more})
        assert (said.status, said.body["facts"]["reason"]) == (422, reason)


async def test_a_giver_schedules_on_the_desk_and_changes_it_on_the_gifts_page(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    for language, words in (("zh", "定个时间"), ("en", "At a time")):
        desk = (await page(doors, an, f"/wrap?sku={town.red}", language=language)).text
        morning = soon(doors, days=1).replace(hour=9, minute=0)
        assert words in desk and f'value="{wall(morning)}"' in desk
    at, past, later = soon(doors, hours=8), wall(soon(doors, hours=-8)), soon(doors, days=40)
    form = {
        "sku": str(town.red),
        "to": str(town.bo),
        "cover": "thanks",
        "greeting": "谢谢你",
        "hours": "24",
        "expected_total": "12900",
        "when": "later",
        "deliver_at": wall(at),
        "deliver_zone": "",
    }
    wrong = await page(doors, an, "/wrap", {**form, "deliver_at": past})
    assert wrong.status_code == 409 and "这个时间已经过了" in wrong.text and f'value="{past}"' in wrong.text
    assert (await page(doors, an, "/wrap", form)).status_code == 303
    order = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]
    await doors.pay(an, (await an.ok("GET", f"/v1/gifts/{order['id']}"))["order_id"])
    path = f"/gifts/{order['id']}"
    for language, words in (
        ("zh", f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"),
        ("en", f"{at.year}-{at.month}-{at.day}, {at:%H:%M}"),
    ):
        seen = (await page(doors, an, path, language=language)).text.replace("\u2009", "")
        assert words in seen and f'action="{path}/withdraw"' in seen and f'href="{path}/schedule"' in seen
    assert f'value="{wall(at)}"' in (await page(doors, an, f"{path}/schedule")).text
    assert (await page(doors, bo, f"{path}/schedule")).status_code == 404
    late = await page(doors, an, f"{path}/schedule", {"deliver_at": past, "deliver_zone": ""})
    assert late.status_code == 409 and "这个时间已经过了" in late.text
    moved = {"deliver_at": wall(later), "deliver_zone": "Europe/Berlin"}
    assert (await page(doors, an, f"{path}/schedule", moved)).headers["location"] == path
    seen = (await page(doors, an, path)).text.replace("\u2009", "")
    assert f"{later.month}月{later.day}日 {later:%H:%M}" in seen and "柏林时间" in seen
    assert "待送出" in (await page(doors, an, "/gifts?side=given")).text
    assert (await page(doors, an, f"{path}/deliver", {})).headers["location"] == path
    assert (await page(doors, bo, path)).status_code == 200
    assert (await page(doors, an, f"{path}/schedule")).status_code == 303


async def test_a_giver_calls_it_off_on_its_page(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, town.bo, town.red, **evening(doors)))["gift_id"]
    path = f"/gifts/{gift}"
    assert "对方不会知道" in (await page(doors, an, path)).text
    assert (await page(doors, an, f"{path}/withdraw", {})).status_code == 303
    await doors.settle()
    for language, words in (("zh", "送出前你取消了"), ("en", "You called it off before it was sent")):
        assert words in (await page(doors, an, path, language=language)).text
    await doors.pass_time(hours=9)
    assert (await page(doors, bo, path)).status_code == 404


# a draw ---------------------------------------------------------------------------------------------------------------
async def drawn_later(doors, giver) -> tuple[str, Any]:
    """A draw by link that comes in eight hours, three hours before it is made."""
    draw = {"draw_at": soon(doors, hours=11).isoformat()}
    gift = await give(doors, giver, None, doors.town.red, shares=2, draw=draw, open_for_hours=24, **evening(doors))
    return gift["gift_id"], draw


async def test_programs_schedule_a_draw_and_move_it_where_its_time_still_fits(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    asked = {"sku_id": str(doors.town.red), "cover": "thanks", "greeting": "", "shares": 2, "open_for_hours": 24}
    early = {"draw": {"draw_at": soon(doors, hours=7).isoformat()}, **evening(doors)}
    wrong = await an.post("/v1/gifts", {**asked, **early})
    assert (wrong.code, wrong.body["facts"]["reason"]) == ("field_not_valid", "draw_after_coming")
    gift, _ = await drawn_later(doors, an)
    path = f"/v1/gifts/{gift}/schedule"
    late = await an.call("PUT", path, body={"deliver_at": wall(soon(doors, hours=12))})
    assert (late.code, late.body["facts"]["reason"]) == ("field_not_valid", "after_draw")
    moved = {"deliver_at": wall(soon(doors, hours=9))}
    assert (await an.ok("PUT", path, moved))["gift_id"] == gift
    await doors.pass_time(hours=9, minutes=1)
    token = (await an.ok("GET", f"/v1/gifts/{gift}"))["link_token"]
    assert (await bo.ok("POST", "/v1/gifts/entries", {"token": token}))["n"] == 1


async def test_a_draw_that_comes_later_says_when_it_may_be_moved_to(doors):
    an, _ = await doors.callers(doors.town.an, doors.town.bo)
    gift, _ = await drawn_later(doors, an)
    path = f"/gifts/{gift}"
    for language, words in (("zh", "送到后才能参加"), ("en", "People can enter once it arrives")):
        assert words in (await page(doors, an, path, language=language)).text
    for language, words in (("zh", "开奖时间不变"), ("en", "The time of the draw stays")):
        assert words in (await page(doors, an, f"{path}/schedule", language=language)).text
    late = {"deliver_at": wall(soon(doors, hours=12)), "deliver_zone": ""}
    refused = await page(doors, an, f"{path}/schedule", late)
    assert refused.status_code == 409 and refused.text.count("请选早一点的时间") == 1
    assert (await page(doors, an, f"{path}/deliver", {})).headers["location"] == path


async def test_on_the_desk_a_draw_is_so_long_after_its_coming(doors):
    an, _ = await doors.callers(doors.town.an, doors.town.bo)
    at = soon(doors, hours=8)
    form = {
        "sku": str(doors.town.red),
        "to": "link",
        "cover": "thanks",
        "greeting": "",
        "hours": "24",
        "shares": "2",
        "way": "draw",
        "draw_in": "180",
        "expected_total": "12900",
        "when": "later",
        "deliver_at": wall(at),
        "deliver_zone": "",
    }
    assert (await page(doors, an, "/wrap", form)).status_code == 303
    draw_at = await doors.house.ground.db.fetchval("SELECT draw_at FROM draw_draw")
    assert draw_at == at.replace(second=0, microsecond=0) + timedelta(hours=3)

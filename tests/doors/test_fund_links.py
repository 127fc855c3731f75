"""A fund's link over HTTP and on pages, also for who is not signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from callers import page


async def begun(doors: Any, an: Any) -> str:
    ends_at = (doors.house.ground.clock.now() + timedelta(days=3)).isoformat()
    town = doors.town
    asked = {"sku_id": str(town.red), "recipient_id": str(town.bo), "guest_ids": [str(town.cai)], "ends_at": ends_at}
    return str((await an.ok("POST", "/v1/funds", asked))["fund_id"])


async def test_a_link_is_made_looked_at_joined_and_ended(doors):
    town = doors.town
    an, bo, stranger = await doors.callers(town.an, town.bo, town.stranger)
    fund = await begun(doors, an)
    path = f"/v1/funds/{fund}/link"
    assert await stranger.refused("POST", path) == await bo.refused("POST", path) == (404, "fund_unknown")
    token = {"token": (await an.ok("POST", path))["link_token"]}
    seen = await stranger.ok("POST", "/v1/fund-links/looks", token)
    assert (seen["fund_id"], seen["is_in"], seen["to"]["id"]) == (fund, False, str(town.bo))
    for method in ("looks", "joins"):
        assert await bo.refused("POST", f"/v1/fund-links/{method}", token) == (404, "fund_unknown")
        wrong = await stranger.post(f"/v1/fund-links/{method}", {"token": "wrong"})
        assert (wrong.status, wrong.code) == (404, "fund_unknown")
    assert await stranger.ok("POST", "/v1/fund-links/joins", token) == {"fund_id": fund}
    assert (await stranger.ok("GET", f"/v1/funds/{fund}"))["is_open"]
    assert await an.ok("DELETE", path) == {"link_token": None}
    assert await stranger.refused("POST", "/v1/fund-links/looks", token) == (404, "fund_unknown")
    assert (await stranger.ok("GET", f"/v1/funds/{fund}"))["is_open"]


async def test_its_page_shows_who_is_not_signed_in_neither_what_nor_for_whom(doors):
    town = doors.town
    an, bo, stranger = await doors.callers(town.an, town.bo, town.stranger)
    fund = await begun(doors, an)
    made = await page(doors, an, f"/funds/{fund}/link", {"on": "1"})
    assert made.headers["location"] == f"/funds/{fund}"
    shown = (await page(doors, an, f"/funds/{fund}")).text
    token = shown.split("/f#")[1].split('"')[0]
    assert "/f#" not in (await page(doors, await doors.caller(town.cai), f"/funds/{fund}")).text

    async def look(cookie: str, said: str = token) -> str:
        headers = {"accept": "text/html", "hx-request": "true", "cookie": cookie}
        return str((await doors.client.post("/f/look", headers=headers, data={"token": said})).text)

    assert "data-kept" in (await doors.client.get("/f", headers={"accept": "text/html"})).text
    nobody = await look("renqing_language=zh")
    assert "安" in nobody and "/sign-in?next=/f" in nobody and "青瓷杯" not in nobody and "Bo" not in nobody
    friend = await look(f"renqing={stranger.token}; renqing_language=zh")
    assert "青瓷杯" in friend and "Bo" in friend and 'action="/f/join"' in friend
    for gone in (await look(f"renqing={bo.token}"), await look("", "wrong")):
        assert 'action="/f/join"' not in gone and "青瓷杯" not in gone and "安" not in gone
    joined = await page(doors, stranger, "/f/join", {"token": token})
    assert joined.headers["location"] == f"/funds/{fund}"
    assert f'href="/funds/{fund}"' in await look(f"renqing={stranger.token}")
    assert (await page(doors, bo, "/f/join", {"token": token})).status_code == 200
    await an.ok("POST", f"/v1/funds/{fund}/call-off")
    over = await page(doors, await doors.caller(town.owner_id), "/f/join", {"token": token})
    assert over.status_code == 409 and 'id="problem"' in over.text
    assert (await page(doors, an, f"/funds/{fund}/link", {"on": "0"})).headers["location"] == f"/funds/{fund}"

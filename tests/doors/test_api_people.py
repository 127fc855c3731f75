"""People over HTTP: come in and go, addresses, friends, groups, chats, notices, and the live stream."""

from __future__ import annotations

import asyncio
import re

import httpx
from callers import buy, give
from town import STREET

PHONE = "13911112222"


async def code_on(doors, phone=PHONE):
    nobody = await doors.caller()
    words = (await nobody.ok("GET", f"/v1/demo/phones/{phone}"))[0]["words"]
    return re.findall(r"\d{6}", words)[0]


async def test_a_newcomer_signs_in_by_phone_sets_a_password_and_signs_out(doors):
    nobody = await doors.caller()
    sent = await nobody.ok("POST", "/v1/sign-in-codes", {"phone": PHONE})
    assert sent["good_for_seconds"] == 300
    assert await nobody.refused("POST", "/v1/sign-in-codes", {"phone": PHONE}) == (429, "code_sent_just_now")
    wrong = {"phone": PHONE, "code": "000000"}
    assert await nobody.refused("POST", "/v1/sign-ins", wrong) == (403, "code_not_right")
    asked = {"phone": PHONE, "code": await code_on(doors), "name": "新来的"}
    made = await nobody.ok("POST", "/v1/sign-ins", asked, key="in")
    assert made["is_new"] and await nobody.ok("POST", "/v1/sign-ins", asked, key="in") == made
    assert await nobody.refused("POST", "/v1/sign-ins", asked) == (403, "code_not_right")
    me = await doors.caller()
    me.token = made["token"]
    seen = await me.ok("GET", "/v1/me")
    assert (seen["name"], seen["phone"], seen["has_password"]) == ("新来的", "139****2222", False)
    await doors.pass_time(minutes=2)
    await me.ok("POST", "/v1/sign-in-codes", {"phone": PHONE})
    changed = await me.ok("PUT", "/v1/me/password", {"code": await code_on(doors), "password": "correct horse"})
    assert await me.refused("GET", "/v1/me") == (401, "not_signed_in")
    me.token = changed["token"]
    assert (await me.ok("GET", "/v1/me"))["has_password"]
    for password, answer in (("wrong horse", (403, "sign_in_not_right")), ("", (422, "body_not_valid"))):
        asked = {"phone": PHONE, "password": password}
        assert await nobody.refused("POST", "/v1/sign-ins/by-password", asked) == answer
    again = await nobody.ok("POST", "/v1/sign-ins/by-password", {"phone": PHONE, "password": "correct horse"})
    assert again["person_id"] == made["person_id"]
    await me.ok("DELETE", "/v1/sign-ins/current")
    assert await me.refused("GET", "/v1/me") == (401, "not_signed_in")


async def test_two_strangers_who_choose_the_same_key_do_not_meet(doors):
    nobody = await doors.caller()
    for phone in ("13911110001", "13911110002"):
        await nobody.ok("POST", "/v1/sign-in-codes", {"phone": phone}, key="1")
        asked = {"phone": phone, "code": await code_on(doors, phone)}
        assert (await nobody.ok("POST", "/v1/sign-ins", asked, key="2"))["is_new"]


async def test_sign_ins_from_one_address_are_bounded(doors):
    nobody = await doors.caller()
    answers = [await nobody.post("/v1/sign-ins", {"phone": "139", "code": "1"}) for _ in range(101)]
    assert {answer.status for answer in answers[:100]} == {422}
    assert (answers[100].status, answers[100].code) == (429, "too_many")
    assert int(answers[100].headers["retry-after"]) > 0


async def test_i_change_my_face_and_language(doors):
    an = await doors.caller(doors.town.an)
    await an.ok("PATCH", "/v1/me", {"name": "安安", "language": "en"})
    me = await an.ok("GET", "/v1/me")
    assert (me["name"], me["language"], me["is_operator"], me["shops"]) == ("安安", "en", False, [])
    refused = await an.patch("/v1/me", {"avatar": "https://evil.example/x.png"})
    assert (refused.status, refused.code) == (422, "field_not_valid")
    owner = await doors.caller(doors.town.owner_id)
    shops = (await owner.ok("GET", "/v1/me"))["shops"]
    assert [(shop["name_zh"], shop["role"]) for shop in shops] == [("山茶铺", "owner")]


async def test_addresses_are_picked_kept_changed_preferred_and_forgotten(doors):
    bo = await doors.caller(doors.town.bo)
    provinces = await bo.ok("GET", "/v1/regions")
    zhejiang = next(one for one in provinces if one["name"] == "浙江省")
    assert zhejiang["level"] == "province" and not zhejiang["is_finest"]
    assert {one["level"] for one in await bo.ok("GET", f"/v1/regions?parent={zhejiang['code']}")} == {"city"}
    asked = {"region_code": STREET, "name": "小波", "phone": "139 0000 1111", "detail": "三楼", "is_default": True}
    kept = await bo.ok("POST", "/v1/addresses", asked)
    mine = await bo.ok("GET", "/v1/addresses")
    assert mine[0]["id"] == kept["id"] and mine[0]["phone"] == "13900001111" and mine[0]["is_default"]
    assert [one["is_default"] for one in mine[1:]] == [False, False]
    await bo.ok("PUT", f"/v1/addresses/{kept['id']}", {**asked, "detail": "四楼", "is_default": False})
    await bo.ok("POST", f"/v1/addresses/{mine[1]['id']}/default")
    await bo.ok("DELETE", f"/v1/addresses/{kept['id']}", key="gone")
    await bo.ok("DELETE", f"/v1/addresses/{kept['id']}", key="gone")
    assert await bo.refused("DELETE", f"/v1/addresses/{kept['id']}") == (404, "address_unknown")
    assert kept["id"] not in [one["id"] for one in await bo.ok("GET", "/v1/addresses")]
    broken = {**asked, "region_code": 330000}
    assert await bo.refused("POST", "/v1/addresses", broken) == (422, "field_not_valid")


async def test_strangers_become_friends_part_and_keep_each_other_away(doors):
    town = doors.town
    an, stranger = await doors.callers(town.an, town.stranger)
    for phone in ("13812340000", "13812349999"):
        assert await an.ok("POST", "/v1/friend-asks", {"phone": phone}) == {"state": "asked"}
    assert await an.refused("POST", "/v1/friend-asks", {}) == (422, "field_not_valid")
    assert await an.ok("POST", "/v1/friend-asks", {"person_id": str(town.stranger)}) == {"state": "asked"}
    await doors.settle()
    asks = (await stranger.ok("GET", "/v1/friends"))["asks"]
    assert [ask["person"]["name"] for ask in asks] == ["安"]
    assert (await stranger.ok("GET", f"/v1/people/{town.an}"))["standing"] == "asked_me"
    assert await stranger.ok("POST", f"/v1/friend-asks/{town.an}/acceptance") == {"state": "friends"}
    assert (await an.ok("GET", f"/v1/people/{town.stranger}"))["may_give"]
    assert await an.ok("DELETE", f"/v1/friends/{town.stranger}") == {"state": "strangers"}
    assert await stranger.refused("GET", f"/v1/people/{town.an}") == (404, "person_unknown")
    assert await an.ok("PUT", f"/v1/blocks/{town.stranger}") == {"blocked": True}
    assert [person["id"] for person in await an.ok("GET", "/v1/blocks")] == [str(town.stranger)]
    assert await stranger.ok("POST", "/v1/friend-asks", {"person_id": str(town.an)}) == {"state": "asked"}
    assert (await an.ok("GET", "/v1/friends"))["asks"] == []
    assert await an.ok("DELETE", f"/v1/blocks/{town.stranger}") == {"blocked": False}
    assert await stranger.refused("POST", f"/v1/friend-asks/{town.an}/acceptance") == (409, "friend_move_not_possible")


async def test_a_group_is_made_grows_talks_and_is_left(doors):
    town = doors.town
    an, bo, cai, stranger = await doors.callers(town.an, town.bo, town.cai, town.stranger)
    made = await an.ok("POST", "/v1/groups", {"name": "我们仨", "person_ids": [str(town.bo)]})
    await an.ok("POST", "/v1/messages", {"thread_id": made["thread_id"], "body": "第一句"})
    strangers = {"person_ids": [str(town.stranger)]}
    assert await bo.refused("POST", f"/v1/groups/{made['id']}/members", strangers) == (403, "not_friends")
    brought = await bo.ok("POST", f"/v1/groups/{made['id']}/members", {"person_ids": [str(town.cai)]})
    assert brought == {"person_ids": [str(town.cai)]}
    await bo.ok("POST", "/v1/messages", {"thread_id": made["thread_id"], "body": "第二句"})
    assert [one["body"] for one in (await cai.ok("GET", f"/v1/threads/{made['thread_id']}"))["messages"]] == ["第二句"]
    assert len((await cai.ok("GET", f"/v1/groups/{made['id']}"))["members"]) == 3
    for path in (f"/v1/threads/{made['thread_id']}", f"/v1/groups/{made['id']}"):
        assert (await stranger.refused("GET", path))[0] == 404
    await cai.ok("DELETE", f"/v1/groups/{made['id']}/members/me")
    assert await cai.refused("GET", f"/v1/threads/{made['thread_id']}") == (404, "thread_unknown")


async def test_friends_talk_show_a_product_and_read(doors):
    town = doors.town
    an, bo, stranger = await doors.callers(town.an, town.bo, town.stranger)
    said = await an.ok("POST", "/v1/messages", {"person_id": str(town.bo), "body": "看看这个"}, key="say")
    assert await an.ok("POST", "/v1/messages", {"person_id": str(town.bo), "body": "看看这个"}, key="say") == said
    card = {"thread_id": said["thread_id"], "kind": "product", "about_id": str(town.product_id)}
    await an.ok("POST", "/v1/messages", card)
    thread = await bo.ok("GET", f"/v1/threads/{said['thread_id']}")
    assert [one["kind"] for one in thread["messages"]] == ["text", "product"]
    assert thread["messages"][1]["product"]["price_min"] == {"amount": 129_00, "currency": "CNY"}
    later = await bo.ok("GET", f"/v1/threads/{said['thread_id']}?after=1")
    assert [one["n"] for one in later["messages"]] == [2]
    for body, answer in (
        ({"person_id": str(town.an), "body": "hi"}, (403, "chat_closed")),
        ({"thread_id": said["thread_id"], "body": "hi"}, (404, "thread_unknown")),
        ({"thread_id": said["thread_id"], "person_id": str(town.an), "body": "hi"}, (422, "field_not_valid")),
    ):
        assert await stranger.refused("POST", "/v1/messages", body) == answer
    assert await an.refused("POST", "/v1/messages", {**card, "about_id": "404"}) == (404, "card_unknown")
    long = {"thread_id": said["thread_id"], "body": "长" * 2001}
    assert await an.refused("POST", "/v1/messages", long) == (422, "field_not_valid")


async def test_notices_come_are_counted_and_read(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    await buy(doors, an, town.red)
    gift = await give(doors, an, town.bo, town.red)
    inbox = await bo.ok("GET", "/v1/notices")
    assert (inbox["unread"], inbox["notices"][0]["kind"]) == (1, "gift_ready")
    notice = inbox["notices"][0]
    assert notice["about"]["gift_id"] == gift["gift_id"] and notice["about"]["amount"] is None
    assert notice["title"] and notice["who"]["name"] == "安"
    assert await an.refused("POST", f"/v1/notices/{notice['id']}/reading") == (404, "notice_unknown")
    await bo.ok("POST", f"/v1/notices/{notice['id']}/reading")
    mine = await an.ok("GET", "/v1/notices")
    await an.ok("POST", "/v1/notices/reading", {"up_to": mine["notices"][0]["id"]})
    assert [(await caller.ok("GET", "/v1/notices/unread"))["notices"] for caller in (an, bo)] == [0, 0]


async def test_the_live_stream_says_that_something_is_new_and_not_what(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    assert await (await doors.caller()).refused("GET", "/v1/live") == (401, "not_signed_in")
    headers = {"authorization": f"Bearer {bo.token}"}
    await asyncio.wait_for(doors.house.hub.listening.wait(), 10)
    async with (
        httpx.AsyncClient(base_url=doors.url, trust_env=False, timeout=20) as client,
        client.stream("GET", "/v1/live", headers=headers) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 3000"
        said = await an.ok("POST", "/v1/messages", {"person_id": str(town.bo), "body": "在吗"})
        await doors.settle()
        heard = [line async for line in _until(lines, "event: message")]
        assert heard[-1] == "event: message"
        assert await anext(lines) == f'data: {{"about_id":"{said["thread_id"]}"}}'
        assert "在吗" not in "".join(heard)


async def _until(lines, wanted):
    async for line in lines:
        yield line
        if line == wanted:
            return

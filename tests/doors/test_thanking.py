"""Thanks, a gift in return and the history between two people through the doors: programs and pages."""

from __future__ import annotations

import re
from typing import Any

from callers import give, make_operator
from recordings import picture, webm
from town import pay

WORD = "代开发票"


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def claimed(doors, giver: Any, taker: Any, taker_id: int) -> str:
    gift = (await give(doors, giver, taker_id, doors.town.red))["gift_id"]
    asked = {"gift_id": gift, "address_id": str(doors.town.addresses[taker_id])}
    await taker.ok("POST", "/v1/gifts/claims", asked)
    return str(gift)


async def files(caller: Any) -> dict[str, str]:
    voice = await caller.ok("POST", "/v1/media", raw=webm(500), params={"kind": "voice"})
    shown = await caller.ok("POST", "/v1/media", raw=picture(), params={"kind": "picture"})
    return {"voice_id": voice["id"], "picture_id": shown["id"]}


async def test_programs_thank_with_words_a_picture_and_a_voice(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await claimed(doors, an, bo, town.bo)
    theirs = await files(an)
    path = f"/v1/gifts/{gift}/thanks"
    assert await bo.refused("POST", path, {}) == (422, "field_not_valid")
    assert await bo.refused("POST", path, {"words": "谢", "voice_id": theirs["voice_id"]}) == (404, "media_unknown")
    said = await bo.ok("POST", path, {"words": "谢谢你", **await files(bo)})
    assert said == {"gift_id": gift, "waits": False}
    assert await bo.refused("POST", path, {"words": "谢"}) == (409, "thanked_already")
    (seen,) = (await an.ok("GET", f"/v1/gifts/{gift}"))["thanks"]
    assert seen["words"] == "谢谢你" and seen["person"]["id"] == str(town.bo) and seen["voice"]["milliseconds"] > 0
    for link in (seen["picture"], seen["voice"]["path"]):
        assert (await doors.client.get(link, headers={"cookie": f"renqing={an.token}"})).status_code == 200
    mine = await bo.ok("GET", f"/v1/gifts/{gift}")
    assert mine["thanks"]["words"] == "谢谢你" and mine["may_return"] and mine["held"] == []
    await doors.settle()
    assert (await an.ok("GET", "/v1/notices"))["notices"][0]["kind"] == "gift_thanked"


async def test_what_a_moderator_holds_of_thanks_reaches_the_giver_once_it_is_approved(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    desk = await make_operator(doors)
    await desk.ok("POST", "/v1/operator/moderation-words", {"word": WORD})
    gift = await claimed(doors, an, bo, town.bo)
    assert (await bo.ok("POST", f"/v1/gifts/{gift}/thanks", {"words": f"谢谢，{WORD}"}))["waits"]
    await doors.settle()
    sent = await an.ok("GET", f"/v1/gifts/{gift}")
    assert sent["thanks"] == [] and sent["held"] == []
    assert WORD not in (await page(doors, an, f"/gifts/{gift}")).text
    kinds = [one["kind"] for one in (await an.ok("GET", "/v1/notices"))["notices"]]
    assert "gift_thanked" not in kinds
    assert (await bo.ok("GET", f"/v1/gifts/{gift}"))["held"][0]["piece"] == "thanks"
    assert "等我们看一眼" in (await page(doors, bo, f"/gifts/{gift}")).text
    (piece,) = (await desk.ok("GET", "/v1/operator/moderation"))["waiting"]
    await desk.ok("POST", f"/v1/operator/moderation/{piece['id']}/decision", {"decision": "approved", "reason": ""})
    await doors.settle()
    assert [one["words"] for one in (await an.ok("GET", f"/v1/gifts/{gift}"))["thanks"]] == [f"谢谢，{WORD}"]
    assert (await an.ok("GET", "/v1/notices"))["notices"][0]["kind"] == "gift_thanked"
    assert "thanks_piece_approved" in [one["kind"] for one in (await bo.ok("GET", "/v1/notices"))["notices"]]


async def test_people_thank_and_give_in_return_on_the_gifts_page(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await claimed(doors, an, bo, town.bo)
    assert "谢谢安" in (await page(doors, bo, f"/gifts/{gift}")).text
    own = await files(bo)
    long = {"words": "谢" * 301, "voice": own["voice_id"], "thanks_picture": own["picture_id"]}
    refused = await page(doors, bo, f"/gifts/{gift}/thanks", long)
    assert refused.status_code == 409 and "最多 300 个字" in refused.text
    assert f'value="{own["voice_id"]}"' in refused.text and "谢" * 301 in refused.text
    said = await page(doors, bo, f"/gifts/{gift}/thanks", {**long, "words": "<b>真好</b>"})
    assert said.headers["location"] == f"/gifts/{gift}"
    for caller, words in ((an, "收到的谢意"), (bo, "你谢过安了")):
        seen = (await page(doors, caller, f"/gifts/{gift}")).text
        assert words in seen and "&lt;b&gt;真好&lt;/b&gt;" in seen and "thanks__picture" in seen
    assert (await page(doors, an, f"/gifts/{gift}/thanks", {"words": "我"})).status_code == 404
    back = await page(doors, bo, f"/gifts/{gift}/return")
    assert back.headers["location"] == f"/products/{town.product_id}"
    cookies = back.headers["set-cookie"]
    assert f"renqing_meant={town.an}" in cookies and f"renqing_reply={town.an}.{gift}" in cookies
    meant = {"cookie": f"renqing={bo.token}; renqing_meant={town.an}", "accept": "text/html"}
    wrap = (await doors.client.get(f"/wrap?sku={town.red}", headers=meant)).text
    assert re.search(rf'name="to" value="{town.an}"[^>]* checked', wrap)
    assert (await page(doors, an, f"/gifts/{gift}/return")).status_code == 404
    wrapped = {"sku": str(town.blue), "cover": "thanks", "greeting": "回礼", "hours": "24", "expected_total": "12900"}
    held = {"cookie": f"renqing={bo.token}; renqing_reply={town.an}.{gift}", "accept": "text/html"}
    for once, to in (("to-another", town.cai), ("in-return", town.an)):
        sent = await doors.client.post("/wrap", headers=held, data={"once": once, "to": str(to), **wrapped})
        assert 'renqing_reply=""' in sent.headers["set-cookie"] and sent.status_code == 303
    replies = await doors.house.ground.db.fetch(
        "SELECT recipient_id, reply_to FROM gift_gift WHERE giver_id = $1", town.bo
    )
    in_return, intent, amount = await doors.house.ground.db.fetchrow(
        """SELECT g.id, i.id, i.amount FROM gift_gift g JOIN payment_intent i ON i.order_id = g.order_id
            WHERE g.reply_to = $1""",
        int(gift),
    )
    await pay(town, intent, amount)
    envelope = await an.ok("GET", f"/v1/gifts/{in_return}")
    assert (envelope["kind"], envelope["is_reply"]) == ("envelope", True)
    assert "回了你一份礼物" in (await page(doors, an, f"/gifts/{in_return}")).text
    assert {(row["recipient_id"], row["reply_to"]) for row in replies} == {(town.cai, None), (town.an, int(gift))}


async def test_something_in_return_begins_at_the_market_where_it_is_no_gift_and_nowhere_for_who_is_not_near(doors):
    town, ground = doors.town, doors.house.ground
    an, stranger = await doors.callers(town.an, town.stranger)
    linked = (await give(doors, an, None, town.red))["gift_id"]
    token = (await an.ok("GET", f"/v1/gifts/{linked}"))["link_token"]
    asked = {"token": token, "address_id": str(town.addresses[town.stranger])}
    await stranger.ok("POST", "/v1/gifts/claims", asked)
    assert (await page(doors, stranger, f"/gifts/{linked}/return")).headers["location"] == f"/gifts/{linked}"
    bo = await doors.caller(town.bo)
    gift = await claimed(doors, an, bo, town.bo)
    await ground.db.run(lambda tx: tx.execute("UPDATE catalog_product SET giftable = false"))
    assert (await page(doors, bo, f"/gifts/{gift}/return")).headers["location"] == "/"


async def test_the_history_between_two_people_in_both_languages_and_for_programs(doors):
    town = doors.town
    an, bo, stranger = await doors.callers(town.an, town.bo, town.stranger)
    gift = await claimed(doors, an, bo, town.bo)
    await bo.ok("POST", f"/v1/gifts/{gift}/thanks", {"words": "真喜欢"})
    between = await bo.ok("GET", f"/v1/people/{town.an}/gifts")
    assert (between["given"], between["got"], between["is_off"]) == (0, 1, False)
    assert between["gifts"][0]["id"] == gift and between["gifts"][0]["thanks"] == "真喜欢"
    assert "12900" not in str(between)
    assert await stranger.refused("GET", f"/v1/people/{town.an}/gifts") == (404, "person_unknown")
    for language, words in (("zh", "你送出 1 份，收到 0 份"), ("en", "You gave 1 and got 0")):
        seen = (await page(doors, an, f"/people/{town.bo}/gifts", language=language)).text
        assert words in seen and f"/gifts/{gift}" in seen and "真喜欢" in seen
    rule = await bo.ok("GET", "/v1/peace")
    await bo.ok("PUT", "/v1/peace", {**rule, "shows_history": False})
    assert "你关掉了礼物往来" in (await page(doors, bo, f"/people/{town.an}/gifts")).text
    gone = (await page(doors, an, f"/people/{town.bo}/gifts")).text
    assert "关掉" not in gone and f"/gifts/{gift}" not in gone
    assert (await page(doors, stranger, f"/people/{town.an}/gifts")).status_code == 404

"""A gift without a name through the doors: nothing that others can read tells whose it is, until its giver says so."""

from __future__ import annotations

from typing import Any

from callers import give, make_operator, page, ship
from counter_vouchers import open_cafe
from open_house import Caller
from reading import all_that_reads

from renqing.books import people
from renqing.foundation.text import say

NAME, FACE = "canary-giver", "canary-face.webp"


async def dress(doors: Any) -> None:
    """The giver's name and face stand nowhere else."""
    dressed = "UPDATE people_person SET name = $2, avatar = $3 WHERE id = $1"
    await doors.house.ground.db.run(lambda tx: tx.execute(dressed, doors.town.an, NAME, FACE))


async def mentions(doors: Any, reader: Caller, ids: dict[str, str], token: str = "") -> dict[str, int]:
    """How often each door says who the giver is: by name, face or number."""
    found: dict[str, int] = {}
    for language in ("zh", "en"):
        async for door, said in all_that_reads(doors, reader, ids, token, language):
            where = " ".join(door.split()[:2])
            found[where] = found.get(where, 0) + sum(said.count(one) for one in (NAME, FACE, str(doors.town.an)))
    assert len(found) > 60, len(found)
    return found


async def told_more(
    doors: Any, reader: Caller, before: dict[str, int], ids: dict[str, str], token: str = ""
) -> set[str]:
    """The doors that say more of the giver than before there was a gift."""
    after = await mentions(doors, reader, ids, token)
    return {door for door, times in after.items() if times > before.get(door, 0)}


ABSENT = {"gift_id": "404404404", "order_id": "404404404", "line_n": "1"}


async def test_nothing_that_its_recipient_reads_tells_whose_it_is_until_its_giver_says_so(doors):
    await dress(doors)
    an, bo, owner = await doors.callers(doors.town.an, doors.town.bo, doors.town.owner_id)
    await an.ok("POST", "/v1/messages", {"person_id": str(doors.town.bo), "body": "早"})
    thread = {"thread_id": (await bo.ok("GET", "/v1/threads"))["threads"][0]["id"], "person_id": str(doors.town.an)}
    before = await mentions(doors, bo, {**ABSENT, **thread})
    assert before["GET /v1/friends"], "they are friends: that is no secret"
    of_shop = {"shop_id": str(doors.town.shop_id)}
    before_shop = await mentions(doors, owner, {**ABSENT, **of_shop})
    gift = await give(doors, an, doors.town.bo, doors.town.red, nameless=True, open_for_hours=24)
    ids = {"gift_id": gift["gift_id"], "order_id": gift["order_id"], "line_n": "1", **thread}
    assert not await told_more(doors, bo, before, ids), "closed"
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    await doors.pass_time(hours=13)
    assert not await told_more(doors, bo, before, ids), "open, and reminded"
    address = str(doors.town.addresses[doors.town.bo])
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    await doors.settle()
    assert not await told_more(doors, bo, before, ids), "claimed"
    await ship(doors, gift["order_id"], "SF88001")
    await bo.ok("POST", f"/v1/gifts/{gift['gift_id']}/thanks", {"words": "谢谢，不知道是谁"})
    await an.ok("POST", f"/v1/gifts/{gift['gift_id']}/refund-ask", {"reason": _reason(doors)})
    await doors.settle()
    assert not await told_more(doors, bo, before, ids), "shipped, thanked and asked for a refund"
    assert not await told_more(doors, owner, before_shop, {**ids, **of_shop}), "nor its shop"
    seen = await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert (seen["giver"]["id"], seen["giver"]["name"], seen["may_return"]) == ("0", "", False)
    assert say("nameless", "zh") in (await page(doors, bo, f"/gifts/{gift['gift_id']}")).text
    mine = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert mine["nameless"] and mine["thanks"][0]["words"] == "谢谢，不知道是谁", "thanks reach who is not named"
    await an.ok("POST", f"/v1/gifts/{gift['gift_id']}/giver-showing")
    await doors.settle()
    told = await told_more(doors, bo, before, ids)
    assert {"GET /v1/gifts/{gift_id:str}", "GET /v1/notices", "GET /gifts", "GET /v1/orders/{order_id:str}"} <= told


def _reason(doors: Any) -> str:
    return str(doors.document["components"]["schemas"]["RefundAskIn"]["properties"]["reason"]["enum"][0])


async def test_behind_a_link_neither_holders_nor_strangers_nor_nobody_learn_it(doors):
    await dress(doors)
    an, bo, cai = await doors.callers(doors.town.an, doors.town.bo, doors.town.cai)
    stranger = await doors.caller(doors.town.stranger)
    before = {one: await mentions(doors, who, ABSENT, "x") for one, who in enumerate((bo, cai, stranger))}
    gift = await give(doors, an, None, doors.town.red, nameless=True, shares=2)
    token = (await an.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["link_token"]
    ids = {"gift_id": gift["gift_id"], "order_id": gift["order_id"], "line_n": "1"}
    for one, who in enumerate((bo, cai, stranger)):
        assert not await told_more(doors, who, before[one], ids, token)
    nobody = await doors.client.post("/g/look", data={"token": token}, headers={"accept": "text/html"})
    assert NAME not in nobody.text and say("nameless", "zh") in nobody.text
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})
    address = str(doors.town.addresses[doors.town.bo])
    order = await bo.ok("POST", "/v1/gifts/claims", {"token": token, "address_id": address})
    await doors.settle()
    assert not await told_more(doors, bo, before[0], {**ids, "order_id": order["order_id"]}, token)
    assert not await told_more(doors, cai, before[1], ids, token)


async def test_a_voucher_does_not_tell_whose_it_is_either(doors):
    await dress(doors)
    cafe = await open_cafe(doors.town)
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    before = await mentions(doors, bo, ABSENT)
    gift = await give(doors, an, doors.town.bo, cafe.sku_id, nameless=True)
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"]})
    await doors.settle()
    (voucher,) = (await bo.ok("GET", "/v1/vouchers"))["vouchers"]
    ids = {"gift_id": gift["gift_id"], "order_id": gift["order_id"], "line_n": "1", "voucher_id": voucher["id"]}
    assert not await told_more(doors, bo, before, ids)
    await an.ok("POST", f"/v1/gifts/{gift['gift_id']}/giver-showing")
    assert "GET /v1/vouchers" in await told_more(doors, bo, before, ids)


async def test_guessing_whose_it_is_by_a_report_or_a_block_answers_nothing(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift = (await give(doors, an, doors.town.bo, doors.town.red, nameless=True))["gift_id"]
    for person in (doors.town.an, doors.town.cai):
        asked = {"person_id": str(person), "reason": "other", "gift_id": gift}
        assert await bo.refused("POST", "/v1/reports", asked) == (404, "person_unknown")
    for person in (doors.town.cai, doors.town.an):
        await bo.ok("PUT", f"/v1/blocks/{person}")
        assert (await bo.ok("GET", "/v1/gifts/received"))["gifts"][0]["id"] == gift
        assert (await bo.ok("GET", f"/v1/gifts/{gift}"))["kind"] == "envelope"
        assert (await bo.ok("GET", "/v1/notices/unread"))["gifts"] == 1
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})


async def test_who_gets_one_reports_it_and_refuses_more_without_learning_whose_it_is(doors):
    await dress(doors)
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    desk = await make_operator(doors)
    gift = (await give(doors, an, doors.town.bo, doors.town.red, nameless=True))["gift_id"]
    path = f"/v1/gifts/{gift}"
    stranger = await doors.caller(doors.town.cai)
    for caller in (an, stranger):
        assert await caller.refused("POST", f"{path}/giver-refusal") == (404, "gift_not_available")
        said = {"reason": "harassment"}
        assert await caller.refused("POST", f"{path}/giver-report", said) == (404, "gift_not_available")
    assert await bo.refused("POST", f"{path}/giver-showing") == (404, "gift_not_available")
    done = await bo.ok("POST", f"{path}/giver-report", {"reason": "harassment", "words": "怕"})
    assert NAME not in str(done) and str(doors.town.an) not in str(done)
    reports = await desk.ok("GET", "/v1/operator/reports")
    assert NAME in str(reports) or str(doors.town.an) in str(reports), "an operator reads who it is"
    await bo.ok("POST", f"{path}/giver-refusal")
    asked = {"sku_id": str(doors.town.red), "recipient_id": str(doors.town.bo)}
    assert await an.refused("POST", "/v1/gifts", {**asked, "nameless": True}) == (403, "nameless_not_taken")
    assert (await an.ok("POST", "/v1/gifts", asked))["gift_id"], "with their name they may"


async def test_people_give_one_from_the_wrapping_desk_and_show_themselves(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    desk = (await page(doors, an, f"/wrap?sku={doors.town.red}")).text
    assert "匿名送" in desk
    form = {"sku": str(doors.town.red), "to": str(doors.town.bo), "cover": "thanks", "hours": "24"}
    form |= {"expected_total": "12900", "nameless": "1"}
    assert (await page(doors, an, "/wrap", form)).status_code == 303
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    await doors.pay(an, (await an.ok("GET", f"/v1/gifts/{gift}"))["order_id"])
    sent = (await page(doors, an, f"/gifts/{gift}")).text
    assert "TA 不知道是你送的" in sent and "匿名朋友" in sent, "what is shared names nobody"
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    opened = (await page(doors, bo, f"/gifts/{gift}", language="en")).text
    assert "a friend" in opened and "Would rather not have these?" in opened
    bad = await page(doors, bo, f"/gifts/{gift}/giver-report", {"reason": "odd"})
    assert bad.status_code == 409
    for deed, form in (("giver-report", {"reason": "other", "words": "?"}), ("giver-refusal", {})):
        assert (await page(doors, bo, f"/gifts/{gift}/{deed}", form)).headers["location"] == f"/gifts/{gift}"
    shown = await page(doors, an, f"/gifts/{gift}/giver-showing", {})
    assert shown.headers["location"] == f"/gifts/{gift}"
    assert "TA 不知道是你送的" not in (await page(doors, an, f"/gifts/{gift}")).text


async def test_a_set_from_the_desk_keeps_its_givers_name_too(doors):
    an = await doors.caller(doors.town.an)
    form = {"lines": f"{doors.town.red}:2", "to": str(doors.town.bo), "cover": "thanks", "hours": "24"}
    done = await page(doors, an, "/wrap/set", {**form, "expected_total": "25800", "nameless": "1"})
    assert done.status_code == 303
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["nameless"]


async def test_who_wants_none_switches_them_off(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    assert (await bo.ok("GET", "/v1/peace"))["takes_nameless"]
    assert "收匿名礼物" in (await page(doors, bo, "/me/peace")).text
    form = {"gifts_from": "near", "quiet_from": "22:00", "quiet_to": "08:00", "shows_history": "1"}
    await page(doors, bo, "/me/peace", form)
    assert not (await bo.ok("GET", "/v1/peace"))["takes_nameless"]
    asked = {"sku_id": str(doors.town.red), "recipient_id": str(doors.town.bo), "nameless": True}
    assert await an.refused("POST", "/v1/gifts", asked) == (403, "nameless_not_taken")
    await bo.ok("PUT", "/v1/peace", {"takes_nameless": True})
    assert (await an.ok("POST", "/v1/gifts", asked))["gift_id"]


async def test_an_erased_giver_is_nobody_still(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift = (await give(doors, an, doors.town.bo, doors.town.red, nameless=True))["gift_id"]
    await doors.house.ground.db.run(lambda tx: people.erase(tx, doors.town.an, "用户已注销", tx.now))
    assert (await bo.ok("GET", f"/v1/gifts/{gift}"))["giver"]["name"] == ""

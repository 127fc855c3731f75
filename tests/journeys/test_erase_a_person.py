"""Somebody is forgotten: in every room, for good, also in a backup that knew them; and the books still agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest_asyncio
from callers import buy, give, ship
from conftest import NOON
from dump import dump, found_in
from moved import everything, moved
from open_house import Caller, open_house

from renqing.books import people
from renqing.foundation.erasures import FILE, Erased, list_erasures, read_erasures
from renqing.journeys.erase_a_person import SWEEP_ERASED, apply_erasures
from renqing.views.check import check

PHONE = "13899990001"
CANARIES = (
    PHONE,
    "canary-name",
    "canary-addressee",
    "canary-street",
    "canary-note",
    "canary-greeting",
    "canary-words",
    "canary-reason",
    "canary-place",
    "CANARY-RETURN-1",
    "animals/canary",
    "canary-wishes",
    "canary-wish-note",
    "canary-inside",
)


@pytest_asyncio.fixture
async def doors(database_url, tmp_path):
    async with open_house(database_url, tmp_path) as opened:
        yield opened


async def somebody(doors: Any) -> Caller:
    """A person with something personal in every room, and nothing under way."""
    ground, town = doors.house.ground, doors.town

    async def join(tx: Any) -> int:
        person = await people.join(tx, name="canary-name", phone=PHONE, avatar="animals/canary")
        await people.befriend(tx, person.id, town.bo)
        await people.block(tx, person.id, town.stranger)
        return person.id

    me = await doors.caller(await ground.db.run(join))
    town.addresses[me.person_id] = 0
    asked = {"region_code": 330106109, "name": "canary-addressee", "phone": PHONE, "detail": "canary-street 1"}
    town.addresses[me.person_id] = int((await me.ok("POST", "/v1/addresses", asked))["id"])
    bo = await doors.caller(town.bo)
    await me.ok("PATCH", "/v1/me", {"name": "canary-name"})
    wishes = await me.ok("POST", "/v1/wish-lists", {"name": "canary-wishes", "seen_by": "friends"})
    wish = {"product_id": str(town.product_id), "list_id": wishes["id"], "note": "canary-wish-note"}
    await me.ok("POST", "/v1/wishes", wish)
    await me.ok("POST", "/v1/cart/lines", {"sku_id": str(town.blue)})
    await me.ok("POST", "/v1/groups", {"name": "我们", "person_ids": [str(town.bo)]})
    await me.ok("POST", "/v1/messages", {"person_id": str(town.bo), "body": "canary-words of mine"})
    order = (await buy(doors, me, town.red, note="canary-note")).rpartition("/")[2]
    parcel = (await ship(doors, order, "SF70001"))["parcel_id"]
    owner = await doors.caller(town.owner_id)
    news = {"state": "delivered", "place": "canary-place", "happened_at": "2026-01-01T00:00:00Z"}
    await owner.ok("POST", f"/v1/shops/{town.shop_id}/parcels/{parcel}/news", news)
    case = await me.ok("POST", "/v1/aftersales", {"order_id": order, "kind": "return", "reason": "canary-reason"})
    await owner.ok(
        "POST", f"/v1/shops/{town.shop_id}/aftersales/{case['id']}/answer", {"verdict": "agree", "answer": "好"}
    )
    await me.ok("POST", f"/v1/aftersales/{case['id']}/return", {"carrier": "SF", "tracking_number": "CANARY-RETURN-1"})
    asked = {"verdict": "agree", "answer": "收到", "back_to_stock": True}
    await owner.ok("POST", f"/v1/shops/{town.shop_id}/aftersales/{case['id']}/answer", asked)
    gift = await give(doors, me, town.bo, town.red, greeting="canary-greeting", inside_note="canary-inside")
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.bo])})
    await ship(doors, gift["order_id"], "SF70002")
    await doors.settle()
    await bo.ok("POST", f"/v1/orders/{gift['order_id']}/receipt")
    await doors.settle()
    return me


async def code_of(doors: Any) -> str:
    """The code that the person's phone just got."""
    nobody = await doors.caller()
    await nobody.ok("POST", "/v1/sign-in-codes", {"phone": PHONE})
    said = (await nobody.ok("GET", f"/v1/demo/phones/{PHONE}"))[0]["words"]
    return next(word for word in said.replace("，", " ").replace(",", " ").split() if word.isdigit() and len(word) == 6)


async def test_nothing_personal_is_left_of_who_is_erased_and_the_books_agree(doors):
    me = await somebody(doors)
    ground = doors.house.ground
    said = await dump(ground)
    plain = [canary for canary in CANARIES if found_in(said, canary)]
    sealed = {PHONE, "canary-addressee", "canary-street"}
    assert set(plain) == set(CANARIES) - sealed, "the canaries are there, but for what is sealed"
    code = await code_of(doors)
    erased = await me.ok("POST", "/v1/me/erasure", {"name": "canary-name", "code": code})
    assert erased["erased_at"]
    await doors.settle()
    said = await dump(ground)
    assert [line for canary in CANARIES for line in found_in(said, canary)] == []
    person = await ground.db.fetchrow("SELECT * FROM people_person WHERE id = $1", me.person_id)
    kept = ("phone_hash", "phone_sealed", "password_hash")
    assert person["name"] == "已注销" and not any(person[name] for name in kept)
    assert (
        await ground.db.fetchval(
            "SELECT count(*) FROM order_order WHERE owner_id = $1 AND address_sealed IS NOT NULL", me.person_id
        )
        == 0
    )
    assert (
        await ground.db.fetchval(
            "SELECT count(*) FROM people_address WHERE person_id = $1 AND sealed <> ''", me.person_id
        )
        == 0
    )
    assert await ground.db.fetchval("SELECT count(*) FROM notice_notice WHERE person_id = $1", me.person_id) == 0
    assert {one.id for one in (await check(ground)).findings if not one.holds} <= {"X2"}
    assert [one.person_id for one in read_erasures(doors.house.settings.home_path)] == [me.person_id]


async def test_who_is_erased_cannot_come_back_and_is_found_by_nobody(doors):
    me = await somebody(doors)
    other = await doors.caller(me.person_id)
    town, bo = doors.town, await doors.caller(doors.town.bo)
    await me.ok("POST", "/v1/me/erasure", {"name": "canary-name", "code": await code_of(doors)})
    for caller in (me, other):
        assert await caller.refused("GET", "/v1/me") == (401, "not_signed_in")
    nobody = await doors.caller()
    assert await nobody.refused("POST", "/v1/demo/sign-ins", {"person_id": str(me.person_id)}) == (
        404,
        "person_unknown",
    )
    assert str(me.person_id) not in str(await nobody.ok("GET", "/v1/demo/people"))
    gone = str(me.person_id)
    shown = await bo.ok("GET", f"/v1/people/{gone}")  # their old talk is still there, with nobody in particular
    assert (shown["name"], shown["avatar"], shown["standing"], shown["may_give"]) == ("已注销", "", "strangers", False)
    assert await bo.refused("POST", "/v1/friend-asks", {"person_id": gone}) == (404, "person_unknown")
    assert (await bo.call("POST", "/v1/messages", body={"person_id": gone, "body": "在吗"})).status == 403
    asked = {"sku_id": str(town.red), "recipient_id": gone, "cover": "thanks", "greeting": ""}
    assert (await bo.call("POST", "/v1/gifts", body=asked)).status in (403, 404)
    threads = (await bo.ok("GET", "/v1/threads"))["threads"]
    assert "已注销" in str(threads) and "canary" not in str(threads)
    page = await doors.client.get("/chats", headers={"cookie": f"renqing={bo.token}", "accept": "text/html"})
    assert page.status_code == 200 and "canary" not in page.text
    for thread in threads:
        said = await doors.client.get(f"/chats/{thread['id']}", headers={"cookie": f"renqing={bo.token}"})
        assert said.status_code == 200 and "canary" not in said.text


async def test_a_phone_that_was_erased_is_a_strangers_again(doors):
    me = await somebody(doors)
    await me.ok("POST", "/v1/me/erasure", {"name": "canary-name", "code": await code_of(doors)})
    code, nobody = await code_of(doors), await doors.caller()
    made = await nobody.ok("POST", "/v1/sign-ins", {"phone": PHONE, "code": code, "name": "新来的"})
    assert made["is_new"] and made["person_id"] != str(me.person_id)


async def test_who_does_not_prove_it_or_is_needed_is_not_erased(doors):
    me = await somebody(doors)
    town, ground = doors.town, doors.house.ground
    owner = await doors.caller(town.owner_id)
    before = await everything(ground)
    ask = {"name": "canary-name", "code": "000000"}
    assert await me.refused("POST", "/v1/me/erasure", {**ask, "name": "somebody"}) == (422, "field_not_valid")
    assert await me.refused("POST", "/v1/me/erasure", ask) == (403, "code_not_right")
    waits = await owner.call("POST", "/v1/me/erasure", body={"name": "店主"})
    assert (waits.status, waits.code, waits.body["facts"]["shops"]) == (409, "erasure_waits", 1)
    assert not moved(before, await everything(ground))
    an = await doors.caller(town.an)
    await give(doors, an, town.bo, town.red)
    waits = await an.call("POST", "/v1/me/erasure", body={"name": "安"})
    assert (waits.status, waits.body["facts"]["orders"], waits.body["facts"]["gifts"]) == (409, 1, 1)


async def test_a_wrong_code_costs_a_try_and_five_of_them_the_code(doors):
    me = await somebody(doors)
    code = await code_of(doors)
    for _ in range(5):
        wrong = {"name": "canary-name", "code": "000000" if code != "000000" else "000001"}
        assert await me.refused("POST", "/v1/me/erasure", wrong) == (403, "code_not_right")
    right = {"name": "canary-name", "code": code}
    assert await me.refused("POST", "/v1/me/erasure", right) == (403, "code_not_right")


async def test_a_person_is_erased_from_their_page(doors):
    cai = await doors.caller(doors.town.cai)
    headers = {"cookie": f"renqing={cai.token}", "accept": "text/html"}
    shown = await doors.client.get("/me/erase", headers=headers)
    assert shown.status_code == 200 and "蔡" in shown.text
    refused = await doors.client.post("/me/erase", data={"once": "a", "name": "x"}, headers=headers)
    assert refused.status_code == 422
    done = await doors.client.post("/me/erase", data={"once": "b", "name": "蔡"}, headers=headers)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert any(one.startswith("renqing=") for one in done.headers.get_list("set-cookie"))
    assert (await doors.client.get("/me/account", headers=headers)).headers["location"].startswith("/sign-in")


async def test_a_restored_backup_forgets_again_whom_it_still_knew(doors):
    """The backup is older: it knows the person whole, with an order on its way that was over when they asked."""
    me = await somebody(doors)
    ground, town = doors.house.ground, doors.town
    await buy(doors, me, town.blue, note="canary-note")
    at = ground.clock.now() - timedelta(days=1)
    listed = [Erased(me.person_id, at), Erased(me.person_id, ground.clock.now()), Erased(404, at)]
    assert await apply_erasures(ground, listed) == 1
    assert await apply_erasures(ground, listed) == 0
    said = await dump(ground)
    assert [line for canary in CANARIES for line in found_in(said, canary)] == []
    assert await ground.db.fetchval("SELECT erased_at FROM people_erasure WHERE person_id = $1", me.person_id) == at
    await doors.settle()
    assert {one.id for one in (await check(ground)).findings if not one.holds} <= {"X2"}


async def test_what_a_request_in_flight_still_wrote_is_swept(doors):
    me = await somebody(doors)
    ground = doors.house.ground
    await me.ok("POST", "/v1/me/erasure", {"name": "canary-name", "code": await code_of(doors)})
    await ground.db.run(
        lambda tx: tx.execute(
            """UPDATE chat_message SET body = 'canary-words'
                WHERE id = (SELECT max(id) FROM chat_message WHERE author_id = $1 AND kind = 'text')""",
            me.person_id,
        )
    )
    assert await ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = $1", SWEEP_ERASED) == 1
    await doors.pass_time(minutes=6)
    assert found_in(await dump(ground), "canary-words") == []
    assert await ground.db.fetchval("SELECT count(*) FROM people_erasure") == 1


def test_the_list_beside_the_keys_is_only_added_to_and_passes_over_a_line_that_was_cut_off(tmp_path):
    assert read_erasures(tmp_path) == []
    noon = Erased(1, NOON)
    list_erasures(tmp_path, [noon])
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"person_id":2,"era')
    list_erasures(tmp_path, [])
    assert read_erasures(tmp_path) == [noon]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0

"""Talking: who may write to whom, cards that show each side what it may see, and pages that do not leak."""

from __future__ import annotations

from datetime import timedelta

import pytest
from town import build_town, claim, give, give_paid

from renqing.books import people
from renqing.foundation import limits
from renqing.foundation.errors import FieldNotValid, TooMany
from renqing.foundation.limits import Limits
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.make_a_group import MakeGroup, make_a_group
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.read_a_chat import ReadChat, read_a_chat
from renqing.journeys.say_in_a_chat import CardUnknown, SayInChat, say_in_a_chat
from renqing.social import chats
from renqing.views.chat_page import ThreadCursorNotValid, thread_page, threads_page
from renqing.views.me_page import waiting


@pytest.fixture
async def town(ground):
    return await build_town(ground)


async def say(town, author_id, **what):
    return await say_in_a_chat(town.ground, SayInChat(author_id, **what), town.key(author_id))


async def said(town):
    return await town.ground.db.fetchval("SELECT count(*) FROM chat_message")


async def test_two_friends_talk_and_each_sees_what_waits(town):
    first = await say(town, town.an, person_id=town.bo, body="你好")
    second = await say(town, town.bo, thread_id=first.thread_id, body="在吗?")
    assert (first.n, second.n, first.thread_id) == (1, 2, second.thread_id)
    (line,) = (await threads_page(town.ground, town.an)).threads
    assert (line.title, line.unread, line.last.preview, line.last.is_mine) == ("Bo", 1, "在吗?", False)
    assert (await waiting(town.ground, town.an)).chats == 1
    await read_a_chat(town.ground, ReadChat(town.an, first.thread_id, 2))
    assert (await waiting(town.ground, town.an)).chats == 0
    page = await thread_page(town.ground, town.an, first.thread_id)
    assert [(message.body, message.is_mine) for message in page.messages] == [("你好", True), ("在吗?", False)]
    assert page.may_write and page.person.name == "Bo" and page.before is None


async def test_a_repeat_says_it_once(town):
    key = town.key(town.an)
    ask = SayInChat(town.an, person_id=town.bo, body="一次")
    assert await say_in_a_chat(town.ground, ask, key) == await say_in_a_chat(town.ground, ask, key)
    assert await said(town) == 1


async def test_strangers_the_blocked_and_the_unknown_hear_the_same(town):
    thread = (await say(town, town.an, person_id=town.bo, body="你好")).thread_id
    await block_a_person(town.ground, Block(town.cai, town.an), town.key(town.cai))
    before = await said(town)
    refusals = []
    for person_id in (town.stranger, town.cai, 404):
        with pytest.raises(chats.ChatClosed) as closed:
            await say(town, town.an, person_id=person_id, body="在吗")
        refusals.append(closed.value.facts)
    await block_a_person(town.ground, Block(town.bo, town.an), town.key(town.bo))
    for author in (town.an, town.bo):
        with pytest.raises(chats.ChatClosed) as closed:
            await say(town, author, thread_id=thread, body="在吗")
        refusals.append(closed.value.facts)
        page = await thread_page(town.ground, author, thread)
        assert not page.may_write and [message.body for message in page.messages] == ["你好"]
    assert refusals == [{}] * 5
    assert await said(town) == before
    assert await town.ground.db.fetchval("SELECT count(*) FROM chat_thread") == 1


async def test_members_of_a_group_may_write_to_each_other_while_it_lasts(town):
    await town.ground.db.run(lambda tx: people.befriend(tx, town.an, town.stranger))
    await make_a_group(town.ground, MakeGroup(town.an, "邻居", (town.bo, town.stranger)), town.key(town.an))
    assert (await say(town, town.bo, person_id=town.stranger, body="你好")).n == 1


async def test_a_group_is_listed_by_its_name_and_faces(town):
    made = await make_a_group(town.ground, MakeGroup(town.an, "邻居", (town.bo, town.cai)), town.key(town.an))
    (line,) = (await threads_page(town.ground, town.bo)).threads
    assert (line.title, line.last, line.unread) == ("邻居", None, 0)
    await say(town, town.an, thread_id=made.thread_id, body="大家好")
    (line,) = (await threads_page(town.ground, town.bo)).threads
    assert ([face.name for face in line.faces], line.last.author_name, line.unread) == (["安", "蔡"], "安", 1)
    page = await thread_page(town.ground, town.bo, made.thread_id)
    assert (page.title, page.kind, page.may_write, len(page.members)) == ("邻居", "group", True, 3)


async def test_who_is_not_in_a_thread_finds_none(town):
    thread = (await say(town, town.an, person_id=town.bo, body="悄悄话")).thread_id
    for reader in (town.cai, town.stranger):
        for act in (
            say(town, reader, thread_id=thread, body="我也来"),
            thread_page(town.ground, reader, thread),
            read_a_chat(town.ground, ReadChat(reader, thread, 1)),
        ):
            with pytest.raises(chats.ThreadUnknown):
                await act
        assert (await threads_page(town.ground, reader)).threads == []
    assert await said(town) == 1


async def test_what_is_said_is_words_or_a_card_to_one_place(town):
    for wrong in (
        {},
        {"thread_id": 1, "person_id": 2},
        {"person_id": town.an},
        {"person_id": town.bo, "kind": "text", "about_id": 1},
        {"person_id": town.bo, "kind": "gift"},
        {"person_id": town.bo, "body": ""},
        {"person_id": town.bo, "body": "字" * 2001},
    ):
        with pytest.raises(FieldNotValid):
            await say(town, town.an, **{"body": "x", **wrong})
    assert await said(town) == 0
    assert await town.ground.db.fetchval("SELECT count(*) FROM chat_thread") == 0


async def test_nobody_floods_a_chat(town, monkeypatch):
    monkeypatch.setattr(limits, "monotonic_seconds", lambda: 0.0)  # a second that passes would let one more be said
    town.ground.limits = Limits()
    for _ in range(60):
        await say(town, town.an, person_id=town.bo, body="!")
    with pytest.raises(TooMany):
        await say(town, town.an, person_id=town.bo, body="!")
    assert await said(town) == 60


async def test_a_product_card_is_the_product_as_it_is_now(town):
    sent = await say(town, town.an, person_id=town.bo, kind="product", about_id=town.product_id)
    (message,) = (await thread_page(town.ground, town.bo, sent.thread_id)).messages
    assert (message.product.title_zh, message.product.price_min, message.product.on_sale) == ("青瓷杯", 12900, True)
    with pytest.raises(CardUnknown):
        await say(town, town.an, person_id=town.bo, kind="product", about_id=404)
    assert await said(town) == 1


async def test_a_gift_is_shown_by_its_giver_to_its_recipient_alone(town):
    unpaid = await give(town, town.an, town.bo, town.red)
    by_link = await give_paid(town, town.an, None, town.red)
    gift = await give_paid(town, town.an, town.bo, town.red)
    for author, to, gift_id in (
        (town.an, town.cai, gift.gift_id),
        (town.bo, town.an, gift.gift_id),
        (town.cai, town.bo, gift.gift_id),
        (town.an, town.bo, by_link.gift_id),
        (town.an, town.bo, unpaid.gift_id),
        (town.an, town.bo, 404),
    ):
        with pytest.raises(CardUnknown):
            await say(town, author, person_id=to, kind="gift", about_id=gift_id)
    assert await said(town) == 0
    assert (await say(town, town.an, person_id=town.bo, kind="gift", about_id=gift.gift_id)).n == 1


async def test_a_gift_card_shows_each_side_what_it_may_see(town):
    gift = await give_paid(town, town.an, town.bo, town.red, greeting="生日快乐")
    thread = (await say(town, town.an, person_id=town.bo, kind="gift", about_id=gift.gift_id)).thread_id

    async def card(reader):
        return (await thread_page(town.ground, reader, thread)).messages[0].gift

    givers, recipients = await card(town.an), await card(town.bo)
    assert (givers.word, givers.is_giver, givers.title_zh, givers.greeting) == ("waiting", True, "青瓷杯", "生日快乐")
    assert (recipients.word, recipients.title_zh, recipients.greeting) == ("waiting", "", "")
    assert not {"price", "amount", "total", "unit_price"} & set(type(recipients).__struct_fields__)
    await open_a_gift(town.ground, OpenAGift(town.bo, gift_id=gift.gift_id), town.key(town.bo))
    assert ((await card(town.bo)).word, (await card(town.bo)).title_zh) == ("opened", "青瓷杯")
    town.ground.clock.move(timedelta(hours=23))
    await claim(town, town.bo, gift.gift_id)
    assert [(await card(reader)).word for reader in (town.an, town.bo)] == ["claimed", "claimed"]


async def test_a_gift_past_its_time_is_over_before_the_worker_comes_by(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    thread = (await say(town, town.an, person_id=town.bo, kind="gift", about_id=gift.gift_id)).thread_id
    town.ground.clock.move(timedelta(hours=24))
    page = await thread_page(town.ground, town.bo, thread)
    assert (page.messages[0].gift.word, page.messages[0].gift.expires_at) == ("expired", None)


async def test_the_list_of_threads_is_paged_by_when_something_was_last_said(town, monkeypatch):
    monkeypatch.setattr("renqing.views.chat_page.PAGE", 1)
    await say(town, town.an, person_id=town.bo, body="先")
    town.ground.clock.move(timedelta(seconds=1))
    await say(town, town.an, person_id=town.cai, body="后")
    first = await threads_page(town.ground, town.an)
    second = await threads_page(town.ground, town.an, first.cursor)
    assert [page.threads[0].title for page in (first, second)] == ["蔡", "Bo"]
    assert second.cursor is None
    for cursor in ("", "x", "1.2.3", "1", "-1.2", "1." + "9" * 30):
        with pytest.raises(ThreadCursorNotValid):
            await threads_page(town.ground, town.an, cursor)

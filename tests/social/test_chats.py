"""The chats room: one thread a pair, numbers without gaps, places that only move forward."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.social import chats
from renqing.social.chats import rules as chats_rules


async def join(ground, *names):
    async def story(tx):
        return [(await people.join(tx, name=name)).id for name in names]

    return await ground.db.run(story)


async def thread_of(ground, one, other):
    return (await ground.db.run(lambda tx: chats.open_direct(tx, [(one, other)])))[one, other]


async def say(ground, thread_id, author_id, *bodies):
    sayings = [chats.Saying(thread_id, author_id, "text", body) for body in bodies]
    return await ground.db.run(lambda tx: chats.say(tx, sayings))


async def page(ground, thread_id, reader_id, **where):
    member = await chats.membership(ground.db, thread_id, reader_id)
    return [message.body for message in await chats.messages(ground.db, member, **where)]


async def unread(ground, thread_id, reader_id):
    return chats.unread(await chats.membership(ground.db, thread_id, reader_id))


async def test_a_pair_has_one_thread_however_many_open_it_at_once(ground):
    lin, ming = await join(ground, "小林", "阿明")
    opened = await asyncio.gather(*(thread_of(ground, *pair) for pair in [(lin, ming), (ming, lin)] * 10))
    assert len(set(opened)) == 1
    assert await ground.db.fetchval("SELECT count(*) FROM chat_member") == 2
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'ThreadOpened'") == 1


async def test_messages_are_numbered_without_gaps_by_whoever_speaks(ground):
    lin, ming = await join(ground, "小林", "阿明")
    thread = await thread_of(ground, lin, ming)
    await asyncio.gather(*(say(ground, thread, author, f"{n}", "!") for n, author in enumerate([lin, ming] * 10)))
    rows = await ground.db.fetch("SELECT n, id FROM chat_message ORDER BY n")
    assert [row["n"] for row in rows] == list(range(1, 41))
    assert await ground.db.fetchval("SELECT last_n FROM chat_thread") == 40
    facts = "SELECT count(*) FROM outbox_fact WHERE kind = 'MessageSaid'"
    assert await ground.db.fetchval(facts) == 40


async def test_what_is_unread_is_what_others_said_since(ground):
    lin, ming = await join(ground, "小林", "阿明")
    thread = await thread_of(ground, lin, ming)
    await say(ground, thread, lin, "1", "2", "3")
    assert (await unread(ground, thread, lin), await unread(ground, thread, ming)) == (0, 3)
    await ground.db.run(lambda tx: chats.read_up_to(tx, thread, ming, 2))
    assert await unread(ground, thread, ming) == 1
    await ground.db.run(lambda tx: chats.read_up_to(tx, thread, ming, 1))
    assert await unread(ground, thread, ming) == 1, "a place never moves back"
    await ground.db.run(lambda tx: chats.read_up_to(tx, thread, ming, 2**62))
    assert await unread(ground, thread, ming) == 0
    await say(ground, thread, lin, "4")
    assert await unread(ground, thread, ming) == 1, "nor past the end"
    assert await chats.unread_in_all(ground.db, ming) == 1
    await say(ground, thread, ming, "ok")
    assert await unread(ground, thread, ming) == 0, "who answers has read"


async def test_a_thread_is_read_by_pages_in_both_directions(ground):
    lin, ming = await join(ground, "小林", "阿明")
    thread = await thread_of(ground, lin, ming)
    await say(ground, thread, lin, *(str(n) for n in range(1, 121)))
    assert await page(ground, thread, ming, limit=3) == ["118", "119", "120"]
    assert await page(ground, thread, ming, before=118, limit=2) == ["116", "117"]
    assert await page(ground, thread, ming, after=118) == ["119", "120"]
    assert await page(ground, thread, ming, before=1) == []
    assert len(await page(ground, thread, ming, limit=10_000)) == chats.PAGE_MAX


async def test_a_stranger_learns_that_there_is_no_thread(ground):
    lin, ming, stranger = await join(ground, "小林", "阿明", "路人")
    thread = await thread_of(ground, lin, ming)
    for thread_id in (thread, 404):
        with pytest.raises(chats.ThreadUnknown) as unknown:
            await chats.membership(ground.db, thread_id, stranger)
        assert unknown.value.facts == {}
        with pytest.raises(chats.ThreadUnknown):
            await ground.db.run(lambda tx, t=thread_id: chats.read_up_to(tx, t, stranger, 1))


async def test_a_group_without_a_thread_takes_nobody_in_and_lets_nobody_out(ground):
    (lin,) = await join(ground, "小林")
    for verb in (lambda tx: chats.let_into_group(tx, 404, [lin]), lambda tx: chats.let_out_of_group(tx, 404, lin)):
        with pytest.raises(chats.ThreadUnknown):
            await ground.db.run(verb)
    assert await ground.db.fetchval("SELECT count(*) FROM chat_member") == 0
    assert await ground.db.run(lambda tx: chats.say(tx, [])) == []


async def test_who_comes_later_sees_what_is_said_from_then_on_and_who_goes_sees_nothing(ground):
    lin, ming, yue = await join(ground, "小林", "阿明", "月月")
    await ground.db.run(lambda tx: people.befriend(tx, lin, ming))
    group = await ground.db.run(lambda tx: people.make_group(tx, lin, "家人", [ming]))
    thread = await ground.db.run(lambda tx: chats.open_group(tx, group.id, [lin, ming]))
    await say(ground, thread, lin, "before")
    await ground.db.run(lambda tx: chats.let_into_group(tx, group.id, [yue]))
    assert (await page(ground, thread, yue), await unread(ground, thread, yue)) == ([], 0)
    await say(ground, thread, lin, "after")
    assert (await page(ground, thread, yue), await unread(ground, thread, yue)) == (["after"], 1)
    assert await page(ground, thread, yue, before=2) == []
    await ground.db.run(lambda tx: chats.let_out_of_group(tx, group.id, ming))
    with pytest.raises(chats.ThreadUnknown):
        await chats.membership(ground.db, thread, ming)
    assert (await chats.members_of(ground.db, [thread]))[thread] == sorted([lin, yue])


@pytest.mark.parametrize("body", ["", "   \n\t ", "字" * 2001, "a\x00b", "a\x1bb"])
async def test_what_says_nothing_or_too_much_is_refused(ground, body):
    lin, ming = await join(ground, "小林", "阿明")
    thread = await thread_of(ground, lin, ming)
    with pytest.raises(FieldNotValid) as refused:
        await say(ground, thread, lin, "good", body)
    assert refused.value.facts["field"] == "body"
    assert await ground.db.fetchval("SELECT count(*) FROM chat_message") == 0
    assert await ground.db.fetchval("SELECT last_n FROM chat_thread") == 0


def test_what_is_said_is_trimmed_composed_and_bounded():
    def kept(body):
        return chats_rules.saying(chats.Saying(1, 2, "text", body))

    assert kept(" a\r\nb\tc ") == chats.Saying(1, 2, "text", "a\nb\tc")
    assert kept("e\u0301").body == "é"
    assert kept("字" * 2000).body == "字" * 2000
    assert kept("👩‍👩‍👧").body == "👩‍👩‍👧"
    for body, facts in (
        ("字" * 2001, {"field": "body", "reason": "length", "min": 1, "max": 2000}),
        (" ", {"field": "body", "reason": "length", "min": 1, "max": 2000}),
        ("a\ud800", {"field": "body", "reason": "characters"}),
        ("a\rb", {"field": "body", "reason": "characters"}),
    ):
        with pytest.raises(FieldNotValid) as refused:
            kept(body)
        assert refused.value.facts == facts


def test_a_card_is_about_something_and_says_nothing_itself():
    assert chats_rules.saying(chats.Saying(1, 2, "gift", "words", 9)) == chats.Saying(1, 2, "gift", "", 9)
    with pytest.raises(AssertionError, match="a card is about something"):
        chats_rules.saying(chats.Saying(1, 2, "gift", "words"))
    assert chats_rules.pair(7, 3) == chats_rules.pair(3, 7) == "3:7"
    with pytest.raises(AssertionError, match="nobody talks to themselves"):
        chats_rules.pair(3, 3)


@pytest.mark.parametrize(("from_n", "read_to", "left"), [(0, 0, 9), (0, 4, 5), (6, 4, 3), (9, 9, 0)])
def test_what_is_unread_begins_where_one_came_in_or_stopped_reading(from_n, read_to, left):
    member = chats.Membership(**dict.fromkeys(chats.Membership.__struct_fields__, 0))
    member = msgspec.structs.replace(member, from_n=from_n, read_to=read_to, last_n=9)
    assert chats.unread(member) == left


async def test_words_are_kept_as_they_were_said(ground):
    lin, ming = await join(ground, "小林", "阿明")
    thread = await thread_of(ground, lin, ming)
    bodies = ["<script>alert(1)</script>", "第一行\n第二行", "👩‍👩‍👧", "'; DROP TABLE chat_message; --", "字" * 2000]
    await say(ground, thread, lin, *bodies)
    assert await page(ground, thread, ming) == bodies

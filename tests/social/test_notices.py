"""The notices room: told once, read by its person alone, and never more than its kind may hold."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from renqing.books import people
from renqing.foundation.text import catalogue, say
from renqing.social import notices
from renqing.social.notices import NewNotice, rules
from renqing.social.notices.model import KINDS
from renqing.views.notice_page import NoticeHere


@pytest.fixture
async def two(ground):
    async def story(tx):
        return [(await people.join(tx, name=name)).id for name in ("小林", "阿明")]

    return await ground.db.run(story)


def asked(person_id, who_id, fact_id=1):
    return NewNotice(person_id, "friend_asked", {"who_id": who_id}, "/friends", fact_id)


async def tell(ground, *told):
    return await ground.db.run(lambda tx: notices.tell(tx, told))


async def test_a_fact_is_told_to_a_person_once(ground, two):
    lin, ming = two
    told = await asyncio.gather(*(tell(ground, asked(lin, ming), asked(ming, lin)) for _ in range(10)))
    assert sorted(len(one) for one in told) == [0] * 9 + [2]
    assert await tell(ground, asked(lin, ming)) == []
    assert len(await tell(ground, asked(lin, ming, fact_id=2))) == 1
    assert [await notices.unread(ground.db, person, ground.clock.now()) for person in two] == [2, 1]


async def test_only_its_person_reads_a_notice(ground, two):
    lin, ming = two
    (notice,) = await tell(ground, asked(lin, ming))
    for notice_id in (notice.id, 404):
        with pytest.raises(notices.NoticeUnknown):
            await ground.db.run(lambda tx, n=notice_id: notices.mark_read(tx, ming, n))
    await ground.db.run(lambda tx: notices.mark_all_read(tx, ming, 2**62))
    assert await notices.unread(ground.db, lin, ground.clock.now()) == 1
    await ground.db.run(lambda tx: notices.mark_read(tx, lin, notice.id))
    first = (await notices.page(ground.db, lin))[0].read_at
    await ground.db.run(lambda tx: notices.mark_read(tx, lin, notice.id))
    assert (await notices.page(ground.db, lin))[0].read_at == first
    assert await notices.unread(ground.db, lin, ground.clock.now()) == 0


async def test_what_comes_while_the_inbox_is_open_stays_unread(ground, two):
    lin, ming = two
    shown = await tell(ground, *(asked(lin, ming, n) for n in range(3)))
    await tell(ground, asked(lin, ming, 9))
    await ground.db.run(lambda tx: notices.mark_all_read(tx, lin, shown[-1].id))
    assert await notices.unread(ground.db, lin, ground.clock.now()) == 1


async def test_counting_stops_at_a_hundred_and_pages_go_back_by_id(ground, two):
    lin, ming = two
    told = await tell(ground, *(asked(lin, ming, n) for n in range(130)))
    assert await notices.unread(ground.db, lin, ground.clock.now()) == notices.UNREAD_SHOWN_MAX + 1
    newest = await notices.page(ground.db, lin, limit=2)
    assert [notice.id for notice in newest] == [told[-1].id, told[-2].id]
    rest = await notices.page(ground.db, lin, before=newest[-1].id, limit=10_000)
    assert len(rest) == notices.PAGE_MAX and rest[0].id == told[-3].id


@pytest.mark.parametrize(
    ("kind", "facts", "link"),
    [
        ("gift_ready", {"gift_id": 1, "who_id": 2, "amount": 12900}, "/gifts/1"),
        ("gift_claimed", {"gift_id": 1, "who_id": 2, "address": "曙光路"}, "/gifts/1"),
        ("gift_ready", {"gift_id": 1}, "/gifts/1"),
        ("no_such_kind", {}, "/"),
        ("friend_asked", {"who_id": 2}, "https://elsewhere/"),
        ("friend_asked", {"who_id": 2}, "//elsewhere/"),
    ],
)
async def test_a_notice_that_says_more_than_its_kind_may_is_a_programmers_error(ground, two, kind, facts, link):
    with pytest.raises(AssertionError):
        await tell(ground, NewNotice(two[0], kind, facts, link, 1))
    assert await ground.db.fetchval("SELECT count(*) FROM notice_notice") == 0


def test_no_recipient_hears_an_amount_and_no_notice_an_address_or_a_phone():
    assert not notices.KINDS["gift_ready"] & {"amount", "currency", "order_id", "product_id"}
    everything = frozenset().union(*notices.KINDS.values())
    of_many = {"shares", "left", "taken", "entrants", "winners", "times", "openers"}
    assert everything == of_many | {
        "hours",
        "reason",
        "gift_id",
        "activity_id",
        "fund_id",
        "balance_id",
        "who_id",
        "refusal",
        "amount",
        "currency",
        "order_id",
        "case_id",
        "state",
        "why",
    }


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(notices.KINDS))
def test_every_kind_has_its_words_in_both_languages(kind, language):
    facts = {
        "amount": 12900,
        "currency": "CNY",
        "refusal": "kind_thought",
        "state": "MERCHANT_PROCESSING",
        "why": "price",
        "shares": 3,
        "left": 1,
        "taken": 2,
        "entrants": 3,
        "winners": 1,
        "times": 2,
        "openers": 20,
        "hours": 24,
        "reason": "rude",
    }
    here = NoticeHere(
        notice_id=1,
        kind=kind,
        link="/",
        who=None,
        product_id=None,
        product_zh="",
        product_en="",
        facts={name: value for name, value in facts.items() if name in notices.KINDS[kind]},
        made_at=None,
        is_read=False,
    )
    if kind == "gift_refused" and f"gift.refusal.{facts['refusal']}" not in catalogue():
        pytest.skip("the kind sentences are not in the catalogue yet")
    for words in (here.title(language), here.body(language)):
        assert words and "{" not in words
    assert say("notice.somebody", language)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, ""),
        ({"link": "/gifts/1"}, ""),
        ({"kind": "weather"}, "no kind of notice is called weather"),
        ({"facts": {}}, r"gift_claimed tells \[\]"),
        ({"facts": {"who_id": 2, "sum": 3, "gift_id": 1}}, r"gift_claimed tells \['gift_id', 'sum', 'who_id'\]"),
        ({"link": "https://example.com/"}, "leads to a page of this house"),
        ({"link": "//example.com/"}, "leads to a page of this house"),
        ({"link": ""}, "leads to a page of this house"),
    ],
)
def test_a_notice_says_its_kinds_facts_and_leads_to_a_page_of_this_house(changed: dict[str, Any], wrong: str):
    whole = {"person_id": 1, "kind": "gift_claimed", "facts": {}, "link": "/", "fact_id": 5}
    said = dict.fromkeys(KINDS["gift_claimed"], 2)
    notice = NewNotice(**(whole | {"facts": said} | changed))  # type: ignore[arg-type]
    if not wrong:
        assert rules.check(notice) is None
        return
    with pytest.raises(AssertionError, match=wrong):
        rules.check(notice)

"""Thanks for a gift: said once by who has it, seen by its giver alone; and the history of gifts between two people."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from channel import FakeChannel
from household import worker_of
from town import Town, build_town, claim, give_paid

from renqing.books import people
from renqing.foundation.erasures import Erased
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.erase_a_person import apply_erasures
from renqing.journeys.thank_the_giver import ThankTheGiver, thank_the_giver
from renqing.social import gifts, peace
from renqing.social.gifts import GiftNotAvailable
from renqing.social.thanks import ThankedAlready
from renqing.views.check import check
from renqing.views.gift_history import GiftsBetween, gifts_between
from renqing.views.gift_page import GiverPage, KeptGift, gift_page


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def thank(town: Town, person_id: int, gift_id: int, **said: Any):
    ask = ThankTheGiver(person_id=person_id, gift_id=gift_id, **said)
    return await thank_the_giver(town.ground, ask, town.key(person_id))


async def claimed(town: Town, giver: int, taker: int, **wrapping: Any) -> int:
    gift = await give_paid(town, giver, taker, town.red, **wrapping)
    await claim(town, taker, gift.gift_id)
    return gift.gift_id


async def told(town: Town, person_id: int) -> list[str]:
    await worker_of(town.ground, FakeChannel()).drain()
    rows = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", person_id)
    return [row["kind"] for row in rows]


async def giver_sees(town: Town, gift_id: int) -> list[str]:
    page = await gift_page(town.ground, town.an, gift_id)
    assert isinstance(page, GiverPage)
    return [one.words for one in page.thanks]


async def between(town: Town, reader: int, other: int, **asked: Any) -> GiftsBetween:
    return await gifts_between(town.ground, reader, other, **asked)


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def refuses(town: Town, kind: type[Exception], person_id: int, gift_id: int, **said: Any) -> None:
    count = "SELECT count(*) FROM thanks_note"
    before = await town.ground.db.fetchval(count), await told(town, town.an)
    with pytest.raises(kind):
        await thank(town, person_id, gift_id, **said)
    assert (await town.ground.db.fetchval(count), await told(town, town.an)) == before


# thanks --------------------------------------------------------------------------------------------------------------
async def test_who_has_it_thanks_once_and_the_giver_reads_it(town):
    gift = await claimed(town, town.an, town.bo)
    page = await gift_page(town.ground, town.bo, gift)
    assert isinstance(page, KeptGift) and page.thanks is None and page.may_return
    assert not (await thank(town, town.bo, gift, words=" 太好看了\n每天都用 ")).waits
    assert await giver_sees(town, gift) == ["太好看了\n每天都用"]
    assert (await told(town, town.an)).count("gift_thanked") == 1
    page = await gift_page(town.ground, town.bo, gift)
    assert isinstance(page, KeptGift) and page.thanks is not None and page.thanks.words == "太好看了\n每天都用"
    await refuses(town, ThankedAlready, town.bo, gift, words="还要说")
    await all_is_well(town)


async def test_nobody_thanks_who_does_not_have_it_and_nothing_is_said_with_nothing(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuses(town, GiftNotAvailable, town.bo, gift.gift_id, words="谢")
    await claim(town, town.bo, gift.gift_id)
    for somebody in (town.an, town.cai, town.stranger):
        await refuses(town, GiftNotAvailable, somebody, gift.gift_id, words="谢")
    await refuses(town, GiftNotAvailable, town.bo, 404, words="谢")
    await refuses(town, FieldNotValid, town.bo, gift.gift_id, words="  ")
    await refuses(town, FieldNotValid, town.bo, gift.gift_id, words="谢" * 301)
    await thank(town, town.bo, gift.gift_id, words="谢" * 300)


async def test_everybody_with_a_share_thanks_for_it(town):
    gift = await give_paid(town, town.an, None, town.red, shares=3)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    for person in (town.bo, town.cai):
        await claim(town, person, None, token=token)
        await thank(town, person, gift.gift_id, words=f"谢谢 {person}")
    assert sorted(await giver_sees(town, gift.gift_id)) == sorted(f"谢谢 {one}" for one in (town.bo, town.cai))
    await refuses(town, GiftNotAvailable, town.stranger, gift.gift_id, words="谢")


async def test_of_whom_the_giver_has_blocked_they_hear_and_see_nothing(town):
    gift = await claimed(town, town.an, town.bo)
    await block_a_person(town.ground, Block(town.an, town.bo), town.key(town.an))
    await thank(town, town.bo, gift, words="谢谢")
    assert await giver_sees(town, gift) == []
    assert "gift_thanked" not in await told(town, town.an)
    page = await gift_page(town.ground, town.bo, gift)
    assert isinstance(page, KeptGift) and page.thanks is not None and not page.may_return


async def test_who_is_erased_takes_their_words_along(town):
    gift = await claimed(town, town.an, town.bo)
    await thank(town, town.bo, gift, words="谢谢")
    assert await apply_erasures(town.ground, [Erased(town.bo, town.ground.clock.now())]) == 1
    assert await giver_sees(town, gift) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM thanks_note") == 0


# the history ---------------------------------------------------------------------------------------------------------
async def test_two_people_see_what_they_gave_each_other_and_nobody_else_does(town):
    first = await claimed(town, town.an, town.bo, greeting="第一份")
    second = await claimed(town, town.bo, town.an, greeting="第二份")
    shared = await give_paid(town, town.an, None, town.dear, shares=2, tiers=((town.dear, 1), (town.blue, 1)))
    token = await gifts.link_token(town.ground.db, town.ground.keys, shared.gift_id, town.an)
    await claim(town, town.bo, None, token=token)
    await give_paid(town, town.an, town.bo, town.red)  # nobody has it yet
    await claimed(town, town.an, town.cai)
    await thank(town, town.bo, first, words="谢谢")
    mine, theirs = await between(town, town.an, town.bo), await between(town, town.bo, town.an)
    assert [(one.gift_id, one.side) for one in mine.gifts] == [
        (shared.gift_id, "given"),
        (second, "got"),
        (first, "given"),
    ]
    assert [one.side for one in theirs.gifts] == ["got", "given", "got"]
    assert (mine.given, mine.got, theirs.given, theirs.got) == (2, 1, 1, 2)
    assert mine.gifts[-1].thanks == theirs.gifts[-1].thanks == "谢谢"
    assert [one.side for one in (await between(town, town.cai, town.an)).gifts] == ["got"]
    for stranger, other in ((town.stranger, town.bo), (town.an, town.stranger), (town.an, town.an), (town.an, 404)):
        with pytest.raises(people.PersonUnknown):
            await between(town, stranger, other)


async def test_who_switches_it_off_is_in_none_and_nobody_learns_who_it_was(town):
    await claimed(town, town.an, town.bo)
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, town.bo, peace.PeaceRule(shows_history=False)))
    for reader, other, is_off in ((town.an, town.bo, False), (town.bo, town.an, True)):
        page = await between(town, reader, other)
        assert (page.gifts, page.given, page.got, page.is_off) == ([], 0, 0, is_off)
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, town.bo, peace.DEFAULT_RULE))
    assert len((await between(town, town.an, town.bo)).gifts) == 1
    await block_a_person(town.ground, Block(town.bo, town.an), town.key(town.bo))
    assert (await between(town, town.an, town.bo)).gifts == []


async def test_a_gift_by_link_makes_a_history_with_a_stranger_and_an_erased_person_has_none(town):
    gift = await give_paid(town, town.an, None, town.red)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await claim(town, town.stranger, None, token=token)
    assert [one.side for one in (await between(town, town.stranger, town.an)).gifts] == ["got"]
    assert await apply_erasures(town.ground, [Erased(town.an, town.ground.clock.now())]) == 1
    with pytest.raises(people.PersonUnknown):
        await between(town, town.stranger, town.an)


async def test_a_long_history_comes_a_page_at_a_time(town):
    made = []
    for n in range(21):
        giver, taker = (town.an, town.bo) if n % 2 else (town.bo, town.an)
        gift = await give_paid(town, giver, taker, town.red if n < 10 else town.blue if n < 20 else town.dear)
        await claim(town, taker, gift.gift_id)
        made.append(gift.gift_id)
    first = await between(town, town.an, town.bo)
    assert [one.gift_id for one in first.gifts] == made[:0:-1] and first.given + first.got == 21
    rest = await between(town, town.an, town.bo, before=first.before)
    assert [one.gift_id for one in rest.gifts] == made[:1] and rest.before is None

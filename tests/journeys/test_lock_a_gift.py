"""A gift sent outside by link waits for its word: without it nothing moves, and a wrong try counts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from channel import FakeChannel
from crowd import gather_a_crowd, refused
from household import worker_of
from town import Town, build_town, claim, enter, give, give_paid, pay

from renqing.foundation.errors import FieldNotValid
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.enter_a_draw import EnterADraw, Entered, enter_draws
from renqing.journeys.give_a_gift import DrawAsked
from renqing.journeys.lock_a_gift import LockAGift, Typed, TypeTheWord, lock_a_gift, type_the_word
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.take_more_time import TakeMoreTime, take_more_time
from renqing.social import draws, gifts, moderation
from renqing.social.gifts import GiftIsYourOwn, GiftNotAvailable
from renqing.social.safe_words import SafeWordNeeded, SafeWordNotHere, SafeWordSpent, SafeWordWrong
from renqing.views.check import check
from renqing.views.gift_page import Envelope, GiverPage, OpenGift, gift_by_link, gift_page


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def token_of(town: Town, gift_id: int) -> str:
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift_id, town.an)
    assert token is not None
    return token


async def lock(town: Town, gift_id: int, word: str | None = "西湖", question: str = "", by: int = 0):
    ask = LockAGift(by or town.an, gift_id, word, question)
    return await lock_a_gift(town.ground, ask, town.key(by or town.an))


async def locked(town: Town, word: str = "西湖", question: str = "", **wrapping: Any) -> tuple[int, str]:
    gift = await give_paid(town, town.an, None, town.red, **wrapping)
    await lock(town, gift.gift_id, word, question)
    return gift.gift_id, await token_of(town, gift.gift_id)


async def says(town: Town, person_id: int, token: str, word: str) -> Typed:
    return await type_the_word(town.ground, TypeTheWord(person_id, token, word), town.key(person_id))


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_without_the_word_nothing_of_it_moves(town):
    _, token = await locked(town)
    key = town.key(town.bo)
    for asked in (
        open_a_gift(town.ground, OpenAGift(town.bo, token=token), key),
        refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", token=token), town.key(town.bo)),
        take_more_time(town.ground, TakeMoreTime(town.bo, token=token), town.key(town.bo)),
        claim(town, town.bo, None, token=token),
    ):
        await refused(town, asked, SafeWordNeeded)
    await refused(town, says(town, town.bo, token, "东湖"), SafeWordWrong, left=4)
    await refused(town, claim(town, town.bo, None, token=token), SafeWordNeeded)
    assert (await says(town, town.bo, token, " 西 湖 ")).is_right
    await open_a_gift(town.ground, OpenAGift(town.bo, token=token), key)
    assert (await claim(town, town.bo, None, token=token)).order_id
    await all_is_well(town)


async def test_what_is_inside_is_closed_to_who_has_not_typed_it_though_it_is_open(town):
    gift_id, token = await locked(town, "Bluebird", "Which bird?")
    await says(town, town.bo, token, "ｂｌｕｅ BIRD")
    await open_a_gift(town.ground, OpenAGift(town.bo, token=token), town.key(town.bo))
    assert isinstance(await gift_by_link(town.ground, token, town.bo), OpenGift)
    for reader in (town.cai, None):
        page = await gift_by_link(town.ground, token, reader)
        assert isinstance(page, Envelope) and page.safe_word is not None
        assert page.safe_word.question == "Which bird?"
    mine = await gift_page(town.ground, town.an, gift_id)
    assert isinstance(mine, GiverPage) and mine.may_lock and mine.safe_word is not None


async def test_wrong_tries_count_for_each_and_for_all(town):
    gift_id, token = await locked(town)
    for left in (4, 3, 2, 1, 0):
        await refused(town, says(town, town.bo, token, "东湖"), SafeWordWrong, left=left)
    await refused(town, says(town, town.bo, token, "西湖"), SafeWordSpent)
    assert (await says(town, town.cai, token, "西湖")).is_right
    crowd = await gather_a_crowd(town, 6)
    for person in crowd[:5]:
        for _ in range(5):
            with pytest.raises(SafeWordWrong):
                await says(town, person, token, "东湖")
    await refused(town, says(town, crowd[5], token, "西湖"), SafeWordSpent)
    assert (await says(town, town.cai, token, "whatever")).is_right, "who typed it keeps their way in"
    page = await gift_page(town.ground, town.an, gift_id)
    assert isinstance(page, GiverPage) and page.safe_word is not None and page.safe_word.wrong == 30
    await lock(town, gift_id, "苏堤")
    assert (await says(town, town.bo, token, "苏堤")).is_right
    await refused(town, claim(town, town.cai, None, token=token), SafeWordNeeded)
    await claim(town, town.bo, None, token=token)
    await all_is_well(town)


async def test_of_many_who_guess_at_once_every_try_is_counted(town):
    gift_id, token = await locked(town)
    tries = [says(town, town.bo, token, f"猜 {n}") for n in range(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    kinds = [type(answer) for answer in answers]
    assert (kinds.count(SafeWordWrong), kinds.count(SafeWordSpent)) == (5, 15)
    wrong = "SELECT wrong FROM safe_word_try WHERE gift_id = $1 AND person_id = $2"
    assert await town.ground.db.fetchval(wrong, gift_id, town.bo) == 5


async def test_a_repeated_try_is_answered_the_same_and_counted_once(town):
    _, token = await locked(town)
    key = town.key(town.bo)
    for _ in range(3):
        with pytest.raises(SafeWordWrong) as refusal:
            await type_the_word(town.ground, TypeTheWord(town.bo, token, "东湖"), key)
        assert refusal.value.facts["left"] == 4


async def test_each_share_of_a_gift_for_many_asks_for_it(town):
    _, token = await locked(town, shares=2)
    await says(town, town.bo, token, "西湖")
    await claim(town, town.bo, None, token=token)
    await refused(town, claim(town, town.cai, None, token=token), SafeWordNeeded)
    await all_is_well(town)


async def test_only_a_gift_that_waits_behind_a_link_takes_a_word_and_only_from_its_giver(town):
    named = await give_paid(town, town.an, town.bo, town.red)
    linked = await give_paid(town, town.an, None, town.red)
    await refused(town, lock(town, named.gift_id), SafeWordNotHere, reason="named")
    await refused(town, lock(town, named.gift_id, by=town.bo), GiftNotAvailable)
    await refused(town, lock(town, linked.gift_id, by=town.cai), GiftNotAvailable)
    for word in ("", "   ", "长" * 41):
        await refused(town, lock(town, linked.gift_id, word), FieldNotValid)
    token = await token_of(town, linked.gift_id)
    assert (await says(town, town.bo, token, "anything")).is_right, "where there is no word, none is wrong"
    await claim(town, town.bo, None, token=token)
    await refused(town, lock(town, linked.gift_id), SafeWordNotHere, reason="over")
    await refused(town, says(town, town.cai, token, "西湖"), GiftNotAvailable)


async def test_it_is_set_before_the_payment_taken_off_again_and_gone_with_a_name(town):
    unpaid = await give(town, town.an, None, town.red)
    await lock(town, unpaid.gift_id)
    await pay(town, unpaid.intent_id, unpaid.total)
    token = await token_of(town, unpaid.gift_id)
    await refused(town, claim(town, town.bo, None, token=token), SafeWordNeeded)
    await refused(town, says(town, town.an, token, "西湖"), GiftIsYourOwn)
    await lock(town, unpaid.gift_id, None)
    await open_a_gift(town.ground, OpenAGift(town.bo, token=token), town.key(town.bo))
    other, _ = await locked(town)
    onward = ReaddressAGift(town.an, other, recipient_id=town.cai)
    await readdress_a_gift(town.ground, onward, town.key(town.an))
    await claim(town, town.cai, other)
    await all_is_well(town)


async def test_the_database_holds_no_word_and_the_same_word_looks_different_for_two_gifts(town):
    await locked(town, "西湖边")
    await locked(town, "西湖边")
    rows = await town.ground.db.fetch("SELECT word_hash FROM safe_word_lock")
    assert len({row["word_hash"] for row in rows}) == 2
    everything = await town.ground.db.fetchval("SELECT string_agg(l::text, '') FROM safe_word_lock l")
    assert "西湖边" not in everything and "西湖边".encode().hex() not in everything


async def test_a_question_with_a_word_of_the_list_is_not_kept(town):
    gift_id, _ = await locked(town, question="在哪里？")
    await town.ground.db.run(lambda tx: moderation.add_word(tx, "加微信"))
    await refused(town, lock(town, gift_id, question="加 微信？"), FieldNotValid, field="question", reason="held")
    assert await town.ground.db.fetchval("SELECT question FROM safe_word_lock") == "在哪里？"


# a draw ---------------------------------------------------------------------------------------------------------------
async def drawn_for(town: Town, **draw: Any) -> tuple[int, str]:
    """A paid gift of two prizes that is drawn for in an hour among whoever holds its link, and that link's token."""
    asked = DrawAsked(town.ground.clock.now() + timedelta(hours=1), **draw)
    gift = await give_paid(town, town.an, None, town.red, shares=2, draw=asked, open_for_hours=72)
    return gift.gift_id, await token_of(town, gift.gift_id)


async def an_hour_passes(town: Town) -> None:
    town.ground.clock.move(timedelta(hours=1))
    await worker_of(town.ground, FakeChannel()).drain()


async def test_without_the_word_nobody_opens_or_enters_a_draw(town):
    gift_id, token = await drawn_for(town)
    await lock(town, gift_id, question="在哪里？")
    await refused(town, open_a_gift(town.ground, OpenAGift(town.bo, token=token), town.key(town.bo)), SafeWordNeeded)
    await refused(town, enter(town, town.bo, None, token=token), SafeWordNeeded)
    page = await gift_by_link(town.ground, token, town.bo)
    assert isinstance(page, Envelope) and page.safe_word is not None and page.draw is not None
    assert len(page.draw.commitment) == 64, "what fixes the winners is shown to whoever may enter once they typed it"
    await refused(town, says(town, town.bo, token, "东湖"), SafeWordWrong, left=4)
    await says(town, town.bo, token, "西湖")
    assert (await enter(town, town.bo, None, token=token)).n == 1
    await an_hour_passes(town)
    await claim(town, town.bo, gift_id)
    await all_is_well(town)


async def test_of_a_batch_of_entries_those_with_the_word_go_through(town):
    gift_id, token = await drawn_for(town)
    open_id, open_token = await drawn_for(town)
    await lock(town, gift_id)
    await says(town, town.cai, token, "西湖")
    asked = [(town.bo, token), (town.cai, token), (town.bo, open_token), (town.stranger, token)]
    batch = [(EnterADraw(person, token=link), town.key(person)) for person, link in asked]
    answers = await enter_draws(town.ground, batch)
    kinds = [type(answer) for answer in answers]
    assert kinds == [SafeWordNeeded, Entered, Entered, SafeWordNeeded]
    known = await draws.of_gifts(town.ground.db, [gift_id, open_id])
    assert (known[gift_id].entrants, known[open_id].entrants) == (1, 1)
    await all_is_well(town)


async def test_who_entered_before_a_word_was_set_keeps_entry_and_prize(town):
    gift_id, token = await drawn_for(town)
    first = await enter(town, town.bo, None, token=token)
    await lock(town, gift_id)
    assert await enter(town, town.bo, None, token=token) == first, "the same receipt"
    assert isinstance(await gift_page(town.ground, town.bo, gift_id), OpenGift)
    await open_a_gift(town.ground, OpenAGift(town.bo, token=token), town.key(town.bo))
    await refused(town, enter(town, town.cai, None, token=token), SafeWordNeeded)
    await an_hour_passes(town)
    await refused(town, lock(town, gift_id, "苏堤"), SafeWordNotHere, reason="drawn")
    mine = await gift_page(town.ground, town.an, gift_id)
    assert isinstance(mine, GiverPage) and not mine.may_lock
    await claim(town, town.bo, gift_id)
    await all_is_well(town)


async def test_a_draw_among_chosen_guests_takes_no_word(town):
    gift_id, _ = await drawn_for(town, guest_ids=(town.bo, town.cai))
    await refused(town, lock(town, gift_id), SafeWordNotHere, reason="named")
    mine = await gift_page(town.ground, town.an, gift_id)
    assert isinstance(mine, GiverPage) and not mine.may_lock

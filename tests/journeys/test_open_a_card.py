"""Claim cards: a number and a PIN in print, for one piece, once; guessing is slow whoever guesses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from crowd import gather_a_crowd, refused
from dump import dump, found_in
from household import worker_of
from presents import offered, take
from town import Town, build_town

from renqing.books import people
from renqing.books.people import ShopUnknown
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.keep_activities import ActivityMade, MoveAnActivity, move_an_activity
from renqing.journeys.keep_claim_cards import CardsPrinted, PrintCards, print_cards
from renqing.journeys.open_a_card import CardOpened, OpenACard, open_a_card
from renqing.social import cards
from renqing.social.activities import (
    ActivityFull,
    ActivityOver,
    ActivityUnknown,
    NotForCards,
    PresentGone,
    PresentNotForYou,
)
from renqing.social.cards import CardLocked, CardNotRight, CardOneEach, CardTriesSpent, CardUsed, PrintedCard
from renqing.views.check import check


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def printed(town: Town, activity_id: int, count: int, staff_id: int | None = None) -> list[PrintedCard]:
    staff = staff_id or town.owner_id
    made = await print_cards(town.ground, PrintCards(staff, town.shop_id, activity_id, count), town.key(staff))
    return (await cards.printed(town.ground.db, town.ground.keys, town.shop_id, made.batch_id))[1]


async def by_cards(town: Town, stock: int = 3, count: int = 2) -> tuple[ActivityMade, list[PrintedCard]]:
    made = await offered(town, stock, audience="cards")
    return made, await printed(town, made.activity_id, count)


async def typed(town: Town, person_id: int, card: PrintedCard | str, pin: str | None = None) -> CardOpened:
    number = card if isinstance(card, str) else card.number
    right = "" if isinstance(card, str) else card.pin
    ask = OpenACard(person_id, number, right if pin is None else pin)
    return await open_a_card(town.ground, ask, town.key(person_id))


def wrong(card: PrintedCard) -> str:
    return f"{(int(card.pin) + 1) % 10**6:06d}"


async def guess(town: Town, person_id: int, card: PrintedCard, times: int) -> None:
    for _ in range(times):
        with pytest.raises(CardNotRight):
            await typed(town, person_id, card, wrong(card))


async def test_who_types_number_and_pin_takes_a_piece_and_nobody_else_does(town: Town):
    made, (card, _) = await by_cards(town)
    await refused(town, take(town, town.an, made.code), PresentNotForYou)
    spaced = PrintedCard(1, cards.spaced_number(card.number), f" {card.pin[:3]} {card.pin[3:]} ", is_used=False)
    assert await typed(town, town.an, spaced) == CardOpened(made.code)
    await take(town, town.an, made.code)
    await refused(town, take(town, town.bo, made.code), PresentNotForYou)
    assert (await check(town.ground)).is_clean


async def test_a_card_used_is_used_and_its_user_may_come_back_to_it(town: Town):
    made, (card, other) = await by_cards(town)
    await typed(town, town.an, card)
    assert await typed(town, town.an, card) == CardOpened(made.code)
    await refused(town, typed(town, town.bo, card), CardUsed)
    await refused(town, typed(town, town.an, other), CardOneEach)
    await take(town, town.an, made.code)
    await refused(town, typed(town, town.bo, card), CardUsed)
    await typed(town, town.bo, other)
    await take(town, town.bo, made.code)
    assert (await check(town.ground)).is_clean


async def test_of_twenty_who_type_one_card_at_once_one_has_it(town: Town):
    crowd = await gather_a_crowd(town, 20)
    _, (card, _) = await by_cards(town)
    answers = await asyncio.gather(*(typed(town, person, card) for person in crowd), return_exceptions=True)
    assert sum(isinstance(answer, CardOpened) for answer in answers) == 1
    assert sum(isinstance(answer, CardUsed) for answer in answers) == 19
    assert (await check(town.ground)).is_clean


async def test_a_pin_tried_often_locks_the_card_for_an_hour_whoever_tries(town: Town):
    made, (card, other) = await by_cards(town)
    await guess(town, town.an, card, 3)
    await guess(town, town.bo, card, 2)
    for person in (town.an, town.bo, town.cai):
        await refused(town, typed(town, person, card), CardLocked, minutes=60, retry_after_seconds=3600)
    await typed(town, town.stranger, other)
    town.ground.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    assert await typed(town, town.cai, card) == CardOpened(made.code)
    assert (await check(town.ground)).is_clean


async def test_tries_before_a_right_one_are_forgiven_to_the_card(town: Town):
    _, (card, _) = await by_cards(town)
    await guess(town, town.an, card, 4)
    await typed(town, town.bo, card)
    await guess(town, town.cai, card, 5)
    assert await town.ground.db.fetchval("SELECT wrong FROM card_card WHERE number = $1", card.number) == 0


async def test_who_guesses_at_many_cards_is_stopped_at_all_of_them_for_an_hour(town: Town):
    _, made = await by_cards(town, 10, 10)
    for card in made[:5]:
        await guess(town, town.an, card, 1)
    for number in range(5):
        with pytest.raises(CardNotRight):
            await typed(town, town.an, f"{number:012d}", "123456")
    await refused(town, typed(town, town.an, made[9]), CardTriesSpent, minutes=60)
    await typed(town, town.bo, made[9])
    town.ground.clock.move(timedelta(minutes=59, seconds=59))  # type: ignore[attr-defined]
    await refused(town, typed(town, town.an, made[8]), CardTriesSpent, minutes=1, retry_after_seconds=1)
    town.ground.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
    await typed(town, town.an, made[8])


async def test_of_many_guesses_at_once_every_one_is_counted(town: Town):
    crowd = await gather_a_crowd(town, 30)
    _, (card, _) = await by_cards(town)
    guesses = (typed(town, person, card, wrong(card)) for person in crowd)
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, CardNotRight) for answer in answers) == 5
    assert sum(isinstance(answer, CardLocked) for answer in answers) == 25


async def test_an_unknown_number_and_a_wrong_pin_are_told_in_the_same_words(town: Town):
    _, (card, _) = await by_cards(town)
    for asked in (typed(town, town.an, card, wrong(card)), typed(town, town.bo, "000000000000", "123456")):
        with pytest.raises(CardNotRight) as refusal:
            await asked
        assert refusal.value.facts == {}


async def test_what_is_no_number_or_pin_is_refused_by_name_and_counts_nothing(town: Town):
    for number, pin, field, count in (
        ("", "123456", "number", 12),
        ("12345678901", "123456", "number", 12),
        ("１２３４５６７８９０１２", "123456", "number", 12),
        ("123456789012", "12345", "pin", 6),
        ("123456789012", "abcdef", "pin", 6),
        ("9" * 500, "123456", "number", 12),
    ):
        asked = typed(town, town.an, number, pin)
        await refused(town, asked, FieldNotValid, field=field, reason="digits", count=count)
    assert await town.ground.db.fetchval("SELECT count(*) FROM card_try") == 0


async def test_a_card_of_what_is_over_stays_as_it_was_and_staff_use_none(town: Town):
    made, (card, _) = await by_cards(town)
    await refused(town, typed(town, town.owner_id, card), PresentNotForYou)
    stop = MoveAnActivity(town.owner_id, town.shop_id, made.activity_id, "stop")
    await move_an_activity(town.ground, stop, town.key(town.owner_id))
    await refused(town, typed(town, town.an, card), PresentGone, reason="stopped")
    assert await town.ground.db.fetchval("SELECT count(*) FROM card_card WHERE used_by IS NOT NULL") == 0
    await refused(town, printed(town, made.activity_id, 1), ActivityOver)
    await worker_of(town.ground).drain()
    assert (await check(town.ground)).is_clean


async def test_there_is_a_piece_for_every_card_and_only_the_shop_prints_them(town: Town):
    made, _ = await by_cards(town, 3, 2)
    await refused(town, printed(town, made.activity_id, 2), ActivityFull, left=1)
    assert len(await printed(town, made.activity_id, 1)) == 1
    await refused(town, printed(town, made.activity_id, 1), ActivityFull, left=0)
    await refused(town, printed(town, made.activity_id, 0), FieldNotValid, field="cards", reason="out_of_range")
    await refused(town, printed(town, (await offered(town, 1)).activity_id, 1), NotForCards)
    await refused(town, printed(town, made.activity_id, 1, town.an), ShopUnknown)
    await refused(town, printed(town, 404, 1), ActivityUnknown)
    other = await town.ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="别家"), town.bo))
    asked = PrintCards(town.bo, other.id, made.activity_id, 1)
    await refused(town, print_cards(town.ground, asked, town.key(town.bo)), ActivityUnknown)
    with pytest.raises(cards.BatchUnknown):
        await cards.printed(town.ground.db, town.ground.keys, other.id, 1)


async def test_a_batch_prints_the_same_cards_again_and_the_database_holds_no_pin(town: Town):
    made = await offered(town, 10, audience="cards")
    once = town.key(town.owner_id)
    ask = PrintCards(town.owner_id, town.shop_id, made.activity_id, 10)
    first = await print_cards(town.ground, ask, once)
    assert await print_cards(town.ground, ask, once) == first == CardsPrinted(first.batch_id, 10)
    reads = [await cards.printed(town.ground.db, town.ground.keys, town.shop_id, first.batch_id) for _ in range(2)]
    assert reads[0] == reads[1]
    pins = [card.pin for card in reads[0][1]]
    assert len({card.number for card in reads[0][1]}) == 10 and len(set(pins)) > 5
    said = await dump(town.ground)
    assert [pin for pin in pins if any(f'"{pin}"' in line or f"'{pin}'" in line for line in found_in(said, pin))] == []


async def test_the_database_lets_no_card_be_used_again(town: Town):
    _, (card, _) = await by_cards(town)
    await typed(town, town.an, card)
    for sql in (
        "UPDATE card_card SET used_by = NULL, used_at = NULL WHERE used_by IS NOT NULL",
        "UPDATE card_card SET used_by = 1 WHERE used_by IS NOT NULL",
        "UPDATE card_card SET wrong = 5 WHERE used_by IS NULL",
    ):
        with pytest.raises(Exception, match=r"change|violates"):
            await town.ground.db.pool.execute(sql)

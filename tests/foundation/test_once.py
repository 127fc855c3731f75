from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from interleaving import Paused

from renqing.foundation.database import Tx
from renqing.foundation.errors import NotNow
from renqing.foundation.ground import Ground
from renqing.foundation.once import (
    KeyInUse,
    KeyNotValid,
    KeyReused,
    Once,
    once,
    recall,
    remember,
    run_once,
    told_before,
)


class Said(msgspec.Struct, frozen=True):
    n: int


class Told:
    """A story whose effect can be counted: a hold of the clock table's offset."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    async def run(self, ask: Once, by: int = 1) -> Said:
        return await run_once(self.ground.db, ask, Said, lambda tx: self.story(tx, by))

    async def story(self, tx: Tx, by: int = 1) -> Said:
        return Said(
            await tx.fetchval(
                """INSERT INTO foundation_clock (offset_seconds) VALUES ($1)
                   ON CONFLICT (only_row) DO UPDATE SET offset_seconds = foundation_clock.offset_seconds + $1
                   RETURNING offset_seconds""",
                by,
            )
        )

    async def effects(self) -> int:
        return int(await self.ground.db.fetchval("SELECT offset_seconds FROM foundation_clock") or 0)


@pytest.fixture
def told(ground: Ground) -> Told:
    return Told(ground)


async def test_a_repeat_is_answered_with_the_first_answer_and_does_nothing(told: Told):
    ask = once(7, "key", "route", {"a": 1})
    first = await told.run(ask)
    told.ground.clock.move(timedelta(days=89))
    assert [await told.run(ask) for _ in range(3)] == [first] * 3
    assert await told.effects() == 1


async def test_another_body_or_route_under_the_same_key_is_refused(told: Told):
    await told.run(once(7, "key", "route", {"a": 1}))
    for other in (once(7, "key", "route", {"a": 2}), once(7, "key", "another route", {"a": 1})):
        with pytest.raises(KeyReused):
            await told.run(other)
    assert await told.effects() == 1


async def test_what_was_asked_is_kept_so_that_the_next_version_knows_it_again(told: Told):
    """Answers are kept for 90 days: under another word for it a repeat after an upgrade would be another body."""
    await told.run(once(1, "k1", "POST /x", Said(1)))
    kept = await told.ground.db.fetchval("SELECT fingerprint FROM once_answer")
    assert kept.hex() == "a01bfa6fd79bc4b6fbce1be72bb1aa21be25d1cf6f3b5dd66b37d3370a2aed8a"


async def test_of_many_asks_at_once_each_hears_its_first_answer_or_why_not_and_a_new_one_nothing(told: Told):
    first = once(7, "key", "route", {})
    answer = await told.run(first)
    asks = [once(8, "key", "route", {}), first, once(7, "key", "route", {"other": 1})]
    known = await told.ground.db.run(lambda tx: told_before(tx, asks, Said))
    assert known[1] == answer and isinstance(known[2], KeyReused)
    assert known.keys() == {1, 2}


async def test_another_person_may_use_the_same_key(told: Told):
    assert (await told.run(once(7, "key", "route", {}))).n == 1
    assert (await told.run(once(8, "key", "route", {}))).n == 2


async def test_a_repeat_in_flight_is_told_to_come_back_and_then_answered(told: Told):
    ask = once(7, "key", "route", {})

    async def first(tx: Tx) -> None:
        assert await recall(tx, [ask]) == [None]
        await remember(tx, [(ask, msgspec.json.encode(await told.story(tx)).decode())])

    flight = Paused(told.ground.db, first)
    await flight.before_commit()
    with pytest.raises(KeyInUse) as busy:
        await told.run(ask)
    assert busy.value.facts == {"retry_after_seconds": 1}
    with pytest.raises(KeyInUse):
        await told.run(once(7, "key", "route", {"another": "body"}))
    await flight.commit()
    assert (await told.run(ask)).n == 1
    assert await told.effects() == 1


async def test_the_same_key_of_another_person_is_not_in_flight(told: Told):
    flight = Paused(told.ground.db, lambda tx: recall(tx, [once(7, "key", "route", {})]))
    await flight.before_commit()
    assert await told.run(once(8, "key", "route", {})) == Said(1)
    await flight.commit()


@pytest.mark.parametrize(("key", "law"), [("key", "once_answer_pkey"), ("", "once_answer_key_check")])
async def test_the_schema_keeps_one_answer_a_key_that_is_one(told: Told, key: str, law: str):
    await told.run(once(7, "key", "route", {}))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await told.ground.db.pool.execute("INSERT INTO once_answer VALUES (7, $1, '', '', now())", key)


async def test_fifty_repeats_at_once_have_one_effect(told: Told):
    ask = once(7, "key", "route", {})
    answers = await asyncio.gather(*(told.run(ask) for _ in range(50)), return_exceptions=True)
    assert all(answer == Said(1) or isinstance(answer, KeyInUse) for answer in answers)
    assert Said(1) in answers
    assert await told.effects() == 1


async def test_a_refusal_changes_nothing_and_is_judged_anew(told: Told):
    ask = once(7, "key", "route", {})

    async def refuses(tx: Tx) -> Said:
        await told.story(tx)
        raise NotNow

    with pytest.raises(NotNow):
        await run_once(told.ground.db, ask, Said, refuses)
    assert await told.effects() == 0
    assert await told.ground.db.fetchval("SELECT count(*) FROM once_answer") == 0
    assert await told.run(ask) == Said(1)


async def test_many_asks_are_recalled_in_order_in_one_statement(told: Told):
    known, reused, fresh = (once(7, key, "route", {}) for key in ("known", "reused", "fresh"))
    await told.run(known)
    await told.run(once(7, "reused", "route", {"before": 1}))
    answers = await told.ground.db.run(lambda tx: recall(tx, [fresh, known, reused]))
    assert answers[:2] == [None, '{"n":1}']
    assert isinstance(answers[2], KeyReused)


async def test_the_actor_of_a_story_is_who_asks(told: Told):
    async def story(tx: Tx) -> Said:
        return Said(tx.actor)

    assert await run_once(told.ground.db, once(7, "key", "route", {}), Said, story) == Said(7)


def test_equal_bodies_are_one_request_whatever_their_order():
    assert once(1, "k", "r", {"a": 1, "b": [2]}) == once(1, "k", "r", {"b": [2], "a": 1})
    assert once(1, "k", "r", {"a": 1}).fingerprint != once(1, "k", "r", {"a": "1"}).fingerprint
    assert once(1, "k", "r", ["x"]).fingerprint != once(1, "k", 'r",["x"]', []).fingerprint


@pytest.mark.parametrize("key", ["", "x" * 256, "键", "a\nb", "a\0b", "\x7f"])
def test_a_key_is_short_printable_ascii(key: str):
    with pytest.raises(KeyNotValid) as refused:
        once(1, key, "r", {})
    assert refused.value.facts == {"length": len(key)}


def test_a_key_of_255_characters_is_a_key():
    assert once(1, "x" * 255, "r", {}).key == "x" * 255

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest
from interleaving import Paused

from renqing.foundation import outbox
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotNow
from renqing.foundation.facts import Fact
from renqing.foundation.ground import Ground


class SunRose(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "SunRose"
    over: str


async def leave(ground: Ground, *subjects: int) -> None:
    await ground.db.run(
        lambda tx: outbox.leave(tx, *(SunRose(subject_id=subject, over="杭州") for subject in subjects)), actor=9
    )


async def take(ground: Ground, limit: int = outbox.BATCH_MAX) -> list[outbox.LeftFact]:
    return await ground.db.run(lambda tx: outbox.take(tx, limit))


async def test_a_fact_is_there_exactly_if_its_transaction_committed(ground: Ground):
    async def leaves_and_fails(tx: Tx) -> None:
        await outbox.leave(tx, SunRose(subject_id=1, over="x"))
        raise NotNow

    with pytest.raises(NotNow):
        await ground.db.run(leaves_and_fails)
    assert await take(ground) == []
    await leave(ground, 1)
    (fact,) = await take(ground)
    assert (fact.kind, fact.subject_id, fact.actor_id, fact.attempts) == ("SunRose", 1, 9, 0)
    assert fact.payload == {"subject_id": 1, "over": "杭州"}


async def test_leaving_nothing_costs_nothing(ground: Ground):
    await leave(ground)
    assert await take(ground) == []


async def test_what_was_told_is_not_told_again_and_stays(ground: Ground):
    await leave(ground, 1, 2)
    one, two = await take(ground)
    await ground.db.run(lambda tx: outbox.mark_told(tx, [one.id]))
    assert await take(ground) == [two]
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact") == 2


async def test_two_workers_never_hold_the_same_fact(ground: Ground):
    await leave(ground, 1, 2, 3)
    held: list[outbox.LeftFact] = []

    async def first(tx: Tx) -> None:
        held.extend(await outbox.take(tx, 2))

    worker = Paused(ground.db, first)
    await worker.before_commit()
    assert [fact.subject_id for fact in held] == [1, 2]
    assert [fact.subject_id for fact in await take(ground)] == [3]
    await worker.commit()


async def test_a_fact_that_fails_comes_back_later_each_time_and_is_then_set_aside(ground: Ground):
    await leave(ground, 1)
    waits = []
    for _ in range(outbox.ATTEMPTS_MAX):
        (fact,) = await take(ground)
        failed_at = ground.clock.now()
        await ground.db.run(lambda tx, fact=fact: outbox.mark_failed(tx, fact, "why"))
        assert await take(ground) == []
        next_at = await ground.db.fetchval("SELECT next_at FROM outbox_fact")
        waits.append((next_at - failed_at).total_seconds())
        ground.clock.move(next_at - failed_at)
    assert waits == [4**n for n in range(outbox.ATTEMPTS_MAX)]
    assert await take(ground) == []
    row = await ground.db.fetchrow("SELECT attempts, last_error, set_aside_at FROM outbox_fact")
    assert row is not None
    assert (row["attempts"], row["last_error"]) == (outbox.ATTEMPTS_MAX, "why")
    assert row["set_aside_at"] is not None


async def test_an_operator_lets_a_set_aside_fact_be_told_again(ground: Ground):
    await leave(ground, 1)
    (fact,) = await take(ground)
    assert not await ground.db.run(lambda tx: outbox.tell_again(tx, fact.id)), "it is not set aside"
    await ground.db.fetchval(
        "UPDATE outbox_fact SET set_aside_at = now(), attempts = 8, next_at = 'infinity' RETURNING 1"
    )
    assert await ground.db.run(lambda tx: outbox.tell_again(tx, fact.id))
    (again,) = await take(ground)
    assert (again.id, again.attempts) == (fact.id, 0)
    assert not await ground.db.run(lambda tx: outbox.tell_again(tx, 1))


@pytest.mark.parametrize("why", ["bad \0 words", "lone \ud800 half", "很长" * 4_000])
async def test_words_that_postgresql_cannot_keep_do_not_stop_the_mending(ground: Ground, why: str):
    await leave(ground, 1)
    (fact,) = await take(ground)
    await ground.db.run(lambda tx: outbox.mark_failed(tx, fact, why))
    assert len(await ground.db.fetchval("SELECT last_error FROM outbox_fact")) <= 500


async def test_facts_come_in_the_order_they_were_left(ground: Ground):
    await leave(ground, 5)
    ground.clock.move(timedelta(seconds=1))
    await leave(ground, 3, 4)
    assert [fact.subject_id for fact in await take(ground)] == [5, 3, 4]
    assert [fact.subject_id for fact in await take(ground, 2)] == [5, 3]

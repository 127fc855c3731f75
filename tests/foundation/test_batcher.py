from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from renqing.foundation.batcher import Batcher, BatcherFull, each_once


class Work:
    """Doubles numbers; remembers its batches; can be held until told to go on."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.poison: set[int] = set()
        self.go = asyncio.Event()
        self.go.set()
        self.begun = asyncio.Event()

    async def __call__(self, asks: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(asks))
        self.begun.set()
        await self.go.wait()
        if self.poison & set(asks):
            raise ValueError("a batch with poison in it")
        return [ask * 2 if ask >= 0 else KeyError(ask) for ask in asks]

    def hold(self) -> None:
        self.go.clear()
        self.begun.clear()


async def ticks(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_calls_of_one_tick_share_a_batch_and_get_their_own_answers():
    work = Work()
    batcher = Batcher(work)
    assert await asyncio.gather(*(batcher.ask(n) for n in range(10))) == [2 * n for n in range(10)]
    assert work.batches == [list(range(10))]


async def test_what_waits_while_a_batch_is_in_flight_is_the_next_one():
    work = Work()
    batcher = Batcher(work)
    work.hold()
    first = asyncio.create_task(batcher.ask(1))
    await work.begun.wait()
    later = [asyncio.create_task(batcher.ask(n)) for n in (2, 3, 4)]
    await ticks()
    assert work.batches == [[1]]
    work.go.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6, 8]
    assert work.batches == [[1], [2, 3, 4]]


async def test_a_poisoned_member_is_run_alone_and_hurts_nobody():
    work = Work()
    batcher = Batcher(work)
    work.poison = {3}
    answers = await asyncio.gather(*(batcher.ask(n) for n in range(6)), return_exceptions=True)
    assert [answer for answer in answers if not isinstance(answer, Exception)] == [0, 2, 4, 8, 10]
    assert isinstance(answers[3], ValueError)
    assert work.batches == [[0, 1, 2, 3, 4, 5], [0], [1], [2], [3], [4], [5]]


async def test_an_answer_that_is_an_exception_is_raised_to_its_own_caller():
    batcher = Batcher(Work())
    answers = await asyncio.gather(batcher.ask(1), batcher.ask(-1), return_exceptions=True)
    assert answers[0] == 2
    assert isinstance(answers[1], KeyError)


async def test_a_caller_who_goes_away_does_not_take_its_ask_or_the_others_with_it():
    work = Work()
    batcher = Batcher(work)
    work.hold()
    gone, stays = asyncio.create_task(batcher.ask(1)), asyncio.create_task(batcher.ask(2))
    await work.begun.wait()
    waits = asyncio.create_task(batcher.ask(3))
    await ticks()
    gone.cancel()
    waits.cancel()
    work.go.set()
    assert await stays == 4
    assert await batcher.ask(4) == 8
    assert [n for batch in work.batches for n in batch] == [1, 2, 3, 4]


async def test_two_asks_of_one_key_never_share_a_batch():
    work = Work()
    batcher = Batcher(work, key=lambda ask: ask % 10)
    asked = [1, 11, 2, 21, 12, 3]
    assert await asyncio.gather(*(batcher.ask(n) for n in asked)) == [2 * n for n in asked]
    assert work.batches == [[1, 2, 3], [11, 12], [21]]


async def test_a_batch_is_no_larger_than_its_limit():
    work = Work()
    batcher = Batcher(work, batch_max=4)
    await asyncio.gather(*(batcher.ask(n) for n in range(10)))
    assert [len(batch) for batch in work.batches] == [4, 4, 2]


async def test_more_than_may_wait_are_told_at_once():
    work = Work()
    batcher = Batcher(work, waiting_max=2)
    work.hold()
    first = asyncio.create_task(batcher.ask(1))
    await work.begun.wait()
    waiting = [asyncio.create_task(batcher.ask(n)) for n in (2, 3)]
    await ticks()
    with pytest.raises(BatcherFull):
        await batcher.ask(4)
    work.go.set()
    assert await asyncio.gather(first, *waiting) == [2, 4, 6]
    assert await batcher.ask(5) == 10


async def test_work_that_answers_too_few_fails_its_callers_instead_of_leaving_them_waiting():
    async def forgets(asks: Sequence[int]) -> list[int | Exception]:
        return [0 for _ in asks][1:]

    batcher = Batcher(forgets)
    answers = await asyncio.gather(batcher.ask(1), batcher.ask(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [AssertionError, AssertionError]


async def test_an_idle_batcher_has_no_task_and_no_timer():
    batcher = Batcher(Work())
    await batcher.ask(1)
    await ticks()
    assert not batcher._leaders


async def test_batches_run_side_by_side_where_that_is_allowed():
    work = Work()
    batcher = Batcher(work, in_flight_max=2)
    work.hold()
    one = asyncio.create_task(batcher.ask(1))
    await ticks()
    two = asyncio.create_task(batcher.ask(2))
    await ticks()
    three = asyncio.create_task(batcher.ask(3))
    await ticks()
    assert work.batches == [[1], [2]]
    work.go.set()
    assert await asyncio.gather(one, two, three) == [2, 4, 6]


async def test_equal_readings_are_read_once_and_a_failed_one_fails_for_those_who_asked_it_alone():
    read: list[str] = []

    async def answer(ask: str) -> str:
        read.append(ask)
        if ask == "broken":
            raise ValueError(ask)
        return ask.upper()

    reading: Batcher[str, str] = Batcher(each_once(answer))
    asks = ["tea", "cup", "tea", "broken", "tea", "broken"]
    answers = await asyncio.gather(*map(reading.ask, asks), return_exceptions=True)
    assert sorted(read) == ["broken", "cup", "tea"]
    assert answers[:3] == ["TEA", "CUP", "TEA"] and answers[4] == "TEA"
    assert [type(answers[place]) for place in (3, 5)] == [ValueError, ValueError]


async def test_nobody_is_answered_from_a_reading_that_began_before_they_asked():
    stock, began, go = {"left": 1}, asyncio.Event(), asyncio.Event()

    async def answer(_ask: str) -> int:
        left = stock["left"]
        began.set()
        await go.wait()
        return left

    reading: Batcher[str, int] = Batcher(each_once(answer))
    early = asyncio.create_task(reading.ask("tea"))
    await began.wait()
    stock["left"] = 0
    late = asyncio.create_task(reading.ask("tea"))
    await asyncio.sleep(0)
    go.set()
    assert (await early, await late) == (1, 0)

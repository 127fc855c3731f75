"""Each switch makes the sandbox bank misbehave in its one way, and none makes its truth lie."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from bankside import PAID, SECRET, Bankside, bankside

from renqing.foundation.ids import SeededIds
from renqing.providers.sandbox_channel import SandboxChannel
from renqing.providers.sandbox_channel.bank.model import Switches
from renqing.providers.sandbox_channel.bank.rules import HELD_SECONDS_MAX, strikes
from renqing.trade.payments.ports import CallbackForged, ChannelRefused, ChannelSilent


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Bankside]:
    async with bankside(tmp_path) as opened:
        yield opened


async def _moved(town: Bankside) -> list[int]:
    """What the bank's statement says that moved."""
    return [line.amount for line in await town.channel.statement()]


# callbacks ------------------------------------------------------------------------------------------------------


async def test_duplicate_sends_copies_with_one_event_id_in_parallel(town: Bankside) -> None:
    await town.channel.switch({"duplicate": 9})
    await town.paid(7)
    town.shop.together = asyncio.Barrier(10)  # answers only once all ten are in the air
    assert await town.deliver() == 10
    assert len({(heard.headers["webhook-id"], heard.raw) for heard in town.shop.heard}) == 1
    assert len(town.news()) == 10 and await _moved(town) == [PAID]


async def test_duplicates_may_be_apart(town: Bankside) -> None:
    await town.channel.switch({"duplicate": 2, "duplicate_apart_seconds": 60}, 7)
    await town.paid(7)
    assert [await town.deliver(timedelta(seconds=gap)) for gap in (0, 59, 1, 60, 60)] == [1, 0, 1, 1, 0]
    assert len({news.event_id for news in town.news()}) == 1


async def test_delay_keeps_a_callback_back(town: Bankside) -> None:
    await town.channel.switch({"delay_seconds": 1800})
    await town.paid(7)
    assert await town.deliver(timedelta(seconds=1799)) == 0
    assert (await town.channel.query(7)).state == "paid"
    assert await town.deliver(timedelta(seconds=1)) == 1


async def test_reorder_lets_later_events_go_first(town: Bankside) -> None:
    await town.channel.switch({"reorder": 2}, 1)
    await town.paid(1, 2)
    assert await town.deliver() == 1
    await town.paid(3, 4)
    assert await town.deliver() == 3
    order = [news.intent_id for news in town.news()]
    assert order[0] == 2 and order[-1] == 1 and sorted(order) == [1, 2, 3, 4]


async def test_what_is_held_leaves_in_the_end_though_nothing_comes_after(town: Bankside) -> None:
    await town.channel.switch({"reorder": 5})
    await town.paid(1)
    assert await town.deliver(timedelta(seconds=HELD_SECONDS_MAX - 1)) == 0
    assert await town.deliver(timedelta(seconds=1)) == 1


async def test_the_refund_may_be_told_before_its_payment(town: Bankside) -> None:
    await town.channel.switch({"reorder": 1}, 7)
    await town.paid(7)
    await town.channel.refund(town.refund_ask(70, 7, PAID))
    await town.deliver()
    assert [(news.kind, news.refund_id) for news in town.news()] == [("refund", 70), ("payment", None)]


async def test_lose_never_sends_and_only_a_query_tells(town: Bankside) -> None:
    await town.channel.switch({"lose": True}, 7)
    await town.paid(7, 8)
    assert await town.deliver(timedelta(days=30)) == 1
    assert [news.intent_id for news in town.news()] == [8]
    assert (await town.channel.query(7)).state == "paid"
    assert [letter["outcome"] for letter in await town.channel.deliveries(7)] == ["lost"]


@pytest.mark.parametrize(
    ("what", "field", "said"),
    [
        ("amount", "amount", PAID + 1),
        ("currency", "currency", "USD"),
        ("state", "state", "closed"),
        ("intent", "intent_id", 6),
    ],
)
async def test_contradict_signs_an_untruth_that_the_query_denies(
    town: Bankside, what: str, field: str, said: object
) -> None:
    await town.channel.switch({"contradict": what}, 7)
    await town.paid(7)
    await town.deliver()
    (news,) = town.news()
    truth = await town.channel.query(7)
    assert getattr(news, field) == said != getattr(truth, field)
    others = {"amount", "currency", "state", "intent_id", "channel_ref"} - {field}
    assert all(getattr(news, name) == getattr(truth, name) for name in others)
    assert (truth.state, truth.amount) == ("paid", PAID) and await _moved(town) == [PAID]


async def test_contradict_says_of_a_refund_that_is_done_that_it_failed(town: Bankside) -> None:
    await town.paid(7)
    await town.channel.switch({"contradict": "state"}, 7)
    await town.channel.refund(town.refund_ask(70, 7, 900))
    await town.deliver()
    assert town.news()[-1].state == "failed" and (await town.channel.query_refund(70)).state == "done"


@pytest.mark.parametrize(
    ("how", "why"),
    [("signature", "signature"), ("unsigned", "signature"), ("altered", "signature"), ("stale", "timestamp")],
)
async def test_forge_sends_a_claim_that_nobody_may_believe(town: Bankside, how: str, why: str) -> None:
    await town.channel.switch({"forge": how})
    await town.channel.open(town.ask(7))
    town.shop.answers.append(403)
    assert await town.deliver() == 1
    (forged,) = town.shop.heard
    assert json.loads(forged.raw)["state"] == "paid" and (await town.channel.query(7)).state == "open"
    with pytest.raises(CallbackForged) as caught:
        town.read(forged)
    assert caught.value.facts["why"] == why
    assert await town.deliver(timedelta(days=1)) == 0, "a forger tries once"

    await town.channel.pay(7)
    town.shop.answers.append(403)
    assert await town.deliver() == 2
    await town.channel.refund(town.refund_ask(70, 7, 1))
    await town.deliver()
    assert [(news.kind, news.state) for news in town.news()] == [("payment", "paid"), ("refund", "done")]


# answers --------------------------------------------------------------------------------------------------------


async def test_silent_does_the_work_and_never_answers(town: Bankside) -> None:
    await town.channel.switch({"answer": "silent", "answer_on": ["open", "refund"]})
    hasty = SandboxChannel(town.url, SECRET, town.clock, SeededIds(5), answer_seconds_max=1.0)
    with pytest.raises(ChannelSilent) as none:
        await hasty.open(town.ask(7))
    assert none.value.facts == {"operation": "open", "why": "too_late"}
    assert (await town.channel.query(7)).state == "open"
    opened = await hasty.open(town.ask(7))  # once an operation and id: asking again is answered
    assert opened.channel_ref == (await town.channel.query(7)).channel_ref
    await town.channel.pay(7)
    with pytest.raises(ChannelSilent):
        await hasty.refund(town.refund_ask(70, 7, 900))
    assert (await town.channel.query_refund(70)).state == "done"
    assert (await hasty.refund(town.refund_ask(70, 7, 900))).state == "done"
    assert await _moved(town) == [PAID, -900]
    hasty.close_connections()


@pytest.mark.parametrize(("how", "moved"), [("fail_before", []), ("fail_after", [PAID])])
async def test_failing_answers_leave_the_asker_unsure(town: Bankside, how: str, moved: list[int]) -> None:
    await town.channel.open(town.ask(7))
    await town.channel.switch({"answer": how, "answer_on": ["pay"], "answer_times": 2}, 7)
    for _ in range(2):
        with pytest.raises(ChannelSilent) as none:
            await town.channel.pay(7)
        assert none.value.facts["why"] == "status_500"
    assert await _moved(town) == moved
    assert (await town.channel.pay(7)).state == "paid" and await _moved(town) == [PAID]


async def test_refuse_is_a_certain_no_with_nothing_done(town: Bankside) -> None:
    await town.channel.switch({"answer": "refuse", "answer_times": 0})
    for _ in range(3):
        with pytest.raises(ChannelRefused) as no:
            await town.channel.open(town.ask(7))
        assert no.value.facts["reason"] == "refused_on_request"
    await town.channel.switch({})
    assert (await town.channel.query(7)).state == "unknown"


async def test_queries_misbehave_too(town: Bankside) -> None:
    await town.paid(7)
    await town.channel.refund(town.refund_ask(70, 7, 900))
    await town.channel.switch({"answer": "contradict", "answer_on": ["query", "query_refund"]})
    assert [(await town.channel.query(7)).amount for _ in range(2)] == [PAID + 1, PAID]
    assert [(await town.channel.query_refund(70)).amount for _ in range(2)] == [901, 900]


# refunds --------------------------------------------------------------------------------------------------------


async def test_a_refund_may_stay_processing_for_ever(town: Bankside) -> None:
    await town.paid(7)
    await town.channel.switch({"refunds": "processing"}, 7)
    ask = town.refund_ask(70, 7, PAID)
    assert (await town.channel.refund(ask)).state == "processing"
    await town.deliver(timedelta(days=365))
    assert (await town.channel.refund(ask)).state == "processing"
    assert [news.kind for news in town.news()] == ["payment"] and await _moved(town) == [PAID]
    with pytest.raises(ChannelRefused):
        await town.channel.refund(town.refund_ask(71, 7, 1))


async def test_a_refund_may_take_its_time(town: Bankside) -> None:
    await town.paid(7)
    await town.deliver()
    await town.channel.switch({"refund_seconds": 3600}, 7)
    assert (await town.channel.refund(town.refund_ask(70, 7, 900))).state == "processing"
    assert await town.deliver(timedelta(seconds=3599)) == 0 and await _moved(town) == [PAID]
    assert await town.deliver(timedelta(seconds=1)) == 1
    assert (await town.channel.query_refund(70)).state == "done" and await _moved(town) == [PAID, -900]


async def test_a_refund_may_fail_and_the_money_is_left_to_refund_again(town: Bankside) -> None:
    await town.paid(7)
    await town.channel.switch({"refunds": "failed"}, 7)
    assert (await town.channel.refund(town.refund_ask(70, 7, PAID))).state == "failed"
    await town.channel.switch({}, 7)
    assert (await town.channel.refund(town.refund_ask(71, 7, PAID))).state == "done"
    await town.deliver()
    told = {(news.refund_id, news.state) for news in town.news()}
    assert told == {(None, "paid"), (70, "failed"), (71, "done")} and await _moved(town) == [PAID, -PAID]


# the switches themselves ----------------------------------------------------------------------------------------


async def test_a_payments_own_switches_come_before_those_for_all(town: Bankside) -> None:
    await town.channel.switch({"lose": True, "duplicate": 2})
    said = await town.channel.switch({"lose": False}, 7)
    assert said["switched"] == {"lose": False}
    assert (said["in_force"]["lose"], said["in_force"]["duplicate"]) == (False, 2)
    await town.paid(7, 8)
    assert await town.deliver() == 3
    await town.channel.switch({}, 7)
    assert (await town.channel.switches(7))["in_force"]["lose"] is True
    assert (await town.channel.switches())["switched"] == {"lose": True, "duplicate": 2}


@pytest.mark.parametrize("wrong", [{"loose": True}, {"lose": "yes"}, {"duplicate": -1}, {"contradict": "all"}])
async def test_a_switch_that_is_not_there_is_refused_and_none_is_set(town: Bankside, wrong: dict[str, object]) -> None:
    await town.channel.switch({"duplicate": 1})
    with pytest.raises(ChannelRefused) as no:
        await town.channel.switch(wrong)
    assert no.value.facts["reason"] == "malformed"
    assert (await town.channel.switches())["switched"] == {"duplicate": 1}


async def test_a_seed_replays_the_same_faults_whatever_the_order_of_arrival(tmp_path: Path) -> None:
    async def lost_of(folder: Path, seed: int, ids: list[int]) -> set[int]:
        async with bankside(folder) as town:
            await town.channel.switch({"lose": True, "chance_ppm": 400_000, "seed": seed})
            await town.paid(*ids)
            await town.deliver()
            return set(ids) - {news.intent_id for news in town.news()}

    ids = list(range(1, 25))
    first = await lost_of(tmp_path / "a", 1, ids)
    assert first == await lost_of(tmp_path / "b", 1, ids[::-1])
    assert first != await lost_of(tmp_path / "c", 2, ids)
    assert 0 < len(first) < len(ids)


def test_chance_is_the_share_that_is_hit_and_each_switch_draws_for_itself() -> None:
    switches = Switches(seed=3, chance_ppm=250_000)
    lost = {n for n in range(20_000) if strikes(switches, "lose", n)}
    late = {n for n in range(20_000) if strikes(switches, "delay_seconds", n)}
    assert 4_800 < len(lost) < 5_200 and 4_800 < len(late) < 5_200
    assert 1_100 < len(lost & late) < 1_400
    assert not any(strikes(Switches(chance_ppm=0), "lose", n) for n in range(100))

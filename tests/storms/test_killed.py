"""Killed as by ``kill -9`` between any two commits: the same request again ends the story, and everything is once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import one_story
import pytest
from conftest import TEST_KEYS
from counter import buy
from outside import listen
from town import Town, build_town, give_paid, place, raised, snapshot
from town import claim as claim_of

from renqing.books import ledger, stock
from renqing.foundation.ground import Ground
from renqing.foundation.timers import LENT_FOR
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.state_a_promise import StateAPromise, state_a_promise
from renqing.trade import shipping
from renqing.trade.lateness import NewPromise
from renqing.views.check import check

KILLED = 137
SCRIPT = Path(one_story.__file__)

Prepare = Callable[[Town], Awaitable[dict[str, Any]]]


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


def run(town: Town, story: str, said: dict[str, Any], crash_at: str) -> subprocess.CompletedProcess[str]:
    """The story in a process of its own."""
    stands_on = {"dsn": town.ground.settings.database_url, "now": town.ground.clock.now().isoformat()}
    environment = {**os.environ, "RENQING_CRASH_AT": crash_at}
    arguments = [sys.executable, str(SCRIPT), story, json.dumps({**stands_on, **said})]
    return subprocess.run(arguments, env=environment, check=False, capture_output=True, text=True, timeout=60)


async def check_out(town: Town) -> dict[str, Any]:
    return {
        "key": "k1",
        "ask": {
            "buyer_id": town.an,
            "lines": [[town.red, 2]],
            "address_id": town.addresses[town.an],
            "channel": "sandbox",
        },
    }


async def give(town: Town) -> dict[str, Any]:
    what = {"giver_id": town.an, "sku_id": town.red, "recipient_id": town.bo, "cover": "thanks", "greeting": "谢谢"}
    return {"key": "k1", "ask": {**what, "open_for_hours": 24, "channel": "sandbox"}}


async def claim(town: Town) -> dict[str, Any]:
    gift = await give_paid(town, town.an, town.bo, town.red)
    who = {"claimant_id": town.bo, "address_id": town.addresses[town.bo], "gift_id": gift.gift_id, "sku_id": town.blue}
    return {"key": "k1", "ask": who}


async def refuse(town: Town) -> dict[str, Any]:
    gift = await give_paid(town, town.an, town.bo, town.red)
    return {"key": "k1", "ask": {"person_id": town.bo, "sentence": "have_one", "gift_id": gift.gift_id}}


async def take(town: Town) -> dict[str, Any]:
    placed = await place(town, town.an, town.red)
    return {"key": "event-1", "intent_id": placed.intent_id, "amount": placed.total}


# story, what it needs, how many facts it leaves, what escrow and stock say after it
STORIES: dict[str, tuple[Prepare, list[str], int, dict[str, tuple[int, int]]]] = {
    "check_out": (check_out, [], 0, {"red": (10, 2)}),
    "give": (give, [], 0, {"red": (10, 1)}),
    "claim": (claim, ["GiftClaimed"], 12_900, {"red": (10, 0), "blue": (10, 1)}),
    "refuse": (refuse, ["GiftRefused", "OrderClosed"], 0, {"red": (10, 0)}),
    "take": (take, ["OrderPaid"], 12_900, {"red": (10, 1)}),
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("crash_at", ["before_commit", "after_commit"])
async def test_a_story_that_was_killed_is_finished_by_the_same_request(town: Town, story: str, crash_at: str):
    prepare, facts, escrow, items = STORIES[story]
    said = await prepare(town)
    before = await snapshot(town.ground)
    assert run(town, story, said, crash_at).returncode == KILLED
    killed = await snapshot(town.ground)
    assert (killed == before) == (crash_at == "before_commit"), "nothing is half done"
    first = raised(await one_story.tell(town.ground, story, said))
    done = await snapshot(town.ground)
    assert done == killed or crash_at == "before_commit", "what was committed is not done again"
    again = raised(await one_story.tell(town.ground, story, said))
    assert again == first or story == "take", "a callback that is repeated says so"
    assert await snapshot(town.ground) == done
    await is_once(town, facts, escrow, items)


async def is_once(town: Town, facts: list[str], escrow: int, items: dict[str, tuple[int, int]]) -> None:
    db = town.ground.db
    left = [row["kind"] for row in await db.fetch("SELECT kind FROM outbox_fact ORDER BY id")]
    assert [left.count(kind) for kind in facts] == [1] * len(facts)
    assert (await ledger.balance_of(db, ledger.escrow("CNY")))[0] == escrow
    for name, level in items.items():
        assert (await stock.levels(db, [getattr(town, name)]))[getattr(town, name)] == level
    assert [(found.id, found.shown) for found in (await check(town.ground)).findings if not found.holds] == []


async def test_a_claim_that_was_killed_once_everything_was_written_changes_nothing(town: Town):
    said = await claim(town)
    before = await snapshot(town.ground)
    assert run(town, "claim", said, "gift_claimed").returncode == KILLED
    assert await snapshot(town.ground) == before
    finished = run(town, "claim", said, "")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == msgspec.to_builtins(raised(await one_story.tell(town.ground, "claim", said)))
    await is_once(town, *STORIES["claim"][1:])


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_worker_that_is_killed_at_every_commit_in_turn_expires_and_refunds_once(
    town: Town, tmp_path: Path, point: str
):
    """It dies at its first commit, the next at its second and so on; each begins where the last one died."""
    said = {"channel": str(tmp_path / "channel.json")}
    for sku in (town.red, town.blue):
        await give_paid(town, town.an, town.bo, sku)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    kills = 0
    while (ended := run(town, "work", said, f"{point}:{kills + 1}")).returncode == KILLED:
        kills += 1
        assert kills < 20, "it never gets to its end"
        town.ground.clock.move(LENT_FOR)  # type: ignore[attr-defined]
    assert ended.returncode == 0, ended.stderr
    assert kills >= 3
    await expired_and_refunded_once(town, tmp_path)


@pytest.mark.parametrize("point", ["timer_effect_written", "errands_lent"])
async def test_a_worker_that_is_killed_with_its_hands_full_drops_nothing(town: Town, tmp_path: Path, point: str):
    said = {"channel": str(tmp_path / "channel.json")}
    for sku in (town.red, town.blue):
        await give_paid(town, town.an, town.bo, sku)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    assert run(town, "work", said, point).returncode == KILLED
    ended = await town.ground.db.fetchval("SELECT count(*) FROM gift_gift WHERE state = 180")
    assert ended == (0 if point == "timer_effect_written" else 2)
    town.ground.clock.move(LENT_FOR)  # type: ignore[attr-defined]
    await one_story.tell(town.ground, "work", said)
    await expired_and_refunded_once(town, tmp_path)


async def expired_and_refunded_once(town: Town, tmp_path: Path) -> None:
    channel = one_story.KeptChannel.of(tmp_path / "channel.json")
    assert sorted(ask.amount for ask in channel.refunds.values()) == [12_900, 12_900]
    assert len({ask.intent_id for ask in channel.refunds.values()}) == 2
    db = town.ground.db
    assert await db.fetchval("SELECT count(*) FROM gift_gift WHERE state = 181") == 2
    assert (await ledger.balance_of(db, ledger.refunds_due("CNY")))[0] == 0
    assert (await ledger.balance_of(db, ledger.clearing(1, "CNY")))[0] == 0
    told = [row["kind"] for row in await db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1", town.an)]
    assert sorted(told) == ["gift_expired"] * 2 + ["gift_refunded"] * 2
    assert (await check(town.ground)).is_clean


async def killed_in_turn(town: Town, said: dict[str, Any], point: str, least: int) -> None:
    """A worker dies at the first visit of a point, the next at its second and so on, until one gets to its end."""
    kills = 0
    while (ended := run(town, "work", said, f"{point}:{kills + 1}")).returncode == KILLED:
        kills += 1
        assert kills < 20, "it never gets to its end"
        town.ground.clock.move(LENT_FOR)  # type: ignore[attr-defined]
    assert ended.returncode == 0, ended.stderr
    assert kills >= least


@pytest.mark.parametrize("point", ["before_commit", "after_commit", "return_begun", "return_asked"])
async def test_a_worker_that_is_killed_at_every_step_keeps_a_balance_once_and_gives_it_back_once(
    town: Town, tmp_path: Path, point: str
):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    said = {"channel": str(tmp_path / "channel.json")}
    await killed_in_turn(town, {**said, "refunds": "closed"}, point, least=0 if point.startswith("return") else 2)
    purse = ledger.person_balance(town.an, "CNY")
    assert (await ledger.balance_of(town.ground.db, purse))[0] == 12_900
    town.ground.clock.move(timedelta(days=7))  # type: ignore[attr-defined]
    await killed_in_turn(town, said, point, least=1)
    asked = one_story.KeptChannel.of(tmp_path / "channel.json").refunds
    assert [ask.amount for ask in asked.values()] == [12_900, 12_900], "the refund, and one try under one number"
    assert (await ledger.balance_of(town.ground.db, purse))[0] == 0
    assert (await ledger.balance_of(town.ground.db, ledger.clearing(1, "CNY")))[0] == 0
    told = [row["kind"] for row in await town.ground.db.fetch("SELECT kind FROM outbox_fact")]
    assert (told.count("RefundFailed"), told.count("BalanceReturned"), told.count("GiftRefunded")) == (1, 1, 1)
    assert (await check(town.ground)).is_clean


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_a_worker_that_is_killed_at_every_commit_in_turn_pays_for_lateness_once(
    town: Town, tmp_path: Path, point: str
):
    """Killed while it pays, asks the channel and tells: of two orders each is paid for once."""
    new = NewPromise(500, 100, 5000, 24)
    await state_a_promise(town.ground, StateAPromise(town.owner_id, town.shop_id, new), town.key(town.owner_id))
    late = [await buy(town, town.an, sku) for sku in (town.red, town.blue)]
    said = {"channel": str(tmp_path / "channel.json")}
    await one_story.tell(town.ground, "work", said)
    town.ground.clock.move(timedelta(days=3))  # type: ignore[attr-defined]
    await killed_in_turn(town, said, point, least=3)
    asked = one_story.KeptChannel.of(tmp_path / "channel.json").refunds.values()
    assert sorted((ask.intent_id, ask.amount) for ask in asked) == sorted((one.intent_id, 645) for one in late)
    db = town.ground.db
    assert await db.fetchval("SELECT count(*) FROM lateness_paid") == 2
    assert (await ledger.balance_of(db, ledger.escrow("CNY")))[0] == 2 * (12_900 - 645)
    told = [row["kind"] for row in await db.fetch("SELECT kind FROM notice_notice")]
    assert (told.count("order_late_paid"), told.count("shop_was_late"), told.count("refund_done")) == (2, 2, 2)
    assert (await check(town.ground)).is_clean


async def test_what_a_far_place_does_not_need_comes_back_once_whoever_is_killed_between_any_two_steps(
    town: Town, tmp_path: Path
):
    """The claim dies before and behind its commit, the worker before each of its own, also with the bank asked."""
    rate = shipping.Rate(330000, fee=800)
    await town.ground.db.run(lambda tx: shipping.set_rate(tx, town.shop_id, rate))
    gift = await give_paid(town, town.an, town.bo, town.red, surcharge_allowed=1_500)
    who = {"claimant_id": town.bo, "address_id": town.addresses[town.bo], "gift_id": gift.gift_id}
    said = {"key": "k1", "ask": who}
    before = await snapshot(town.ground)
    assert run(town, "claim", said, "gift_claimed").returncode == KILLED
    assert await snapshot(town.ground) == before
    assert run(town, "claim", said, "after_commit").returncode == KILLED
    raised(await one_story.tell(town.ground, "claim", said))
    assert (await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")))[0] == 700
    await killed_in_turn(town, {"channel": str(tmp_path / "channel.json")}, "before_commit", least=2)
    refunds = one_story.KeptChannel.of(tmp_path / "channel.json").refunds
    assert [(ask.intent_id, ask.amount) for ask in refunds.values()] == [(gift.intent_id, 700)]
    assert (await ledger.balance_of(town.ground.db, ledger.refunds_due("CNY")))[0] == 0
    left = [row["kind"] for row in await town.ground.db.fetch("SELECT kind FROM outbox_fact")]
    assert (left.count("RefundStarted"), left.count("RefundDone")) == (1, 1)
    assert (await check(town.ground)).is_clean


@pytest.mark.parametrize("point", ["webhooks_lent", "webhook_posted"])
async def test_a_postman_who_is_killed_tells_it_again_under_its_id_and_leaves_nothing_out(
    town: Town, tmp_path: Path, point: str
):
    """Killed with what it lent, or with what it posted and had not written: it was told not at all, or twice."""
    said = {"channel": str(tmp_path / "channel.json"), "outside": str(tmp_path / "told")}
    (tmp_path / "told").touch()
    await listen(town)
    gift = await give_paid(town, town.an, town.bo, town.red)
    await claim_of(town, town.bo, gift.gift_id)
    told = one_story.KeptOutside.of(tmp_path / "told")
    assert run(town, "work", said, point).returncode == KILLED
    assert [event_id.split("_", 2)[2] for event_id, _ in told.told()] == ["order_paid"] * (point == "webhook_posted")
    await one_story.tell(town.ground, "work", said)
    assert len(told.told()) == (point == "webhook_posted"), "what another has in hand is nobody's yet"
    town.ground.clock.move(LENT_FOR)  # type: ignore[attr-defined]
    assert run(town, "work", said, f"{point}:2").returncode == KILLED
    town.ground.clock.move(LENT_FOR)  # type: ignore[attr-defined]
    await one_story.tell(town.ground, "work", said)
    assert [json.loads(body)["type"] for body in dict(told.told()).values()] == [
        "order.paid", "gift.paid", "gift.claimed",
    ]  # fmt: skip
    assert [json.loads(body)["sequence"] for body in dict(told.told()).values()] == [1, 2, 3]
    assert len(dict(told.told())) == len(set(told.told())), "the same id always says the same"
    waiting = await town.ground.db.fetchval("SELECT count(*) FROM webhook_delivery WHERE state <> 'delivered'")
    assert waiting == 0 and (await check(town.ground)).is_clean


def test_the_storm_stands_on_the_tests_keys():
    assert one_story.KEYS == TEST_KEYS

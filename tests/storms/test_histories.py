"""Histories of journeys, faults and interleavings: what a seed plays is judged by a model that knows none of our rules.

``renqing storm`` plays more of them; a seed that surprises there is replayed with ``--seed``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from conftest import memory

from renqing.books import stock
from renqing.doors.cli.storming import history
from renqing.doors.cli.storming.fleet import Field, make_template, play, play_all
from renqing.doors.cli.storming.stage import LISTENED_EVERY
from renqing.foundation import once, outbox, timers
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.sandbox_channel.beside import BankBeside
from renqing.social.gifts import rules as gift_rules
from renqing.social.gifts.model import Gift, GiftState
from renqing.trade import carts, payments, webhooks
from renqing.trade.orders.model import Order
from renqing.trade.payments import Effect
from renqing.trade.webhooks import store as hook_store
from renqing.trade.webhooks.model import Tried

HISTORIES, STEPS = 300, 200
TEMPLATE = "renqing_storm_template"


@pytest.fixture(scope="module")
def field(postgres: EmbeddedPostgres) -> Iterator[Field]:
    """A template of the storm's own on the tests' server."""
    postgres.ensure_database(TEMPLATE)
    asyncio.run(make_template(postgres.dsn(TEMPLATE)))
    with TemporaryDirectory(prefix="renqing-storm-", dir=memory()) as folder:
        yield Field(postgres.dsn("marker").replace("marker", "{database}"), TEMPLATE, folder, BankBeside)


@pytest.mark.timeout(1_200)
def test_whatever_befalls_it_every_answer_was_allowed_and_nothing_is_left_pending(field: Field):
    ran = play_all(field, range(1, HISTORIES + 1), steps=STEPS, processes=2)
    assert not ran.surprises, "\n\n".join(one.why for one in ran.surprises)
    assert (ran.histories, ran.steps) == (HISTORIES, HISTORIES * STEPS)
    assert not ran.never(), f"faults that fired too seldom prove nothing: {ran.never()}"


async def _nothing(*_: Any) -> int:
    return 0


async def _forgets(*_: Any) -> None:
    return


def _any_amount(intent: Any, news: Any) -> Effect:
    return Effect.CAPTURE if news.state == "paid" and intent.state != "captured" else Effect.REPEATED


def _claims_late(gift: Any, claimant_id: int, _now: Any, *, in_its_group: bool = False) -> None:
    gift_rules.judge_recipient(gift, claimant_id, in_its_group=in_its_group)
    if gift.state is not GiftState.CLAIMABLE:
        raise gift_rules.GiftNotAvailable


_judge_end, _insert, _lend = gift_rules.judge_end, hook_store.insert_deliveries, webhooks.lend


def _anybody_declines(gift: Any, ending: Any, now: Any, policy: Any) -> GiftState:
    return _judge_end(msgspec.structs.replace(gift, shares=1), ending, now, policy)


async def _no_order(tx: Any, rows: Any) -> None:
    await _insert(tx, [(*row[:-1], True) for row in rows])


async def _anew(tx: Any, limit: int, *, failing: bool) -> list[Any]:
    lent = await _lend(tx, limit, failing=failing)
    return [msgspec.structs.replace(one, event_id=f"{one.event_id}_{one.loan}") for one in lent]


async def _holds_anything(_tx: Any, asks: Any) -> list[None]:
    return [None for _ in asks]


# What is broken in our own code, what a storm must say of it, and the first seed to play: one that soon says so.
MISTAKES: dict[str, tuple[Any, str, Any, str, int]] = {
    "stock that is never let go": (stock, "release", _nothing, "stock should be", 1),
    "answers that are not kept": (once, "remember", _forgets, "answers are kept", 1),
    "a callback of another amount": (payments, "judge", _any_amount, "another amount", 1),
    "a gift that is claimed when its time is over": (gift_rules, "judge_claim", _claims_late, "allowed", 11),
    "deadlines that are dropped": (timers, "set_timers", _forgets, "", 1),
    "facts that nobody leaves": (outbox, "leave", _forgets, "check differs", 1),
    "stock of claimed shares that is let go as well": (Gift, "left", property(lambda gift: gift.shares), "", 1),
    "money of claimed shares that goes back as well": (
        Order,
        "rest_amount",
        property(lambda order: order.total_amount - order.refunded_amount),
        "",
        1,
    ),
    "one who declines what is for many": (gift_rules, "judge_end", _anybody_declines, "allowed", 3),
    "what was ordered stays in the cart": (carts, "delete_lines", _forgets, "carts should be", 1),
    "an order of what the cart does not hold": (carts, "judge_order", _holds_anything, "allowed", 6),
    "a webhook that counts as taken": (Tried, "is_taken", property(lambda _: True), "out of order", 5),
    "webhooks that do not wait for each other": (hook_store, "insert_deliveries", _no_order, "out of order", 5),
    "a webhook that has another id at every try": (webhooks, "lend", _anew, "", 5),
}


# What the bank does wherever it does something, so that a mistake about it need not be waited for.
LIES = {"a callback of another amount": ({"contradict": "amount"},)}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found(field: Field, monkeypatch: pytest.MonkeyPatch, mistake: str):
    room, name, wrong, said, first = MISTAKES[mistake]
    monkeypatch.setattr(history, "_BANK_MOODS", LIES.get(mistake, history._BANK_MOODS))
    right, every = getattr(room, name), LISTENED_EVERY if first == LISTENED_EVERY else 1
    for module in [room] if isinstance(room, type) else _who_uses(right):
        monkeypatch.setattr(module, name, wrong)
    for seed in range(first, first + 40 * every, every):
        ran = play(field, seed, 120)
        if ran.why and said in ran.why:  # another history may meet it first from another side
            break
    assert ran.why, f"40 histories with {mistake} surprised nobody"
    assert said in ran.why, ran.why
    assert f"seed {seed}, step " in ran.why, "a surprise says how to replay it"


def _who_uses(function: Callable[..., Any]) -> list[Any]:
    """Every module of ours that has this function by its name: it was imported into some."""
    ours = [module for name, module in list(sys.modules.items()) if name.startswith("renqing.")]
    return [module for module in ours if getattr(module, function.__name__, None) is function]


def test_a_seed_replays_step_by_step(field: Field):
    """Of several that wait at once PostgreSQL lets in whom it will: a history without such a crowd is played again."""
    for seed in range(2, 40):
        first = play(field, seed, 60)
        if first.fired["waited_for_a_lock"] and not first.fired["several_waited"]:
            break
    again = play(field, seed, 60)
    assert first.fired["waited_for_a_lock"] and not first.fired["several_waited"]
    assert (first.answers, first.fired) == (again.answers, again.fired)
    assert first.answers and not first.why

"""Histories of journeys, faults and interleavings: what a seed plays is judged by a model that knows none of our rules.

``renqing storm`` plays more of them; a seed that surprises there is replayed with ``--seed``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import memory

from renqing.books import stock
from renqing.doors.cli.storming.fleet import Field, make_template, play, play_all
from renqing.foundation import once, outbox, timers
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.sandbox_channel.beside import BankBeside
from renqing.social.gifts import rules as gift_rules
from renqing.social.gifts.model import GiftState
from renqing.trade import payments
from renqing.trade.payments import Effect

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


# What is broken in our own code, what a storm must say of it, and the first seed to play: one that soon says so.
MISTAKES: dict[str, tuple[Any, str, Callable[..., Any], str, int]] = {
    "stock that is never let go": (stock, "release", _nothing, "stock should be", 1),
    "answers that are not kept": (once, "remember", _forgets, "answers are kept", 1),
    "a callback of another amount": (payments, "judge", _any_amount, "another amount", 18),
    "a gift that is claimed when its time is over": (gift_rules, "judge_claim", _claims_late, "allowed", 4),
    "deadlines that are dropped": (timers, "set_timers", _forgets, "", 1),
    "facts that nobody leaves": (outbox, "leave", _forgets, "left pending", 1),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found(field: Field, monkeypatch: pytest.MonkeyPatch, mistake: str):
    room, name, wrong, said, first = MISTAKES[mistake]
    right = getattr(room, name)
    for module in _who_uses(right):
        monkeypatch.setattr(module, name, wrong)
    for seed in range(first, first + 40):
        ran = play(field, seed, 120)
        if ran.why:
            break
    assert ran.why, f"40 histories with {mistake} surprised nobody"
    assert said in ran.why, ran.why
    assert f"seed {seed}, step " in ran.why, "a surprise says how to replay it"


def _who_uses(function: Callable[..., Any]) -> list[Any]:
    """Every module of ours that has this function by its name: it was imported into some."""
    ours = [module for name, module in list(sys.modules.items()) if name.startswith("renqing.")]
    return [module for module in ours if getattr(module, function.__name__, None) is function]


def test_a_seed_replays_step_by_step(field: Field):
    first, again = play(field, 7, 60), play(field, 7, 60)
    assert (first.answers, first.fired) == (again.answers, again.fired)
    assert first.answers and first.fired

"""Callbacks by the hundred thousand: each payment told many times over, shuffled, together and at once; booked once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from renqing.books import ledger
from renqing.doors.cli.storming.races import Track
from renqing.doors.cli.storming.stage import Stage
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import Chance
from renqing.journeys.take_a_payment import Heard, Taken, take_payments
from renqing.trade.payments.ports import PaymentNews

COPIES = 50  # of each payment's news; every fifth comes under a second event id, as after a retry of the bank's own
BATCH = 256
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Booked:
    """How many callbacks were heard of how many payments, and what was answered."""

    callbacks: int
    payments: int
    effects: Counter[str]
    double: int


async def hear_many(stage: Stage, callbacks: int, chance: Chance) -> Booked:
    """Place orders, tell each payment ``COPIES`` times in one shuffled stream, and count what was not booked once."""
    track = Track(stage)
    await track.gather_crowd()
    intents = await _placed(track, callbacks // COPIES)
    stream = [
        Heard("sandbox", _news(intent_id, amount, copy), b"{}")
        for intent_id, amount in intents
        for copy in range(COPIES)
    ]
    chance.shuffle(stream)
    effects: Counter[str] = Counter()
    for start in range(0, len(stream), BATCH * AT_ONCE):
        some = stream[start : start + BATCH * AT_ONCE]
        batches = [some[n::AT_ONCE] for n in range(AT_ONCE)]
        for answers in await asyncio.gather(*(_hear(stage, batch) for batch in batches if batch)):
            effects += answers
    return Booked(len(stream), len(intents), effects, await _doubled(stage, intents))


async def _placed(track: Track, count: int) -> list[tuple[int, int]]:
    await track.restock(count)
    placed = []
    for number in range(count):
        order = await track.place(track.crowd[number % len(track.crowd)], 1)
        placed.append((order.intent_id, order.total))
    return placed


def _news(intent_id: int, amount: int, copy: int) -> PaymentNews:
    event_id = f"told-{intent_id}-{copy % 5 == 0}"
    return PaymentNews(event_id, "payment", intent_id, None, "paid", amount, "CNY", f"ref-{intent_id}")


async def _hear(stage: Stage, heard: Sequence[Heard]) -> Counter[str]:
    """As the door's batcher does it: in one batch an event stands once, its copies come with a later one."""
    answers: Counter[str] = Counter()
    left = list(heard)
    while left:
        batch: dict[str, Heard] = {}
        later = [said for said in left if batch.setdefault(said.news.event_id, said) is not said]
        for answer in await take_payments(stage.ground, list(batch.values())):
            if isinstance(answer, Exception) and not isinstance(answer, Refusal):
                raise answer
            answers[answer.effect if isinstance(answer, Taken) else answer.code] += 1
        left = later
    return answers


async def _doubled(stage: Stage, intents: Sequence[tuple[int, int]]) -> int:
    """Payments that were not booked exactly once, by the ledger, the orders and the facts; by the sum as well."""
    total = sum(amount for _, amount in intents)
    escrow = (await ledger.balance_of(stage.ground.db, ledger.escrow("CNY")))[0]
    wrong = await stage.observer.ask(
        """SELECT count(*) FROM payment_intent i WHERE i.id = ANY($1) AND (
             (SELECT count(*) FROM ledger_entry e WHERE e.cause_kind = 'order' AND e.cause_id = i.order_id) <> 1
          OR (SELECT count(*) FROM outbox_fact f WHERE f.kind = 'OrderPaid' AND f.subject_id = i.order_id) <> 1
          OR i.captured_amount <> i.amount)""",
        [intent_id for intent_id, _ in intents],
    )
    return int(wrong) + (escrow != total)

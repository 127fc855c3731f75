"""An operator's desk: what waits, what is stuck, and what the house is not sure of.

Counts stop at ``COUNTED_MAX``: a million timers that wait are normal, and nobody acts on the difference.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.foundation.ground import Ground
from renqing.views.operator_staff import check_operator

COUNTED_MAX = 10_000
ROWS_MAX = 100
OVERDUE_AFTER = timedelta(seconds=30)  # the worker looks many times a second: later than this is late


class TimerKind(msgspec.Struct, frozen=True):
    """How many timers of a kind wait, are overdue, or were set aside, and when the next is due."""

    kind: str
    errand: bool
    waiting: int
    overdue: int
    set_aside: int
    next_due_at: datetime | None


class TimerRow(msgspec.Struct, frozen=True):
    """One timer that an operator should see."""

    id: int
    kind: str
    key: int
    errand: bool
    due_at: datetime
    attempts: int
    last_error: str
    set_aside_at: datetime | None


class Timers(msgspec.Struct, frozen=True):
    """Timers by kind, those set aside, and those that are overdue."""

    kinds: list[TimerKind]
    set_aside: list[TimerRow]
    overdue: list[TimerRow]


class FactRow(msgspec.Struct, frozen=True):
    """A fact that could not be told yet."""

    id: int
    kind: str
    subject_id: int
    made_at: datetime
    next_at: datetime
    attempts: int
    last_error: str
    set_aside_at: datetime | None


class Outbox(msgspec.Struct, frozen=True):
    """How many facts wait and were set aside; those that failed before, latest first."""

    waiting: int
    set_aside: int
    oldest_at: datetime | None
    rows: list[FactRow]


class CallbackRow(msgspec.Struct, frozen=True):
    """A callback that changed nothing because something about it is wrong."""

    id: int
    channel: str
    event_id: str
    kind: str
    intent_id: int | None
    order_id: int | None
    why: str
    received_at: datetime


class DoubtRow(msgspec.Struct, frozen=True):
    """A payment or refund whose end the channel has not told. ``attempts``: how often we asked."""

    what: str
    id: int
    order_id: int
    channel: str
    amount: int
    currency: str
    since: datetime
    attempts: int
    next_at: datetime | None
    last_error: str


class OperatorMorning(msgspec.Struct, frozen=True):
    """What asks for an operator. Counts stop at ``COUNTED_MAX``."""

    set_aside: int
    overdue: int
    quarantined: int
    doubts: int
    out_of_balance: int
    orders_today: int
    amount_today: int
    gifts_open: int
    people: int
    shops: int
    currency: str


_KINDS = f"""
WITH RECURSIVE k(kind) AS (
  (SELECT kind FROM timer ORDER BY kind LIMIT 1)
  UNION ALL
  SELECT (SELECT t.kind FROM timer t WHERE t.kind > k.kind ORDER BY t.kind LIMIT 1) FROM k WHERE k.kind IS NOT NULL)
SELECT k.kind, c.errand, c.waiting, c.overdue, c.set_aside, c.next_due_at FROM k CROSS JOIN LATERAL (
  SELECT bool_or(errand) AS errand, count(*) FILTER (WHERE set_aside_at IS NULL) AS waiting,
         count(*) FILTER (WHERE set_aside_at IS NULL AND due_at < $1) AS overdue,
         count(*) FILTER (WHERE set_aside_at IS NOT NULL) AS set_aside,
         min(due_at) FILTER (WHERE set_aside_at IS NULL) AS next_due_at
    FROM (SELECT * FROM timer t WHERE t.kind = k.kind LIMIT {COUNTED_MAX}) x) c
 WHERE k.kind IS NOT NULL ORDER BY k.kind
"""
_TIMER = (
    "SELECT id, kind, key, errand, due_at, attempts, coalesce(last_error, '') AS last_error, set_aside_at FROM timer"
)
_FACT = """SELECT id, kind, subject_id, made_at, next_at, attempts, coalesce(last_error, '') AS last_error, set_aside_at
           FROM outbox_fact"""
_DOUBTS = f"""
SELECT * FROM (
  (SELECT 'payment' AS what, i.id, i.order_id, i.channel, i.amount, trim(i.currency) AS currency, i.asked_at AS since,
          coalesce(t.attempts, 0::smallint) AS attempts, t.due_at, coalesce(t.last_error, '') AS last_error
     FROM payment_intent i LEFT JOIN timer t ON t.kind = 'query_payment' AND t.key = i.id
    WHERE i.state = 'open' AND i.asked_at IS NOT NULL ORDER BY i.asked_at LIMIT {ROWS_MAX})
  UNION ALL
  (SELECT 'refund', r.id, i.order_id, i.channel, r.amount, trim(i.currency), coalesce(r.sent_at, r.made_at),
          coalesce(t.attempts, 0::smallint), t.due_at, coalesce(t.last_error, '')
     FROM payment_refund r JOIN payment_intent i ON i.id = r.intent_id
     LEFT JOIN timer t ON t.kind = 'send_refund' AND t.key = r.id
    WHERE r.state IN ('due', 'sent') ORDER BY r.made_at LIMIT {ROWS_MAX})
) d ORDER BY since
"""
_CAPPED = f"SELECT count(*) FROM (SELECT 1 FROM {{}} LIMIT {COUNTED_MAX}) x"
_LATE = "timer WHERE due_at < $1 AND set_aside_at IS NULL AND"
_MORNING = f"""
SELECT ({_CAPPED.format("timer WHERE set_aside_at IS NOT NULL")})
     + ({_CAPPED.format("outbox_fact WHERE set_aside_at IS NOT NULL")}) AS set_aside,
       ({_CAPPED.format(f"{_LATE} NOT errand")}) + ({_CAPPED.format(f"{_LATE} errand")}) AS overdue,
       ({_CAPPED.format("payment_callback WHERE verdict = 'quarantined'")}) AS quarantined,
       ({_CAPPED.format("payment_intent WHERE state = 'open' AND asked_at < $1")})
     + ({_CAPPED.format("payment_refund WHERE state IN ('due', 'sent') AND made_at < $1")}) AS doubts,
       (SELECT count(*) FROM (SELECT currency FROM ledger_account GROUP BY currency HAVING sum(balance) <> 0) x)
         AS out_of_balance,
       coalesce(t.orders, 0) AS orders_today, coalesce(t.amount, 0)::bigint AS amount_today,
       ({_CAPPED.format("timer WHERE kind = 'expire_gift'")}) AS gifts_open,
       ({_CAPPED.format("people_person")}) AS people, ({_CAPPED.format("people_shop")}) AS shops
  FROM (SELECT count(*) AS orders, sum(total_amount) AS amount FROM order_order
         WHERE paid_at >= $2 AND currency = $3 AND part_of IS NULL) t
"""


async def operator_morning(ground: Ground, reader_id: int, offset: timedelta = timedelta()) -> OperatorMorning:
    """What asks for an operator, and how the day goes. Raises NotFound for everybody else."""
    await check_operator(ground, reader_id)
    now = ground.clock.now()
    midnight = (now + offset).replace(hour=0, minute=0, second=0, microsecond=0) - offset
    row = await ground.db.fetchrow(_MORNING, now - OVERDUE_AFTER, midnight, ground.policy.currency)
    assert row is not None, "counts always answer"
    return OperatorMorning(**dict(row.items()), currency=ground.policy.currency)


async def operator_timers(ground: Ground, reader_id: int) -> Timers:
    """Timers by kind; those set aside, latest first; those overdue, longest first. Raises NotFound."""
    await check_operator(ground, reader_id)
    late = ground.clock.now() - OVERDUE_AFTER
    kinds = await ground.db.fetch(_KINDS, late)
    aside = await ground.db.fetch(
        f"{_TIMER} WHERE set_aside_at IS NOT NULL ORDER BY set_aside_at DESC LIMIT {ROWS_MAX}"
    )
    overdue = await ground.db.fetch(
        f"""({_TIMER} WHERE due_at < $1 AND NOT errand AND set_aside_at IS NULL ORDER BY due_at LIMIT {ROWS_MAX})
            UNION ALL
            ({_TIMER} WHERE due_at < $1 AND errand AND set_aside_at IS NULL ORDER BY due_at LIMIT {ROWS_MAX})
            ORDER BY due_at LIMIT {ROWS_MAX}""",
        late,
    )
    return Timers(
        [TimerKind(*row.values()) for row in kinds],
        [TimerRow(*row.values()) for row in aside],
        [TimerRow(*row.values()) for row in overdue],
    )


async def operator_outbox(ground: Ground, reader_id: int) -> Outbox:
    """Facts that wait, and those that failed. Raises NotFound."""
    await check_operator(ground, reader_id)
    counts = await ground.db.fetchrow(
        f"""SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox_fact WHERE told_at IS NULL AND set_aside_at IS NULL
                                           LIMIT {COUNTED_MAX}) x) AS waiting,
                   (SELECT count(*) FROM (SELECT 1 FROM outbox_fact WHERE set_aside_at IS NOT NULL
                                           LIMIT {COUNTED_MAX}) x) AS set_aside,
                   (SELECT made_at FROM outbox_fact WHERE told_at IS NULL AND set_aside_at IS NULL
                     ORDER BY next_at, id LIMIT 1) AS oldest_at"""
    )
    assert counts is not None, "counts always answer"
    rows = await ground.db.fetch(
        f"""({_FACT} WHERE set_aside_at IS NOT NULL ORDER BY set_aside_at DESC LIMIT {ROWS_MAX})
            UNION ALL
            ({_FACT} WHERE told_at IS NULL AND set_aside_at IS NULL ORDER BY next_at, id LIMIT {ROWS_MAX})"""
    )
    return Outbox(**dict(counts.items()), rows=[FactRow(*row.values()) for row in rows])


async def operator_callbacks(ground: Ground, reader_id: int) -> list[CallbackRow]:
    """Callbacks in quarantine, latest first. Raises NotFound."""
    await check_operator(ground, reader_id)
    rows = await ground.db.fetch(
        f"""SELECT c.id, c.channel, c.event_id, c.kind, c.intent_id, i.order_id, c.why, c.received_at
            FROM payment_callback c LEFT JOIN payment_intent i ON i.id = c.intent_id
            WHERE c.verdict = 'quarantined' ORDER BY c.received_at DESC LIMIT {ROWS_MAX}"""
    )
    return [CallbackRow(*row.values()) for row in rows]


async def operator_doubts(ground: Ground, reader_id: int) -> list[DoubtRow]:
    """Payments and refunds that nobody is sure of, longest first. Raises NotFound."""
    await check_operator(ground, reader_id)
    return [DoubtRow(*row.values()) for row in await ground.db.fetch(_DOUBTS)]

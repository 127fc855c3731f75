"""Deadlines. One table; a million of them waiting cost nothing; the effect shares the transaction that ends the timer.

Two sorts. A *deadline* changes only this database: it is deleted, with its effect, in one transaction, so it
happens exactly once whoever dies. An *errand* asks the outside world: it is lent to a worker for a while (its
``due_at`` moves on and ``attempts`` counts up, which is the fence), asked between transactions, and ended by the
transaction that writes the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from renqing.foundation.backoff import backoff, plain
from renqing.foundation.database import Tx

BATCH_MAX = 500
ATTEMPTS_MAX = 12
LENT_FOR = timedelta(seconds=60)


class Timer(msgspec.Struct, frozen=True):
    """A timer as the worker finds it. ``key`` is the id of what it is about; one timer a kind and key."""

    id: int
    kind: str
    key: int
    payload: dict[str, Any]
    attempts: int
    due_at: datetime


class Deadline(msgspec.Struct, frozen=True):
    """A timer to set."""

    kind: str
    key: int
    due_at: datetime
    payload: dict[str, Any] = {}
    errand: bool = False


async def set_timers(tx: Tx, deadlines: Sequence[Deadline]) -> None:
    """Set timers; one that is already set for the same kind and key is moved.

    An errand keeps its count of loans when it is moved: the count is the fence, and it never runs backwards.
    """
    if not deadlines:
        return
    await tx.execute(
        """INSERT INTO timer (id, kind, key, due_at, payload, errand, made_at)
           SELECT i, k, y, d, p::jsonb, e, $7
           FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bool[])
                AS t(i, k, y, d, p, e)
           ON CONFLICT (kind, key) DO UPDATE
           SET due_at = EXCLUDED.due_at, payload = EXCLUDED.payload, set_aside_at = NULL,
               attempts = CASE WHEN timer.errand THEN timer.attempts ELSE 0 END""",
        [tx.ids.new() for _ in deadlines],
        [deadline.kind for deadline in deadlines],
        [deadline.key for deadline in deadlines],
        [deadline.due_at for deadline in deadlines],
        [msgspec.json.encode(deadline.payload).decode() for deadline in deadlines],
        [deadline.errand for deadline in deadlines],
        tx.now,
    )


async def drop_timers(tx: Tx, kind: str, keys: Sequence[int]) -> None:
    """Take back timers that are no longer needed; one that is not there is no matter.

    One that a worker holds at this moment is left to it: the worker waits for the row that is locked here, so to wait
    for the worker would be a deadlock. Its effect decides under that lock and finds nothing to do.
    """
    await drop_all(tx, [(kind, key) for key in keys])


async def drop_all(tx: Tx, named: Sequence[tuple[str, int]]) -> None:
    """The same for timers (kind, key) of several kinds, in one statement."""
    await tx.execute(
        """DELETE FROM timer WHERE id IN
             (SELECT t.id FROM unnest($1::text[], $2::bigint[]) AS w(kind, key)
                JOIN timer t ON t.kind = w.kind AND t.key = w.key FOR UPDATE OF t SKIP LOCKED)""",
        [kind for kind, _ in named],
        [key for _, key in named],
    )


async def take_due(tx: Tx, limit: int = BATCH_MAX) -> list[Timer]:
    """Delete and return deadlines that are due: their effect belongs into this same transaction."""
    rows = await tx.fetch(
        """WITH due AS (
             SELECT id FROM timer WHERE due_at <= $1 AND NOT errand AND set_aside_at IS NULL
             ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
           DELETE FROM timer t USING due WHERE t.id = due.id
           RETURNING t.id, t.kind, t.key, t.payload, t.attempts, t.due_at""",
        tx.now,
        limit,
    )
    return sorted((Timer(*row.values()) for row in rows), key=lambda timer: (timer.due_at, timer.id))


async def lend_errands(tx: Tx, limit: int) -> list[Timer]:
    """Lend due errands to this worker for ``LENT_FOR``; a worker that dies gives them back by the passing of time."""
    rows = await tx.fetch(
        """WITH due AS (
             SELECT id FROM timer WHERE due_at <= $1 AND errand AND set_aside_at IS NULL
             ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
           UPDATE timer t SET due_at = $3, attempts = attempts + 1 FROM due WHERE t.id = due.id
           RETURNING t.id, t.kind, t.key, t.payload, t.attempts, t.due_at""",
        tx.now,
        limit,
        tx.now + LENT_FOR,
    )
    return [Timer(*row.values()) for row in rows]


async def still_lent(tx: Tx, errand: Timer) -> bool:
    """Whether this loan is the current one: the answer of a frozen worker that lost its loan is not written."""
    row = await tx.fetchrow(
        "SELECT 1 FROM timer WHERE id = $1 AND attempts = $2 FOR UPDATE", errand.id, errand.attempts
    )
    return row is not None


async def end_errand(tx: Tx, errand: Timer) -> None:
    """The outside world has answered for good."""
    await tx.execute("DELETE FROM timer WHERE id = $1", errand.id)


async def errand_failed(tx: Tx, errand: Timer, why: str) -> None:
    """An errand broke in our own hands: try again later (1 s, 4 s, 16 s …), set it aside after the last try.

    What the outside world did not answer is no failure: that is put off, as often as it takes.
    """
    await tx.execute(
        """UPDATE timer SET due_at = $3, last_error = $4, set_aside_at = CASE WHEN $5 THEN $6::timestamptz END
           WHERE id = $1 AND attempts = $2""",
        errand.id,
        errand.attempts,
        tx.now + backoff(errand.attempts),
        plain(why),
        errand.attempts >= ATTEMPTS_MAX,
        tx.now,
    )


async def set_aside(tx: Tx, errand: Timer, why: str) -> None:
    """The outside world says no, and no again: an operator sees it, and lets it run again or ends it elsewhere."""
    await tx.execute("UPDATE timer SET set_aside_at = $2, last_error = $3 WHERE id = $1", errand.id, tx.now, plain(why))


async def put_off(tx: Tx, timer: Timer, *, until: datetime, why: str = "") -> None:
    """Try this errand again at ``until``."""
    await tx.execute("UPDATE timer SET due_at = $2, last_error = $3 WHERE id = $1", timer.id, until, plain(why))


async def set_back(tx: Tx, timer: Timer, why: str) -> None:
    """A deadline whose effect failed comes back later (1 s, 4 s, 16 s …); after the last try it is set aside."""
    attempts = timer.attempts + 1
    await tx.execute(
        """INSERT INTO timer (id, kind, key, due_at, payload, attempts, made_at, last_error, set_aside_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9 THEN $7::timestamptz END)
           ON CONFLICT (kind, key) DO UPDATE SET due_at = EXCLUDED.due_at, attempts = EXCLUDED.attempts,
             last_error = EXCLUDED.last_error, set_aside_at = EXCLUDED.set_aside_at""",
        timer.id,
        timer.kind,
        timer.key,
        tx.now + backoff(attempts),
        timer.payload,
        attempts,
        tx.now,
        plain(why),
        attempts >= ATTEMPTS_MAX,
    )


async def run_again(tx: Tx, timer_id: int) -> bool:
    """An operator lets a set-aside timer run again. False where there is none."""
    done = await tx.execute(
        "UPDATE timer SET set_aside_at = NULL, attempts = 0, due_at = $2 WHERE id = $1 AND set_aside_at IS NOT NULL",
        timer_id,
        tx.now,
    )
    return done == "UPDATE 1"

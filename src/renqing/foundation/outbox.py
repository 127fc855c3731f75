"""Facts for the floors above, left in the transaction that made them true.

A room leaves a fact; after the commit the worker carries it to the journeys that listen for its kind. A fact is
told at least once; each listener's effect joins the transaction that marks the fact told, so it happens once. A
fact that cannot be told is tried again later and set aside after ``ATTEMPTS_MAX`` tries, where an operator sees it.
Facts stay: they are the audit trail of every change of state.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from renqing.foundation.backoff import backoff, plain
from renqing.foundation.database import Tx
from renqing.foundation.facts import Fact

ATTEMPTS_MAX = 8
BATCH_MAX = 500  # telling costs some seventeen statements, for one as for many


class LeftFact(msgspec.Struct, frozen=True):
    """A fact as the worker finds it."""

    id: int
    kind: str
    subject_id: int
    actor_id: int
    payload: dict[str, Any]
    attempts: int
    made_at: datetime


async def leave(tx: Tx, *facts: Fact) -> None:
    """Leave facts in the outbox, to be told after the commit."""
    if not facts:
        return
    await tx.execute(
        """INSERT INTO outbox_fact (id, kind, subject_id, actor_id, payload, made_at, next_at)
           SELECT i, k, s, $5, p::jsonb, $6, $6
           FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[]) AS t(i, k, s, p)""",
        [tx.ids.new() for _ in facts],
        [fact.kind for fact in facts],
        [fact.subject_id for fact in facts],
        [msgspec.json.encode(fact).decode() for fact in facts],
        tx.actor,
        tx.now,
    )


async def take(tx: Tx, limit: int = BATCH_MAX) -> list[LeftFact]:
    """Take facts that are due to be told, oldest first, locked for this transaction and skipped by others."""
    rows = await tx.fetch(
        """SELECT id, kind, subject_id, actor_id, payload, attempts, made_at FROM outbox_fact
           WHERE told_at IS NULL AND set_aside_at IS NULL AND next_at <= $1
           ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED""",
        tx.now,
        limit,
    )
    return [LeftFact(*row.values()) for row in rows]


async def mark_told(tx: Tx, fact_ids: Sequence[int]) -> None:
    """These facts have reached every listener."""
    await tx.execute("UPDATE outbox_fact SET told_at = $2 WHERE id = ANY($1)", fact_ids, tx.now)


async def mark_failed(tx: Tx, fact: LeftFact, why: str) -> None:
    """A listener failed: try again later (1 s, 4 s, 16 s …), set aside after the last try."""
    attempts = fact.attempts + 1
    await tx.execute(
        """UPDATE outbox_fact SET attempts = $2, next_at = $3, last_error = $4,
                  set_aside_at = CASE WHEN $5 THEN $6::timestamptz END
           WHERE id = $1""",
        fact.id,
        attempts,
        tx.now + backoff(attempts),
        plain(why),
        attempts >= ATTEMPTS_MAX,
        tx.now,
    )


async def tell_again(tx: Tx, fact_id: int) -> bool:
    """An operator lets a set-aside fact be told again. False where there is no such fact."""
    done = await tx.execute(
        """UPDATE outbox_fact SET set_aside_at = NULL, attempts = 0, next_at = $2
           WHERE id = $1 AND set_aside_at IS NOT NULL""",
        fact_id,
        tx.now,
    )
    return done == "UPDATE 1"

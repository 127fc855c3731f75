"""Deliveries on their way: lent, ended, let wait again, forgotten. SQL of this room.

A line is the deliveries of one endpoint about one subject. ``next_at`` stands at the first that waits in its line, and
at no other: so the next of a subject waits for the former, and what is due is found in one index whatever waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from renqing.foundation.database import Database, Tx
from renqing.trade.webhooks.model import (
    IN_FLIGHT_OF_FAILING_MAX,
    IN_FLIGHT_OF_ONE_MAX,
    LENT_FOR,
    NOT_HEARD,
    TRIES_MAX,
    DeliveryState,
    Lent,
    Tried,
)
from renqing.trade.webhooks.store import FORMER, SECRET

# Endpoints that are on and have something due, with how much more of it may be in the air.
_ROOM = f"""
SELECT e.id, e.shop_id, e.url, e.secret_sealed, CASE WHEN e.former_until > $1 THEN e.former_sealed END AS former_sealed,
       CASE WHEN e.failing_since IS NULL THEN {IN_FLIGHT_OF_ONE_MAX} ELSE {IN_FLIGHT_OF_FAILING_MAX} END
         - (SELECT count(*) FROM webhook_delivery l WHERE l.endpoint_id = e.id AND l.lent_until > $1) AS room
  FROM webhook_endpoint e
 WHERE e.state = 'on' AND e.failing_since IS NOT NULL = $2
   AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.next_at <= $1)
"""


async def are_due(db: Database, now: datetime) -> bool:
    """Whether anything may be tried now."""
    return bool(
        await db.fetchval(
            """SELECT EXISTS (SELECT 1 FROM webhook_endpoint e, LATERAL (
                 SELECT 1 FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.next_at <= $1
                  ORDER BY d.next_at, d.id LIMIT 1) AS due WHERE e.state = 'on')""",
            now,
        )
    )


async def lend(tx: Tx, limit: int, *, failing: bool) -> list[Lent]:
    """Lend what is due to this worker, of each endpoint no more than may be in the air, the same to none first.

    ``failing``: of endpoints that did not take the last one, else of all others.
    """
    rows = await tx.fetch(
        f"""WITH room AS MATERIALIZED ({_ROOM}),
                 due AS MATERIALIZED (
              SELECT d.id, row_number() OVER (PARTITION BY r.id ORDER BY d.next_at, d.id) AS turn
                FROM room r, LATERAL (
                  SELECT d.id, d.next_at FROM webhook_delivery d
                   WHERE d.endpoint_id = r.id AND d.next_at <= $1
                   ORDER BY d.next_at, d.id LIMIT greatest(r.room, 0)) AS d),
                 mine AS MATERIALIZED (
              SELECT d.id FROM webhook_delivery d
               WHERE d.id IN (SELECT id FROM due ORDER BY turn, id LIMIT $3) AND d.next_at <= $1
                 FOR NO KEY UPDATE SKIP LOCKED)
            UPDATE webhook_delivery d
               SET tries = d.tries + 1, loans = d.loans + 1, lent_until = $4, next_at = $4
              FROM mine, room r WHERE d.id = mine.id AND r.id = d.endpoint_id
            RETURNING d.id, d.endpoint_id, r.shop_id, d.event_id, d.kind, d.tries, d.loans, d.body, r.url,
                      r.secret_sealed, r.former_sealed""",
        tx.now,
        failing,
        limit,
        tx.now + LENT_FOR,
    )
    return [
        Lent(
            row["id"],
            row["endpoint_id"],
            row["shop_id"],
            row["event_id"],
            row["kind"],
            row["tries"],
            row["loans"],
            row["body"],
            row["url"],
            _secrets(tx, row["endpoint_id"], row["secret_sealed"], row["former_sealed"]),
        )
        for row in rows
    ]


def _secrets(tx: Tx, endpoint_id: int, sealed: bytes, former: bytes | None) -> tuple[str, ...]:
    secret = tx.keys.open(sealed, place=SECRET, row=endpoint_id)
    return (secret,) if former is None else (secret, tx.keys.open(former, place=FORMER, row=endpoint_id))


async def lock_loan(tx: Tx, lent: Lent) -> int | None:
    """The subject of a loan that is the current one, its delivery locked; what a frozen worker says is not written."""
    subject_id: int | None = await tx.fetchval(
        "SELECT subject_id FROM webhook_delivery WHERE id = $1 AND loans = $2 AND state = 'waiting' FOR NO KEY UPDATE",
        lent.id,
        lent.loan,
    )
    return subject_id


async def lock_lines(tx: Tx, endpoint_id: int, subject_ids: Sequence[int]) -> None:
    """Nobody numbers or ends in these lines meanwhile."""
    await tx.execute(
        """SELECT 1 FROM webhook_line WHERE endpoint_id = $1 AND subject_id = ANY($2)
           ORDER BY subject_id FOR NO KEY UPDATE""",
        endpoint_id,
        subject_ids,
    )


async def note_try(tx: Tx, lent: Lent, tried: Tried) -> None:
    """Write a try down."""
    await tx.execute(
        "INSERT INTO webhook_try (delivery_id, loan, at, status, why, milliseconds) VALUES ($1, $2, $3, $4, $5, $6)",
        lent.id,
        lent.loan,
        tx.now,
        tried.status,
        tried.why,
        tried.milliseconds,
    )


async def set_tried(tx: Tx, lent: Lent, tried: Tried, state: DeliveryState, next_at: datetime | None) -> None:
    """What a try led to."""
    await tx.execute(
        """UPDATE webhook_delivery SET state = $2, next_at = $3, lent_until = NULL, last_status = $4, last_why = $5,
                  delivered_at = CASE WHEN $2 = 'delivered' THEN $6::timestamptz ELSE delivered_at END
           WHERE id = $1""",
        lent.id,
        state.value,
        next_at,
        tried.status,
        tried.why,
        tx.now,
    )


async def settle_lines(tx: Tx, endpoint_id: int, subject_ids: Sequence[int]) -> None:
    """The first that waits in a line is due, now unless it is already, and no other of it; the lines are locked.

    What is in the air stays as it is until its try is written.
    """
    await tx.execute(
        """UPDATE webhook_delivery d SET next_at = CASE WHEN d.n = f.n THEN $3::timestamptz END
             FROM (SELECT subject_id, min(n) AS n FROM webhook_delivery
                    WHERE endpoint_id = $1 AND subject_id = ANY($2) AND state = 'waiting' GROUP BY subject_id) f
            WHERE d.endpoint_id = $1 AND d.subject_id = f.subject_id AND d.state = 'waiting'
              AND d.lent_until IS NULL AND (d.next_at IS NULL) = (d.n = f.n)""",
        endpoint_id,
        subject_ids,
        tx.now,
    )


async def begin_anew(tx: Tx, endpoint_id: int) -> None:
    """An endpoint was switched on: the first of every line is due now, with all its tries."""
    await tx.execute(
        """UPDATE webhook_delivery SET next_at = $2, tries = 0
           WHERE endpoint_id = $1 AND next_at IS NOT NULL AND (lent_until IS NULL OR lent_until <= $2)""",
        endpoint_id,
        tx.now,
    )


async def hurry(tx: Tx, endpoint_id: int) -> None:
    """An endpoint answers again: what it did not hear is due now, and this try costs none of its tries.

    What it heard and refused waits for its own time: it would be refused again. Nothing is hurried for ever.
    """
    await tx.execute(
        """UPDATE webhook_delivery SET next_at = $2, tries = tries - 1
           WHERE endpoint_id = $1 AND next_at > $2 AND tries > 0 AND last_status = ANY($3) AND loans - tries < $4
             AND lent_until IS NULL""",
        endpoint_id,
        tx.now,
        NOT_HEARD,
        TRIES_MAX,
    )


async def ended_since(
    tx: Tx, endpoint_id: int, *, since: datetime, only: int | None, limit: int
) -> tuple[list[int], list[int]]:
    """Ended deliveries of an endpoint, the oldest first, and the subjects of their lines."""
    rows = await tx.fetch(
        """SELECT id, subject_id FROM webhook_delivery
            WHERE endpoint_id = $1 AND made_at >= $2 AND state <> 'waiting' AND ($3::bigint IS NULL OR id = $3)
            ORDER BY id LIMIT $4""",
        endpoint_id,
        since,
        only,
        limit,
    )
    return [row["id"] for row in rows], sorted({row["subject_id"] for row in rows})


async def wait_again(tx: Tx, delivery_ids: Sequence[int]) -> None:
    """Ended deliveries wait again, each in its old place in its line: what comes after it waits for it."""
    await tx.execute(
        """UPDATE webhook_delivery SET state = 'waiting', tries = 0, next_at = NULL, lent_until = NULL
           WHERE id = ANY($1) AND state <> 'waiting'""",
        delivery_ids,
    )


async def forget(tx: Tx, kept: timedelta, limit: int) -> int:
    """Delete what ended and is older than ``kept``, with its tries; how many deliveries."""
    gone = await tx.fetch(
        """DELETE FROM webhook_delivery WHERE id IN
             (SELECT id FROM webhook_delivery WHERE made_at < $1 AND state <> 'waiting' ORDER BY made_at LIMIT $2)
           RETURNING id""",
        tx.now - kept,
        limit,
    )
    await tx.execute("DELETE FROM webhook_try WHERE delivery_id = ANY($1)", [row["id"] for row in gone])
    return len(gone)


async def give_up_the_old(tx: Tx, kept: timedelta, limit: int) -> list[tuple[int, int]]:
    """Give up what waits since longer than ``kept`` (its endpoint was switched off); the lines it stood in."""
    rows = await tx.fetch(
        """UPDATE webhook_delivery SET state = 'given_up', next_at = NULL, last_why = 'too_old' WHERE id IN
             (SELECT id FROM webhook_delivery WHERE made_at < $1 AND state = 'waiting' ORDER BY made_at LIMIT $2
              FOR NO KEY UPDATE SKIP LOCKED)
           RETURNING endpoint_id, subject_id""",
        tx.now - kept,
        limit,
    )
    return sorted({(row["endpoint_id"], row["subject_id"]) for row in rows})


async def is_of(tx: Tx, endpoint_id: int, delivery_id: int) -> bool:
    """Whether a delivery is this endpoint's."""
    found = await tx.fetchval(
        "SELECT 1 FROM webhook_delivery WHERE id = $1 AND endpoint_id = $2", delivery_id, endpoint_id
    )
    return found is not None

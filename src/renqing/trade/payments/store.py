"""The payments room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.trade.payments.model import CHANNEL_IDS, Cashier, Intent, JudgedCallback, NewIntent, NewRefund, Refund

_GIVEN = "ANY((SELECT $1::bigint[])::bigint[])"  # not counted, so that the plan for one is the plan for many
_INTENT = ", ".join(Intent.__struct_fields__)
_REFUND = ", ".join(Refund.__struct_fields__)


def _intent(row: Row) -> Intent:
    return Intent(*row.values())


async def insert_intents(tx: Tx, intents: Sequence[NewIntent]) -> None:
    """Write open intents."""
    await tx.execute(
        """INSERT INTO payment_intent (id, order_id, payer_id, channel, currency, amount, state, made_at)
           SELECT i, o, p, c, cur, a, 'open', $7
           FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])
                AS t(i, o, p, c, cur, a)""",
        [intent.id for intent in intents],
        [intent.order_id for intent in intents],
        [intent.payer_id for intent in intents],
        [intent.channel for intent in intents],
        [intent.currency for intent in intents],
        [intent.amount for intent in intents],
        tx.now,
    )


async def order_ids_of(tx: Tx, intent_ids: Iterable[int]) -> dict[int, int]:
    """Order id by intent id; unknown intents are absent. Takes no lock: orders are locked before intents."""
    rows = await tx.fetch(f"SELECT id, order_id FROM payment_intent WHERE id = {_GIVEN}", sorted(set(intent_ids)))
    return {row["id"]: row["order_id"] for row in rows}


async def lock_intents(tx: Tx, intent_ids: Iterable[int]) -> dict[int, Intent]:
    """Intents by id, locked in id order; their orders are locked already."""
    rows = await tx.fetch(
        f"SELECT {_INTENT} FROM payment_intent WHERE id = {_GIVEN} ORDER BY id FOR NO KEY UPDATE",
        sorted(set(intent_ids)),
    )
    return {row["id"]: _intent(row) for row in rows}


async def intent_of_order(tx: Database | Tx, order_id: int, *, lock: bool = False) -> Intent | None:
    """The intent of an order."""
    row = await tx.fetchrow(
        f"SELECT {_INTENT} FROM payment_intent WHERE order_id = $1" + (" FOR NO KEY UPDATE" if lock else ""), order_id
    )
    return _intent(row) if row else None


async def intents_of_orders(tx: Tx, order_ids: Iterable[int], *, lock: bool) -> dict[int, Intent]:
    """Intents by their order's id, locked in id order if asked to; their orders are locked already."""
    wanted = sorted(set(order_ids))
    if not wanted:
        return {}
    rows = await tx.fetch(
        f"SELECT {_INTENT} FROM payment_intent WHERE order_id = {_GIVEN} ORDER BY id"
        + (" FOR NO KEY UPDATE" if lock else ""),
        wanted,
    )
    return {row["order_id"]: _intent(row) for row in rows}


async def set_asked(tx: Tx, intent_ids: Sequence[int]) -> None:
    """From now on these payments may be in flight."""
    await tx.execute(
        f"UPDATE payment_intent SET asked_at = $2 WHERE id = {_GIVEN} AND asked_at IS NULL", intent_ids, tx.now
    )


async def set_cashiers(tx: Tx, cashiers: Sequence[Cashier]) -> None:
    """The channels' names for payments and their pages. Locked in id order, as everybody does."""
    await tx.execute(
        f"""WITH locked AS MATERIALIZED (
              SELECT id FROM payment_intent WHERE id = {_GIVEN} ORDER BY id FOR NO KEY UPDATE)
            UPDATE payment_intent i SET channel_ref = t.r, cashier_url = t.u
            FROM unnest((SELECT $1::bigint[]), (SELECT $2::text[]), (SELECT $3::text[])) AS t(i, r, u)
            JOIN locked ON locked.id = t.i WHERE i.id = t.i""",
        [cashier.intent_id for cashier in cashiers],
        [cashier.channel_ref for cashier in cashiers],
        [cashier.url for cashier in cashiers],
    )


async def set_captured(tx: Tx, intent_ids: Sequence[int]) -> None:
    """The money is at the channel."""
    await tx.execute(
        f"""UPDATE payment_intent SET state = 'captured', captured_amount = amount, captured_at = $2, sure_at = $2
            WHERE id = {_GIVEN} AND state <> 'captured'""",
        intent_ids,
        tx.now,
    )


async def set_closed(tx: Tx, order_ids: Sequence[int]) -> None:
    """Nobody is to pay these any more."""
    await tx.execute(
        "UPDATE payment_intent SET state = 'closed', sure_at = $2 WHERE order_id = ANY($1) AND state = 'open'",
        order_ids,
        tx.now,
    )


async def add_refunds(tx: Tx, asks: Sequence[tuple[int, NewRefund]]) -> dict[tuple[str, int], Refund]:
    """Write refunds (intent id, ask) and reserve their amounts on the locked intents; by cause."""
    rows = await tx.fetch(
        f"""WITH new AS (
              INSERT INTO payment_refund (id, intent_id, amount, reason, cause_kind, cause_id, state, made_at)
              SELECT i, n, a, r, k, c, 'due', $7
              FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])
                   AS t(i, n, a, r, k, c)
              RETURNING {_REFUND}),
            reserved AS (
              UPDATE payment_intent i SET refunded_amount = i.refunded_amount + s.amount
              FROM (SELECT intent_id, sum(amount) AS amount FROM new GROUP BY intent_id) s WHERE i.id = s.intent_id)
            SELECT {_REFUND} FROM new""",
        [tx.ids.new() for _ in asks],
        [intent_id for intent_id, _ in asks],
        [ask.amount for _, ask in asks],
        [ask.reason for _, ask in asks],
        [ask.cause_kind for _, ask in asks],
        [ask.cause_id for _, ask in asks],
        tx.now,
    )
    return {(row["cause_kind"], row["cause_id"]): Refund(*row.values()) for row in rows}


async def refund_by_id(tx: Database | Tx, refund_id: int) -> Refund | None:
    """One refund."""
    row = await tx.fetchrow(f"SELECT {_REFUND} FROM payment_refund WHERE id = $1", refund_id)
    return Refund(*row.values()) if row else None


async def refunds_of_causes(tx: Tx, causes: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Refund]:
    """The refunds of these causes (kind, id); a cause without one is absent."""
    rows = await tx.fetch(
        f"""SELECT {_REFUND} FROM payment_refund
            WHERE (cause_kind, cause_id) IN (SELECT k, c FROM unnest($1::text[], $2::bigint[]) AS t(k, c))""",
        [kind for kind, _ in causes],
        [cause_id for _, cause_id in causes],
    )
    return {(row["cause_kind"], row["cause_id"]): Refund(*row.values()) for row in rows}


async def lock_refunds(tx: Tx, refund_ids: Sequence[int]) -> dict[int, Refund]:
    """Refunds by id, locked in id order; orders and intents are locked already."""
    if not refund_ids:
        return {}
    rows = await tx.fetch(
        f"SELECT {_REFUND} FROM payment_refund WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        sorted(set(refund_ids)),
    )
    return {row["id"]: Refund(*row.values()) for row in rows}


async def set_refund_sent(tx: Tx, refund_id: int, channel_ref: str) -> None:
    """The channel was asked for this refund."""
    await tx.execute(
        """UPDATE payment_refund SET state = 'sent', channel_ref = $2, sent_at = coalesce(sent_at, $3)
           WHERE id = $1 AND state IN ('due', 'sent')""",
        refund_id,
        channel_ref,
        tx.now,
    )


async def set_refunds_done(tx: Tx, refund_ids: Sequence[int]) -> None:
    """The channel has given the money back."""
    await tx.execute("UPDATE payment_refund SET state = 'done', done_at = $2 WHERE id = ANY($1)", refund_ids, tx.now)


async def set_refund_kept(tx: Tx, refund_id: int) -> None:
    """The channel will not give it back."""
    await tx.execute("UPDATE payment_refund SET state = 'kept' WHERE id = $1 AND state IN ('due', 'sent')", refund_id)


async def intent_by_id(db: Database | Tx, intent_id: int) -> Intent | None:
    """One intent, as it is read; nothing is locked."""
    row = await db.fetchrow(f"SELECT {_INTENT} FROM payment_intent WHERE id = $1", intent_id)
    return _intent(row) if row else None


async def paid_by(db: Database | Tx, payer_id: int, currency: str, limit: int) -> list[Intent]:
    """What a person paid in a currency through channels outside, the latest first."""
    rows = await db.fetch(
        f"""SELECT {_INTENT} FROM payment_intent
            WHERE payer_id = $1 AND state = 'captured' AND currency = $2 AND channel = ANY($3)
            ORDER BY captured_at DESC, id DESC LIMIT $4""",
        payer_id,
        currency,
        list(CHANNEL_IDS),
        limit,
    )
    return [_intent(row) for row in rows]


async def known_events(tx: Tx, channel: str, event_ids: Sequence[str]) -> set[str]:
    """Which of these events were kept before."""
    rows = await tx.fetch(
        "SELECT event_id FROM payment_callback WHERE channel = $1 AND event_id = ANY($2)", channel, event_ids
    )
    return {row["event_id"] for row in rows}


async def insert_callbacks(tx: Tx, callbacks: Sequence[JudgedCallback]) -> None:
    """Keep callbacks with their verdicts."""
    await tx.execute(
        """INSERT INTO payment_callback (id, channel, event_id, kind, intent_id, body, verdict, why, received_at)
           SELECT i, c, e, k, n, b, v, w, $9 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[],
                  $5::bigint[], $6::bytea[], $7::text[], $8::text[]) AS t(i, c, e, k, n, b, v, w)
           ON CONFLICT (channel, event_id) DO NOTHING""",
        [tx.ids.new() for _ in callbacks],
        [callback.channel for callback in callbacks],
        [callback.event_id for callback in callbacks],
        [callback.kind for callback in callbacks],
        [callback.intent_id for callback in callbacks],
        [callback.body for callback in callbacks],
        [callback.verdict for callback in callbacks],
        [callback.why for callback in callbacks],
        tx.now,
    )

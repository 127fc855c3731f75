"""The only SQL of lateness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from renqing.foundation.database import Database, Tx
from renqing.trade.lateness.model import LatePaid, Promise

_PROMISE = ", ".join(Promise.__struct_fields__)
_PAID = ", ".join(LatePaid.__struct_fields__)


async def anybody_promises(tx: Tx) -> bool:
    """Whether any shop ever promised anything: where none did there is nothing to watch."""
    return bool(await tx.fetchval("SELECT EXISTS (SELECT 1 FROM lateness_promise)"))


async def lock_promises(tx: Tx, shop_id: int) -> None:
    """Two who state a promise of one shop at once do so one after the other."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('lateness_promise', $1))", shop_id)


async def promise_of(db: Database | Tx, shop_id: int) -> Promise | None:
    """What a shop promises now."""
    row = await db.fetchrow(
        f"SELECT {_PROMISE} FROM lateness_promise WHERE shop_id = $1 ORDER BY n DESC LIMIT 1", shop_id
    )
    return Promise(*row.values()) if row else None


async def promises_at(db: Database | Tx, placed: Sequence[tuple[int, datetime]]) -> dict[tuple[int, datetime], Promise]:
    """What each shop promised then; where it promised nothing there is none."""
    rows = await db.fetch(
        f"""SELECT w.at, {", ".join(f"p.{field}" for field in Promise.__struct_fields__)}
              FROM (SELECT DISTINCT s, at FROM unnest($1::bigint[], $2::timestamptz[]) AS t(s, at)) w
             CROSS JOIN LATERAL (SELECT * FROM lateness_promise
                                  WHERE shop_id = w.s AND stated_at <= w.at ORDER BY n DESC LIMIT 1) p""",
        [shop_id for shop_id, _ in placed],
        [at for _, at in placed],
    )
    found = {}
    for row in rows:
        at, *promise = row.values()
        found[row["shop_id"], at] = Promise(*promise)
    return found


async def insert_promise(tx: Tx, promise: Promise, staff_id: int) -> None:
    """Write a promise down; the former ones stay, for the orders that were placed under them."""
    values = [getattr(promise, field) for field in Promise.__struct_fields__]
    places = ", ".join(f"${n}" for n in range(1, len(values) + 2))
    await tx.execute(f"INSERT INTO lateness_promise ({_PROMISE}, stated_by) VALUES ({places})", *values, staff_id)


async def insert_paid(tx: Tx, paid: LatePaid) -> None:
    """Write down what was paid for an order."""
    values = [getattr(paid, field) for field in LatePaid.__struct_fields__]
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await tx.execute(f"INSERT INTO lateness_paid ({_PAID}) VALUES ({places})", *values)


async def paid_among(db: Database | Tx, order_ids: Iterable[int]) -> dict[int, LatePaid]:
    """What was paid for which of these orders."""
    rows = await db.fetch(f"SELECT {_PAID} FROM lateness_paid WHERE order_id = ANY($1)", sorted(set(order_ids)))
    return {row["order_id"]: LatePaid(*row.values()) for row in rows}

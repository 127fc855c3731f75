"""The orders room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from renqing.foundation.database import Database, Row, Tx
from renqing.foundation.secrets import Keys
from renqing.trade.orders.model import (
    SEVERAL_SHOPS,
    Destination,
    Line,
    NewOrder,
    Order,
    OrderState,
    OrderUnknown,
    Part,
)

LOOKED_AT_MAX = 200
SEALED_AT = "order_order.address_sealed"
_COLUMNS = ", ".join(
    f"coalesce(shop_id, {SEVERAL_SHOPS}) AS shop_id" if field == "shop_id" else field
    for field in Order.__struct_fields__
)
_GIVEN = "ANY((SELECT $1::bigint[])::bigint[])"  # not counted, so that the plan for one is the plan for many
_STATE = Order.__struct_fields__.index("state")
_SNAPSHOT = Line.__struct_fields__[:10]  # what was bought; how far it is follows
_INSERT = f"""
WITH placed AS (
INSERT INTO order_order (id, shop_id, payer_id, owner_id, purpose, state, currency, goods_amount, freight_amount,
       total_amount, fee_ppm, note, region_code, address_sealed, pay_by, by_voucher, placed_at, ship_from)
SELECT i, nullif(h, {SEVERAL_SHOPS}), p, o, u, CASE u WHEN 'present' THEN 20 ELSE 10 END, c, g, f, t, m, n, r, s, b,
       v, $16, CASE u WHEN 'present' THEN $16::timestamptz END
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
              $8::bigint[], $9::bigint[], $10::int[], $11::text[], $12::bigint[], $13::bytea[], $14::timestamptz[],
              $15::bool[])
       AS t(i, h, p, o, u, c, g, f, t, m, n, r, s, b, v))
INSERT INTO order_line (order_id, {", ".join(_SNAPSHOT)})
SELECT order_id, {", ".join(_SNAPSHOT)}
  FROM jsonb_to_recordset($17) AS t(order_id bigint, n smallint, product_id bigint, sku_id bigint, title_zh text,
       title_en text, specs text[], picture text, quantity int, unit_price bigint, amount bigint)
"""


def _order(row: Row) -> Order:
    values = list(row.values())
    values[_STATE] = OrderState(values[_STATE])
    return Order(*values)


async def insert_orders(tx: Tx, orders: Sequence[NewOrder]) -> None:
    """Write orders and their lines, set-based."""
    rows = [
        (
            order.id,
            order.shop_id,
            order.payer_id,
            None if order.purpose == "gift" else order.payer_id,
            order.purpose,
            order.currency,
            order.goods_amount,
            order.freight_amount,
            order.total_amount,
            order.fee_ppm,
            order.note,
            order.destination.region_code if order.destination else None,
            seal(tx.keys, order.id, order.destination) if order.destination else None,
            order.pay_by,
            order.by_voucher,
        )
        for order in orders
    ]
    lines = [
        {"order_id": order.id, **{name: getattr(line, name) for name in _SNAPSHOT}}
        for order in orders
        for line in order.lines
    ]
    await tx.execute(_INSERT, *zip(*rows, strict=True), tx.now, lines)


def seal(keys: Keys, order_id: int, destination: Destination) -> bytes:
    """A destination as one sealed field of its order."""
    return keys.seal(msgspec.json.encode(destination).decode(), place=SEALED_AT, row=order_id)


async def get(tx: Tx, order_id: int, *, lock: bool = True) -> Order:
    """One order, locked for this transaction unless told otherwise. Raises OrderUnknown."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM order_order WHERE id = $1" + (" FOR NO KEY UPDATE" if lock else ""), order_id
    )
    if row is None:
        raise OrderUnknown(order_id=order_id)
    return _order(row)


async def by_ids(tx: Tx, order_ids: Iterable[int]) -> dict[int, Order]:
    """Orders by id, not locked."""
    wanted = sorted(set(order_ids))
    rows = await tx.fetch(f"SELECT {_COLUMNS} FROM order_order WHERE id = {_GIVEN}", wanted) if wanted else []
    return {row["id"]: _order(row) for row in rows}


async def lock_many(tx: Tx, order_ids: Iterable[int]) -> dict[int, Order]:
    """Orders by id, locked in id order."""
    wanted = sorted(set(order_ids))
    if not wanted:
        return {}
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM order_order WHERE id = {_GIVEN} ORDER BY id FOR NO KEY UPDATE",
        wanted,
    )
    return {row["id"]: _order(row) for row in rows}


async def lines(db: Database | Tx, order_id: int) -> list[Line]:
    """The lines of an order, in order."""
    rows = await db.fetch(
        """SELECT n, product_id, sku_id, title_zh, title_en, specs, picture, quantity, unit_price, amount, shipped,
                  refunded, cancelled, late_amount, late_of
           FROM order_line WHERE order_id = $1 ORDER BY n""",
        order_id,
    )
    return [Line(*row.values()) for row in rows]


async def lines_of(db: Database | Tx, order_ids: Sequence[int]) -> dict[int, list[Line]]:
    """The lines of many orders, in order."""
    rows = await db.fetch(
        f"""SELECT n, product_id, sku_id, title_zh, title_en, specs, picture, quantity, unit_price, amount, shipped,
                   refunded, cancelled, late_amount, late_of, order_id
            FROM order_line WHERE order_id = {_GIVEN} ORDER BY order_id, n""",
        order_ids,
    )
    found: dict[int, list[Line]] = {}
    for row in rows:
        *line, order_id = row.values()
        found.setdefault(order_id, []).append(Line(*line))
    return found


async def titles(tx: Tx, order_ids: Sequence[int]) -> dict[int, str]:
    """What the first line of each order is called, in Chinese."""
    rows = await tx.fetch(
        "SELECT order_id, title_zh FROM order_line WHERE order_id = ANY($1::bigint[]) AND n = 1", order_ids
    )
    return {row["order_id"]: row["title_zh"] for row in rows}


async def destination(db: Database | Tx, keys: Keys, order_id: int) -> Destination | None:
    """Where an order goes, opened. Callers decide and log who may read it."""
    sealed = await db.fetchval("SELECT address_sealed FROM order_order WHERE id = $1", order_id)
    if sealed is None:
        return None
    return msgspec.json.decode(keys.open(sealed, place=SEALED_AT, row=order_id), type=Destination)


async def destinations(db: Database | Tx, keys: Keys, order_ids: Sequence[int]) -> dict[int, Destination]:
    """Where these orders go, opened; one that goes nowhere is absent. Callers decide who may read it."""
    if not order_ids:
        return {}
    rows = await db.fetch(
        "SELECT id, address_sealed FROM order_order WHERE id = ANY($1) AND address_sealed IS NOT NULL", order_ids
    )
    opened = {row["id"]: keys.open(row["address_sealed"], place=SEALED_AT, row=row["id"]) for row in rows}
    return {order_id: msgspec.json.decode(said, type=Destination) for order_id, said in opened.items()}


async def set_paid(tx: Tx, moves: Sequence[tuple[int, OrderState]]) -> None:
    """Orders that were to pay are paid and in their next state.

    Found by their ids (``+ 0``): in a house whose statistics are of its first days, every order that waits to be paid
    was read in the index of states.
    """
    await tx.execute(
        """UPDATE order_order o SET state = t.s, paid_at = $3, ship_from = CASE WHEN t.s = 20 THEN $3::timestamptz END
           FROM unnest((SELECT $1::bigint[]), (SELECT $2::smallint[])) AS t(i, s)
           WHERE o.id = t.i AND o.state + 0 = 10""",
        [order_id for order_id, _ in moves],
        [int(state) for _, state in moves],
        tx.now,
    )


async def set_over(tx: Tx, ends: Sequence[tuple[int, OrderState]], why: str) -> None:
    """Orders (id, last state) ended before shipping."""
    await tx.execute(
        """UPDATE order_order o SET state = t.s, why_closed = $3, closed_at = $4
           FROM unnest($1::bigint[], $2::smallint[]) AS t(i, s) WHERE o.id = t.i""",
        [order_id for order_id, _ in ends],
        [int(state) for _, state in ends],
        why,
        tx.now,
    )


async def insert_parts(tx: Tx, parts: Sequence[Part]) -> None:
    """Write parts of orders, each with its line, and count what they have: all else is copied from the whole.

    ``rules.order_of_part`` says the same of the order that each becomes.

    The wholes are looked up one by one (``OFFSET 0`` keeps the look-ups apart): joined, PostgreSQL would read every
    line that there is as long as its statistics are those of a young house.
    """
    await tx.execute(
        """WITH part AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[],
                                              $6::int[], $7::bigint[], $8::bigint[], $10::int[], $11::text[])
                              AS t(id, whole, owner, region, sealed, quantity, goods, freight, line, purpose)),
             divided AS (SELECT whole, sum(goods + freight)::bigint AS amount FROM part GROUP BY whole),
             whole AS MATERIALIZED (
               SELECT w.id, w.shop_id, w.payer_id, w.currency, w.fee_ppm, w.pay_by, w.by_voucher, l.n,
                      l.product_id, l.sku_id, l.title_zh, l.title_en, l.specs, l.picture, l.unit_price
               FROM (SELECT DISTINCT whole, line FROM part) d
               CROSS JOIN LATERAL (SELECT * FROM order_order WHERE id = d.whole OFFSET 0) w
               CROSS JOIN LATERAL (SELECT * FROM order_line WHERE order_id = d.whole AND n = d.line OFFSET 0) l),
             made AS (
               INSERT INTO order_order (id, shop_id, payer_id, owner_id, purpose, state, currency, goods_amount,
                 freight_amount, total_amount, fee_ppm, region_code, address_sealed, placed_at, pay_by, ship_from,
                 part_of, by_voucher)
               SELECT p.id, w.shop_id, w.payer_id, p.owner, p.purpose,
                      CASE WHEN w.by_voucher THEN 17 ELSE 20 END, w.currency, p.goods, p.freight,
                      p.goods + p.freight, w.fee_ppm, p.region, p.sealed, $9, w.pay_by,
                      CASE WHEN NOT w.by_voucher THEN $9::timestamptz END, w.id, w.by_voucher
               FROM part p JOIN whole w ON w.id = p.whole AND w.n = p.line),
             counted AS (
               UPDATE order_order w SET divided_amount = w.divided_amount + t.amount
               FROM divided t WHERE w.id = t.whole)
           INSERT INTO order_line (order_id, n, product_id, sku_id, title_zh, title_en, specs, picture, quantity,
             unit_price, amount, shipped)
           SELECT p.id, 1, w.product_id, w.sku_id, w.title_zh, w.title_en, w.specs, w.picture, p.quantity,
                  w.unit_price, p.goods, CASE WHEN w.by_voucher THEN p.quantity ELSE 0 END
           FROM part p JOIN whole w ON w.id = p.whole AND w.n = p.line""",
        [part.id for part in parts],
        [part.whole.id for part in parts],
        [part.owner_id for part in parts],
        [part.destination.region_code if part.destination else None for part in parts],
        [seal(tx.keys, part.id, part.destination) if part.destination else None for part in parts],
        [part.quantity for part in parts],
        [part.goods_amount for part in parts],
        [part.freight_amount for part in parts],
        tx.now,
        [part.line_n for part in parts],
        [part.purpose for part in parts],
    )


async def set_owners(tx: Tx, claims: Sequence[tuple[int, int, Destination | None, OrderState]]) -> None:
    """Gift orders (order, recipient, destination, state) go to their recipients; what is to be shipped, from now."""
    await tx.executemany(
        """UPDATE order_order SET owner_id = $2, region_code = $3, address_sealed = $4, state = $5::smallint,
                  ship_from = CASE WHEN $5::smallint = 20 THEN $6::timestamptz END
           WHERE id = $1""",
        [
            (
                order_id,
                owner_id,
                destination.region_code if destination else None,
                seal(tx.keys, order_id, destination) if destination else None,
                int(state),
                tx.now,
            )
            for order_id, owner_id, destination, state in claims
        ],
    )


async def set_line_styles(tx: Tx, order_id: int, lines: Sequence[Line]) -> None:
    """These lines are now other styles at the same price."""
    await tx.executemany(
        "UPDATE order_line SET sku_id = $3, specs = $4, picture = $5 WHERE order_id = $1 AND n = $2",
        [(order_id, line.n, line.sku_id, line.specs, line.picture) for line in lines],
    )


async def add_shipped(tx: Tx, order_id: int, leaving: dict[int, int], state: OrderState) -> None:
    """Pieces left; the order is in ``state``."""
    await tx.executemany(
        "UPDATE order_line SET shipped = shipped + $3 WHERE order_id = $1 AND n = $2",
        [(order_id, n, quantity) for n, quantity in leaving.items()],
    )
    await tx.execute("UPDATE order_order SET state = $2 WHERE id = $1", order_id, int(state))


async def set_issued(tx: Tx, order_ids: Sequence[int]) -> None:
    """Every piece of these orders was handed over."""
    await tx.execute("UPDATE order_line SET shipped = quantity WHERE order_id = ANY($1)", order_ids)


async def set_received(tx: Tx, order_id: int) -> None:
    """The owner has the goods."""
    await tx.execute("UPDATE order_order SET state = 100, received_at = $2 WHERE id = $1", order_id, tx.now)


async def set_settled(tx: Tx, order_id: int) -> None:
    """The shop has its money."""
    await tx.execute("UPDATE order_order SET settled_at = $2 WHERE id = $1", order_id, tx.now)


async def add_refund(tx: Tx, order_id: int, amount: int, state: OrderState) -> None:
    """Money of the order goes back."""
    await tx.execute(
        """UPDATE order_order SET refunded_amount = refunded_amount + $2, state = $3::smallint,
                  closed_at = CASE WHEN $3::smallint = 200 THEN coalesce(closed_at, $4) ELSE closed_at END
           WHERE id = $1""",
        order_id,
        amount,
        int(state),
        tx.now,
    )


async def add_lateness(tx: Tx, order_id: int, late: Sequence[tuple[int, int]]) -> None:
    """Lines (n, amount) gave some of their price back because what was left of them was late."""
    await tx.executemany(
        """UPDATE order_line SET late_amount = $3, late_of = quantity - refunded WHERE order_id = $1 AND n = $2""",
        [(order_id, n, amount) for n, amount in late],
    )
    await tx.execute(
        "UPDATE order_order SET refunded_amount = refunded_amount + $2 WHERE id = $1",
        order_id,
        sum(amount for _, amount in late),
    )


async def add_freight_back(tx: Tx, order_id: int, amount: int) -> None:
    """Some of an order's freight goes back."""
    await tx.execute(
        "UPDATE order_order SET refunded_amount = refunded_amount + $2, freight_back = freight_back + $2 WHERE id = $1",
        order_id,
        amount,
    )


async def set_rest_refunded(tx: Tx, order_ids: Sequence[int]) -> None:
    """All the money of these orders that no part of them has goes back."""
    await tx.execute(
        "UPDATE order_order SET refunded_amount = total_amount - divided_amount WHERE id = ANY($1)", order_ids
    )


async def set_line_refund(tx: Tx, order_id: int, line: Line) -> None:
    """Pieces of a line were refunded."""
    await tx.execute(
        "UPDATE order_line SET refunded = $3, cancelled = $4 WHERE order_id = $1 AND n = $2",
        order_id,
        line.n,
        line.refunded,
        line.cancelled,
    )


async def customers_among(tx: Tx, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these (shop, person) paid the shop for something, or were sent something of it."""
    if not pairs:
        return set()
    rows = await tx.fetch(
        """SELECT s, p FROM (SELECT DISTINCT s, p FROM unnest($1::bigint[], $2::bigint[]) AS t(s, p)) asked
           WHERE EXISTS (SELECT 1 FROM order_order o
                          WHERE o.payer_id = p AND o.shop_id = s AND o.paid_at IS NOT NULL)
              OR EXISTS (SELECT 1 FROM order_order o
                          WHERE o.owner_id = p AND o.shop_id = s AND o.ship_from IS NOT NULL)""",
        [shop_id for shop_id, _ in pairs],
        [person_id for _, person_id in pairs],
    )
    return {(row["s"], row["p"]) for row in rows}


async def forget(tx: Tx, person_id: int) -> None:
    """Where somebody's orders went and what they wrote beside them is gone; the province stays: shops add up by it."""
    await tx.execute(
        """UPDATE order_order SET address_sealed = NULL, region_code = (left(region_code::text, 2) || '0000')::bigint
           WHERE owner_id = $1 AND address_sealed IS NOT NULL""",
        person_id,
    )
    await tx.execute("UPDATE order_order SET note = '' WHERE payer_id = $1 AND note <> ''", person_id)


async def count_open(tx: Tx, person_id: int) -> int:
    """How many orders that somebody paid for or waits for are not over yet."""
    return int(
        await tx.fetchval(
            """SELECT count(*) FROM (
                 SELECT id FROM order_order WHERE payer_id = $1 AND state IN (10, 12, 17, 20, 21, 30)
                 UNION SELECT id FROM order_order WHERE owner_id = $1 AND state IN (10, 12, 17, 20, 21, 30)) o""",
            person_id,
        )
    )


async def count_unpaid(tx: Tx, payer_id: int, since: datetime) -> int:
    """How many of somebody's latest orders, placed since then, were closed because nobody paid."""
    return int(
        await tx.fetchval(
            f"""SELECT count(*) FROM (
                  SELECT why_closed, placed_at FROM order_order WHERE payer_id = $1
                   ORDER BY id DESC LIMIT {LOOKED_AT_MAX}) o
                WHERE why_closed = 'unpaid' AND placed_at >= $2""",
            payer_id,
            since,
        )
    )


async def ids_of_owner(tx: Tx, owner_id: int) -> list[int]:
    """Every order that came to somebody."""
    return [row["id"] for row in await tx.fetch("SELECT id FROM order_order WHERE owner_id = $1", owner_id)]

"""The carts room's only SQL. A cart is changed under its owner's lock, taken in the order of their ids."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.foundation.database import Tx
from renqing.trade.carts.model import Put


class Standing(msgspec.Struct, frozen=True):
    """Pieces of one SKU in a cart (0: it is not in it), and how many lines the cart has."""

    quantity: int
    lines: int


async def lock(tx: Tx, places: Sequence[tuple[int, int]]) -> list[Standing]:
    """Lock the carts of these (person, SKU) places until the transaction ends; for each how it stands."""
    rows = await tx.fetch(
        "SELECT quantity, lines FROM cart_lock($1::bigint[], $2::bigint[]) ORDER BY place",
        [person_id for person_id, _ in places],
        [sku_id for _, sku_id in places],
    )
    return [Standing(row["quantity"], row["lines"]) for row in rows]


async def write(tx: Tx, lines: Sequence[tuple[Put, int]]) -> None:
    """Lines as they are from now on: what was put in last, with so many pieces altogether. The carts are locked."""
    if not lines:
        return
    await tx.execute(
        """INSERT INTO cart_line (person_id, sku_id, quantity, price_seen, currency, put_in_at)
           SELECT p, s, q, m, c, $6 FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::text[])
                  AS t(p, s, q, m, c)
           ON CONFLICT (person_id, sku_id) DO UPDATE SET quantity = excluded.quantity,
              price_seen = excluded.price_seen, currency = excluded.currency, put_in_at = excluded.put_in_at""",
        [put.person_id for put, _ in lines],
        [put.sku_id for put, _ in lines],
        [quantity for _, quantity in lines],
        [put.price for put, _ in lines],
        [put.currency for put, _ in lines],
        tx.now,
    )


async def set_quantity(tx: Tx, person_id: int, sku_id: int, quantity: int) -> None:
    """A line of a locked cart has so many pieces."""
    await tx.execute(
        "UPDATE cart_line SET quantity = $3 WHERE person_id = $1 AND sku_id = $2", person_id, sku_id, quantity
    )


async def delete_lines(tx: Tx, places: Sequence[tuple[int, int]]) -> None:
    """These (person, SKU) lines leave their carts, which are locked."""
    if not places:
        return
    await tx.execute(
        """DELETE FROM cart_line c USING unnest($1::bigint[], $2::bigint[]) AS t(p, s)
            WHERE c.person_id = t.p AND c.sku_id = t.s""",
        [person_id for person_id, _ in places],
        [sku_id for _, sku_id in places],
    )


async def delete_cart(tx: Tx, person_id: int) -> int:
    """Every line of somebody's leaves; how many there were."""
    return int(
        await tx.fetchval(
            "WITH gone AS (DELETE FROM cart_line WHERE person_id = $1 RETURNING 1) SELECT count(*) FROM gone",
            person_id,
        )
    )

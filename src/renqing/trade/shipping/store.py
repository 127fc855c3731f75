"""The shipping room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.trade.shipping.model import News, Parcel, ParcelLine, ParcelState, Rate


async def rates_of(db: Database | Tx, shop_ids: Sequence[int]) -> dict[int, list[Rate]]:
    """Every rate of these shops, by shop; a shop without any is absent."""
    rows = await db.fetch(
        """SELECT shop_id, region_code, fee, free_from, delivers FROM shipping_rate
           WHERE shop_id = ANY((SELECT $1::bigint[])::bigint[]) ORDER BY shop_id, region_code""",
        list(shop_ids),
    )
    rates: dict[int, list[Rate]] = {}
    for row in rows:
        rates.setdefault(row["shop_id"], []).append(
            Rate(row["region_code"], row["fee"], row["free_from"], row["delivers"])
        )
    return rates


async def write_rate(tx: Tx, shop_id: int, rate: Rate) -> None:
    """Set the rate of a region."""
    await tx.execute(
        """INSERT INTO shipping_rate (shop_id, region_code, fee, free_from, delivers) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (shop_id, region_code) DO UPDATE
           SET fee = EXCLUDED.fee, free_from = EXCLUDED.free_from, delivers = EXCLUDED.delivers""",
        shop_id,
        rate.region_code,
        rate.fee,
        rate.free_from,
        rate.delivers,
    )


async def remove_rate(tx: Tx, shop_id: int, region_code: int) -> bool:
    """Take a rate back. False where there was none."""
    done = await tx.execute("DELETE FROM shipping_rate WHERE shop_id = $1 AND region_code = $2", shop_id, region_code)
    return done == "DELETE 1"


async def add_parcel(tx: Tx, parcel: Parcel) -> bool:
    """Write a parcel with its lines and first event. False where its carrier and number are another parcel's."""
    written = await tx.fetchval(
        """INSERT INTO shipping_parcel (id, order_id, shop_id, carrier, tracking_number, state, shipped_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (carrier, tracking_number) DO NOTHING RETURNING id""",
        parcel.id,
        parcel.order_id,
        parcel.shop_id,
        parcel.carrier,
        parcel.tracking_number,
        parcel.state,
        parcel.shipped_at,
    )
    if written is None:
        return False
    await tx.execute(
        """INSERT INTO shipping_parcel_line (parcel_id, line_n, quantity)
           SELECT $1, n, q FROM unnest($2::smallint[], $3::int[]) AS t(n, q)""",
        parcel.id,
        [line.line_n for line in parcel.lines],
        [line.quantity for line in parcel.lines],
    )
    await add_event(tx, parcel.id, News(parcel.state, "", parcel.shipped_at))
    return True


async def add_event(tx: Tx, parcel_id: int, news: News) -> bool:
    """Keep carrier news. False where the very same news is kept already."""
    written = await tx.fetchval(
        """INSERT INTO shipping_event (id, parcel_id, state, place, happened_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (parcel_id, state, place, happened_at) DO NOTHING RETURNING id""",
        tx.ids.new(),
        parcel_id,
        news.state,
        news.place,
        news.happened_at,
    )
    return written is not None


async def move(tx: Tx, parcel_id: int, state: ParcelState) -> None:
    """Write where a parcel is now; the instant of its delivery is by our clock."""
    await tx.execute(
        """UPDATE shipping_parcel SET state = $2, delivered_at = CASE WHEN $2 = 'delivered' THEN $3::timestamptz END
           WHERE id = $1""",
        parcel_id,
        state,
        tx.now,
    )


async def rename(tx: Tx, parcel_id: int, carrier: str, tracking_number: str) -> bool:
    """Give a parcel another carrier and number. False where they are another parcel's."""
    if await tx.fetchval(
        "SELECT 1 FROM shipping_parcel WHERE carrier = $1 AND tracking_number = $2 AND id <> $3",
        carrier,
        tracking_number,
        parcel_id,
    ):
        return False
    await tx.execute(
        "UPDATE shipping_parcel SET carrier = $2, tracking_number = $3 WHERE id = $1",
        parcel_id,
        carrier,
        tracking_number,
    )
    return True


async def count_parcels(tx: Tx, order_id: int) -> int:
    """How many parcels an order has."""
    return int(await tx.fetchval("SELECT count(*) FROM shipping_parcel WHERE order_id = $1", order_id))


async def count_events(tx: Tx, parcel_id: int) -> int:
    """How much news a parcel has."""
    return int(await tx.fetchval("SELECT count(*) FROM shipping_event WHERE parcel_id = $1", parcel_id))


async def get(db: Database | Tx, parcel_id: int, *, lock: bool = False) -> Parcel | None:
    """One parcel with its lines and news."""
    row = await db.fetchrow(f"{_PARCEL} WHERE id = $1 {'FOR UPDATE' if lock else ''}", parcel_id)
    return (await _whole(db, [row]))[0] if row else None


async def find(db: Database | Tx, carrier: str, tracking_number: str) -> Parcel | None:
    """The parcel that a carrier knows by this number."""
    row = await db.fetchrow(f"{_PARCEL} WHERE carrier = $1 AND tracking_number = $2", carrier, tracking_number)
    return (await _whole(db, [row]))[0] if row else None


async def of_orders(db: Database | Tx, order_ids: Sequence[int]) -> dict[int, list[Parcel]]:
    """The parcels of these orders, oldest first; an order without any is absent."""
    rows = await db.fetch(f"{_PARCEL} WHERE order_id = ANY($1) ORDER BY id", list(order_ids))
    parcels: dict[int, list[Parcel]] = {}
    for parcel in await _whole(db, rows):
        parcels.setdefault(parcel.order_id, []).append(parcel)
    return parcels


_PARCEL = """SELECT id, order_id, shop_id, carrier, tracking_number, state, shipped_at, delivered_at
             FROM shipping_parcel"""


async def _whole(db: Database | Tx, rows: Sequence[Row]) -> list[Parcel]:
    """Parcels with their lines and events: three reads, however many parcels."""
    ids = [row["id"] for row in rows]
    lines: dict[int, list[ParcelLine]] = {parcel_id: [] for parcel_id in ids}
    events: dict[int, list[News]] = {parcel_id: [] for parcel_id in ids}
    if ids:
        for line in await db.fetch(
            """SELECT parcel_id, line_n, quantity FROM shipping_parcel_line
               WHERE parcel_id = ANY($1) ORDER BY parcel_id, line_n""",
            ids,
        ):
            lines[line["parcel_id"]].append(ParcelLine(line["line_n"], line["quantity"]))
        for event in await db.fetch(
            """SELECT parcel_id, state, place, happened_at FROM shipping_event
               WHERE parcel_id = ANY($1) ORDER BY parcel_id, happened_at, id""",
            ids,
        ):
            events[event["parcel_id"]].append(News(ParcelState(event["state"]), event["place"], event["happened_at"]))
    return [
        Parcel(
            row["id"],
            row["order_id"],
            row["shop_id"],
            row["carrier"],
            row["tracking_number"],
            ParcelState(row["state"]),
            row["shipped_at"],
            row["delivered_at"],
            tuple(lines[row["id"]]),
            tuple(events[row["id"]]),
        )
        for row in rows
    ]


async def forget(tx: Tx, order_ids: Sequence[int]) -> None:
    """Where the parcels of these orders were seen on their way is gone; that they were delivered stays."""
    await tx.execute(
        """DELETE FROM shipping_event WHERE place <> ''
              AND parcel_id IN (SELECT id FROM shipping_parcel WHERE order_id = ANY($1::bigint[]))""",
        order_ids,
    )

"""A house with a million of everything, made inside PostgreSQL from what the demo sells.

``fill`` writes N products with their styles and stock, N people, and five orders a person with their lines, one in ten
with its parcel. How they are spread is as in life: a few products and a few people have most of the orders (the share
of the first k of N grows with the cube and the square root of k/N), and popular things lie anywhere in their table.

It is quick because it is done as a migration would be: set by set, over two connections, foreign keys and triggers set
aside (``session_replication_role``) and what they would have kept written set-based, indexes made after. What is
measured later is an ordinary database: every table of the house is logged, indexed and vacuumed as its schema says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from renqing.doors.cli.benching import crowd_sql as sql
from renqing.doors.cli.benching.titles import TITLES, titles_of_the_demo
from renqing.foundation.clock import monotonic_seconds

ORDERS_A_PERSON = 5
PRODUCTS_A_SHOP = 1_000
SHOPS_FROM, PRODUCTS_FROM, PEOPLE_FROM, ORDERS_FROM = 10**9, 2 * 10**9, 3 * 10**9, 10**12
STYLES_MAX = 16  # ids of a product's styles: its own times this, and their place
SPREAD = 600_011  # prime: from rank to place, so that popular things lie anywhere

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹"
_GIVEN = "安博晨丹恩芳歌涵佳可兰敏宁鹏青然诗婷薇晓雅悦泽子文宇轩欣怡琳"
_ADDRESS_BYTES = 150  # as long as a sealed one
_BUILD_SECONDS_MAX = 1_200


async def fill(dsn: str, count: int, *, orders: bool = True) -> float:
    """Write it all, or all but the orders: then the house is as ``renqing check`` wants it. Seconds that it took."""
    began = monotonic_seconds()
    async with _hands(dsn) as (one, other):
        facts = await _lay_material(one, count)
        await one.execute(sql.SHOPS.format_map(facts))
        await one.execute(sql.RATES.format_map(facts))
        await asyncio.gather(_fill_market(one, facts), _fill_orders(other, facts if orders else None))
        await one.execute("DROP TABLE bench_title")
    return monotonic_seconds() - began


@asynccontextmanager
async def _hands(dsn: str) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Connection]]:
    """Two connections that build, and a server that lets them: no checkpoint in the middle."""
    session = {
        "session_replication_role": "replica",
        "synchronous_commit": "off",
        "maintenance_work_mem": "512MB",
        "work_mem": "256MB",
    }
    one = await asyncpg.connect(dsn, server_settings=session, command_timeout=_BUILD_SECONDS_MAX)
    other = await asyncpg.connect(dsn, server_settings=session, command_timeout=_BUILD_SECONDS_MAX)
    meanwhile = {"max_wal_size": "'16GB'", "checkpoint_timeout": "'30min'"}
    try:
        for name, value in meanwhile.items():
            await one.execute(f"ALTER SYSTEM SET {name} = {value}")
        await one.execute("SELECT pg_reload_conf()")
        yield one, other
        for name in meanwhile:
            await one.execute(f"ALTER SYSTEM RESET {name}")
        await one.execute("SELECT pg_reload_conf()")
        await one.execute("CHECKPOINT")
    finally:
        await one.close()
        await other.close()


async def _lay_material(conn: asyncpg.Connection, count: int) -> dict[str, Any]:
    """Lay the titles out; and the numbers that the statements are filled with."""
    titles = await titles_of_the_demo(conn, min(count, TITLES))
    columns: list[list[Any]] = [list(column) for column in zip(*titles, strict=True)]
    await conn.execute(sql.MATERIAL, *columns)
    await conn.execute("ANALYZE bench_title")
    return {
        "now": f"'{await conn.fetchval('SELECT now()::text')}'::timestamptz",
        "count": count,
        "orders": count * ORDERS_A_PERSON,
        "shops": max(1, count // PRODUCTS_A_SHOP),
        "titles": len(titles),
        "shops_from": SHOPS_FROM,
        "products_from": PRODUCTS_FROM,
        "people_from": PEOPLE_FROM,
        "orders_from": ORDERS_FROM,
        "styles_max": STYLES_MAX,
        "skus_from": PRODUCTS_FROM * STYLES_MAX,
        "skus_to": (PRODUCTS_FROM + count) * STYLES_MAX,
        "spread": SPREAD,
        "inverse": pow(SPREAD, -1, count),
        "surnames": _SURNAMES,
        "given": _GIVEN,
        "address_bytes": _ADDRESS_BYTES,
    }


async def _fill_market(conn: asyncpg.Connection, facts: Mapping[str, Any]) -> None:
    tables = ("catalog_product", "catalog_sku", "stock_item", "stock_movement", "people_person")
    async with _without_indexes(conn, tables):
        for statement in (sql.PRODUCTS, sql.STYLES, sql.ITEMS, sql.MOVEMENTS, sql.PEOPLE):
            await conn.execute(statement.format_map(facts))
    await conn.execute(sql.COUNTS)
    await conn.execute(f"VACUUM ANALYZE {', '.join((*tables, 'catalog_category', 'people_shop', 'shipping_rate'))}")


async def _fill_orders(conn: asyncpg.Connection, facts: Mapping[str, Any] | None) -> None:
    if facts is None:
        return
    tables = ("order_order", "order_line", "shipping_parcel", "shipping_parcel_line", "shipping_event")
    await conn.execute(sql.CHOSEN.format_map(facts))
    async with _without_indexes(conn, tables):
        for statement in (sql.ORDERS, sql.LINES, sql.PARCELS, sql.PARCEL_LINES, sql.EVENTS):
            await conn.execute(statement.format_map(facts))
    await conn.execute("DROP TABLE bench_order")
    await conn.execute(f"VACUUM ANALYZE {', '.join(tables)}")


@asynccontextmanager
async def _without_indexes(conn: asyncpg.Connection, tables: Sequence[str]) -> AsyncIterator[None]:
    """Put aside what only serves reading, and make it when all is there. Keys stay: rows come in their order."""
    rows = await conn.fetch(
        """SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
            WHERE i.indrelid = ANY ($1::text[]::regclass[])
              AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)""",
        tables,
    )
    for row in rows:
        await conn.execute(f"DROP INDEX {row['name']}")
    yield
    for row in rows:
        await conn.execute(row["made"])

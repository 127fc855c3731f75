"""Reading the market over HTTP, beside PostgreSQL alone answering the same statement."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import asyncpg

from renqing.doors.cli.benching.contract import Ask
from renqing.doors.cli.benching.load import pgbench, wrk
from renqing.doors.cli.benching.stage import Stage
from renqing.views.product_page import STATEMENT

CONNECTIONS = 32
SCRIPTS_MAX = 20
SEARCHES = ("茶", "礼物", "杯子", "手工", "水果", "文具", "香", "花")


def product_detail(stage: Stage, ask: Ask) -> dict[str, Any]:
    """GET /v1/products/{id}, every product in turn."""
    ids = on_sale(stage)
    rate = wrk(stage, [f"/v1/products/{one}" for one in ids], connections=CONNECTIONS, seconds=ask.seconds)
    limit = pgbench(
        stage,
        [STATEMENT.replace("$1", f"'{{{one}}}'") + ";" for one in ids[:SCRIPTS_MAX]],
        clients=CONNECTIONS,
        seconds=ask.seconds,
    )
    return {
        **rate.said(),
        "limit_per_second": round(limit, 1),
        "ratio": round(rate.ops_per_second / limit, 3),
        "data": len(ids),
    }


def product_list(stage: Stage, ask: Ask) -> dict[str, Any]:
    """GET /v1/products: 20 a page with the total, one in three a Chinese search."""
    rate = wrk(stage, list_paths(), connections=CONNECTIONS, seconds=ask.seconds)
    return rate.said()


def list_paths() -> list[str]:
    """Two home lists to one search."""
    return [
        path
        for word in SEARCHES
        for path in ("/v1/products", "/v1/products?limit=20", f"/v1/products?query={quote(word)}")
    ]


def on_sale(stage: Stage) -> list[int]:
    """The ids of what this house sells."""
    return asyncio.run(_product_ids(stage))


async def _product_ids(stage: Stage) -> list[int]:
    conn = await asyncpg.connect(stage.dsn)
    try:
        return [row["id"] for row in await conn.fetch("SELECT id FROM catalog_product WHERE on_sale ORDER BY id")]
    finally:
        await conn.close()

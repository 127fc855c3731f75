"""A million products, a million people, five million orders: what of the small house's speed is left."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import asyncpg
import msgspec

from renqing.doors.cli.benching.contract import Ask
from renqing.doors.cli.benching.crowd import ORDERS_FROM, PEOPLE_FROM, PRODUCTS_FROM, SPREAD, fill
from renqing.doors.cli.benching.load import Rate, wrk
from renqing.doors.cli.benching.market_benches import CONNECTIONS, list_paths, on_sale
from renqing.doors.cli.benching.stage import Stage, own_stage
from renqing.trade.orders import Destination

COUNT = 1_000_000
SAMPLE = 2_000  # products and readers that are asked for
FEW = 2  # connections where a wait is measured and not a rate
_FILLED = "filled.json"

# As people search: a word that every twentieth or fifth thing has, two of them, a rare one, English, and half a word.
SEARCHES = (
    *("茶", "礼物", "手工", "香", "花", "杯子", "木", "白瓷", "文具", "龙井 茶", "手工 皂", "绿茶 礼盒"),
    *("k4821", "tea", "green tea", "notebook", "candle soy", "k99 茶", "lon", "green te", "不存在的词"),
)


def large_catalogue(stage: Stage, ask: Ask) -> dict[str, Any]:
    """The market over HTTP beside the small house's in one run; search and a person's orders at two connections."""
    count = round(COUNT * ask.size)
    with _large_stage(stage, ask, count) as (large, built_in):
        small_detail, small_list = _detail(stage, on_sale(stage), ask), _list(stage, ask)
        ranks = [round(count * (turn / SAMPLE) ** 3) % count for turn in range(SAMPLE)]  # as popular as in its orders
        inverse = pow(SPREAD, -1, count)
        detail = _detail(large, [PRODUCTS_FROM + rank * inverse % count for rank in ranks], ask)
        listed = _list(large, ask)
        search = _waits(large, _searches(), ask)
        readers = asyncio.run(_readers(large, count))
        mine = _waits(large, [f"/v1/orders {token}" for token, _ in readers], ask)
        one = _waits(large, [f"/v1/orders/{order_id} {token}" for token, order_id in readers], ask)
    rates = (small_detail, small_list, detail, listed, search, mine, one)
    return {
        **detail.said(),
        "ratio": round(min(_kept(detail, small_detail), _kept(listed, small_list)), 2),
        "exact": all(rate.bad == 0 for rate in rates),
        "list_per_second": listed.ops_per_second,
        "list_app_cpu_us": listed.said()["app_cpu_us"],
        "list_pg_cpu_us": listed.said()["pg_cpu_us"],
        "detail_kept": round(_kept(detail, small_detail), 2),
        "list_kept": round(_kept(listed, small_list), 2),
        "detail_cpu_kept": round(_cpu(small_detail) / _cpu(detail), 2),
        "list_cpu_kept": round(_cpu(small_list) / _cpu(listed), 2),
        "search_p50_ms": search.p50_ms,
        "search_p99_ms": search.p99_ms,
        "search_cpu_us": round(_cpu(search), 1),
        "orders_page_p99_ms": mine.p99_ms,
        "order_page_p99_ms": one.p99_ms,
        "order_page_cpu_us": round(_cpu(one), 1),
        "data": count,
        "built_in_seconds": built_in,
    }


def _detail(stage: Stage, ids: Sequence[int], ask: Ask) -> Rate:
    return wrk(stage, [f"/v1/products/{one}" for one in ids], connections=CONNECTIONS, seconds=ask.seconds)


def _list(stage: Stage, ask: Ask) -> Rate:
    return wrk(stage, list_paths(), connections=CONNECTIONS, seconds=ask.seconds)


def _searches() -> list[str]:
    """Each at another length of page each time, so that none is answered from the memory of a second ago."""
    return [f"/v1/products?query={quote(words)}&limit={limit}" for limit in range(20, 80) for words in SEARCHES]


def _waits(stage: Stage, paths: Sequence[str], ask: Ask) -> Rate:
    return wrk(stage, paths, connections=FEW, seconds=ask.seconds)


def _kept(large: Rate, small: Rate) -> float:
    return large.ops_per_second / small.ops_per_second


def _cpu(rate: Rate) -> float:
    said = rate.said()
    return float(said["app_cpu_us"] + said["pg_cpu_us"])


@contextmanager
def _large_stage(stage: Stage, ask: Ask, count: int) -> Iterator[tuple[Stage, float | None]]:
    """A house with that many of everything; and the seconds that it took to make, None where it was kept."""
    home = None if ask.keep is None else ask.keep / f"house-{count}"
    if home is not None and home.exists() and not (home / _FILLED).exists():
        shutil.rmtree(home)  # half made
    with own_stage(ask.roof, server_processes=stage.server_processes, home=home) as large:
        note = large.home / _FILLED
        if note.exists():
            yield large, None
            return
        seconds = round(asyncio.run(fill(large.dsn, count)), 1)
        note.write_bytes(msgspec.json.encode({"count": count, "seconds": seconds}))
        yield large, seconds


async def _readers(stage: Stage, count: int) -> list[tuple[str, int]]:
    """Tokens of people, those with many orders more often, and an order of each that may be read."""
    step = max(1, count * 5 // SAMPLE)
    conn = await asyncpg.connect(stage.dsn)
    try:
        rows = await conn.fetch(
            "SELECT id, owner_id FROM order_order WHERE id = ANY ($1::bigint[])",
            [ORDERS_FROM + turn * step + 3 for turn in range(SAMPLE)],
        )
        people = {row["owner_id"]: f"bench-person-{row['owner_id']}-{'x' * 20}" for row in rows}
        await conn.executemany(
            """INSERT INTO people_sign_in (token_hash, person_id, kind, made_at, expires_at)
               VALUES ($1, $2, 'bearer', now(), now() + interval '1 year') ON CONFLICT DO NOTHING""",
            [(stage.keys.keyed_hash("sign_in", token), person_id) for person_id, token in people.items()],
        )
        home = Destination(330106, "浙江省杭州市西湖区", "收件人", "13800000000", "文三路 391 号")
        plain = msgspec.json.encode(home).decode()
        await conn.executemany(
            "UPDATE order_order SET address_sealed = $2 WHERE id = $1",
            [(row["id"], stage.keys.seal(plain, place="order_order.address_sealed", row=row["id"])) for row in rows],
        )
        await conn.execute("ANALYZE people_sign_in")
    finally:
        await conn.close()
    assert all(row["owner_id"] >= PEOPLE_FROM for row in rows), "the orders are the large house's"
    return [(people[row["owner_id"]], row["id"]) for row in rows]

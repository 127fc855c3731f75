"""A whole order over HTTP: cart, address, order, payment by the sandbox's signed callback, paid.

People, sign-ins and addresses are made before. wrk plays them (``whole_order.lua`` tells the steps): one thread a
connection, each one person after the other. Afterwards every total is looked at: what was acknowledged is what is
paid, stock held is what was sold, the ledger adds up, and the clearing account says what the sandbox's own books say.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from renqing.books import people, stock
from renqing.doors.cli.benching.contract import Ask, percentiles
from renqing.doors.cli.benching.meter import COUNTS_SECONDS, metered
from renqing.doors.cli.benching.quiet import until_told
from renqing.doors.cli.benching.stage import Stage
from renqing.doors.cli.house import ground_on
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Settings
from renqing.foundation.starting import CannotStart
from renqing.views.check import check

CONNECTIONS = 256
PEOPLE = 2_000
PIECES = 100_000  # of every style, so that nothing sells out
WARM_SECONDS = 2
LAST_SECONDS_MAX = 30  # what was begun ends within this
SCRIPT = Path(__file__).with_name("whole_order.lua")


class _Seen(msgspec.Struct, frozen=True):
    """What the load saw; ``waits`` in microseconds, one an order."""

    paid: int = 0
    bad: int = 0
    requests: int = 0
    micros: int = 0
    waits: list[int] = []


def whole_order(stage: Stage, ask: Ask) -> dict[str, Any]:
    """So many people, each one order after the other, 256 at once."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "load.lua"
        people_file = Path(folder) / "people"
        tokens, skus = asyncio.run(_prepare(stage, round(PEOPLE * ask.size)))
        people_file.write_text("\n".join(tokens) + "\n", encoding="utf-8")
        warm = _play(stage, script, people_file, skus, WARM_SECONDS, "warm")
        time.sleep(COUNTS_SECONDS)  # so that what was written before is not counted
        before = stage.spent_by("sandbox")
        with metered(stage) as meter:
            seen = _play(stage, script, people_file, skus, ask.seconds, "run")
        sandbox_seconds = stage.spent_by("sandbox") - before
    wrong = asyncio.run(_wrong(stage, warm.paid + seen.paid))
    return {
        "ops_per_second": round(seen.paid / seen.micros * 1e6, 1),
        **percentiles([wait / 1e6 for wait in seen.waits]),
        **meter.per(seen.paid),
        "exact": not wrong and not seen.bad and not warm.bad,
        "wrong": wrong,
        "sandbox_cpu_us": round(sandbox_seconds / seen.paid * 1e6, 1),
        "requests": round(seen.requests / seen.paid, 2),
        "callback_by": "sandbox",
        "people": round(PEOPLE * ask.size),
    }


def _play(stage: Stage, script: Path, people_file: Path, skus: list[int], seconds: int, tag: str) -> _Seen:
    program = shutil.which("wrk")
    if program is None:
        raise CannotStart("wrk is not installed: it is in Debian's and Homebrew's packages as 'wrk'")
    ended = script.with_name("ended")
    ended.unlink(missing_ok=True)
    facts = {"PEOPLE_FILE": f'"{people_file}"', "ENDED_FILE": f'"{ended}"', "SECONDS": seconds, "THREADS": CONNECTIONS}
    facts["SKUS"] = "{" + ",".join(f'"{sku}"' for sku in skus) + "}"
    head = "".join(f"{name} = {value}\n" for name, value in facts.items())
    script.write_text(head + SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    connections = [f"-t{CONNECTIONS}", f"-c{CONNECTIONS}", f"-d{seconds + LAST_SECONDS_MAX}s", "--timeout", "20s"]
    command = [program, *connections, "-s", str(script), stage.url, "--", tag]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with ThreadPoolExecutor(1) as reader:
        said = reader.submit(load.communicate)
        while load.poll() is None and (not ended.exists() or ended.stat().st_size < CONNECTIONS):
            time.sleep(0.05)
        load.send_signal(signal.SIGINT)  # wrk would wait for the end of its time
        out, err = said.result()
    seen = msgspec.json.decode(out.rpartition("JSON ")[2].strip() or b"{}", type=_Seen)
    if load.returncode or not seen.paid:
        raise CannotStart(f"wrk failed: {out[-400:]}{err[-800:]}")
    return seen


@asynccontextmanager
async def _ground(stage: Stage) -> AsyncIterator[Ground]:
    async with ground_on(stage.dsn, Settings(mode="test", database_url=stage.dsn), stage.keys) as ground:
        yield ground


async def _prepare(stage: Stage, count: int) -> tuple[list[str], list[int]]:
    """So many people with an address and a sign-in each; answers their tokens, and the SKUs to buy."""
    async with _ground(stage) as ground:
        skus = [row["id"] for row in await ground.db.fetch(_SKUS)]
        await ground.db.run(lambda tx: stock.receive(tx, [(sku, PIECES) for sku in skus], "bench", 1))
        tokens = await ground.db.run(lambda tx: _people(tx, count))
        await ground.db.pool.execute("ANALYZE people_person, people_sign_in, people_address")
        await until_told(ground)
    return tokens, skus


_SKUS = """
SELECT s.id FROM catalog_sku s JOIN catalog_product p ON p.id = s.product_id
 WHERE s.on_sale AND p.on_sale ORDER BY s.id LIMIT 200
"""
_PEOPLE = """
INSERT INTO people_person (id, name, joined_at)
SELECT i, 'Buyer ' || o, $2 FROM unnest($1::bigint[]) WITH ORDINALITY AS t(i, o)
"""
_SIGN_INS = """
INSERT INTO people_sign_in (token_hash, person_id, kind, made_at, expires_at)
SELECT h, p, 'bearer', $3, $4 FROM unnest($1::bytea[], $2::bigint[]) AS t(h, p)
"""
_ADDRESSES = """
INSERT INTO people_address (id, person_id, region_code, sealed, is_default, made_at)
SELECT i, p, $4, s, true, $5 FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS t(i, p, s)
"""


async def _people(tx: Tx, count: int) -> list[str]:
    persons, addresses = [tx.ids.new() for _ in range(count)], [tx.ids.new() for _ in range(count)]
    tokens = [tx.ids.token() for _ in range(count)]
    inside = '{"name":"收件人","phone":"13800000001","detail":"文三路 1 号 2 单元 301 室"}'
    sealed = [tx.keys.seal(inside, place=people.ADDRESS_SEAL, row=row) for row in addresses]
    hashes = [tx.keys.keyed_hash("sign_in", token) for token in tokens]
    await tx.execute(_PEOPLE, persons, tx.now)
    await tx.execute(_SIGN_INS, hashes, persons, tx.now, tx.now + timedelta(days=1))
    await tx.execute(_ADDRESSES, addresses, persons, sealed, 330106109, tx.now)
    return tokens


# afterwards ----------------------------------------------------------------------------------------------------------
_BUYERS = "SELECT id FROM people_person WHERE name LIKE 'Buyer %'"
_PAID = f"SELECT count(*) FROM order_order WHERE payer_id IN ({_BUYERS}) AND paid_at IS NOT NULL"
_UNPAID = f"SELECT count(*) FROM order_order WHERE payer_id IN ({_BUYERS}) AND paid_at IS NULL"
_HELD_IS_SOLD = f"""
SELECT (SELECT count(*) FROM stock_hold h JOIN order_order o ON o.id = h.order_id
         WHERE o.payer_id IN ({_BUYERS}) AND h.state = 'live')
     = (SELECT sum(l.quantity) FROM order_line l JOIN order_order o ON o.id = l.order_id
         WHERE o.payer_id IN ({_BUYERS}) AND o.paid_at IS NOT NULL)
"""
_IN_CARTS = f"SELECT count(*) FROM cart_line WHERE person_id IN ({_BUYERS})"
_CLEARING = "SELECT -sum(balance) FROM ledger_account WHERE kind = 'clearing' AND owner_kind = 'channel'"


async def _wrong(stage: Stage, acknowledged: int) -> list[str]:
    """What does not add up, by name. The worker may finish telling first."""
    async with _ground(stage) as ground:
        await until_told(ground)
        run = await check(ground)
        paid, unpaid = await ground.db.fetchval(_PAID), await ground.db.fetchval(_UNPAID)
        said = {
            f"paid {paid}, acknowledged {acknowledged}": paid == acknowledged,
            f"unpaid {unpaid}": unpaid == 0,
            "stock held is not what was sold": await ground.db.fetchval(_HELD_IS_SOLD),
            "lines stayed in carts": await ground.db.fetchval(_IN_CARTS) == 0,
            "clearing is not the sandbox's statement": await ground.db.fetchval(_CLEARING) == _statement(stage),
            **{f"check {found.id}": found.holds for found in run.findings},
        }
    return [what for what, is_right in said.items() if not is_right]


def _statement(stage: Stage) -> int:
    """What the sandbox's own books say that came in, less what went back."""
    file = stage.home / "sandbox" / "sandbox.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as books:
        return int(books.execute("SELECT coalesce(sum(amount), 0) FROM movement").fetchone()[0])

"""Claims of one hot gift over HTTP: as many people as shares, each with a sign-in and an address, 256 at once.

wrk claims (``hot_gift.lua``) with a token, a key and a body of its own a request; every claim that is asked for is
answered before a run ends, so that what was acknowledged, won and written can be compared one by one. Beside it
pgbench claims shares of a gift of its own in the same run, one transaction each: the same statements, the same rows,
as one call of a function, so that it waits for no client in between.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from renqing.books import people, stock
from renqing.doors.cli.benching.contract import Ask
from renqing.doors.cli.benching.hot_gift_sql import ONE_CLAIM, PGBENCH
from renqing.doors.cli.benching.load import pgbench
from renqing.doors.cli.benching.meter import metered
from renqing.doors.cli.benching.quiet import until_told
from renqing.doors.cli.benching.stage import Stage
from renqing.doors.cli.house import ground_on
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.foundation.settings import Policy, Settings
from renqing.foundation.starting import CannotStart
from renqing.journeys.give_a_gift import DrawAsked, GiftPrepared, GiveAGift, give_a_gift
from renqing.journeys.take_a_payment import Heard, take_payments
from renqing.social import gifts
from renqing.trade.payments.ports import PaymentNews
from renqing.views.check import check

CONNECTIONS = 256
THREADS = 2
WARM_CLAIMS = 4_000
SECONDS_MAX = 60
PGBENCH_CLIENTS = 32
PGBENCH_PEOPLE = 1_000  # a client; more than it can claim for in its time
REGION = 330106109
INSIDE = '{"name":"收件人","phone":"1%010d","detail":"文三路 1 号 2 单元 301 室"}'  # a phone each, as people have
SCRIPT = Path(__file__).with_name("hot_gift.lua")


class Seen(msgspec.Struct, frozen=True):
    """What the load saw; waits in microseconds."""

    claimed: int = 0
    bad: int = 0
    micros: int = 1
    p50: int = 0
    p99: int = 0


class Claimer(msgspec.Struct, frozen=True):
    """Somebody of the crowd, with their sign-in."""

    id: int
    address_id: int
    token: str


def hot_gift_claims(stage: Stage, ask: Ask) -> dict[str, Any]:
    """One gift; everybody wants a share, and there is one for each."""
    return _claims(stage, ask, gifts_hot=1)


def many_hot_gifts(stage: Stage, ask: Ask) -> dict[str, Any]:
    """The same claims spread over a thousand gifts that are hot at once."""
    return _claims(stage, ask, gifts_hot=1_000)


def _claims(stage: Stage, ask: Ask, *, gifts_hot: int) -> dict[str, Any]:
    tag = f"hot{gifts_hot}"
    warm_people, warm_links = asyncio.run(prepare(stage, WARM_CLAIMS, gifts_hot))
    warm = play(stage, requests_of(warm_people, warm_links, f"{tag}-warm"))
    count = min(100_000, round(warm.claimed / warm.micros * 1e6 * ask.seconds * ask.size))
    crowd, links = asyncio.run(prepare(stage, count, gifts_hot))
    with metered(stage) as meter:
        seen = play(stage, requests_of(crowd, links, f"{tag}-run"))
    limit = asyncio.run(limit_of_claims(stage, ask.seconds)) if gifts_hot == 1 else None
    wrong = asyncio.run(wrong_claims(stage, {**warm_links, **links}, warm.claimed + seen.claimed))
    rate = seen.claimed / seen.micros * 1e6
    return {
        "ops_per_second": round(rate, 1),
        "p50_ms": seen.p50 / 1000,
        "p99_ms": seen.p99 / 1000,
        **meter.per(seen.claimed),
        "limit_per_second": None if limit is None else round(limit, 1),
        "ratio": None if limit is None else round(rate / limit, 2),
        "exact": not wrong and not seen.bad and not warm.bad and seen.claimed == count,
        "wrong": wrong,
        "claims": seen.claimed,
        "gifts": gifts_hot,
        "connections": CONNECTIONS,
    }


# the load -----------------------------------------------------------------------------------------------------------
def requests_of(crowd: Sequence[Claimer], links: dict[int, str], tag: str, *, with_address: bool = True) -> list[str]:
    """A line of the load for each of them: who asks, a key of their own, and the body."""
    tokens = list(links.values())
    lines = []
    for place, person in enumerate(crowd):
        address = f',"address_id":"{person.address_id}"' if with_address else ""
        lines.append(f'{person.token} {tag}-{place} {{"token":"{tokens[place % len(tokens)]}"{address}}}')
    return lines


def play(stage: Stage, requests: Sequence[str], path: str = "/v1/gifts/claims", sign: str = '"order_id"') -> Seen:
    """Ask for all of it, ``CONNECTIONS`` at once; ``sign`` is what an answer has that says yes."""
    program = shutil.which("wrk")
    if program is None:
        raise CannotStart("wrk is not installed: it is in Debian's and Homebrew's packages as 'wrk'")
    with tempfile.TemporaryDirectory() as folder:
        listed, script, ended = (Path(folder) / name for name in ("claims", "load.lua", "ended"))
        listed.write_text("\n".join(requests) + "\n", encoding="utf-8")
        head = f'CLAIMS_FILE, ENDED_FILE, THREADS = "{listed}", "{ended}", {THREADS}\n'
        head += f"CLAIMS_PATH, CLAIMS_SIGN = '{path}', '{sign}'\n"
        script.write_text(head + SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
        command = [program, f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{SECONDS_MAX}s", "--timeout", "20s", "-s"]
        load = subprocess.Popen(
            [*command, str(script), stage.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        with ThreadPoolExecutor(1) as reader:
            said = reader.submit(load.communicate)
            while load.poll() is None and (not ended.exists() or ended.stat().st_size < THREADS):
                time.sleep(0.02)
            load.send_signal(signal.SIGINT)  # wrk would wait for the end of its time
            out, err = said.result()
    seen = msgspec.json.decode(out.rpartition("JSON ")[2].strip() or b"{}", type=Seen)
    if load.returncode or not seen.claimed or err:
        raise CannotStart(f"wrk failed: {out[-400:]}{err[-800:]}")
    return seen


# before -------------------------------------------------------------------------------------------------------------
def settings_of(stage: Stage) -> Settings:
    """Settings under which a gift may have as many shares as the schema allows."""
    return Settings(mode="test", database_url=stage.dsn, policy=Policy(gift_shares_max=100_000))


async def prepare(
    stage: Stage, count: int, gifts_hot: int, *, prizes: int | None = None, lucky: bool = False
) -> tuple[list[Claimer], dict[int, str]]:
    """So many people, and paid gifts with a share for each of them; the tokens of the gifts' links, by gift.

    ``prizes``: so many shares instead, and who enters is in the draw for them. ``lucky``: packs of vouchers.
    """
    async with ground_on(stage.dsn, settings_of(stage), stage.keys) as ground:
        crowd = await ground.db.run(lambda tx: _people(tx, count))
        shares = prizes or -(-count // gifts_hot)
        draw = DrawAsked(ground.clock.now() + timedelta(hours=1)) if prizes else None
        (giver,) = await ground.db.run(lambda tx: _people(tx, 1))
        sku_id = await _giftable(ground, giver.id, shares * gifts_hot, by_voucher=lucky)
        links = {}
        for place in range(gifts_hot):
            gift = await _give(ground, giver.id, sku_id, shares, f"{count}-{place}", draw, lucky=lucky)
            links[gift.gift_id] = await gifts.link_token(ground.db, ground.keys, gift.gift_id, giver.id) or ""
        await ground.db.pool.execute("VACUUM ANALYZE people_person, people_sign_in, people_address, gift_share")
        await until_told(ground)
    return crowd, links


_PEOPLE = """
INSERT INTO people_person (id, name, joined_at)
SELECT i, 'Claimer ' || o, $2 FROM unnest($1::bigint[]) WITH ORDINALITY AS t(i, o)
"""
_SIGN_INS = """
INSERT INTO people_sign_in (token_hash, person_id, kind, made_at, expires_at)
SELECT h, p, 'bearer', $3, $4 FROM unnest($1::bytea[], $2::bigint[]) AS t(h, p)
"""
_ADDRESSES = """
INSERT INTO people_address (id, person_id, region_code, sealed, is_default, made_at)
SELECT i, p, $4, s, true, $5 FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS t(i, p, s)
"""


async def _people(tx: Tx, count: int) -> list[Claimer]:
    crowd = [Claimer(tx.ids.new(), tx.ids.new(), tx.ids.token()) for _ in range(count)]
    ids, addresses = [person.id for person in crowd], [person.address_id for person in crowd]
    sealed = [tx.keys.seal(INSIDE % (row % 10**10), place=people.ADDRESS_SEAL, row=row) for row in addresses]
    hashes = [tx.keys.keyed_hash("sign_in", person.token) for person in crowd]
    await tx.execute(_PEOPLE, ids, tx.now)
    await tx.execute(_SIGN_INS, hashes, ids, tx.now, tx.now + timedelta(days=1))
    await tx.execute(_ADDRESSES, addresses, ids, sealed, REGION, tx.now)
    return crowd


async def _giftable(ground: Ground, giver_id: int, pieces: int, *, by_voucher: bool) -> int:
    """A style that may be given and is sent to an address, or is a voucher, with so many pieces more in stock."""
    rows = await ground.db.fetch(
        """SELECT s.id FROM catalog_sku s JOIN catalog_product p ON p.id = s.product_id
           WHERE s.on_sale AND p.on_sale AND p.giftable
             AND EXISTS (SELECT FROM voucher_terms v WHERE v.product_id = p.id) = $1
           ORDER BY s.price, s.id LIMIT 50""",
        by_voucher,
    )
    for row in rows:
        sku_id = int(row["id"])
        await ground.db.run(partial(_receive, sku_id, pieces + 1))
        try:
            await _give(ground, giver_id, sku_id, 1, "try")
        except Refusal:
            continue
        return sku_id
    raise CannotStart("nothing here may be given")


async def _receive(sku_id: int, pieces: int, tx: Tx) -> None:
    await stock.receive(tx, [(sku_id, pieces)], "bench", 1)


async def _give(
    ground: Ground,
    giver_id: int,
    sku_id: int,
    shares: int,
    name: str,
    draw: DrawAsked | None = None,
    *,
    lucky: bool = False,
) -> GiftPrepared:
    ask = GiveAGift(giver_id, sku_id, None, "thanks", "", 24, "sandbox", shares=shares, draw=draw, lucky=lucky)
    gift = await give_a_gift(ground, ask, once(giver_id, f"give-{name}", "bench", ask))
    news = PaymentNews(
        event_id=f"bench-{gift.intent_id}",
        kind="payment",
        intent_id=gift.intent_id,
        refund_id=None,
        state="paid",
        amount=gift.total,
        currency=gift.currency,
        channel_ref=f"bench-{gift.intent_id}",
    )
    await take_payments(ground, [Heard("sandbox", news, b"{}")])
    return gift


# the limit ----------------------------------------------------------------------------------------------------------
async def limit_of_claims(stage: Stage, seconds: int) -> float:
    """Claims a second by pgbench: each a transaction of its own, on one gift, by people of its own."""
    crowd, links = await prepare(stage, PGBENCH_CLIENTS * PGBENCH_PEOPLE, 1)
    (gift_id,) = links
    conn = await asyncpg.connect(stage.dsn)
    try:
        await conn.execute("CREATE TABLE bench_claimer (n int PRIMARY KEY, person_id bigint, address_id bigint)")
        rows = [(place, person.id, person.address_id) for place, person in enumerate(crowd)]
        await conn.copy_records_to_table("bench_claimer", records=rows)
        await conn.execute("VACUUM ANALYZE bench_claimer")
        await conn.execute(ONE_CLAIM)
        script = PGBENCH.format(people=PGBENCH_PEOPLE, gift=gift_id)
        return await asyncio.to_thread(pgbench, stage, [script], clients=PGBENCH_CLIENTS, seconds=seconds)
    finally:
        await conn.execute("DROP FUNCTION IF EXISTS bench_claim; DROP TABLE IF EXISTS bench_claimer")
        await conn.close()


# afterwards ---------------------------------------------------------------------------------------------------------
_SHARES = "SELECT {} FROM gift_share WHERE gift_id = ANY($1)"
_ORDERS = """SELECT count(*) FROM gift_share s JOIN order_order o ON o.id = s.order_id AND o.owner_id = s.person_id
              AND o.state = 20 AND o.address_sealed IS NOT NULL JOIN order_line l ON l.order_id = o.id
             WHERE s.gift_id = ANY($1)"""
_COUNTED = "SELECT sum(shares_claimed) FROM gift_gift WHERE id = ANY($1)"
_ANSWERS = """SELECT count(*) FROM gift_share s JOIN once_answer a ON a.subject_id = s.person_id
               AND a.answer = '{"gift_id":' || s.gift_id || ',"order_id":' || s.order_id || '}'
              WHERE s.gift_id = ANY($1)"""


async def wrong_claims(stage: Stage, links: dict[int, str], acknowledged: int) -> list[str]:
    """What does not add up, by name."""
    async with ground_on(stage.dsn, settings_of(stage), stage.keys) as ground:
        ids = list(links)
        counts = {
            "shares": await ground.db.fetchval(_SHARES.format("count(*)"), ids),
            "distinct people": await ground.db.fetchval(_SHARES.format("count(DISTINCT (gift_id, person_id))"), ids),
            "orders with a line and an address": await ground.db.fetchval(_ORDERS, ids),
            "counted by gifts": await ground.db.fetchval(_COUNTED, ids),
            "kept answers": await ground.db.fetchval(_ANSWERS, ids),
        }
        run = await check(ground)
    wrong = [f"{count} {what}, acknowledged {acknowledged}" for what, count in counts.items() if count != acknowledged]
    return wrong + [f"check {found.id}" for found in run.findings if not found.holds]

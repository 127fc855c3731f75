"""Entries of one hot draw over HTTP: everybody enters the draw of one gift, 256 at once, and nobody is left out.

As ``hot_gift`` in all else: the same crowd, the same load, and beside it pgbench with an entry a transaction.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from renqing.doors.cli.benching.contract import Ask
from renqing.doors.cli.benching.hot_gift import (
    CONNECTIONS,
    PGBENCH_CLIENTS,
    PGBENCH_PEOPLE,
    WARM_CLAIMS,
    play,
    prepare,
    requests_of,
    settings_of,
)
from renqing.doors.cli.benching.load import pgbench
from renqing.doors.cli.benching.meter import metered
from renqing.doors.cli.benching.stage import Stage
from renqing.doors.cli.house import ground_on
from renqing.views.check import check

PRIZES = 10
PATH, SIGN = "/v1/gifts/entries", '"commitment"'

# The rows and hashes are the journey's: kept answer, entry, fact, the draw's counter and head.
_ONE_ENTRY = """
CREATE FUNCTION bench_enter(p_n int, p_gift bigint, p_key text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_person bigint; v_gift gift_gift; v_draw draw_draw; v_tag bytea; v_nonce bytea; v_head bytea; v_n int;
BEGIN
  SELECT person_id INTO v_person FROM bench_claimer WHERE n = p_n;
  PERFORM 1 FROM once_begin(ARRAY[v_person], ARRAY[p_key]);
  PERFORM 1 FROM people_block WHERE person_id = v_person;
  SELECT * INTO v_gift FROM gift_gift WHERE id = p_gift FOR NO KEY UPDATE;
  SELECT * INTO v_draw FROM draw_draw WHERE gift_id = p_gift;
  IF v_gift.state <> 10 OR v_draw.draw_at <= now() THEN RETURN 0; END IF;
  IF EXISTS (SELECT 1 FROM draw_entry WHERE person_id = v_person AND gift_id = p_gift) THEN RETURN -1; END IF;
  v_n := v_draw.entrants + 1;
  v_tag := sha256(convert_to(p_gift || ':' || v_person, 'UTF8'));
  v_nonce := decode(repeat('ab', 16), 'hex');
  v_head := sha256(convert_to(concat_ws('|', encode(v_draw.head, 'hex'), v_n, encode(v_tag, 'hex'),
                                        encode(v_nonce, 'hex')), 'UTF8'));
  INSERT INTO draw_entry VALUES (p_gift, v_n, v_person, v_tag, v_nonce, v_head, now());
  UPDATE draw_draw SET entrants = v_n, head = v_head WHERE gift_id = p_gift;
  INSERT INTO outbox_fact (id, kind, subject_id, actor_id, payload, made_at, next_at)
    VALUES (4100000000000000000 + p_n, 'GiftEntryJoined', p_gift, 0,
            jsonb_build_object('subject_id', p_gift, 'gift_id', p_gift, 'giver_id', v_gift.giver_id, 'entrants', v_n),
            now(), now() + interval '1 year');  -- nobody tells it: the worker would do so while pgbench runs
  INSERT INTO once_answer (subject_id, key, fingerprint, answer, made_at)
    VALUES (v_person, p_key, sha256(p_key::bytea), format('{"gift_id":%s,"n":%s,"tag":"%s","nonce":"%s","head":"%s"}',
            p_gift, v_n, encode(v_tag, 'hex'), encode(v_nonce, 'hex'), encode(v_head, 'hex')), now());
  RETURN v_n;
END $$
"""
_SCRIPT = """\\set c :c + 1
\\set i :client_id * {people} + :c
SELECT bench_enter(:i, {gift}, 'pgbench-' || :i);
"""


def hot_draw_entries(stage: Stage, ask: Ask) -> dict[str, Any]:
    """One draw; everybody enters."""
    warm_people, warm_links = asyncio.run(prepare(stage, WARM_CLAIMS, 1, prizes=PRIZES))
    warm = play(stage, requests_of(warm_people, warm_links, "draw-warm", with_address=False), PATH, SIGN)
    count = min(100_000, round(warm.claimed / warm.micros * 1e6 * ask.seconds * ask.size))
    crowd, links = asyncio.run(prepare(stage, count, 1, prizes=PRIZES))
    with metered(stage) as meter:
        seen = play(stage, requests_of(crowd, links, "draw-run", with_address=False), PATH, SIGN)
    limit = asyncio.run(_limit(stage, ask.seconds))
    wrong = asyncio.run(_wrong(stage, [*warm_links, *links], warm.claimed + seen.claimed))
    rate = seen.claimed / seen.micros * 1e6
    return {
        "ops_per_second": round(rate, 1),
        "p50_ms": seen.p50 / 1000,
        "p99_ms": seen.p99 / 1000,
        **meter.per(seen.claimed),
        "limit_per_second": round(limit, 1),
        "ratio": round(rate / limit, 2),
        "exact": not wrong and not seen.bad and not warm.bad and seen.claimed == count,
        "wrong": wrong,
        "entries": seen.claimed,
        "connections": CONNECTIONS,
    }


async def _limit(stage: Stage, seconds: int) -> float:
    """Entries a second by pgbench: each a transaction of its own, into one draw, by people of its own."""
    crowd, links = await prepare(stage, PGBENCH_CLIENTS * PGBENCH_PEOPLE, 1, prizes=PRIZES)
    (gift_id,) = links
    conn = await asyncpg.connect(stage.dsn)
    try:
        await conn.execute("CREATE TABLE bench_claimer (n int PRIMARY KEY, person_id bigint)")
        rows = [(place, person.id) for place, person in enumerate(crowd)]
        await conn.copy_records_to_table("bench_claimer", records=rows)
        await conn.execute("VACUUM ANALYZE bench_claimer")
        await conn.execute(_ONE_ENTRY)
        script = _SCRIPT.format(people=PGBENCH_PEOPLE, gift=gift_id)
        return await asyncio.to_thread(pgbench, stage, [script], clients=PGBENCH_CLIENTS, seconds=seconds)
    finally:
        await conn.execute("DROP FUNCTION IF EXISTS bench_enter; DROP TABLE IF EXISTS bench_claimer")
        await conn.close()


async def _wrong(stage: Stage, gift_ids: list[int], acknowledged: int) -> list[str]:
    """What does not add up, by name; the chain of every draw is walked by ``renqing check``."""
    of_these = "FROM draw_entry WHERE gift_id = ANY($1)"
    async with ground_on(stage.dsn, settings_of(stage), stage.keys) as ground:
        counts = {
            "entries": await ground.db.fetchval(f"SELECT count(*) {of_these}", gift_ids),
            "distinct people": await ground.db.fetchval(
                f"SELECT count(DISTINCT (gift_id, person_id)) {of_these}", gift_ids
            ),
            "counted by draws": await ground.db.fetchval(
                "SELECT sum(entrants) FROM draw_draw WHERE gift_id = ANY($1)", gift_ids
            ),
        }
        run = await check(ground)
    wrong = [f"{count} {what}, acknowledged {acknowledged}" for what, count in counts.items() if count != acknowledged]
    return wrong + [f"check {found.id}" for found in run.findings if not found.holds]

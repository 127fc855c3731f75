"""A million deadlines waiting: what a look for due ones costs, how fast they are drained, and what a kill repeats."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from renqing.doors.cli.benching.contract import Ask, percentiles
from renqing.doors.cli.benching.in_process import ground_at, ground_of
from renqing.doors.cli.benching.meter import metered
from renqing.doors.cli.benching.stage import Stage
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.database import Tx
from renqing.foundation.due import what_is_due
from renqing.foundation.ground import Ground
from renqing.foundation.starting import CannotStart
from renqing.foundation.timers import BATCH_MAX, take_due

TIMERS = 1_000_000
PROBES = 2_000
KILLS = 3
DRAINED_BEFORE_A_KILL = 2_000
KILL_SECONDS_MAX = 30


def timers(stage: Stage, ask: Ask) -> dict[str, Any]:
    """Looks at a million waiting ones; then a tenth falls due and is drained, at first by workers that are killed."""
    waiting = max(10, round(TIMERS * ask.size))
    return asyncio.run(_timers(stage, waiting, due=waiting // 10))


async def _timers(stage: Stage, waiting: int, due: int) -> dict[str, Any]:
    async with ground_of(stage) as ground:
        far = ground.clock.now() + timedelta(days=1)
        await _lay_out(ground, far, waiting)
        looks = [await _look(ground) for _ in range(PROBES)]
        due_at = far + timedelta(milliseconds=due)
        kills = [await _kill_a_worker(stage, ground, due_at, due) for _ in range(KILLS)]
        left = due - await _effects(ground)
        with metered(stage, in_process=True) as meter:
            began = monotonic_seconds()
            await _drain(ground, due_at)
            took = monotonic_seconds() - began
        effects = await _effects(ground)
        different = await ground.db.fetchval("SELECT count(DISTINCT key) FROM bench_effect")
        await ground.db.pool.execute("DROP TABLE bench_effect")
        await ground.db.pool.execute("DELETE FROM timer WHERE kind = 'bench'")
    return {
        "ops_per_second": round(left / took, 1),
        **percentiles(looks),
        **meter.per(left),
        "exact": effects == different == due,
        "data": waiting,
        "drained": due,
        "killed_workers": sum(kills),
        "repeated": effects - different,
    }


async def _lay_out(ground: Ground, far: datetime, waiting: int) -> None:
    await ground.db.fetchval(
        """WITH made AS (INSERT INTO timer (id, kind, key, due_at, made_at)
             SELECT 4000000000000000000 + g, 'bench', g, $1::timestamptz + g * interval '1 ms', $1
             FROM generate_series(1, $2::bigint) AS g RETURNING 1) SELECT count(*) FROM made""",
        far,
        waiting,
    )
    await ground.db.pool.execute("VACUUM ANALYZE timer")
    await ground.db.pool.execute("CREATE TABLE bench_effect (key bigint)")  # no key: a repeated effect would be seen


async def _look(ground: Ground) -> float:
    asked = monotonic_seconds()
    await what_is_due(ground.db, ground.clock.now())
    return monotonic_seconds() - asked


async def _effects(ground: Ground) -> int:
    return int(await ground.db.fetchval("SELECT count(*) FROM bench_effect"))


async def _drain(ground: Ground, due_at: datetime) -> None:
    """What the worker does: take due ones and write their effect, in one transaction a batch."""

    async def batch(tx: Tx) -> int:
        tx.now = due_at
        taken = await take_due(tx, BATCH_MAX)
        ours = [timer.key for timer in taken if timer.kind == "bench"]  # the house has deadlines of its own
        await tx.execute("INSERT INTO bench_effect SELECT unnest($1::bigint[])", ours)
        return len(taken)

    while await ground.db.run(batch):
        pass


async def _kill_a_worker(stage: Stage, ground: Ground, due_at: datetime, due: int) -> bool:
    """Let a process drain, and kill it where it stands. False where it was through before."""
    before = await _effects(ground)
    if before + DRAINED_BEFORE_A_KILL > due:
        return False
    arguments = ("-m", __name__, stage.dsn, str(stage.home / "keys"), due_at.isoformat())
    worker = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    try:
        async with asyncio.timeout(KILL_SECONDS_MAX):
            while True:
                if await _effects(ground) >= before + DRAINED_BEFORE_A_KILL:
                    break
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise CannotStart(f"a worker drained too little in {KILL_SECONDS_MAX} s") from None
    finally:
        was_at_it = worker.returncode is None
        if was_at_it:
            worker.kill()
        await worker.wait()
    return was_at_it


async def _drain_alone(dsn: str, keys: Path, due_at: datetime) -> None:
    async with ground_at(dsn, keys) as ground:
        await _drain(ground, due_at)


if __name__ == "__main__":
    asyncio.run(_drain_alone(sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])))

"""``make mutants`` takes guards out of force by their text: each stands where its row says, or a night is lost."""

from __future__ import annotations

from pathlib import Path

from renqing.foundation.ground import Ground
from tools.mutants.guards import GUARDS, Guard
from tools.mutants.house import replaced

SOURCE = Path(__file__).parents[2] / "src/renqing"


def test_a_guard_has_a_name_of_its_own():
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)


def test_every_guard_in_the_source_stands_there_once():
    for guard in GUARDS:
        if guard.place.endswith(".py"):
            compile(taken_out(guard, (SOURCE / guard.place).read_text(encoding="utf-8")), guard.place, "exec")


async def test_every_guard_in_the_schema_can_be_taken_out_of_force(ground: Ground):
    async with ground.db.pool.acquire() as conn:
        for guard in GUARDS:
            if not guard.place.endswith(".py"):
                whole = guard.place and await conn.fetchval("SELECT pg_get_functiondef($1::regproc)", guard.place)
                trial = conn.transaction()
                await trial.start()
                await conn.execute(taken_out(guard, whole) if whole else guard.new)
                await trial.rollback()


def taken_out(guard: Guard, whole: str) -> str:
    changed = replaced(whole, guard.old, guard.new, guard.place)
    assert changed != whole, guard.name
    return changed

"""The outcome of a check is kept for operators: by one, or by whoever runs the command where the database is."""

from __future__ import annotations

from itertools import count

import pytest

from renqing.books import people
from renqing.foundation import checks
from renqing.foundation.checks import CheckRun
from renqing.foundation.database import NOBODY
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.journeys.keep_a_check import CheckKept, KeepACheck, keep_a_check
from renqing.journeys.put_right import NothingSetAside

_keys = count(1)


async def keep(ground: Ground, by_id: int) -> tuple[CheckKept, CheckRun]:
    run = CheckRun(ground.clock.now(), next(_keys), [])
    return await keep_a_check(ground, KeepACheck(run, by_id), once(by_id, f"k{next(_keys)}", "keep", by_id)), run


async def test_an_outcome_is_kept_by_operators_and_the_command_line(ground: Ground) -> None:
    an = await ground.db.run(lambda tx: people.join(tx, name="安"))
    with pytest.raises(NothingSetAside):
        await keep(ground, an.id)
    assert await checks.last(ground.db) is None
    _, run = await keep(ground, NOBODY)
    assert await checks.last(ground.db) == run
    await ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, an.id, people.Role.OPERATOR))
    kept, run = await keep(ground, an.id)
    assert await checks.last(ground.db) == run
    by = await ground.db.fetch("SELECT id, by_id FROM check_run ORDER BY id")
    assert [row["by_id"] for row in by] == [NOBODY, an.id]
    assert by[1]["id"] == kept.run_id

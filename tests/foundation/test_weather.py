"""Weather between the statements of a transaction: where a storm stands, and that without one nothing stands there."""

from __future__ import annotations

from typing import Any

import pytest

from renqing.foundation import crash
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground


class Torn(BaseException):
    """Nothing of ours catches it."""


class Watching:
    def __init__(self, tear_at: str = "") -> None:
        self.seen: list[str] = []
        self._tear_at = tear_at

    async def before(self, conn: Any, sql: str) -> None:
        assert conn.get_server_pid()
        self.seen.append(sql)
        if sql == self._tear_at:
            raise Torn


WRITE = "INSERT INTO once_answer (subject_id, key, fingerprint, answer, made_at) VALUES (1, $1, '', '', now())"


async def _story(tx: Tx) -> str:
    await tx.execute(WRITE, "a")
    await tx.executemany(WRITE, [["b"], ["c"]])
    await tx.fetch("SELECT 1")
    await tx.fetchrow("SELECT 2")
    return str(await tx.fetchval("SELECT 3"))


STEPS = [WRITE, WRITE, "SELECT 1", "SELECT 2", "SELECT 3", crash.COMMIT, crash.COMMITTED]


async def test_a_storm_stands_before_every_statement_before_the_commit_and_after_it(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    weather = Watching()
    monkeypatch.setattr(crash, "weather", weather)
    assert await ground.db.run(_story) == "3"
    assert weather.seen == STEPS


@pytest.mark.parametrize(("tear_at", "kept"), [*((step, 0) for step in STEPS[1:6]), (crash.COMMITTED, 3)])
async def test_a_story_that_is_torn_leaves_all_of_it_or_nothing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, tear_at: str, kept: int
):
    monkeypatch.setattr(crash, "weather", Watching(tear_at))
    with pytest.raises(Torn):
        await ground.db.run(_story)
    assert await ground.db.fetchval("SELECT count(*) FROM once_answer") == kept

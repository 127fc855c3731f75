"""A ground on the stage's database in the command's own process: the house's code without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from renqing.doors.cli.benching.stage import Stage
from renqing.doors.cli.house import ground_on
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Settings


@asynccontextmanager
async def ground_of(stage: Stage) -> AsyncIterator[Ground]:
    """The house of this stage, without doors."""
    async with ground_on(stage.dsn, Settings(mode="test", database_url=stage.dsn), stage.keys) as ground:
        yield ground

"""A ground on the stage's database in the command's own process: the house's code without HTTP."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from renqing.doors.cli.benching.stage import Stage
from renqing.doors.cli.house import ground_on
from renqing.foundation.ground import Ground
from renqing.foundation.secrets import read_keys
from renqing.foundation.settings import Settings


def ground_of(stage: Stage) -> AbstractAsyncContextManager[Ground]:
    """The house of this stage, without doors."""
    return ground_at(stage.dsn, stage.home / "keys")


def ground_at(dsn: str, keys: Path) -> AbstractAsyncContextManager[Ground]:
    """A house on this database with the keys of this file, without doors."""
    return ground_on(dsn, Settings(mode="test", database_url=dsn), read_keys(keys))

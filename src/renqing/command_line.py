"""The command line, with what only the roof may name."""

from __future__ import annotations

import importlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, cast

from renqing.doors.cli import app
from renqing.doors.cli.roof import Roof
from renqing.foundation.settings import Settings
from renqing.providers.media_files import FolderBackup
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.postgres_backup import PostgresBackups

if TYPE_CHECKING:
    from renqing.doors.cli.storm_bank import OpenBank


def run_worker(settings: Settings) -> Coroutine[None, None, None]:
    """What a worker process does; loaded by a process that works, for it knows every journey."""
    return cast("Coroutine[None, None, None]", importlib.import_module("renqing.building").run_worker(settings))


def storm_bank() -> OpenBank:
    """The bank that storms play against; loaded by a process that storms."""
    return cast("OpenBank", importlib.import_module("renqing.providers.sandbox_channel.beside").BankBeside)


def main() -> None:
    """Run the command line."""
    app.main(
        Roof(
            postgres=EmbeddedPostgres,
            run_worker=run_worker,
            backups=PostgresBackups,
            files=FolderBackup,
            storm_bank=storm_bank,
        )
    )

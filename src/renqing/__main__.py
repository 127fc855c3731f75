"""``python -m renqing`` and ``renqing``: the command line, with what only the roof may name."""

from __future__ import annotations

import importlib
from collections.abc import Coroutine
from typing import cast

from renqing.doors.cli import app
from renqing.doors.cli.roof import Roof
from renqing.foundation.settings import Settings
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.postgres_backup import PostgresBackups


def run_worker(settings: Settings) -> Coroutine[None, None, None]:
    """What a worker process does; loaded by a process that works, for it knows every journey."""
    return cast("Coroutine[None, None, None]", importlib.import_module("renqing.building").run_worker(settings))


def main() -> None:
    """Run the command line."""
    app.main(Roof(postgres=EmbeddedPostgres, run_worker=run_worker, backups=PostgresBackups))


if __name__ == "__main__":
    main()

"""What the command line is handed from above, so that no command knows a provider or the roof itself."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import typer

from renqing.foundation.settings import Settings


class LocalPostgres(Protocol):
    """A PostgreSQL server that we start and stop ourselves, with its data in the home folder."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether its data had to be put outside the home folder."""
        ...

    @property
    def data_folder(self) -> Path: ...

    def start(self) -> None:
        """Bring it up, whatever state it was left in; returns when it answers."""
        ...

    def stop(self) -> None: ...

    def is_ready(self) -> bool: ...

    def dsn(self, database: str = ...) -> str: ...

    def ensure_database(self, name: str) -> None: ...

    def postmaster_pid(self) -> int | None: ...

    def tool(self, name: str) -> Path:
        """One of the programs that came with the server, such as ``pgbench``."""
        ...


@dataclass(frozen=True, slots=True)
class Roof:
    """``postgres`` makes the server of a home folder; ``run_worker`` is what a worker process does."""

    postgres: Callable[[Path], LocalPostgres]
    run_worker: Callable[[Settings], Coroutine[None, None, None]]


def roof_of(context: typer.Context) -> Roof:
    """The roof that ``renqing.__main__`` gave to this run."""
    return cast("Roof", context.find_root().obj)

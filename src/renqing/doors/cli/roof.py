"""What the command line is handed from above, so that no command knows a provider or the roof itself."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import typer

from renqing.foundation.backups import Base
from renqing.foundation.clock import Clock
from renqing.foundation.settings import Settings

if TYPE_CHECKING:
    from renqing.doors.cli.storm_bank import OpenBank  # it loads the payments room, which few commands need


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


class Backups(Protocol):
    """The backups of one house's embedded server in one folder."""

    def bases(self) -> list[Base]:
        """Every whole base backup, oldest first."""
        ...

    def take(self, *, keys: str) -> Base:
        """A new one, and every change after it kept. Raises BackupOfAnother, BackupUnreachable, ArchiveOff."""
        ...

    def forget_before(self, moment: datetime) -> list[Base]:
        """Forget those that ended before ``moment``, the newest one never; which were forgotten."""
        ...

    def base_for(self, moment: datetime | None) -> Base:
        """The newest from which ``moment`` can be reached; the newest of all for none. Raises NoBackup."""
        ...

    def bring_back(self, base: Base, moment: datetime | None) -> datetime | None:
        """Run a server that has what was committed up to ``moment``; when its last change was committed.

        It is half restored until ``finish``. Raises DataInTheWay, BackupUnreachable.
        """
        ...

    def finish(self) -> None:
        """What was brought back is whole: stop its server; the next start is an ordinary one."""
        ...


class FileBackups(Protocol):
    """The files of one house's people, kept in the same folder."""

    def keep(self, days: int) -> int:
        """Copy what is new; how many that were. A copy whose file has been gone for so many days goes too."""
        ...

    def bring_back(self, places: Iterable[str]) -> tuple[int, int]:
        """Put the files of these places on the shelf; how many are there now, and how many no copy has."""
        ...


@dataclass(frozen=True, slots=True)
class Roof:
    """``postgres`` makes the server of a home folder, ``backups`` and ``files`` its backups in a folder.

    ``run_worker`` is what a worker process does.

    ``storm_bank`` finds the payment company that storms play against: what it answers makes one, in any process.
    """

    postgres: Callable[[Path], LocalPostgres]
    run_worker: Callable[[Settings], Coroutine[None, None, None]]
    backups: Callable[[Path, Path, Clock], Backups]
    files: Callable[[Path, Path, Clock], FileBackups]
    storm_bank: Callable[[], OpenBank]


def roof_of(context: typer.Context) -> Roof:
    """The roof that ``renqing.command_line`` gave to this run."""
    return cast("Roof", context.find_root().obj)

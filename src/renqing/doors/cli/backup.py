"""``renqing backup``: a base backup of the embedded database, and every change after it kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from renqing.doors.cli.house import known_keys
from renqing.doors.cli.plain import CANNOT_START, keys_file, words
from renqing.doors.cli.roof import Backups, FileBackups, roof_of
from renqing.doors.cli.terminal import console, refuse, safe_settings, step
from renqing.foundation.backups import ArchiveOff, BackupOfAnother, BackupUnreachable
from renqing.foundation.clock import SystemClock
from renqing.foundation.secrets import Keys
from renqing.foundation.starting import CannotStart

KEEP_DAYS = 30


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where this house's backups are: a folder of its own, elsewhere.")],
    *,
    keep_days: Annotated[int, typer.Option(min=1, max=3650, help="Forget backups older than this.")] = KEEP_DAYS,
) -> None:
    """Back up the running house, check the backup, and keep every change from here on. Run it nightly."""
    settings = safe_settings()
    if settings.database_url:
        refuse(words("cli.backup.yours"))
    roof = roof_of(context)
    keys = known_keys(settings)
    if not roof.postgres(settings.home_path).is_ready():
        refuse(words("cli.backup.not_running"))
    folder = folder.expanduser().resolve()
    try:
        _back_up(roof.backups(settings.home_path, folder, SystemClock()), keys, folder, keep_days)
        _keep_files(roof.files(settings.home_path, folder, SystemClock()), keep_days)
        console.print(words("cli.backup.keys", file=keys_file(settings)), style="yellow", markup=False)
    except BackupOfAnother:
        refuse(words("cli.backup.another", folder=folder))
    except BackupUnreachable as who:
        refuse(words("cli.backup.unreachable", user=who, folder=folder))
    except ArchiveOff:
        refuse(words("cli.backup.start_once_more"))
    except (CannotStart, OSError) as why:
        refuse(str(why), status=CANNOT_START)


def _back_up(backups: Backups, keys: Keys, folder: Path, keep_days: int) -> None:
    with step("cli.backup.step", folder=folder):
        taken = backups.take(keys=fingerprint(keys))
    forgotten = backups.forget_before(taken.ended_at - timedelta(days=keep_days))
    first = backups.bases()[0]
    console.print(
        words("cli.backup.done", name=taken.name, mb=f"{taken.size_bytes / 1e6:.0f}", since=first.ended_at.isoformat())
    )
    if forgotten:
        console.print(words("cli.backup.forgot", names=", ".join(base.name for base in forgotten), days=keep_days))


def _keep_files(files: FileBackups, keep_days: int) -> None:
    # after the database: a file that a row of the backup names was on its shelf before the row was written
    with step("cli.backup.files"):
        new = files.keep(keep_days)
    console.print(words("cli.backup.files_done", n=new))


def fingerprint(keys: Keys) -> str:
    """Tells whose keys they are, and nothing about them."""
    return keys.keyed_hash("backup", "whose keys these are")[:8].hex()

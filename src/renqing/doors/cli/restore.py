"""``renqing restore``: a house as it was at a moment, into a home folder that has no data yet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from renqing.doors.cli.backup import fingerprint
from renqing.doors.cli.house import DATABASE, database_of, ground_on, known_keys, run_missing_steps
from renqing.doors.cli.plain import CANNOT_START, keys_file, words
from renqing.doors.cli.roof import Roof, roof_of
from renqing.doors.cli.running import AlreadyRunning, alone_in
from renqing.doors.cli.terminal import console, refuse, safe_settings, shown, step
from renqing.foundation.backups import BackupUnreachable, Base, DataInTheWay, NoBackup
from renqing.foundation.clock import SystemClock
from renqing.foundation.database import DatabaseAway
from renqing.foundation.erasures import Erased, bring_up_to, read_erasures
from renqing.foundation.settings import Settings
from renqing.foundation.starting import CannotStart
from renqing.journeys.erase_a_person import apply_erasures
from renqing.social import media
from renqing.trade import pictures


def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The backup folder.")],
    *,
    to: Annotated[
        str, typer.Option(help="The moment, with its zone: 2026-11-26T23:59:00+08:00. Without it: all there is.")
    ] = "",
) -> None:
    """Bring a backup back into RENQING_HOME, which must have no data yet, as it was at a moment."""
    settings = safe_settings()
    if settings.database_url:
        refuse(words("cli.restore.yours"))
    moment = _moment(to)
    home, folder = settings.home_path, folder.expanduser().resolve()
    roof = roof_of(context)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with alone_in(home):
            _restore(settings, roof, folder, moment)
    except AlreadyRunning:
        refuse(words("cli.restore.in_the_way", home=home))
    except DataInTheWay:
        refuse(words("cli.restore.in_the_way", home=home))
    except NoBackup:
        refuse(words("cli.restore.none" if moment is None else "cli.restore.none_of_then", folder=folder, moment=to))
    except BackupUnreachable as who:
        refuse(words("cli.backup.unreachable", user=who, folder=folder))
    except (CannotStart, OSError) as why:
        refuse(str(why), status=CANNOT_START)


def _moment(to: str) -> datetime | None:
    if not to:
        return None
    try:
        moment = datetime.fromisoformat(to)
    except ValueError:
        refuse(words("cli.restore.moment", moment=to))
    if moment.tzinfo is None:
        refuse(words("cli.restore.zone", moment=to))
    return moment.astimezone(UTC)


def _restore(settings: Settings, roof: Roof, folder: Path, moment: datetime | None) -> None:
    backups = roof.backups(settings.home_path, folder, SystemClock())
    base = backups.base_for(moment)
    if not keys_file(settings).is_file():
        refuse(words("cli.restore.keys_missing", file=keys_file(settings)))
    if fingerprint(known_keys(settings)) != base.keys:
        refuse(words("cli.restore.keys_of_another", file=keys_file(settings)))
    with step("cli.restore.step", name=base.name):
        reached = backups.bring_back(base, moment)
    dsn = roof.postgres(settings.home_path).dsn(DATABASE)
    with step("cli.step.migrate"):
        run_missing_steps(settings, dsn)
    listed = bring_up_to(settings.home_path, folder)
    forgotten = asyncio.run(forget_again(settings, dsn, listed))
    with step("cli.restore.files"):
        places = asyncio.run(_places(settings, dsn))  # of who is not forgotten
        found, missing = roof.files(settings.home_path, folder, SystemClock()).bring_back(places)
    backups.finish()
    console.print(words("cli.restore.files_done", n=found))
    if missing:
        console.print(words("cli.restore.files_missing", n=missing), style="yellow", markup=False)
    _tell(settings, base, reached, forgotten)


async def _places(settings: Settings, dsn: str) -> list[str]:
    async with ground_on(dsn, settings, known_keys(settings), only_reads=True) as ground:
        return [*await media.places(ground.db), *await pictures.keys(ground.db)]


def _tell(settings: Settings, base: Base, reached: datetime | None, forgotten: int) -> None:
    last = (reached or base.ended_at).isoformat()
    console.print(words("cli.restore.done", home=shown(settings.home_path), last=last), markup=False)
    console.print(words("cli.restore.forgotten", n=forgotten))
    console.print(words("cli.restore.next"))


def forget(context: typer.Context) -> None:
    """Erase again whom a restored database still knows: after the restore of a database of your own."""
    settings = safe_settings()
    listed = read_erasures(settings.home_path)
    try:
        with database_of(settings, roof_of(context)) as dsn:
            forgotten = asyncio.run(forget_again(settings, dsn, listed))
    except CannotStart as why:
        refuse(str(why), status=CANNOT_START)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DatabaseAway) as away:
        refuse(words("cli.database_away", why=away), status=CANNOT_START)
    console.print(words("cli.restore.forgotten", n=forgotten))


async def forget_again(settings: Settings, dsn: str, listed: Sequence[Erased]) -> int:
    """Erase everybody on the list whom this database still knows; how many they were."""
    async with ground_on(dsn, settings, known_keys(settings)) as ground:
        return await apply_erasures(ground, listed)

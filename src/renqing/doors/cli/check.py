"""``renqing check``: re-derive every total of this installation from first records."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import asyncpg
import msgspec
import typer
from rich.table import Table

from renqing.doors.cli.house import database_of, ground_on, known_keys
from renqing.doors.cli.plain import CANNOT_START, words
from renqing.doors.cli.roof import roof_of
from renqing.doors.cli.terminal import console, error_console, refuse, safe_settings
from renqing.foundation.checks import CheckRun, Finding
from renqing.foundation.database import NOBODY, DatabaseAway
from renqing.foundation.once import once
from renqing.foundation.schema import pending
from renqing.foundation.secrets import Keys
from renqing.foundation.settings import Settings
from renqing.foundation.starting import CannotStart
from renqing.journeys.keep_a_check import KeepACheck, keep_a_check
from renqing.views.check import InvariantUnknown
from renqing.views.check import check as check_house

DIFFERENCES_FOUND = 1


def check(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Which invariants, for example M1 S2. None: all.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON object.")] = False,
    keep: Annotated[bool, typer.Option(help="Keep the outcome for the operator's desk.")] = True,
) -> None:
    """Check that every total follows from first records, while the house goes on. Ends with 1 where one does not."""
    settings = safe_settings()
    keys = known_keys(settings)
    try:
        with database_of(settings, roof_of(context)) as dsn:
            run = asyncio.run(_check(dsn, settings, keys, ids, keep=keep))
    except CannotStart as why:
        refuse(str(why), status=CANNOT_START)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DatabaseAway) as away:
        refuse(words("cli.database_away", why=away), status=CANNOT_START)
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(_as_json(run))))
    else:
        _show(run)
    if not run.is_clean:
        raise typer.Exit(DIFFERENCES_FOUND)


async def _check(dsn: str, settings: Settings, keys: Keys, ids: list[str] | None, *, keep: bool) -> CheckRun:
    if await pending(dsn):
        raise CannotStart(words("cli.migrate.pending"))
    async with ground_on(dsn, settings, keys, only_reads=True) as ground:
        try:
            run = await check_house(ground, [name.upper() for name in ids] if ids else None)
        except InvariantUnknown as unknown:
            raise CannotStart(words(f"error.{unknown.code}", **unknown.facts)) from unknown
    if keep:
        await _keep(dsn, settings, keys, run)
    return run


async def _keep(dsn: str, settings: Settings, keys: Keys, run: CheckRun) -> None:
    ask = KeepACheck(run)
    try:
        async with ground_on(dsn, settings, keys) as ground:
            await keep_a_check(ground, ask, once(NOBODY, f"check-{ground.ids.new()}", "renqing check", ask))
    except asyncpg.ReadOnlySQLTransactionError:
        error_console.print(words("cli.check.not_kept"), style="dim")


def _as_json(run: CheckRun) -> dict[str, Any]:
    findings = [{"sentence": words(f"check.{found.id}"), **msgspec.to_builtins(found)} for found in run.findings]
    return {"clean": run.is_clean, **msgspec.to_builtins(run), "findings": findings}


def _show(run: CheckRun) -> None:
    table = Table(title=words("cli.check.title"), title_justify="left", show_edge=False)
    table.add_column("")
    table.add_column(words("cli.check.sentence"), overflow="fold", ratio=1)
    table.add_column(words("cli.check.outcome"), no_wrap=True)
    table.add_column(words("cli.check.rows"), justify="right", no_wrap=True)
    table.add_column(words("cli.check.time"), justify="right", no_wrap=True)
    for found in run.findings:
        table.add_row(
            found.id, words(f"check.{found.id}"), _outcome(found), f"{found.looked_at:,}", f"{found.milliseconds:,}"
        )
    console.print(table, soft_wrap=False)
    for found in run.findings:
        for row in found.shown:
            said = words("cli.check.difference", id=found.id, about=row.about, has=row.has, should=row.should)
            console.print(said, markup=False)
        if found.differences > len(found.shown):
            console.print(words("cli.check.more", id=found.id, n=found.differences - len(found.shown)), markup=False)
    if run.is_clean:
        console.print(words("cli.check.clean", seconds=f"{run.milliseconds / 1000:.1f}"), style="green")
    else:
        console.print(words("cli.check.not_clean", n=sum(not found.holds for found in run.findings)), style="red")


def _outcome(found: Finding) -> str:
    if found.holds:
        return f"[green]{words('cli.check.holds')}[/]"
    return f"[red]{words('cli.check.differs', n=found.differences)}[/]"

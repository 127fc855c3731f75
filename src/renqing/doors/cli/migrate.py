"""``renqing migrate``: bring the schema to what this version needs."""

from __future__ import annotations

import asyncio
from typing import Annotated

import asyncpg
import typer

from renqing.doors.cli.house import database_of
from renqing.doors.cli.plain import CANNOT_START, words
from renqing.doors.cli.roof import roof_of
from renqing.doors.cli.terminal import console, refuse, safe_settings
from renqing.foundation import migrate as steps
from renqing.foundation.starting import CannotStart

PENDING = 1


def migrate(
    context: typer.Context,
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; end with 1 if a step is missing.")] = False,
) -> None:
    """Run the schema's missing steps. Safe to repeat, and while others run it. `renqing up` does it by itself."""
    try:
        with database_of(safe_settings(), roof_of(context)) as dsn:
            if check and asyncio.run(steps.pending(dsn)):
                refuse(words("cli.migrate.pending"), status=PENDING)
            if not check:
                asyncio.run(steps.migrate(dsn))
    except CannotStart as why:
        refuse(str(why), status=CANNOT_START)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
        refuse(words("cli.database_away", why=away), status=CANNOT_START)
    console.print(words("cli.migrate.done"))

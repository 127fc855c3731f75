"""``renqing reload``: fresh processes of the code that is installed now, one at a time, without a failed request."""

from __future__ import annotations

import asyncio
import os
import time

import asyncpg
import typer

from renqing.doors.cli.house import DATABASE
from renqing.doors.cli.plain import CANNOT_START, words
from renqing.doors.cli.roof import roof_of
from renqing.doors.cli.running import is_held, noted_running
from renqing.doors.cli.supervise import RENEW
from renqing.doors.cli.terminal import console, refuse, safe_settings, step
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.schema import pending

FAILED = 1
RELOAD_SECONDS_MAX = 600


def reload(context: typer.Context) -> None:
    """Replace the running house's servers and worker by the code that is installed now, while it goes on."""
    settings = safe_settings()
    home = settings.home_path
    before = noted_running(home)
    if before is None or not is_held(home):
        refuse(words("cli.reload.not_running", home=home), status=FAILED)
    if before.renewed < 0:
        refuse(words("cli.reload.too_old"), status=FAILED)
    try:
        if asyncio.run(pending(settings.database_url or roof_of(context).postgres(home).dsn(DATABASE))):
            refuse(words("cli.migrate.pending"), status=FAILED)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
        refuse(words("cli.database_away", why=away), status=CANNOT_START)
    os.kill(before.pid, RENEW)
    give_up_at = monotonic_seconds() + RELOAD_SECONDS_MAX
    with step("cli.reload.step"):
        while (now := noted_running(home)) is not None and monotonic_seconds() < give_up_at:
            if (now.renewed, now.not_renewed) != (before.renewed, before.not_renewed):
                break
            time.sleep(0.1)
    if now is None or now.renewed == before.renewed:
        refuse(words("cli.reload.given_up", logs=home / "logs"), status=FAILED)
    console.print(words("cli.reload.done", url=now.url), markup=False)

"""The outcome of a check of the house is kept, so that the operator's desk shows it.

The check itself only reads and may take a minute, so it runs before, on a snapshot of its own. Here, in one
transaction: an operator is let in, everybody else hears that there is no such thing; the command line needs no
operator, whoever runs it holds the database. The outcome is written and the oldest ones go.
"""

from __future__ import annotations

import msgspec

from renqing.foundation import checks
from renqing.foundation.checks import CheckRun
from renqing.foundation.database import NOBODY, Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.put_right import check_operator


class KeepACheck(msgspec.Struct, frozen=True):
    """What was found, and who asked: an operator, or ``NOBODY`` for the command line."""

    run: CheckRun
    by_id: int = NOBODY


class CheckKept(msgspec.Struct, frozen=True):
    """It is on the operator's desk."""

    run_id: int


async def keep_a_check(ground: Ground, ask: KeepACheck, once: Once) -> CheckKept:
    """Raises NothingSetAside for others than operators."""
    return await run_once(ground.db, once, CheckKept, lambda tx: _story(tx, ask))


async def _story(tx: Tx, ask: KeepACheck) -> CheckKept:
    if ask.by_id != NOBODY:
        await check_operator(tx, ask.by_id)
    return CheckKept(await checks.keep(tx, ask.run))

"""An operator puts right what was set aside: a fact is told again, a timer runs again.

Steps, in one transaction: the operator is let in, everybody else hears that there is no such thing; the fact or timer
must be one that was set aside; it goes back to the worker with its tries counted anew. Nothing else is touched: what
then happens is the story that failed, told by the worker as ever.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation import outbox, timers
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once


class NothingSetAside(NotFound):
    """There is no such fact or timer, it is not set aside, or the asker is no operator."""

    code = "nothing_set_aside"


class PutRight(msgspec.Struct, frozen=True):
    """Which fact or timer, and who says so."""

    operator_id: int
    id: int


class PutBack(msgspec.Struct, frozen=True):
    """It is with the worker again."""

    id: int


async def tell_a_fact_again(ground: Ground, ask: PutRight, once: Once) -> PutBack:
    """Raises NothingSetAside."""
    return await run_once(ground.db, once, PutBack, lambda tx: _tell(tx, ask))


async def _tell(tx: Tx, ask: PutRight) -> PutBack:
    await check_operator(tx, ask.operator_id)
    if not await outbox.tell_again(tx, ask.id):
        raise NothingSetAside
    return PutBack(ask.id)


async def run_a_timer_again(ground: Ground, ask: PutRight, once: Once) -> PutBack:
    """Raises NothingSetAside."""
    return await run_once(ground.db, once, PutBack, lambda tx: _run(tx, ask))


async def _run(tx: Tx, ask: PutRight) -> PutBack:
    await check_operator(tx, ask.operator_id)
    if not await timers.run_again(tx, ask.id):
        raise NothingSetAside
    return PutBack(ask.id)


async def check_operator(tx: Tx, person_id: int) -> None:
    """Only the platform's own staff pass. Raises NothingSetAside."""
    if await people.role_of(tx, people.PLATFORM, person_id) is not people.Role.OPERATOR:
        raise NothingSetAside

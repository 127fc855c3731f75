"""Somebody reports another: who is near them, or whose gift they were sent. The other never learns of it.

An operator looks, and puts a hold on the other or dismisses it; until then nothing changes between the two, and who
wants peace at once blocks.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.put_right import check_operator
from renqing.social import gifts, holds, masks


class ReportAPerson(msgspec.Struct, frozen=True):
    """What is reported."""

    new: holds.NewReport


class Reported(msgspec.Struct, frozen=True):
    """It was taken down."""

    report_id: int


class DecideAReport(msgspec.Struct, frozen=True):
    """An operator's verdict; ``days`` of hold on giving, or on receiving, where it is ``held``."""

    operator_id: int
    report_id: int
    verdict: holds.Verdict
    days: int = 7
    verb: holds.Verb = "give"


class LiftAHold(msgspec.Struct, frozen=True):
    """Which hold is to end now."""

    operator_id: int
    hold_id: int


class Decided(msgspec.Struct, frozen=True):
    """It is so."""

    id: int


async def report_a_person(ground: Ground, ask: ReportAPerson, once: Once) -> Reported:
    """Raises PersonUnknown for who is not near, FieldNotValid."""
    return await run_once(ground.db, once, Reported, lambda tx: _report(tx, ask.new))


async def _report(tx: Tx, new: holds.NewReport) -> Reported:
    if new.about_id != new.reporter_id and not await _may_know(tx, new):
        raise people.PersonUnknown
    return Reported(await holds.report(tx, new))


async def _may_know(tx: Tx, new: holds.NewReport) -> bool:
    """Near people, whom one has blocked since, and who sent one a gift."""
    if new.gift_id is not None:
        gift = await gifts.by_id(tx, new.gift_id)
        if gift is None or await masks.worn_on(tx, [gift.id]):
            return False  # else whoever guesses would learn from the answer whose it is
        return (gift.giver_id, gift.recipient_id) == (new.about_id, new.reporter_id)
    return (
        await people.are_friends(tx, new.reporter_id, new.about_id)
        or await people.share_a_group(tx, new.reporter_id, new.about_id)
        or await people.is_blocked(tx, by=new.reporter_id, who=new.about_id)
    )


async def decide_a_report(ground: Ground, ask: DecideAReport, once: Once) -> Decided:
    """Raises NothingSetAside for who is no operator, ReportUnknown, FieldNotValid."""
    return await run_once(ground.db, once, Decided, lambda tx: _decide(tx, ask))


async def _decide(tx: Tx, ask: DecideAReport) -> Decided:
    await check_operator(tx, ask.operator_id)
    if not 1 <= ask.days <= holds.HOLD_DAYS_MAX:
        raise FieldNotValid(field="days", reason="out_of_range", min=1, max=holds.HOLD_DAYS_MAX)
    about_id = await holds.decide(tx, ask.report_id, ask.operator_id, ask.verdict)
    if ask.verdict == "held":
        ends_at = tx.now + timedelta(days=ask.days)
        await holds.hold(tx, holds.NewHold(about_id, ask.verb, holds.OPERATOR, ends_at, ask.operator_id))
    return Decided(ask.report_id)


async def lift_a_hold(ground: Ground, ask: LiftAHold, once: Once) -> Decided:
    """Raises NothingSetAside for who is no operator, HoldUnknown."""

    async def story(tx: Tx) -> Decided:
        await check_operator(tx, ask.operator_id)
        await holds.lift(tx, ask.hold_id, ask.operator_id)
        return Decided(ask.hold_id)

    return await run_once(ground.db, once, Decided, story)

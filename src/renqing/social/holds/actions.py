"""What can be done about holds and reports. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from renqing.foundation import outbox
from renqing.foundation.database import Tx
from renqing.social.holds import rules, store
from renqing.social.holds.model import (
    Guise,
    HoldUnknown,
    LinkLeaked,
    NewHold,
    NewReport,
    PersonHeld,
    PersonReported,
    ReportUnknown,
    Verb,
    Verdict,
)


async def check_free(tx: Tx, person_id: int, verb: Verb) -> None:
    """Raises OnHold where somebody may not do this at the moment."""
    held = (await store.held_among(tx, [person_id], verb, tx.now)).get(person_id)
    if held is not None:
        raise held


async def hold(tx: Tx, new: NewHold) -> bool:
    """Put a hold on somebody; False where the same rule holds them already, for longer."""
    if not await store.put_hold(tx, new):
        return False
    fact = PersonHeld(subject_id=new.person_id, person_id=new.person_id, verb=new.verb, rule=new.rule)
    await outbox.leave(tx, fact)
    return True


async def lift(tx: Tx, hold_id: int, operator_id: int) -> None:
    """A person ends a hold. Raises HoldUnknown."""
    if not await store.set_lifted(tx, hold_id, operator_id):
        raise HoldUnknown


async def report(tx: Tx, new: NewReport) -> int:
    """Keep a report, or its new words. Raises FieldNotValid."""
    checked = rules.check_report(new)
    report_id, is_new = await store.put_report(tx, checked)
    if is_new:
        await outbox.leave(tx, PersonReported(subject_id=report_id, report_id=report_id, about_id=checked.about_id))
    return report_id


async def decide(tx: Tx, report_id: int, operator_id: int, verdict: Verdict) -> int:
    """An operator decides about a report; whom it is about. Raises ReportUnknown."""
    about_id = await store.set_decided(tx, report_id, operator_id, verdict)
    if about_id is None:
        raise ReportUnknown
    return about_id


async def note_guises(tx: Tx, guises: Sequence[Guise]) -> None:
    """Which accounts had something sent to which phone: kept as a keyed hash that differs from gift to gift."""
    if guises:
        await store.put_guises(tx, [(one.subject_id, _mark(tx, one), one.person_id) for one in guises])


async def note_opener(
    tx: Tx, gift_id: int, giver_id: int, person_id: int, *, link_since: datetime, shares: int, openers_max: int
) -> bool:
    """Somebody opened a locked gift that only a link names; whether they are the one too many, once a link.

    Leaves LinkLeaked then.
    """
    openers = rules.leaks_at(shares, openers_max)
    if await store.put_opener(tx, gift_id, person_id, link_since, openers + 1) != openers:
        return False
    await outbox.leave(tx, LinkLeaked(subject_id=gift_id, gift_id=gift_id, giver_id=giver_id, openers=openers))
    return True


def _mark(tx: Tx, guise: Guise) -> bytes:
    return tx.keys.keyed_hash("guise", f"{guise.subject_id}:{rules.same_phone(guise.phone)}")


async def forget(tx: Tx, person_id: int) -> None:
    """What somebody said of others is gone; that they said something, and what holds them, names their id alone."""
    await store.clear_guises(tx, person_id)
    await store.clear_words(tx, person_id)

"""Somebody asks to be forgotten, proves that it is them, and is: in every room, in one transaction.

Steps: the person is locked; they type their name, and where they have a phone a code that it got (a wrong one is
committed, since it counts); nothing may be under way that needs them: an order, a gift, an after-sale, a shop that
they answer for. Then each room forgets its part, and the ledger keeps what it always had: an id. The worker puts them
on the list beside the keys, which a restored backup is brought up to (``apply_erasures``).

What a request in flight still wrote is swept a little later by the same story, as often as anybody likes: forgetting
twice is forgetting once. What each room does, and what the law of the house keeps: ``docs/decisions/erasure.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from renqing.books import catalog, people
from renqing.foundation import once
from renqing.foundation.database import Tx
from renqing.foundation.erasures import Erased
from renqing.foundation.errors import FieldNotValid, NotNow, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.outbox import LeftFact
from renqing.foundation.text import say
from renqing.foundation.timers import Deadline, Timer, set_timers
from renqing.social import (
    activities,
    cards,
    chats,
    days,
    draws,
    funds,
    gifts,
    greeting_cards,
    holds,
    masks,
    media,
    moderation,
    notices,
    peace,
    safe_words,
    schedules,
    thanks,
    wishes,
    wrappings,
    yearly,
)
from renqing.trade import aftersales, balances, carts, engravings, orders, shipping, vouchers

SWEEP_ERASED = "sweep_erased"
SWEPT_AFTER = timedelta(minutes=5)  # longer than any request lives


class ErasureWaits(NotNow):
    """Something is under way that needs this person. Facts: how many ``orders``, ``gifts``, ``cases``, ``shops``."""

    code = "erasure_waits"


class EraseMe(msgspec.Struct, frozen=True):
    """Who, the name they typed to say that they mean it, and the code that their phone got."""

    person_id: int
    name: str
    code: str = ""


async def erase_a_person(ground: Ground, ask: EraseMe) -> Erased:
    """Raises FieldNotValid for another name, ErasureWaits, CodeNotRight."""
    answer = await ground.db.run(lambda tx: _story(tx, ask), actor=ask.person_id)
    if isinstance(answer, Refusal):
        raise answer
    return answer


async def _story(tx: Tx, ask: EraseMe) -> Erased | Refusal:
    await people.lock_to_erase(tx, ask.person_id)
    if ask.name.strip() != (await people.get_person(tx, ask.person_id)).name:
        raise FieldNotValid(field="name", reason="confirm")
    await _check_nothing_waits(tx, ask.person_id)
    digits = await people.phone_of(tx, ask.person_id)
    if digits is not None and not await people.try_code(tx, digits, ask.code):
        return people.CodeNotRight()
    erased = Erased(ask.person_id, tx.now)
    await _forget(tx, erased)
    await set_timers(tx, [Deadline(SWEEP_ERASED, ask.person_id, tx.now + SWEPT_AFTER)])
    return erased


async def _check_nothing_waits(tx: Tx, person_id: int) -> None:
    open_orders = await orders.count_open(tx, person_id)
    waiting = await gifts.count_waiting(tx, person_id) + await funds.count_open(tx, person_id)
    cases = await aftersales.count_open(tx, person_id)
    shops = await people.shops_owned(tx, person_id)
    if open_orders or waiting or cases or shops:
        raise ErasureWaits(orders=open_orders, gifts=waiting, cases=cases, shops=shops)


async def _forget(tx: Tx, erased: Erased) -> None:
    """Every room forgets its part of a locked person."""
    person_id = erased.person_id
    name = say("people.erased_name", (await people.get_person(tx, person_id)).language)
    await once.forget(tx, person_id)
    await notices.forget(tx, person_id)
    await chats.forget(tx, person_id)
    await gifts.forget(tx, person_id)
    await draws.forget(tx, person_id)
    await schedules.forget(tx, person_id)
    await activities.forget(tx, person_id)
    await cards.forget(tx, person_id)
    await funds.forget(tx, person_id)
    await wrappings.forget(tx, person_id)
    await masks.forget(tx, person_id)
    await greeting_cards.forget(tx, person_id)
    await thanks.forget(tx, person_id)
    await safe_words.forget(tx, person_id)
    await media.forget(tx, person_id)
    await moderation.forget(tx, person_id)
    await carts.forget(tx, person_id)
    await yearly.forget(tx, person_id)
    await days.forget(tx, person_id)
    await wishes.forget(tx, person_id)
    await peace.forget(tx, person_id)
    await holds.forget(tx, person_id)
    await aftersales.forget(tx, person_id)
    await shipping.forget(tx, await orders.ids_of_owner(tx, person_id))
    await orders.forget(tx, person_id)
    await engravings.forget(tx, person_id)
    await vouchers.forget(tx, person_id)
    await balances.try_now(tx, await balances.kept_ids_of(tx, person_id))
    await catalog.forget_reviewer(tx, person_id, name)
    await people.erase(tx, person_id, name, erased.erased_at)


async def sweep_erased(_ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
    """The worker's deadline: forget again what requests in flight still wrote."""
    for timer in sorted(due, key=lambda one: one.key):
        await people.lock_to_erase(tx, timer.key)
        await _forget(tx, Erased(timer.key, tx.now))


async def apply_erasures(ground: Ground, listed: Sequence[Erased]) -> int:
    """Erase everybody on the list whom this database does not know as erased; how many they were.

    For a restored backup. Nothing is asked of them again and nothing is waited for: they asked before, and what was
    under way in the backup was over then. Who joined after the backup was made is not there, and is passed over.
    """
    first = {one.person_id: one for one in reversed(listed)}
    return sum([await ground.db.run(partial(_apply, erased=one)) for one in first.values()])


async def _apply(tx: Tx, erased: Erased) -> bool:
    try:
        await people.lock_to_erase(tx, erased.person_id)
    except people.PersonUnknown:
        return False
    if await people.erased_among(tx, [erased.person_id]):
        return False
    await _forget(tx, erased)
    return True


def erasures_in(facts: Sequence[LeftFact]) -> list[Erased]:
    """Who was erased, of the facts that are told."""
    told = [fact for fact in facts if fact.kind == people.PersonErased.kind]
    return [Erased(fact.subject_id, datetime.fromisoformat(fact.payload["erased_at"])) for fact in told]

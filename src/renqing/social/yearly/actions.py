"""What can be done with yearly rules. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.social.yearly import rules, store
from renqing.social.yearly.model import (
    LAPSE_YEARLY,
    PREPARE_YEARLY,
    NewRule,
    NextTime,
    Proposal,
    Rule,
    Why,
    YearlyNotGiven,
    YearlyProposed,
)


async def make(tx: Tx, new: NewRule) -> Rule:
    """A rule, paused. Raises FieldNotValid, RulesFull."""
    rules.check_rule(new)
    rules.check_room(await store.lock_giver(tx, new.giver_id))
    return await store.insert_rule(tx, new)


async def activate(tx: Tx, rule: Rule, next_time: NextTime) -> None:
    """A locked rule begins to be looked after. Raises RuleOver."""
    rules.check_goes_on(rule)
    await store.set_state(tx, rule.id, "active")
    await set_next(tx, rule, next_time)


async def set_next(tx: Tx, rule: Rule, next_time: NextTime) -> None:
    """When a locked rule is looked at again: where that is over already, at once."""
    await set_timers(tx, [Deadline(PREPARE_YEARLY, rule.id, max(next_time.proposed_at, tx.now))])


async def pause(tx: Tx, rule: Rule) -> None:
    """Nothing comes of a locked rule until it is active again; what it proposed stays. Raises RuleOver."""
    rules.check_goes_on(rule)
    await store.set_state(tx, rule.id, "paused")
    await drop_timers(tx, PREPARE_YEARLY, [rule.id])


async def end(tx: Tx, rule: Rule) -> None:
    """A locked rule is over, and what it proposed with it; gifts that came of it go their way. Raises RuleOver."""
    rules.check_goes_on(rule)
    await _end(tx, [rule.id])


async def _end(tx: Tx, rule_ids: Sequence[int]) -> None:
    await store.empty(tx, rule_ids)
    await drop_timers(tx, PREPARE_YEARLY, rule_ids)
    waiting = await store.waiting_of(tx, rule_ids)
    await store.set_lapsed(tx, waiting)
    await drop_timers(tx, LAPSE_YEARLY, waiting)


async def propose(tx: Tx, rule: Rule, when: NextTime, sku_id: int, product_id: int, total: int) -> None:
    """This year's gift of a locked rule waits for its giver; once a year. Leaves YearlyProposed."""
    one = _proposal(tx, rule, when, state="waiting", sku_id=sku_id, product_id=product_id, total=total)
    if await store.insert_proposal(tx, one):
        await set_timers(tx, [Deadline(LAPSE_YEARLY, one.id, one.comes_at)])
        await leave(tx, YearlyProposed(subject_id=rule.id, giver_id=rule.giver_id, who_id=rule.friend_id))


async def fail(tx: Tx, rule: Rule, when: NextTime | None, why: Why) -> None:
    """A locked rule does nothing this year, or pauses where its day is not known any more. Leaves YearlyNotGiven."""
    if when is None:
        await pause(tx, rule)
    elif not await store.insert_proposal(tx, _proposal(tx, rule, when, state="failed", why=why)):
        return
    await leave(tx, YearlyNotGiven(subject_id=rule.id, giver_id=rule.giver_id, who_id=rule.friend_id, why=why))


def _proposal(
    tx: Tx,
    rule: Rule,
    when: NextTime,
    *,
    state: str,
    why: Why | None = None,
    sku_id: int | None = None,
    product_id: int | None = None,
    total: int | None = None,
) -> Proposal:
    return Proposal(
        id=tx.ids.new(),
        rule_id=rule.id,
        year=when.year,
        on=when.on,
        time_zone=when.time_zone,
        comes_at=when.comes_at,
        state="failed" if state == "failed" else "waiting",
        why=why,
        sku_id=sku_id,
        product_id=product_id,
        total=total,
        order_id=None,
        made_at=tx.now,
    )


async def give(tx: Tx, proposal: Proposal, gift_id: int, order_id: int) -> None:
    """Its giver said yes to a locked proposal: this gift waits for their payment."""
    await store.set_given(tx, proposal, gift_id, order_id)
    await drop_timers(tx, LAPSE_YEARLY, [proposal.id])


async def lapse(tx: Tx, proposals: Sequence[Proposal]) -> None:
    """The day of these locked proposals has come, and nobody said yes to them."""
    await store.set_lapsed(tx, [one.id for one in proposals if one.comes_at <= tx.now])


async def drop_of_note(tx: Tx, note_id: int) -> None:
    """A noted day is noted no more: the rules on it are over."""
    found = await store.lock_rules(tx, await store.of_note(tx, note_id))
    await _end(tx, list(found))


async def forget(tx: Tx, person_id: int) -> None:
    """Of somebody's rules nothing personal is left; of others' for them, nothing goes on, and those others hear it."""
    await _end(tx, await store.ids_of_giver(tx, person_id))
    for_them = await store.about(tx, person_id)
    await _end(tx, [rule.id for rule in for_them])
    for rule in for_them:
        if rule.state == "active":
            told = YearlyNotGiven(subject_id=rule.id, giver_id=rule.giver_id, who_id=person_id, why="unreachable")
            await leave(tx, told)

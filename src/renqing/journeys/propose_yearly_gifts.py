"""A yearly rule's time comes: what it gives this year is proposed to its giver, who says yes and pays, or does not.

The deadline's effect: under the rule's lock its day is looked up anew and what it would give is chosen; a proposal is
written, once a year by the key of rule and year, so that neither a clock that jumps nor a worker that dies makes two.
Where nothing can be given the rule says why; where the day is not to be known any more, it pauses. Days that passed
while the house was down are passed over. The next year's deadline is set in the same transaction.

Saying yes is one tap: under the locks of rule and proposal a gift is wrapped as any other that comes later, at the
price that its giver saw and within the rule's sum, and they go to the cashier. An order that was not paid in time may
be followed by another, while the day lies ahead. Nobody who does nothing pays anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Timer
from renqing.journeys.choose_yearly_gift import Choice, choose, choose_again, times_of
from renqing.journeys.give_a_gift import GiftPrepared, GiveAGift, give_in
from renqing.journeys.moderate import Held, suspected
from renqing.social import schedules, wrappings, yearly
from renqing.social.moderation.ports import Moderator
from renqing.social.yearly import Proposal, Rule
from renqing.trade import orders


class SayYes(msgspec.Struct, frozen=True):
    """Whose rule gives this year, at the sum that they saw."""

    giver_id: int
    rule_id: int
    expected_total: int
    channel: str


class SaidYes(msgspec.Struct, frozen=True, omit_defaults=True):
    """The gift waits for its payment: pay this order. ``intent_id``: of the yes that placed it, and of no later one."""

    gift_id: int
    order_id: int
    rule_id: int
    intent_id: int | None = None


async def propose_yearly_gifts(ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
    """The worker's deadline. Rules that were paused or ended meanwhile propose nothing."""
    for rule in (await yearly.lock_rules(tx, [timer.key for timer in due])).values():
        if rule.state == "active":
            await _propose(ground, tx, rule)


async def _propose(ground: Ground, tx: Tx, rule: Rule) -> None:
    times = await times_of(tx, rule)
    if not times:
        await yearly.fail(tx, rule, None, "day_hidden")
        return
    when, *later = times
    if when.proposed_at > tx.now:  # the day was moved, or a morning was slept through
        await yearly.set_next(tx, rule, when)
        return
    found = await choose(ground, tx, rule)
    if isinstance(found, Choice):
        await yearly.propose(tx, rule, when, found.sku_id, found.product_id, found.total)
    else:
        await yearly.fail(tx, rule, when, found)
    await yearly.set_next(tx, rule, later[0])


async def lapse_yearly_gifts(_ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
    """The worker's deadline: the day has come without a yes."""
    await yearly.lapse(tx, await yearly.lock_proposals(tx, [timer.key for timer in due]))


async def set_birthday_rules(tx: Tx, friend_id: int) -> None:
    """A friend's own birthday was said, moved or hidden: the rules that wait for it look again."""
    for rule in (await yearly.lock_rules(tx, await yearly.of_birthday(tx, friend_id))).values():
        times = await times_of(tx, rule)
        if times:
            await yearly.set_next(tx, rule, times[0])


async def say_yes(ground: Ground, ask: SayYes, once: Once, moderator: Moderator | None = None) -> SaidYes:
    """Raises RuleUnknown, RuleOver where nothing is proposed, YearlyNotPossible, TotalChanged, what forbids a gift."""
    rule = await yearly.rule_by_id(ground.db, ask.giver_id, ask.rule_id)
    held = await suspected(ground, moderator, rule.greeting, wrappings.Extras())
    return await run_once(ground.db, once, SaidYes, lambda tx: _say_yes(ground, tx, ask, held))


async def _say_yes(ground: Ground, tx: Tx, ask: SayYes, held: Held) -> SaidYes:
    rule = (await yearly.lock_rules(tx, [ask.rule_id]))[ask.rule_id]
    latest = await yearly.proposal_of(tx, rule.id)
    (proposal,) = await yearly.lock_proposals(tx, [latest.id]) if latest else (None,)
    if proposal is None or proposal.comes_at <= tx.now:
        raise yearly.RuleOver
    if proposal.order_id is not None:
        before = await orders.get(tx, proposal.order_id)
        gift_id = await yearly.gift_of(tx, before.id)
        if before.state is not orders.OrderState.CLOSED:
            assert gift_id is not None, "an order of a proposal pays for a gift"
            return SaidYes(gift_id, before.id, rule.id)
    elif proposal.state != "waiting":
        raise yearly.RuleOver
    prepared = await _wrap(ground, tx, ask, rule, proposal, held)
    await yearly.give(tx, proposal, prepared.gift_id, prepared.order_id)
    return SaidYes(prepared.gift_id, prepared.order_id, rule.id, prepared.intent_id)


async def _wrap(ground: Ground, tx: Tx, ask: SayYes, rule: Rule, proposal: Proposal, held: Held) -> GiftPrepared:
    """The gift as the rule says, to come at its minute where its friend is."""
    if ask.expected_total > rule.total_max:
        raise yearly.YearlyNotPossible(reason="price")
    found = await choose_again(ground, tx, rule, proposal)
    if not isinstance(found, Choice):
        raise yearly.YearlyNotPossible(reason=found)
    at = f"{proposal.on.isoformat()}T{rule.comes_at // 60:02d}:{rule.comes_at % 60:02d}"
    gift = GiveAGift(
        giver_id=rule.giver_id,
        sku_id=found.sku_id,
        recipient_id=rule.friend_id,
        cover=rule.cover,
        greeting=rule.greeting,
        open_for_hours=None,
        channel=ask.channel,
        expected_total=ask.expected_total,
        moment=schedules.Moment(at, proposal.time_zone),
    )
    return await give_in(ground, tx, gift, held)

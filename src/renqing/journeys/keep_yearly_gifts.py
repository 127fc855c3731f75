"""Keep rules that give a friend something on the same day of every year: make, look ahead, activate, pause, end.

A rule is made paused. What it would do is read as things stand now: what, for how much, the next three dates. Saying
yes makes it active, where it would give something as things stand; its deadline runs from then on
(``propose_yearly_gifts``). Each is one transaction on the asker's own rule; its friend hears nothing of it. No rule
pays: a payment is a person's own visit to a cashier.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from renqing.books import catalog, people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.check_out import OfferOver
from renqing.journeys.choose_yearly_gift import Choice, choose, choose_again, times_of
from renqing.social import days, gifts, wishes, yearly
from renqing.social.yearly import NewRule, NextTime, Proposal, Rule, Why


class MakeARule(msgspec.Struct, frozen=True):
    """What is wanted."""

    rule: NewRule


class MoveARule(msgspec.Struct, frozen=True):
    """Whose rule goes on, pauses or ends."""

    giver_id: int
    rule_id: int
    verb: Literal["activate", "pause", "end"]


class RuleKept(msgspec.Struct, frozen=True):
    """The rule, and how it stands."""

    rule_id: int
    state: Literal["paused", "active", "ended"]


class Ahead(msgspec.Struct, frozen=True):
    """A rule looked through: what it would give now (or why nothing), when next, and what it last proposed.

    ``proposed``: that as things stand, where it waits for a yes; a reason where it could not be given now.
    """

    rule: Rule
    choice: Choice | None
    why: Why | None
    times: list[NextTime]
    last: Proposal | None
    proposed: Choice | Why | None = None


async def make_a_rule(ground: Ground, ask: MakeARule, once: Once) -> RuleKept:
    """Raises NotFriends, DayUnknown, OfferOver, WishListUnknown, RulesFull, FieldNotValid."""
    return await run_once(ground.db, once, RuleKept, lambda tx: _make(ground, tx, ask.rule))


async def _make(ground: Ground, tx: Tx, new: NewRule) -> RuleKept:
    if not await people.are_friends(tx, new.giver_id, new.friend_id):
        raise people.NotFriends
    await _check_day(tx, new)
    policy = await _check_goods(ground, tx, new)
    greeting = new.greeting.strip()
    gifts.check_wrapping(cover=new.cover, greeting=greeting, open_for_hours=policy.gift_open_for_hours, policy=policy)
    made = await yearly.make(tx, msgspec.structs.replace(new, greeting=greeting))
    return RuleKept(made.id, made.state)


async def _check_day(tx: Tx, new: NewRule) -> None:
    """It is a birthday that the friend shows, or a day that the giver noted about them."""
    if new.note_id is not None:
        if (await days.note_by_id(tx, new.giver_id, new.note_id)).friend_id != new.friend_id:
            raise days.DayUnknown
    elif not await days.shown_birthdays(tx, [new.friend_id]):
        raise FieldNotValid(field="day_id", reason="hidden")


async def _check_goods(ground: Ground, tx: Tx, new: NewRule) -> GiftPolicy:
    """They are there to be given; by which policy."""
    if new.sku_id is not None:
        offer = (await catalog.offers(tx, [new.sku_id])).get(new.sku_id)
        if offer is None or not offer.on_sale:
            raise OfferOver(sku_id=new.sku_id)
        return await gifts.policy_of_shop(tx, offer.shop_id, ground.policy)
    if new.list_id is not None:
        wanted = await wishes.list_by_id(tx, new.list_id)
        sees = wishes.may_see(wanted.seen_by, is_owner=False, are_friends=True, is_blocked=False)
        if wanted.owner_id != new.friend_id or not sees:
            raise wishes.WishListUnknown
    return ground.policy


async def look_ahead(ground: Ground, giver_id: int, rule_id: int) -> Ahead:
    """What a rule of one's own would do as things stand. Nothing is written. Raises RuleUnknown."""

    async def story(tx: Tx) -> Ahead:
        rule = await yearly.rule_by_id(tx, giver_id, rule_id)
        found = await choose(ground, tx, rule)
        choice, why = (found, None) if isinstance(found, Choice) else (None, found)
        times = await times_of(tx, rule)
        last = await yearly.proposal_of(tx, rule.id)
        waits = last if last is not None and last.state == "waiting" else None
        proposed = await choose_again(ground, tx, rule, waits) if waits else None
        return Ahead(rule, choice, why if times else "day_hidden", times, last, proposed)

    return await ground.db.run(story)


async def move_a_rule(ground: Ground, ask: MoveARule, once: Once) -> RuleKept:
    """Raises RuleUnknown, RuleOver, YearlyNotPossible where it would give nothing as things stand."""
    return await run_once(ground.db, once, RuleKept, lambda tx: _move(ground, tx, ask))


async def _move(ground: Ground, tx: Tx, ask: MoveARule) -> RuleKept:
    rule = (await yearly.lock_rules(tx, [ask.rule_id])).get(ask.rule_id)
    if rule is None or rule.giver_id != ask.giver_id:
        raise yearly.RuleUnknown
    if ask.verb == "pause":
        await yearly.pause(tx, rule)
        return RuleKept(rule.id, "paused")
    if ask.verb == "end":
        await yearly.end(tx, rule)
        return RuleKept(rule.id, "ended")
    if rule.state != "ended":
        times = await times_of(tx, rule)
        found = await choose(ground, tx, rule) if times else "day_hidden"
        if not isinstance(found, Choice):
            raise yearly.YearlyNotPossible(reason=found)
        await yearly.activate(tx, rule, times[0])
        return RuleKept(rule.id, "active")
    raise yearly.RuleOver

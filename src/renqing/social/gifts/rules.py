"""Decisions about gifts. Pure: what is, what is asked, and now, make what follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from renqing.foundation.characters import count_characters
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.settings import Policy
from renqing.social.gifts.model import (
    COVERS,
    READDRESSED_MAX,
    REMINDED_BEFORE_END,
    STATE_AT_END,
    TIERS_MAX,
    CannotReceive,
    Ending,
    Gift,
    GiftHeldBack,
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    GiftNotKept,
    GiftNotPassedOn,
    GiftState,
    GiftStaysWhereItIs,
    GiftWithdrawalLate,
    MoreTimeNotOffered,
    Reminder,
    SetThing,
    Share,
    SharedGiftStays,
    StyleNotOffered,
    Tier,
)


def check_wrapping(*, cover: str, greeting: str, open_for_hours: int, policy: GiftPolicy) -> None:
    """The greeting, the cover and the time to claim are within their limits. Raises FieldNotValid."""
    if cover not in COVERS:
        raise FieldNotValid(field="cover", reason="unknown")
    if count_characters(greeting) > policy.greeting_characters_max:
        raise FieldNotValid(field="greeting", reason="too_long", max=policy.greeting_characters_max)
    if not policy.gift_open_for_hours_min <= open_for_hours <= policy.gift_open_for_hours_max:
        raise FieldNotValid(
            field="open_for_hours",
            reason="out_of_range",
            min=policy.gift_open_for_hours_min,
            max=policy.gift_open_for_hours_max,
        )


def check_shares(shares: int, recipient_id: int | None, policy: Policy) -> None:
    """A gift has one share or more; one for a friend has one. Raises FieldNotValid."""
    most = 1 if recipient_id is not None else policy.gift_shares_max
    if not 1 <= shares <= most:
        raise FieldNotValid(field="shares", reason="out_of_range", min=1, max=most)


def spans(tiers: Sequence[tuple[int, int]], shares: int) -> list[range]:
    """Which shares are of which tier, for tiers (style, shares) that make up all ``shares``. Raises FieldNotValid."""
    if len(tiers) > TIERS_MAX:
        raise FieldNotValid(field="tiers", reason="count", max=TIERS_MAX)
    if len({sku for sku, _ in tiers}) != len(tiers):
        raise FieldNotValid(field="tiers", reason="id_repeated")
    if any(count < 1 for _, count in tiers) or sum(count for _, count in tiers) != shares:
        raise FieldNotValid(field="tiers", reason="sum", sum=sum(count for _, count in tiers), shares=shares)
    first, found = 1, []
    for _, count in tiers:
        found.append(range(first, first + count))
        first += count
    return found


def tier_of(tiers: Sequence[Tier], n: int) -> Tier | None:
    """The tier that share ``n`` is of; None where there are none: shares are equal."""
    return next((tier for tier in tiers if tier.first_share <= n <= tier.last_share), None)


def worths(gift: Gift, shares: Sequence[Share], tiers: Sequence[Tier]) -> dict[int, int]:
    """What each of these shares cost, by its number."""
    found = {share.n: tier_of(tiers, share.n) for share in shares}
    return {n: gift.unit_price if tier is None else tier.unit_price for n, tier in found.items()}


def may_find(gift: Gift, person_id: int, *, in_its_group: bool, has_a_share: bool) -> bool:
    """Whether this person finds the gift by its id: its giver, who it is for, and who has claimed it."""
    return in_its_group or has_a_share or person_id in (gift.giver_id, gift.recipient_id, gift.claimed_by)


def judge_recipient(gift: Gift, person_id: int, *, in_its_group: bool = False) -> None:
    """Whether this person may open or claim this gift at all. Raises GiftIsYourOwn, GiftNotForYou."""
    if person_id == gift.giver_id:
        raise GiftIsYourOwn
    if gift.recipient_id is not None and gift.recipient_id != person_id:
        raise GiftNotForYou
    if gift.group_id is not None and not in_its_group:
        raise GiftNotForYou


def judge_claim(gift: Gift, claimant_id: int, now: datetime, *, in_its_group: bool = False) -> None:
    """Whether this claim wins. Raises GiftIsYourOwn, GiftNotForYou, GiftNotAvailable."""
    judge_recipient(gift, claimant_id, in_its_group=in_its_group)
    if not is_claimable(gift, now):
        raise GiftNotAvailable


def check_not_held(gift: Gift, now: datetime) -> None:
    """A gift whose link went around is neither claimed nor declined before its giver says so. Raises GiftHeldBack."""
    until = waits_for_giver(gift, now)
    if until is not None:
        raise GiftHeldBack(until=until.isoformat())


def waits_for_giver(gift: Gift, now: datetime) -> datetime | None:
    """Until when a gift whose link went around waits for its giver's yes; None where it does not, or no more."""
    is_held = gift.held_until is not None and now < gift.held_until and gift.state is GiftState.CLAIMABLE
    return gift.held_until if is_held else None


def held_until(gift: Gift, now: datetime, hours: int) -> datetime | None:
    """Until when such a gift waits: a while, half of the time it has left at most; None where nothing waits."""
    assert gift.expires_at is not None, "a gift that waits has a deadline"
    return min(now + timedelta(hours=hours), now + (gift.expires_at - now) / 2) if hours else None


def why_not_receive(*, is_minor: bool, held_hours: int) -> CannotReceive | None:
    """What keeps a person from taking any gift, before they say where to: a claim and every page ask this.

    ``held_hours``: so long an operator holds them from it at most; 0: nobody does.
    """
    if held_hours:
        return CannotReceive(reason="held", hours=held_hours, region="")
    return CannotReceive(reason="minor", hours=0, region="") if is_minor else None


def is_claimable(gift: Gift, now: datetime) -> bool:
    """Whether anything of this gift can be claimed at this moment."""
    return gift.state is GiftState.CLAIMABLE and gift.expires_at is not None and now < gift.expires_at


def reminder_at(gift: Gift, reminder: Reminder) -> datetime:
    """When an unclaimed gift reminds: at half of its time, and a while before the end."""
    assert gift.claimable_at is not None, "a gift that waits has a beginning"
    assert gift.expires_at is not None, "a gift that waits has a deadline"
    if reminder == "end":
        return gift.expires_at - REMINDED_BEFORE_END
    return gift.claimable_at + (gift.expires_at - gift.claimable_at) / 2


def first_reminder(gift: Gift) -> Reminder | None:
    """The first reminder of a gift that waits; one that is drawn for reminds in its own way (``social/draws``).

    Who only holds a link is not known, so its giver is reminded, before the end alone. A gift that is open so briefly
    that half time is hardly before the end reminds once.
    """
    if gift.mode == "draw":
        return None
    if gift.recipient_id is not None or gift.group_id is not None:
        return "half"
    return "end" if _has_two_reminders(gift) else None


def reminder_now(gift: Gift, reminder: Reminder, now: datetime) -> tuple[Reminder | None, Reminder | None]:
    """What an unclaimed gift says now whose timer fell due, and what it says next.

    One that got more time meanwhile is early, and says it later; one whose end is near already says that alone.
    """
    if not is_claimable(gift, now):
        return None, None
    if now < reminder_at(gift, reminder):
        return None, reminder
    if now >= reminder_at(gift, "end"):
        return ("end" if _has_two_reminders(gift) else "half"), None
    return "half", "end"


def _has_two_reminders(gift: Gift) -> bool:
    return reminder_at(gift, "half") < reminder_at(gift, "end")


def why_no_more_time(gift: Gift, house: GiftPolicy) -> str:
    """Why the recipient of a gift that waits cannot take more time: policy, once or shares; empty where they can."""
    if gift.shares > 1 or gift.group_id is not None or gift.mode == "draw":
        return "shares"
    if (gift.policy or house).gift_more_hours == 0:
        return "policy"
    return "once" if gift.more_seconds else ""


def judge_more_time(gift: Gift, person_id: int, now: datetime, house: GiftPolicy) -> timedelta:
    """How much time one tap of the recipient adds. Raises what forbids a claim too, MoreTimeNotOffered."""
    judge_claim(gift, person_id, now, in_its_group=True)
    reason = why_no_more_time(gift, house)
    if reason:
        raise MoreTimeNotOffered(reason=reason)
    return timedelta(hours=(gift.policy or house).gift_more_hours)


def why_it_stays(gift: Gift, house: GiftPolicy) -> str:
    """Why a gift that waits cannot be given to somebody else: draw, policy, opened or often; empty where it can."""
    until = (gift.policy or house).gift_readdress
    if gift.mode == "draw":
        return "draw"
    if until == "never":
        return "policy"
    if until == "until_opened" and gift.opened_at is not None and gift.shares == 1:
        return "opened"
    return "often" if gift.readdressed >= READDRESSED_MAX else ""


def why_not_kept(gift: Gift, house: GiftPolicy) -> str:
    """Why its giver cannot take a gift that waits for themselves: set, policy or opened; empty where they can.

    Of one that is drawn for, its draw is asked too.
    """
    until = (gift.policy or house).gift_keep
    if gift.is_set:
        return "set"
    if until == "never":
        return "policy"
    return "opened" if until == "until_opened" and gift.opened_at is not None and gift.shares == 1 else ""


def why_not_passed_on(gift: Gift, house: GiftPolicy, *, to_charity: bool) -> str:
    """Why who declines a gift cannot pass it on: draw, set, policy or once; empty where they can.

    A set is claimed piece by piece of each shop: a charity's account claims one order of one shop.
    """
    policy = gift.policy or house
    if gift.mode == "draw":
        return "draw"
    if to_charity and gift.is_set:
        return "set"
    if (policy.gift_to_charity == "no") if to_charity else (policy.gift_onward == "never"):
        return "policy"
    return "once" if gift.passed_by is not None and not to_charity else ""


def judge_pass_on(gift: Gift, person_id: int, now: datetime, house: GiftPolicy, *, to_charity: bool) -> None:
    """Whether this person may pass it on. Raises what forbids a claim too, SharedGiftStays, GiftNotPassedOn."""
    judge_claim(gift, person_id, now, in_its_group=True)
    if gift.shares > 1:
        raise SharedGiftStays
    if reason := why_not_passed_on(gift, house, to_charity=to_charity):
        raise GiftNotPassedOn(reason=reason)


def why_no_word(gift: Gift) -> str:
    """Why a gift takes no safe word: named or over; empty where only a link names it, and it waits.

    Of one that is drawn for, its draw is asked too.
    """
    if gift.recipient_id is not None or gift.group_id is not None:
        return "named"
    return "" if gift.state in (GiftState.UNPAID, GiftState.SCHEDULED, GiftState.CLAIMABLE) else "over"


def judge_readdress(gift: Gift, now: datetime, house: GiftPolicy, *, to_person: bool) -> None:
    """Whether its giver gives it to somebody else. Raises GiftNotAvailable where it is over, GiftStaysWhereItIs.

    Of a gift for many, what is left goes on to another group or link; a single person takes one share.
    """
    if not is_claimable(gift, now):
        raise GiftNotAvailable
    reason = why_it_stays(gift, house) or ("shares" if to_person and gift.shares > 1 else "")
    if reason:
        raise GiftStaysWhereItIs(reason=reason)


def after_claim(gift: Gift) -> Gift:
    """The gift when one more of its shares is claimed: with the last it is no longer claimable."""
    claimed = gift.shares_claimed + 1
    state = GiftState.CLAIMED if claimed == gift.shares else gift.state
    return msgspec.structs.replace(gift, shares_claimed=claimed, state=state)


def may_withdraw(gift: Gift, now: datetime, house: GiftPolicy) -> bool:
    """Whether its giver may take a claimable gift back: by its policy, or because it was sent just now by mistake."""
    policy = gift.policy or house
    untouched = gift.opened_at is None and not gift.shares_claimed
    undo = timedelta(minutes=policy.gift_undo_minutes)
    if untouched and gift.claimable_at is not None and now < gift.claimable_at + undo:
        return True
    return policy.gift_withdraw == "until_claimed" or (
        policy.gift_withdraw == "until_opened" and gift.opened_at is None
    )


def judge_end(gift: Gift, ending: Ending, now: datetime, house: GiftPolicy) -> GiftState:
    """The state a gift ends in. Raises GiftNotAvailable where it cannot end so, GiftWithdrawalLate, GiftNotKept."""
    if ending == "unpaid":
        if gift.state is not GiftState.UNPAID:
            raise GiftNotAvailable
        return STATE_AT_END[ending]
    if ending == "called_off":
        if gift.state is not GiftState.SCHEDULED:
            raise GiftNotAvailable
        return STATE_AT_END[ending]
    if gift.state is not GiftState.CLAIMABLE or gift.expires_at is None:
        raise GiftNotAvailable
    if ending == "refused" and (gift.shares > 1 or gift.mode == "draw"):
        raise SharedGiftStays
    if (ending == "expired") != (now >= gift.expires_at):
        raise GiftNotAvailable
    if ending == "withdrawn" and not may_withdraw(gift, now, house):
        raise GiftWithdrawalLate(policy=(gift.policy or house).gift_withdraw)
    if ending == "kept" and (reason := why_not_kept(gift, house)):
        raise GiftNotKept(reason=reason)
    return STATE_AT_END[ending]


def may_choose_style(gift: Gift) -> bool:
    """Whether another style of its one thing may be taken. Equal shares come as given, and all under some policies."""
    return not gift.is_set and _lets_choose(gift)


def may_choose_in_set(gift: Gift) -> bool:
    """Whether other styles of what is in a set may be taken."""
    return gift.is_set and _lets_choose(gift)


def _lets_choose(gift: Gift) -> bool:
    return gift.shares == 1 and (gift.policy is None or gift.policy.gift_style == "same_price")


def may_take_style(gift: Gift, *, sku_id: int, product_id: int, price: int, currency: str, on_sale: bool) -> None:
    """Another style must be the same product at exactly the gift-time price, on sale. Raises StyleNotOffered.

    The style that was given is always offered: its price was fixed when it was given. Equal shares come as given.
    """
    if sku_id == gift.sku_id:
        return
    if not may_choose_style(gift):
        raise StyleNotOffered
    check_same_price(gift, sku_id=sku_id, product_id=product_id, price=price, currency=currency, on_sale=on_sale)


def check_same_price(gift: Gift, *, sku_id: int, product_id: int, price: int, currency: str, on_sale: bool) -> None:
    """Whether this is another style of what was given that cost as much then, on sale. Raises StyleNotOffered.

    What it costs now does not matter, or a sale between the sending and the claim would leave nothing to choose; where
    the prices of then were not kept, those of now are asked.
    """
    if gift.equal_skus is None:
        costs_the_same = (price, currency) == (gift.unit_price, gift.currency)
    else:
        costs_the_same = sku_id in gift.equal_skus
    if product_id != gift.product_id or not costs_the_same or not on_sale:
        raise StyleNotOffered


def check_style_in_set(gift: Gift, thing: SetThing, *, sku_id: int, product_id: int, on_sale: bool) -> None:
    """Another style in a set must be of the same product and have cost as much, on sale. Raises StyleNotOffered."""
    is_equal = product_id == thing.product_id and sku_id in thing.equal_skus
    if not (may_choose_in_set(gift) and is_equal and on_sale):
        raise StyleNotOffered


def past_their_time(gifts: Sequence[Gift], now: datetime) -> list[Gift]:
    """The gifts whose time is over and that nobody claimed."""
    return [
        gift
        for gift in gifts
        if gift.state is GiftState.CLAIMABLE and gift.expires_at is not None and gift.expires_at <= now
    ]

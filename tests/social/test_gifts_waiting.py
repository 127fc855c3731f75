"""What may be done with a gift that waits: reminding, more time, another person, keeping it, a word, its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from verdicts import fault, verdict

from renqing.foundation.gift_policy import GiftPolicy
from renqing.social.gifts import rules
from renqing.social.gifts.model import (
    CannotReceive,
    Gift,
    GiftHeldBack,
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotKept,
    GiftNotPassedOn,
    GiftState,
    GiftStaysWhereItIs,
    GiftWithdrawalLate,
    MoreTimeNotOffered,
    SetThing,
    Share,
    SharedGiftStays,
    StyleNotOffered,
    Tier,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
GIVER, RECIPIENT = 1, 2
GIFT = Gift(
    id=9,
    order_id=8,
    giver_id=GIVER,
    recipient_id=RECIPIENT,
    shop_id=7,
    product_id=6,
    sku_id=5,
    unit_price=100,
    currency="CNY",
    cover="thanks",
    greeting="",
    state=GiftState.CLAIMABLE,
    ended_how="",
    refusal="",
    open_for_seconds=86_400,
    made_at=NOW,
    claimable_at=NOW,
    expires_at=NOW + 24 * HOUR,
    opened_at=None,
    claimed_at=None,
    claimed_by=None,
    ended_at=None,
    refunded_at=None,
    group_id=None,
    shares=1,
    shares_claimed=0,
    tiers=0,
)
BY_LINK = replace(GIFT, recipient_id=None)
GROUPS = replace(BY_LINK, group_id=4, shares=3)
DRAW = replace(GROUPS, mode="draw")
OPENED = {"opened_at": NOW}
HOUSE = GiftPolicy()


# tiers ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tiers", "shares", "answer"),
    [
        ([], 0, []),
        ([(1, 1)], 1, [range(1, 2)]),
        ([(1, 2), (2, 1), (3, 4)], 7, [range(1, 3), range(3, 4), range(4, 8)]),
        ([(n, 1) for n in range(10)], 10, [range(n, n + 1) for n in range(1, 11)]),
        ([(n, 1) for n in range(11)], 11, fault("tiers", "count", max=10)),
        ([(1, 2), (1, 3)], 5, fault("tiers", "id_repeated")),
        ([(1, 0), (2, 5)], 5, fault("tiers", "sum", sum=5, shares=5)),
        ([(1, 2), (2, 2)], 5, fault("tiers", "sum", sum=4, shares=5)),
    ],
)
def test_tiers_make_up_all_shares_one_behind_the_other(tiers: list[tuple[int, int]], shares: int, answer: Any):
    assert verdict(rules.spans, tiers, shares) == answer


def test_a_share_is_of_the_tier_that_holds_its_number():
    one, two = [Tier(**(dict.fromkeys(Tier.__struct_fields__, 0) | said)) for said in TIERS]
    assert [rules.tier_of([one, two], n) for n in (1, 2, 3, 5, 6)] == [one, one, two, two, None]
    assert rules.tier_of([], 1) is None


def test_a_share_cost_what_its_tier_says_and_the_gift_where_there_is_none():
    one, two = [Tier(**(dict.fromkeys(Tier.__struct_fields__, 0) | said)) for said in TIERS]
    tiers = [replace(one, unit_price=500), replace(two, unit_price=200)]
    shares = [Share(9, n, person_id=n, order_id=n) for n in (1, 3, 6)]
    assert rules.worths(GIFT, shares, tiers) == {1: 500, 3: 200, 6: 100}
    assert rules.worths(GIFT, shares[:1], []) == {1: 100}


TIERS: tuple[dict[str, Any], ...] = ({"first_share": 1, "shares": 2}, {"first_share": 3, "shares": 3})


# who receives ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("is_minor", "held_hours", "facts"),
    [
        (False, 0, None),
        (True, 0, {"reason": "minor", "hours": 0, "region": ""}),
        (False, 5, {"reason": "held", "hours": 5, "region": ""}),
        (True, 5, {"reason": "held", "hours": 5, "region": ""}),
    ],
)
def test_who_cannot_receive_hears_why(held_hours: int, facts: dict[str, Any] | None, *, is_minor: bool):
    why = rules.why_not_receive(is_minor=is_minor, held_hours=held_hours)
    if facts is None:
        assert why is None
    else:
        assert isinstance(why, CannotReceive)
        assert why.facts == facts


# reminders ------------------------------------------------------------------------------------------------------------
BRIEF = replace(GIFT, expires_at=NOW + 4 * HOUR)  # half of its time is two hours before the end


def test_a_gift_reminds_at_half_of_its_time_and_two_hours_before_the_end():
    assert rules.reminder_at(GIFT, "half") == NOW + 12 * HOUR
    assert rules.reminder_at(GIFT, "end") == NOW + 22 * HOUR


@pytest.mark.parametrize(
    ("gift", "first"),
    [
        (GIFT, "half"),
        (GROUPS, "half"),
        (DRAW, None),
        (replace(GIFT, mode="draw"), None),
        (BY_LINK, "end"),
        (BRIEF, "half"),
        (replace(BRIEF, recipient_id=None), None),
        (replace(BRIEF, recipient_id=None, expires_at=NOW + 4 * HOUR + 2 * SECOND), "end"),
    ],
)
def test_whom_a_gift_waits_for_is_reminded_first_and_of_a_link_its_giver(gift: Gift, first: str | None):
    assert rules.first_reminder(gift) == first


@pytest.mark.parametrize(
    ("gift", "reminder", "after", "says"),
    [
        (GIFT, "half", 12 * HOUR - SECOND, (None, "half")),
        (GIFT, "half", 12 * HOUR, ("half", "end")),
        (GIFT, "half", 22 * HOUR - SECOND, ("half", "end")),
        (GIFT, "half", 22 * HOUR, ("end", None)),
        (GIFT, "end", 22 * HOUR - SECOND, (None, "end")),
        (GIFT, "end", 22 * HOUR, ("end", None)),
        (GIFT, "end", 24 * HOUR, (None, None)),
        (BRIEF, "half", 2 * HOUR, ("half", None)),
        (BRIEF, "end", 3 * HOUR, ("half", None)),
        (replace(GIFT, expires_at=NOW + 3 * HOUR), "half", 1.5 * HOUR, ("half", None)),
        (replace(GIFT, expires_at=NOW + 3 * HOUR), "half", 2 * HOUR, ("half", None)),
        (replace(GIFT, state=GiftState.CLAIMED), "half", 12 * HOUR, (None, None)),
    ],
)
def test_what_a_gift_says_when_its_timer_is_due_and_what_next(gift: Gift, reminder: Any, after: timedelta, says: Any):
    assert rules.reminder_now(gift, reminder, NOW + after) == says


@pytest.mark.parametrize("gone", ["claimable_at", "expires_at"])
def test_a_gift_that_does_not_wait_reminds_of_nothing(gone: str):
    with pytest.raises(AssertionError, match="a gift that waits has a"):
        rules.reminder_at(replace(GIFT, **{gone: None}), "half")


# more time ------------------------------------------------------------------------------------------------------------
MORE = GiftPolicy(gift_more_hours=12)


@pytest.mark.parametrize(
    ("gift", "house", "why"),
    [
        (GIFT, MORE, ""),
        (GIFT, GiftPolicy(gift_more_hours=1), ""),
        (GIFT, HOUSE, "policy"),
        (replace(GIFT, policy=MORE), HOUSE, ""),
        (replace(GIFT, policy=HOUSE), MORE, "policy"),
        (replace(GIFT, more_seconds=1), MORE, "once"),
        (replace(GIFT, shares=2), MORE, "shares"),
        (replace(GIFT, recipient_id=None, group_id=4), MORE, "shares"),
        (replace(GIFT, mode="draw"), HOUSE, "shares"),
    ],
)
def test_its_recipient_takes_more_time_once_where_the_policy_has_some(gift: Gift, house: GiftPolicy, why: str):
    assert rules.why_no_more_time(gift, house) == why
    answer = (MoreTimeNotOffered, {"reason": why}) if why else timedelta(hours=(gift.policy or house).gift_more_hours)
    in_a_group = gift.group_id is not None
    assert in_a_group or verdict(rules.judge_more_time, gift, RECIPIENT, NOW, house) == answer


def test_who_could_not_claim_takes_no_more_time():
    assert verdict(rules.judge_more_time, GIFT, GIVER, NOW, MORE) == (GiftIsYourOwn, {})
    assert verdict(rules.judge_more_time, GIFT, RECIPIENT, NOW + 24 * HOUR, MORE) == (GiftNotAvailable, {})
    of_a_group = replace(BY_LINK, group_id=4)
    assert verdict(rules.judge_more_time, of_a_group, 3, NOW, MORE) == (MoreTimeNotOffered, {"reason": "shares"})


# another person, or oneself -------------------------------------------------------------------------------------------
STAYS = [
    ("never", GIFT, "policy"),
    ("until_opened", GIFT, ""),
    ("until_opened", replace(GIFT, **OPENED), "opened"),
    ("until_opened", replace(GROUPS, **OPENED), ""),
    ("until_claimed", replace(GIFT, **OPENED), ""),
]


@pytest.mark.parametrize(("until", "gift", "why"), STAYS)
def test_until_when_a_gift_goes_to_somebody_else_or_its_giver_keeps_it(until: Any, gift: Gift, why: str):
    moving, keeping = GiftPolicy(gift_readdress=until), GiftPolicy(gift_keep=until)
    assert rules.why_it_stays(gift, moving) == rules.why_it_stays(replace(gift, policy=moving), HOUSE) == why
    assert rules.why_not_kept(gift, keeping) == rules.why_not_kept(replace(gift, policy=keeping), HOUSE) == why
    answer = (GiftStaysWhereItIs, {"reason": why}) if why else None
    assert verdict(rules.judge_readdress, gift, NOW, moving, to_person=False) == answer
    kept = (GiftNotKept, {"reason": why}) if why else GiftState.CANCELLED
    assert verdict(rules.judge_end, gift, "kept", NOW, keeping) == kept


@pytest.mark.parametrize("until", ["until_claimed", "never"])
def test_what_is_drawn_for_goes_to_nobody_else_and_whether_it_is_kept_is_its_draws_to_say(until: Any):
    moving, keeping = GiftPolicy(gift_readdress=until), GiftPolicy(gift_keep=until)
    assert rules.why_it_stays(DRAW, moving) == "draw"
    assert verdict(rules.judge_readdress, DRAW, NOW, moving, to_person=False) == (
        GiftStaysWhereItIs,
        {"reason": "draw"},
    )
    assert rules.why_not_kept(DRAW, keeping) == ("policy" if until == "never" else "")


def test_a_gift_moves_on_three_times_and_never_once_it_is_over():
    moving = GiftPolicy(gift_readdress="until_claimed")
    moved = [rules.why_it_stays(replace(GIFT, readdressed=n), moving) for n in (0, 2, 3, 4)]
    assert moved == ["", "", "often", "often"]
    assert verdict(rules.judge_readdress, GIFT, NOW + 24 * HOUR, moving, to_person=True) == (GiftNotAvailable, {})


def test_what_is_left_of_a_gift_for_many_goes_to_no_single_person():
    moving = GiftPolicy(gift_readdress="until_claimed")
    many = replace(BY_LINK, shares=2)
    stays = (GiftStaysWhereItIs, {"reason": "shares"})
    assert verdict(rules.judge_readdress, many, NOW, moving, to_person=True) == stays
    assert verdict(rules.judge_readdress, many, NOW, moving, to_person=False) is None
    assert verdict(rules.judge_readdress, GIFT, NOW, moving, to_person=True) is None
    draw = (GiftStaysWhereItIs, {"reason": "draw"})
    assert verdict(rules.judge_readdress, replace(many, mode="draw"), NOW, moving, to_person=True) == draw


def test_a_set_is_not_kept_and_comes_as_it_was_given():
    keeping = GiftPolicy(gift_keep="until_claimed")
    a_set = replace(GIFT, pieces=2)
    assert a_set.is_set
    assert rules.why_not_kept(a_set, keeping) == rules.why_not_kept(replace(a_set, mode="draw"), keeping) == "set"
    assert rules.may_choose_style(GIFT) is True
    assert rules.may_choose_style(a_set) is False
    assert rules.may_choose_style(replace(GIFT, shares=2)) is False
    assert rules.may_choose_style(replace(GIFT, policy=GiftPolicy(gift_style="as_given"))) is False
    assert rules.may_choose_style(replace(GIFT, policy=HOUSE)) is True


def test_another_style_in_a_set_is_of_the_same_thing_cost_as_much_and_is_on_sale():
    a_set = replace(GIFT, pieces=2)
    thing = SetThing(n=1, product_id=6, sku_id=5, quantity=1, equal_skus=(5, 50))
    other: dict[str, Any] = {"sku_id": 50, "product_id": 6, "on_sale": True}
    rules.check_style_in_set(a_set, thing, **other)
    for wrong in ({"sku_id": 51}, {"product_id": 7}, {"on_sale": False}):
        assert verdict(rules.check_style_in_set, a_set, thing, **{**other, **wrong}) == (StyleNotOffered, {})
    fixed = GiftPolicy(gift_style="as_given")
    for no_set in (GIFT, replace(a_set, shares=2), replace(a_set, policy=fixed)):
        assert rules.may_choose_in_set(no_set) is False
        assert verdict(rules.check_style_in_set, no_set, thing, **other) == (StyleNotOffered, {})


# a word ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("gift", "why"),
    [
        (BY_LINK, ""),
        (replace(BY_LINK, state=GiftState.UNPAID), ""),
        (replace(BY_LINK, state=GiftState.SCHEDULED), ""),
        (replace(BY_LINK, state=GiftState.CLAIMED), "over"),
        (replace(BY_LINK, state=GiftState.EXPIRED), "over"),
        (replace(BY_LINK, mode="draw"), ""),
        (GIFT, "named"),
        (DRAW, "named"),
    ],
)
def test_only_a_gift_that_waits_behind_a_link_takes_a_word(gift: Gift, why: str):
    assert rules.why_no_word(gift) == why


# ends -----------------------------------------------------------------------------------------------------------------
def test_a_gift_that_was_sent_by_mistake_is_taken_back_at_once_whatever_the_policy():
    strict = GiftPolicy(gift_withdraw="never", gift_undo_minutes=2)
    undo = timedelta(minutes=2)
    assert rules.may_withdraw(GIFT, NOW + undo - SECOND, strict) is True
    assert rules.may_withdraw(GIFT, NOW + undo, strict) is False
    assert rules.may_withdraw(replace(GIFT, **OPENED), NOW, strict) is False
    assert rules.may_withdraw(replace(GROUPS, shares_claimed=1), NOW, strict) is False
    assert rules.may_withdraw(replace(GIFT, claimable_at=None), NOW, strict) is False
    assert rules.may_withdraw(replace(GIFT, policy=strict), NOW + undo, HOUSE) is False
    late = (GiftWithdrawalLate, {"policy": "never"})
    assert verdict(rules.judge_end, replace(GIFT, policy=strict), "withdrawn", NOW + undo, HOUSE) == late


def test_a_scheduled_gift_is_called_off_before_it_comes_and_no_other():
    for state in GiftState:
        answer = GiftState.CANCELLED if state is GiftState.SCHEDULED else (GiftNotAvailable, {})
        assert verdict(rules.judge_end, replace(GIFT, state=state), "called_off", NOW, HOUSE) == answer


@pytest.mark.parametrize("ending", ["withdrawn", "refused", "kept"])
def test_at_its_end_a_gift_only_expires(ending: Any):
    keeping = GiftPolicy(gift_keep="until_claimed", gift_withdraw="until_claimed")
    assert verdict(rules.judge_end, GIFT, ending, NOW + 24 * HOUR - SECOND, keeping) == GiftState.CANCELLED
    assert verdict(rules.judge_end, GIFT, ending, NOW + 24 * HOUR, keeping) == (GiftNotAvailable, {})
    assert verdict(rules.judge_end, replace(GIFT, expires_at=None), ending, NOW, keeping) == (GiftNotAvailable, {})


# passing it on --------------------------------------------------------------------------------------------------------
OPEN = GiftPolicy(gift_to_charity="yes", gift_onward="once")
PASSED = replace(GIFT, passed_by=5)
SET = replace(GIFT, pieces=2)


@pytest.mark.parametrize(
    ("gift", "house", "to_friend", "to_charity"),
    [
        (GIFT, OPEN, "", ""),
        (GIFT, HOUSE, "policy", "policy"),
        (GIFT, GiftPolicy(gift_to_charity="yes"), "policy", ""),
        (GIFT, GiftPolicy(gift_onward="once"), "", "policy"),
        (replace(GIFT, policy=OPEN), HOUSE, "", ""),
        (replace(GIFT, policy=HOUSE), OPEN, "policy", "policy"),
        (replace(GIFT, mode="draw"), OPEN, "draw", "draw"),
        (SET, OPEN, "", "set"),
        (PASSED, OPEN, "once", ""),
    ],
)
def test_why_what_is_declined_goes_no_further(gift: Gift, house: GiftPolicy, to_friend: str, to_charity: str):
    assert rules.why_not_passed_on(gift, house, to_charity=False) == to_friend
    assert rules.why_not_passed_on(gift, house, to_charity=True) == to_charity
    for goes_to_charity, reason in ((False, to_friend), (True, to_charity)):
        said = verdict(rules.judge_pass_on, gift, RECIPIENT, NOW, house, to_charity=goes_to_charity)
        assert said == ((GiftNotPassedOn, {"reason": reason}) if reason else None)


def test_who_may_not_claim_it_passes_nothing_on_and_a_share_stays():
    assert verdict(rules.judge_pass_on, GIFT, GIVER, NOW, OPEN, to_charity=False) == (GiftIsYourOwn, {})
    assert verdict(rules.judge_pass_on, GIFT, RECIPIENT, NOW + 24 * HOUR, OPEN, to_charity=False) == (
        GiftNotAvailable,
        {},
    )
    shared = replace(GIFT, shares=2)
    assert verdict(rules.judge_pass_on, shared, RECIPIENT, NOW, OPEN, to_charity=True) == (SharedGiftStays, {})
    in_a_group = replace(BY_LINK, group_id=4)
    assert verdict(rules.judge_pass_on, in_a_group, RECIPIENT, NOW, OPEN, to_charity=False) is None


def test_a_draw_is_declined_by_nobody():
    assert verdict(rules.judge_end, replace(GIFT, mode="draw"), "refused", NOW, HOUSE) == (SharedGiftStays, {})


# a link that goes around ----------------------------------------------------------------------------------------------
def test_a_gift_whose_link_goes_around_waits_for_its_giver_and_nobody_claims_or_declines_it():
    until = NOW + 2 * HOUR
    held = replace(BY_LINK, held_until=until)
    for gift, now, waits in (
        (BY_LINK, NOW, None),
        (held, NOW, until),
        (held, until - timedelta(microseconds=1), until),
        (held, until, None),
        (replace(held, state=GiftState.CLAIMED), NOW, None),
    ):
        assert rules.waits_for_giver(gift, now) == waits
        answer = verdict(rules.check_not_held, gift, now)
        assert answer == (None if waits is None else (GiftHeldBack, {"until": until.isoformat()}))


def test_it_waits_so_many_hours_and_half_of_what_is_left_at_most():
    assert rules.held_until(BY_LINK, NOW, 0) is None
    assert rules.held_until(BY_LINK, NOW, 2) == NOW + 2 * HOUR
    assert rules.held_until(BY_LINK, NOW, 12) == rules.held_until(BY_LINK, NOW, 24) == NOW + 12 * HOUR
    assert rules.held_until(BY_LINK, NOW + 21 * HOUR, 2) == NOW + 22.5 * HOUR

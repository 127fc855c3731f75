"""Gifts move only along their table, stories walk its every edge, and of claim and end exactly one is right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stories import tell_all
from town import Town, build_town, claim, give, give_paid

from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.settings import Policy
from renqing.social import gifts
from renqing.social.gifts import (
    Gift,
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    GiftState,
    GiftWithdrawalLate,
    SharedGiftStays,
    StyleNotOffered,
)
from renqing.social.gifts.model import MOVES, STATE_AT_END

SKU = 5  # what is given
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
GIVER, RECIPIENT, OTHER = 1, 2, 3
POLICY = Policy()


def gift(state: GiftState = GiftState.CLAIMABLE, **changed: Any) -> Gift:
    nothing = dict.fromkeys(Gift.__struct_fields__) | {"pieces": 1}
    whose = {"id": 9, "order_id": 8, "giver_id": GIVER, "recipient_id": RECIPIENT, "shop_id": 7}
    what = {"product_id": 6, "sku_id": SKU, "unit_price": 100, "currency": "CNY", "cover": "thanks", "greeting": ""}
    rest = {"state": state, "ended_how": "", "refusal": "", "open_for_seconds": 86_400, "made_at": NOW}
    times = {"claimable_at": NOW, "expires_at": NOW + timedelta(days=1)} if state is not GiftState.UNPAID else {}
    whole = {"shares": 1, "shares_claimed": int(state is GiftState.CLAIMED)}
    return Gift(**{**nothing, **whose, **what, **rest, **times, **whole, **changed})  # type: ignore[arg-type]


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


def refusal_of(judgement: Any, *said: Any) -> type[Refusal] | None:
    try:
        judgement(*said)
    except Refusal as refusal:
        return type(refusal)
    return None


# the table -----------------------------------------------------------------------------------------------------------
def reached() -> Iterator[GiftState]:
    seen, waiting = set(), [GiftState.UNPAID]
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            yield state
            waiting.extend(MOVES[state])


def test_every_state_is_in_the_table_and_can_be_reached():
    assert set(MOVES) == set(GiftState) == set(reached())
    assert {GiftState.CLAIMED, GiftState.EXPIRED_REFUNDED, GiftState.CANCELLED} == {s for s in MOVES if not MOVES[s]}


def test_every_ending_is_a_move_of_the_table():
    for ending, state in STATE_AT_END.items():
        assert state in MOVES[GiftState.UNPAID if ending == "unpaid" else GiftState.CLAIMABLE]


async def test_the_stories_walk_every_edge_and_no_other(town: Town):
    await town.ground.db.pool.execute(
        """CREATE TABLE walked (before int, after int);
           CREATE FUNCTION walk() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN INSERT INTO walked VALUES (OLD.state, NEW.state); RETURN NEW; END $$;
           CREATE TRIGGER walk AFTER UPDATE ON gift_gift FOR EACH ROW
             WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION walk()"""
    )
    await tell_all(town)
    walked = {(row["before"], row["after"]) for row in await town.ground.db.fetch("SELECT DISTINCT * FROM walked")}
    assert walked == {(int(state), int(to)) for state, targets in MOVES.items() for to in targets}


# who may claim, and until when ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("meant_for", "person", "refusal"),
    [
        (RECIPIENT, RECIPIENT, None),
        (RECIPIENT, OTHER, GiftNotForYou),
        (RECIPIENT, GIVER, GiftIsYourOwn),
        (None, RECIPIENT, None),
        (None, OTHER, None),
        (None, GIVER, GiftIsYourOwn),
    ],
)
def test_a_gift_is_for_whom_it_names_or_whoever_holds_its_link(
    meant_for: int | None, person: int, refusal: type[Refusal] | None
):
    assert refusal_of(gifts.judge_recipient, gift(recipient_id=meant_for), person) is refusal
    assert refusal_of(gifts.judge_claim, gift(recipient_id=meant_for), person, NOW) is refusal


@pytest.mark.parametrize("state", sorted(set(GiftState) - {GiftState.CLAIMABLE}))
def test_only_a_gift_that_waits_can_be_claimed_refused_or_withdrawn(state: GiftState):
    assert refusal_of(gifts.judge_claim, gift(state), RECIPIENT, NOW) is GiftNotAvailable
    for ending in ("refused", "withdrawn", "expired"):
        assert refusal_of(gifts.judge_end, gift(state), ending, NOW + timedelta(days=2), POLICY) is GiftNotAvailable


@given(st.integers(-3 * 86_400_000_000, 3 * 86_400_000_000))
def test_at_every_moment_a_waiting_gift_can_be_claimed_or_expires_never_both(microseconds: int):
    now = NOW + timedelta(microseconds=microseconds)
    claimable = refusal_of(gifts.judge_claim, gift(), RECIPIENT, now) is None
    expires = refusal_of(gifts.judge_end, gift(), "expired", now, POLICY) is None
    assert claimable != expires
    assert claimable == (now < NOW + timedelta(days=1))
    assert (refusal_of(gifts.judge_end, gift(), "refused", now, POLICY) is None) == claimable
    assert bool(gifts.past_their_time([gift()], now)) == expires


def test_only_a_gift_that_was_not_paid_ends_unpaid():
    assert gifts.judge_end(gift(GiftState.UNPAID), "unpaid", NOW, POLICY) is GiftState.CANCELLED
    for state in set(GiftState) - {GiftState.UNPAID}:
        assert refusal_of(gifts.judge_end, gift(state), "unpaid", NOW, POLICY) is GiftNotAvailable


@pytest.mark.parametrize(
    ("policy", "opened", "late"),
    [
        ("never", False, True),
        ("never", True, True),
        ("until_opened", False, False),
        ("until_opened", True, True),
        ("until_claimed", False, False),
        ("until_claimed", True, False),
    ],
)
def test_a_giver_takes_back_what_the_policy_lets_them(policy: str, opened: bool, late: bool):  # noqa: FBT001
    asked = gift(opened_at=NOW if opened else None)
    rules = msgspec.structs.replace(POLICY, gift_withdraw=policy, gift_undo_minutes=0)
    assert refusal_of(gifts.judge_end, asked, "withdrawn", NOW, rules) is (GiftWithdrawalLate if late else None)
    assert gifts.judge_end(asked, "refused", NOW, rules) is GiftState.CANCELLED, "refusing is never late"


@pytest.mark.parametrize("policy", ["never", "until_opened"])
def test_a_giver_who_is_too_late_hears_by_which_policy(policy: Any):
    rules = msgspec.structs.replace(POLICY, gift_withdraw=policy, gift_undo_minutes=0)
    with pytest.raises(GiftWithdrawalLate) as late:
        gifts.judge_end(gift(opened_at=NOW), "withdrawn", NOW, rules)
    assert late.value.facts == {"policy": policy}


def test_at_its_last_moment_a_gift_is_over():
    """Exactly then, and not a microsecond earlier: what made-up moments seldom hit."""
    end = NOW + timedelta(days=1)
    assert refusal_of(gifts.judge_claim, gift(), RECIPIENT, end) is GiftNotAvailable
    assert refusal_of(gifts.judge_claim, gift(), RECIPIENT, end - timedelta(microseconds=1)) is None
    assert gifts.judge_end(gift(), "expired", end, POLICY) is GiftState.EXPIRED
    assert gifts.past_their_time([gift()], end) == [gift()]


# for many ------------------------------------------------------------------------------------------------------------
def test_a_gift_for_a_friend_is_one_and_one_for_many_has_a_limit():
    most = POLICY.gift_shares_max
    for shares, recipient in ((1, RECIPIENT), (1, None), (2, None), (most, None)):
        gifts.check_shares(shares, recipient, POLICY)
    for shares, recipient, may in ((2, RECIPIENT, 1), (0, RECIPIENT, 1), (0, None, most), (most + 1, None, most)):
        with pytest.raises(FieldNotValid) as wrong:
            gifts.check_shares(shares, recipient, POLICY)
        assert wrong.value.facts == {"field": "shares", "reason": "out_of_range", "min": 1, "max": may}


@pytest.mark.parametrize("in_its_group", [False, True])
@pytest.mark.parametrize("person", [RECIPIENT, OTHER, GIVER])
def test_a_gift_for_a_group_is_for_its_members_but_not_for_its_giver(person: int, *, in_its_group: bool):
    asked = gift(recipient_id=None, group_id=4, shares=3)
    refusal = GiftIsYourOwn if person == GIVER else None if in_its_group else GiftNotForYou
    for judge, said in ((gifts.judge_recipient, ()), (gifts.judge_claim, (NOW,))):
        assert refusal_of(partial(judge, in_its_group=in_its_group), asked, person, *said) is refusal
    assert refusal_of(gifts.judge_recipient, asked, OTHER) is GiftNotForYou, "nobody is a member unasked"
    assert refusal_of(gifts.judge_claim, asked, OTHER, NOW) is GiftNotForYou


def test_a_gift_is_found_by_its_giver_by_whom_it_is_for_and_by_who_has_of_it():
    asked = gift(claimed_by=OTHER)
    for person in (GIVER, RECIPIENT, OTHER):
        assert gifts.may_find(asked, person, in_its_group=False, has_a_share=False)
    assert not gifts.may_find(asked, 9, in_its_group=False, has_a_share=False)
    assert gifts.may_find(asked, 9, in_its_group=True, has_a_share=False)
    assert gifts.may_find(asked, 9, in_its_group=False, has_a_share=True)


def test_each_claim_counts_one_and_the_last_ends_the_offer():
    before = gift(recipient_id=None, shares=3)
    first = gifts.after_claim(before)
    last = gifts.after_claim(gifts.after_claim(first))
    assert (first.shares_claimed, first.left, first.state) == (1, 2, GiftState.CLAIMABLE)
    assert (last.shares_claimed, last.left, last.state) == (3, 0, GiftState.CLAIMED)
    alone = gifts.after_claim(gift())
    assert (alone.shares_claimed, alone.state) == (1, GiftState.CLAIMED)


@pytest.mark.parametrize("shares", [2, 3])
def test_what_is_for_many_is_not_declined_by_one_but_expires_and_is_taken_back(shares: int):
    asked = gift(recipient_id=None, shares=shares)
    assert refusal_of(gifts.judge_end, asked, "refused", NOW, POLICY) is SharedGiftStays
    assert gifts.judge_end(asked, "withdrawn", NOW, POLICY) is GiftState.CANCELLED
    assert gifts.judge_end(asked, "expired", NOW + timedelta(days=1), POLICY) is GiftState.EXPIRED


@pytest.mark.parametrize("shares", [2, 3])
def test_what_is_for_many_comes_in_the_style_it_was_given_in(shares: int):
    asked = {"product_id": 6, "price": 100, "currency": "CNY", "on_sale": True}
    given = gift(shares=shares)
    gifts.may_take_style(given, **asked, sku_id=given.sku_id)
    with pytest.raises(StyleNotOffered):
        gifts.may_take_style(given, **asked, sku_id=given.sku_id + 1)


# wrapping and styles -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wrapping", "facts"),
    [
        ({}, None),
        ({"greeting": "好" * 100}, None),
        ({"greeting": ""}, None),
        ({"open_for_hours": 1}, None),
        ({"open_for_hours": 720}, None),
        ({"greeting": "好" * 101}, {"field": "greeting", "reason": "too_long", "max": 100}),
        ({"cover": "unknown"}, {"field": "cover", "reason": "unknown"}),
        ({"open_for_hours": 0}, {"field": "open_for_hours", "reason": "out_of_range", "min": 1, "max": 720}),
        ({"open_for_hours": 721}, {"field": "open_for_hours", "reason": "out_of_range", "min": 1, "max": 720}),
        ({"open_for_hours": -24}, {"field": "open_for_hours", "reason": "out_of_range", "min": 1, "max": 720}),
    ],
)
def test_wrapping_has_its_limits_and_says_them(wrapping: dict[str, Any], facts: dict[str, Any] | None):
    asked = {"cover": "thanks", "greeting": "谢谢", "open_for_hours": 24, **wrapping}
    if facts is None:
        gifts.check_wrapping(**asked, policy=POLICY)
        return
    with pytest.raises(FieldNotValid) as wrong:
        gifts.check_wrapping(**asked, policy=POLICY)
    assert wrong.value.facts == facts


@pytest.mark.parametrize(
    ("other", "offered"),
    [
        ({}, True),
        ({"price": 101}, False),
        ({"price": 99}, False),
        ({"currency": "JPY"}, False),
        ({"product_id": 7}, False),
        ({"on_sale": False}, False),
        ({"sku_id": SKU, "price": 500, "on_sale": False}, True),
    ],
)
def test_another_style_costs_exactly_the_same(other: dict[str, Any], offered: bool):  # noqa: FBT001
    asked = {"sku_id": SKU + 1, "product_id": 6, "price": 100, "currency": "CNY", "on_sale": True, **other}
    if offered:
        gifts.may_take_style(gift(), **asked)
        return
    with pytest.raises(StyleNotOffered):
        gifts.may_take_style(gift(), **asked)


@pytest.mark.parametrize(
    ("other", "offered"),
    [({}, True), ({"price": 1}, True), ({"price": 900}, True), ({"on_sale": False}, False), ({"product_id": 7}, False)],
)
def test_what_a_style_costs_now_does_not_matter_where_the_prices_of_then_were_kept(
    other: dict[str, Any],
    offered: bool,  # noqa: FBT001
):
    given = gift(equal_skus=(SKU, SKU + 1))
    asked = {"product_id": 6, "price": 100, "currency": "CNY", "on_sale": True, **other}
    if offered:
        gifts.may_take_style(given, **asked, sku_id=SKU + 1)
    else:
        with pytest.raises(StyleNotOffered):
            gifts.may_take_style(given, **asked, sku_id=SKU + 1)
    with pytest.raises(StyleNotOffered):
        gifts.may_take_style(given, **{**asked, "price": 100}, sku_id=SKU + 2)


# tokens --------------------------------------------------------------------------------------------------------------
async def token_of(town: Town, gift_id: int, reader_id: int) -> str | None:
    return await gifts.link_token(town.ground.db, town.ground.keys, gift_id, reader_id)


async def test_a_link_opens_one_gift_and_only_its_giver_reads_it(town: Town):
    one, other = [await give_paid(town, town.an, None, sku) for sku in (town.red, town.blue)]
    tokens = [await token_of(town, one_gift.gift_id, town.an) for one_gift in (one, other)]
    assert tokens[0] != tokens[1]
    for one_gift, token in zip((one, other), tokens, strict=True):
        assert token is not None
        found = await gifts.by_token(town.ground.db, town.ground.keys, token)
        assert found is not None
        assert found.id == one_gift.gift_id
    assert await token_of(town, one.gift_id, town.bo) is None
    assert await gifts.by_token(town.ground.db, town.ground.keys, "guessed") is None


async def test_the_database_holds_no_token(town: Town):
    prepared = await give_paid(town, town.an, None, town.red)
    token = await token_of(town, prepared.gift_id, town.an)
    assert token is not None
    rows = await town.ground.db.fetch("SELECT g::text AS said FROM gift_gift g")
    assert token not in rows[0]["said"]
    assert token.encode().hex() not in rows[0]["said"]


async def test_a_gift_has_no_link_before_it_is_paid_and_none_after_it_is_claimed(town: Town):
    prepared = await give(town, town.an, None, town.red)
    assert await token_of(town, prepared.gift_id, town.an) is None
    paid = await give_paid(town, town.an, None, town.red)
    token = await token_of(town, paid.gift_id, town.an)
    assert token is not None
    await claim(town, town.bo, None, token=token)
    assert await token_of(town, paid.gift_id, town.an) is None
    assert await gifts.by_token(town.ground.db, town.ground.keys, token) is None


# the law in the schema -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE gift_gift SET state = 10", "does not move"),
        ("UPDATE gift_gift SET state = 250, claimed_by = NULL", "does not move"),
        ("UPDATE gift_gift SET claimed_by = 3", "does not move"),
        ("UPDATE gift_gift SET giver_id = claimed_by", "claimed_by_another"),
        ("UPDATE gift_gift SET recipient_id = giver_id", "claimed_by_the_named"),
    ],
)
async def test_a_claimed_gift_stays_claimed_by_the_same_person(town: Town, crime: str, law: str):
    prepared = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, prepared.gift_id)
    with pytest.raises(asyncpg.CheckViolationError, match=law):
        await town.ground.db.pool.execute(crime)


@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE gift_gift SET state = 0", "does not move"),
        ("UPDATE gift_gift SET state = 20", "claimed_has_claimer"),
        ("UPDATE gift_gift SET claimed_by = recipient_id", "claimed_has_claimer"),
        ("UPDATE gift_gift SET state = 181", "does not move"),
        ("UPDATE gift_gift SET open_for_seconds = 3599", "open_for_seconds_check"),
    ],
)
async def test_a_waiting_gift_moves_only_as_the_table_says(town: Town, crime: str, law: str):
    await give_paid(town, town.an, town.bo, town.red)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await town.ground.db.pool.execute(crime)


async def test_nothing_to_claim_and_nothing_to_end_moves_nothing(ground: Ground):
    async def story(tx: Tx) -> None:
        await gifts.claim(tx, [])
        await gifts.end(tx, [], "expired", POLICY)
        await gifts.record_refunds(tx, {})

    await ground.db.run(story)
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact") == 0


async def test_the_database_knows_the_same_table(town: Town):
    await give_paid(town, town.an, None, town.red)
    allowed = set()
    for state, to in product(GiftState, GiftState):
        async with town.ground.db.pool.acquire() as conn:
            undone = conn.transaction()
            await undone.start()
            claimers = [town.bo if one is GiftState.CLAIMED else None for one in (state, to)]
            try:
                await conn.execute("SET LOCAL session_replication_role = replica")
                await conn.execute(
                    """UPDATE gift_gift SET state = $1::smallint, claimed_by = $2, shares_claimed = ($1 = 20)::int,
                              scheduled = $3, claimable_at = NULL, token_hash = NULL""",
                    int(state),
                    claimers[0],
                    GiftState.SCHEDULED in (state, to),
                )
                await conn.execute("SET LOCAL session_replication_role = origin")
                await conn.execute("UPDATE gift_gift SET state = $1, claimed_by = $2", int(to), claimers[1])
                allowed.add((state, to))
            except asyncpg.CheckViolationError as refused:
                assert "does not move" in str(refused)  # noqa: PT017 - it may also be allowed
            finally:
                await undone.rollback()
    assert allowed == {(state, to) for state in GiftState for to in {*MOVES[state], state}}


async def test_a_gift_of_before_there_were_policies_has_none_of_its_own(ground: Ground):
    town = await build_town(ground)
    gift = await give_paid(town, town.an, town.bo, town.red)
    known = await gifts.by_id(ground.db, gift.gift_id)
    assert known is not None and known.policy is not None
    await ground.db.run(lambda tx: tx.execute("UPDATE gift_gift SET policy = NULL WHERE id = $1", gift.gift_id))
    known = await gifts.by_id(ground.db, gift.gift_id)
    assert known is not None and known.policy is None

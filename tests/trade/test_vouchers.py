"""What a voucher promises, where and until when it is good, and what goes back of it to the fen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from verdicts import fault, verdict

from renqing.foundation.ground import Ground
from renqing.trade import vouchers
from renqing.trade.vouchers import rules
from renqing.trade.vouchers.model import (
    MOVES,
    NewTerms,
    Terms,
    Voucher,
    VoucherElsewhere,
    VoucherExpired,
    VoucherNotRefundable,
    VoucherRefunded,
    VoucherState,
    VoucherUnknown,
    VoucherUsedMeanwhile,
    VoucherUsedUp,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SHOP, PLACE = 7, 70
NEW = NewTerms(SHOP, 2, 3, 30, None, (PLACE,))
TERMS = Terms(SHOP, 2, 3, 30, None, (PLACE, 71), id=4)
VOUCHER = Voucher(
    id=1,
    order_id=2,
    line_n=1,
    piece=1,
    terms_id=4,
    sku_id=5,
    shop_id=SHOP,
    holder_id=8,
    payer_id=9,
    amount=1_000,
    currency="CNY",
    uses=3,
    used=1,
    state=VoucherState.VALID,
    why="",
    refunded_amount=0,
    issued_at=NOW - DAY,
    expires_at=NOW + DAY,
    ended_at=None,
)
OVER = {
    "given back": (replace(VOUCHER, state=VoucherState.REFUNDED), (VoucherRefunded, {})),
    "used": (replace(VOUCHER, state=VoucherState.USED), (VoucherUsedUp, {"uses": 3})),
    "expired": (
        replace(VOUCHER, state=VoucherState.EXPIRED),
        (VoucherExpired, {"expires_at": VOUCHER.expires_at.isoformat()}),
    ),
    "past its time": (replace(VOUCHER, expires_at=NOW), (VoucherExpired, {"expires_at": NOW.isoformat()})),
}


# codes ----------------------------------------------------------------------------------------------------------------
def test_a_code_is_all_of_its_bits_five_a_letter():
    assert rules.code_of(bytes(10)) == "0" * 16
    assert rules.code_of(bytes(9) + b"\x01") == "0" * 15 + "1"
    assert rules.code_of(b"\xff" * 10) == "Z" * 16
    assert rules.code_of((0b10000_00001).to_bytes(10)) == "0" * 14 + "G1"
    assert rules.code_of((31 << 75).to_bytes(10)) == "Z" + "0" * 15


@given(st.binary(min_size=rules.CODE_BYTES, max_size=rules.CODE_BYTES))
def test_a_code_is_read_as_it_was_made_however_it_is_typed(chance: bytes):
    code = rules.code_of(chance)
    assert rules.code_in(code) == code
    typed = "-".join((code[:4], code[4:8], code[8:12], code[12:])).lower().replace("0", "o").replace("1", "l")
    assert rules.code_in(typed) == rules.code_in(f" {typed.replace('l', 'i')} ") == code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", None),
        ("A" * 15, None),
        ("A" * 17, None),
        ("U" * 16, None),  # no letter of ours
        ("Ａ" * 16, None),
        ("A" * 16 + " " * 32 + "A", "A" * 16),  # what is behind is not looked at
        ("A" * 16 + " " * 31 + "A", None),
        ("A" * 8 + " -" * 8 + "A" * 8, "A" * 16),
    ],
)
def test_what_can_be_no_code_is_none(typed: str, code: str | None):
    assert rules.code_in(typed) == code


# terms ----------------------------------------------------------------------------------------------------------------
UNTIL = {"valid_days": None}
DAYS = fault("valid_days", "out_of_range", min=1, max=1095)
COUNT = fault("location_ids", "count", max=200)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({}, None),
        ({"uses": 1}, None),
        ({"uses": 100}, None),
        ({"uses": 0}, fault("uses", "out_of_range", min=1, max=100)),
        ({"uses": 101}, fault("uses", "out_of_range", min=1, max=100)),
        (UNTIL, fault("valid_days", "one_validity")),
        ({"valid_until": NOW + DAY}, fault("valid_days", "one_validity")),
        ({"valid_days": 1}, None),
        ({"valid_days": 1095}, None),
        ({"valid_days": 0}, DAYS),
        ({"valid_days": 1096}, DAYS),
        ({**UNTIL, "valid_until": NOW}, fault("valid_until", "voucher_day")),
        ({**UNTIL, "valid_until": NOW + SECOND}, None),
        ({**UNTIL, "valid_until": NOW + 1095 * DAY}, None),
        ({**UNTIL, "valid_until": NOW + 1095 * DAY + SECOND}, fault("valid_until", "voucher_day")),
        ({"location_ids": ()}, COUNT),
        ({"location_ids": (PLACE,) * 200}, None),
        ({"location_ids": (PLACE,) * 201}, COUNT),
        ({"location_ids": (PLACE, 72)}, fault("location_ids", "unknown")),
        ({"location_ids": (71, PLACE)}, None),
    ],
)
def test_terms_that_can_be_kept(said: dict[str, Any], answer: Any):
    assert verdict(rules.check_terms, replace(NEW, **said), {PLACE, 71}, NOW) == answer


def test_a_voucher_is_sold_until_its_last_day_is_over_and_one_by_days_always():
    until = replace(TERMS, valid_days=None, valid_until=NOW)
    assert rules.is_sold(until, NOW - SECOND) is True
    assert rules.is_sold(until, NOW) is False
    assert rules.is_sold(TERMS, NOW) is True


def test_a_voucher_is_good_for_its_days_or_to_its_day_and_never_for_less_than_one():
    assert rules.expires_at(TERMS, NOW) == NOW + 30 * DAY
    until = replace(TERMS, valid_days=None, valid_until=NOW + 5 * DAY)
    assert rules.expires_at(until, NOW) == NOW + 5 * DAY
    assert rules.expires_at(until, NOW + 4 * DAY + SECOND) == NOW + 5 * DAY + SECOND
    with pytest.raises(AssertionError, match="one validity"):
        rules.expires_at(replace(TERMS, valid_days=None), NOW)


# use ------------------------------------------------------------------------------------------------------------------
def use(voucher: Voucher, *, shop: int = SHOP, place: int = PLACE, use_n: int | None = None) -> Any:
    return verdict(rules.judge_use, voucher, TERMS, shop, place, NOW, use_n=use_n)


@pytest.mark.parametrize("name", OVER)
def test_what_is_over_is_not_redeemed_given_back_or_extended(name: str):
    voucher, refused = OVER[name]
    assert use(voucher) == refused
    assert verdict(rules.judge_refund, voucher, TERMS, NOW) == refused
    assert verdict(rules.judge_extension, voucher, voucher.expires_at + DAY, NOW) == refused


def test_a_use_is_redeemed_at_the_shops_own_places_and_once():
    assert use(VOUCHER) is None
    assert use(VOUCHER, place=71, use_n=2) is None
    assert use(VOUCHER, shop=6, place=72) == (VoucherElsewhere, {"reason": "shop"})
    assert use(VOUCHER, place=72, use_n=1) == (VoucherElsewhere, {"reason": "location"})
    for n in (1, 3):
        assert use(VOUCHER, use_n=n) == (VoucherUsedMeanwhile, {"used": 1})


def test_a_clerk_is_told_beforehand_what_would_refuse_a_use():
    assert rules.why_not(VOUCHER, TERMS, SHOP, PLACE, NOW) == ""
    assert rules.why_not(VOUCHER, TERMS, 6, PLACE, NOW) == "voucher_elsewhere"
    assert rules.why_not(VOUCHER, TERMS, SHOP, 72, NOW) == "voucher_elsewhere"
    for name, code in (("given back", "refunded"), ("used", "used_up"), ("past its time", "expired")):
        assert rules.why_not(OVER[name][0], TERMS, SHOP, PLACE, NOW) == f"voucher_{code}"


def test_with_its_last_use_a_voucher_is_used_up():
    assert rules.state_after_use(VOUCHER) is VoucherState.VALID
    assert rules.state_after_use(replace(VOUCHER, used=2)) is VoucherState.USED


def test_every_state_of_a_voucher_is_reached_and_only_a_valid_one_moves():
    assert set(MOVES) == set(VoucherState)
    for state in VoucherState:
        for to in VoucherState:
            voucher = replace(VOUCHER, state=state)
            if state is VoucherState.VALID and to is not VoucherState.VALID:
                assert rules.move(voucher, to) is to
            else:
                with pytest.raises(AssertionError, match="does not move"):
                    rules.move(voucher, to)


# money back -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("used", "worth"), [(0, 1_001), (1, 667), (2, 333), (3, 0)])
def test_the_odd_fen_belong_to_the_first_uses(used: int, worth: int):
    assert rules.worth_of_rest(replace(VOUCHER, amount=1_001, used=used)) == worth


@given(st.integers(0, 10**9), st.integers(1, 100))
def test_all_uses_together_are_what_was_paid_and_differ_by_a_fen_at_most(amount: int, uses: int):
    rests = [rules.worth_of_rest(replace(VOUCHER, amount=amount, uses=uses, used=used)) for used in range(uses + 1)]
    parts = [before - after for before, after in pairwise(rests)]
    assert (rests[0], rests[-1]) == (amount, 0)
    assert max(parts) - min(parts) <= 1


def test_what_is_unused_goes_back_where_the_terms_say_so():
    assert verdict(rules.judge_refund, VOUCHER, TERMS, NOW) == 666
    kept = replace(TERMS, unused="kept")
    assert verdict(rules.judge_refund, VOUCHER, kept, NOW) == (VoucherNotRefundable, {"reason": "policy"})
    free = replace(VOUCHER, amount=0)
    assert verdict(rules.judge_refund, free, TERMS, NOW) == (VoucherNotRefundable, {"reason": "nothing_left"})
    assert verdict(rules.judge_refund, replace(VOUCHER, amount=1, uses=1, used=0), TERMS, NOW) == 1


def test_what_is_unused_when_the_time_is_over_goes_back_or_is_kept():
    assert rules.worth_when_expired(VOUCHER, TERMS) == 666
    assert rules.worth_when_expired(VOUCHER, replace(TERMS, expired="kept")) == 0


@pytest.mark.parametrize(
    ("until", "answer"),
    [
        (NOW + DAY, fault("expires_at", "voucher_day")),
        (NOW + SECOND, fault("expires_at", "voucher_day")),
        (NOW + DAY + SECOND, None),
        (NOW + 1095 * DAY, None),
        (NOW + 1095 * DAY + SECOND, fault("expires_at", "voucher_day")),
    ],
)
def test_a_shop_gives_more_time_and_never_less(until: datetime, answer: Any):
    assert verdict(rules.judge_extension, VOUCHER, until, NOW) == answer


async def test_nothing_is_issued_for_nothing_and_a_voucher_that_is_not_there_is_unknown(ground: Ground):
    assert await ground.db.run(lambda tx: vouchers.issue(tx, [])) == []
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact") == 0
    with pytest.raises(VoucherUnknown):
        await vouchers.get(ground.db, 404)

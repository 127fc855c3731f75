"""Whether something else can be had for a gift: one reason where it cannot, and the value to the fen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from renqing.trade.choices import KINDS_MAX, OtherNotWithin, Thing, check_asked, check_things, check_within, why_not

PLAIN = {
    "rule": "single",
    "shares": 1,
    "pieces": 1,
    "is_drawn": False,
    "by_voucher": False,
    "is_engraved": False,
    "is_surprise": False,
    "is_together": False,
}
THING = Thing(sku_id=2, quantity=1, shop_id=7, price=5, currency="CNY", on_sale=True, kept_back="", is_voucher=False)


def test_a_plain_gift_of_one_share_may_become_something_else():
    assert why_not(**PLAIN) == why_not(**PLAIN | {"rule": "multiple"}) == ""


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"rule": "disabled"}, "policy"),
        ({"shares": 2}, "shares"),
        ({"pieces": 2}, "set"),
        ({"is_drawn": True}, "draw"),
        ({"by_voucher": True}, "voucher"),
        ({"is_engraved": True}, "engraved"),
        ({"is_surprise": True}, "surprise"),
        ({"is_together": True}, "together"),
        ({"shares": 3, "is_drawn": True, "rule": "disabled"}, "shares"),
    ],
)
def test_each_of_these_keeps_it_as_given_and_says_which(said, reason):
    assert why_not(**PLAIN | said) == reason


@pytest.mark.parametrize(
    ("wanted", "rule", "reason"),
    [
        ([(2, 1)], "single", ""),
        ([(2, 2)], "single", "one"),
        ([(1, 1)], "single", "one"),
        ([(2, 1), (3, 1)], "single", "one"),
        ([], "single", "one"),
        ([(2, 99), (1, 1)], "multiple", ""),
        ([(2, 100)], "multiple", "offer"),
        ([(2, 0)], "multiple", "offer"),
        ([], "multiple", "offer"),
        ([(2, 1), (2, 1)], "multiple", "offer"),
        ([(sku, 1) for sku in range(KINDS_MAX + 1)], "multiple", "offer"),
        ([(sku, 1) for sku in range(KINDS_MAX)], "multiple", ""),
    ],
)
def test_so_much_may_be_chosen(wanted, rule, reason):
    if not reason:
        check_asked(wanted, 1, rule)
        return
    with pytest.raises(OtherNotWithin) as refusal:
        check_asked(wanted, 1, rule)
    assert refusal.value.facts == {"reason": reason}


@pytest.mark.parametrize(
    "wrong",
    [
        {"shop_id": 8},
        {"currency": "USD"},
        {"on_sale": False},
        {"kept_back": "category"},
        {"is_voucher": True},
    ],
)
def test_each_thing_is_the_shops_on_sale_and_may_be_given(wrong):
    check_things([THING], 1, 7, "CNY")
    changed = Thing(**{name: getattr(THING, name) for name in THING.__struct_fields__} | wrong)
    for things, wanted in (([changed], 1), ([THING], 2), ([], 1)):
        with pytest.raises(OtherNotWithin) as refusal:
            check_things(things, wanted, 7, "CNY")
        assert refusal.value.facts == {"reason": "offer"}


@given(some.integers(0, 10**12), some.integers(0, 10**6), some.integers(0, 10**12))
def test_within_is_to_the_fen_with_freight_on_both_sides(goods, freight, value):
    for rule, reason in (("single", "offer"), ("multiple", "value")):
        if goods + freight <= value:
            check_within(goods, freight, value, rule)
        else:
            with pytest.raises(OtherNotWithin) as refusal:
                check_within(goods, freight, value, rule)
            assert refusal.value.facts == {"reason": reason}

"""Ten thousand sequences of pure rules: whatever is tried in whatever order, these laws hold after every step."""

from __future__ import annotations

from collections import Counter

import pure_house
import pytest
from pure_house import FEE_PPM, SKUS, Kept, PureHouse

from renqing.books import ledger
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import seeded_chance
from renqing.social.gifts import rules as gift_rules
from renqing.social.gifts.model import GiftState
from renqing.trade.aftersales.model import OPEN, UNDECIDED
from renqing.trade.orders.model import OrderState

SEQUENCES, STEPS = 10_000, 60
OVER = {OrderState.CLOSED, OrderState.REFUNDED, OrderState.DONE, OrderState.DIVIDED}
SENT = {OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED, OrderState.TO_RECEIVE}


@pytest.mark.timeout(900)
def test_whatever_is_tried_the_laws_hold_and_a_refusal_moves_nothing():
    tried: Counter[str] = Counter()
    for seed in range(SEQUENCES):
        house = PureHouse(seed, seeded_chance(seed))
        try:
            for _ in range(STEPS):
                house.step()
                check(house)
        except AssertionError as broken:
            last = "\n".join(house.log[-40:])
            raise AssertionError(f"seed {seed}: {broken}\n{last}\n{house.accounts}") from broken
        tried += house.tried
    seldom = {name: tried[name] for name in MUST_HAPPEN if tried[name] < 20}
    assert not seldom, f"what happens this seldom proves nothing: {seldom}"


# What must have been tried often, or the laws were never in danger.
MUST_HAPPEN = (
    "place ok", "place StockRanOut", "hear capture", "hear amount_or_currency_differs",
    "hear contradicts_what_is_booked", "hear look", "hear repeated", "close ok", "close OrderNotReady", "open ok",
    "claim ok", "claim GiftNotAvailable", "claim GiftNotForYou", "claim GiftIsYourOwn", "claim StyleNotOffered",
    "claim StockRanOut", "claim share", "claim last share", "claim has one", "end SharedGiftStays", "end rest",
    "end ok", "end GiftNotAvailable", "end GiftWithdrawalLate", "ship ok",
    "ship OrderNotReady", "receive ok", "receive OrderNotReady", "open_case ok", "open_case AftersaleNotYet",
    "open_case AftersaleUnknown", "open_case AftersaleTooLate", "open_case AftersaleQuantityNotValid",
    "move_case agree", "move_case reject", "move_case cancel", "move_case send_back", "move_case give_up",
    "move_case AftersaleNotNow", "hear_refund refunded", "hear_refund repeated", "hear_refund refund_unknown",
    "hear_refund amount_or_currency_differs", "hear_refund contradicts_what_is_booked",
)  # fmt: skip


def check(house: PureHouse) -> None:
    orders = house.orders.values()
    for kept in orders:
        _one_order(house, kept)
    for sku in SKUS:
        waiting = sum(
            line.to_ship if kept.order.state in SENT else kept.gift.left if kept.gift else line.to_ship
            for kept in orders
            if kept.order.state not in OVER
            for line in kept.lines
            if line.sku_id == sku
        )
        assert house.held[sku] == waiting, f"S5: {house.held[sku]} of {sku} are held and {waiting} are to be shipped"
        assert 0 <= house.held[sku] <= house.on_hand[sku], f"S2: more of {sku} is held than there is"
    _money(house)


def _one_order(house: PureHouse, kept: Kept) -> None:
    order, gift, intent = kept.order, kept.gift, kept.intent
    back = sum(refund.amount for refund in kept.refunds)
    assert back == order.refunded_amount <= intent.captured_amount, "M7: more goes back than was captured"
    assert len({(refund.cause_kind, refund.cause_id) for refund in kept.refunds}) == len(kept.refunds), "one cause"
    for line in kept.lines:
        assert 0 <= line.shipped + line.cancelled <= line.quantity, "a piece is shipped or cancelled, once"
        assert line.cancelled <= line.refunded <= line.quantity, "a piece is refunded once"
        open_cases = [case for case in kept.cases if case.line_n == line.n and case.state in OPEN]
        assert len(open_cases) <= 1, "one case a line at a time"
    assert (intent.state == "captured") >= (order.state not in (OrderState.TO_PAY, OrderState.CLOSED)), (
        "paid is captured"
    )
    if gift is not None:
        _one_gift(house, kept)
    elif order.state is OrderState.CLOSED:
        assert order.refunded_amount == intent.captured_amount, "M8: a closed order keeps no money"


def _one_gift(house: PureHouse, kept: Kept) -> None:
    gift, order = kept.gift, kept.order
    assert gift is not None
    parts = [one.order for one in house.orders.values() if one.order.part_of == order.id]
    assert len(parts) == gift.shares_claimed * (gift.shares > 1) <= gift.shares, "G4: no more shares than it has"
    assert len({part.owner_id for part in parts}) == len(parts), "G1: one share a person"
    assert order.divided_amount == sum(part.total_amount for part in parts), "G4: shares are what they sum to"
    is_claimed = gift.claimed_by is not None if gift.shares == 1 else not gift.left
    assert is_claimed == (gift.state is GiftState.CLAIMED), "G1: claimed is by somebody"
    assert gift.claimed_by != gift.giver_id and gift.claimed_by in (None, order.owner_id), "G1: the order is theirs"
    assert (gift.state is GiftState.CLAIMABLE) == (order.state is OrderState.GIFT_TO_CLAIM), "G2: gift and order agree"
    is_over = gift.state in (GiftState.CANCELLED, GiftState.EXPIRED, GiftState.EXPIRED_REFUNDED)
    over = OrderState.DIVIDED if parts else OrderState.CLOSED
    assert (is_over or (is_claimed and bool(parts))) == (order.state is over), "G3: a gift that ended has an order over"
    if is_over:
        assert order.refunded_amount == kept.intent.captured_amount - order.divided_amount, "M8: money has one end"
    if gift.state is GiftState.CLAIMABLE:
        has = {part.owner_id for part in parts}
        who = gift.recipient_id or next(
            one for one in (*pure_house.PEOPLE, 9) if one != gift.giver_id and one not in has
        )
        claims = _allowed(lambda: gift_rules.judge_claim(gift, who, house.now))
        ends = _allowed(lambda: gift_rules.judge_end(gift, "expired", house.now, pure_house.POLICY))
        assert claims != ends, "G7: at every moment a waiting gift can be claimed or it expires, never both"


def _allowed(decide: object) -> bool:
    try:
        decide()  # type: ignore[operator]
    except Refusal:
        return False
    return True


def _money(house: PureHouse) -> None:
    accounts, orders = house.accounts, house.orders.values()
    assert sum(accounts.values()) == 0, "M1: everything sums to zero"
    captured = [kept for kept in orders if kept.intent.state == "captured"]
    kept_back = {kept.order.id: kept.order.rest_amount for kept in captured}
    done = sum(one.amount for kept in captured for one in kept.refunds if one.state == "done")
    due = sum(one.amount for kept in captured for one in kept.refunds if one.state != "done")
    settled = [kept for kept in captured if kept.order.settled_at is not None]
    fees = sum(kept_back[kept.order.id] * FEE_PPM // 1_000_000 for kept in settled)
    shares = sum(kept_back[kept.order.id] for kept in settled) - fees
    escrow = sum(kept_back[kept.order.id] for kept in captured if kept.order.settled_at is None)
    assert accounts[ledger.escrow("CNY")] == escrow, "escrow is what is paid and not settled"
    assert accounts[ledger.refunds_due("CNY")] == due, "refunds due are what the channel has not confirmed"
    assert accounts[ledger.fee("CNY")] == fees, "the platform's fee is its share of what was kept, rounded down"
    assert accounts[ledger.shop_balance(7, "CNY")] == shares, "the shop has the rest"
    total = sum(kept.order.total_amount for kept in captured if kept.order.part_of is None)
    assert accounts[ledger.clearing(1, "CNY")] == done - total, "clearing is what the channel holds of ours"
    assert not any(amount for name, amount in accounts.items() if name.owner_kind == "person"), "it passes through"
    assert all(
        case.amount <= kept.order.total_amount for kept in captured for case in kept.cases if case.state in UNDECIDED
    )

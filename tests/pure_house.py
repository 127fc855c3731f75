"""A whole house of rules and nothing else: no database, no clock, no channel.

What the rooms decide is kept in dictionaries. Each step lets the rules of gifts, orders, payments and after-sales
decide as the journeys do, and books what follows with the journeys' own entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar

import msgspec

from renqing.books.ledger import rules as ledger_rules
from renqing.books.ledger.model import AccountName, Entry
from renqing.books.stock.model import StockRanOut
from renqing.foundation.errors import Refusal
from renqing.foundation.settings import Policy
from renqing.journeys import give_money_back, settle_an_order, take_a_payment
from renqing.social.gifts import rules as gift_rules
from renqing.social.gifts.model import MOVES as GIFT_MOVES
from renqing.social.gifts.model import Gift, GiftState
from renqing.trade.aftersales import rules as case_rules
from renqing.trade.aftersales.model import OPEN, Case, Kind, NewCase, Ordered, OrderedLine, State, Step
from renqing.trade.orders import rules as order_rules
from renqing.trade.orders.model import MOVES, Line, Order, OrderState
from renqing.trade.payments import rules as payment_rules
from renqing.trade.payments.model import Intent, Refund
from renqing.trade.payments.ports import PaymentNews
from renqing.trade.payments.rules import Effect

PEOPLE = (1, 2, 3)
SKUS = {10: 12_900, 11: 12_900, 12: 19_900}
FEE_PPM, FREIGHT, PIECES, ORDERS_MAX = 50_000, 600, 4, 4
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
POLICY = Policy()
replace = msgspec.structs.replace


class Kept(msgspec.Struct, frozen=True):
    """Everything about one order."""

    order: Order
    lines: tuple[Line, ...]
    intent: Intent
    gift: Gift | None = None
    cases: tuple[Case, ...] = ()
    refunds: tuple[Refund, ...] = ()


class PureHouse:
    """Orders, stock and accounts. ``tried`` counts what was done and what was refused."""

    def __init__(self, seed: int, chance: Random) -> None:
        self.chance = chance
        self.seed = seed
        self.now = NOON
        self.orders: dict[int, Kept] = {}
        self.on_hand = dict.fromkeys(SKUS, PIECES)
        self.held = dict.fromkeys(SKUS, 0)
        self.accounts: Counter[AccountName] = Counter()
        self.posted: set[str] = set()
        self.tried: Counter[str] = Counter()
        self.log: list[str] = []
        self._id = 100

    def step(self) -> None:
        """Something is tried; a refusal must leave everything as it was."""
        name = self.chance.choices(self.NAMES, self.WEIGHTS)[0]
        before = (dict(self.orders), dict(self.on_hand), dict(self.held), dict(self.accounts), set(self.posted))
        try:
            said = self.DEEDS[name][1](self)
        except Refusal as refusal:
            said = type(refusal).__name__
            after = (self.orders, self.on_hand, self.held, dict(self.accounts), self.posted)
            assert after == before, f"{name} was refused with {said} and moved something"
        self.log.append(f"{name}: {said}")
        self.tried[f"{name} {said}"] += 1

    # what people do ---------------------------------------------------------------------------------------------

    def place(self) -> str:
        if sum(kept.order.part_of is None for kept in self.orders.values()) == ORDERS_MAX:
            return "enough"
        is_gift = bool(self.chance.randrange(2))
        shares = self.chance.choice((1, 1, 2, 3))
        skus = self.chance.sample(list(SKUS), 1 if is_gift else self.chance.randint(1, 2))
        wanted = {sku: shares if is_gift else self.chance.randint(1, 2) for sku in skus}
        for sku, quantity in wanted.items():
            if self.on_hand[sku] - self.held[sku] < quantity:
                raise StockRanOut(sku_id=sku)
        payer = self.chance.choice(PEOPLE)
        lines = tuple(_line(n, sku, quantity) for n, (sku, quantity) in enumerate(wanted.items(), 1))
        order = self._order(payer, lines, is_gift=is_gift)
        intent = _intent(self._new(), order)
        gift = _gift(self._new(), order, lines[0], self.chance, self.now) if is_gift else None
        if gift is not None:
            gift_rules.check_shares(gift.shares, gift.recipient_id, POLICY)
        self.orders[order.id] = Kept(order, lines, intent, gift)
        for sku, quantity in wanted.items():
            self.held[sku] += quantity
        return "ok"

    def _order(self, payer: int, lines: tuple[Line, ...], *, is_gift: bool) -> Order:
        goods = sum(line.amount for line in lines)
        freight = FREIGHT + self.chance.randrange(3)  # so that shares have odd fen
        return Order(
            self._new(), 7, payer, None if is_gift else payer, "gift" if is_gift else "self", OrderState.TO_PAY, "",
            "CNY", goods, freight, goods + freight, 0, FEE_PPM, "", None, self.now,
            self.now + timedelta(minutes=15), None, None, None, None, None, None, 0,
        )  # fmt: skip

    def hear(self) -> str:
        """News of a payment: right, of another amount, repeated, or going backwards."""
        kept = self._any(10)
        amount = kept.intent.amount + self.chance.choice((0, 0, 0, 0, 1))
        state = self.chance.choice(("paid", "paid", "paid", "paid", "closed", "open"))
        news = PaymentNews("e", "payment", kept.intent.id, None, state, amount, "CNY", "ref")  # type: ignore[arg-type]
        effect = payment_rules.judge(kept.intent, news)
        if effect is Effect.CAPTURE:
            assert news.amount == kept.intent.amount and state == "paid", (
                "only a full payment of our amount moves money"
            )
            self._capture(kept)
        return effect

    def _capture(self, kept: Kept) -> None:
        intent = replace(kept.intent, state="captured", captured_amount=kept.intent.amount, captured_at=self.now)
        self._post(take_a_payment._paid_entry(intent))
        order, gift = kept.order, kept.gift
        if order.state is OrderState.CLOSED:
            self._put(replace(kept, intent=intent))
            self._all_back(order.id, "late_payment")
            return
        order = replace(
            order,
            state=order_rules.move(order, order_rules.state_when_paid(order.purpose, by_voucher=False)),
            paid_at=self.now,
        )
        if gift is not None:
            expires_at = self.now + timedelta(seconds=gift.open_for_seconds)
            gift = self._moved(gift, GiftState.CLAIMABLE, claimable_at=self.now, expires_at=expires_at)
        self._put(replace(kept, order=order, intent=intent, gift=gift))

    def close(self) -> str:
        kept = self._any(10)
        order = self._close(kept.order, "unpaid")
        if kept.intent.state == "captured":
            raise AssertionError("what is paid is not closed as unpaid")
        gift = kept.gift and self._moved(kept.gift, gift_rules.judge_end(kept.gift, "unpaid", self.now, POLICY))
        self._let_go(kept)
        self._put(replace(kept, order=order, intent=replace(kept.intent, state="closed"), gift=gift))
        return "ok"

    def _close(self, order: Order, why: str) -> Order:
        if why == "unpaid" and order.state is not OrderState.TO_PAY:
            order_rules.move(replace(order, state=OrderState.CLOSED), OrderState.CLOSED)  # raises: it is over
        return replace(order, state=order_rules.state_when_over(order), why_closed=why, closed_at=self.now)

    def open_gift(self) -> str:
        kept, who = self._a_gift(), self.chance.choice(PEOPLE)
        gift_rules.judge_claim(kept.gift, who, self.now)  # type: ignore[arg-type]
        self._put(replace(kept, gift=replace(kept.gift, opened_at=self.now)))
        return "ok"

    def claim(self) -> str:
        kept, who = self._a_gift(), self.chance.choice(PEOPLE)
        gift, sku = kept.gift, self.chance.choice(list(SKUS))
        assert gift is not None
        gift_rules.judge_claim(gift, who, self.now)
        offer = {"product_id": 5, "price": SKUS[sku], "currency": "CNY", "on_sale": True}
        gift_rules.may_take_style(gift, sku_id=sku, **offer)  # type: ignore[arg-type]
        if sku != gift.sku_id:
            if self.on_hand[sku] - self.held[sku] < 1:
                raise StockRanOut(sku_id=sku)
            self.held[gift.sku_id] -= 1
            self.held[sku] += 1
        if gift.shares > 1:
            return self._share_out(kept, gift, who)
        line = replace(kept.lines[0], sku_id=sku)
        order = replace(kept.order, state=order_rules.move(kept.order, OrderState.TO_SHIP), owner_id=who)
        claimed = self._moved(gift, gift_rules.after_claim(gift).state, claimed_by=who, claimed_at=self.now)
        self._put(replace(kept, order=order, lines=(line,), gift=claimed))
        return "ok"

    def _share_out(self, kept: Kept, gift: Gift, who: int) -> str:
        """One more share becomes an order of its claimer's, with its part of the whole to the fen."""
        whole = kept.order
        if any(one.order.part_of == whole.id and one.order.owner_id == who for one in self.orders.values()):
            return "has one"
        after = gift_rules.after_claim(gift)
        goods, freight = order_rules.share_of(
            whole.goods_amount, whole.freight_amount, gift.shares, after.shares_claimed
        )
        part = replace(
            whole, id=self._new(), owner_id=who, state=OrderState.TO_SHIP, goods_amount=goods, freight_amount=freight,
            total_amount=goods + freight, part_of=whole.id, divided_amount=0,
        )  # fmt: skip
        line = replace(kept.lines[0], quantity=1, amount=goods)
        self.orders[part.id] = Kept(part, (line,), kept.intent)
        divided = replace(whole, divided_amount=whole.divided_amount + part.total_amount)
        if not after.left:
            divided = replace(divided, state=order_rules.state_when_over(divided), why_closed="claimed")
        self._put(replace(kept, order=divided, gift=after))
        return "share" if after.left else "last share"

    def end_gift(self) -> str:
        kept = self._a_gift()
        ending = self.chance.choice(("refused", "expired", "withdrawn"))
        gift = self._moved(kept.gift, gift_rules.judge_end(kept.gift, ending, self.now, POLICY))  # type: ignore[arg-type]
        self._let_go(kept)
        self._put(replace(kept, order=self._close(kept.order, ending), gift=gift))
        self._all_back(kept.order.id, ending)
        return "rest" if kept.order.divided_amount else "ok"

    # what the shop does -----------------------------------------------------------------------------------------

    def ship(self) -> str:
        kept = self._any(20, 21)
        leaving = {line.n: self.chance.randint(1, 2) for line in kept.lines if self.chance.randrange(3)}
        state = order_rules.state_when_shipped(kept.order, kept.lines, leaving)
        for line in kept.lines:
            self.on_hand[line.sku_id] -= leaving.get(line.n, 0)
            self.held[line.sku_id] -= leaving.get(line.n, 0)
        lines = tuple(replace(line, shipped=line.shipped + leaving.get(line.n, 0)) for line in kept.lines)
        self._put(replace(kept, order=replace(kept.order, state=state), lines=lines))
        return "ok"

    def receive(self) -> str:
        kept = self._any(30)
        state = order_rules.move(kept.order, OrderState.DONE)
        self._put(replace(kept, order=replace(kept.order, state=state, received_at=self.now)))
        self._settle(kept.order.id)
        return "ok"

    def _settle(self, order_id: int) -> None:
        order = self.orders[order_id].order
        if order.settled_at is None and order.refunded_amount < order.total_amount:
            self._post(settle_an_order._settled_entry(order))
            self._put(replace(self.orders[order_id], order=replace(order, settled_at=self.now)))

    # after-sales ------------------------------------------------------------------------------------------------

    def open_case(self) -> str:
        kept = self._any(20, 21, 30, 100)
        who = kept.order.owner_id if kept.order.owner_id and self.chance.randrange(6) else self.chance.choice(PEOPLE)
        line = self.chance.choice(kept.lines)
        ask = NewCase(line.n, self.chance.choice(list(Kind)), self.chance.randint(1, 2), "碎了")
        ordered, lines = _ordered(kept.order), [_ordered_line(one) for one in kept.lines]
        case_rules.check_may_open(ordered, lines[line.n - 1], who, ask, POLICY.aftersale_within_days, self.now)
        if any(case.line_n == line.n and case.state in OPEN for case in kept.cases):
            return "one is open"
        amount = case_rules.refund_amount(ordered, lines, line.n, ask.quantity)
        case = Case(
            self._new(), kept.order.id, line.n, 7, who, ask.kind, State.PROCESSING, ask.quantity, amount, "碎了",
            "", "", "", self.now, self.now,
        )  # fmt: skip
        self._put(replace(kept, cases=(*kept.cases, case)))
        return "ok"

    def move_case(self) -> str:
        cases = [kept for kept in self.orders.values() if any(case.state in OPEN for case in kept.cases)]
        kept = self.chance.choice(cases) if cases and self.chance.randrange(6) else self._any()
        if not kept.cases:
            return "there is none"
        case = self.chance.choice(kept.cases)
        step = self.chance.choice([one for one in Step if one is not Step.REFUND])
        if not self.chance.randrange(4):
            silence = case_rules.step_of_silence(case)
            if silence is None:
                return "silence moves nothing"
            step = silence
        state = case_rules.state_after(case, step)
        ordered, lines = _ordered(kept.order), [_ordered_line(one) for one in kept.lines]
        if state is State.REFUNDING:
            case = replace(case, amount=case_rules.refund_amount(ordered, lines, case.line_n, case.quantity))
        moved = replace(case, state=state)
        cases = tuple(moved if one.id == case.id else one for one in kept.cases)
        self._put(replace(kept, cases=cases))
        if state is State.REFUNDING:
            self._give_back(kept.order.id, moved)
        return step

    def _give_back(self, order_id: int, case: Case) -> None:
        kept = self.orders[order_id]
        before = kept.lines[case.line_n - 1]
        line = order_rules.refund_pieces(before, case.quantity, returned=case.kind is Kind.RETURN)
        self.held[line.sku_id] -= line.cancelled - before.cancelled
        lines = tuple(line if one.n == line.n else one for one in kept.lines)
        state = order_rules.state_when_refunded(kept.order, lines)
        refund = self._refund(kept, case.amount, "aftersale", case.id)
        self._post(give_money_back._refund_entry(kept.order, case.amount, refund.id))
        refunded = kept.order.refunded_amount + case.amount
        order = replace(kept.order, state=state, refunded_amount=refunded)
        self._put(replace(self.orders[order_id], order=order, lines=lines))
        if state is OrderState.REFUNDED:
            self._settle(order_id)

    def hear_refund(self) -> str:
        due = [kept for kept in self.orders.values() if kept.refunds]
        kept = self.chance.choice(due) if due else self._any()
        if not kept.refunds:
            return "there is none"
        refund = self.chance.choice(kept.refunds)
        amount = refund.amount + self.chance.choice((0, 0, 0, 1))
        intent_id = kept.intent.id + self.chance.choice((0, 0, 0, 1))
        state = self.chance.choice(("done", "done", "failed", "processing"))
        news = PaymentNews("e", "refund", intent_id, refund.id, state, amount, "CNY", "ref")  # type: ignore[arg-type]
        effect = payment_rules.judge_refund(refund, "CNY", news)
        if effect is Effect.REFUNDED:
            self._post(take_a_payment._refunded_entry(refund, kept.intent))
            done = replace(refund, state="done", done_at=self.now)
            gift = kept.gift
            if gift is not None and gift.state is GiftState.EXPIRED:
                gift = self._moved(gift, GiftState.EXPIRED_REFUNDED)
            refunds = tuple(done if one.id == refund.id else one for one in kept.refunds)
            cases = tuple(
                replace(case, state=case_rules.state_after(case, Step.REFUND)) if case.id == refund.cause_id else case
                for case in kept.cases
            )
            self._put(replace(kept, refunds=refunds, gift=gift, cases=cases))
        return effect

    def wait(self) -> str:
        self.now += timedelta(seconds=self.chance.choice((1, 1, 900, 3_600, 3_600, 86_400, 700_000)))
        return "ok"

    # what follows -----------------------------------------------------------------------------------------------

    def _all_back(self, order_id: int, why: str) -> None:
        kept = self.orders[order_id]
        rest = kept.order.rest_amount
        refund = self._refund(kept, rest, why, order_id)
        self._post(give_money_back._refund_entry(kept.order, rest, refund.id))
        order = replace(kept.order, refunded_amount=rest)
        self._put(replace(self.orders[order_id], order=order))

    def _refund(self, kept: Kept, amount: int, why: str, cause: int) -> Refund:
        refund = Refund(self._new(), kept.intent.id, amount, why, why, cause, "due", self.now, None)
        now = self.orders[kept.order.id]
        self._put(replace(now, refunds=(*now.refunds, refund)))
        return refund

    def _post(self, entry: Entry) -> None:
        assert ledger_rules.is_balanced(entry), f"{entry.key} does not sum to zero"
        assert entry.key not in self.posted, f"{entry.key} is booked twice"
        self.posted.add(entry.key)
        for leg in entry.legs:
            self.accounts[leg.account] += leg.amount
            assert leg.account.may_overdraw or self.accounts[leg.account] >= 0, f"{leg.account} is overdrawn"

    def _moved(self, gift: Gift, state: GiftState, **fields: Any) -> Gift:
        assert state in GIFT_MOVES[gift.state], f"a gift does not move from {gift.state} to {state}"
        return replace(gift, state=state, **fields)

    def _let_go(self, kept: Kept) -> None:
        for line in kept.lines:
            self.held[line.sku_id] -= line.to_ship if kept.gift is None else kept.gift.left

    def _put(self, kept: Kept) -> None:
        known = self.orders[kept.order.id].order.state
        assert kept.order.state == known or kept.order.state in MOVES[known], f"no edge {known} to {kept.order.state}"
        self.orders[kept.order.id] = kept

    def _any(self, *states: int) -> Kept:
        """An order, mostly one in these states."""
        if not self.orders:
            raise StockRanOut(sku_id=0)
        all_of_them = list(self.orders.values())
        fitting = [kept for kept in all_of_them if kept.order.state in states] if self.chance.randrange(6) else []
        return self.chance.choice(fitting or all_of_them)

    def _a_gift(self) -> Kept:
        given = [kept for kept in self.orders.values() if kept.gift is not None]
        waiting = [kept for kept in given if kept.order.state is OrderState.GIFT_TO_CLAIM]
        if not given:
            raise StockRanOut(sku_id=0)
        return self.chance.choice((waiting if self.chance.randrange(6) else []) or given)

    def _new(self) -> int:
        self._id += 10
        return self._id

    DEEDS: ClassVar[dict[str, tuple[int, Callable[[PureHouse], str]]]] = {
        "place": (14, place),
        "hear": (18, hear),
        "close": (3, close),
        "open": (5, open_gift),
        "claim": (12, claim),
        "end": (5, end_gift),
        "ship": (14, ship),
        "receive": (8, receive),
        "open_case": (14, open_case),
        "move_case": (16, move_case),
        "hear_refund": (10, hear_refund),
        "wait": (4, wait),
    }
    NAMES: ClassVar[list[str]] = list(DEEDS)
    WEIGHTS: ClassVar[list[int]] = [weight for weight, _ in DEEDS.values()]


def _line(n: int, sku: int, quantity: int) -> Line:
    return Line(n, 5, sku, "杯", "Cup", [], "", quantity, SKUS[sku], SKUS[sku] * quantity)


def _intent(number: int, order: Order) -> Intent:
    return Intent(
        number, order.id, order.payer_id, "sandbox", "CNY", order.total_amount, "open", "", "", 0, 0, None, None
    )


def _gift(number: int, order: Order, line: Line, chance: Random, now: datetime) -> Gift:
    to = chance.choice([None, *(one for one in PEOPLE if one != order.payer_id)]) if line.quantity == 1 else None
    return Gift(
        number, order.id, order.payer_id, to, 7, 5, line.sku_id, line.unit_price, "CNY", "thanks", "", GiftState.UNPAID,
        "", "", chance.choice((3_600, 86_400)), now, None, None, None, None, None, None, None, None,
        line.quantity, 0, 0,
    )  # fmt: skip


def _ordered(order: Order) -> Ordered:
    return Ordered(
        order.id, 7, order.owner_id, order.payer_id, int(order.state), order.freight_amount, order.received_at
    )


def _ordered_line(line: Line) -> OrderedLine:
    return OrderedLine(line.n, line.sku_id, line.quantity, line.unit_price, line.shipped, line.refunded, line.cancelled)

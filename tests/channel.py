"""A payment channel with its own truth, that misbehaves on request: silent, losing its answer, paid while closing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from renqing.trade.payments.ports import (
    CallbackForged,
    ChannelPayment,
    ChannelPayout,
    ChannelRefund,
    ChannelRefused,
    ChannelSilent,
    Opened,
    OpenPayment,
    PaymentNews,
    PaymentState,
    PayoutAsk,
    PayoutState,
    RefundAsk,
    RefundState,
)


@dataclass(slots=True)
class FakeChannel:
    """``silent`` operations do nothing and do not answer; ``deaf`` ones do it and lose the answer.

    ``before`` runs something of the test's between the ask and the deed: what happens meanwhile.
    """

    opened: dict[int, OpenPayment] = field(default_factory=dict)
    states: dict[int, PaymentState] = field(default_factory=dict)
    amounts: dict[int, int] = field(default_factory=dict)  # where the channel says another amount than was asked
    refunds: dict[int, RefundAsk] = field(default_factory=dict)
    refund_state: RefundState = "done"
    refund_states: dict[int, RefundState] = field(default_factory=dict)  # what became of each, as it was then
    payouts: dict[int, PayoutAsk] = field(default_factory=dict)
    payout_state: PayoutState = "done"
    payout_states: dict[int, PayoutState] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    keeps_open: bool = False
    before: dict[str, Callable[[int], Awaitable[Any]]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    async def open(self, ask: OpenPayment) -> Opened:
        await self._begin("open", ask.intent_id)
        known = self.opened.setdefault(ask.intent_id, ask)
        assert known.amount == ask.amount, "an intent's amount does not change"
        self.states.setdefault(ask.intent_id, "open")
        self._end("open")
        return Opened(f"ref-{ask.intent_id}", f"https://bank.test/pay/{ask.intent_id}")

    def pay(self, intent_id: int) -> None:
        """The person pays at the cashier; nobody has told us yet."""
        assert self.states[intent_id] == "open", "only an open payment can be paid"
        self.states[intent_id] = "paid"

    async def query(self, intent_id: int) -> ChannelPayment:
        await self._begin("query", intent_id)
        self._end("query")
        return self._payment(intent_id)

    async def close(self, intent_id: int) -> ChannelPayment:
        await self._begin("close", intent_id)
        if self.states.get(intent_id) == "open" and not self.keeps_open:
            self.states[intent_id] = "closed"
        self._end("close")
        return self._payment(intent_id)

    async def refund(self, ask: RefundAsk) -> ChannelRefund:
        await self._begin("refund", ask.refund_id)
        if "refund" in self.refuses:
            raise ChannelRefused(operation="refund", reason="more_than_left")
        known = self.refunds.setdefault(ask.refund_id, ask)
        assert (known.intent_id, known.amount) == (ask.intent_id, ask.amount), "a refund does not change"
        if self.refund_states.get(ask.refund_id) not in ("done", "closed"):
            self.refund_states[ask.refund_id] = self.refund_state
        self._end("refund")
        return self._refund(ask.refund_id)

    async def query_refund(self, refund_id: int) -> ChannelRefund:
        await self._begin("query_refund", refund_id)
        return self._refund(refund_id)

    async def payout(self, ask: PayoutAsk) -> ChannelPayout:
        await self._begin("payout", ask.payout_id)
        if "payout" in self.refuses:
            raise ChannelRefused(operation="payout", reason="account_gone")
        known = self.payouts.setdefault(ask.payout_id, ask)
        assert known == ask, "a payout does not change"
        if self.payout_states.get(ask.payout_id, "processing") == "processing":
            self.payout_states[ask.payout_id] = self.payout_state
        self._end("payout")
        return self._payout(ask.payout_id)

    async def query_payout(self, payout_id: int) -> ChannelPayout:
        await self._begin("query_payout", payout_id)
        return self._payout(payout_id)

    def read_callback(self, headers: Mapping[str, str], raw: bytes, machine_now: datetime) -> PaymentNews:
        raise CallbackForged(why="this channel sends none")

    def given_back(self, intent_id: int) -> int:
        """What the payer of an intent got back, by the channel's own count."""
        return sum(
            ask.amount
            for ask in self.refunds.values()
            if ask.intent_id == intent_id and self.refund_states.get(ask.refund_id, "done") == "done"
        )

    def paid_out(self, intent_id: int) -> int:
        """What was paid out to the account that paid an intent."""
        return sum(
            ask.amount
            for ask in self.payouts.values()
            if ask.to_intent_id == intent_id and self.payout_states[ask.payout_id] == "done"
        )

    async def _begin(self, operation: str, about: int) -> None:
        self.asked[operation] += 1
        if operation in self.before:
            await self.before[operation](about)
        if operation in self.silent:
            raise ChannelSilent(operation=operation, why="timeout")

    def _end(self, operation: str) -> None:
        if operation in self.deaf:
            raise ChannelSilent(operation=operation, why="lost")

    def _payment(self, intent_id: int) -> ChannelPayment:
        ask = self.opened.get(intent_id)
        if ask is None:
            return ChannelPayment(intent_id, "unknown", 0, "", "")
        amount = self.amounts.get(intent_id, ask.amount)
        return ChannelPayment(intent_id, self.states[intent_id], amount, ask.currency, f"ref-{intent_id}")

    def _refund(self, refund_id: int) -> ChannelRefund:
        ask = self.refunds.get(refund_id)
        if ask is None:
            return ChannelRefund(refund_id, 0, "unknown", 0, "", "")
        state = self.refund_states.get(refund_id, self.refund_state)
        return ChannelRefund(refund_id, ask.intent_id, state, ask.amount, ask.currency, f"back-{refund_id}")

    def _payout(self, payout_id: int) -> ChannelPayout:
        ask = self.payouts.get(payout_id)
        if ask is None:
            return ChannelPayout(payout_id, 0, "unknown", 0, "", "")
        state = self.payout_states[payout_id]
        return ChannelPayout(payout_id, ask.to_intent_id, state, ask.amount, ask.currency, f"out-{payout_id}")

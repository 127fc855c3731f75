"""The sandbox bank as a payment channel: the port of ``trade.payments`` over signed HTTP.

An answer counts only if it is whole, in time and signed for this very question; everything else is
``ChannelSilent``. Every ask carries our own id, so that asking twice is safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from renqing.foundation.clock import Clock
from renqing.foundation.ids import Ids
from renqing.providers.sandbox_channel.lean_http import Answer, Asks, LeanHttp, NoAnswer
from renqing.providers.sandbox_channel.wire import (
    CALLBACK_ID,
    CALLBACK_SIGNATURE,
    CALLBACK_TIMESTAMP,
    REQUEST_NONCE,
    REQUEST_SIGNATURE,
    REQUEST_TIMESTAMP,
    EventSaid,
    MovementSaid,
    OpenSaid,
    PaymentSaid,
    PayoutAskSaid,
    PayoutSaid,
    RefundAskSaid,
    RefundSaid,
    RefusedSaid,
    StatementSaid,
    callback_fits,
    fits,
    is_fresh,
    sign_answer,
    sign_request,
    split_secrets,
)
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
    PayoutAsk,
    RefundAsk,
)

T = TypeVar("T")
ANSWER_SECONDS_MAX = 5.0
CONNECTIONS_MAX = 64
STATEMENT_PAGES_MAX = 10_000


class SandboxChannel:
    """Implements ``trade.payments.ports.PaymentChannel``; beside it, what only a sandbox has: paying and switches."""

    name = "sandbox"

    def __init__(
        self,
        url: str,
        secret: str,
        clock: Clock,
        ids: Ids,
        *,
        answer_seconds_max: float = ANSWER_SECONDS_MAX,
        http: Asks | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._secrets = split_secrets(secret)
        self._clock = clock
        self._ids = ids
        self._answer_seconds_max = answer_seconds_max
        self._http = http or LeanHttp(connections_max=CONNECTIONS_MAX)

    def close_connections(self) -> None:
        """At the end of the process."""
        self._http.close()

    # the port ---------------------------------------------------------------------------------------------------

    async def open(self, ask: OpenPayment) -> Opened:
        said = OpenSaid(
            str(ask.intent_id), ask.amount, ask.currency, ask.description[:200], ask.notify_url, ask.return_url
        )
        opened = await self._ask("open", "POST", "/v1/payments", said, PaymentSaid)
        self._same("open", opened.intent_id, ask.intent_id)
        return Opened(opened.channel_ref, opened.cashier_url)

    async def query(self, intent_id: int) -> ChannelPayment:
        return self._payment(
            "query", intent_id, await self._ask("query", "GET", f"/v1/payments/{intent_id}", None, PaymentSaid)
        )

    async def close(self, intent_id: int) -> ChannelPayment:
        try:
            said = await self._ask("close", "POST", f"/v1/payments/{intent_id}/close", None, PaymentSaid)
        except ChannelRefused as no:
            if no.facts["reason"] != "payment_unknown":
                raise
            said = PaymentSaid(str(intent_id), "unknown")  # it never heard of it: there is nothing to close
        return self._payment("close", intent_id, said)

    async def refund(self, ask: RefundAsk) -> ChannelRefund:
        said = RefundAskSaid(str(ask.refund_id), str(ask.intent_id), ask.amount, ask.currency, ask.notify_url)
        return self._refund("refund", ask.refund_id, await self._ask("refund", "POST", "/v1/refunds", said, RefundSaid))

    async def query_refund(self, refund_id: int) -> ChannelRefund:
        said = await self._ask("query_refund", "GET", f"/v1/refunds/{refund_id}", None, RefundSaid)
        return self._refund("query_refund", refund_id, said)

    async def payout(self, ask: PayoutAsk) -> ChannelPayout:
        said = PayoutAskSaid(str(ask.payout_id), str(ask.to_intent_id), ask.amount, ask.currency)
        return self._payout("payout", ask.payout_id, await self._ask("payout", "POST", "/v1/payouts", said, PayoutSaid))

    async def query_payout(self, payout_id: int) -> ChannelPayout:
        said = await self._ask("query_payout", "GET", f"/v1/payouts/{payout_id}", None, PayoutSaid)
        return self._payout("query_payout", payout_id, said)

    def read_callback(self, headers: Mapping[str, str], raw: bytes, machine_now: datetime) -> PaymentNews:
        event_id = headers.get(CALLBACK_ID, "")
        stamp = headers.get(CALLBACK_TIMESTAMP, "")
        signatures = headers.get(CALLBACK_SIGNATURE, "")
        if not event_id or not callback_fits(self._secrets, event_id, stamp, raw, signatures):
            raise CallbackForged(why="signature")
        if not is_fresh(stamp, machine_now.timestamp()):
            raise CallbackForged(why="timestamp")
        try:
            said = msgspec.json.decode(raw, type=EventSaid)
        except msgspec.MsgspecError as unreadable:
            raise CallbackForged(why="unreadable") from unreadable
        if said.id != event_id:
            raise CallbackForged(why="event_id")
        return PaymentNews(
            said.id,
            said.kind,
            int(said.intent_id),
            None if said.refund_id is None else int(said.refund_id),
            said.state,
            said.amount,
            said.currency,
            said.channel_ref,
        )

    # what only a sandbox has ------------------------------------------------------------------------------------

    async def pay(self, intent_id: int) -> ChannelPayment:
        """Pay as the person at the cashier would: tests, the tour and the demo's one-tap pay."""
        said = await self._ask("pay", "POST", f"/v1/payments/{intent_id}/pay", None, PaymentSaid)
        return self._payment("pay", intent_id, said)

    async def statement(self, after: int = 0) -> list[MovementSaid]:
        """Every movement of money at the bank after number ``after``, in order: for reconciliation."""
        lines: list[MovementSaid] = []
        for _ in range(STATEMENT_PAGES_MAX):
            page = await self._ask("statement", "GET", f"/v1/statement?after={after}", None, StatementSaid)
            lines += page.movements
            if page.next_after is None:
                return lines
            after = page.next_after
        raise ChannelSilent(operation="statement", why="endless")

    async def switches(self, intent_id: int | None = None) -> dict[str, Any]:
        """``switched`` here (for all, or for one payment) and ``in_force``."""
        return await self._ask("switches", "GET", _switches_path(intent_id), None, dict[str, Any])

    async def switch(self, changes: Mapping[str, Any], intent_id: int | None = None) -> dict[str, Any]:
        """Replace what is switched for all, or for one payment; an empty mapping makes the bank honest there."""
        return await self._ask("switch", "PUT", _switches_path(intent_id), dict(changes), dict[str, Any])

    async def deliver(self, ahead_seconds: int = 0) -> int:
        """Try every callback that is due now, or will be in ``ahead_seconds``, without waiting; how many tries."""
        said = await self._ask("deliver", "POST", "/v1/deliver", {"ahead_seconds": ahead_seconds}, dict[str, int])
        return said["tries"]

    async def deliveries(self, intent_id: int) -> list[dict[str, Any]]:
        """What became of the callbacks about an intent."""
        path = f"/v1/deliveries/{intent_id}"
        return (await self._ask("deliveries", "GET", path, None, dict[str, list[dict[str, Any]]]))["deliveries"]

    # the wire ---------------------------------------------------------------------------------------------------

    async def _ask(self, operation: str, method: str, path: str, said: Any, answer_type: type[T]) -> T:
        body = b"" if said is None else msgspec.json.encode(said)
        stamp = str(int(self._clock.machine_now().timestamp()))
        nonce = self._ids.token()
        headers = {
            "content-type": "application/json",
            REQUEST_TIMESTAMP: stamp,
            REQUEST_NONCE: nonce,
            REQUEST_SIGNATURE: sign_request(self._secrets[0], method, path, stamp, nonce, body),
        }
        try:
            answer = await self._http.ask(method, self._url + path, headers, body, seconds_max=self._answer_seconds_max)
        except NoAnswer as none:
            raise ChannelSilent(operation=operation, why=none.why) from none
        return self._read(operation, nonce, answer, answer_type)

    def _read(self, operation: str, nonce: str, answer: Answer, answer_type: type[T]) -> T:
        if answer.status >= 500:
            raise ChannelSilent(operation=operation, why=f"status_{answer.status}")
        stamp = answer.headers.get(REQUEST_TIMESTAMP, "")
        given = answer.headers.get(REQUEST_SIGNATURE, "")
        if not fits(given, [sign_answer(secret, nonce, stamp, answer.status, answer.body) for secret in self._secrets]):
            raise ChannelSilent(operation=operation, why="unsigned_answer")
        try:
            if answer.status == 200:
                return msgspec.json.decode(answer.body, type=answer_type)
            refused = msgspec.json.decode(answer.body, type=RefusedSaid)
        except msgspec.MsgspecError as unreadable:
            raise ChannelSilent(operation=operation, why="unreadable_answer") from unreadable
        raise ChannelRefused(operation=operation, reason=refused.code)

    def _payment(self, operation: str, intent_id: int, said: PaymentSaid) -> ChannelPayment:
        self._same(operation, said.intent_id, intent_id)
        return ChannelPayment(intent_id, said.state, said.amount, said.currency, said.channel_ref)

    def _refund(self, operation: str, refund_id: int, said: RefundSaid) -> ChannelRefund:
        self._same(operation, said.refund_id, refund_id)
        return ChannelRefund(refund_id, int(said.intent_id), said.state, said.amount, said.currency, said.channel_ref)

    def _payout(self, operation: str, payout_id: int, said: PayoutSaid) -> ChannelPayout:
        self._same(operation, said.payout_id, payout_id)
        return ChannelPayout(
            payout_id, int(said.to_intent_id), said.state, said.amount, said.currency, said.channel_ref
        )

    def _same(self, operation: str, answered: str, asked: int) -> None:
        if answered != str(asked):
            raise ChannelSilent(operation=operation, why="answers_another_question")


def _switches_path(intent_id: int | None) -> str:
    return "/switches" if intent_id is None else f"/switches/{intent_id}"

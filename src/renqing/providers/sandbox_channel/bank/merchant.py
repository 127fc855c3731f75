"""The merchants' door: signed requests in, signed answers out, and wrong answers where a switch asks for them."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from renqing.foundation.batcher import BatcherFull
from renqing.foundation.ids import parse_id
from renqing.foundation.logs import log
from renqing.providers.sandbox_channel.bank import actions, cashier, store
from renqing.providers.sandbox_channel.bank.asgi import Reply, Request
from renqing.providers.sandbox_channel.bank.books import Books, Refused, Tx
from renqing.providers.sandbox_channel.bank.model import Operation, Payment, Payout, Refund, Switches, changed
from renqing.providers.sandbox_channel.bank.postman import Postman
from renqing.providers.sandbox_channel.wire import (
    REQUEST_NONCE,
    REQUEST_SIGNATURE,
    REQUEST_TIMESTAMP,
    OpenSaid,
    PaymentSaid,
    PayoutAskSaid,
    PayoutSaid,
    RefundAskSaid,
    RefundSaid,
    RefusedSaid,
    StatementSaid,
    fits,
    is_fresh,
    sign_answer,
    sign_request,
)

T = TypeVar("T")
Handler = Callable[[Request, int], Awaitable[Reply]]
NONCES_REMEMBERED = 50_000
NONCE_CHARACTERS_MAX = 64
STATEMENT_LINES_MAX = 1_000
AHEAD_SECONDS_MAX = 90 * 86_400
ROOMS = frozenset({"v1", "switches"})


class NotTheMerchant(Exception):
    """The request is not signed as a merchant signs, or was seen before. ``code`` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _DeliverSaid(msgspec.Struct, forbid_unknown_fields=True):
    ahead_seconds: int = 0


class MerchantDoor:
    """Knows the merchant by the signature, routes, and signs what it answers."""

    def __init__(self, books: Books, postman: Postman, secrets: Sequence[bytes], public_url: str) -> None:
        self._books = books
        self._postman = postman
        self._secrets = secrets
        self._public_url = public_url
        self._nonces: OrderedDict[str, None] = OrderedDict()
        # ``#`` stands for an id.
        self._routes: dict[tuple[str, str], Handler] = {
            ("POST", "v1/payments"): self._open,
            ("GET", "v1/payments/#"): self._query,
            ("POST", "v1/payments/#/close"): self._close,
            ("POST", "v1/payments/#/pay"): self._pay,
            ("POST", "v1/refunds"): self._refund,
            ("GET", "v1/refunds/#"): self._query_refund,
            ("POST", "v1/payouts"): self._payout,
            ("GET", "v1/payouts/#"): self._query_payout,
            ("GET", "v1/statement"): self._statement,
            ("GET", "v1/deliveries/#"): self._deliveries,
            ("POST", "v1/deliver"): self._deliver,
            ("GET", "switches"): self._switches,
            ("PUT", "switches"): self._switch,
            ("GET", "switches/#"): self._switches,
            ("PUT", "switches/#"): self._switch,
        }

    async def answer(self, request: Request) -> Reply:
        """The signed answer. What broke on our side nobody vouches for: it is not signed."""
        nonce = request.headers.get(REQUEST_NONCE, "")
        reply = await self._judge(request, nonce)
        if reply.silent or reply.status >= 500:
            return reply
        stamp = str(self._books.now_ms() // 1000)
        signature = sign_answer(self._secrets[0], nonce, stamp, reply.status, reply.body)
        return Reply(reply.status, reply.body, headers={REQUEST_TIMESTAMP: stamp, REQUEST_SIGNATURE: signature})

    async def _judge(self, request: Request, nonce: str) -> Reply:
        try:
            self._know(request, nonce)
            return await self._route(request)
        except NotTheMerchant as stranger:
            return say(401, RefusedSaid(stranger.code))
        except Refused as no:
            return say(409, RefusedSaid(no.code))
        except msgspec.MsgspecError:
            return say(400, RefusedSaid("malformed"))
        except BatcherFull:
            return say(503, RefusedSaid("too_busy"))
        except Exception:  # noqa: BLE001 - the merchant hears 500 and asks again; the log has the rest
            log.exception("sandbox_request_broke", method=request.method)
            return say(500, RefusedSaid("broken"))

    def _know(self, request: Request, nonce: str) -> None:
        stamp = request.headers.get(REQUEST_TIMESTAMP, "")
        given = request.headers.get(REQUEST_SIGNATURE, "")
        method, path, body = request.method, request.path, request.body
        expected = [sign_request(secret, method, path, stamp, nonce, body) for secret in self._secrets]
        if not 0 < len(nonce) <= NONCE_CHARACTERS_MAX or not fits(given, expected):
            raise NotTheMerchant("bad_signature")
        if not is_fresh(stamp, self._books.now_ms() / 1000):
            raise NotTheMerchant("stale_request")
        if nonce in self._nonces:
            raise NotTheMerchant("request_replayed")
        self._nonces[nonce] = None
        if len(self._nonces) > NONCES_REMEMBERED:
            self._nonces.popitem(last=False)

    async def _route(self, request: Request) -> Reply:
        ids = [found for part in request.segments if (found := parse_id(part)) is not None]
        place = "/".join("#" if parse_id(part) is not None else part for part in request.segments)
        handler = self._routes.get((request.method, place))
        if handler is None:
            return say(404, RefusedSaid("no_such_place"))
        return await handler(request, ids[0] if ids else store.FOR_ALL)

    # payments and refunds ---------------------------------------------------------------------------------------

    async def _open(self, request: Request, _: int) -> Reply:
        said = msgspec.json.decode(request.body, type=OpenSaid)
        key = _id(said.intent_id)
        return await self._work("open", key, key, lambda tx: self._say_payment(actions.open_payment(tx, said)))

    async def _close(self, _: Request, intent_id: int) -> Reply:
        return await self._work(
            "close", intent_id, intent_id, lambda tx: self._say_payment(actions.close(tx, intent_id))
        )

    async def _pay(self, _: Request, intent_id: int) -> Reply:
        return await self._work("pay", intent_id, intent_id, lambda tx: self._say_payment(actions.pay(tx, intent_id)))

    async def _query(self, _: Request, intent_id: int) -> Reply:
        def look(conn: sqlite3.Connection) -> PaymentSaid:
            found = store.payment(conn, intent_id)
            return self._say_payment(found) if found else PaymentSaid(str(intent_id), "unknown")

        if store.switches_for(self._books.reader, intent_id).answer:
            return await self._work("query", intent_id, intent_id, lambda tx: look(tx.conn))
        return say(200, look(self._books.reader))

    async def _refund(self, request: Request, _: int) -> Reply:
        said = msgspec.json.decode(request.body, type=RefundAskSaid)
        intent_id, key = _id(said.intent_id), _id(said.refund_id)
        return await self._work("refund", intent_id, key, lambda tx: _say_refund(actions.ask_refund(tx, said)))

    async def _query_refund(self, _: Request, refund_id: int) -> Reply:
        def look(conn: sqlite3.Connection) -> RefundSaid:
            found = store.refund(conn, refund_id)
            return _say_refund(found) if found else RefundSaid(str(refund_id), "0", "unknown")

        known = store.refund(self._books.reader, refund_id)
        intent_id = known.intent_id if known else store.FOR_ALL
        if store.switches_for(self._books.reader, intent_id).answer:
            return await self._work("query_refund", intent_id, refund_id, lambda tx: look(tx.conn))
        return say(200, look(self._books.reader))

    async def _payout(self, request: Request, _: int) -> Reply:
        said = msgspec.json.decode(request.body, type=PayoutAskSaid)
        intent_id, key = _id(said.to_intent_id), _id(said.payout_id)
        return await self._work("payout", intent_id, key, lambda tx: _say_payout(actions.ask_payout(tx, said)))

    async def _query_payout(self, _: Request, payout_id: int) -> Reply:
        def look(conn: sqlite3.Connection) -> PayoutSaid:
            found = store.payout(conn, payout_id)
            return _say_payout(found) if found else PayoutSaid(str(payout_id), "0", "unknown")

        known = store.payout(self._books.reader, payout_id)
        intent_id = known.to_intent_id if known else store.FOR_ALL
        if store.switches_for(self._books.reader, intent_id).answer:
            return await self._work("query_payout", intent_id, payout_id, lambda tx: look(tx.conn))
        return say(200, look(self._books.reader))

    async def _work(self, operation: Operation, intent_id: int, key: int, do: Callable[[Tx], T]) -> Reply:
        """Do the work and answer, or answer wrongly where a switch says so."""

        def faultily(tx: Tx) -> tuple[actions.Fault, T | None]:
            fault = actions.draw_fault(tx, operation, intent_id, key)
            return fault, None if fault.comes_before_the_work else do(tx)

        fault, answer = await self._books.write(faultily)
        match fault.kind:
            case "":
                return say(200, answer)
            case "silent":
                return Reply(200, silent=True)
            case "refuse":
                return say(409, RefusedSaid("refused_on_request"))
            case "contradict":
                assert isinstance(answer, PaymentSaid | RefundSaid | PayoutSaid)
                return say(200, msgspec.structs.replace(answer, amount=answer.amount + 1))
        return say(500, RefusedSaid("broken_on_request"))

    # the statement, the callbacks, the switches -----------------------------------------------------------------

    async def _statement(self, request: Request, _: int) -> Reply:
        after = _count(request.query.get("after", "0"))
        limit = min(max(_count(request.query.get("limit", str(STATEMENT_LINES_MAX))), 1), STATEMENT_LINES_MAX)
        lines = store.movements(self._books.reader, after, limit)
        return say(200, StatementSaid(lines, lines[-1].n if len(lines) == limit else None))

    async def _deliveries(self, _: Request, intent_id: int) -> Reply:
        return say(200, {"deliveries": store.letters_of_intent(self._books.reader, intent_id)})

    async def _deliver(self, request: Request, _: int) -> Reply:
        ahead = msgspec.json.decode(request.body or b"{}", type=_DeliverSaid).ahead_seconds
        if not 0 <= ahead <= AHEAD_SECONDS_MAX:
            raise Refused("malformed")
        return say(200, {"tries": await self._postman.deliver_due(self._books.now_ms() + ahead * 1000)})

    async def _switch(self, request: Request, intent_id: int) -> Reply:
        changes = msgspec.json.decode(request.body, type=dict[str, Any])
        changed(Switches(), changes)
        await self._books.write(partial(store.set_switches, intent_id=intent_id, changes=changes))
        return await self._switches(request, intent_id)

    async def _switches(self, _: Request, intent_id: int) -> Reply:
        own = store.switch_changes(self._books.reader, intent_id)
        return say(200, {"switched": own, "in_force": store.switches_for(self._books.reader, intent_id)})

    def _say_payment(self, of: Payment) -> PaymentSaid:
        return PaymentSaid(
            str(of.intent_id),
            of.state,
            of.amount,
            of.currency,
            of.channel_ref,
            of.refunded,
            f"{self._public_url}/cashier/{cashier.token(self._secrets[0], of.channel_ref)}",
        )


def say(status: int, said: Any) -> Reply:
    """A JSON reply."""
    return Reply(status, msgspec.json.encode(said))


def _say_refund(of: Refund) -> RefundSaid:
    return RefundSaid(str(of.refund_id), str(of.intent_id), of.state, of.amount, of.currency, of.channel_ref)


def _say_payout(of: Payout) -> PayoutSaid:
    return PayoutSaid(str(of.payout_id), str(of.to_intent_id), of.state, of.amount, of.currency, of.channel_ref)


def _id(text: str) -> int:
    found = parse_id(text)
    if found is None:
        raise Refused("malformed")
    return found


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused("malformed")
    return int(text)

"""The bank as a program: an ASGI application over its books, its postman and its two doors.

Merchants sign (``merchant``); the payer's way in is the unguessable address of the cashier page (``cashier``).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path

from renqing.foundation.clock import Clock, SystemClock
from renqing.foundation.ids import Ids, NodeIds
from renqing.foundation.logs import log, set_up_logs
from renqing.foundation.settings import Settings, read_settings
from renqing.foundation.text import Language
from renqing.providers.sandbox_channel.bank import actions, cashier, store
from renqing.providers.sandbox_channel.bank.asgi import (
    BodyTooLong,
    Gone,
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    read,
    write,
)
from renqing.providers.sandbox_channel.bank.books import Books, Refused
from renqing.providers.sandbox_channel.bank.merchant import ROOMS, MerchantDoor, say
from renqing.providers.sandbox_channel.bank.model import Payment
from renqing.providers.sandbox_channel.bank.postman import IN_THE_AIR_MAX, Postman
from renqing.providers.sandbox_channel.lean_http import LeanHttp
from renqing.providers.sandbox_channel.wire import split_secrets


class Bank:
    """The ASGI application. Without ``deliver_by_itself`` callbacks leave only when told (``postman.deliver_due``)."""

    def __init__(
        self, file: Path, *, secret: str, public_url: str, clock: Clock, ids: Ids, deliver_by_itself: bool = True
    ) -> None:
        self._secrets = split_secrets(secret)
        self._http = LeanHttp(connections_max=IN_THE_AIR_MAX)
        self._deliver_by_itself = deliver_by_itself
        self.books = Books(file, clock, ids)
        self.postman = Postman(self.books, self._http, self._secrets)
        self.books.on_letters = self.postman.wake
        self._merchant = MerchantDoor(self.books, self.postman, self._secrets, public_url.rstrip("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.books.write(store.forget_old_letters)
        delivering = asyncio.create_task(self.postman.run()) if self._deliver_by_itself else None
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if delivering is not None:
            delivering.cancel()
            with suppress(asyncio.CancelledError):
                await delivering
        await self.postman.stop()
        self._http.close()
        self.books.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read(scope, receive)
        except Gone:
            return
        except BodyTooLong:
            await write(Reply(413, headers={"connection": "close"}), receive, send)
            return
        if request.segments and request.segments[0] in ROOMS:
            reply = await self._merchant.answer(request)
        else:
            reply = await self._answer_the_payer(request)
        await write(reply, receive, send)

    async def _answer_the_payer(self, request: Request) -> Reply:
        language = cashier.language_of(request)
        try:
            match (request.method, *request.segments):
                case ("GET" | "HEAD" | "POST", "cashier", token):
                    return await self._cashier(request, self._payment_of(token), language)
                case ("GET" | "HEAD", "healthz"):
                    return say(200, {"ok": True})
                case ("GET" | "HEAD", name):
                    return cashier.asset(name) or cashier.nothing_here(request, language)
        except Refused:
            return cashier.nothing_here(request, language)
        except Exception:  # noqa: BLE001 - the payer sees a page that says what is safe; the log has the rest
            log.exception("sandbox_cashier_broke", method=request.method)
            return cashier.broken(request, language)
        return cashier.nothing_here(request, language)

    async def _cashier(self, request: Request, payment: Payment, language: Language) -> Reply:
        if request.method != "POST":
            return cashier.page(request, payment, language)
        try:
            paid = await self.books.write(partial(actions.pay, intent_id=payment.intent_id))
        except Refused:  # it was closed while the page was open: the page says so
            return Reply(303, headers={**cashier.PRIVATE, "location": f"{request.segments[-1]}?lang={language}"})
        return Reply(303, headers={**cashier.PRIVATE, "location": paid.return_url})

    def _payment_of(self, token: str) -> Payment:
        channel_ref = cashier.ref_of(self._secrets, token)
        found = store.payment_by_ref(self.books.reader, channel_ref) if channel_ref else None
        if found is None:
            raise Refused("no_such_payment")
        return found


def build(settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> Bank:
    """The bank of an installation: its file lies in the installation's folder. Raises SecretMissing."""
    return Bank(
        settings.home_path / "sandbox" / "sandbox.sqlite3",
        secret=settings.sandbox_secret,
        public_url=settings.sandbox_public_url or f"http://{settings.host}:{settings.sandbox_port}",
        clock=clock or SystemClock(),
        ids=ids or NodeIds(0),
    )


def from_environment() -> Bank:
    """What the server program is pointed at."""
    settings = read_settings()
    set_up_logs(process="sandbox", level=settings.log_level)
    return build(settings)

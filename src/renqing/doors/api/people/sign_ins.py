"""Come in and go: a code to one's phone, a password, and the end of a sign-in.

Who asks is not known yet, so acts are counted by the address they come from; a phone's own limits are counted exactly
in the database. Known and unknown phones are answered alike.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, post, put
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import CodeNotRight, CodeSentJustNow, MessageNotSent, SignInNotRight
from renqing.doors.access import Audience, allow, token_of
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    bind_key,
    house_of,
    once_of,
    once_of_somebody,
    reader_of,
    spend,
)
from renqing.doors.problems import language_of
from renqing.foundation.limits import Rate
from renqing.foundation.text import Language
from renqing.journeys.set_a_password import SetPassword, set_a_password
from renqing.journeys.sign_in_by_password import SignInByPassword, sign_in_by_password
from renqing.journeys.sign_in_by_phone import AskForCode, LetIn, SignInByPhone, send_a_code, sign_in_by_phone
from renqing.journeys.sign_out import sign_out, sign_out_everywhere

allow(
    Audience.PUBLIC,
    "POST /v1/sign-in-codes",
    "POST /v1/sign-ins",
    "POST /v1/sign-ins/by-password",
)
allow(
    Audience.PERSON,
    "PUT /v1/me/password",
    "DELETE /v1/sign-ins/current",
    "DELETE /v1/sign-ins",
)

CODES = Rate("codes_from_address", count=30, window_seconds=3600)
SIGN_INS = Rate("sign_ins_from_address", count=100, window_seconds=900)

Phone = Annotated[str, msgspec.Meta(min_length=1, max_length=40, description="A mainland mobile number")]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=24)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class CodeIn(Body, frozen=True, kw_only=True):
    """Where to send a code. ``language`` is the message's; none: the request's."""

    phone: Phone
    language: Language | None = None


class CodeOut(msgspec.Struct, frozen=True):
    """A code is on its way, if there is such a phone."""

    good_for_seconds: int
    again_after_seconds: int


class SignInIn(Body, frozen=True, kw_only=True):
    """A phone with the code it got. ``name`` and ``language`` are for somebody who joins."""

    phone: Phone
    code: Code
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    language: Language | None = None


class PasswordSignInIn(Body, frozen=True, kw_only=True):
    """A phone with its person's password."""

    phone: Phone
    password: Password


class PasswordIn(Body, frozen=True, kw_only=True):
    """A new password, proven by a code to one's own phone."""

    code: Code
    password: Password


class SignInOut(msgspec.Struct, frozen=True):
    """A sign-in. ``token`` goes into ``Authorization: Bearer``; it is told this once."""

    person_id: str
    token: str
    expires_at: datetime
    is_new: bool


@post("/v1/sign-in-codes", tags=["signing in"], status_code=HTTP_200_OK, refuses=(CodeSentJustNow, MessageNotSent))
async def send_code(request: AnyRequest, data: JSONBody[CodeIn]) -> CodeOut:
    """Send a sign-in code to a phone. The answer is the same whether anybody has this phone."""
    house = house_of(request)
    spend(request, CODES)
    ask = AskForCode(data.phone, data.language or language_of(request))
    sent = await send_a_code(house.ground, house.messages, ask, once_of_somebody(request, data.phone, data))
    return CodeOut(sent.good_for_seconds, sent.again_after_seconds)


@post("/v1/sign-ins", tags=["signing in"], refuses=(CodeNotRight,))
async def sign_in(request: AnyRequest, data: JSONBody[SignInIn]) -> SignInOut:
    """Sign in with a phone and its code; somebody new joins. The token is for ``Authorization: Bearer``."""
    spend(request, SIGN_INS)
    language = data.language or language_of(request)
    ask = SignInByPhone(data.phone, data.code, kind="bearer", name=data.name, language=language)
    return let_in(await sign_in_by_phone(house_of(request).ground, ask, once_of_somebody(request, data.phone, data)))


@post("/v1/sign-ins/by-password", tags=["signing in"], refuses=(SignInNotRight,))
async def sign_in_with_password(request: AnyRequest, data: JSONBody[PasswordSignInIn]) -> SignInOut:
    """Sign in with a phone and a password, where one was set."""
    spend(request, SIGN_INS)
    ask = SignInByPassword(data.phone, data.password, kind="bearer")
    return let_in(await sign_in_by_password(house_of(request).ground, ask, once_of_somebody(request, data.phone, data)))


@put("/v1/me/password", tags=["signing in"], status_code=HTTP_200_OK, refuses=(CodeNotRight,))
async def change_password(request: AnyRequest, data: JSONBody[PasswordIn]) -> SignInOut:
    """Set or change your password with a code to your phone. Every other sign-in ends; this is the new one."""
    ask = SetPassword(reader_of(request).person_id, data.code, data.password, kind="bearer")
    return let_in(await set_a_password(house_of(request).ground, ask, once_of(request, data)))


@delete("/v1/sign-ins/current", tags=["signing in"])
async def sign_out_here(request: AnyRequest) -> None:
    """Sign out: this token is nobody's from now on."""
    await bind_key(request)
    token = token_of(request)
    assert token is not None, "whoever is signed in came with a token"
    await sign_out(house_of(request).ground, reader_of(request).person_id, token)


@delete("/v1/sign-ins", tags=["signing in"])
async def sign_out_of_all(request: AnyRequest) -> None:
    """Sign out on every device at once."""
    await bind_key(request)
    await sign_out_everywhere(house_of(request).ground, reader_of(request).person_id)


def let_in(made: LetIn) -> SignInOut:
    """A sign-in on the wire."""
    return SignInOut(str(made.person_id), made.token, made.expires_at, made.is_new)


routes = [send_code, sign_in, sign_in_with_password, change_password, sign_out_here, sign_out_of_all]

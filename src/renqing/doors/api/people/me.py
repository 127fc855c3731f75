"""Me: who I am here, my language, where I work, what waits for me, and what my account moved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, patch, post
from litestar.params import JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import CodeNotRight, Role
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.sign_ins import SIGN_INS
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    MoneyOut,
    PersonOut,
    house_of,
    once_of,
    person_out,
    reader_of,
    spend,
)
from renqing.foundation.errors import TooMany
from renqing.foundation.text import Language
from renqing.journeys.change_my_face import ChangeFace, change_my_face
from renqing.journeys.erase_a_person import EraseMe, ErasureWaits, erase_a_person
from renqing.views.market import CursorNotValid
from renqing.views.me_page import me_page
from renqing.views.my_account import PAGE_MAX, my_account

allow(Audience.PERSON, "GET /v1/me", "PATCH /v1/me", "GET /v1/me/account", "POST /v1/me/erasure")


class WaitingOut(msgspec.Struct, frozen=True):
    """What waits for you; 100 means more than 99."""

    notices: int
    chats: int
    gifts: int
    friend_asks: int


class WorkOut(msgspec.Struct, frozen=True):
    """A shop you work for."""

    shop_id: str
    name_zh: str
    name_en: str
    role: Role


class MeOut(msgspec.Struct, frozen=True):
    """You. ``phone`` is masked, and empty where you have none."""

    id: str
    name: str
    avatar: str
    language: Language
    phone: str
    has_password: bool
    waiting: WaitingOut
    shops: list[WorkOut]
    is_operator: bool


class FaceIn(Body, frozen=True, kw_only=True):
    """What shall be different; what is not given stays."""

    name: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    avatar: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    language: Language | None = None


class EraseIn(Body, frozen=True, kw_only=True):
    """``name`` is yours, as it stands, to say that you mean it; ``code`` came to your phone, if you have one."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    code: Annotated[str, msgspec.Meta(max_length=24)] = ""


class ErasedOut(msgspec.Struct, frozen=True):
    """You are forgotten here. No sign-in of yours opens anything any more."""

    erased_at: datetime


class StatementLineOut(msgspec.Struct, frozen=True):
    """A movement of an account. ``cause_kind`` and ``cause_id`` say what it was for."""

    entry_id: str
    n: int
    kind: str
    cause_kind: str
    cause_id: str
    amount: MoneyOut
    balance_after: MoneyOut
    made_at: datetime


class MyAccountOut(msgspec.Struct, frozen=True):
    """Your account: what the house owes you, and every movement, the newest first.

    Money that you pay passes through it into escrow, and a refund through it back to where it came from.
    """

    balance: MoneyOut
    held: MoneyOut
    lines: list[StatementLineOut]
    next_cursor: str | None


@get("/v1/me", tags=["me"])
async def read_me(request: AnyRequest) -> MeOut:
    """Who you are here, where you work and what waits for you."""
    page = await me_page(house_of(request).ground, reader_of(request).person_id)
    return MeOut(
        id=str(page.person.id),
        name=page.person.name,
        avatar=page.person.avatar,
        language=page.person.language,
        phone=page.phone,
        has_password=page.has_password,
        waiting=WaitingOut(page.waiting.notices, page.waiting.chats, page.waiting.gifts, page.asks),
        shops=[WorkOut(str(shop.shop_id), shop.name_zh, shop.name_en, shop.role) for shop in page.shops],
        is_operator=page.is_operator,
    )


@patch("/v1/me", tags=["me"])
async def change_me(request: AnyRequest, data: JSONBody[FaceIn]) -> PersonOut:
    """Change your name, avatar or language."""
    ask = ChangeFace(reader_of(request).person_id, data.name, data.avatar, data.language)
    return person_out(await change_my_face(house_of(request).ground, ask, once_of(request, data)))


@post(
    "/v1/me/erasure",
    tags=["me"],
    status_code=HTTP_200_OK,
    refuses=(CodeNotRight, ErasureWaits, TooMany),
)
async def erase_me(request: AnyRequest, data: JSONBody[EraseIn]) -> ErasedOut:
    """Be forgotten, for good: name, phone, addresses, words and sign-ins. Orders and money keep your id alone.

    A code is asked for with `POST /v1/sign-in-codes`. Nothing may be under way that needs you.
    """
    spend(request, SIGN_INS)
    once_of(request, data)  # it takes a key as every write does; there is nobody left to repeat it to
    erased = await erase_a_person(house_of(request).ground, EraseMe(reader_of(request).person_id, data.name, data.code))
    return ErasedOut(erased.erased_at)


@get("/v1/me/account", tags=["me"], refuses=(CursorNotValid,))
async def read_my_account(
    request: AnyRequest,
    cursor: Cursor = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, required=False)] = 50,
) -> MyAccountOut:
    """Your account's statement."""
    page = await my_account(house_of(request).ground, reader_of(request).person_id, cursor, limit)
    return MyAccountOut(
        balance=MoneyOut(page.balance, page.currency),
        held=MoneyOut(page.held, page.currency),
        lines=[
            StatementLineOut(
                entry_id=str(line.entry_id),
                n=line.n,
                kind=line.kind,
                cause_kind=line.cause_kind,
                cause_id=str(line.cause_id),
                amount=MoneyOut(line.amount, page.currency),
                balance_after=MoneyOut(line.balance_after, page.currency),
                made_at=line.made_at,
            )
            for line in page.lines
        ],
        next_cursor=page.next_after,
    )


routes = [read_me, change_me, erase_me, read_my_account]

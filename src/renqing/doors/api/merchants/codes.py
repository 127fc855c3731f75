"""A shop's gift codes: made, listed with what began at each, ended. And where a code leads, for who scans it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.catalog import ProductNotFound
from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Id,
    MoneyOut,
    house_of,
    id_in,
    id_of,
    once_of,
    once_without_body,
    reader_of,
)
from renqing.journeys.keep_gift_codes import EndACode, MakeACode, end_a_gift_code, make_a_gift_code
from renqing.trade.codes import PLACE_CHARACTERS_MAX, CodesFull, CodeUnknown, NewCode, by_code
from renqing.views.shop_codes import shop_codes

TAG = "merchants: gift codes"
allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/gift-codes",
    "POST /v1/shops/{shop_id:str}/gift-codes",
    "DELETE /v1/shops/{shop_id:str}/gift-codes/{gift_code_id:str}",
)
allow(Audience.ANYONE, "GET /v1/gift-codes/{gift_code:str}")


class GiftCodeIn(Body, frozen=True, kw_only=True):
    """What a code is for, where it will stand, and who of the staff is credited (none: the shop alone)."""

    product_id: Id
    place: Annotated[str, msgspec.Meta(max_length=PLACE_CHARACTERS_MAX)] = ""
    guide_id: Id | None = None


class GiftCodeMade(msgspec.Struct, frozen=True):
    """The code, and the address to print as a QR code."""

    id: str
    code: str
    url: str


class GiftCodeLine(msgspec.Struct, frozen=True):
    """A code with what began at it: ``gifts`` that were paid and have not gone back, and what they brought."""

    id: str
    code: str
    url: str
    product_id: str
    place: str
    guide: str
    ended: bool
    gifts: int
    amount: MoneyOut
    made_at: datetime


class GiftCodeEnded(msgspec.Struct, frozen=True):
    """It credits nobody any more."""

    id: str


class GiftCodeLeads(msgspec.Struct, frozen=True):
    """Where a code leads. Send ``code`` with the gift."""

    code: str
    shop_id: str
    product_id: str
    ended: bool


def _url(request: AnyRequest, code: str) -> str:
    return f"{house_of(request).own_url}/c/{code}"


@get("/v1/shops/{shop_id:str}/gift-codes", tags=[TAG], refuses=(ShopUnknown,))
async def list_gift_codes(request: AnyRequest, shop_id: FromPath[str]) -> list[GiftCodeLine]:
    """Your shop's codes, the newest first."""
    seen = await shop_codes(house_of(request).ground, reader_of(request).person_id, id_in(shop_id))
    return [
        GiftCodeLine(
            id=str(row.code_id),
            code=row.code,
            url=_url(request, row.code),
            product_id=str(row.product_id),
            place=row.place,
            guide=row.guide,
            ended=row.ended,
            gifts=row.gifts,
            amount=MoneyOut(row.amount, row.currency),
            made_at=row.made_at,
        )
        for row in seen.rows
    ]


@post("/v1/shops/{shop_id:str}/gift-codes", tags=[TAG], refuses=(ShopUnknown, ProductNotFound, CodesFull))
async def make_gift_code(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[GiftCodeIn]) -> GiftCodeMade:
    """Make a code to print beside a product: who scans it gives that product to a friend."""
    new = NewCode(id_in(shop_id), id_in(data.product_id), data.place, id_of(data.guide_id))
    ask = MakeACode(reader_of(request).person_id, new)
    made = await make_a_gift_code(house_of(request).ground, ask, once_of(request, data))
    return GiftCodeMade(str(made.id), made.code, _url(request, made.code))


@delete(
    "/v1/shops/{shop_id:str}/gift-codes/{gift_code_id:str}",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, CodeUnknown),
)
async def end_gift_code(request: AnyRequest, shop_id: FromPath[str], gift_code_id: FromPath[str]) -> GiftCodeEnded:
    """End a code. It still leads to its product, and credits nobody."""
    once = await once_without_body(request)
    ask = EndACode(reader_of(request).person_id, id_in(shop_id), id_in(gift_code_id))
    return GiftCodeEnded(str((await end_a_gift_code(house_of(request).ground, ask, once)).code_id))


@get("/v1/gift-codes/{gift_code:str}", tags=["giving"], refuses=(CodeUnknown,))
async def read_gift_code(request: AnyRequest, gift_code: FromPath[str]) -> GiftCodeLeads:
    """Where a printed code leads."""
    found = await by_code(house_of(request).ground.db, gift_code)
    return GiftCodeLeads(found.code, str(found.shop_id), str(found.product_id), found.ended_at is not None)


routes = [list_gift_codes, make_gift_code, end_gift_code, read_gift_code]

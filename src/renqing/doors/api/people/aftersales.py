"""After-sales of one's own orders: ask, take back, send goods back. The money goes to whoever paid.

The owner of a gift's order is its recipient: they open its after-sales, and the giver gets the money.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.ledger import FundsShort
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    Id,
    MoneyOut,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    once_of,
    once_without_body,
    reader_of,
)
from renqing.journeys.cancel_an_aftersale import CancelAftersale, cancel_an_aftersale
from renqing.journeys.move_an_aftersale import AftersaleStands
from renqing.journeys.open_an_aftersale import OpenAftersale, open_an_aftersale
from renqing.journeys.send_goods_back import SendGoodsBack, send_goods_back
from renqing.social.surprises import SurpriseWaits
from renqing.trade.aftersales import (
    AftersaleNothingPaid,
    AftersaleNotNow,
    AftersaleNotYet,
    AftersaleOpen,
    AftersaleQuantityNotValid,
    AftersaleReasonNotValid,
    AftersaleTooLate,
    AftersaleUnknown,
    Kind,
    TooManyCases,
)
from renqing.trade.orders import QUANTITY_MAX, OrderUnknown
from renqing.trade.shipping import CarrierUnknown, TrackingNumberNotValid
from renqing.views.market import CursorNotValid
from renqing.views.my_aftersales import MyCase, my_aftersales

allow(
    Audience.PERSON,
    "GET /v1/aftersales",
    "POST /v1/aftersales",
    "POST /v1/aftersales/{case_id:str}/cancellation",
    "POST /v1/aftersales/{case_id:str}/return",
)

LINES_MAX = 1000


class AftersaleIn(Body, frozen=True, kw_only=True):
    """What you ask for of one line of an order: money back, or to return goods first."""

    order_id: Id
    line_n: Annotated[int, msgspec.Meta(ge=1, le=LINES_MAX)] = 1
    kind: Literal["refund", "return"] = "refund"
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] = 1
    reason: Annotated[str, msgspec.Meta(max_length=2000)]


class ReturnIn(Body, frozen=True, kw_only=True):
    """With whom the goods went back."""

    carrier: Annotated[str, msgspec.Meta(max_length=40)]
    tracking_number: Annotated[str, msgspec.Meta(max_length=80)]


class AftersaleOut(msgspec.Struct, frozen=True):
    """Where your case stands, by WeChat Shop's name."""

    id: str
    order_id: str
    state: str


class BoughtCaseCard(msgspec.Struct, frozen=True, tag_field="kind_of_order", tag="bought"):
    """A case of yours, with what it gives back."""

    id: str
    order_id: str
    line_n: int
    kind: str
    state: str
    quantity: int
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    opened_at: datetime
    changed_at: datetime
    product: ProductName
    amount: MoneyOut


class GiftCaseCard(msgspec.Struct, frozen=True, tag_field="kind_of_order", tag="gift"):
    """A case of a gift that you claimed: the money goes to its giver."""

    id: str
    order_id: str
    line_n: int
    kind: str
    state: str
    quantity: int
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    opened_at: datetime
    changed_at: datetime
    product: ProductName


class MyCasesOut(msgspec.Struct, frozen=True):
    """Your cases, the newest first."""

    cases: list[BoughtCaseCard | GiftCaseCard]
    next_cursor: str | None


@get("/v1/aftersales", tags=["after-sales"], refuses=(CursorNotValid,))
async def list_my_cases(request: AnyRequest, cursor: Cursor = None) -> MyCasesOut:
    """Every after-sale that you opened."""
    page = await my_aftersales(house_of(request).ground, reader_of(request).person_id, cursor_in(cursor))
    return MyCasesOut([_card(case) for case in page.cases], cursor_out(page.before))


def _card(case: MyCase) -> BoughtCaseCard | GiftCaseCard:
    said = (
        str(case.case_id),
        str(case.order_id),
        case.line_n,
        case.kind,
        case.state,
        case.quantity,
        case.reason,
        case.answer,
        case.return_carrier,
        case.return_tracking_number,
        case.opened_at,
        case.changed_at,
        ProductName(str(case.product_id), case.title_zh, case.title_en, case.specs, case.picture),
    )
    if case.amount is None:
        return GiftCaseCard(*said)
    return BoughtCaseCard(*said, MoneyOut(case.amount, case.currency))


def stands_out(case: AftersaleStands) -> AftersaleOut:
    """A case on the wire, for whoever opened it."""
    return AftersaleOut(str(case.case_id), str(case.order_id), case.state.value)


@post(
    "/v1/aftersales",
    tags=["after-sales"],
    refuses=(
        OrderUnknown,
        SurpriseWaits,
        AftersaleNotYet,
        AftersaleNothingPaid,
        AftersaleOpen,
        AftersaleTooLate,
        TooManyCases,
        AftersaleQuantityNotValid,
        AftersaleReasonNotValid,
        AftersaleUnknown,
        FundsShort,
    ),
)
async def open_aftersale(request: AnyRequest, data: JSONBody[AftersaleIn]) -> AftersaleOut:
    """Ask for money back, or to return goods, of a line of an order of yours."""
    ask = OpenAftersale(
        owner_id=reader_of(request).person_id,
        order_id=id_in(data.order_id),
        line_n=data.line_n,
        kind=Kind(data.kind),
        quantity=data.quantity,
        reason=data.reason,
    )
    return stands_out(await open_an_aftersale(house_of(request).ground, ask, once_of(request, data)))


@post(
    "/v1/aftersales/{case_id:str}/cancellation",
    tags=["after-sales"],
    status_code=HTTP_200_OK,
    refuses=(AftersaleUnknown, AftersaleNotNow),
)
async def cancel_aftersale(request: AnyRequest, case_id: FromPath[str]) -> AftersaleOut:
    """Take a case of yours back, before money or goods are on their way."""
    ask = CancelAftersale(reader_of(request).person_id, id_in(case_id))
    return stands_out(await cancel_an_aftersale(house_of(request).ground, ask, await once_without_body(request)))


@post(
    "/v1/aftersales/{case_id:str}/return",
    tags=["after-sales"],
    status_code=HTTP_200_OK,
    refuses=(AftersaleUnknown, AftersaleNotNow, CarrierUnknown, TrackingNumberNotValid),
)
async def send_back(request: AnyRequest, case_id: FromPath[str], data: JSONBody[ReturnIn]) -> AftersaleOut:
    """Say that the goods of an agreed return are on their way, and with whom."""
    ask = SendGoodsBack(reader_of(request).person_id, id_in(case_id), data.carrier, data.tracking_number)
    return stands_out(await send_goods_back(house_of(request).ground, ask, once_of(request, data)))


routes = [list_my_cases, open_aftersale, cancel_aftersale, send_back]

"""A shop's after-sales and its account: what asks for an answer, and every fen that came, went or is held."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.ledger import FundsShort
from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    MoneyOut,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    once_of,
    reader_of,
)
from renqing.journeys.answer_an_aftersale import AnswerAftersale, answer_an_aftersale
from renqing.trade.aftersales import AftersaleNotNow, AftersaleReasonNotValid, AftersaleUnknown
from renqing.views.market import CursorNotValid
from renqing.views.shop_account import PAGE, PAGE_MAX, ShopAccount, shop_account
from renqing.views.shop_aftersales import CaseRow, Wanted, shop_aftersale, shop_aftersales
from renqing.views.shop_things import case_of_shop

allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/aftersales",
    "GET /v1/shops/{shop_id:str}/aftersales/{case_id:str}",
    "POST /v1/shops/{shop_id:str}/aftersales/{case_id:str}/answer",
    "GET /v1/shops/{shop_id:str}/account",
)

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, required=False)]


class CaseOut(msgspec.Struct, frozen=True):
    """A case of your shop. ``answer_by``: when silence speaks for whoever's turn it is."""

    id: str
    order_id: str
    line_n: int
    kind: str
    state: str
    quantity: int
    amount: MoneyOut
    held: MoneyOut
    purpose: str
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    opened_at: datetime
    changed_at: datetime
    answer_by: datetime | None
    product_id: str
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str


class CasesOut(msgspec.Struct, frozen=True):
    """What waits for your answer, oldest first; or every case, newest first."""

    cases: list[CaseOut]
    next_cursor: str | None


class AnswerIn(Body, frozen=True, kw_only=True):
    """Your answer; a no says why. ``back_to_stock``: the returned goods are here and can be sold again."""

    verdict: Literal["agree", "reject"]
    answer: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    back_to_stock: bool = False


class CaseStands(msgspec.Struct, frozen=True):
    """Where the case stands, and what goes back."""

    id: str
    order_id: str
    state: str
    amount: MoneyOut


class HeldOut(msgspec.Struct, frozen=True):
    """Money set aside for an after-sale that is not decided yet."""

    amount: MoneyOut
    case_id: str
    order_id: str
    made_at: datetime


class MovementOut(msgspec.Struct, frozen=True):
    """A movement of your account with its cause."""

    entry_id: str
    n: int
    kind: str
    cause_kind: str
    cause_id: str
    amount: MoneyOut
    balance_after: MoneyOut
    made_at: datetime


class ShopAccountOut(msgspec.Struct, frozen=True):
    """Your account, the newest movement first. ``coming`` is paid and not settled yet, before fees and refunds."""

    balance: MoneyOut
    held: MoneyOut
    free: MoneyOut
    coming: MoneyOut
    coming_orders: int
    holds: list[HeldOut]
    lines: list[MovementOut]
    next_cursor: str | None


@get("/v1/shops/{shop_id:str}/aftersales", tags=["merchants: after-sales"], refuses=(ShopUnknown, CursorNotValid))
async def list_cases(
    request: AnyRequest,
    shop_id: FromPath[str],
    wanted: FromQuery[Wanted] = "to_answer",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> CasesOut:
    """Your shop's after-sales."""
    page = await shop_aftersales(
        house_of(request).ground, reader_of(request).person_id, id_in(shop_id), wanted, cursor_in(cursor), limit
    )
    return CasesOut([_case(row) for row in page.rows], cursor_out(page.next_after))


@get(
    "/v1/shops/{shop_id:str}/aftersales/{case_id:str}",
    tags=["merchants: after-sales"],
    refuses=(ShopUnknown, AftersaleUnknown),
)
async def read_case(request: AnyRequest, shop_id: FromPath[str], case_id: FromPath[str]) -> CaseOut:
    """One case of your shop."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await case_of_shop(ground, reader, id_in(shop_id), id_in(case_id))
    return _case((await shop_aftersale(ground, reader, id_in(case_id)))[1])


def _case(row: CaseRow) -> CaseOut:
    return CaseOut(
        id=str(row.case_id),
        order_id=str(row.order_id),
        line_n=row.line_n,
        kind=row.kind,
        state=row.state,
        quantity=row.quantity,
        amount=MoneyOut(row.amount, row.currency),
        held=MoneyOut(row.held, row.currency),
        purpose=row.purpose,
        reason=row.reason,
        answer=row.answer,
        return_carrier=row.return_carrier,
        return_tracking_number=row.return_tracking_number,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        answer_by=row.answer_by,
        product_id=str(row.product_id),
        title_zh=row.title_zh,
        title_en=row.title_en,
        specs=row.specs,
        picture=row.picture,
    )


@post(
    "/v1/shops/{shop_id:str}/aftersales/{case_id:str}/answer",
    tags=["merchants: after-sales"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, AftersaleUnknown, AftersaleNotNow, AftersaleReasonNotValid, FundsShort),
)
async def answer_case(
    request: AnyRequest, shop_id: FromPath[str], case_id: FromPath[str], data: JSONBody[AnswerIn]
) -> CaseStands:
    """Agree, or say no and why; later, whether the returned goods are there. Agreeing sends the money back."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    await case_of_shop(ground, reader, id_in(shop_id), id_in(case_id))
    _, case = await shop_aftersale(ground, reader, id_in(case_id))
    ask = AnswerAftersale(reader, id_in(case_id), data.verdict, data.answer, data.back_to_stock)
    stands = await answer_an_aftersale(ground, ask, once_of(request, data))
    assert stands.amount is not None, "the shop sees what goes back"
    amount = MoneyOut(stands.amount, case.currency)
    return CaseStands(str(stands.case_id), str(stands.order_id), stands.state.value, amount)


@get("/v1/shops/{shop_id:str}/account", tags=["merchants: account"], refuses=(ShopUnknown, CursorNotValid))
async def read_shop_account(
    request: AnyRequest, shop_id: FromPath[str], cursor: Cursor = None, limit: Limit = PAGE
) -> ShopAccountOut:
    """Your shop's account: what it has, what is held and why, and every movement with its cause."""
    return _account(
        await shop_account(house_of(request).ground, reader_of(request).person_id, id_in(shop_id), cursor, limit)
    )


def _account(account: ShopAccount) -> ShopAccountOut:
    currency = account.currency
    return ShopAccountOut(
        balance=MoneyOut(account.balance, currency),
        held=MoneyOut(account.held, currency),
        free=MoneyOut(account.free, currency),
        coming=MoneyOut(account.coming.amount, currency),
        coming_orders=account.coming.orders,
        holds=[
            HeldOut(MoneyOut(one.amount, currency), str(one.case_id), str(one.order_id), one.made_at)
            for one in account.holds
        ],
        lines=[
            MovementOut(
                entry_id=str(line.entry_id),
                n=line.n,
                kind=line.kind,
                cause_kind=line.cause_kind,
                cause_id=str(line.cause_id),
                amount=MoneyOut(line.amount, currency),
                balance_after=MoneyOut(line.balance_after, currency),
                made_at=line.made_at,
            )
            for line in account.lines
        ],
        next_cursor=account.next_after,
    )


routes = [list_cases, read_case, answer_case, read_shop_account]

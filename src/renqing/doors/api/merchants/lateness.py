"""Paying for lateness, for the shop: its promise, and what lateness cost it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.lateness import LatePromiseOut, ShopPromiseOut, promise_out
from renqing.doors.api.wire import AnyRequest, Body, Cursor, MoneyOut, cursor_in, house_of, id_in, once_of, reader_of
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.ask_the_staff import OwnersOnly
from renqing.journeys.state_a_promise import StateAPromise, state_a_promise
from renqing.trade.lateness import HOURS_MAX, SHARE_BP_MAX, SUM_MAX, NewPromise, is_on
from renqing.views.lateness import PAGE, PAGE_MAX, shop_lateness
from renqing.views.market import CursorNotValid

allow(
    Audience.STAFF,
    "PUT /v1/shops/{shop_id:str}/lateness-promise",
    "GET /v1/shops/{shop_id:str}/lateness",
)

Sum = Annotated[int, msgspec.Meta(ge=0, le=SUM_MAX)]


class LatePromiseIn(Body, frozen=True, kw_only=True):
    """What your shop pays, once an order, for goods that leave later than the house's hours and ``grace_hours``.

    ``share_bp`` hundredths of a percent of their price (500: 5 %), 0 for nothing; from ``lowest`` to ``highest``
    minor units.
    """

    share_bp: Annotated[int, msgspec.Meta(ge=0, le=SHARE_BP_MAX)]
    lowest: Sum = 0
    highest: Sum = 0
    grace_hours: Annotated[int, msgspec.Meta(ge=0, le=HOURS_MAX)] = 0


class LateOrderOut(msgspec.Struct, frozen=True):
    """An order that your shop paid for: ``amount`` of the ``late_goods`` that had not left by ``due_at``."""

    order_id: str
    title_zh: str
    title_en: str
    late_goods: MoneyOut
    amount: MoneyOut
    due_at: datetime
    paid_at: datetime


class ShopLatenessOut(msgspec.Struct, frozen=True):
    """What lateness cost your shop: in the last ``days``, ever, and for which orders, newest first."""

    promise: LatePromiseOut | None
    days: int
    recent_orders: int
    recent_amount: MoneyOut
    all_orders: int
    all_amount: MoneyOut
    orders: list[LateOrderOut]
    next_cursor: str | None


@put(
    "/v1/shops/{shop_id:str}/lateness-promise",
    tags=["merchants: shop"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, OwnersOnly, FieldNotValid),
)
async def keep_promise(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[LatePromiseIn]) -> ShopPromiseOut:
    """State what your shop pays for lateness, for orders placed from now on; those that are there keep theirs."""
    ground, number = house_of(request).ground, id_in(shop_id)
    new = NewPromise(data.share_bp, data.lowest, data.highest, data.grace_hours)
    ask = StateAPromise(reader_of(request).person_id, number, new)
    promise = await state_a_promise(ground, ask, once_of(request, data))
    return ShopPromiseOut(str(number), promise_out(ground, promise if is_on(promise) else None))


@get("/v1/shops/{shop_id:str}/lateness", tags=["merchants: shop"], refuses=(ShopUnknown, CursorNotValid))
async def read_cost(
    request: AnyRequest,
    shop_id: FromPath[str],
    cursor: Cursor = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE,
) -> ShopLatenessOut:
    """What lateness cost your shop."""
    ground = house_of(request).ground
    seen = await shop_lateness(ground, reader_of(request).person_id, id_in(shop_id), cursor_in(cursor), limit)
    return ShopLatenessOut(
        promise=promise_out(ground, seen.promise),
        days=seen.days,
        recent_orders=seen.recent,
        recent_amount=MoneyOut(seen.recent_amount, seen.currency),
        all_orders=seen.all,
        all_amount=MoneyOut(seen.all_amount, seen.currency),
        orders=[
            LateOrderOut(
                order_id=str(row.paid.order_id),
                title_zh=row.title_zh,
                title_en=row.title_en,
                late_goods=MoneyOut(row.paid.base_amount, row.paid.currency),
                amount=MoneyOut(row.paid.amount, row.paid.currency),
                due_at=row.paid.due_at,
                paid_at=row.paid.paid_at,
            )
            for row in seen.rows
        ],
        next_cursor=None if seen.next_after is None else str(seen.next_after),
    )


routes = [keep_promise, read_cost]

"""Money that could not go back to you: what is kept, what happens next, and another way that you name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, MoneyOut, house_of, id_in, once_of, reader_of
from renqing.journeys.keep_a_balance import NameARoute, RouteUnknown, name_a_route
from renqing.trade.balances import BalanceOver, BalanceUnknown
from renqing.views.balances import MyBalance, my_balances

allow(Audience.PERSON, "GET /v1/me/balances", "POST /v1/me/balances/{balance_id:str}/route")


How = Literal["refund", "payout", "by_hand"]


class BalanceOut(msgspec.Struct, frozen=True):
    """Money that is yours and could not go back the way you paid. It never expires.

    ``order_id`` is what you paid for; of a share of a gift together it is none, and ``fund_id`` says which.
    ``next_at``: when the house tries again; ``is_going``: it is being tried now. ``route_id``: the payment that you
    named. ``how`` it reached you: refund, payout or by_hand.
    """

    id: str
    amount: MoneyOut
    state: Literal["kept", "returned", "ended"]
    order_id: str | None
    gift_id: str | None
    fund_id: str | None
    title_zh: str
    title_en: str
    kept_at: datetime
    next_at: datetime | None
    is_going: bool
    route_id: str | None
    over_at: datetime | None
    how: How | None


class RouteOut(msgspec.Struct, frozen=True):
    """A payment of yours: money can be sent to the account that paid it. ``route_id`` names it."""

    route_id: str
    title_zh: str
    title_en: str
    paid_at: datetime


class BalancesOut(msgspec.Struct, frozen=True):
    """What is kept for you in all, each balance with what happens next, and where else it can be sent."""

    kept: list[MoneyOut]
    balances: list[BalanceOut]
    routes: list[RouteOut]


class RouteIn(Body, frozen=True, kw_only=True):
    """The ``route_id`` of a payment of yours."""

    route_id: Annotated[str, msgspec.Meta(max_length=24)]


class RouteNamedOut(msgspec.Struct, frozen=True):
    """It is tried now."""

    balance_id: str


@get("/v1/me/balances", tags=["me"])
async def read_balances(request: AnyRequest) -> BalancesOut:
    """What the house keeps for you because no way back was open. It tries by itself, every week."""
    page = await my_balances(house_of(request).ground, reader_of(request).person_id)
    return BalancesOut(
        kept=[MoneyOut(amount, currency) for currency, amount in page.kept.items()],
        balances=[_out(one) for one in page.balances],
        routes=[RouteOut(str(one.intent_id), one.title_zh, one.title_en, one.paid_at) for one in page.routes],
    )


def _out(one: MyBalance) -> BalanceOut:
    how: How | None = None if one.state == "kept" else one.how or "by_hand"
    return BalanceOut(
        id=str(one.id),
        amount=MoneyOut(one.amount, one.currency),
        state=one.state,
        order_id=None if one.fund_id is not None else str(one.order_id),
        gift_id=None if one.gift_id is None else str(one.gift_id),
        fund_id=None if one.fund_id is None else str(one.fund_id),
        title_zh=one.title_zh,
        title_en=one.title_en,
        kept_at=one.kept_at,
        next_at=one.next_at if one.state == "kept" else None,
        is_going=one.is_going,
        route_id=None if one.named_intent_id is None else str(one.named_intent_id),
        over_at=one.over_at,
        how=how,
    )


@post(
    "/v1/me/balances/{balance_id:str}/route",
    tags=["me"],
    status_code=HTTP_200_OK,
    refuses=(BalanceUnknown, BalanceOver, RouteUnknown),
)
async def name(request: AnyRequest, balance_id: FromPath[str], data: JSONBody[RouteIn]) -> RouteNamedOut:
    """Have it sent to the account that paid another payment of yours. It is tried at once, and then every week."""
    ask = NameARoute(reader_of(request).person_id, id_in(balance_id), id_in(data.route_id))
    return RouteNamedOut(str((await name_a_route(house_of(request).ground, ask, once_of(request, data))).balance_id))


routes = [read_balances, name]

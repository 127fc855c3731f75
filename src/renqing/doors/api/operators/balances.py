"""Balances of people whose way back is closed: an operator sees them, and ends one that was given back by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, MoneyOut, house_of, id_in, once_of, reader_of
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.end_a_balance import EndABalance, end_a_balance
from renqing.trade.balances import REASON_CHARACTERS_MAX, BalanceOver, BalanceUnknown
from renqing.views.balances import operator_balances

TAG = "operators: work"
allow(Audience.OPERATOR, "GET /v1/operator/balances", "POST /v1/operator/balances/{kept_balance_id:str}/end")


class KeptBalanceOut(msgspec.Struct, frozen=True):
    """A balance that is kept. ``why``: its way back is ``closed``, or the last try was ``refused``.

    ``last_why``: what the channel said last. ``person`` is nobody's name where they were erased.
    """

    id: str
    person_id: str
    person: str
    is_erased: bool
    order_id: str
    amount: MoneyOut
    why: str
    kept_at: datetime
    tries: int
    last_why: str
    next_at: datetime | None
    is_going: bool


class KeptBalancesOut(msgspec.Struct, frozen=True):
    """What is kept for people: in all, and each, the oldest first."""

    kept: list[MoneyOut]
    count: int
    balances: list[KeptBalanceOut]


class EndBalanceIn(Body, frozen=True, kw_only=True):
    """How it was given back: "paid by bank transfer, reference …"."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=REASON_CHARACTERS_MAX)]


class BalanceEndedOut(msgspec.Struct, frozen=True):
    """It is over."""

    balance_id: str


@get("/v1/operator/balances", tags=[TAG])
async def list_balances(request: AnyRequest) -> KeptBalancesOut:
    """What the house keeps for people because no way back was open."""
    seen = await operator_balances(house_of(request).ground, reader_of(request).person_id)
    return KeptBalancesOut(
        kept=[MoneyOut(amount, currency) for currency, amount in seen.kept.items()],
        count=seen.count,
        balances=[
            KeptBalanceOut(
                id=str(row.id),
                person_id=str(row.person_id),
                person=row.person,
                is_erased=row.is_erased,
                order_id=str(row.order_id),
                amount=MoneyOut(row.amount, row.currency),
                why=row.why,
                kept_at=row.kept_at,
                tries=row.tries,
                last_why=row.last_why,
                next_at=row.next_at,
                is_going=row.is_going,
            )
            for row in seen.rows
        ],
    )


@post(
    "/v1/operator/balances/{kept_balance_id:str}/end",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(BalanceUnknown, BalanceOver, FieldNotValid),
)
async def end(request: AnyRequest, kept_balance_id: FromPath[str], data: JSONBody[EndBalanceIn]) -> BalanceEndedOut:
    """You have given it back some other way: say how. It is recorded with your name, and never tried again."""
    ask = EndABalance(reader_of(request).person_id, id_in(kept_balance_id), data.reason)
    return BalanceEndedOut(str((await end_a_balance(house_of(request).ground, ask, once_of(request, data))).balance_id))


routes = [list_balances, end]

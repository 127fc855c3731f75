"""Paying for lateness, for who buys: what a shop promises, and what came of it for an order."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get
from litestar.params import FromPath

from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, MoneyOut, house_of, id_in, reader_of
from renqing.foundation.ground import Ground
from renqing.trade.lateness import Promise
from renqing.trade.orders import OrderUnknown
from renqing.views.lateness import lateness_of, promise_of_shop

allow(Audience.PUBLIC, "GET /v1/shops/{shop_id:str}/lateness-promise")
allow(Audience.PERSON, "GET /v1/orders/{order_id:str}/lateness")


class LatePromiseOut(msgspec.Struct, frozen=True):
    """What a shop pays, once an order, for what has not left ``within_hours`` after the claim or the payment.

    ``share_bp`` hundredths of a percent of those goods, from ``lowest`` to ``highest``, half their price at most.
    """

    share_bp: int
    lowest: MoneyOut
    highest: MoneyOut
    grace_hours: int
    within_hours: int
    stated_at: datetime


class ShopPromiseOut(msgspec.Struct, frozen=True):
    """What a shop promises who buys now: ``promise`` is null where it pays nothing for lateness."""

    shop_id: str
    promise: LatePromiseOut | None


class LatenessOut(msgspec.Struct, frozen=True):
    """The lateness of an order that you pay for, or get. ``promise``: as it was when the order was placed.

    ``due_at``: what has not left by then is late; null where nothing waits. ``late_paid`` went back to who paid for
    it: null for who gets somebody else's gift, whom ``is_paid`` tells that it did.
    """

    order_id: str
    promise: LatePromiseOut | None
    due_at: datetime | None
    is_paid: bool
    late_paid: MoneyOut | None


def promise_out(ground: Ground, promise: Promise | None) -> LatePromiseOut | None:
    """A promise as programs read it."""
    if promise is None:
        return None
    currency = ground.policy.currency
    return LatePromiseOut(
        share_bp=promise.share_bp,
        lowest=MoneyOut(promise.lowest_amount, currency),
        highest=MoneyOut(promise.highest_amount, currency),
        grace_hours=promise.grace_hours,
        within_hours=promise.within_hours,
        stated_at=promise.stated_at,
    )


@get("/v1/shops/{shop_id:str}/lateness-promise", tags=["market"], refuses=(ShopUnknown,))
async def read_promise(request: AnyRequest, shop_id: FromPath[str]) -> ShopPromiseOut:
    """What a shop pays for a parcel that leaves late."""
    ground, number = house_of(request).ground, id_in(shop_id)
    return ShopPromiseOut(str(number), promise_out(ground, await promise_of_shop(ground, number)))


@get("/v1/orders/{order_id:str}/lateness", tags=["buying"], refuses=(OrderUnknown,))
async def read_lateness(request: AnyRequest, order_id: FromPath[str]) -> LatenessOut:
    """Whether an order is late, and what its shop pays for that."""
    ground = house_of(request).ground
    seen = await lateness_of(ground, reader_of(request).person_id, id_in(order_id))
    return LatenessOut(
        order_id=str(seen.order_id),
        promise=promise_out(ground, seen.promise),
        due_at=seen.due_at,
        is_paid=seen.is_paid,
        late_paid=None if seen.amount is None else MoneyOut(seen.amount, seen.currency),
    )


routes = [read_promise, read_lateness]

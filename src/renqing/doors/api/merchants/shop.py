"""The shop itself: its morning, its face, whether its goods may be gifts, what delivery costs where."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from litestar import delete, get, put
from litestar.params import FromPath, JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import NewShop, Role, Shop, ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    Amount,
    AnyRequest,
    Body,
    MoneyOut,
    house_of,
    id_in,
    money_out,
    once_of,
    once_without_body,
    reader_of,
)
from renqing.foundation.ground import Ground
from renqing.journeys.ask_the_staff import OwnersOnly
from renqing.journeys.keep_a_shop import (
    DropFreight,
    KeepShop,
    KeptShop,
    SetFreight,
    drop_freight,
    keep_a_shop,
    set_freight,
)
from renqing.trade.shipping import Rate, RateNotValid
from renqing.views.shop_desk import shop_desk
from renqing.views.shop_things import shop_rates

allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/desk",
    "PUT /v1/shops/{shop_id:str}",
    "GET /v1/shops/{shop_id:str}/rates",
    "PUT /v1/shops/{shop_id:str}/rates/{region_code:int}",
    "DELETE /v1/shops/{shop_id:str}/rates/{region_code:int}",
)

REGION_CODE_MAX = 999_999_999
RegionCode = Annotated[int, PathParameter(ge=0, le=REGION_CODE_MAX, description="0 is everywhere")]
Text = Annotated[str, msgspec.Meta(max_length=1000)]


class DayOut(msgspec.Struct, frozen=True):
    """What was paid on one day."""

    on: date
    orders: int
    gifts: int
    amount: MoneyOut


class ShopDeskOut(msgspec.Struct, frozen=True):
    """What asks for an act, and the last days. Counts stop at 1,000."""

    shop_id: str
    name_zh: str
    name_en: str
    role: Role
    to_ship: int
    late: int
    to_answer: int
    stock_low: int
    days: list[DayOut]


class ShopIn(Body, frozen=True, kw_only=True):
    """The shop as its owner wants it to look. ``writes_cards``: you lay a card of paper into a gift's parcel."""

    name_zh: Text
    name_en: Text = ""
    brief_zh: Text = ""
    brief_en: Text = ""
    logo: Text = ""
    gifts_allowed: bool = True
    writes_cards: bool = False


class RateIn(Body, frozen=True, kw_only=True):
    """What delivery into a region costs: ``fee``, nothing from ``free_from`` of goods on, or not at all."""

    fee: Amount = 0
    free_from: Amount | None = None
    delivers: bool = True


class RateOut(msgspec.Struct, frozen=True):
    """What delivery into a region costs; region 0 is everywhere."""

    region_code: int
    fee: MoneyOut
    free_from: MoneyOut | None
    delivers: bool


class ShopOut(msgspec.Struct, frozen=True):
    """The shop with its rates, everywhere first."""

    id: str
    name_zh: str
    name_en: str
    brief_zh: str
    brief_en: str
    logo: str
    gifts_allowed: bool
    writes_cards: bool
    rates: list[RateOut]


@get("/v1/shops/{shop_id:str}/desk", tags=["merchants: shop"], refuses=(ShopUnknown,))
async def read_shop_desk(request: AnyRequest, shop_id: FromPath[str]) -> ShopDeskOut:
    """What waits in your shop, and what the last days brought."""
    page = await shop_desk(house_of(request).ground, reader_of(request).person_id, id_in(shop_id))
    return ShopDeskOut(
        shop_id=str(page.shop.id),
        name_zh=page.shop.name_zh,
        name_en=page.shop.name_en,
        role=page.shop.role,
        to_ship=page.to_ship,
        late=page.late,
        to_answer=page.to_answer,
        stock_low=page.stock_low,
        days=[DayOut(day.on, day.orders, day.gifts, MoneyOut(day.amount, page.currency)) for day in page.days],
    )


@put("/v1/shops/{shop_id:str}", tags=["merchants: shop"], status_code=HTTP_200_OK, refuses=(ShopUnknown, OwnersOnly))
async def keep_shop(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[ShopIn]) -> ShopOut:
    """Write your shop's face anew, and whether its goods may be gifts. Its owner decides."""
    ground = house_of(request).ground
    face = NewShop(**msgspec.structs.asdict(data))
    ask = KeepShop(reader_of(request).person_id, id_in(shop_id), face)
    return _kept(ground, await keep_a_shop(ground, ask, once_of(request, data)))


@get("/v1/shops/{shop_id:str}/rates", tags=["merchants: shop"], refuses=(ShopUnknown,))
async def list_rates(request: AnyRequest, shop_id: FromPath[str]) -> list[RateOut]:
    """What your shop asks for delivery, everywhere first. The closest region decides."""
    ground = house_of(request).ground
    page = await shop_rates(ground, reader_of(request).person_id, id_in(shop_id))
    return [_rate(ground, rate) for rate in page.rates]


@put(
    "/v1/shops/{shop_id:str}/rates/{region_code:int}",
    tags=["merchants: shop"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, OwnersOnly, RateNotValid),
)
async def set_rate(
    request: AnyRequest, shop_id: FromPath[str], region_code: RegionCode, data: JSONBody[RateIn]
) -> ShopOut:
    """Say what delivery into a region costs, or that you do not deliver there."""
    ground = house_of(request).ground
    rate = Rate(region_code, data.fee, data.free_from, data.delivers)
    ask = SetFreight(reader_of(request).person_id, id_in(shop_id), rate)
    return _kept(ground, await set_freight(ground, ask, once_of(request, data)))


@delete(
    "/v1/shops/{shop_id:str}/rates/{region_code:int}",
    tags=["merchants: shop"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown, OwnersOnly),
)
async def drop_rate(request: AnyRequest, shop_id: FromPath[str], region_code: RegionCode) -> ShopOut:
    """Let a region cost what its wider region costs."""
    ground = house_of(request).ground
    ask = DropFreight(reader_of(request).person_id, id_in(shop_id), region_code)
    return _kept(ground, await drop_freight(ground, ask, await once_without_body(request)))


def _kept(ground: Ground, kept: KeptShop) -> ShopOut:
    shop: Shop = kept.shop
    return ShopOut(
        id=str(shop.id),
        name_zh=shop.name_zh,
        name_en=shop.name_en,
        brief_zh=shop.brief_zh,
        brief_en=shop.brief_en,
        logo=shop.logo,
        gifts_allowed=shop.gifts_allowed,
        writes_cards=shop.writes_cards,
        rates=[_rate(ground, rate) for rate in kept.rates],
    )


def _rate(ground: Ground, rate: Rate) -> RateOut:
    currency = ground.policy.currency
    return RateOut(rate.region_code, MoneyOut(rate.fee, currency), money_out(rate.free_from, currency), rate.delivers)


routes = [read_shop_desk, keep_shop, list_rates, set_rate, drop_rate]

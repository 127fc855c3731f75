"""A shop's stock: pieces counted in, pieces written off."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody

from renqing.books.catalog import ProductNotFound
from renqing.books.people import ShopUnknown
from renqing.books.stock import StockRanOut
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Id,
    house_of,
    id_in,
    once_of,
    reader_of,
)
from renqing.journeys.receive_stock import (
    LINES_MAX,
    PIECES_MAX,
    ReceiveStock,
    StockLevels,
    WriteOffStock,
    receive_stock,
    write_off_stock,
)

allow(
    Audience.STAFF,
    "POST /v1/shops/{shop_id:str}/stock/receipts",
    "POST /v1/shops/{shop_id:str}/stock/write-offs",
)

Pieces = Annotated[int, msgspec.Meta(ge=1, le=PIECES_MAX)]


class StockLineIn(Body, frozen=True, kw_only=True):
    """So many pieces of a style."""

    sku_id: Id
    quantity: Pieces


class ReceiptIn(Body, frozen=True, kw_only=True):
    """What came in."""

    lines: Annotated[list[StockLineIn], msgspec.Meta(min_length=1, max_length=LINES_MAX)]


class LevelOut(msgspec.Struct, frozen=True):
    """What there is of a style now, and how much of it is held for orders."""

    sku_id: str
    on_hand: int
    held: int


@post("/v1/shops/{shop_id:str}/stock/receipts", tags=["merchants: products"], refuses=(ShopUnknown, ProductNotFound))
async def receive(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[ReceiptIn]) -> list[LevelOut]:
    """Count pieces in."""
    lines = tuple((id_in(line.sku_id), line.quantity) for line in data.lines)
    ask = ReceiveStock(reader_of(request).person_id, id_in(shop_id), lines)
    return _levels(await receive_stock(house_of(request).ground, ask, once_of(request, data)))


@post(
    "/v1/shops/{shop_id:str}/stock/write-offs",
    tags=["merchants: products"],
    refuses=(ShopUnknown, ProductNotFound, StockRanOut),
)
async def write_off(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[StockLineIn]) -> list[LevelOut]:
    """Write off pieces that are lost or broken. Those held for orders cannot be."""
    ask = WriteOffStock(reader_of(request).person_id, id_in(shop_id), id_in(data.sku_id), data.quantity)
    return _levels(await write_off_stock(house_of(request).ground, ask, once_of(request, data)))


def _levels(kept: StockLevels) -> list[LevelOut]:
    return [LevelOut(str(sku_id), on_hand, held) for sku_id, on_hand, held in kept.levels]


routes = [receive, write_off]

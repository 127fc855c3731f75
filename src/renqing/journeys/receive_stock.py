"""Pieces come into a shop, or are lost: its stock says so, and who said it.

Steps, in one transaction: the shop's staff are let in, nobody else; every style must be the shop's own; the pieces are
counted in, or written off as far as they are free. Pieces that are held for orders cannot be written off: first the
orders. When a step refuses, nothing is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import catalog, people, stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff

LINES_MAX = 200
PIECES_MAX = 1_000_000


class ReceiveStock(msgspec.Struct, frozen=True):
    """What came: (sku id, quantity) lines."""

    staff_id: int
    shop_id: int
    lines: tuple[tuple[int, int], ...]


class WriteOffStock(msgspec.Struct, frozen=True):
    """What is lost or broken."""

    staff_id: int
    shop_id: int
    sku_id: int
    quantity: int


class StockLevels(msgspec.Struct, frozen=True):
    """(sku id, on hand, held) as they are now."""

    levels: tuple[tuple[int, int, int], ...]


async def receive_stock(ground: Ground, ask: ReceiveStock, once: Once) -> StockLevels:
    """Raises ShopUnknown for others than the staff, ProductNotFound for a foreign style, FieldNotValid."""
    return await run_once(ground.db, once, StockLevels, lambda tx: _receive(tx, ask))


async def _receive(tx: Tx, ask: ReceiveStock) -> StockLevels:
    if not 0 < len(ask.lines) <= LINES_MAX or len({sku for sku, _ in ask.lines}) != len(ask.lines):
        raise FieldNotValid(field="lines", reason="count", max=LINES_MAX)
    sku_ids = [sku for sku, _ in ask.lines]
    await _check(tx, ask.shop_id, ask.staff_id, sku_ids, [quantity for _, quantity in ask.lines])
    await stock.receive(tx, sorted(ask.lines), "stock_in", tx.ids.new())
    return await _levels(tx, sku_ids)


async def write_off_stock(ground: Ground, ask: WriteOffStock, once: Once) -> StockLevels:
    """Raises ShopUnknown for others than the staff, ProductNotFound for a foreign style, StockRanOut, FieldNotValid."""
    return await run_once(ground.db, once, StockLevels, lambda tx: _write_off(tx, ask))


async def _write_off(tx: Tx, ask: WriteOffStock) -> StockLevels:
    await _check(tx, ask.shop_id, ask.staff_id, [ask.sku_id], [ask.quantity])
    await stock.write_off(tx, ask.sku_id, ask.quantity, "stock_out", tx.ids.new())
    return await _levels(tx, [ask.sku_id])


async def _check(tx: Tx, shop_id: int, staff_id: int, sku_ids: Sequence[int], quantities: Sequence[int]) -> None:
    await check_staff(tx, shop_id, staff_id, otherwise=people.ShopUnknown())
    offers = await catalog.offers(tx, sku_ids)
    if any(sku not in offers or offers[sku].shop_id != shop_id for sku in sku_ids):
        raise catalog.ProductNotFound
    if not all(0 < quantity <= PIECES_MAX for quantity in quantities):
        raise FieldNotValid(field="quantity", reason="outside", max=PIECES_MAX)


async def _levels(tx: Tx, sku_ids: Sequence[int]) -> StockLevels:
    known = await stock.levels(tx, sku_ids)
    return StockLevels(tuple((sku, *known[sku]) for sku in sku_ids))

"""What can be done to stock. Nothing here commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from renqing.books.stock import store
from renqing.books.stock.model import HoldAsk, StockRanOut
from renqing.foundation.database import Tx


async def hold(tx: Tx, asks: Sequence[HoldAsk]) -> list[StockRanOut | None]:
    """Hold pieces for each order whole or not at all, judged in order; one verdict an ask."""
    if not asks:
        return []
    ran_out = await store.hold_lines(tx, asks)
    return [None if sku is None else StockRanOut(sku_id=sku) for sku in ran_out]


async def release(tx: Tx, order_ids: Sequence[int]) -> int:
    """Free everything that is still held for these orders; returns how many holds ended."""
    return await store.release_orders(tx, order_ids)


async def take(tx: Tx, order_id: int, lines: Sequence[tuple[int, int]], *, held_for: int | None = None) -> None:
    """Pieces (sku, quantity) of an order leave the house. They are held for it, or for the order it is a part of."""
    holder = order_id if held_for is None else held_for
    await take_many(tx, [(order_id, holder, sku, quantity) for sku, quantity in lines])


async def take_many(tx: Tx, pieces: Sequence[tuple[int, int, int, int]]) -> None:
    """Pieces (order, the order they are held for, sku, quantity) of many orders leave the house at once."""
    lines = Counter[tuple[int, int]]()
    for _, holder, sku, quantity in pieces:
        lines[holder, sku] += quantity
    taken = await store.end_holds(tx, [(*line, quantity) for line, quantity in sorted(lines.items())], "taken")
    assert taken == len(lines), "an order ships what it holds"
    await store.move_out(tx, [(order_id, sku, quantity) for order_id, _, sku, quantity in pieces])


async def let_go(tx: Tx, pieces: Sequence[tuple[int, int, int]]) -> None:
    """Held pieces (order, sku, quantity; each order and sku once) will never be shipped: free them."""
    if pieces:
        freed = await store.end_holds(tx, pieces, "released")
        assert freed == len(pieces), "what is let go is held"


async def receive(tx: Tx, lines: Sequence[tuple[int, int]], cause_kind: str, cause_id: int) -> None:
    """Pieces (sku, quantity above zero) arrive; a new item is opened."""
    assert all(quantity > 0 for _, quantity in lines), "pieces that arrive are more than none"
    if lines:
        await store.move(tx, lines, "received", cause_kind, cause_id)


async def put_back(tx: Tx, order_id: int, lines: Sequence[tuple[int, int]]) -> None:
    """Pieces of an order come back and can be sold again."""
    await store.move(tx, lines, "returned", "order", order_id)


async def write_off(tx: Tx, sku_id: int, quantity: int, cause_kind: str, cause_id: int) -> None:
    """Free pieces are lost or broken. Raises StockRanOut where fewer are free."""
    await store.lock_items(tx, [sku_id])
    if (await store.available(tx, [sku_id]))[sku_id] < quantity:
        raise StockRanOut(sku_id=sku_id)
    await store.move(tx, [(sku_id, -quantity)], "written_off", cause_kind, cause_id)


async def move_hold(tx: Tx, order_id: int, old_sku: int, new_sku: int, quantity: int) -> StockRanOut | None:
    """Hold another sku for an order instead of the one it holds; nothing changes where the other has run out."""
    if old_sku == new_sku:
        return None
    return await exchange_hold(tx, order_id, [(old_sku, quantity)], [(new_sku, quantity)])


async def exchange_hold(
    tx: Tx, order_id: int, old: Sequence[tuple[int, int]], new: Sequence[tuple[int, int]]
) -> StockRanOut | None:
    """Hold these pieces (sku, quantity) for an order instead of ``old``; nothing changes where one has run out."""
    held, wanted = dict(old), [sku for sku, _ in new]
    assert len(held) == len(old), "each sku once"
    await store.lock_items(tx, sorted({*held, *wanted}))
    free = await store.available(tx, wanted)
    for sku, quantity in new:
        if free[sku] + held.get(sku, 0) < quantity:
            return StockRanOut(sku_id=sku)
    await let_go(tx, [(order_id, sku, pieces) for sku, pieces in old])
    verdict = await hold(tx, [HoldAsk(order_id, tuple(new))])
    assert verdict == [None], "the items are locked and have enough"
    return None

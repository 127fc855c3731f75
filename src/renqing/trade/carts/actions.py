"""What can be done to carts. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.trade.carts import rules, store
from renqing.trade.carts.model import CartChanged, CartLineUnknown, InCart, Put


async def put_in(tx: Tx, puts: Sequence[Put]) -> list[InCart | Refusal]:
    """Put pieces into carts; for each the line as it is now, or CartFull or TooManyPieces. Judged in order."""
    if not puts:
        return []
    standing = await store.lock(tx, [(put.person_id, put.sku_id) for put in puts])
    quantities = {(put.person_id, put.sku_id): found.quantity for put, found in zip(puts, standing, strict=True)}
    lines = {put.person_id: found.lines for put, found in zip(puts, standing, strict=True)}
    answers: list[InCart | Refusal] = []
    written: dict[tuple[int, int], tuple[Put, int]] = {}
    for put in puts:
        place = (put.person_id, put.sku_id)
        try:
            now = rules.put(put, quantities[place], lines[put.person_id])
        except Refusal as refusal:
            answers.append(refusal)
            continue
        quantities[place], lines[put.person_id] = now.quantity, now.lines
        written[place] = (put, now.quantity)
        answers.append(now)
    await store.write(tx, list(written.values()))
    return answers


async def change(tx: Tx, person_id: int, sku_id: int, quantity: int) -> InCart:
    """A line has so many pieces from now on. Raises CartLineUnknown."""
    (there,) = await store.lock(tx, [(person_id, sku_id)])
    if not there.quantity:
        raise CartLineUnknown
    await store.set_quantity(tx, person_id, sku_id, quantity)
    return InCart(sku_id, quantity, there.lines)


async def take_out(tx: Tx, person_id: int, sku_id: int) -> int:
    """A line leaves its cart; how many stay. Raises CartLineUnknown."""
    (there,) = await store.lock(tx, [(person_id, sku_id)])
    if not there.quantity:
        raise CartLineUnknown
    await store.delete_lines(tx, [(person_id, sku_id)])
    return there.lines - 1


async def judge_order(tx: Tx, asks: Sequence[tuple[int, Sequence[tuple[int, int]]]]) -> list[CartChanged | None]:
    """Whether carts hold exactly what is ordered from them: (person, (SKU, quantity) lines).

    The carts are locked from now on. What one ask of a batch orders, a later one of the same person does not find.
    """
    places = [(person_id, sku_id) for person_id, lines in asks for sku_id, _ in lines]
    if not places:
        return [None for _ in asks]
    found = dict(zip(places, await store.lock(tx, places), strict=True))
    held: dict[int, dict[int, int]] = {}
    for (person_id, sku_id), standing in found.items():
        held.setdefault(person_id, {})[sku_id] = standing.quantity
    verdicts = []
    for person_id, lines in asks:
        verdict = rules.what_differs(held.get(person_id, {}), lines)
        if verdict is None:
            for sku_id, _ in lines:
                del held[person_id][sku_id]
        verdicts.append(verdict)
    return verdicts


async def forget(tx: Tx, person_id: int) -> int:
    """Nothing is left of somebody's cart; how many lines it had."""
    return await store.delete_cart(tx, person_id)

"""How a line grows, and whether a cart holds what is ordered from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renqing.trade.carts.model import LINES_MAX, QUANTITY_MAX, CartChanged, CartFull, InCart, Put, TooManyPieces


def put(asked: Put, quantity: int, lines: int) -> InCart:
    """The line after ``asked``, where it has ``quantity`` pieces (0: not in the cart) and the cart ``lines`` lines.

    Raises CartFull, TooManyPieces.
    """
    assert asked.quantity > 0, "nothing is put in by taking out"
    if not quantity and lines >= LINES_MAX:
        raise CartFull(max=LINES_MAX)
    if quantity + asked.quantity > QUANTITY_MAX:
        raise TooManyPieces(sku_id=asked.sku_id, max=QUANTITY_MAX)
    return InCart(asked.sku_id, quantity + asked.quantity, lines + (not quantity))


def what_differs(held: Mapping[int, int], wanted: Sequence[tuple[int, int]]) -> CartChanged | None:
    """None where a cart holds exactly this many pieces of each wanted SKU, else the first that it does not."""
    for sku_id, quantity in wanted:
        if held.get(sku_id) != quantity:
            return CartChanged(sku_id=sku_id)
    return None

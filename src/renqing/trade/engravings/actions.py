"""What can be done to engravings. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.trade.engravings import rules, store
from renqing.trade.engravings.model import EngravingNotHere, Ordered, Terms


async def keep_terms(tx: Tx, shop_id: int, product_id: int, terms: Terms) -> Terms:
    """Say what a product takes from now on; neither words nor pictures: it takes none. Raises FieldNotValid."""
    checked = rules.check_terms(terms)
    await store.put_terms(tx, shop_id, product_id, checked)
    return checked


async def engrave(tx: Tx, ordered: Ordered) -> None:
    """Keep what was chosen, judged before, with the order that is placed in the same transaction."""
    await store.insert(tx, ordered)


async def keep_with_cart(tx: Tx, places: Sequence[tuple[int, int, str]]) -> None:
    """(Person, SKU, words) of lines that are in carts: what a piece is to say, judged before; no words: nothing."""
    await store.put_cart_words(tx, places)


async def engrave_lines(tx: Tx, lines: Sequence[tuple[int, int, int, str]]) -> None:
    """(Order, line, buyer, words) of orders that are placed in the same transaction, judged before."""
    await store.insert_lines(tx, lines)


async def say_own(tx: Tx, order_id: int, person_id: int, words: str, *, is_claimed: bool, is_shipped: bool) -> str:
    """Somebody says the words that were left to them, of a locked order. Raises EngravingNotHere, FieldNotValid."""
    ordered = await store.of_order(tx, order_id)
    if ordered is None or ordered.engraving.kind != "left":
        raise EngravingNotHere(reason="none")
    if is_claimed and is_shipped:
        raise EngravingNotHere(reason="shipped")
    if is_claimed and await store.own_words(tx, order_id, person_id) is not None:
        raise EngravingNotHere(reason="chosen")
    said = rules.check_words(words, ordered.terms)
    await store.put_own(tx, order_id, person_id, said)
    return said


async def forget(tx: Tx, person_id: int) -> None:
    """What somebody had engraved is gone from here; what was made was made."""
    await store.clear_of(tx, person_id)

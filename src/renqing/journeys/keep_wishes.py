"""Keep wish lists: make one, choose who sees it, wish for something, say that it is at home, take it off.

Each is one transaction on the asker's own lists alone. A product that is off sale may stay on a list, and one that is
may be put there while it is on sale; a style must be one of the product's.
"""

from __future__ import annotations

import msgspec

from renqing.books import catalog
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import wishes


class MakeAList(msgspec.Struct, frozen=True):
    """A list of one's own."""

    person_id: int
    draft: wishes.ListDraft


class ChangeAList(msgspec.Struct, frozen=True):
    """Another name or other readers."""

    person_id: int
    list_id: int
    draft: wishes.ListDraft


class WishFor(msgspec.Struct, frozen=True):
    """A product for a list of one's own; without a list for the first one, which is made where there is none."""

    person_id: int
    product_id: int
    list_id: int | None = None
    sku_id: int | None = None
    note: str = ""
    first_list_name: str = ""


class OneWish(msgspec.Struct, frozen=True):
    """A wish on a list of one's own."""

    person_id: int
    list_id: int
    product_id: int


class ListKept(msgspec.Struct, frozen=True):
    """The list."""

    list_id: int


class Wished(msgspec.Struct, frozen=True):
    """The list that it stands on, and how many wishes that has now."""

    list_id: int
    wishes: int


class WishChanged(msgspec.Struct, frozen=True):
    """It is so now."""

    list_id: int


async def make_a_wish_list(ground: Ground, ask: MakeAList, once: Once) -> ListKept:
    """Make a list. Raises FieldNotValid, WishesFull."""

    async def story(tx: Tx) -> ListKept:
        return ListKept((await wishes.make_list(tx, ask.person_id, ask.draft)).id)

    return await run_once(ground.db, once, ListKept, story)


async def change_a_wish_list(ground: Ground, ask: ChangeAList, once: Once) -> ListKept:
    """Change one's own list. Raises FieldNotValid, WishListUnknown."""

    async def story(tx: Tx) -> ListKept:
        return ListKept((await wishes.change_list(tx, ask.person_id, ask.list_id, ask.draft)).id)

    return await run_once(ground.db, once, ListKept, story)


async def remove_a_wish_list(ground: Ground, person_id: int, list_id: int, once: Once) -> WishChanged:
    """One's own list is gone. Raises WishListUnknown."""

    async def story(tx: Tx) -> WishChanged:
        await wishes.remove_list(tx, person_id, list_id)
        return WishChanged(list_id)

    return await run_once(ground.db, once, WishChanged, story)


async def wish_for(ground: Ground, ask: WishFor, once: Once) -> Wished:
    """Put a product on one's own list. Raises ProductNotFound, FieldNotValid, WishListUnknown, WishesFull."""

    async def story(tx: Tx) -> Wished:
        await _check_product(tx, ask)
        list_id = ask.list_id or await _first_list(tx, ask)
        wish = wishes.NewWish(list_id, ask.product_id, ask.sku_id, ask.note)
        return Wished(list_id, await wishes.wish(tx, ask.person_id, wish))

    return await run_once(ground.db, once, Wished, story)


async def _check_product(tx: Tx, ask: WishFor) -> None:
    styles = [style.sku_id for style in await catalog.styles(tx, ask.product_id) if style.on_sale]
    if not styles:
        raise catalog.ProductNotFound(product_id=ask.product_id)
    if ask.sku_id is not None and ask.sku_id not in styles:
        raise FieldNotValid(field="sku_id", reason="unknown")


async def _first_list(tx: Tx, ask: WishFor) -> int:
    """The oldest list of this person's, or a new one for friends to see."""
    mine = await wishes.lists_of(tx, ask.person_id)
    if mine:
        return mine[0].id
    return (await wishes.make_list(tx, ask.person_id, wishes.ListDraft(ask.first_list_name, "friends"))).id


async def say_it_is_at_home(ground: Ground, ask: OneWish, once: Once, *, at_home: bool) -> WishChanged:
    """A wish is at home already, or is not. Raises WishListUnknown, WishUnknown."""

    async def story(tx: Tx) -> WishChanged:
        await wishes.mark(tx, ask.person_id, ask.list_id, ask.product_id, at_home=at_home)
        return WishChanged(ask.list_id)

    return await run_once(ground.db, once, WishChanged, story)


async def take_a_wish_off(ground: Ground, ask: OneWish, once: Once) -> WishChanged:
    """A wish leaves one's own list. Raises WishListUnknown, WishUnknown."""

    async def story(tx: Tx) -> WishChanged:
        await wishes.remove_wish(tx, ask.person_id, ask.list_id, ask.product_id)
        return WishChanged(ask.list_id)

    return await run_once(ground.db, once, WishChanged, story)


class Says(msgspec.Struct, frozen=True):
    """Whether friends are told that one may have a thing already."""

    says: bool


async def let_friends_ask(ground: Ground, person_id: int, once: Once, *, says: bool) -> Says:
    """Let friends be told whether one may have a thing already, or not."""

    async def story(tx: Tx) -> Says:
        await wishes.set_says_what_is_at_home(tx, person_id, says=says)
        return Says(says)

    return await run_once(ground.db, once, Says, story)

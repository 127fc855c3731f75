"""What can be done with wish lists. Nothing here commits."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.social.wishes import rules, store
from renqing.social.wishes.model import ListDraft, NewWish, WishList, WishUnknown


async def make_list(tx: Tx, owner_id: int, draft: ListDraft) -> WishList:
    """A new list. Raises FieldNotValid, WishesFull."""
    checked = rules.check_draft(draft)
    rules.check_room_for_a_list(await store.lock_owner(tx, owner_id))
    return await store.insert_list(tx, owner_id, checked)


async def change_list(tx: Tx, owner_id: int, list_id: int, draft: ListDraft) -> WishList:
    """Another name or other readers for one's own list. Raises FieldNotValid, WishListUnknown."""
    return await store.set_list(tx, owner_id, list_id, rules.check_draft(draft))


async def remove_list(tx: Tx, owner_id: int, list_id: int) -> None:
    """One's own list and what is on it are gone. Raises WishListUnknown."""
    await store.lock_list(tx, owner_id, list_id)
    await store.delete_list(tx, list_id)


async def wish(tx: Tx, owner_id: int, new: NewWish) -> int:
    """Put a product on one's own list; one that is there is changed. How many it has now.

    Raises FieldNotValid, WishListUnknown, WishesFull.
    """
    note = rules.check_note(new.note)
    await store.lock_list(tx, owner_id, new.list_id)
    wishes, is_there = await store.count_wishes(tx, new.list_id, new.product_id)
    if not is_there:
        rules.check_room_for_a_wish(wishes)
    await store.put_wish(tx, NewWish(new.list_id, new.product_id, new.sku_id, note))
    return wishes + (not is_there)


async def mark(tx: Tx, owner_id: int, list_id: int, product_id: int, *, at_home: bool) -> None:
    """Say that a wish is at home already, or that it is not. Raises WishListUnknown, WishUnknown."""
    await store.lock_list(tx, owner_id, list_id)
    if not await store.set_at_home(tx, list_id, product_id, at_home=at_home):
        raise WishUnknown


async def remove_wish(tx: Tx, owner_id: int, list_id: int, product_id: int) -> None:
    """Take a product off one's own list. Raises WishListUnknown, WishUnknown."""
    await store.lock_list(tx, owner_id, list_id)
    if not await store.delete_wish(tx, list_id, product_id):
        raise WishUnknown


async def forget(tx: Tx, owner_id: int) -> None:
    """Nothing is left of somebody's lists."""
    await store.delete_all(tx, owner_id)

"""Wishes: lists of what somebody would be glad of, for those they choose.

Promises:
1. A list is seen by its owner and by whom its owner chose: everybody who is signed in, friends, nobody. To all others,
   and to both sides of a block, it is as absent as what does not exist.
2. A product stands once on a list; a person keeps ``LISTS_MAX`` lists of ``WISHES_MAX`` wishes, from however many
   devices at once.
3. A wish says nothing of who gave it or whether somebody did: a surprise stays one. That it is at home already is said
   by its owner alone.
4. Whether somebody may have a thing already is told to friends, as yes or no, and only where the asked person lets it.
"""

from renqing.social.wishes.actions import change_list, forget, make_list, mark, remove_list, remove_wish, wish
from renqing.social.wishes.model import (
    LISTS_MAX,
    NAME_CHARACTERS_MAX,
    NOTE_CHARACTERS_MAX,
    SEEN_BY,
    WISHES_MAX,
    ListDraft,
    NewWish,
    SeenBy,
    WishesFull,
    WishList,
    WishListUnknown,
    WishUnknown,
)
from renqing.social.wishes.rules import may_see
from renqing.social.wishes.store import (
    list_by_id,
    lists_of,
    says_what_is_at_home,
    set_says_what_is_at_home,
    still_wished,
)

__all__ = [
    "LISTS_MAX",
    "NAME_CHARACTERS_MAX",
    "NOTE_CHARACTERS_MAX",
    "SEEN_BY",
    "WISHES_MAX",
    "ListDraft",
    "NewWish",
    "SeenBy",
    "WishList",
    "WishListUnknown",
    "WishUnknown",
    "WishesFull",
    "change_list",
    "forget",
    "list_by_id",
    "lists_of",
    "make_list",
    "mark",
    "may_see",
    "remove_list",
    "remove_wish",
    "says_what_is_at_home",
    "set_says_what_is_at_home",
    "still_wished",
    "wish",
]

"""Who sees a list, and what may stand on it. Pure."""

from __future__ import annotations

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import line
from renqing.social.wishes.model import (
    LISTS_MAX,
    NAME_CHARACTERS_MAX,
    NOTE_CHARACTERS_MAX,
    SEEN_BY,
    WISHES_MAX,
    ListDraft,
    SeenBy,
    WishesFull,
)


def may_see(seen_by: SeenBy, *, is_owner: bool, are_friends: bool, is_blocked: bool) -> bool:
    """Whether a reader sees a list. ``is_blocked``: either keeps the other away."""
    if is_owner:
        return True
    if is_blocked:
        return False
    return seen_by == "everybody" or (seen_by == "friends" and are_friends)


def check_draft(draft: ListDraft) -> ListDraft:
    """A list's name and readers as they are kept. Raises FieldNotValid."""
    if draft.seen_by not in SEEN_BY:
        raise FieldNotValid(field="seen_by", reason="unknown")
    return ListDraft(line(draft.name, field="name", most=NAME_CHARACTERS_MAX), draft.seen_by)


def check_note(note: str) -> str:
    """A word about a wish, or none. Raises FieldNotValid."""
    return line(note, field="note", least=0, most=NOTE_CHARACTERS_MAX)


def check_room_for_a_list(lists: int) -> None:
    """Raises WishesFull where somebody has as many lists as they may."""
    if lists >= LISTS_MAX:
        raise WishesFull(reason="lists", max=LISTS_MAX)


def check_room_for_a_wish(wishes: int) -> None:
    """Raises WishesFull where a list has as many wishes as it may."""
    if wishes >= WISHES_MAX:
        raise WishesFull(reason="wishes", max=WISHES_MAX)

"""Ask somebody to be friends, say yes or no, and part again.

Each is one transaction that locks both persons in id order, so two asks that cross meet and become a friendship.
The other hears of an ask and of a yes; of a no, a parting or a block they hear nothing. Asking by phone answers the
same whether the number is unknown, somebody's, one's own or somebody's who blocked the asker: nobody can find out by
asking who is here. Asks are limited a person and day.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.limits import Rate
from renqing.foundation.once import Once, run_once

ASKS = Rate("friend_asks", count=30, window_seconds=86_400)


class AskFriend(msgspec.Struct, frozen=True):
    """Whom to ask: by id (somebody met in a group or over a gift), or by their exact phone."""

    asker_id: int
    person_id: int | None = None
    phone: str = ""


class FriendAnswered(msgspec.Struct, frozen=True):
    """How the friendship stands for who asked: ``asked``, ``friends`` or ``strangers``. By phone always ``asked``."""

    state: Literal["asked", "friends", "strangers"]


class AnswerFriend(msgspec.Struct, frozen=True):
    """Yes or no to an ask, or the end of a friendship."""

    person_id: int
    friend_id: int


async def ask_a_friend(ground: Ground, ask: AskFriend, once: Once) -> FriendAnswered:
    """Ask. Raises FieldNotValid, TooMany, TooManyKept, PersonUnknown (by id only)."""
    if (ask.person_id is None) == (not ask.phone):
        raise FieldNotValid(field="person_id", reason="one_of", other="phone")
    digits = people.phone(ask.phone) if ask.phone else ""
    ground.limits.spend(ASKS, str(ask.asker_id))
    return await run_once(ground.db, once, FriendAnswered, lambda tx: _ask(tx, ask, digits))


async def _ask(tx: Tx, ask: AskFriend, digits: str) -> FriendAnswered:
    if ask.person_id is not None:
        state = await people.ask_friend(tx, ask.asker_id, ask.person_id)
        return FriendAnswered("friends" if state is people.FriendState.FRIENDS else "asked")
    await people.room_for_a_friend(tx, ask.asker_id)
    person = await people.person_by_phone(tx, people.phone_hash(tx.keys, digits))
    if person is not None and person.id != ask.asker_id:
        await people.ask_friend(tx, ask.asker_id, person.id)
    return FriendAnswered("asked")


async def accept_a_friend(ground: Ground, ask: AnswerFriend, once: Once) -> FriendAnswered:
    """Say yes. Raises FriendMoveNotPossible where nobody asked, PersonUnknown."""
    return await _answer(ground, ask, once, "accept", "friends")


async def decline_a_friend(ground: Ground, ask: AnswerFriend, once: Once) -> FriendAnswered:
    """Say no, silently. Raises FriendMoveNotPossible, PersonUnknown."""
    return await _answer(ground, ask, once, "decline", "strangers")


async def unfriend(ground: Ground, ask: AnswerFriend, once: Once) -> FriendAnswered:
    """Part, or take back an ask, silently. Raises FriendMoveNotPossible, PersonUnknown."""

    async def story(tx: Tx) -> FriendAnswered:
        await people.unfriend(tx, ask.person_id, ask.friend_id)
        return FriendAnswered("strangers")

    return await run_once(ground.db, once, FriendAnswered, story)


async def _answer(
    ground: Ground,
    ask: AnswerFriend,
    once: Once,
    verb: Literal["accept", "decline"],
    then: Literal["friends", "strangers"],
) -> FriendAnswered:
    async def story(tx: Tx) -> FriendAnswered:
        await people.answer_friend(tx, ask.person_id, ask.friend_id, verb)
        return FriendAnswered(then)

    return await run_once(ground.db, once, FriendAnswered, story)

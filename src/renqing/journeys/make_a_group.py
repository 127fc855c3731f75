"""A circle of friends and its chat: make one, bring friends in, go.

Each is one transaction: the group changes (only a member brings in, and only their own friends), and its chat with
it. Who comes in later sees what is said from then on; who goes sees nothing of it any more.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import chats


class MakeGroup(msgspec.Struct, frozen=True):
    """A name, and the friends to begin with."""

    person_id: int
    name: str
    friend_ids: tuple[int, ...]


class BringFriends(msgspec.Struct, frozen=True):
    """A member brings friends of theirs."""

    person_id: int
    group_id: int
    friend_ids: tuple[int, ...]


class LeaveGroup(msgspec.Struct, frozen=True):
    """A member goes."""

    person_id: int
    group_id: int


class GroupMade(msgspec.Struct, frozen=True):
    """The group and its chat."""

    group_id: int
    thread_id: int


class FriendsBrought(msgspec.Struct, frozen=True):
    """Who is new in the group."""

    person_ids: list[int]


class GroupLeft(msgspec.Struct, frozen=True):
    """The group that somebody is no longer in."""

    group_id: int


async def make_a_group(ground: Ground, ask: MakeGroup, once: Once) -> GroupMade:
    """Make a group. Raises NotFriends, FieldNotValid, TooManyKept."""

    async def story(tx: Tx) -> GroupMade:
        group = await people.make_group(tx, ask.person_id, ask.name, ask.friend_ids)
        thread_id = await chats.open_group(tx, group.id, sorted({ask.person_id, *ask.friend_ids}))
        return GroupMade(group.id, thread_id)

    return await run_once(ground.db, once, GroupMade, story)


async def bring_friends(ground: Ground, ask: BringFriends, once: Once) -> FriendsBrought:
    """Bring friends in; who is there already stays as they are. Raises GroupUnknown, NotFriends, TooManyKept."""

    async def story(tx: Tx) -> FriendsBrought:
        added = await people.add_to_group(tx, ask.group_id, ask.person_id, ask.friend_ids)
        await chats.let_into_group(tx, ask.group_id, added)
        return FriendsBrought(added)

    return await run_once(ground.db, once, FriendsBrought, story)


async def leave_a_group(ground: Ground, ask: LeaveGroup, once: Once) -> GroupLeft:
    """Go. Raises GroupUnknown."""

    async def story(tx: Tx) -> GroupLeft:
        await people.leave_group(tx, ask.group_id, ask.person_id)
        await chats.let_out_of_group(tx, ask.group_id, ask.person_id)
        return GroupLeft(ask.group_id)

    return await run_once(ground.db, once, GroupLeft, story)

"""Friends: who they are, who asked to be one, and the groups I am in.

Whom I asked does not stand here before they say yes: a list of open asks would tell whose phone is known. There is no
search by name or phone either; ``journeys/befriend.py`` asks by phone and answers the same for every number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.books import people
from renqing.books.people import FriendState, Person
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground

FRIENDS_SHOWN_MAX = 500
ASKS_SHOWN_MAX = 50
GROUPS_SHOWN_MAX = 100
BLOCKED_SHOWN_MAX = 200


class AskHere(msgspec.Struct, frozen=True):
    """Somebody who would like to be my friend."""

    person: Person
    since: datetime


class GroupHere(msgspec.Struct, frozen=True):
    """A group I am in, with its chat."""

    group_id: int
    thread_id: int
    name: str
    members: int


class FriendsPage(msgspec.Struct, frozen=True):
    """Friends by name, asks by age, groups by name. ``more`` where there are more friends than are shown."""

    friends: list[Person]
    asks: list[AskHere]
    groups: list[GroupHere]
    more: bool


class PersonPage(msgspec.Struct, frozen=True):
    """Somebody as I may know them. ``thread_id``: our chat, where we have one."""

    person: Person
    standing: Literal["me", "friends", "asked", "asked_me", "strangers"]
    is_near: bool
    blocked: bool
    thread_id: int | None


class GroupPage(msgspec.Struct, frozen=True):
    """A group as its members see it; ``may_bring`` are friends of mine who are not in it yet."""

    group_id: int
    thread_id: int
    name: str
    made_by: int
    members: list[Person]
    may_bring: list[Person]


_FRIENDS = """
SELECT p.id, p.name, p.avatar, p.language, f.since
  FROM people_friend f JOIN people_person p ON p.id = f.friend_id
 WHERE f.person_id = $1 AND f.state = $2 ORDER BY p.name, p.id LIMIT $3
"""
_GROUPS = """
SELECT g.id, t.id AS thread_id, g.name, (SELECT count(*) FROM people_member c WHERE c.group_id = g.id) AS members
  FROM people_member m JOIN people_group g ON g.id = m.group_id JOIN chat_thread t ON t.group_id = g.id
 WHERE m.person_id = $1 ORDER BY g.name, g.id LIMIT $2
"""
_BLOCKED = """
SELECT p.id, p.name, p.avatar, p.language FROM people_block b JOIN people_person p ON p.id = b.blocked_id
 WHERE b.person_id = $1 ORDER BY b.made_at DESC, p.id LIMIT $2
"""
_OUR_THREAD = "SELECT id FROM chat_thread WHERE pair = $1"


async def friends_page(ground: Ground, reader_id: int) -> FriendsPage:
    """The reader's friends, asks and groups."""
    friends = await ground.db.fetch(_FRIENDS, reader_id, FriendState.FRIENDS.value, FRIENDS_SHOWN_MAX + 1)
    asks = await ground.db.fetch(_FRIENDS, reader_id, FriendState.ASKED_ME.value, ASKS_SHOWN_MAX)
    groups = await ground.db.fetch(_GROUPS, reader_id, GROUPS_SHOWN_MAX)
    return FriendsPage(
        friends=[_person(row) for row in friends[:FRIENDS_SHOWN_MAX]],
        asks=sorted((AskHere(_person(row), row["since"]) for row in asks), key=lambda ask: ask.since, reverse=True),
        groups=[GroupHere(row["id"], row["thread_id"], row["name"], row["members"]) for row in groups],
        more=len(friends) > FRIENDS_SHOWN_MAX,
    )


async def person_page(ground: Ground, reader_id: int, person_id: int) -> PersonPage:
    """Somebody near, or who asked me. Raises PersonUnknown for everybody else: nobody looks through strangers."""
    person = await people.get_person(ground.db, person_id)
    if person_id == reader_id:
        return PersonPage(person, "me", is_near=False, blocked=False, thread_id=None)
    state = await people.friend_state(ground.db, reader_id, person_id)
    near = state is FriendState.FRIENDS or await people.share_a_group(ground.db, reader_id, person_id)
    blocked = await people.is_blocked(ground.db, by=reader_id, who=person_id)
    smaller, larger = sorted((reader_id, person_id))
    thread_id = await ground.db.fetchval(_OUR_THREAD, f"{smaller}:{larger}")
    if not near and not blocked and state is not FriendState.ASKED_ME and thread_id is None:
        raise people.PersonUnknown
    return PersonPage(
        person=person,
        standing="strangers" if state is None else state.value,
        is_near=near,
        blocked=blocked,
        thread_id=thread_id,
    )


async def group_page(ground: Ground, reader_id: int, group_id: int) -> GroupPage:
    """A group the reader is in. Raises GroupUnknown."""
    group = await people.get_group(ground.db, group_id, reader_id)
    member_ids = await people.members(ground.db, group_id)
    members = await people.get_people(ground.db, member_ids)
    friends = await ground.db.fetch(_FRIENDS, reader_id, FriendState.FRIENDS.value, FRIENDS_SHOWN_MAX)
    thread_id = await ground.db.fetchval("SELECT id FROM chat_thread WHERE group_id = $1", group_id)
    return GroupPage(
        group_id=group_id,
        thread_id=thread_id,
        name=group.name,
        made_by=group.made_by,
        members=[members[member_id] for member_id in member_ids],
        may_bring=[_person(row) for row in friends if row["id"] not in members],
    )


async def blocked_people(ground: Ground, reader_id: int) -> list[Person]:
    """Whom the reader keeps away, the latest first."""
    return [_person(row) for row in await ground.db.fetch(_BLOCKED, reader_id, BLOCKED_SHOWN_MAX)]


def _person(row: Row) -> Person:
    return Person(row["id"], row["name"], row["avatar"], row["language"])

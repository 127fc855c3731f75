"""Friends and blocks: ask, answer, part, keep away. Nobody learns who is here by asking."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import FriendMoveNotPossible, PersonUnknown, TooManyKept
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Id,
    PersonOut,
    house_of,
    id_in,
    id_of,
    once_of,
    once_without_body,
    person_out,
    reader_of,
)
from renqing.journeys.befriend import (
    AnswerFriend,
    AskFriend,
    accept_a_friend,
    ask_a_friend,
    decline_a_friend,
    unfriend,
)
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.views.friends_page import blocked_people, friends_page, person_page

allow(
    Audience.PERSON,
    "GET /v1/friends",
    "POST /v1/friend-asks",
    "POST /v1/friend-asks/{person_id:str}/acceptance",
    "POST /v1/friend-asks/{person_id:str}/refusal",
    "DELETE /v1/friends/{person_id:str}",
    "GET /v1/people/{person_id:str}",
    "GET /v1/blocks",
    "PUT /v1/blocks/{person_id:str}",
    "DELETE /v1/blocks/{person_id:str}",
)


class AskOut(msgspec.Struct, frozen=True):
    """Somebody who would like to be your friend."""

    person: PersonOut
    since: datetime


class GroupLine(msgspec.Struct, frozen=True):
    """A group you are in, with its chat."""

    id: str
    thread_id: str
    name: str
    members: int


class FriendsOut(msgspec.Struct, frozen=True):
    """Friends by name, asks by age, groups by name. ``more``: there are more friends than stand here."""

    friends: list[PersonOut]
    asks: list[AskOut]
    groups: list[GroupLine]
    more: bool


class FriendIn(Body, frozen=True, kw_only=True):
    """Whom to ask: somebody you met here by id, or anybody by their exact phone. Exactly one of the two."""

    person_id: Id | None = None
    phone: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class StandingOut(msgspec.Struct, frozen=True):
    """How the two of you stand. By phone the answer is always ``asked``: it tells nobody who is here."""

    state: Literal["asked", "friends", "strangers"]


class NearPersonOut(msgspec.Struct, frozen=True):
    """Somebody near you. ``may_give``: a friend, or a member of a group of yours. ``thread_id``: your chat."""

    id: str
    name: str
    avatar: str
    standing: Literal["me", "friends", "asked", "asked_me", "strangers"]
    may_give: bool
    blocked: bool
    thread_id: str | None


class BlockOut(msgspec.Struct, frozen=True):
    """Whether you keep them away now."""

    blocked: bool


@get("/v1/friends", tags=["friends"])
async def list_friends(request: AnyRequest) -> FriendsOut:
    """Your friends, who asked to be one, and your groups."""
    page = await friends_page(house_of(request).ground, reader_of(request).person_id)
    return FriendsOut(
        friends=[person_out(person) for person in page.friends],
        asks=[AskOut(person_out(ask.person), ask.since) for ask in page.asks],
        groups=[GroupLine(str(one.group_id), str(one.thread_id), one.name, one.members) for one in page.groups],
        more=page.more,
    )


@post("/v1/friend-asks", tags=["friends"], status_code=HTTP_200_OK, refuses=(PersonUnknown, TooManyKept))
async def ask_friend(request: AnyRequest, data: JSONBody[FriendIn]) -> StandingOut:
    """Ask somebody to be friends. An ask that meets theirs is a yes."""
    ask = AskFriend(reader_of(request).person_id, id_of(data.person_id), data.phone or "")
    return StandingOut((await ask_a_friend(house_of(request).ground, ask, once_of(request, data))).state)


@post(
    "/v1/friend-asks/{person_id:str}/acceptance",
    tags=["friends"],
    status_code=HTTP_200_OK,
    refuses=(PersonUnknown, FriendMoveNotPossible),
)
async def accept_friend(request: AnyRequest, person_id: FromPath[str]) -> StandingOut:
    """Say yes to somebody's ask."""
    ask = AnswerFriend(reader_of(request).person_id, id_in(person_id))
    return StandingOut((await accept_a_friend(house_of(request).ground, ask, await once_without_body(request))).state)


@post(
    "/v1/friend-asks/{person_id:str}/refusal",
    tags=["friends"],
    status_code=HTTP_200_OK,
    refuses=(PersonUnknown, FriendMoveNotPossible),
)
async def decline_friend(request: AnyRequest, person_id: FromPath[str]) -> StandingOut:
    """Say no, silently."""
    ask = AnswerFriend(reader_of(request).person_id, id_in(person_id))
    return StandingOut((await decline_a_friend(house_of(request).ground, ask, await once_without_body(request))).state)


@delete(
    "/v1/friends/{person_id:str}",
    tags=["friends"],
    status_code=HTTP_200_OK,
    refuses=(PersonUnknown, FriendMoveNotPossible),
)
async def part_from_friend(request: AnyRequest, person_id: FromPath[str]) -> StandingOut:
    """Part, or take back an ask, silently."""
    ask = AnswerFriend(reader_of(request).person_id, id_in(person_id))
    return StandingOut((await unfriend(house_of(request).ground, ask, await once_without_body(request))).state)


@get("/v1/people/{person_id:str}", tags=["friends"], refuses=(PersonUnknown,))
async def read_person(request: AnyRequest, person_id: FromPath[str]) -> NearPersonOut:
    """Somebody near you: a friend, a member of a group of yours, somebody you talked to. Nobody else is found."""
    page = await person_page(house_of(request).ground, reader_of(request).person_id, id_in(person_id))
    return NearPersonOut(
        id=str(page.person.id),
        name=page.person.name,
        avatar=page.person.avatar,
        standing=page.standing,
        may_give=page.is_near and not page.blocked,
        blocked=page.blocked,
        thread_id=None if page.thread_id is None else str(page.thread_id),
    )


@get("/v1/blocks", tags=["friends"])
async def list_blocks(request: AnyRequest) -> list[PersonOut]:
    """Whom you keep away, the latest first."""
    kept_away = await blocked_people(house_of(request).ground, reader_of(request).person_id)
    return [person_out(person) for person in kept_away]


@put("/v1/blocks/{person_id:str}", tags=["friends"], refuses=(PersonUnknown,))
async def block_person(request: AnyRequest, person_id: FromPath[str]) -> BlockOut:
    """Keep somebody away: it ends a friendship and every ask, and they are not told."""
    ask = Block(reader_of(request).person_id, id_in(person_id))
    return BlockOut((await block_a_person(house_of(request).ground, ask, await once_without_body(request))).blocked)


@delete("/v1/blocks/{person_id:str}", tags=["friends"], status_code=HTTP_200_OK, refuses=(PersonUnknown,))
async def unblock_person(request: AnyRequest, person_id: FromPath[str]) -> BlockOut:
    """Let somebody near again. The friendship does not come back by itself."""
    ask = Block(reader_of(request).person_id, id_in(person_id), blocked=False)
    return BlockOut((await block_a_person(house_of(request).ground, ask, await once_without_body(request))).blocked)


routes = [
    list_friends,
    ask_friend,
    accept_friend,
    decline_friend,
    part_from_friend,
    read_person,
    list_blocks,
    block_person,
    unblock_person,
]

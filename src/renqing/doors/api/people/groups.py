"""Circles of friends, each with its chat."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import GroupUnknown, NotFriends, TooManyKept
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Id,
    PersonOut,
    house_of,
    id_in,
    once_of,
    once_without_body,
    person_out,
    reader_of,
)
from renqing.journeys.make_a_group import (
    BringFriends,
    LeaveGroup,
    MakeGroup,
    bring_friends,
    leave_a_group,
    make_a_group,
)
from renqing.views.friends_page import group_page

allow(
    Audience.PERSON,
    "POST /v1/groups",
    "GET /v1/groups/{group_id:str}",
    "POST /v1/groups/{group_id:str}/members",
    "DELETE /v1/groups/{group_id:str}/members/me",
)

FriendIds = Annotated[list[Id], msgspec.Meta(min_length=1, max_length=100)]


class GroupIn(Body, frozen=True, kw_only=True):
    """A name, and the friends to begin with."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    person_ids: FriendIds


class GroupMade(msgspec.Struct, frozen=True):
    """The group and its chat."""

    id: str
    thread_id: str


class GroupOut(msgspec.Struct, frozen=True):
    """A group you are in."""

    id: str
    thread_id: str
    name: str
    made_by: str
    members: list[PersonOut]


class MembersIn(Body, frozen=True, kw_only=True):
    """Friends of yours to bring in."""

    person_ids: FriendIds


class MembersBrought(msgspec.Struct, frozen=True):
    """Who is new; who was there already stays as they are."""

    person_ids: list[str]


@post("/v1/groups", tags=["groups"], refuses=(NotFriends, TooManyKept))
async def make_group(request: AnyRequest, data: JSONBody[GroupIn]) -> GroupMade:
    """Make a group of yourself and friends, with its chat."""
    ask = MakeGroup(reader_of(request).person_id, data.name, tuple(map(id_in, data.person_ids)))
    made = await make_a_group(house_of(request).ground, ask, once_of(request, data))
    return GroupMade(str(made.group_id), str(made.thread_id))


@get("/v1/groups/{group_id:str}", tags=["groups"], refuses=(GroupUnknown,))
async def read_group(request: AnyRequest, group_id: FromPath[str]) -> GroupOut:
    """A group you are in, with its members."""
    page = await group_page(house_of(request).ground, reader_of(request).person_id, id_in(group_id))
    members = [person_out(person) for person in page.members]
    return GroupOut(str(page.group_id), str(page.thread_id), page.name, str(page.made_by), members)


@post(
    "/v1/groups/{group_id:str}/members",
    tags=["groups"],
    status_code=HTTP_200_OK,
    refuses=(GroupUnknown, NotFriends, TooManyKept),
)
async def bring_members(request: AnyRequest, group_id: FromPath[str], data: JSONBody[MembersIn]) -> MembersBrought:
    """Bring friends into a group. They see what is said from then on."""
    ask = BringFriends(reader_of(request).person_id, id_in(group_id), tuple(map(id_in, data.person_ids)))
    brought = await bring_friends(house_of(request).ground, ask, once_of(request, data))
    return MembersBrought([str(person_id) for person_id in brought.person_ids])


@delete("/v1/groups/{group_id:str}/members/me", tags=["groups"], refuses=(GroupUnknown,))
async def leave_group(request: AnyRequest, group_id: FromPath[str]) -> None:
    """Leave a group and its chat."""
    ask = LeaveGroup(reader_of(request).person_id, id_in(group_id))
    await leave_a_group(house_of(request).ground, ask, await once_without_body(request))


routes = [make_group, read_group, bring_members, leave_group]

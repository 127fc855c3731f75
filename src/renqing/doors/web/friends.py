"""Friends, groups and who is kept away."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.shell import deed, form_of, go, language_of, many_of, my_id, page
from renqing.foundation.errors import Refusal
from renqing.journeys.befriend import (
    AnswerFriend,
    AskFriend,
    accept_a_friend,
    ask_a_friend,
    decline_a_friend,
    unfriend,
)
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.make_a_group import (
    BringFriends,
    LeaveGroup,
    MakeGroup,
    bring_friends,
    leave_a_group,
    make_a_group,
)
from renqing.views.friends_page import blocked_people, friends_page, group_page, person_page
from renqing.views.wish_page import wish_lists_of

allow(
    Audience.PERSON,
    "GET /friends",
    "POST /friends/ask",
    "POST /people/{person_id:str}/ask",
    "POST /people/{person_id:str}/accept",
    "POST /people/{person_id:str}/decline",
    "POST /people/{person_id:str}/part",
    "POST /people/{person_id:str}/block",
    "POST /people/{person_id:str}/unblock",
    "GET /people/{person_id:str}",
    "GET /blocked",
    "GET /groups/new",
    "POST /groups/new",
    "GET /groups/{group_id:str}",
    "POST /groups/{group_id:str}/bring",
    "POST /groups/{group_id:str}/leave",
)


@get("/friends")
async def friends(request: AnyRequest) -> Response[str]:
    """Friends, asks and groups."""
    return await _friends(request)


async def _friends(request: AnyRequest, phone: str = "", problem: str = "") -> Response[str]:
    found = await friends_page(house_of(request).ground, my_id(request))
    status = 422 if problem else 200
    return await page(request, "friends.html", status=status, tab="me", page=found, phone=phone, problem=problem)


@post("/friends/ask")
async def ask_by_phone(request: AnyRequest) -> Response[str]:
    """Ask by phone; the answer is the same for every number."""
    form = await form_of(request)
    try:
        ask = AskFriend(my_id(request), phone=form.get("phone", ""))
        await ask_a_friend(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _friends(request, form.get("phone", ""), words_of(refusal, language_of(request)))
    return go(request, "/friends", "friend_asked")


# one person -----------------------------------------------------------------------------------------------------------
@get("/people/{person_id:str}")
async def person(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Somebody near."""
    ground, number = house_of(request).ground, id_in(person_id)
    found = await person_page(ground, my_id(request), number)
    lists = [] if found.standing == "me" else await wish_lists_of(ground, my_id(request), number)
    return await page(request, "person.html", tab="me", page=found, lists=lists)


@post("/people/{person_id:str}/ask")
async def ask_near(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Ask somebody met in a group."""
    form, number = await form_of(request), id_in(person_id)
    await ask_a_friend(house_of(request).ground, AskFriend(my_id(request), person_id=number), deed(request, form))
    return go(request, f"/people/{number}", "friend_asked")


@post("/people/{person_id:str}/accept")
async def accept(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Yes."""
    form = await form_of(request)
    ask = AnswerFriend(my_id(request), id_in(person_id))
    await accept_a_friend(house_of(request).ground, ask, deed(request, form))
    return go(request, "/friends", "friends_now")


@post("/people/{person_id:str}/decline")
async def decline(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """No, silently."""
    form = await form_of(request)
    ask = AnswerFriend(my_id(request), id_in(person_id))
    await decline_a_friend(house_of(request).ground, ask, deed(request, form))
    return go(request, "/friends")


@post("/people/{person_id:str}/part")
async def part(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Friends no more, silently."""
    form = await form_of(request)
    await unfriend(house_of(request).ground, AnswerFriend(my_id(request), id_in(person_id)), deed(request, form))
    return go(request, "/friends", "parted")


@post("/people/{person_id:str}/block")
async def block(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Keep somebody away."""
    form = await form_of(request)
    await block_a_person(house_of(request).ground, Block(my_id(request), id_in(person_id)), deed(request, form))
    return go(request, "/blocked", "blocked")


@post("/people/{person_id:str}/unblock")
async def unblock(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Let them near again."""
    form = await form_of(request)
    ask = Block(my_id(request), id_in(person_id), blocked=False)
    await block_a_person(house_of(request).ground, ask, deed(request, form))
    return go(request, "/blocked", "unblocked")


@get("/blocked")
async def blocked(request: AnyRequest) -> Response[str]:
    """Whom the reader keeps away."""
    return await page(
        request, "blocked.html", tab="me", people=await blocked_people(house_of(request).ground, my_id(request))
    )


# groups ---------------------------------------------------------------------------------------------------------------
@get("/groups/new")
async def new_group(request: AnyRequest) -> Response[str]:
    """A name, and who is in it."""
    found = await friends_page(house_of(request).ground, my_id(request))
    return await page(request, "group_new.html", tab="me", page=found, form={})


@post("/groups/new")
async def make_group(request: AnyRequest) -> Response[str]:
    """Make it, and go to its chat."""
    form = await form_of(request)
    ground = house_of(request).ground
    chosen = await many_of(request, "friend")
    try:
        ask = MakeGroup(my_id(request), form.get("name", ""), tuple(id_in(one) for one in chosen))
        made = await make_a_group(ground, ask, deed(request, {**form, "friend": ",".join(sorted(chosen))}))
    except Refusal as refusal:
        found = await friends_page(ground, my_id(request))
        words = words_of(refusal, language_of(request))
        return await page(request, "group_new.html", status=422, tab="me", page=found, form=form, problem=words)
    return go(request, f"/chats/{made.thread_id}")


@get("/groups/{group_id:str}")
async def group(request: AnyRequest, group_id: FromPath[str]) -> Response[str]:
    """Who is in it, and whom I could bring."""
    found = await group_page(house_of(request).ground, my_id(request), id_in(group_id))
    return await page(request, "group.html", tab="chat", page=found)


@post("/groups/{group_id:str}/bring")
async def bring(request: AnyRequest, group_id: FromPath[str]) -> Response[str]:
    """Bring friends in."""
    form, number = await form_of(request), id_in(group_id)
    chosen = await many_of(request, "friend")
    ask = BringFriends(my_id(request), number, tuple(id_in(one) for one in chosen))
    await bring_friends(house_of(request).ground, ask, deed(request, {**form, "friend": ",".join(sorted(chosen))}))
    return go(request, f"/groups/{number}", "friends_brought")


@post("/groups/{group_id:str}/leave")
async def leave(request: AnyRequest, group_id: FromPath[str]) -> Response[str]:
    """Go."""
    form = await form_of(request)
    await leave_a_group(house_of(request).ground, LeaveGroup(my_id(request), id_in(group_id)), deed(request, form))
    return go(request, "/chats", "group_left")


routes = [
    friends,
    ask_by_phone,
    person,
    ask_near,
    accept,
    decline,
    part,
    block,
    unblock,
    blocked,
    new_group,
    make_group,
    group,
    bring,
    leave,
]

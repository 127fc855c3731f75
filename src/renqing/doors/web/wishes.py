"""Wish lists: mine, somebody's, and the heart on a product's page."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.market import MEANT_COOKIE, MEANT_SECONDS
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page
from renqing.foundation.errors import Refusal
from renqing.foundation.text import say
from renqing.journeys.keep_wishes import (
    ChangeAList,
    MakeAList,
    OneWish,
    WishFor,
    change_a_wish_list,
    let_friends_ask,
    make_a_wish_list,
    remove_a_wish_list,
    say_it_is_at_home,
    take_a_wish_off,
    wish_for,
)
from renqing.social.wishes import SEEN_BY, ListDraft, SeenBy
from renqing.views.wish_page import my_wishes, wish_page

allow(
    Audience.PERSON,
    "GET /wishes",
    "POST /wishes",
    "POST /wishes/wish",
    "POST /wishes/asking",
    "GET /wishes/{list_id:str}",
    "POST /wishes/{list_id:str}",
    "POST /wishes/{list_id:str}/at-home",
    "POST /wishes/{list_id:str}/take-off",
    "POST /wishes/{list_id:str}/remove",
)


@get("/wishes")
async def wishes(request: AnyRequest) -> Response[str]:
    """My lists."""
    return await _mine(request)


async def _mine(request: AnyRequest, form: Form | None = None, problem: str = "") -> Response[str]:
    found = await my_wishes(house_of(request).ground, my_id(request))
    status = 422 if problem else 200
    return await page(request, "wishes.html", status=status, tab="me", page=found, form=form or {}, problem=problem)


def _draft(form: Form) -> ListDraft:
    seen_by: SeenBy = next((one for one in SEEN_BY if one == form.get("seen_by")), "friends")
    return ListDraft(form.get("name", ""), seen_by)


@post("/wishes")
async def make_list(request: AnyRequest) -> Response[str]:
    """A new list."""
    form = await form_of(request)
    try:
        ask = MakeAList(my_id(request), _draft(form))
        made = await make_a_wish_list(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _mine(request, form, words_of(refusal, language_of(request)))
    return go(request, f"/wishes/{made.list_id}", "wish_list_made")


@post("/wishes/wish")
async def wish(request: AnyRequest) -> Response[str]:
    """The heart: onto the first list."""
    form = await form_of(request)
    product_id = id_in(form.get("product", ""))
    ask = WishFor(my_id(request), product_id, first_list_name=say("wishes.first_list", language_of(request)))
    await wish_for(house_of(request).ground, ask, deed(request, form))
    return go(request, f"/products/{product_id}", "wished")


@post("/wishes/asking")
async def asking(request: AnyRequest) -> Response[str]:
    """Whether friends are told what I may have."""
    form = await form_of(request)
    says = form.get("allowed") == "1"
    await let_friends_ask(house_of(request).ground, my_id(request), deed(request, form), says=says)
    return go(request, "/wishes")


@get("/wishes/{list_id:str}")
async def wish_list(request: AnyRequest, list_id: FromPath[str]) -> Response[str]:
    """A list. On somebody else's, what is found is found for them."""
    return await _list(request, id_in(list_id))


async def _list(request: AnyRequest, list_id: int, problem: str = "") -> Response[str]:
    found = await wish_page(house_of(request).ground, my_id(request), list_id)
    status = 422 if problem else 200
    response = await page(request, "wish_list.html", status=status, tab="me", page=found, problem=problem)
    if not found.is_mine:
        meant = str(found.owner.id)
        kept = Cookie(key=MEANT_COOKIE, value=meant, max_age=MEANT_SECONDS, httponly=True, samesite="lax")
        response.cookies.append(kept)
    return response


@post("/wishes/{list_id:str}")
async def change_list(request: AnyRequest, list_id: FromPath[str]) -> Response[str]:
    """Another name, other readers."""
    form, number = await form_of(request), id_in(list_id)
    try:
        ask = ChangeAList(my_id(request), number, _draft(form))
        await change_a_wish_list(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _list(request, number, words_of(refusal, language_of(request)))
    return go(request, f"/wishes/{number}", "wish_list_kept")


@post("/wishes/{list_id:str}/at-home")
async def at_home(request: AnyRequest, list_id: FromPath[str]) -> Response[str]:
    """It is at home already, or not."""
    form, number = await form_of(request), id_in(list_id)
    ask = OneWish(my_id(request), number, id_in(form.get("product", "")))
    here = form.get("at_home") == "1"
    await say_it_is_at_home(house_of(request).ground, ask, deed(request, form), at_home=here)
    return go(request, f"/wishes/{number}")


@post("/wishes/{list_id:str}/take-off")
async def take_off(request: AnyRequest, list_id: FromPath[str]) -> Response[str]:
    """A wish goes."""
    form, number = await form_of(request), id_in(list_id)
    ask = OneWish(my_id(request), number, id_in(form.get("product", "")))
    await take_a_wish_off(house_of(request).ground, ask, deed(request, form))
    return go(request, f"/wishes/{number}", "wish_gone")


@post("/wishes/{list_id:str}/remove")
async def remove_list(request: AnyRequest, list_id: FromPath[str]) -> Response[str]:
    """The list goes."""
    form = await form_of(request)
    await remove_a_wish_list(house_of(request).ground, my_id(request), id_in(list_id), deed(request, form))
    return go(request, "/wishes", "wish_list_gone")


routes = [wishes, make_list, wish, asking, wish_list, change_list, at_home, take_off, remove_list]

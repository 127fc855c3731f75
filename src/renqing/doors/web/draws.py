"""Draws: entering one from its gift's page, and the public page where anybody's browser works out the winners."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.gifts import TOKEN_CHARACTERS_MAX, Which, show_again
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page
from renqing.foundation.errors import Refusal
from renqing.journeys.enter_a_draw import EnterADraw
from renqing.views.draw_page import draw_record

allow(Audience.ANYONE, "GET /draws/{commitment:str}")
allow(Audience.PERSON, "POST /gifts/{gift_id:str}/enter", "POST /g/enter")


async def _enter(request: AnyRequest, which: Which, form: Form) -> Response[str]:
    ask = EnterADraw(my_id(request), which.gift_id, which.token, form.get("nonce", "") or None)
    try:
        entered = await house_of(request).entries.ask((ask, deed(request, form)))
    except Refusal as refusal:
        return await show_again(request, which, form, words_of(refusal, language_of(request)))
    return go(request, f"/gifts/{entered.gift_id}", "draw_entered")


@post("/gifts/{gift_id:str}/enter")
async def enter(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Enter the draw of a gift."""
    return await _enter(request, Which(gift_id=id_in(gift_id)), await form_of(request))


@post("/g/enter")
async def enter_by_link(request: AnyRequest) -> Response[str]:
    """Enter the draw of the gift that a link leads to."""
    form = await form_of(request)
    return await _enter(request, Which(token=form.get("token", "")[:TOKEN_CHARACTERS_MAX]), form)


@get("/draws/{commitment:str}")
async def public_record(request: AnyRequest, commitment: FromPath[str]) -> Response[str]:
    """The public page of a draw: what was promised, what came of it, and a browser that checks it."""
    return await page(request, "draw.html", page=await draw_record(house_of(request).ground, commitment))


routes = [enter, enter_by_link, public_record]

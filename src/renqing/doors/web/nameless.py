"""Gifts without a name, on pages."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.gifts import Which, show_again
from renqing.doors.web.shell import deed, form_of, go, language_of, my_id
from renqing.foundation.errors import NotFound, Refusal
from renqing.journeys.wear_a_mask import OfAGift, ReportItsGiver, refuse_more, report_its_giver, show_myself

allow(
    Audience.PERSON,
    "POST /gifts/{gift_id:str}/giver-showing",
    "POST /gifts/{gift_id:str}/giver-refusal",
    "POST /gifts/{gift_id:str}/giver-report",
)


@post("/gifts/{gift_id:str}/giver-showing")
async def show(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Say who I am."""
    form, number = await form_of(request), id_in(gift_id)
    await show_myself(house_of(request).ground, OfAGift(my_id(request), number), deed(request, form))
    return go(request, f"/gifts/{number}", "giver_shown")


@post("/gifts/{gift_id:str}/giver-refusal")
async def refuse(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """No more of these from whoever gave it."""
    form, number = await form_of(request), id_in(gift_id)
    await refuse_more(house_of(request).ground, OfAGift(my_id(request), number), deed(request, form))
    return go(request, f"/gifts/{number}", "giver_refused")


@post("/gifts/{gift_id:str}/giver-report")
async def report(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Report whoever gave it."""
    form, number = await form_of(request), id_in(gift_id)
    ask = ReportItsGiver(my_id(request), number, form.get("reason", ""), form.get("words", ""))
    try:
        await report_its_giver(house_of(request).ground, ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await show_again(request, Which(gift_id=number), form, words_of(refusal, language_of(request)))
    return go(request, f"/gifts/{number}", "giver_reported")


routes = [show, refuse, report]

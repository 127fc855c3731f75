"""Money that could not go back: one's own page of it, and the operator's desk."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.desk_frame import ground_of, operator_page
from renqing.doors.web.shell import deed, form_of, go, language_of, my_id, page
from renqing.foundation.errors import NotFound, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.end_a_balance import EndABalance, end_a_balance
from renqing.journeys.keep_a_balance import NameARoute, name_a_route
from renqing.trade.balances import REASON_CHARACTERS_MAX
from renqing.views.balances import my_balances, operator_balances

allow(Audience.PERSON, "GET /me/balances", "POST /me/balances/{balance_id:str}/route")
allow(Audience.OPERATOR, "GET /desk/operator/balances", "POST /desk/operator/balances/{kept_balance_id:str}/end")


async def _mine(request: AnyRequest, problem: str = "") -> Response[str]:
    found = await my_balances(house_of(request).ground, my_id(request))
    return await page(request, "balances.html", status=409 if problem else 200, tab="me", page=found, problem=problem)


@get("/me/balances")
async def mine(request: AnyRequest) -> Response[str]:
    """What is kept for the reader, and what happens next."""
    return await _mine(request)


@post("/me/balances/{balance_id:str}/route")
async def name(request: AnyRequest, balance_id: FromPath[str]) -> Response[str]:
    """Have it sent to the account of another payment."""
    form, number = await form_of(request), id_in(balance_id)
    try:
        ask = NameARoute(my_id(request), number, parse_id(form.get("route_id", "")) or 0)
        await name_a_route(house_of(request).ground, ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _mine(request, words_of(refusal, language_of(request)))
    return go(request, "/me/balances", "balance_going")


async def _desk(request: AnyRequest, refusal: Refusal | None = None) -> Response[str]:
    seen = await operator_balances(ground_of(request), my_id(request))
    values = {"page": seen, "reason_max": REASON_CHARACTERS_MAX}
    return await operator_page(request, "desk/operator/balances.html", "balances", refusal, **values)


@get("/desk/operator/balances")
async def desk(request: AnyRequest) -> Response[str]:
    """What is kept for people."""
    return await _desk(request)


@post("/desk/operator/balances/{kept_balance_id:str}/end")
async def end(request: AnyRequest, kept_balance_id: FromPath[str]) -> Response[str]:
    """It was given back by hand."""
    form, number = await form_of(request), id_in(kept_balance_id)
    try:
        ask = EndABalance(my_id(request), number, form.get("reason", ""))
        await end_a_balance(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _desk(request, refusal)
    return go(request, "/desk/operator/balances", "desk_balance_ended")


routes = [mine, name, desk, end]

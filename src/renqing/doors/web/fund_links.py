"""A fund's link: switched on and off by its starter; the page that it leads to, also for who is not signed in."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.receiving import LOOKS
from renqing.doors.api.wire import AnyRequest, house_of, id_in, spend
from renqing.doors.problems import words_of
from renqing.doors.web.shell import deed, form_of, go, language_of, my_id, page, reader_or_nobody
from renqing.foundation.errors import Refusal
from renqing.journeys.join_a_fund import JoinAFund, LinkAFund, join_a_fund, link_a_fund
from renqing.social.funds import FundUnknown
from renqing.views.fund_link_page import fund_by_link

allow(Audience.ANYONE, "GET /f", "POST /f/look")
allow(Audience.PERSON, "POST /f/join", "POST /funds/{fund_id:str}/link")

TOKEN_CHARACTERS_MAX = 100


@get("/f")
async def link_page(request: AnyRequest) -> Response[str]:
    """An empty table: the browser knows the token, which no server, proxy or log sees in an address."""
    return await page(request, "fund_link.html", tab="gift")


@post("/f/look")
async def look(request: AnyRequest) -> Response[str]:
    """What lies behind the link. Changes nothing."""
    spend(request, LOOKS)
    return await _show(request, (await form_of(request)).get("token", ""))


async def _show(request: AnyRequest, token: str, problem: str = "") -> Response[str]:
    reader = reader_or_nobody(request)
    try:
        found = await fund_by_link(
            house_of(request).ground, token[:TOKEN_CHARACTERS_MAX], None if reader is None else reader.person_id
        )
    except FundUnknown:
        found = None
    return await page(request, "fund_link_part.html", status=409 if problem else 200, page=found, problem=problem)


@post("/f/join")
async def join(request: AnyRequest) -> Response[str]:
    """Take part; on to the fund."""
    spend(request, LOOKS)
    form = await form_of(request)
    token = form.get("token", "")
    try:
        ask = JoinAFund(my_id(request), token[:TOKEN_CHARACTERS_MAX])
        joined = await join_a_fund(house_of(request).ground, ask, deed(request, form))
    except FundUnknown:
        return await _show(request, "")
    except Refusal as refusal:
        return await _show(request, token, words_of(refusal, language_of(request)))
    return go(request, f"/funds/{joined.fund_id}", "fund_joined")


@post("/funds/{fund_id:str}/link")
async def switch(request: AnyRequest, fund_id: FromPath[str]) -> Response[str]:
    """A new link, or none."""
    form, number = await form_of(request), id_in(fund_id)
    ask = LinkAFund(my_id(request), number, form.get("on") == "1")
    await link_a_fund(house_of(request).ground, ask, deed(request, form))
    return go(request, f"/funds/{number}", "fund_linked" if ask.on else "fund_unlinked")


routes = [link_page, look, join, switch]

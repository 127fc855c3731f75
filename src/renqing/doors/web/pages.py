"""Every page of the house, and how a failure is told to a person."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, Router
from litestar.types import ControllerRouterHandler

from renqing.doors.problems import answer_json, refusal_of, status_of, words_of
from renqing.doors.web import (
    activities,
    addresses,
    balances,
    buying,
    cart,
    charities,
    chats,
    choices,
    claim_cards,
    days,
    demo,
    desk_gift_policies,
    desk_goods,
    desk_moderation,
    desk_operator,
    desk_shop,
    desk_vouchers,
    desk_webhooks,
    draws,
    engravings,
    friends,
    fund_links,
    funds,
    furniture,
    gift_codes,
    gifts,
    holds,
    hurries,
    keeping,
    kept,
    lateness,
    leaks,
    market,
    me,
    moving,
    nameless,
    notices,
    orders,
    packing,
    peace,
    presents,
    receiving,
    refund_asks,
    safe_words,
    schedules,
    sets,
    signing_in,
    surprises,
    thanking,
    vouchers,
    wishes,
    wrapping,
    yearly,
)
from renqing.doors.web.rendering import render
from renqing.doors.web.shell import HTML, bare_shell, go, is_part, language_of
from renqing.foundation.errors import NotSignedIn, TooMany
from renqing.foundation.logs import log
from renqing.foundation.text import knows, say

_ROOMS = (
    furniture,
    market,
    buying,
    cart,
    orders,
    vouchers,
    hurries,
    leaks,
    wrapping,
    gift_codes,
    gifts,
    keeping,
    nameless,
    surprises,
    engravings,
    moving,
    thanking,
    receiving,
    choices,
    refund_asks,
    schedules,
    sets,
    safe_words,
    funds,
    fund_links,
    kept,
    lateness,
    balances,
    draws,
    presents,
    activities,
    claim_cards,
    chats,
    notices,
    me,
    peace,
    friends,
    holds,
    charities,
    wishes,
    days,
    yearly,
    addresses,
    signing_in,
    demo,
    desk_shop,
    packing,
    desk_goods,
    desk_vouchers,
    desk_moderation,
    desk_operator,
    desk_gift_policies,
    desk_webhooks,
)
routes: list[ControllerRouterHandler] = [
    Router(path="/", route_handlers=[handler for room in _ROOMS for handler in room.routes], include_in_schema=False)
]

# Doors for programs: they are answered with problem details whatever they accept.
_FOR_PROGRAMS = ("/v1/", "/callbacks/", "/health", "/metrics", "/openapi")


def answer_failure(request: Request[Any, Any, Any], failure: Exception) -> Response[Any]:
    """A page for people, problem details for programs."""
    if request.url.path.startswith(_FOR_PROGRAMS) or "text/html" not in request.headers.get("accept", "*/*text/html"):
        return answer_json(request, failure)
    refusal = refusal_of(failure)
    if isinstance(refusal, NotSignedIn):
        return go(request, _way_in(request))
    if refusal is None:
        log.error("page_failed", route=request.scope.get("path_template", ""), exc_info=failure)
        return _error_page(request, 500, "error.internal", "")
    headers = {}
    if isinstance(refusal, TooMany) and "retry_after_seconds" in refusal.facts:
        headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
    response = _error_page(request, status_of(type(refusal)), "", words_of(refusal, language_of(request)))
    response.headers.update(headers)
    return response


def _way_in(request: Request[Any, Any, Any]) -> str:
    """The sign-in page, leading back to what was asked for; a form that was sent cannot be sent again by itself."""
    if request.method != "GET" or is_part(request):
        return "/sign-in"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/sign-in?next={quote(request.url.path + query)}"


def _error_page(request: Request[Any, Any, Any], status: int, key: str, words: str) -> Response[str]:
    language = language_of(request)
    title = say(_title(status), language)
    told = words or say(key, language)
    shell = bare_shell(request)
    if is_part(request):
        return Response(
            render("error_part.html", shell, {"status": status, "title": title, "words": told}),
            status_code=status,
            media_type=HTML,
        )
    html = render("error.html", shell, {"status": status, "title": title, "words": told, "tab": ""})
    return Response(html, status_code=status, media_type=HTML)


def _title(status: int) -> str:
    named = f"page.error.{status}"
    return named if knows(named) else "page.error.other"

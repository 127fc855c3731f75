"""What a shop gives away: the page that its link leads to, in a note, a message or a printed code."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.books.people import AddressUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of
from renqing.doors.problems import words_of
from renqing.doors.web.addresses import address_said, without_address
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page, reader_or_nobody
from renqing.foundation.errors import Refusal
from renqing.journeys.take_a_present import TakeAPresent
from renqing.social.activities import PresentNotAvailable
from renqing.views.me_page import my_addresses
from renqing.views.present_page import present_page

allow(Audience.ANYONE, "GET /p/{present_code:str}")
allow(Audience.PERSON, "POST /p/{present_code:str}/take")


async def _show(request: AnyRequest, code: str, form: Form | None = None, problem: str = "") -> Response[str]:
    ground, reader = house_of(request).ground, reader_or_nobody(request)
    found = await present_page(ground, None if reader is None else reader.person_id, code)
    may_take = reader is not None and found.standing == "ready"
    mine = await my_addresses(ground, reader.person_id) if may_take and reader is not None else []
    status = 409 if problem else 200
    values = {"page": found, "addresses": mine, "form": form or {}, "problem": problem}
    return await page(request, "present.html", status=status, tab="gift", **values)


@get("/p/{present_code:str}")
async def look(request: AnyRequest, present_code: FromPath[str]) -> Response[str]:
    """What it is, how many are left, and the way to have one. Looking changes nothing."""
    return await _show(request, present_code)


@post("/p/{present_code:str}/take")
async def take(request: AnyRequest, present_code: FromPath[str]) -> Response[str]:
    """Take one, with an address; on to its order."""
    form = await form_of(request)
    try:
        address_id = await address_said(request, form)
        if address_id is None:
            raise AddressUnknown
        ask = TakeAPresent(my_id(request), present_code, address_id)
        taken = await house_of(request).presents.ask((ask, deed(request, without_address(form), "take")))
    except PresentNotAvailable:
        raise
    except Refusal as refusal:
        return await _show(request, present_code, form, words_of(refusal, language_of(request)))
    return go(request, f"/orders/{taken.order_id}", "present_taken")


routes = [look, take]

"""A gift that waits: to whom else its giver gives it."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page
from renqing.doors.web.wrapping import ANYBODY, OF_A_GROUP
from renqing.foundation.errors import Refusal
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.social.gifts import GiftNotAvailable
from renqing.views.buying_page import near_to
from renqing.views.gift_page import GiverPage, gift_page

allow(Audience.PERSON, "GET /gifts/{gift_id:str}/readdress", "POST /gifts/{gift_id:str}/readdress")


@get("/gifts/{gift_id:str}/readdress")
async def choose(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """To whom else."""
    return await _choosing(request, id_in(gift_id), {})


async def _choosing(request: AnyRequest, gift_id: int, form: Form, problem: str = "") -> Response[str]:
    ground, reader = house_of(request).ground, my_id(request)
    found = await gift_page(ground, reader, gift_id)
    if not isinstance(found, GiverPage):
        raise GiftNotAvailable
    if not found.may_readdress and not problem:
        return go(request, f"/gifts/{gift_id}")
    near, groups = await near_to(ground, reader)
    is_many = found.many is not None and found.many.shares > 1
    return await page(
        request,
        "gift_readdress.html",
        status=409 if problem else 200,
        tab="gift",
        page=found,
        near=[] if is_many else [one for one in near if found.to is None or one.person.id != found.to.id],
        groups=groups,
        chosen=form.get("to", ANYBODY),
        problem=problem,
    )


@post("/gifts/{gift_id:str}/readdress")
async def readdress(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Give it to them."""
    form, number = await form_of(request), id_in(gift_id)
    to = form.get("to", "")
    try:
        ask = ReaddressAGift(
            giver_id=my_id(request),
            gift_id=number,
            recipient_id=None if to == ANYBODY or to.startswith(OF_A_GROUP) else id_in(to),
            group_id=id_in(to.removeprefix(OF_A_GROUP)) if to.startswith(OF_A_GROUP) else None,
        )
        await readdress_a_gift(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _choosing(request, number, form, words_of(refusal, language_of(request)))
    return go(request, f"/gifts/{number}", "gift_readdressed")


routes = [choose, readdress]

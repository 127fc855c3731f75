"""A gift that nobody has claimed: its giver says where it shall go to, and has it."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.addresses import address_said, without_address
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page
from renqing.foundation.errors import Refusal
from renqing.journeys.keep_my_gift import KeepMyGift, keep_my_gift
from renqing.social.gifts import GiftNotAvailable
from renqing.views.gift_page import GiverPage, gift_page
from renqing.views.gift_reach import why_not_there
from renqing.views.me_page import my_addresses

allow(Audience.PERSON, "GET /gifts/{gift_id:str}/keep", "POST /gifts/{gift_id:str}/keep")


@get("/gifts/{gift_id:str}/keep")
async def where_to(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Where to."""
    return await _asking(request, id_in(gift_id), {})


async def _asking(request: AnyRequest, gift_id: int, form: Form, problem: str = "") -> Response[str]:
    ground, reader = house_of(request).ground, my_id(request)
    found = await gift_page(ground, reader, gift_id)
    if not isinstance(found, GiverPage):
        raise GiftNotAvailable
    if not found.may_keep and not problem:
        return go(request, f"/gifts/{gift_id}")
    mine = await my_addresses(ground, reader)
    away = await why_not_there(ground, gift_id, [one.region_code for one in mine])
    return await page(
        request,
        "gift_keep.html",
        status=409 if problem else 200,
        tab="gift",
        page=found,
        addresses=mine,
        not_there={one.id: why for one in mine if (why := away.get(one.region_code))},
        form=form,
        problem=problem,
    )


@post("/gifts/{gift_id:str}/keep")
async def keep(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Have it."""
    form, number = await form_of(request), id_in(gift_id)
    try:
        ask = KeepMyGift(my_id(request), number, await address_said(request, form))
        kept = await keep_my_gift(house_of(request).ground, ask, deed(request, without_address(form), "keep"))
    except Refusal as refusal:
        return await _asking(request, number, form, words_of(refusal, language_of(request)))
    one = kept.kept_order_ids[0] if len(kept.kept_order_ids) == 1 else None
    return go(request, "/orders" if one is None else f"/orders/{one}", "gift_kept")


routes = [where_to, keep]

"""More of what may be had instead of what was given, for the picker of a gift that is open."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.receiving import LOOKS
from renqing.doors.api.wire import AnyRequest, house_of, id_in, spend
from renqing.doors.web.gifts import TOKEN_CHARACTERS_MAX
from renqing.doors.web.shell import Form, form_of, my_id, page
from renqing.foundation.ids import parse_id
from renqing.social.gifts import GiftNotAvailable
from renqing.views.gift_choices import choices_of
from renqing.views.gift_page import OpenGift, gift_by_link, gift_page

allow(Audience.PERSON, "POST /gifts/{gift_id:str}/choices", "POST /g/choices")


async def _more(request: AnyRequest, found: object, form: Form, path: str) -> Response[str]:
    if not isinstance(found, OpenGift):
        raise GiftNotAvailable
    after = parse_id(form.get("after", ""))
    others = await choices_of(house_of(request).ground, found.gift_id, after)
    return await page(request, "gift_choices_part.html", others=others, form=form, action=path)


@post("/gifts/{gift_id:str}/choices")
async def more(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """The next page."""
    spend(request, LOOKS)
    form, number = await form_of(request), id_in(gift_id)
    found = await gift_page(house_of(request).ground, my_id(request), number)
    return await _more(request, found, form, f"/gifts/{number}")


@post("/g/choices")
async def more_by_link(request: AnyRequest) -> Response[str]:
    """The next page, of what a link leads to."""
    spend(request, LOOKS)
    form = await form_of(request)
    token = form.get("token", "")[:TOKEN_CHARACTERS_MAX]
    return await _more(request, await gift_by_link(house_of(request).ground, token, my_id(request)), form, "/g")


routes = [more, more_by_link]

"""The inbox: what happened to what is mine. Opening a notice reads it and leads to what it is about."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.web.shell import form_of, go, is_part, my_id, own_path, page, whole
from renqing.foundation.ids import ID_MAX, parse_id
from renqing.journeys.read_notices import read_a_notice, read_notices
from renqing.views.notice_page import notices_page

allow(Audience.PERSON, "GET /notices", "POST /notices/read", "POST /notices/{notice_id:str}")

# What a notice looks like; everything else is a bell.
LOOKS = {
    "gift": ("gift", "gift"),
    "birthday": ("gift", "gift"),
    "day": ("", "clock"),
    "yearly": ("gift", "gift"),
    "order": ("parcel", "truck"),
    "refund": ("money", "refund"),
    "friend": ("", "users"),
}


@get("/notices")
async def notices(request: AnyRequest) -> Response[str]:
    """The reader's inbox."""
    before = parse_id(request.query_params.get("before", ""))
    found = await notices_page(house_of(request).ground, my_id(request), before)
    template = "notices_more.html" if is_part(request) and before else "notices.html"
    return await page(request, template, tab="chat", page=found, looks=LOOKS)


@post("/notices/read")
async def read_all(request: AnyRequest) -> Response[str]:
    """Everything up to the newest that was shown is read."""
    form = await form_of(request)
    await read_notices(house_of(request).ground, my_id(request), whole(form, "up_to", most=ID_MAX))
    return go(request, "/notices")


@post("/notices/{notice_id:str}")
async def open_notice(request: AnyRequest, notice_id: FromPath[str]) -> Response[str]:
    """Read one, and go to what it is about."""
    form = await form_of(request)
    await read_a_notice(house_of(request).ground, my_id(request), id_in(notice_id))
    return go(request, own_path(form.get("link", "/notices")))


routes = [notices, read_all, open_notice]

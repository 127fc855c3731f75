"""Notices: what happened to what is yours; and the stream that says when to look again."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    Done,
    Id,
    MoneyOut,
    PersonOut,
    bind_key,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    reader_of,
    somebody_out,
)
from renqing.doors.live import StreamsFull
from renqing.doors.problems import language_of
from renqing.foundation.text import Language
from renqing.journeys.read_notices import read_a_notice, read_notices
from renqing.social.notices import NoticeUnknown
from renqing.views.market import CursorNotValid
from renqing.views.me_page import waiting
from renqing.views.notice_page import NoticeHere, notices_page

allow(
    Audience.PERSON,
    "GET /v1/notices",
    "GET /v1/notices/unread",
    "POST /v1/notices/reading",
    "POST /v1/notices/{notice_id:str}/reading",
    "GET /v1/live",
)


class AboutOut(msgspec.Struct, frozen=True):
    """What a notice is about: ids, an amount where you may know it, the state of an after-sale."""

    gift_id: str | None
    order_id: str | None
    aftersale_id: str | None
    product_id: str | None
    amount: MoneyOut | None
    state: str | None


class NoticeOut(msgspec.Struct, frozen=True):
    """A notice in your language."""

    id: str
    kind: str
    title: str
    body: str
    who: PersonOut | None
    about: AboutOut
    made_at: datetime
    is_read: bool


class NoticesOut(msgspec.Struct, frozen=True):
    """Your inbox, the newest first. ``unread`` stops at 100, which means more than 99."""

    notices: list[NoticeOut]
    unread: int
    next_cursor: str | None


class UnreadOut(msgspec.Struct, frozen=True):
    """What waits for you; 100 means more than 99."""

    notices: int
    chats: int
    gifts: int


class NoticesReadingIn(Body, frozen=True, kw_only=True):
    """The newest notice that you saw: it and all before it are read."""

    up_to: Id


@get("/v1/notices", tags=["notices"], refuses=(CursorNotValid,))
async def list_notices(request: AnyRequest, cursor: Cursor = None) -> NoticesOut:
    """Your notices, the newest first, in your language."""
    page = await notices_page(house_of(request).ground, reader_of(request).person_id, cursor_in(cursor))
    language = language_of(request)
    return NoticesOut([_notice(one, language) for one in page.notices], page.unread, cursor_out(page.before))


def _notice(one: NoticeHere, language: Language) -> NoticeOut:
    facts = one.facts
    amount = MoneyOut(int(facts["amount"]), str(facts["currency"])) if "amount" in facts else None
    return NoticeOut(
        id=str(one.notice_id),
        kind=one.kind,
        title=one.title(language),
        body=one.body(language),
        who=somebody_out(one.who),
        about=AboutOut(
            gift_id=_text(facts.get("gift_id")),
            order_id=_text(facts.get("order_id")),
            aftersale_id=_text(facts.get("case_id")),
            product_id=_text(one.product_id),
            amount=amount,
            state=_text(facts.get("state")),
        ),
        made_at=one.made_at,
        is_read=one.is_read,
    )


def _text(fact: int | str | None) -> str | None:
    return None if fact is None else str(fact)


@get("/v1/notices/unread", tags=["notices"])
async def count_unread(request: AnyRequest) -> UnreadOut:
    """What waits for you: notices, messages, gifts."""
    waits = await waiting(house_of(request).ground, reader_of(request).person_id)
    return UnreadOut(waits.notices, waits.chats, waits.gifts)


@post("/v1/notices/reading", tags=["notices"], status_code=HTTP_200_OK)
async def read_all(request: AnyRequest, data: JSONBody[NoticesReadingIn]) -> Done:
    """Mark your inbox read up to the newest notice that you saw."""
    await bind_key(request, data)
    await read_notices(house_of(request).ground, reader_of(request).person_id, id_in(data.up_to))
    return Done()


@post("/v1/notices/{notice_id:str}/reading", tags=["notices"], status_code=HTTP_200_OK, refuses=(NoticeUnknown,))
async def read_one(request: AnyRequest, notice_id: FromPath[str]) -> Done:
    """Mark one notice read."""
    await bind_key(request)
    await read_a_notice(house_of(request).ground, reader_of(request).person_id, id_in(notice_id))
    return Done()


@get("/v1/live", tags=["notices"], media_type="text/event-stream", refuses=(StreamsFull,))
async def live(request: AnyRequest) -> Stream:
    """What of yours changed, as server-sent events.

    `notice`, `message`, `gift` and `order` carry an `about_id`; `again` means look at everything again. What they say
    is read from its own route.
    """
    came_back = "last-event-id" in request.headers
    frames = house_of(request).hub.stream(reader_of(request).person_id, came_back=came_back)
    return Stream(frames, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


routes = [list_notices, count_unread, read_all, read_one, live]

"""A gift that is paid and comes later: at another moment, or now. To call it off, withdraw it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, once_without_body, reader_of
from renqing.journeys.send_a_gift_later import MoveASchedule, ScheduleMoved, move_a_schedule
from renqing.social.gifts import GiftNotAvailable
from renqing.social.schedules import GiftAlreadySent, Moment

allow(Audience.PERSON, "PUT /v1/gifts/{gift_id:str}/schedule", "POST /v1/gifts/{gift_id:str}/delivery")


class ScheduleIn(Body, frozen=True, kw_only=True):
    """What a wall clock shows when the gift comes, ``2026-12-24T09:00``, in an IANA time zone.

    Without a zone: where the recipient is, or you where nobody is named. A time that the clock shows twice is the
    first of the two; one that it leaps over is as much later as it leaps.
    """

    deliver_at: Annotated[str, msgspec.Meta(max_length=19)]
    deliver_zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class ScheduleOut(msgspec.Struct, frozen=True):
    """The gift comes then. ``deliver_zone`` is where you think of that moment."""

    gift_id: str
    deliver_at: datetime
    deliver_zone: str


def _out(moved: ScheduleMoved) -> ScheduleOut:
    return ScheduleOut(str(moved.gift_id), moved.deliver_at, moved.time_zone)


@put(
    "/v1/gifts/{gift_id:str}/schedule",
    tags=["giving"],
    refuses=(GiftNotAvailable, GiftAlreadySent),
)
async def reschedule(request: AnyRequest, gift_id: FromPath[str], data: JSONBody[ScheduleIn]) -> ScheduleOut:
    """Let a gift that has not come yet come at another moment."""
    moment = Moment(data.deliver_at, data.deliver_zone)
    ask = MoveASchedule(reader_of(request).person_id, id_in(gift_id), moment)
    return _out(await move_a_schedule(house_of(request).ground, ask, once_of(request, data)))


@post(
    "/v1/gifts/{gift_id:str}/delivery",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftAlreadySent),
)
async def deliver_now(request: AnyRequest, gift_id: FromPath[str]) -> ScheduleOut:
    """Send a gift now that would have come later: its time to be claimed begins."""
    ask = MoveASchedule(reader_of(request).person_id, id_in(gift_id), None)
    return _out(await move_a_schedule(house_of(request).ground, ask, await once_without_body(request)))


routes = [reschedule, deliver_now]

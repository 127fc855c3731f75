"""What a demo has and nothing else: be anybody with one tap, move the clock, read the sandbox's phones.

In any other mode there are no such routes. What can be known of one's own request belongs to nobody: these routes
take anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import PersonUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.sign_ins import SignInOut, let_in
from renqing.doors.api.wire import AnyRequest, Body, Id, house_of, id_in, once_of_somebody
from renqing.foundation.demo_clock import MOVE_SECONDS_MAX
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.move_the_demo_clock import move_the_demo_clock
from renqing.journeys.sign_in_to_the_demo import SignInToTheDemo, sign_in_to_the_demo
from renqing.views.demo_people import demo_people
from renqing.views.sandbox_phone import sandbox_phone

allow(
    Audience.DEMO,
    "GET /v1/demo/people",
    "POST /v1/demo/sign-ins",
    "GET /v1/demo/clock",
    "POST /v1/demo/clock",
    "GET /v1/demo/phones/{phone:str}",
)


class DemoPerson(msgspec.Struct, frozen=True):
    """Somebody of the demo world, and where they work."""

    id: str
    name: str
    avatar: str
    is_operator: bool
    shop_ids: list[str]


class DemoSignIn(Body, frozen=True, kw_only=True):
    """Who to be."""

    person_id: Id


class ClockIn(Body, frozen=True, kw_only=True):
    """How far to move the house's clock on."""

    seconds: Annotated[int, msgspec.Meta(ge=0, le=MOVE_SECONDS_MAX)]


class ClockOut(msgspec.Struct, frozen=True):
    """The house's time, and how far it is ahead of the machine's."""

    now: datetime
    offset_seconds: int


class PhoneMessage(msgspec.Struct, frozen=True):
    """A message on a sandbox phone."""

    words: str
    sent_at: datetime


@get("/v1/demo/people", tags=["demo"])
async def list_people(request: AnyRequest) -> list[DemoPerson]:
    """Who there is to be: those who work somewhere first."""
    return [
        DemoPerson(
            str(one.person.id),
            one.person.name,
            one.person.avatar,
            one.is_operator,
            [str(shop_id) for shop_id in one.shop_ids],
        )
        for one in await demo_people(house_of(request).ground)
    ]


@post("/v1/demo/sign-ins", tags=["demo"], refuses=(PersonUnknown,))
async def be_somebody(request: AnyRequest, data: JSONBody[DemoSignIn]) -> SignInOut:
    """Be somebody of the demo world."""
    ask = SignInToTheDemo(id_in(data.person_id), kind="bearer")
    once = once_of_somebody(request, data.person_id, data)
    return let_in(await sign_in_to_the_demo(house_of(request).ground, ask, once))


@get("/v1/demo/clock", tags=["demo"], sync_to_thread=False)
def read_clock(request: AnyRequest) -> ClockOut:
    """What time it is in the house."""
    clock = house_of(request).ground.clock
    ahead = (clock.now() - clock.machine_now()) / timedelta(seconds=1)
    return ClockOut(clock.now(), round(ahead))


@post("/v1/demo/clock", tags=["demo"], status_code=HTTP_200_OK)
async def move_clock(request: AnyRequest, data: JSONBody[ClockIn]) -> ClockOut:
    """Move the house's clock on, for every process: deadlines that it passes fall due."""
    time = await move_the_demo_clock(house_of(request).ground, data.seconds, once_of_somebody(request, "clock", data))
    return ClockOut(time.now, time.offset_seconds)


@get("/v1/demo/phones/{phone:str}", tags=["demo"], refuses=(FieldNotValid,))
async def read_phone(request: AnyRequest, phone: Annotated[str, PathParameter(max_length=40)]) -> list[PhoneMessage]:
    """The latest messages of a sandbox phone: where sign-in codes arrive."""
    return [PhoneMessage(one.words, one.sent_at) for one in await sandbox_phone(house_of(request).ground, phone)]


routes = [list_people, be_somebody, read_clock, move_clock, read_phone]

"""Where payment channels tell us what became of a payment. Answered only once it is kept."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of
from renqing.doors.house import CALLBACK_PATH
from renqing.foundation.database import TooBusy
from renqing.foundation.errors import NotFound, TooMany
from renqing.foundation.logs import log
from renqing.foundation.metrics import CALLBACKS
from renqing.journeys.take_a_payment import (
    CallbackAmountDiffers,
    CallbackContradicts,
    CallbackOrderUnknown,
    Heard,
)
from renqing.trade.payments.ports import CallbackForged

ROUTE = CALLBACK_PATH + "/{channel:str}"
allow(Audience.CHANNEL, f"POST {ROUTE}")


class Thanks(msgspec.Struct, frozen=True):
    """The callback is kept; it need not be sent again."""

    code: str = "SUCCESS"


@post(
    ROUTE,
    status_code=HTTP_200_OK,
    tags=["callbacks"],
    refuses=(CallbackForged, CallbackOrderUnknown, CallbackAmountDiffers, CallbackContradicts, TooMany, TooBusy),
)
async def hear_payment(request: AnyRequest, channel: FromPath[str]) -> Thanks:
    """A channel's signed word about a payment or a refund. Answered once it is kept."""
    house = house_of(request)
    speaker = house.channels.get(channel)
    if speaker is None:
        raise NotFound
    raw = await request.body()
    try:
        news = speaker.read_callback(request.headers, raw, house.ground.clock.machine_now())
    except CallbackForged as forged:
        CALLBACKS.labels(channel, "forged").inc()
        log.warning("callback_forged", channel=channel, why=forged.facts.get("why"))
        raise CallbackForged from forged  # whoever sent it learns only that it was refused
    await house.callbacks.ask(Heard(channel, news, raw))
    return Thanks()


routes = [hear_payment]

"""Gifts without a name: say who you are after all; refuse more of them, or report one, without learning whose it is."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, once_without_body, reader_of
from renqing.journeys.wear_a_mask import OfAGift, ReportItsGiver, refuse_more, report_its_giver, show_myself
from renqing.social.gifts import GiftNotAvailable
from renqing.social.holds import WORDS_CHARACTERS_MAX, Reason

allow(
    Audience.PERSON,
    "POST /v1/gifts/{gift_id:str}/giver-showing",
    "POST /v1/gifts/{gift_id:str}/giver-refusal",
    "POST /v1/gifts/{gift_id:str}/giver-report",
)


class GiverReportIn(Body, frozen=True, kw_only=True):
    """Why (``unwanted``, ``harassment``, ``fraud``, ``other``), and in your words."""

    reason: Reason
    words: Annotated[str, msgspec.Meta(max_length=WORDS_CHARACTERS_MAX)] = ""


class NamelessDone(msgspec.Struct, frozen=True):
    """It is so."""

    gift_id: str


@post(
    "/v1/gifts/{gift_id:str}/giver-showing",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable,),
)
async def show(request: AnyRequest, gift_id: FromPath[str]) -> NamelessDone:
    """Say who you are, for good: who has claimed your gift is told."""
    ask = OfAGift(reader_of(request).person_id, id_in(gift_id))
    done = await show_myself(house_of(request).ground, ask, await once_without_body(request))
    return NamelessDone(str(done.gift_id))


@post(
    "/v1/gifts/{gift_id:str}/giver-refusal",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable,),
)
async def refuse(request: AnyRequest, gift_id: FromPath[str]) -> NamelessDone:
    """Take no more gifts without a name from whoever gave this one. You do not learn who, and they are not told."""
    ask = OfAGift(reader_of(request).person_id, id_in(gift_id))
    done = await refuse_more(house_of(request).ground, ask, await once_without_body(request))
    return NamelessDone(str(done.gift_id))


@post("/v1/gifts/{gift_id:str}/giver-report", tags=["giving"], refuses=(GiftNotAvailable,))
async def report(request: AnyRequest, gift_id: FromPath[str], data: JSONBody[GiverReportIn]) -> NamelessDone:
    """Report whoever gave this gift without a name. An operator reads who it is; you do not."""
    ask = ReportItsGiver(reader_of(request).person_id, id_in(gift_id), data.reason, data.words)
    done = await report_its_giver(house_of(request).ground, ask, once_of(request, data))
    return NamelessDone(str(done.gift_id))


routes = [show, refuse, report]

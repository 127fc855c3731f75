"""Surprises: see what it is."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in, once_without_body, reader_of
from renqing.journeys.keep_a_surprise import RevealASurprise, reveal_a_surprise
from renqing.social.gifts import GiftNotAvailable

allow(Audience.PERSON, "POST /v1/gifts/{gift_id:str}/reveal")

SurpriseIn = Literal["delivered", "opened"]
SurpriseOut = Literal["", "delivered", "opened"]


class RevealedOut(msgspec.Struct, frozen=True):
    """You know what it is from now on: ``GET /v1/gifts/{gift_id}``."""

    gift_id: str


@post(
    "/v1/gifts/{gift_id:str}/reveal",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable,),
)
async def reveal(request: AnyRequest, gift_id: FromPath[str]) -> RevealedOut:
    """Say that you opened a surprise that you claimed, or that you want to know: its giver is told."""
    ask = RevealASurprise(reader_of(request).person_id, id_in(gift_id))
    done = await reveal_a_surprise(house_of(request).ground, ask, await once_without_body(request))
    return RevealedOut(str(done.gift_id))


routes = [reveal]

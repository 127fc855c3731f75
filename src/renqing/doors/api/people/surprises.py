"""Surprises: see what it is."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in, once_without_body, reader_of
from renqing.journeys.keep_a_surprise import (
    RevealAParcel,
    RevealASurprise,
    reveal_a_parcel,
    reveal_a_surprise,
)
from renqing.social.gifts import GiftNotAvailable
from renqing.trade.orders import OrderUnknown

allow(Audience.PERSON, "POST /v1/gifts/{gift_id:str}/reveal", "POST /v1/orders/{order_id:str}/reveal")

SurpriseIn = Literal["delivered", "opened"]
SurpriseOut = Literal["", "delivered", "opened"]


class RevealedOut(msgspec.Struct, frozen=True):
    """You know what it is from now on: ``GET /v1/gifts/{gift_id}``."""

    gift_id: str


class ParcelRevealedOut(msgspec.Struct, frozen=True):
    """You know what this order sends from now on: ``GET /v1/orders/{order_id}``."""

    order_id: str


@post(
    "/v1/gifts/{gift_id:str}/reveal",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable,),
)
async def reveal(request: AnyRequest, gift_id: FromPath[str]) -> RevealedOut:
    """Say that you opened a surprise that you claimed, or that you want to know: its giver is told.

    Of a set, what is in all of its parcels: ``POST /v1/orders/{order_id}/reveal`` tells of one.
    """
    ask = RevealASurprise(reader_of(request).person_id, id_in(gift_id))
    done = await reveal_a_surprise(house_of(request).ground, ask, await once_without_body(request))
    return RevealedOut(str(done.gift_id))


@post(
    "/v1/orders/{order_id:str}/reveal",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(OrderUnknown,),
)
async def reveal_parcel(request: AnyRequest, order_id: FromPath[str]) -> ParcelRevealedOut:
    """Say that you opened the parcel of this order of yours, or that you want to know: of a set the others stay hidden.

    Its giver is told. Of an order that hides nothing, nothing changes.
    """
    ask = RevealAParcel(reader_of(request).person_id, id_in(order_id))
    done = await reveal_a_parcel(house_of(request).ground, ask, await once_without_body(request))
    return ParcelRevealedOut(str(done.order_id))


routes = [reveal, reveal_parcel]

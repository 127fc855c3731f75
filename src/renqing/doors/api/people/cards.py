"""Claim cards: a number and a PIN in print become somebody's, once."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, once_of, reader_of
from renqing.journeys.open_a_card import OpenACard, open_a_card
from renqing.social.activities import PresentGone, PresentNotForYou
from renqing.social.cards import CardLocked, CardNotRight, CardOneEach, CardTriesSpent, CardUsed

allow(Audience.PERSON, "POST /v1/claim-cards/openings")


class CardIn(Body, frozen=True, kw_only=True):
    """What stands on the card. Spaces in it are no matter."""

    number: Annotated[str, msgspec.Meta(max_length=40)]
    pin: Annotated[str, msgspec.Meta(max_length=20)]


class CardOpenedOut(msgspec.Struct, frozen=True):
    """The card is yours: take what it is for with ``POST /v1/presents/{present_code}/taking``."""

    present_code: str


@post(
    "/v1/claim-cards/openings",
    tags=["presents"],
    status_code=HTTP_200_OK,
    refuses=(CardNotRight, CardLocked, CardTriesSpent, CardUsed, CardOneEach, PresentGone, PresentNotForYou),
)
async def open_card(request: AnyRequest, data: JSONBody[CardIn]) -> CardOpenedOut:
    """Type a claim card's number and PIN. Wrong tries count, for the card and for you."""
    ask = OpenACard(reader_of(request).person_id, data.number, data.pin)
    opened = await open_a_card(house_of(request).ground, ask, once_of(request, data))
    return CardOpenedOut(opened.code)


routes = [open_card]

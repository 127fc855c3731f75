"""After a claim: thanks for the giver, and the history of gifts between two people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from renqing.books.people import PersonUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    Id,
    PersonOut,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    id_of,
    once_of,
    person_out,
    reader_of,
)
from renqing.journeys.thank_the_giver import ThankTheGiver, thank_the_giver
from renqing.social.gifts import GiftNotAvailable
from renqing.social.media import MediaUnknown
from renqing.social.thanks import THANKS_CHARACTERS_MAX, ThankedAlready
from renqing.views.gift_history import gifts_between
from renqing.views.market import CursorNotValid

allow(Audience.PERSON, "POST /v1/gifts/{gift_id:str}/thanks", "GET /v1/people/{person_id:str}/gifts")


class ThanksIn(Body, frozen=True, kw_only=True):
    """What to say: words, a picture or a voice (``POST /v1/media``), at least one of them."""

    words: Annotated[
        str, msgspec.Meta(max_length=4000, description=f"At most {THANKS_CHARACTERS_MAX} as a reader counts")
    ] = ""
    picture_id: Id | None = None
    voice_id: Id | None = None


class ThankedOut(msgspec.Struct, frozen=True):
    """It is said, once. ``waits``: a part of it waits for an operator."""

    gift_id: str
    waits: bool


class GiftBetweenOut(msgspec.Struct, frozen=True):
    """A gift that one of you gave and the other claimed. ``thanks``: the words that were said for it.

    ``reply_to``: the gift that it answers.
    """

    id: str
    side: Literal["given", "got"]
    product_id: str
    title_zh: str
    title_en: str
    picture: str
    cover: str
    greeting: str
    thanks: str
    claimed_at: datetime
    reply_to: str | None


class GiftsBetweenOut(msgspec.Struct, frozen=True):
    """The gifts between you and somebody, the latest first; ``given`` and ``got`` count them all.

    Empty where one of you keeps no histories (``PUT /v1/peace``), and nobody learns which; ``is_off``: it is you.
    """

    person: PersonOut
    gifts: list[GiftBetweenOut]
    given: int
    got: int
    is_off: bool
    next_cursor: str | None


@post("/v1/gifts/{gift_id:str}/thanks", tags=["giving"], refuses=(GiftNotAvailable, ThankedAlready, MediaUnknown))
async def thank(request: AnyRequest, gift_id: FromPath[str], data: JSONBody[ThanksIn]) -> ThankedOut:
    """Thank the giver of a gift that you claimed, once. They alone see it."""
    house = house_of(request)
    ask = ThankTheGiver(
        person_id=reader_of(request).person_id,
        gift_id=id_in(gift_id),
        words=data.words,
        picture_id=id_of(data.picture_id),
        voice_id=id_of(data.voice_id),
    )
    said = await thank_the_giver(house.ground, ask, once_of(request, data), house.moderator)
    return ThankedOut(str(said.gift_id), said.waits)


@get("/v1/people/{person_id:str}/gifts", tags=["giving"], refuses=(PersonUnknown, CursorNotValid))
async def list_between(request: AnyRequest, person_id: FromPath[str], cursor: Cursor = None) -> GiftsBetweenOut:
    """The history of gifts between you and somebody: what was claimed, without amounts."""
    reader_id = reader_of(request).person_id
    page = await gifts_between(house_of(request).ground, reader_id, id_in(person_id), cursor_in(cursor))
    gifts = [
        GiftBetweenOut(
            id=str(one.gift_id),
            product_id=str(one.product_id),
            reply_to=None if one.reply_to is None else str(one.reply_to),
            **{
                name: getattr(one, name)
                for name in GiftBetweenOut.__struct_fields__
                if name not in ("id", "product_id", "reply_to")
            },
        )
        for one in page.gifts
    ]
    return GiftsBetweenOut(person_out(page.person), gifts, page.given, page.got, page.is_off, cursor_out(page.before))


routes = [thank, list_between]

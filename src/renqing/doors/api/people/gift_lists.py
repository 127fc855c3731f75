"""Gifts in lists: what somebody gave, and what they were given."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Cursor,
    MoneyOut,
    PersonOut,
    cursor_in,
    cursor_out,
    house_of,
    person_out,
    reader_of,
    somebody_out,
)
from renqing.views.gift_going import Going
from renqing.views.market import CursorNotValid
from renqing.views.my_gifts import GiftGiven, GiftGot, gifts_given, gifts_got

allow(Audience.PERSON, "GET /v1/gifts/sent", "GET /v1/gifts/received")


class SentCard(msgspec.Struct, frozen=True):
    """A gift of yours in the list. ``to`` is who it is meant for or who claimed it; of many, how many have.

    ``pieces``: of a set so many, of which the titles name the first.
    """

    id: str
    cover: str
    greeting: str
    title_zh: str
    title_en: str
    to: PersonOut | None
    shares: int
    shares_claimed: int
    group: str
    total: MoneyOut
    state: int
    ended_how: str
    opened_at: datetime | None
    expires_at: datetime | None
    made_at: datetime
    going: Going
    pieces: int


class ReceivedCard(msgspec.Struct, frozen=True):
    """A gift to you. Greeting and titles are empty until it was opened; ``order_id`` once it is yours.

    ``pieces``: of a set so many, once it was opened; ``order_id`` is then the first of its shops' orders.
    """

    id: str
    order_id: str | None
    giver: PersonOut
    cover: str
    greeting: str
    title_zh: str
    title_en: str
    state: int
    ended_how: str
    opened_at: datetime | None
    expires_at: datetime | None
    made_at: datetime
    going: Going
    pieces: int


class SentGifts(msgspec.Struct, frozen=True):
    """What you gave, the newest first."""

    gifts: list[SentCard]
    next_cursor: str | None


class ReceivedGifts(msgspec.Struct, frozen=True):
    """What you were given, the newest first."""

    gifts: list[ReceivedCard]
    next_cursor: str | None


@get("/v1/gifts/sent", tags=["giving"], refuses=(CursorNotValid,))
async def list_sent(request: AnyRequest, cursor: Cursor = None) -> SentGifts:
    """Gifts that you gave."""
    page = await gifts_given(house_of(request).ground, reader_of(request).person_id, cursor_in(cursor))
    return SentGifts([_sent_card(card) for card in page.gifts], cursor_out(page.before))


@get("/v1/gifts/received", tags=["giving"], refuses=(CursorNotValid,))
async def list_received(request: AnyRequest, cursor: Cursor = None) -> ReceivedGifts:
    """Gifts that you were given."""
    page = await gifts_got(house_of(request).ground, reader_of(request).person_id, cursor_in(cursor))
    return ReceivedGifts([_received_card(card) for card in page.gifts], cursor_out(page.before))


def _sent_card(card: GiftGiven) -> SentCard:
    return SentCard(
        id=str(card.gift_id),
        cover=card.cover,
        greeting=card.greeting,
        title_zh=card.title_zh,
        title_en=card.title_en,
        to=somebody_out(card.to),
        shares=card.shares,
        shares_claimed=card.shares_claimed,
        group=card.group,
        total=MoneyOut(card.total, card.currency),
        state=card.state,
        ended_how=card.ended_how,
        opened_at=card.opened_at,
        expires_at=card.expires_at,
        made_at=card.made_at,
        going=card.going,
        pieces=card.pieces,
    )


def _received_card(card: GiftGot) -> ReceivedCard:
    return ReceivedCard(
        id=str(card.gift_id),
        order_id=None if card.order_id is None else str(card.order_id),
        giver=person_out(card.giver),
        cover=card.cover,
        greeting=card.greeting,
        title_zh=card.title_zh,
        title_en=card.title_en,
        state=card.state,
        ended_how=card.ended_how,
        opened_at=card.opened_at,
        expires_at=card.expires_at,
        made_at=card.made_at,
        going=card.going,
        pieces=card.pieces,
    )


routes = [list_sent, list_received]

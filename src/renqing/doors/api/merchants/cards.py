"""Claim cards: a shop prints numbers with PINs for an activity that goes by cards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, reader_of
from renqing.journeys.keep_claim_cards import PrintCards, print_cards
from renqing.social.activities import ActivityFull, ActivityOver, ActivityUnknown, NotForCards
from renqing.social.cards import CARDS_MAX, BatchUnknown
from renqing.social.holds import OnHold
from renqing.views.shop_cards import card_batches, card_sheet

TAG = "merchants: activities"
_BATCHES = "/v1/shops/{shop_id:str}/activities/{activity_id:str}/card-batches"
allow(Audience.STAFF, f"GET {_BATCHES}", f"POST {_BATCHES}", f"GET {_BATCHES}/{{batch_id:str}}")


class CardsIn(Body, frozen=True, kw_only=True):
    """How many cards to make: one a piece of the activity at most."""

    cards: Annotated[int, msgspec.Meta(ge=1, le=CARDS_MAX)]


class CardsMadeOut(msgspec.Struct, frozen=True):
    """They are made: ``GET …/card-batches/{id}`` tells what to print on them."""

    id: str
    cards: int


class BatchOut(msgspec.Struct, frozen=True):
    """Cards that were made together, and how many of them are used."""

    id: str
    cards: int
    used: int
    made_at: datetime


class CardOut(msgspec.Struct, frozen=True):
    """A card: what to print on it. ``url`` for its QR code, with the number and never the PIN."""

    n: int
    number: str
    pin: str
    url: str
    is_used: bool


@get(_BATCHES, tags=[TAG], refuses=(ShopUnknown, ActivityUnknown))
async def list_card_batches(request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str]) -> list[BatchOut]:
    """The batches of cards of an activity, the newest first."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    rows = await card_batches(ground, reader, id_in(shop_id), id_in(activity_id))
    return [BatchOut(str(row.batch_id), row.cards, row.used, row.made_at) for row in rows]


@post(
    _BATCHES,
    tags=[TAG],
    refuses=(ShopUnknown, ActivityUnknown, ActivityOver, NotForCards, ActivityFull, OnHold),
)
async def make_cards(
    request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str], data: JSONBody[CardsIn]
) -> CardsMadeOut:
    """Make single-use cards, each with a number and a PIN."""
    ask = PrintCards(reader_of(request).person_id, id_in(shop_id), id_in(activity_id), data.cards)
    made = await print_cards(house_of(request).ground, ask, once_of(request, data))
    return CardsMadeOut(str(made.batch_id), made.cards)


@get(f"{_BATCHES}/{{batch_id:str}}", tags=[TAG], refuses=(ShopUnknown, ActivityUnknown, BatchUnknown))
async def read_cards(
    request: AnyRequest, shop_id: FromPath[str], activity_id: FromPath[str], batch_id: FromPath[str]
) -> list[CardOut]:
    """What to print on the cards of a batch."""
    ground, reader = house_of(request).ground, reader_of(request).person_id
    sheet = await card_sheet(ground, reader, id_in(shop_id), id_in(activity_id), id_in(batch_id))
    own = house_of(request).own_url
    return [CardOut(one.n, one.number, one.pin, f"{own}/card?number={one.number}", one.is_used) for one in sheet.cards]


routes = [list_card_batches, make_cards, read_cards]

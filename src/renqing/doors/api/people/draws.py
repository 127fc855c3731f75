"""Draws: entering one, and its public record, from which anybody works out the winners without asking us again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.gift_parts import WinnerOut, winner_out
from renqing.doors.api.people.giving import WhichGift, which
from renqing.doors.api.wire import AnyRequest, Cursor, cursor_in, cursor_out, house_of, once_of, reader_of
from renqing.journeys.enter_a_draw import EnterADraw
from renqing.social.draws import DrawFull, DrawOver, NoDraw
from renqing.social.gifts import CannotReceive, GiftIsYourOwn, GiftNotAvailable, GiftNotForYou
from renqing.social.safe_words import SafeWordNeeded
from renqing.views.draw_page import DrawUnknown, draw_entries, draw_record
from renqing.views.market import CursorNotValid

allow(Audience.PERSON, "POST /v1/gifts/entries")
allow(Audience.PUBLIC, "GET /v1/draws/{commitment:str}", "GET /v1/draws/{commitment:str}/entries")


class EntryIn(WhichGift, frozen=True, kw_only=True):
    """Enter a draw. ``nonce``: 32 hexadecimal digits of your own chance, which nobody knew before; none: ours."""

    nonce: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class DrawEntryOut(msgspec.Struct, frozen=True):
    """Your receipt, hashes in hexadecimal: keep it. ``head`` is the chain of all entries up to yours.

    ``commitment`` is the draw's public name: ``GET /v1/draws/{commitment}``.
    """

    gift_id: str
    n: int
    tag: str
    nonce: str
    head: str
    commitment: str


class DrawRecordOut(msgspec.Struct, frozen=True):
    """A draw's public record: no names, and with the draw its seed. How it adds up: ``docs/decisions/fair-draw.md``.

    ``head`` is the chain over all ``entrants``; ``winners`` in the order of the seed.
    """

    commitment: str
    prizes: int
    draw_at: datetime
    draw_at_seconds: int
    entrants_max: int
    entrants: int
    head: str
    drawn_at: datetime | None
    seed: str | None
    winners: list[WinnerOut]


class EntrySeenOut(msgspec.Struct, frozen=True):
    """An entry: its number, the hash that stands for somebody in this draw alone, and the chance they added."""

    n: int
    tag: str
    nonce: str


class EntriesOut(msgspec.Struct, frozen=True):
    """Entries of a draw in their order; none before it is made."""

    entries: list[EntrySeenOut]
    next_cursor: str | None


@post(
    "/v1/gifts/entries",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, CannotReceive, NoDraw, SafeWordNeeded, DrawOver, DrawFull),
)
async def enter_draw(request: AnyRequest, data: JSONBody[EntryIn]) -> DrawEntryOut:
    """Enter the draw of a gift, once; who asks again gets the same receipt."""
    gift_id, token = which(data)
    ask = EnterADraw(reader_of(request).person_id, gift_id, token, data.nonce)
    entered = await house_of(request).entries.ask((ask, once_of(request, data)))
    hashes = (entered.tag, entered.nonce, entered.head, entered.commitment)
    return DrawEntryOut(str(entered.gift_id), entered.n, *hashes)


@get("/v1/draws/{commitment:str}", tags=["draws"], refuses=(DrawUnknown,))
async def read_draw(request: AnyRequest, commitment: FromPath[str]) -> DrawRecordOut:
    """The public record of a draw: before it the commitment alone, after it all that its winners follow from."""
    record = await draw_record(house_of(request).ground, commitment)
    return DrawRecordOut(
        commitment=record.commitment,
        prizes=record.prizes,
        draw_at=record.draw_at,
        draw_at_seconds=int(record.draw_at.timestamp()),
        entrants_max=record.entrants_max,
        entrants=record.entrants,
        head=record.head,
        drawn_at=record.drawn_at,
        seed=record.seed,
        winners=[winner_out(winner) for winner in record.winners],
    )


@get("/v1/draws/{commitment:str}/entries", tags=["draws"], refuses=(DrawUnknown, CursorNotValid))
async def list_entries(request: AnyRequest, commitment: FromPath[str], cursor: Cursor = None) -> EntriesOut:
    """All entries of a draw that is made, a page at a time."""
    shown, after = await draw_entries(house_of(request).ground, commitment, cursor_in(cursor) or 0)
    return EntriesOut([EntrySeenOut(one.n, one.tag, one.nonce) for one in shown], cursor_out(after))


routes = [enter_draw, read_draw, list_entries]

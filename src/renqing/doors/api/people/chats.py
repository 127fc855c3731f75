"""Chats: threads of two and of groups, words, product cards and gift cards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Cursor,
    Done,
    Id,
    MoneyOut,
    PersonOut,
    bind_key,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    id_of,
    once_of,
    person_out,
    reader_of,
    somebody_out,
)
from renqing.journeys.read_a_chat import ReadChat, read_a_chat
from renqing.journeys.say_in_a_chat import CardUnknown, SayInChat, say_in_a_chat
from renqing.social.chats import ChatClosed, ThreadUnknown
from renqing.views.chat_page import MessageHere, ThreadLine, thread_page, threads_page
from renqing.views.market import CursorNotValid

allow(
    Audience.PERSON,
    "GET /v1/threads",
    "GET /v1/threads/{thread_id:str}",
    "POST /v1/messages",
    "POST /v1/threads/{thread_id:str}/reading",
)

Kind = Literal["text", "product", "gift"]
NUMBER_MAX = 2**53 - 1


class LastOut(msgspec.Struct, frozen=True):
    """What was said last; ``preview`` is the beginning of the words, empty for a card."""

    kind: Kind
    preview: str
    author: str
    is_mine: bool
    made_at: datetime


class ThreadLineOut(msgspec.Struct, frozen=True):
    """A thread of two (``person`` is the other one) or of a group (``faces`` are some of it)."""

    id: str
    kind: Literal["direct", "group"]
    title: str
    person: PersonOut | None
    faces: list[PersonOut]
    last: LastOut | None
    unread: int
    last_at: datetime


class ThreadsOut(msgspec.Struct, frozen=True):
    """Threads, the latest first."""

    threads: list[ThreadLineOut]
    next_cursor: str | None


class ProductCardOut(msgspec.Struct, frozen=True):
    """A product as it is now."""

    id: str
    title_zh: str
    title_en: str
    picture: str
    price_min: MoneyOut
    price_max: MoneyOut
    on_sale: bool


class GiftCardOut(msgspec.Struct, frozen=True):
    """A gift as you may see it now; ``moved``: for somebody else than in this chat. Empty titles: it is not open."""

    id: str
    is_giver: bool
    word: Literal["waiting", "opened", "claimed", "shared_out", "refused", "expired", "withdrawn", "moved", "hidden"]
    cover: str
    greeting: str
    title_zh: str
    title_en: str
    expires_at: datetime | None
    shares: int
    shares_claimed: int


class MessageOut(msgspec.Struct, frozen=True):
    """A message with its card, if it has one that is still there. ``n`` counts in its thread."""

    id: str
    n: int
    author: PersonOut
    is_mine: bool
    kind: Kind
    body: str
    product: ProductCardOut | None
    gift: GiftCardOut | None
    made_at: datetime


class ThreadOut(msgspec.Struct, frozen=True):
    """A thread, oldest first. ``next_cursor`` asks for what was said before; ``may_write`` is about now."""

    id: str
    kind: Literal["direct", "group"]
    title: str
    group_id: str | None
    members: list[PersonOut]
    messages: list[MessageOut]
    read_to: int
    last_n: int
    may_write: bool
    next_cursor: str | None


class MessageIn(Body, frozen=True, kw_only=True):
    """What to say, in a thread or to a friend: one of the two. Words, or the card of a product or a gift."""

    thread_id: Id | None = None
    person_id: Id | None = None
    kind: Kind = "text"
    body: Annotated[str, msgspec.Meta(max_length=8000)] = ""
    about_id: Id | None = None


class MessageSaid(msgspec.Struct, frozen=True):
    """The message, and its number in its thread."""

    id: str
    thread_id: str
    n: int


class ChatReadingIn(Body, frozen=True, kw_only=True):
    """The number of the latest message that you saw."""

    n: Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX)]


@get("/v1/threads", tags=["chats"], refuses=(CursorNotValid,))
async def list_threads(request: AnyRequest, cursor: Cursor = None) -> ThreadsOut:
    """Your chats, the latest first."""
    page = await threads_page(house_of(request).ground, reader_of(request).person_id, cursor)
    return ThreadsOut([_line(thread) for thread in page.threads], page.cursor)


def _line(thread: ThreadLine) -> ThreadLineOut:
    last = thread.last
    return ThreadLineOut(
        id=str(thread.thread_id),
        kind=thread.kind,
        title=thread.title,
        person=somebody_out(thread.person),
        faces=[person_out(face) for face in thread.faces],
        last=None if last is None else LastOut(last.kind, last.preview, last.author_name, last.is_mine, last.made_at),
        unread=thread.unread,
        last_at=thread.last_at,
    )


@get("/v1/threads/{thread_id:str}", tags=["chats"], refuses=(ThreadUnknown, CursorNotValid))
async def read_thread(
    request: AnyRequest,
    thread_id: FromPath[str],
    cursor: Cursor = None,
    after: Annotated[int | None, QueryParameter(ge=0, le=NUMBER_MAX, required=False)] = None,
) -> ThreadOut:
    """A thread of yours: its latest messages, those before a cursor, or those ``after`` a number."""
    page = await thread_page(
        house_of(request).ground,
        reader_of(request).person_id,
        id_in(thread_id),
        before=cursor_in(cursor),
        after=after,
    )
    return ThreadOut(
        id=str(page.thread_id),
        kind=page.kind,
        title=page.title,
        group_id=None if page.group_id is None else str(page.group_id),
        members=[person_out(member) for member in page.members],
        messages=[_message(message) for message in page.messages],
        read_to=page.read_to,
        last_n=page.last_n,
        may_write=page.may_write,
        next_cursor=cursor_out(page.before),
    )


def _message(message: MessageHere) -> MessageOut:
    product, gift = message.product, message.gift
    return MessageOut(
        id=str(message.message_id),
        n=message.n,
        author=person_out(message.author),
        is_mine=message.is_mine,
        kind=message.kind,
        body=message.body,
        product=None
        if product is None
        else ProductCardOut(
            id=str(product.product_id),
            title_zh=product.title_zh,
            title_en=product.title_en,
            picture=product.picture,
            price_min=MoneyOut(product.price_min, product.currency),
            price_max=MoneyOut(product.price_max, product.currency),
            on_sale=product.on_sale,
        ),
        gift=None
        if gift is None
        else GiftCardOut(
            id=str(gift.gift_id),
            is_giver=gift.is_giver,
            word=gift.word,
            cover=gift.cover,
            greeting=gift.greeting,
            title_zh=gift.title_zh,
            title_en=gift.title_en,
            expires_at=gift.expires_at,
            shares=gift.shares,
            shares_claimed=gift.shares_claimed,
        ),
        made_at=message.made_at,
    )


@post("/v1/messages", tags=["chats"], refuses=(ThreadUnknown, ChatClosed, CardUnknown))
async def say(request: AnyRequest, data: JSONBody[MessageIn]) -> MessageSaid:
    """Say something to a friend or in a thread of yours."""
    ask = SayInChat(
        author_id=reader_of(request).person_id,
        thread_id=id_of(data.thread_id),
        person_id=id_of(data.person_id),
        kind=data.kind,
        body=data.body,
        about_id=id_of(data.about_id),
    )
    said = await say_in_a_chat(house_of(request).ground, ask, once_of(request, data))
    return MessageSaid(str(said.message_id), str(said.thread_id), said.n)


@post("/v1/threads/{thread_id:str}/reading", tags=["chats"], status_code=HTTP_200_OK, refuses=(ThreadUnknown,))
async def read_up_to(request: AnyRequest, thread_id: FromPath[str], data: JSONBody[ChatReadingIn]) -> Done:
    """Say how far you have read. It only moves forward."""
    await bind_key(request, data)
    ask = ReadChat(reader_of(request).person_id, id_in(thread_id), data.n)
    await read_a_chat(house_of(request).ground, ask)
    return Done()


routes = [list_threads, read_thread, say, read_up_to]

"""Chats: the list of threads, and one thread with its cards as this reader may see them.

The list is one statement, a thread by its numbers: what is unread is a subtraction. A card is looked up when it is
shown: a product as it is now, a gift as its state is now, in words for the side that looks. A gift's giver sees what
is in it; its recipient sees the envelope until they have opened it, and never an amount; anybody else sees a card
that says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from renqing.books import people
from renqing.books.catalog import picture_of
from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.errors import NotValid
from renqing.foundation.ground import Ground
from renqing.social import chats
from renqing.social.gifts import GiftState
from renqing.views.veil import UNKNOWN, veiled_gifts

PAGE = 30
FACES_MAX = 4
PREVIEW_CHARACTERS = 80
_CURSOR = re.compile(r"(\d{1,17})\.(\d{1,19})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

GiftWord = Literal["waiting", "opened", "claimed", "shared_out", "refused", "expired", "withdrawn", "moved", "hidden"]


class ThreadCursorNotValid(NotValid):
    """This cursor is not one that this list gave."""

    code = "cursor_not_valid"


class LastSaid(msgspec.Struct, frozen=True):
    """The end of a thread. ``preview`` is the beginning of the words, empty for a card."""

    kind: chats.MessageKind
    preview: str
    author_name: str
    is_mine: bool
    made_at: datetime


class ThreadLine(msgspec.Struct, frozen=True):
    """A thread in the list: of two (``person`` is the other one) or of a group (``faces`` are some of it)."""

    thread_id: int
    kind: Literal["direct", "group"]
    title: str
    person: Person | None
    faces: list[Person]
    last: LastSaid | None
    unread: int
    last_at: datetime


class ThreadsPage(msgspec.Struct, frozen=True):
    """Threads, the latest first; ``cursor`` asks for the next page, None where there is none."""

    threads: list[ThreadLine]
    cursor: str | None


class ProductCard(msgspec.Struct, frozen=True):
    """A product as it is now."""

    product_id: int
    title_zh: str
    title_en: str
    picture: str
    price_min: int
    price_max: int
    currency: str
    on_sale: bool


class GiftCard(msgspec.Struct, frozen=True):
    """A gift as this reader may see it now: ``word`` with ``chat.gift.<giver|recipient>.<word>`` in the catalogue.

    Greeting and title are empty where the reader may not see them yet. ``shares`` of which ``shares_claimed``.
    """

    gift_id: int
    is_giver: bool
    word: GiftWord
    cover: str
    greeting: str
    title_zh: str
    title_en: str
    expires_at: datetime | None
    shares: int
    shares_claimed: int


class MessageHere(msgspec.Struct, frozen=True):
    """A message with its card, if it has one that is still there."""

    message_id: int
    n: int
    author: Person
    is_mine: bool
    kind: chats.MessageKind
    body: str
    product: ProductCard | None
    gift: GiftCard | None
    made_at: datetime


class ThreadPage(msgspec.Struct, frozen=True):
    """A thread, oldest first. ``before`` asks for what was said earlier; ``may_write`` is about now."""

    thread_id: int
    kind: Literal["direct", "group"]
    title: str
    group_id: int | None
    person: Person | None
    members: list[Person]
    messages: list[MessageHere]
    before: int | None
    read_to: int
    last_n: int
    may_write: bool


# A person's threads are read by index and ordered by when something was last said; each reads one message.
_THREADS = f"""
SELECT t.id, t.kind, t.last_at, t.last_n - t.read_to AS unread, g.name AS group_name,
       o.id AS other_id, o.name AS other_name, o.avatar AS other_avatar, o.language AS other_language,
       s.kind AS said_kind, left(s.body, {PREVIEW_CHARACTERS}) AS said, s.author_id, s.made_at AS said_at,
       a.name AS author, f.ids AS face_ids, f.names AS face_names, f.avatars AS face_avatars
  FROM (SELECT t.id, t.kind, t.last_at, t.last_n, t.group_id, m.read_to, m.from_n
          FROM chat_member m JOIN chat_thread t ON t.id = m.thread_id
         WHERE m.person_id = $1 AND (t.last_n > m.from_n OR t.kind = 'group') AND (t.last_at, t.id) < ($2, $3)
         ORDER BY t.last_at DESC, t.id DESC LIMIT $4) t
  LEFT JOIN people_group g ON g.id = t.group_id
  LEFT JOIN LATERAL (
         SELECT p.id, p.name, p.avatar, p.language FROM chat_member c JOIN people_person p ON p.id = c.person_id
          WHERE t.kind = 'direct' AND c.thread_id = t.id AND c.person_id <> $1 LIMIT 1) o ON true
  LEFT JOIN chat_message s ON s.thread_id = t.id AND s.n = t.last_n AND s.n > t.from_n
  LEFT JOIN people_person a ON a.id = s.author_id
  LEFT JOIN LATERAL (SELECT array_agg(x.id) AS ids, array_agg(x.name) AS names, array_agg(x.avatar) AS avatars FROM (
         SELECT p.id, p.name, p.avatar FROM chat_member c JOIN people_person p ON p.id = c.person_id
          WHERE t.kind = 'group' AND c.thread_id = t.id AND c.person_id <> $1
          ORDER BY p.id LIMIT {FACES_MAX}) x) f ON true
 ORDER BY t.last_at DESC, t.id DESC
"""

_PRODUCTS = """
SELECT id, title_zh, title_en, pictures, price_min, price_max, currency, on_sale FROM catalog_product
 WHERE id = ANY($1::bigint[])
"""

_GIFTS = """
SELECT g.id, g.giver_id, g.recipient_id, g.claimed_by, g.state, g.ended_how, g.cover, g.greeting, g.opened_at,
       g.expires_at, g.shares, g.shares_claimed, g.group_id, p.title_zh, p.title_en,
       EXISTS (SELECT 1 FROM people_member m WHERE m.group_id = g.group_id AND m.person_id = $2) AS in_its_group,
       EXISTS (SELECT 1 FROM gift_share s WHERE s.person_id = $2 AND s.gift_id = g.id) AS has_a_share
  FROM gift_gift g JOIN catalog_product p ON p.id = g.product_id WHERE g.id = ANY($1::bigint[])
"""


async def threads_page(ground: Ground, reader_id: int, cursor: str | None = None) -> ThreadsPage:
    """The reader's threads. Raises ThreadCursorNotValid."""
    before_at, before_id = _read_cursor(cursor)
    rows = await ground.db.fetch(_THREADS, reader_id, before_at, before_id, PAGE + 1)
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    return ThreadsPage(
        [_line(row, reader_id) for row in rows[:PAGE]],
        None if more is None else f"{_microseconds(more['last_at'])}.{more['id']}",
    )


async def thread_page(
    ground: Ground, reader_id: int, thread_id: int, *, before: int | None = None, after: int | None = None
) -> ThreadPage:
    """A thread as one of its members sees it. Raises ThreadUnknown for everybody else."""
    member = await chats.membership(ground.db, thread_id, reader_id)
    said = await chats.messages(ground.db, member, before=before, after=after, limit=PAGE)
    ids = (await chats.members_of(ground.db, [thread_id])).get(thread_id, [])
    known = await people.get_people(ground.db, sorted({*ids, *(message.author_id for message in said)}))
    title = await _title(ground, member, known)
    earlier = said[0].n if said and said[0].n > member.from_n + 1 else None
    return ThreadPage(
        thread_id=thread_id,
        kind=member.kind,
        title=title,
        group_id=member.group_id,
        person=known.get(member.other_id or 0),
        members=[known[person_id] for person_id in ids if person_id in known],
        messages=await _with_cards(ground, member, said, known),
        before=earlier,
        read_to=member.read_to,
        last_n=member.last_n,
        may_write=await _may_write(ground, member),
    )


async def _title(ground: Ground, member: chats.Membership, known: dict[int, Person]) -> str:
    if member.group_id is None:
        other = known.get(member.other_id or 0)
        return other.name if other else ""
    return str(await ground.db.fetchval("SELECT name FROM people_group WHERE id = $1", member.group_id))


async def _may_write(ground: Ground, member: chats.Membership) -> bool:
    if member.other_id is None:
        return True
    one, other = member.person_id, member.other_id
    near = await people.are_friends(ground.db, one, other) or await people.share_a_group(ground.db, one, other)
    return near and not await people.either_blocks(ground.db, one, other)


async def _with_cards(
    ground: Ground, member: chats.Membership, said: Sequence[chats.Message], known: dict[int, Person]
) -> list[MessageHere]:
    reader_id = member.person_id
    about = {kind: sorted({m.about_id for m in said if m.kind == kind and m.about_id}) for kind in ("product", "gift")}
    products = await ground.db.fetch(_PRODUCTS, about["product"]) if about["product"] else []
    gifts = await ground.db.fetch(_GIFTS, about["gift"], reader_id) if about["gift"] else []
    product_cards = {row["id"]: _product_card(row) for row in products}
    veiled = await veiled_gifts(ground.db, reader_id, about["gift"])
    gift_cards = {row["id"]: _gift_card(row, member, ground.clock.now()) for row in gifts}
    for gift_id in veiled:
        gift_cards[gift_id] = _veil(gift_cards[gift_id])
    return [
        MessageHere(
            message_id=message.id,
            n=message.n,
            author=known.get(message.author_id, Person(message.author_id, "", "", "zh")),
            is_mine=message.author_id == reader_id,
            kind=message.kind,
            body=message.body,
            product=product_cards.get(message.about_id or 0) if message.kind == "product" else None,
            gift=gift_cards.get(message.about_id or 0) if message.kind == "gift" else None,
            made_at=message.made_at,
        )
        for message in said
    ]


def _line(row: Row, reader_id: int) -> ThreadLine:
    person = None
    if row["kind"] == "direct":
        person = Person(row["other_id"], row["other_name"], row["other_avatar"], row["other_language"])
    faces = zip(row["face_ids"] or (), row["face_names"] or (), row["face_avatars"] or (), strict=True)
    last = None
    if row["said_kind"] is not None:
        is_mine = row["author_id"] == reader_id
        last = LastSaid(row["said_kind"], row["said"], row["author"] or "", is_mine, row["said_at"])
    return ThreadLine(
        thread_id=row["id"],
        kind=row["kind"],
        title=row["group_name"] if person is None else person.name,
        person=person,
        faces=[Person(face_id, name, avatar, "zh") for face_id, name, avatar in faces],
        last=last,
        unread=row["unread"],
        last_at=row["last_at"],
    )


def _product_card(row: Row) -> ProductCard:
    return ProductCard(
        product_id=row["id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        picture=picture_of(*row["pictures"]),
        price_min=row["price_min"],
        price_max=row["price_max"],
        currency=row["currency"],
        on_sale=row["on_sale"],
    )


def _gift_card(row: Row, here: chats.Membership, now: datetime) -> GiftCard:
    """A gift as this reader may see it (the gift rules, fields a giver and a recipient may see)."""
    reader_id = here.person_id
    is_giver = row["giver_id"] == reader_id
    is_recipient = reader_id in (row["recipient_id"], row["claimed_by"]) or row["in_its_group"] or row["has_a_share"]
    word: GiftWord = _gift_word(row, now) if is_giver or is_recipient else "hidden"
    if is_giver and _went_elsewhere(row, here):
        word = "moved"
    sees_inside = is_giver or (is_recipient and row["opened_at"] is not None)
    return GiftCard(
        gift_id=row["id"],
        is_giver=is_giver,
        word=word,
        cover=row["cover"],
        greeting=row["greeting"] if sees_inside else "",
        title_zh=row["title_zh"] if sees_inside else "",
        title_en=row["title_en"] if sees_inside else "",
        expires_at=row["expires_at"] if word in ("waiting", "opened") else None,
        shares=row["shares"],
        shares_claimed=row["shares_claimed"],
    )


def _veil(card: GiftCard) -> GiftCard:
    """The card of what is a surprise to its reader."""
    if not card.title_zh:
        return card
    return msgspec.structs.replace(card, title_zh=UNKNOWN.title_zh, title_en=UNKNOWN.title_en)


def _went_elsewhere(row: Row, here: chats.Membership) -> bool:
    """Whether the gift of a card is no longer for who is in this thread: re-addressed, or passed on."""
    if here.group_id is not None:
        return bool(row["group_id"] != here.group_id)
    return here.other_id not in (row["recipient_id"], row["claimed_by"])


def _gift_word(row: Row, now: datetime) -> GiftWord:
    """How a gift stands, in one word. Past its deadline it is over, whether or not the worker came by.

    One for many is claimed for who has a share of it, and shared out for everybody else.
    """
    if row["has_a_share"]:
        return "claimed"
    match GiftState(row["state"]):
        case GiftState.CLAIMED:
            return "claimed" if row["claimed_by"] else "shared_out"
        case GiftState.EXPIRED | GiftState.EXPIRED_REFUNDED:
            return "expired"
        case GiftState.CANCELLED:
            return "refused" if row["ended_how"] == "refused" else "withdrawn"
        case _:
            if row["expires_at"] is not None and now >= row["expires_at"]:
                return "expired"
            return "waiting" if row["opened_at"] is None else "opened"


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _read_cursor(cursor: str | None) -> tuple[datetime, int]:
    if cursor is None:
        return datetime.max.replace(tzinfo=UTC), 0
    said = _CURSOR.fullmatch(cursor)
    if said is None or int(said[2]) > 2**63 - 1:
        raise ThreadCursorNotValid
    return _EPOCH + timedelta(microseconds=int(said[1])), int(said[2])

"""Say something to somebody near (a friend, or of a group of mine) or to a group: words, a product, a gift.

One transaction: the thread is found, or opened for two who have none yet; who may not write there is refused
(not a member: there is no such thread; not near, or a block either way: one message for both); a card must be
about a product that is there, or about a gift that its giver shows to its recipient; the message gets the next number
of its thread. The worker pings the members' open pages. When a step refuses, nothing was said.
"""

from __future__ import annotations

import msgspec

from renqing.books import catalog, people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, NotFound
from renqing.foundation.ground import Ground
from renqing.foundation.limits import Rate
from renqing.foundation.once import Once, run_once
from renqing.social import chats, gifts

MESSAGES = Rate("messages", count=60, window_seconds=60)


class CardUnknown(NotFound):
    """There is nothing to show here: no such product or gift, or not the author's to show to this reader."""

    code = "card_unknown"


class SayInChat(msgspec.Struct, frozen=True):
    """What to say, in a thread or to somebody near (``person_id``). A card has no words, words have no card."""

    author_id: int
    thread_id: int | None = None
    person_id: int | None = None
    kind: chats.MessageKind = "text"
    body: str = ""
    about_id: int | None = None


class Said(msgspec.Struct, frozen=True):
    """The message, and its number in its thread."""

    thread_id: int
    message_id: int
    n: int


async def say_in_a_chat(ground: Ground, ask: SayInChat, once: Once) -> Said:
    """Say it. Raises FieldNotValid, TooMany, ThreadUnknown, ChatClosed, CardUnknown."""
    if (ask.thread_id is None) == (ask.person_id is None) or ask.person_id == ask.author_id:
        raise FieldNotValid(field="thread_id", reason="one_of", other="person_id")
    if (ask.kind == "text") != (ask.about_id is None):
        raise FieldNotValid(field="about_id", reason="card")
    ground.limits.spend(MESSAGES, str(ask.author_id))
    return await run_once(ground.db, once, Said, lambda tx: _story(tx, ask))


async def _story(tx: Tx, ask: SayInChat) -> Said:
    thread_id = await _thread(tx, ask)
    member = await chats.membership(tx, thread_id, ask.author_id)
    if member.other_id is not None and not await _may_talk(tx, ask.author_id, member.other_id):
        raise chats.ChatClosed
    if ask.about_id is not None:
        await _check_card(tx, ask.author_id, ask.kind, ask.about_id, member.other_id)
    said = await chats.say(tx, [chats.Saying(thread_id, ask.author_id, ask.kind, ask.body, ask.about_id)])
    return Said(thread_id, said[0].id, said[0].n)


async def _thread(tx: Tx, ask: SayInChat) -> int:
    if ask.thread_id is not None:
        return ask.thread_id
    assert ask.person_id is not None, "a thread or a person was asked for"
    if not await _may_talk(tx, ask.author_id, ask.person_id):
        raise chats.ChatClosed
    pair = (ask.author_id, ask.person_id)
    return (await chats.open_direct(tx, [pair]))[pair]


async def _may_talk(tx: Tx, one_id: int, other_id: int) -> bool:
    """Whether two people are near, as for a gift, and neither has blocked the other."""
    near = await people.are_friends(tx, one_id, other_id) or await people.share_a_group(tx, one_id, other_id)
    return near and not await people.either_blocks(tx, one_id, other_id)


async def _check_card(tx: Tx, author_id: int, kind: chats.MessageKind, about_id: int, other_id: int | None) -> None:
    if kind == "product":
        if not await catalog.styles(tx, about_id):
            raise CardUnknown
        return
    gift = await gifts.by_id(tx, about_id)
    shown = gift is not None and gift.giver_id == author_id and gift.recipient_id is not None
    if gift is None or not shown or gift.recipient_id != other_id or gift.state is not gifts.GiftState.CLAIMABLE:
        raise CardUnknown

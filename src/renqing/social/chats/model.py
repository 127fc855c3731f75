"""Threads, messages and their facts.

A message has no states: it is said, and stays. A thread's messages are numbered 1, 2, 3 … under the thread's lock, so
that a reader's place in it is one number and what is unread is a subtraction.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotAllowed, NotFound
from renqing.foundation.facts import Fact

BODY_CHARACTERS_MAX = 2_000
PAGE_MAX = 50

ThreadKind = Literal["direct", "group"]
MessageKind = Literal["text", "product", "gift"]


class ThreadUnknown(NotFound):
    """There is no such thread, or the asker is not in it."""

    code = "thread_unknown"


class ChatClosed(NotAllowed):
    """These two do not write to each other: not near, or one blocked the other. One message for every reason."""

    code = "chat_closed"


class Membership(msgspec.Struct, frozen=True):
    """A thread as one member has it. ``other_id`` is the other one of a direct thread."""

    thread_id: int
    kind: ThreadKind
    person_id: int
    other_id: int | None
    group_id: int | None
    from_n: int
    read_to: int
    last_n: int


class Message(msgspec.Struct, frozen=True):
    """Something that was said. ``about_id`` is the product or gift of a card."""

    id: int
    thread_id: int
    n: int
    author_id: int
    kind: MessageKind
    body: str
    about_id: int | None
    made_at: datetime


class Saying(msgspec.Struct, frozen=True):
    """Something to say."""

    thread_id: int
    author_id: int
    kind: MessageKind
    body: str = ""
    about_id: int | None = None


class MessageSaid(Fact, frozen=True, kw_only=True):
    """Somebody said something in a thread. What they said is not in the fact."""

    kind: ClassVar[str] = "MessageSaid"
    thread_id: int
    message_id: int
    author_id: int


class ThreadOpened(Fact, frozen=True, kw_only=True):
    """A thread begins, with these people in it."""

    kind: ClassVar[str] = "ThreadOpened"
    person_ids: list[int]

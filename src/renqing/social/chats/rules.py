"""What may be said, and what is unread. Pure."""

from __future__ import annotations

import unicodedata

from renqing.foundation.errors import FieldNotValid
from renqing.social.chats.model import BODY_CHARACTERS_MAX, Membership, Saying

_MAY_STAND = frozenset("\n\t")


def pair(one_id: int, other_id: int) -> str:
    """What a direct thread of these two is found by."""
    assert one_id != other_id, "nobody talks to themselves here"
    return f"{min(one_id, other_id)}:{max(one_id, other_id)}"


def saying(said: Saying) -> Saying:
    """What is said, as it is kept. Raises FieldNotValid."""
    if said.kind != "text":
        assert said.about_id is not None, "a card is about something"
        return Saying(said.thread_id, said.author_id, said.kind, "", said.about_id)
    body = unicodedata.normalize("NFC", said.body[: BODY_CHARACTERS_MAX * 4].replace("\r\n", "\n")).strip()
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in _MAY_STAND for sign in body):
        raise FieldNotValid(field="body", reason="characters")
    if not 1 <= len(body) <= BODY_CHARACTERS_MAX:
        raise FieldNotValid(field="body", reason="length", min=1, max=BODY_CHARACTERS_MAX)
    return Saying(said.thread_id, said.author_id, "text", body)


def unread(member: Membership) -> int:
    """How many messages this member has not read."""
    return member.last_n - max(member.read_to, member.from_n)

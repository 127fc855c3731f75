"""What a fact is: something that became true, left in the outbox by a room for the floors above. Pure."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that became true. ``subject_id`` is what it is about: facts of one subject are told in order."""

    kind: ClassVar[str]
    subject_id: int

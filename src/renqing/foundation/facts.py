"""What a fact is: something that became true, left in the outbox by a room for the floors above. Pure."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that became true. ``subject_id`` is what it is about.

    Facts are told in the order they were left, but for one that failed and is tried again later: who listens must not
    depend on an order.
    """

    kind: ClassVar[str]
    subject_id: int

"""Where bytes are kept. The database knows what they are; a shelf knows only places."""

from __future__ import annotations

from typing import Protocol


class Shelf(Protocol):
    """Keeps bytes by place. Never called inside a transaction, but to drop what no row knows any more."""

    def put(self, place: str, body: bytes) -> None:
        """Keep these bytes, on disk when this returns. A place is written once."""
        ...

    def get(self, place: str) -> bytes | None:
        """The bytes of a place; None where there are none."""
        ...

    def drop(self, place: str) -> None:
        """The place is empty, whether it was before or not."""
        ...

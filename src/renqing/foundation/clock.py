"""The only place that asks what time it is.

``now`` is the house's time: deadlines compare it with itself. ``machine_now`` is the machine's, for what
the outside world stamps (signatures, logs). They differ only in demo mode, where the house's clock can be moved.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time as UTC instants."""

    def now(self) -> datetime: ...

    def machine_now(self) -> datetime: ...


class SystemClock:
    """The machine's clock, moved by ``offset`` (zero outside demo mode)."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def machine_now(self) -> datetime:
        return datetime.now(UTC)


class SetClock:
    """A clock that stands where it is put: tests and storms move it, nothing waits."""

    def __init__(self, at: datetime) -> None:
        assert at.tzinfo is not None, "instants carry their zone"
        self._at = at

    def now(self) -> datetime:
        return self._at

    def machine_now(self) -> datetime:
        return self._at

    def move(self, by: timedelta) -> datetime:
        self._at += by
        return self._at


def monotonic_seconds() -> float:
    """Seconds that only grow, for durations and limits of this process."""
    return time.monotonic()


def machine_milliseconds() -> int:
    """Milliseconds since 1970 by the machine: what ids are made of."""
    return time.time_ns() // 1_000_000

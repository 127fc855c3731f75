"""Rates that one subject may not pass, counted in this process.

A limit of N in a window holds for each server process: with P processes a subject may reach P times N. That is
the stated error; what must hold exactly (tries of a sign-in code, one claim a gift) is counted in PostgreSQL.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.errors import TooMany

SUBJECTS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` acts in any ``window_seconds``, spread as a bucket that refills evenly."""

    name: str
    count: int
    window_seconds: int


class Limits:
    """Token buckets by rate and subject; the longest unused are forgotten first."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def spend(self, rate: Rate, subject: str) -> None:
        """Count one act. Raises TooMany with ``retry_after_seconds`` where the bucket is empty."""
        now = monotonic_seconds()
        place = (rate.name, subject)
        left, seen = self._buckets.pop(place, (float(rate.count), now))
        left = min(float(rate.count), left + (now - seen) * rate.count / rate.window_seconds)
        if left < 1:
            self._buckets[place] = (left, now)
            raise TooMany(
                limit=rate.name, retry_after_seconds=max(1, round((1 - left) * rate.window_seconds / rate.count))
            )
        self._buckets[place] = (left - 1, now)
        if len(self._buckets) > SUBJECTS_MAX:
            self._buckets.popitem(last=False)

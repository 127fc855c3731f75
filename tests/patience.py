"""Waiting in tests: for a fact, with a bound, never for time to pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(fact: Callable[[], T], *, seconds_max: float = 20.0) -> T:
    """What ``fact`` returns once it is true. Fails when it is not within ``seconds_max``."""
    give_up_at = time.monotonic() + seconds_max
    while not (found := fact()):
        assert time.monotonic() < give_up_at, f"not true within {seconds_max} s"
        time.sleep(0.02)
    return found

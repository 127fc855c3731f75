"""Identifiers and secrets. The only place that asks for randomness.

An id is 63 bits, ordered by time: 41 bits of milliseconds since 2025, 10 bits of node, 12 bits of count.
It says nothing secret and opens nothing. What opens something (a gift link, a sign-in) is a token of 160
random bits or more, of which only a keyed hash is kept.
"""

from __future__ import annotations

import random
import secrets
from typing import Protocol

from renqing.foundation.clock import machine_milliseconds

EPOCH_MILLISECONDS = 1_735_689_600_000  # 2025-01-01T00:00:00Z
NODES_MAX = 1 << 10
_COUNT_MAX = 1 << 12
ID_MAX = 2**63 - 1
TOKEN_BYTES = 24  # 192 bits
CODE_DIGITS = 6


class Ids(Protocol):
    """Makes ids, tokens and codes."""

    def new(self) -> int: ...

    def token(self) -> str: ...

    def code(self) -> str: ...


class NodeIds:
    """Ids of one process. ``node`` comes from the database, so that no two living processes share one."""

    def __init__(self, node: int) -> None:
        assert 0 <= node < NODES_MAX, f"node {node} outside 0..{NODES_MAX - 1}"
        self._node = node << 12
        self._last_ms = 0
        self._count = 0

    def new(self) -> int:
        """A new id, larger than every id this process made before, even when the machine's clock steps back."""
        ms = max(machine_milliseconds() - EPOCH_MILLISECONDS, self._last_ms)
        if ms == self._last_ms:
            self._count += 1
            if self._count == _COUNT_MAX:
                ms, self._count = ms + 1, 0
        else:
            self._count = 0
        self._last_ms = ms
        return (ms << 22) | self._node | self._count

    def token(self) -> str:
        """A secret of 192 random bits, safe in a link."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def code(self) -> str:
        """A short code that a person types; always used with an account and a limit on tries."""
        return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


class SeededIds:
    """Ids, tokens and codes that a seed replays exactly: tests and storms."""

    def __init__(self, seed: int = 1) -> None:
        self._next = seed * 1_000_000

    def new(self) -> int:
        self._next += 1
        return self._next

    def token(self) -> str:
        return f"seeded-token-{self.new():020d}"

    def code(self) -> str:
        return f"{self.new() % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


Chance = random.Random


def seeded_chance(seed: int) -> Chance:
    """Draws that a seed replays exactly: storms. Nothing that must be hard to guess is drawn from it."""
    return Chance(seed)


def random_bytes(count: int) -> bytes:
    """Unpredictable bytes, for keys and nonces."""
    return secrets.token_bytes(count)


def parse_id(text: str) -> int | None:
    """The id a decimal string spells, or None where it spells none."""
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    value = int(text)
    return value if 0 < value <= ID_MAX else None

"""What a bench is asked, and the keys of what it says (benchmarks/README.md tells how to read them)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from renqing.doors.cli.benching.stage import Stage
from renqing.doors.cli.roof import Roof


class Ask(msgspec.Struct, frozen=True):
    """How a bench is to run: how long each of its loads, how many times its usual data, and where data are kept."""

    roof: Roof
    seconds: int = 8
    size: float = 1.0
    keep: Path | None = None


# The growth of the data: what each bench costs is measured at these, the largest is the usual.
SIZES = (1 / 16, 1 / 4, 1.0)
CROWD = 320_000  # products and people of the house at the largest of them

Bench = Callable[[Stage, Ask], dict[str, Any]]

# Every object has all of these, null where one makes no sense, and then whatever else its bench measured.
KEYS = (
    "bench",
    "ops_per_second",
    "p50_ms",
    "p99_ms",
    "app_cpu_us",
    "pg_cpu_us",
    "limit_per_second",
    "ratio",
    "exact",
    "written_rows",
    "written_bytes",
    "written",
    "size",
    "data",
    "load_average",
)


def as_row(name: str, ask: Ask, said: dict[str, Any], data: int | None = None) -> dict[str, Any]:
    """One object of the list. ``data`` is how many things it was measured among, where the bench does not say itself.

    ``load_average`` tells how busy the machine was, neighbours included.
    """
    known = dict.fromkeys(KEYS)
    head = {"size": ask.size, "data": data, "load_average": round(os.getloadavg()[0], 1)}
    return {**known, **head, **said, "bench": name}


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """The middle and the 99th of these, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 3),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 3),
    }

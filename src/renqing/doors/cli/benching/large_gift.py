"""Claims of one gift with as many shares as the schema allows, to see that late ones cost what early ones did.

The same crowd and load as ``hot_gift``, in ten parts one after the other on one gift; what a claim costs in the first
part and in the last is what the bench is about. Each part is read by itself: ``parts`` says all ten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from renqing.doors.cli.benching.contract import Ask
from renqing.doors.cli.benching.hot_gift import (
    CONNECTIONS,
    WARM_CLAIMS,
    Seen,
    limit_of_claims,
    play,
    prepare,
    requests_of,
    wrong_claims,
)
from renqing.doors.cli.benching.meter import metered
from renqing.doors.cli.benching.stage import Spent, Stage

SHARES = 100_000
PARTS = 10


def large_gift_claims(stage: Stage, ask: Ask) -> dict[str, Any]:
    """One gift of 100,000 shares, and everybody comes."""
    warm_people, warm_links = asyncio.run(prepare(stage, WARM_CLAIMS, 1))
    warm = play(stage, requests_of(warm_people, warm_links, "large-warm"))
    count = max(PARTS, round(SHARES * min(1.0, ask.size)))
    crowd, links = asyncio.run(prepare(stage, count, 1))
    requests = requests_of(crowd, links, "large-run")
    parts: list[tuple[Seen, Spent]] = []
    with metered(stage) as meter:
        for place in range(PARTS):
            before = stage.spent()
            seen = play(stage, requests[count * place // PARTS : count * (place + 1) // PARTS])
            parts.append((seen, stage.spent().since(before)))
    limit = asyncio.run(limit_of_claims(stage, ask.seconds))
    claimed = sum(seen.claimed for seen, _ in parts)
    bad = warm.bad + sum(seen.bad for seen, _ in parts)
    wrong = asyncio.run(wrong_claims(stage, {**warm_links, **links}, warm.claimed + claimed))
    rate = claimed / sum(seen.micros for seen, _ in parts) * 1e6
    told = [_told(seen, spent) for seen, spent in parts]
    return {
        "ops_per_second": round(rate, 1),
        "p50_ms": _middle([seen.p50 / 1000 for seen, _ in parts]),
        "p99_ms": max(seen.p99 for seen, _ in parts) / 1000,
        **meter.per(claimed),
        "limit_per_second": round(limit, 1),
        "ratio": round(rate / limit, 2),
        "exact": not wrong and not bad and claimed == count,
        "wrong": wrong,
        "claims": claimed,
        "connections": CONNECTIONS,
        **{f"first_{key}": figure for key, figure in told[0].items()},
        **{f"last_{key}": figure for key, figure in told[-1].items()},
        "parts": told,
    }


def _told(seen: Seen, spent: Spent) -> Mapping[str, float]:
    """One part: its rate, and the microseconds of CPU a claim."""
    each = 1e6 / max(1, seen.claimed)
    return {
        "per_second": round(seen.claimed / seen.micros * 1e6, 1),
        "app_cpu_us": round(spent.app_seconds * each, 1),
        "pg_cpu_us": round(spent.pg_seconds * each, 1),
    }


def _middle(figures: Sequence[float]) -> float:
    return sorted(figures)[len(figures) // 2]

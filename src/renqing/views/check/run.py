"""Run the invariants, one after another, on one snapshot."""

from __future__ import annotations

from collections.abc import Collection

from renqing.foundation.checks import CheckRun, Difference, Finding
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.database import Snapshot
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.views.check.activities import ACTIVITIES
from renqing.views.check.balances import BALANCES
from renqing.views.check.cards import CARDS
from renqing.views.check.choices import CHOICES
from renqing.views.check.cross import CROSS
from renqing.views.check.draws import DRAWS
from renqing.views.check.funds import FUNDS
from renqing.views.check.gifts import GIFTS
from renqing.views.check.invariant import Invariant
from renqing.views.check.lateness import LATENESS
from renqing.views.check.lucky import LUCKY
from renqing.views.check.money import MONEY
from renqing.views.check.safe_words import SAFE_WORDS
from renqing.views.check.schedules import SCHEDULES
from renqing.views.check.sets import SETS
from renqing.views.check.stock import STOCK
from renqing.views.check.surcharges import SURCHARGES
from renqing.views.check.swaps import SWAPS
from renqing.views.check.vouchers import VOUCHERS
from renqing.views.check.webhooks import WEBHOOKS
from renqing.views.check.yearly import YEARLY

ALL: tuple[Invariant, ...] = (
    *MONEY,
    *STOCK,
    *GIFTS,
    *DRAWS,
    *LUCKY,
    *SWAPS,
    *CHOICES,
    *LATENESS,
    *BALANCES,
    *SURCHARGES,
    *SCHEDULES,
    *YEARLY,
    *SAFE_WORDS,
    *ACTIVITIES,
    *CARDS,
    *FUNDS,
    *SETS,
    *VOUCHERS,
    *CROSS,
    *WEBHOOKS,
)
QUERY_SECONDS_MAX = 3600.0


class InvariantUnknown(NotFound):
    """There is no invariant of this id. Facts: ``ids``, ``known``."""

    code = "invariant_unknown"


async def check(ground: Ground, only: Collection[str] | None = None) -> CheckRun:
    """Run the invariants, or ``only`` those of these ids. Raises InvariantUnknown. Nothing is written."""
    known = {invariant.id for invariant in ALL}
    if only is not None and not known.issuperset(only):
        raise InvariantUnknown(
            ids=", ".join(sorted(set(only) - known)), known=", ".join(invariant.id for invariant in ALL)
        )
    asked = [invariant for invariant in ALL if only is None or invariant.id in only]
    began_at, began = ground.clock.machine_now(), monotonic_seconds()
    rows: dict[str, int] = {}
    async with ground.db.snapshot(seconds_max=QUERY_SECONDS_MAX) as snapshot:
        findings = [await _find(ground, snapshot, invariant, rows) for invariant in asked]
    return CheckRun(began_at, _milliseconds_since(began), findings)


async def _find(ground: Ground, snapshot: Snapshot, invariant: Invariant, rows: dict[str, int]) -> Finding:
    began = monotonic_seconds()
    differing = await snapshot.fetch(invariant.sql(), ground.clock.now(), ground.settings.mode != "test")
    milliseconds = _milliseconds_since(began)
    for table in invariant.reads:
        if table not in rows:
            rows[table] = int(await snapshot.fetchval(f"SELECT count(*) FROM {table}"))
    return Finding(
        id=invariant.id,
        differences=differing[0]["total"] if differing else 0,
        shown=[Difference(row["about"], row["has"], row["should"]) for row in differing],
        looked_at=sum(rows[table] for table in invariant.reads),
        milliseconds=milliseconds,
    )


def _milliseconds_since(began: float) -> int:
    return round((monotonic_seconds() - began) * 1000)

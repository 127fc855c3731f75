"""How the house is, for whoever watches it: what a machine is to be told, in figures.

Each figure is the first of an index or a bounded count, so that asking every few seconds costs nothing at any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from renqing.foundation.checks import Finding, last
from renqing.foundation.ground import Ground

COUNTED_MAX = 10_000


class HouseState(msgspec.Struct, frozen=True):
    """Seconds say how late or old the oldest is, 0 where there is none. None: the house was never checked."""

    facts_late_seconds: float
    deadlines_late_seconds: float
    errands_late_seconds: float
    webhooks_late_seconds: float
    facts_set_aside: int
    timers_set_aside: int
    callbacks_quarantined: int
    unsure: int
    unsure_seconds: float
    connections: int
    connections_max: int
    is_log_kept: bool
    check_age_seconds: float | None
    clean_check_age_seconds: float | None
    differences: Mapping[str, int]


_CAPPED = f"(SELECT count(*) FROM (SELECT 1 FROM {{}} LIMIT {COUNTED_MAX}) x)"
_FIRST = "(SELECT {0} FROM {1} ORDER BY {0}, id LIMIT 1)"
# Of endpoints that took the last one: what another refuses is tried again in its own time, and is not late.
_WEBHOOK_AT = """(SELECT min(d.next_at) FROM webhook_endpoint e, LATERAL (
         SELECT next_at FROM webhook_delivery w WHERE w.endpoint_id = e.id AND w.next_at IS NOT NULL
          ORDER BY w.next_at, w.id LIMIT 1) d WHERE e.state = 'on' AND e.failing_since IS NULL)"""
# A refund is asked of the channel within a second of its making: until it is done we are not sure of it.
_STATE = f"""
SELECT {_FIRST.format("next_at", "outbox_fact WHERE told_at IS NULL AND set_aside_at IS NULL")} AS fact_at,
       {_FIRST.format("due_at", "timer WHERE NOT errand AND set_aside_at IS NULL")} AS deadline_at,
       {_FIRST.format("due_at", "timer WHERE errand AND set_aside_at IS NULL")} AS errand_at,
       {_WEBHOOK_AT} AS webhook_at,
       {_CAPPED.format("outbox_fact WHERE set_aside_at IS NOT NULL")} AS facts_set_aside,
       {_CAPPED.format("timer WHERE set_aside_at IS NOT NULL")} AS timers_set_aside,
       {_CAPPED.format("payment_callback WHERE verdict = 'quarantined'")} AS callbacks_quarantined,
       {_CAPPED.format("payment_intent WHERE state = 'open' AND asked_at IS NOT NULL")}
     + {_CAPPED.format("payment_refund WHERE state IN ('due', 'sent')")} AS unsure,
       least((SELECT min(asked_at) FROM payment_intent WHERE state = 'open' AND asked_at IS NOT NULL),
             (SELECT min(made_at) FROM payment_refund WHERE state IN ('due', 'sent'))) AS unsure_since,
       (SELECT sum(numbackends) FROM pg_stat_database)::int AS connections,
       current_setting('max_connections')::int AS connections_max,
       (SELECT last_failed_time IS NULL OR last_archived_time > last_failed_time FROM pg_stat_archiver) AS is_log_kept,
       (SELECT max(began_at) FROM check_run r
         WHERE NOT jsonb_path_exists(r.findings, '$[*] ? (@.differences > 0)')
           AND jsonb_array_length(r.findings) >= $1) AS clean_at
"""


async def house_state(ground: Ground, whole_check: int) -> HouseState:
    """The figures of this moment. ``whole_check`` is how many invariants a check of everything looks at."""
    row = await ground.db.fetchrow(_STATE, whole_check)
    assert row is not None, "counts always answer"
    run = await last(ground.db)
    now, machine_now = ground.clock.now(), ground.clock.machine_now()
    findings: list[Finding] = run.findings if run is not None else []
    return HouseState(
        facts_late_seconds=_since(row["fact_at"], now),
        deadlines_late_seconds=_since(row["deadline_at"], now),
        errands_late_seconds=_since(row["errand_at"], now),
        webhooks_late_seconds=_since(row["webhook_at"], now),
        facts_set_aside=row["facts_set_aside"],
        timers_set_aside=row["timers_set_aside"],
        callbacks_quarantined=row["callbacks_quarantined"],
        unsure=row["unsure"],
        unsure_seconds=_since(row["unsure_since"], now),
        connections=row["connections"],
        connections_max=row["connections_max"],
        is_log_kept=row["is_log_kept"],
        check_age_seconds=None if run is None else _since(run.began_at, machine_now),
        clean_check_age_seconds=None if row["clean_at"] is None else _since(row["clean_at"], machine_now),
        differences={finding.id: finding.differences for finding in findings},
    )


def _since(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(timedelta(), now - at).total_seconds()

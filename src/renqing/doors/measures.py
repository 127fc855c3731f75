"""What ``/metrics`` says: the processes' own figures, and how the house is, asked of the database at that moment.

Under ``renqing up`` the processes write their figures into one folder, and whichever is asked adds them up: counters
over all processes that ever ran, gauges over the living. A server that runs alone answers for itself.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

from renqing.doors.house import House
from renqing.foundation.database import DatabaseAway
from renqing.foundation.metrics import BATCH_WAITING, POOL
from renqing.views.check import ALL
from renqing.views.house_state import HouseState, house_state

KEPT_EVERY_SECONDS = 1.0


class _House(Collector):
    """How the house is, as Prometheus takes it. No state: the database was away."""

    def __init__(self, state: HouseState | None) -> None:
        self._state = state

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _one("renqing_database_up", "Whether the database answers", float(self._state is not None))
        if self._state is not None:
            yield from _families(self._state)


def _families(state: HouseState) -> Iterator[GaugeMetricFamily]:
    late = {"facts": state.facts_late_seconds, "deadlines": state.deadlines_late_seconds}
    late |= {"errands": state.errands_late_seconds, "webhooks": state.webhooks_late_seconds}
    yield _many("renqing_late_seconds", "How late the first of what is due is", "what", late)
    aside = {"facts": state.facts_set_aside, "timers": state.timers_set_aside}
    yield _many("renqing_set_aside", "Facts and timers set aside for an operator", "what", aside)
    yield _one("renqing_callbacks_quarantined", "Callbacks that contradict our books", state.callbacks_quarantined)
    yield _one("renqing_unsure", "Payments and refunds that the channel has not answered for", state.unsure)
    yield _one("renqing_unsure_seconds", "How long we are not sure of the oldest", state.unsure_seconds)
    yield _one("renqing_database_connections", "Connections to the database server", state.connections)
    yield _one("renqing_database_connections_max", "Connections that it takes", state.connections_max)
    yield _one("renqing_log_kept", "Whether the database's log reaches its archive", float(state.is_log_kept))
    if state.check_age_seconds is not None:
        yield _one("renqing_check_age_seconds", "Since the last check began", state.check_age_seconds)
        said = "Rows that are not as first records say, by invariant"
        yield _many("renqing_check_differences", said, "invariant", state.differences)
    if state.clean_check_age_seconds is not None:
        said = "Since the last whole check that found nothing"
        yield _one("renqing_clean_check_age_seconds", said, state.clean_check_age_seconds)


def _one(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, said, value=value)


def _many(name: str, said: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, said, labels=[label])
    for value, figure in values.items():
        family.add_metric([value], figure)
    return family


async def everything(house: House) -> CollectorRegistry:
    """A registry with the figures of this moment."""
    try:
        state = await house_state(house.ground, len(ALL))
    except (DatabaseAway, TimeoutError):
        state = None
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(_House(state))
    return registry


async def keep_gauges(house: House) -> None:
    """Say once a second what this process has in hand, until cancelled."""
    while True:
        for name in ("check_outs", "claims", "entries", "callbacks"):
            BATCH_WAITING.labels(name).set(getattr(house, name).waiting)
        pool = house.ground.db.pool
        POOL.labels("idle").set(pool.get_idle_size())
        POOL.labels("used").set(pool.get_size() - pool.get_idle_size())
        await asyncio.sleep(KEPT_EVERY_SECONDS)

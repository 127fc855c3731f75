"""Counters and durations for ``/metrics``. Labels are routes, kinds and codes: never a person's value.

These are a process's own; under ``renqing up`` its processes share a folder, and whichever is asked adds them up. What
is true of the whole house is asked of the database at that moment instead (``renqing.views.house_state``).
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("renqing_requests_total", "Requests answered", ["route", "status"])
REQUEST_SECONDS = Histogram(
    "renqing_request_seconds",
    "Time to answer a request",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
HOLDS = Counter("renqing_holds_total", "Holds that a rule put on somebody", ["rule"])
FACTS_TOLD = Counter("renqing_facts_told_total", "Outbox facts told", ["kind"])
FACTS_FAILED = Counter("renqing_facts_failed_total", "Outbox facts whose listener failed", ["kind"])
TIMERS_RUN = Counter("renqing_timers_run_total", "Timers whose effect was written", ["kind"])
TIMERS_FAILED = Counter("renqing_timers_failed_total", "Timers whose effect failed", ["kind"])
CALLBACKS = Counter("renqing_callbacks_total", "Callbacks of the outside world, by verdict", ["source", "verdict"])
WEBHOOKS = Counter("renqing_webhooks_total", "Webhook tries, by event and outcome", ["kind", "outcome"])
WEBHOOK_SECONDS = Histogram(
    "renqing_webhook_seconds", "Time until an endpoint answered", buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
)
STREAMS_OPEN = Gauge("renqing_streams_open", "Open event streams", multiprocess_mode="livesum")
BATCH_WAITING = Gauge("renqing_batch_waiting", "Calls that wait for a batch", ["of"], multiprocess_mode="livesum")
POOL = Gauge("renqing_pool_connections", "Connections to the database", ["state"], multiprocess_mode="livesum")
CUT_OFF = Counter(
    "renqing_connections_cut_off_total", "Connections that kept the server waiting for too long, by what for", ["for"]
)

"""``renqing worker``: tells facts, lets deadlines fall due, runs errands."""

from __future__ import annotations

import importlib

import uvloop

from renqing.doors.cli.plain import settings_or_end
from renqing.foundation.logs import set_up_logs

BUILDING = "renqing.building"  # by name: it is above the doors, and only a worker needs it here


def worker() -> None:
    """Do what is due: deadlines, notices, errands to payment channels. `renqing up` runs one; several may run."""
    settings = settings_or_end()
    set_up_logs(process="worker", level=settings.log_level)
    uvloop.run(importlib.import_module(BUILDING).run_worker(settings))

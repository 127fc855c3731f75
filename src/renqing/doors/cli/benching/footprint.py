"""What the house takes without any load, and how long it takes to come back."""

from __future__ import annotations

import http.client
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from renqing.doors.cli.benching.contract import Ask
from renqing.doors.cli.benching.stage import Stage, house_up
from renqing.foundation.clock import monotonic_seconds

ASKED_FIRST = ("/", f"/v1/products?query={quote('茶')}", "/v1/products")
ROUNDS = 20  # whichever server takes a connection: with so many each has answered each of them


def footprint(stage: Stage, ask: Ask) -> dict[str, Any]:  # noqa: ARG001 - nothing runs, it is only looked at
    """Memory of servers, worker and their loader together, what they share counted once; seconds of a cold start."""
    for _ in range(ROUNDS):
        for path in ASKED_FIRST:
            _get(stage.url, path)
    return {
        "memory_mb": round(stage.memory_bytes() / 1e6, 1),
        "cold_start_seconds": round(cold_start_seconds(stage.server_processes), 2),
        "exact": True,
    }


def cold_start_seconds(server_processes: int) -> float:
    """From ``renqing up`` on a home that has its data to the first answer of a server."""
    home = Path(tempfile.mkdtemp(prefix="renqing-bench-"))
    home.chmod(0o755)
    try:
        with house_up(home, server_processes):
            pass
        began = monotonic_seconds()
        with house_up(home, server_processes):
            return monotonic_seconds() - began
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _get(url: str, path: str) -> None:
    parts = urlsplit(url)
    asking = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        asking.request("GET", path)
        asking.getresponse().read()
    finally:
        asking.close()

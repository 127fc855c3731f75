"""What the house takes without any load."""

from __future__ import annotations

from typing import Any

from renqing.doors.cli.benching.contract import Ask
from renqing.doors.cli.benching.stage import Stage


def footprint(stage: Stage, ask: Ask) -> dict[str, Any]:  # noqa: ARG001 - nothing runs, it is only looked at
    """Memory of servers and worker together, what they share counted once."""
    return {"memory_mb": round(stage.memory_bytes("serve", "worker") / 1e6, 1), "exact": True}

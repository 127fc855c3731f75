"""A child of ``renqing up`` ends when its supervisor does, even by ``kill -9``.

The supervisor holds the one writing end of a pipe and never writes; each child holds the reading end. When the
supervisor is gone in whatever way, the system closes the pipe, and the child that was waiting on it ends itself.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import MutableMapping

VARIABLE = "SUPERVISOR_LIFELINE_FD"  # the children's end, and after a colon how long it may take them to leave
LEAVE_SECONDS_MAX = 6


def make_lifeline() -> tuple[int, int]:
    """The children's end and the supervisor's end."""
    return os.pipe()


def hold_lifeline(environment: MutableMapping[str, str]) -> None:
    """Watch the supervisor from a thread, if this process has one.

    It is said to nobody else: what this process starts does not inherit the pipe, and another file may have its number.
    """
    said = environment.pop(VARIABLE, None)
    if said is not None:
        fd, _, seconds = said.partition(":")
        given = int(fd), int(seconds or LEAVE_SECONDS_MAX)
        threading.Thread(target=_wait_for_the_end, args=given, name="lifeline", daemon=True).start()


def _wait_for_the_end(fd: int, seconds_max: int) -> None:
    os.read(fd, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(seconds_max)
    os._exit(128 + signal.SIGKILL)

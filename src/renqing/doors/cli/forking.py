"""What the supervisor of ``renqing up`` has to do with processes that its loader forks for it (Linux).

They become its own children: for the moment of a fork it adopts whoever is orphaned below it, and what is between the
loader and the new process ends at once. So it waits for them, and is told how they ended, as for those it starts
itself, and a loader that is killed takes nobody with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from renqing.foundation.clock import monotonic_seconds

ASKED_BYTES_MAX = 64  # the name of a process
FILES_MAX = 8  # that are handed over with it
FORK_SECONDS_MAX = 10.0
KNOWN = b"k"  # what a forked process is told once the supervisor knows of it; one that nobody knows of ends
_ADOPT: Final = 36  # PR_SET_CHILD_SUBREAPER
_LOOK_SECONDS: Final = 0.02


class NotForked(Exception):
    """The loader did not fork: it is gone, or it does not answer."""


@dataclass(slots=True)
class Forked:
    """A child that was forked for us, with what the watch asks of a ``subprocess.Popen``."""

    pid: int
    _status: int | None = None

    def poll(self) -> int | None:
        """How it ended; None while it lives."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        give_up_at = None if timeout is None else monotonic_seconds() + timeout
        while (status := self.poll()) is None:
            if give_up_at is not None and timeout is not None and monotonic_seconds() >= give_up_at:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(_LOOK_SECONDS)
        return status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:  # until it is waited for, its number is nobody else's
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def can_fork() -> bool:
    """Whether this system lets a process adopt: Linux does. Elsewhere each process loads for itself."""
    return sys.platform.startswith("linux") and _adopt_orphans(yes=True) and _adopt_orphans(yes=False)


def ask_to_fork(loader: socket.socket, name: str, files: Sequence[int]) -> Forked:
    """A new process of this name with these files, which runs from now on. Raises NotForked."""
    known, knowing = os.pipe()
    try:
        with _adopting():
            forked = Forked(_ask(loader, name, [known, *files]))
            try:
                forked.poll()
            except ChildProcessError as not_ours:
                raise NotForked(name) from not_ours
            os.write(knowing, KNOWN)
    finally:
        os.close(known)
        os.close(knowing)
    return forked


def _ask(loader: socket.socket, name: str, files: Sequence[int]) -> int:
    loader.settimeout(FORK_SECONDS_MAX)
    try:
        socket.send_fds(loader, [name.encode()], files)
        pid = int(loader.recv(ASKED_BYTES_MAX) or -1)
    except (OSError, ValueError) as broken:
        raise NotForked(name) from broken
    if pid <= 0:
        raise NotForked(name)
    return pid


@contextmanager
def _adopting() -> Iterator[None]:
    """Only for a moment: PostgreSQL's server, which is to outlive whoever starts it, must not become our child."""
    _adopt_orphans(yes=True)
    try:
        yield
    finally:
        _adopt_orphans(yes=False)


def _adopt_orphans(*, yes: bool) -> bool:
    return bool(ctypes.CDLL(None).prctl(_ADOPT, ctypes.c_ulong(yes), *[ctypes.c_ulong(0)] * 3) == 0)

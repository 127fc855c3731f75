"""A child of ``renqing up`` says that it can do its work: one byte into a pipe that it was started with.

The servers listen on one socket, so an answer there says nothing about which of them gave it.
"""

from __future__ import annotations

import os

from renqing.foundation.heap import settle_heap

VARIABLE = "SUPERVISOR_READY_FD"


def say_ready() -> None:
    """Settle, and tell the supervisor, if this process has one. Once."""
    settle_heap()
    fd = os.environ.pop(VARIABLE, None)
    if fd is not None:
        os.write(int(fd), b"1")
        os.close(int(fd))


class Readiness:
    """The supervisor's side for one start of one child: hand ``child_fd`` over, then ``handed_over``, then look."""

    def __init__(self) -> None:
        self._fd, self.child_fd = os.pipe()
        os.set_blocking(self._fd, False)
        self._is_ready = False

    def handed_over(self) -> None:
        """The child has its end now; ours would keep the pipe open for ever."""
        os.close(self.child_fd)

    def is_ready(self) -> bool:
        """Whether the child has said so."""
        if not self._is_ready:
            try:
                self._is_ready = os.read(self._fd, 1) != b""
            except BlockingIOError:
                return False
        return self._is_ready

    def close(self) -> None:
        os.close(self._fd)

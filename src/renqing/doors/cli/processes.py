"""The processes that ``renqing up`` keeps, without the command line's machinery.

Typer, its colours and every command's types would be megabytes in each server and worker that none of them uses, and a
quarter of a second of each start. What is not exactly such a call (help, a mistake) is the command line's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial

_PROCESSES = ("serve", "sandbox", "worker")
_WITH_A_SOCKET = ("serve", "sandbox", "loader")


def process_of(arguments: Sequence[str]) -> Callable[[], None] | None:
    """What these arguments start, where they are no more than a process's name and the socket that it inherited."""
    match arguments:
        case [name] if name in _PROCESSES:
            return partial(_run, name)
        case [name, "--fd", fd] if name in _WITH_A_SOCKET and fd.isdecimal():
            return partial(_run, name, int(fd))
        case _:
            return None


def _run(name: str, *given: int) -> None:
    getattr(importlib.import_module(f"renqing.doors.cli.{name}"), name)(*given)

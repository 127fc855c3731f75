"""The loader of ``renqing up``: it loads a release once, and servers and workers are forked from it (Linux).

They share what was loaded instead of holding it each, and begin without loading it again. Until it forks, nothing here
may be of one process alone: no thread, no event loop, no connection, no key, no id, no socket of the house.
``children.Loader`` is the supervisor's side.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from renqing.books.catalog import load_dictionary
from renqing.doors.cli.forking import ASKED_BYTES_MAX, FILES_MAX, KNOWN
from renqing.doors.cli.lifeline import VARIABLE as LIFELINE
from renqing.doors.cli.lifeline import hold_lifeline
from renqing.doors.cli.plain import settings_or_end
from renqing.doors.cli.processes import process_of
from renqing.doors.cli.readiness import VARIABLE as READY
from renqing.doors.cli.readiness import say_ready
from renqing.doors.cli.serve import APPLICATION

# By name: what is above the doors, and what uvicorn loads only when it begins.
LOADED = ("renqing.building", "renqing.doors.cli.worker", "uvloop", "uvicorn.loops.uvloop", "uvicorn.lifespan.on")
_ARGUMENTS_AT: Final = (45, 46)  # where this process's command line begins and ends, in /proc/self/stat after its name


def loader(fd: int) -> None:
    """Load, say so, and fork whatever the supervisor asks for over this socket, until it is gone."""
    settings_or_end()
    load()
    with socket.socket(fileno=fd) as supervisor:
        say_ready()
        while True:
            asked, files, _, _ = socket.recv_fds(supervisor, ASKED_BYTES_MAX, FILES_MAX, socket.MSG_CMSG_CLOEXEC)
            if not asked:
                return
            pid = _fork_away()
            if pid == 0:
                break
            for file in files:
                os.close(file)
            supervisor.send(str(pid).encode())
    _become(asked.decode(), files)


def load() -> None:
    """Everything that a server or a worker needs and that is the same in all of them."""
    for name in LOADED:
        importlib.import_module(name)
    module, _, factory = APPLICATION.partition(":")
    getattr(importlib.import_module(module), factory)()
    load_dictionary()


def _fork_away() -> int:
    """Fork a process that is no child of ours: its number here, 0 in it. What is between ends at once.

    So it becomes a child of the supervisor, which adopts orphans for this moment and will be told how it ended.
    """
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        pid = -1
        try:
            pid = os.fork()
            if pid:
                os.write(writing, str(pid).encode())
        finally:
            if pid:
                os._exit(0)
        os.close(reading)
        os.close(writing)
        return 0
    os.close(writing)
    told = os.read(reading, 20)
    os.close(reading)
    os.waitpid(between, 0)
    return int(told or -1)


def _become(name: str, files: Sequence[int]) -> None:
    """Be the process of this name: with a log, a group, and a way to the supervisor of its own."""
    known, ready, lifeline, log, *listening = files
    os.setpgid(0, 0)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
    os.close(log)
    if os.read(known, 1) != KNOWN:
        raise SystemExit("nobody knows of this process")
    os.close(known)
    os.environ |= {READY: str(ready), LIFELINE: str(lifeline)}
    hold_lifeline(os.environ)
    _show_as(name)
    process = process_of([name, *(word for fd in listening for word in ("--fd", str(fd)))])
    assert process is not None, name
    process()


def _show_as(name: str) -> None:
    """Let ``ps`` show ``-m renqing serve`` or whatever else this process became: its command line is overwritten."""
    at = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    begins, ends = (int(at[n]) for n in _ARGUMENTS_AT)
    words = [*sys.orig_argv[: -len(sys.argv[1:])], name]
    shown = b"".join(os.fsencode(word) + b"\0" for word in words)
    if begins and len(shown) <= ends - begins:
        ctypes.memmove(begins, shown.ljust(ends - begins, b"\0"), ends - begins)

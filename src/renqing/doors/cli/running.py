"""One ``renqing up`` a home folder: held by a file lock, which the system drops with its process whatever kills it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

LOCK = "up.lock"
FACTS = "running.json"


class AlreadyRunning(Exception):
    """Another ``renqing up`` holds this home folder."""


class Running(msgspec.Struct, frozen=True):
    """What runs in a home folder, for other commands and for the next start."""

    pid: int
    url: str
    asked_port: int
    port: int
    sandbox_url: str = ""
    renewed: int = -1  # how often its processes were renewed; -1 is a start that cannot do it
    not_renewed: int = 0  # how often a renewal was given up


@contextmanager
def alone_in(home: Path) -> Iterator[None]:
    """Hold this home folder. Raises AlreadyRunning at once if another process does."""
    lock = os.open(home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise AlreadyRunning from held
        yield
    finally:
        os.close(lock)


def is_held(home: Path) -> bool:
    """Whether a ``renqing up`` holds this home folder now: the number of a process may be a stranger's by now."""
    try:
        lock = os.open(home / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def note_running(home: Path, running: Running) -> None:
    """Write down what runs here."""
    half = home / f".{FACTS}.new"
    half.write_bytes(msgspec.json.encode(running) + b"\n")
    half.rename(home / FACTS)


def forget_running(home: Path) -> None:
    """A clean end leaves no note; one that is found tells of a start that was killed."""
    (home / FACTS).unlink(missing_ok=True)


def noted_running(home: Path) -> Running | None:
    """What the last start wrote down, if it still runs or was killed."""
    try:
        return msgspec.json.decode((home / FACTS).read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.DecodeError):
        return None

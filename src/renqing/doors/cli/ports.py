"""A port to listen on: the one asked for, else the next that is free."""

from __future__ import annotations

import errno
import socket
import time
from pathlib import Path

import msgspec

from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.starting import CannotStart

PORTS_TRIED_MAX = 50
WAITING_CONNECTIONS_MAX = 1024
ORPHANS_LEAVE_SECONDS = 6.0


class NoFreePort(CannotStart):
    """None of the ports that we may take is free."""


class Kept(msgspec.Struct, frozen=True):
    """A port that was asked for, and the one that a home folder got and stays on, so that links to it stay good."""

    asked: int
    got: int


def listen_as_before(home: Path, name: str, host: str, asked: int, *, was_killed: bool) -> socket.socket:
    """A listening socket for ``name`` on the port that it had before, while the same is asked for. Raises NoFreePort.

    ``was_killed``: the last start did not end by itself, so its orphans may hold the port for a moment.
    """
    file = home / "ports.json"
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=dict[str, Kept])
    except (FileNotFoundError, msgspec.DecodeError):
        kept = {}
    before = kept.get(name)
    had = before is not None and before.asked == asked
    listening = listen(host, before.got if before is not None and had else asked, ours_a_moment_ago=had and was_killed)
    kept[name] = Kept(asked, listening.getsockname()[1])
    half = home / ".ports.json.new"
    half.write_bytes(msgspec.json.encode(kept) + b"\n")
    half.replace(file)
    return listening


def listen(host: str, port: int, *, ours_a_moment_ago: bool = False) -> socket.socket:
    """A listening socket on ``port``, or on a later one where that is taken.

    Where a killed start of our own held the port, its orphans are given a moment to leave it, so that the address
    that people know stays the same. Raises NoFreePort.
    """
    give_up_at = monotonic_seconds() + ORPHANS_LEAVE_SECONDS
    while ours_a_moment_ago and monotonic_seconds() < give_up_at:
        found = _try(host, port)
        if found is not None:
            return found
        time.sleep(0.05)
    for candidate in range(port, min(port + PORTS_TRIED_MAX, 65_536)):
        found = _try(host, candidate)
        if found is not None:
            return found
    raise NoFreePort(f"no free port on {host} from {port} on")


def _try(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(WAITING_CONNECTIONS_MAX)
    except OSError as taken:
        listening.close()
        if taken.errno == errno.EADDRINUSE:
            return None
        raise NoFreePort(f"cannot listen on {host} port {port}: {taken.strerror}") from taken
    return listening

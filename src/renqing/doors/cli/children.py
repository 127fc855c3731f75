"""The processes that ``renqing up`` keeps alive: started, watched, started again, ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from renqing.doors.cli import lifeline as life
from renqing.doors.cli.forking import Forked, NotForked, ask_to_fork
from renqing.doors.cli.readiness import VARIABLE, Readiness
from renqing.foundation.clock import monotonic_seconds

RENQING = (sys.executable, "-m", "renqing")
DEATHS_IN_A_ROW_MAX = 8
GOOD_LIFE_SECONDS = 60.0  # who lived this long begins a new row
PAUSE_SECONDS_MAX = 8.0
KILLED_PAUSE_SECONDS_MAX = 1.0  # after one that could do its work: it is missed
END_SECONDS_MAX = 8.0
LOG_BYTES_MAX = 16 * 1024 * 1024
PLAIN_LINES_MAX = 12  # the end of a traceback or the like; its log has the rest
_WORTH_SAYING = frozenset({"warning", "error", "critical"})
_UNSAID = frozenset({"event", "level", "timestamp", "process", "exception"})


class KeepsDying(Exception):
    """A child died soon after its start, again and again. Facts: its name, and what it wrote last."""

    def __init__(self, name: str, last_words: str) -> None:
        super().__init__(name)
        self.name = name
        self.last_words = last_words


class Process(Protocol):
    """A ``subprocess.Popen``, or what was forked for us."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


@dataclass(slots=True)
class Child:
    """One process by its name and the command that it runs, with the sockets it inherits; it writes to ``log_file``.

    One that ``is_forked`` comes from a loader where there is one, and else from a fresh interpreter.
    """

    name: str
    command: tuple[str, ...]
    log_file: Path
    fds: tuple[int, ...] = ()
    is_forked: bool = False
    process: Process | None = None
    deaths_in_a_row: int = 0
    has_worked: bool = False
    started_at: float = 0.0
    start_again_at: float = 0.0
    _read_to: int = 0
    _readiness: Readiness | None = None

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, environment: Mapping[str, str], lifeline: int, loader: Loader | None = None) -> None:
        """Start it, in a process group of its own: a Ctrl-C of the terminal is for the supervisor. Raises NotForked."""
        self.started_at = monotonic_seconds()
        if self._readiness is not None:
            self._readiness.close()
        self._readiness = Readiness()
        try:
            with self.log_file.open("ab") as log:
                self._read_to = log.tell()
                if loader is not None:
                    files = (self._readiness.child_fd, lifeline, log.fileno(), *self.fds)
                    self.process = loader.fork(self.command[0], files)
                    return
                self.process = subprocess.Popen(
                    [*RENQING, *self.command],
                    env={**environment, VARIABLE: str(self._readiness.child_fd)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(*self.fds, lifeline, self._readiness.child_fd),
                    process_group=0,
                )
        finally:
            self._readiness.handed_over()

    @property
    def is_ready(self) -> bool:
        """Whether it has said that it can do its work."""
        return self._readiness is not None and self._readiness.is_ready()

    def successor(self) -> Child:
        """Another of the same kind, to be started beside it."""
        return Child(self.name, self.command, self.log_file, self.fds, self.is_forked)

    def hand_over_to(self, successor: Child) -> None:
        """Change places with a successor: it holds the process that may leave from now on."""
        self.process, successor.process = successor.process, self.process
        self._readiness, successor._readiness = successor._readiness, self._readiness
        self.started_at, self.deaths_in_a_row = successor.started_at, 0

    def note_death(self) -> None:
        """Choose when to start it again. Raises KeepsDying.

        One that could do its work before is never given up: what kills it now (the system, its database's absence) ends
        one day, and the house would stay down.
        """
        now, could_work = monotonic_seconds(), self.is_ready
        self.has_worked = self.has_worked or could_work
        self.deaths_in_a_row = 1 if now - self.started_at > GOOD_LIFE_SECONDS else self.deaths_in_a_row + 1
        if self.deaths_in_a_row > DEATHS_IN_A_ROW_MAX and not self.has_worked:
            raise KeepsDying(self.name, self.last_words())
        self.process = None
        pause_max = PAUSE_SECONDS_MAX if not could_work else KILLED_PAUSE_SECONDS_MAX
        self.start_again_at = now + min(0.1 * 2 ** min(self.deaths_in_a_row, DEATHS_IN_A_ROW_MAX), pause_max)

    def new_lines(self) -> list[str]:
        """What it wrote since we last looked; a log that has grown long is set aside."""
        try:
            with self.log_file.open("rb") as log:
                log.seek(self._read_to)
                whole, _, _ = log.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._read_to += len(whole) + (1 if whole else 0)
        if self._read_to > LOG_BYTES_MAX:
            shutil.copyfile(self.log_file, self.log_file.with_suffix(".log.1"))
            os.truncate(self.log_file, 0)
            self._read_to = 0
        return whole.decode(errors="replace").splitlines()

    def last_words(self) -> str:
        """The end of its log."""
        try:
            return self.log_file.read_text(encoding="utf-8", errors="replace")[-1500:]
        except FileNotFoundError:
            return ""


@dataclass(slots=True)
class Loader(Child):
    """The process that has loaded a release, and forks others of it (``loader.py``)."""

    asking: socket.socket | None = None

    def start(self, environment: Mapping[str, str], lifeline: int, loader: Loader | None = None) -> None:
        """Start it. Of our end it is told by the socket: it may not hold a lifeline, whose thread could not fork."""
        if self.asking is not None:
            self.asking.close()
        self.asking, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its_end:
            self.command, self.fds = ("loader", "--fd", str(its_end.fileno())), (its_end.fileno(),)
            without = {name: value for name, value in environment.items() if name != life.VARIABLE}
            Child.start(self, without, lifeline, loader)

    @property
    def can_fork(self) -> bool:
        """Whether it has loaded, and lives."""
        return self.is_alive and self.is_ready

    def fork(self, name: str, files: tuple[int, ...]) -> Forked:
        """A new process. Raises NotForked; a loader that could not is ended, so that there will be a better one."""
        assert self.asking is not None, "it was never started"
        try:
            return ask_to_fork(self.asking, name, files)
        except NotForked:
            if self.process is not None:
                self.process.kill()
            raise

    def successor(self) -> Loader:
        return Loader(self.name, self.command, self.log_file)

    def hand_over_to(self, successor: Child) -> None:
        assert isinstance(successor, Loader), successor.name
        Child.hand_over_to(self, successor)
        self.asking, successor.asking = successor.asking, self.asking


def end_all(children: Iterable[Child]) -> None:
    """Ask every child to end, all at once; those that do not within ``END_SECONDS_MAX`` are killed."""
    alive = [child.process for child in children if child.process is not None and child.is_alive]
    for process in alive:
        process.send_signal(signal.SIGTERM)
    give_up_at = monotonic_seconds() + END_SECONDS_MAX
    for process in alive:
        try:
            process.wait(max(0.0, give_up_at - monotonic_seconds()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tell_new_lines(child: Child, tell: Callable[[str, str, str], None]) -> None:
    """Say on the terminal what a child warned of: ``tell(name, level, words)``. The rest stays in its log."""
    plain: deque[str] = deque(maxlen=PLAIN_LINES_MAX)
    for line in child.new_lines():
        try:
            event = msgspec.json.decode(line)
        except msgspec.DecodeError:
            plain.append(line)
            continue
        if isinstance(event, dict) and event.get("level") in _WORTH_SAYING:
            tell(child.name, event["level"], f"{event.get('event', '')} {_facts_of(event)}".strip())
    for line in plain:
        if line.strip():
            tell(child.name, "plain", line)


def _facts_of(event: dict[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in event.items() if name not in _UNSAID)

"""A whole house of its own for the length of a bench, and what its processes spend.

CPU time is read from ``/proc`` (Linux): the servers' apart from PostgreSQL's, children that ended included. It is the
figure that a noisy neighbour moves least.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from renqing.doors.cli.house import DATABASE
from renqing.doors.cli.lifeline import VARIABLE, make_lifeline
from renqing.doors.cli.plain import ending
from renqing.doors.cli.roof import LocalPostgres, Roof
from renqing.doors.cli.running import Running, noted_running
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.secrets import Keys, read_keys
from renqing.foundation.starting import CannotStart

START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 30
_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds of the servers, of PostgreSQL and of the worker."""

    app_seconds: float
    pg_seconds: float
    worker_seconds: float

    def since(self, before: Spent) -> Spent:
        return Spent(
            self.app_seconds - before.app_seconds,
            self.pg_seconds - before.pg_seconds,
            self.worker_seconds - before.worker_seconds,
        )


@dataclass(slots=True)
class Stage:
    """A running house: where it answers, its database, and its processes."""

    home: Path
    running: Running
    postgres: LocalPostgres
    supervisor_pid: int
    server_processes: int

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def dsn(self) -> str:
        return self.postgres.dsn(DATABASE)

    @property
    def keys(self) -> Keys:
        return read_keys(self.home / "keys")

    @property
    def is_alive(self) -> bool:
        """Whether ``renqing up`` runs still."""
        return bool(_command(self.supervisor_pid))

    @property
    def how_it_ended(self) -> str:
        """The signal or status with which ``renqing up`` ended, while nobody has waited for it."""
        ended = os.waitid(os.P_PID, self.supervisor_pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return "it lives"
        return ending(ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status)

    def spent(self) -> Spent:
        """What has been spent until now."""
        postmaster = self.postgres.postmaster_pid()
        pg = 0
        if postmaster is not None:
            pg = _all_ticks(postmaster) + sum(_own_ticks(pid) for pid in _children(postmaster))
        app, worker = (sum(map(_own_ticks, self.pids_of(kind))) for kind in ("serve", "worker"))
        return Spent(app * _TICK_SECONDS, pg * _TICK_SECONDS, worker * _TICK_SECONDS)

    def spent_by(self, kind: str) -> float:
        """CPU seconds of the processes of this kind, such as ``sandbox``."""
        return sum(map(_own_ticks, self.pids_of(kind))) * _TICK_SECONDS

    def memory_bytes(self) -> int:
        """Proportional set size of servers, worker and the loader that they share it with, together."""
        return sum(_pss_bytes(pid) for pid in self.pids_of("serve", "worker", "loader"))

    def pids_of(self, *kinds: str) -> list[int]:
        """The processes of these kinds (``serve``, ``worker``, ``loader``, ``sandbox``) that live now."""
        return [pid for pid in _children(self.supervisor_pid) if {*kinds} & {*_command(pid).split()}]


@contextmanager
def own_stage(roof: Roof, *, server_processes: int, home: Path | None = None) -> Iterator[Stage]:
    """Run ``renqing up`` with a demo world, in a folder of its own that is taken away after. Linux.

    In ``home``, where that is given: it stays, and is found again the next time.
    """
    folder = home or Path(tempfile.mkdtemp(prefix="renqing-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    try:
        with house_up(folder, server_processes) as (running, pid):
            yield Stage(folder, running, roof.postgres(folder), pid, server_processes)
    finally:
        if home is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def house_up(folder: Path, server_processes: int) -> Iterator[tuple[Running, int]]:
    """``renqing up`` in this folder, from its first answer on: where it runs, and its process number.

    It ends with us, in whatever way we do: it has a lifeline of ours, as its children have of its own.
    """
    lifeline, kept_open = make_lifeline()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RENQING_")},
        "RENQING_HOME": str(folder),
        "RENQING_SERVER_PROCESSES": str(server_processes),
        VARIABLE: f"{lifeline}:{STOP_SECONDS_MAX}",
    }
    environment.pop("DATABASE_URL", None)
    log = (folder / "up.log").open("wb")
    command = [sys.executable, "-m", "renqing", "up"]
    up = subprocess.Popen(command, env=environment, stdout=log, stderr=log, pass_fds=(lifeline,), process_group=0)
    os.close(lifeline)
    try:
        yield _wait_for(folder, up), up.pid
    finally:
        up.send_signal(signal.SIGINT)
        try:
            up.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            up.kill()
            up.wait()
        os.close(kept_open)
        log.close()


def _wait_for(home: Path, up: subprocess.Popen[bytes]) -> Running:
    until = monotonic_seconds() + START_SECONDS_MAX
    while monotonic_seconds() < until:
        running = noted_running(home)
        if running is not None and running.pid == up.pid and _answers(running.url):
            return running
        if (status := up.poll()) is not None:
            said = (home / "up.log").read_text(encoding="utf-8", errors="replace")[-2000:]
            raise CannotStart(f"renqing up ended ({ending(status)}). It said last:\n{said}")
        time.sleep(0.1)
    raise CannotStart(f"no answer within {START_SECONDS_MAX} s")


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 20


def _own_ticks(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12])


def _all_ticks(pid: int) -> int:
    """Its own and those of its children that have ended."""
    return sum(int(field) for field in _stat(pid)[11:15])


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))

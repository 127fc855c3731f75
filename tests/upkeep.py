"""``renqing up`` as tests run it: real processes in a home folder of their own."""

from __future__ import annotations

import asyncio
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from patience import until

from renqing.doors.cli.forking import can_fork
from renqing.doors.cli.house import DATABASE
from renqing.doors.cli.running import noted_running
from renqing.providers.postgres import EmbeddedPostgres

UP_SECONDS_MAX = 90
FORKED = ("loader",) if can_fork() else ()
CHILDREN = len(("sandbox", "serve", "worker", *FORKED))  # of a house with one server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children_of(pid: int) -> dict[int, str]:
    """The processes that this one started, with their command lines."""
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    lines = (line.split(None, 2) for line in listed.stdout.splitlines())
    return {int(line[0]): line[2] for line in lines if len(line) == 3 and int(line[1]) == pid}


def is_gone(pid: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()[:1] in {"", "Z"}


class Up:
    """One ``renqing up`` in a home folder."""

    def __init__(self, home: Path, port: int, sandbox_port: int, **settings: str) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RENQING_", "DATABASE_URL"))}
        self.environment = {
            **kept,
            "RENQING_HOME": str(home),
            "RENQING_PORT": str(port),
            "RENQING_SANDBOX_PORT": str(sandbox_port),
            "LANG": "C.UTF-8",
            **settings,
        }
        self.output = home.parent / f"{home.name}.out"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Up:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "renqing", "up"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self

    def wait_until_up(self) -> Up:
        def told() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.said()
            return "Renqing is up" in self.said()

        until(told, seconds_max=UP_SECONDS_MAX)
        return self

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def port(self) -> int:
        running = noted_running(self.home)
        assert running is not None
        return running.port

    def child(self, name: str) -> int | None:
        """The process number of the child that runs this command."""
        return next((pid for pid, command in children_of(self.pid).items() if f"-m renqing {name}" in command), None)

    def answers(self, path: str = "/readyz") -> bool:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asking.request("GET", path)
            return asking.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()

    def write_down(self, sql: str) -> object:
        """Run one statement in the house's database; the first value it answers."""

        async def go() -> object:
            conn = await asyncpg.connect(EmbeddedPostgres(self.home).dsn(DATABASE))
            try:
                return await conn.fetchval(sql)
            finally:
                await conn.close()

        return asyncio.run(go())

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="renqing-test-")).resolve()
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def up_in(folder: Path) -> Iterator[Callable[..., Up]]:
    """Makes Ups; whatever is left of them is ended."""
    made: list[Up] = []

    def make(name: str = "home", port: int | None = None, sandbox_port: int | None = None, **settings: str) -> Up:
        one = Up(folder / name, port or free_port(), sandbox_port or free_port(), **settings)
        one.home.mkdir(parents=True, exist_ok=True)
        made.append(one)
        return one

    yield make
    for one in made:
        if one.process is not None and one.process.poll() is None:
            one.process.kill()
            one.process.wait()
    for home in {one.home for one in made}:
        EmbeddedPostgres(home).remove()

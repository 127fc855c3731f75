"""``renqing up`` as a newcomer and an unlucky operator meet it: real processes, really killed."""

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

from renqing.doors.cli.children import Child, KeepsDying
from renqing.doors.cli.house import DATABASE, environment_of
from renqing.doors.cli.ports import listen, listen_as_before
from renqing.doors.cli.running import AlreadyRunning, alone_in, noted_running
from renqing.doors.cli.terminal import terminal_language
from renqing.foundation.secrets import read_keys
from renqing.foundation.settings import Policy, Settings, read_settings
from renqing.providers.postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(240)
UP_SECONDS_MAX = 90


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


@pytest.fixture(scope="module")
def old_house(up_in: Callable[..., Up]) -> Up:
    """An installation that several tests live in, one after the other."""
    return up_in("人情 的 home with spaces")


@pytest.fixture
def house(old_house: Up) -> Up:
    """That installation, up, and with a row that must not be lost."""
    if old_house.process is None or old_house.process.poll() is not None:
        old_house.start()
    old_house.wait_until_up()
    write_down(old_house, "CREATE TABLE IF NOT EXISTS kept_by_test (n int)")
    write_down(old_house, "INSERT INTO kept_by_test SELECT 1 WHERE NOT EXISTS (SELECT FROM kept_by_test)")
    return old_house


def has_lost_nothing(up: Up) -> bool:
    return write_down(up, "SELECT count(*) FROM kept_by_test") == 1


def write_down(up: Up, sql: str) -> object:
    async def go() -> object:
        conn = await asyncpg.connect(EmbeddedPostgres(up.home).dsn(DATABASE))
        try:
            return await conn.fetchval(sql)
        finally:
            await conn.close()

    return asyncio.run(go())


def test_it_comes_up_and_tells_where(house: Up):
    assert house.answers()
    assert house.answers("/healthz")
    assert f"http://127.0.0.1:{house.port}/demo" in house.said()
    assert (house.home / "keys").stat().st_mode & 0o777 == 0o600


def test_a_second_up_in_the_same_home_says_where_the_first_is(house: Up):
    second = subprocess.run(
        [sys.executable, "-m", "renqing", "up"], env=house.environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"http://127.0.0.1:{house.port}" in second.stderr
    assert f"process {house.pid}" in second.stderr
    assert house.answers()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_asked_to_and_keeps_its_data(house: Up, number: signal.Signals):
    everyone = children_of(house.pid)
    assert len(everyone) == 3, everyone
    keys = read_keys(house.home / "keys")
    assert house.stop(number) == 0
    assert "The data stay" in house.said()
    assert all(is_gone(pid) for pid in everyone)
    assert not EmbeddedPostgres(house.home).is_ready()
    house.start().wait_until_up()
    assert has_lost_nothing(house)
    assert read_keys(house.home / "keys") == keys


def test_a_listener_that_does_not_leave_does_not_hold_up_the_end(house: Up):
    with socket.create_connection(("127.0.0.1", house.port)) as silent:
        silent.send(b"GET /readyz HTTP/1.1\r\n")
        assert house.stop() == 0


def test_a_second_copy_beside_it_takes_other_ports_and_says_so(house: Up, up_in: Callable[..., Up]):
    second = up_in("copy", house.port, house.port + 1).start().wait_until_up()
    assert second.port != house.port
    assert f"Port {second.port} instead of {house.port}" in second.said()
    assert house.answers()
    assert second.answers()
    assert write_down(second, "SELECT to_regclass('kept_by_test')") is None
    taken = second.port
    assert second.stop() == 0
    assert house.answers()
    with listen_as_before(second.home, "server", "127.0.0.1", house.port, was_killed=False) as again:
        assert again.getsockname()[1] == taken


def test_whatever_is_killed_comes_back(house: Up):
    for name in ("serve", "worker", "sandbox"):
        killed = until(lambda name=name: house.child(name))
        os.kill(killed, signal.SIGKILL)
        until(lambda name=name, killed=killed: house.child(name) not in {None, killed})
    postgres = EmbeddedPostgres(house.home)
    killed = postgres.postmaster_pid()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: postgres.postmaster_pid() not in {None, killed})
    until(house.answers)
    assert has_lost_nothing(house)
    assert house.process is not None
    assert house.process.poll() is None


def test_when_the_supervisor_is_killed_its_children_end_and_the_next_up_is_where_it_was(house: Up):
    port, orphans = house.port, children_of(house.pid)
    assert len(orphans) == 3
    assert house.stop(signal.SIGKILL) == -signal.SIGKILL
    house.start().wait_until_up()
    assert house.port == port
    until(lambda: all(is_gone(pid) for pid in orphans))
    assert house.answers()
    assert has_lost_nothing(house)


def test_after_everything_is_killed_at_once_the_next_up_brings_it_back(house: Up):
    postmaster = EmbeddedPostgres(house.home).postmaster_pid()
    assert postmaster is not None
    for pid in [house.pid, postmaster, *children_of(house.pid)]:
        os.kill(pid, signal.SIGKILL)
    assert house.process is not None
    house.process.wait()
    house.start().wait_until_up()
    assert house.answers()
    assert has_lost_nothing(house)


def test_a_start_that_is_interrupted_midway_leaves_nothing_running(up_in: Callable[..., Up]):
    up = up_in("interrupted").start()
    until(lambda: EmbeddedPostgres(up.home).postmaster_pid() is not None, seconds_max=UP_SECONDS_MAX)
    assert up.stop() == 0
    assert EmbeddedPostgres(up.home).postmaster_pid() is None
    up.start().wait_until_up()
    assert up.stop() == 0


def test_without_the_keys_that_sealed_its_people_it_does_not_start(house: Up):
    write_down(house, "INSERT INTO people_person (id, name, joined_at) VALUES (1, 'one', now()) ON CONFLICT DO NOTHING")
    assert house.stop() == 0
    keys = (house.home / "keys").rename(house.home / "keys.kept")
    try:
        house.start()
        assert house.process is not None
        assert house.process.wait(UP_SECONDS_MAX) == 1
        assert "is gone" in house.said()
        assert not (house.home / "keys").exists()
    finally:
        keys.rename(house.home / "keys")


def test_an_unsafe_production_start_is_refused_with_every_fault(up_in: Callable[..., Up]):
    up = up_in("refused", RENQING_MODE="production").start()
    assert up.process is not None
    assert up.process.wait(30) == 2
    for fault in ("DATABASE_URL", "RENQING_KEYS_FILE", "RENQING_PUBLIC_URL"):
        assert fault in up.said()
    assert not (up.home / "postgres").exists()


def test_an_unknown_setting_is_refused_by_name(up_in: Callable[..., Up]):
    up = up_in("refused", RENQING_PROT="8420").start()
    assert up.process is not None
    assert up.process.wait(30) == 2
    assert "RENQING_PROT" in up.said()


def test_a_database_that_does_not_answer_is_said_so(up_in: Callable[..., Up]):
    up = up_in("away", DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/none").start()
    assert up.process is not None
    assert up.process.wait(30) == 1
    assert "does not answer" in up.said()


def test_settings_reach_the_children_as_they_are():
    settings = Settings(
        home="/some where/人情",
        database_url="postgresql://x@/y?host=/tmp/z",
        port=9,
        policy=Policy(gift_withdraw="never"),
    )
    assert read_settings(environment_of(settings)) == settings


def test_a_taken_port_makes_way_for_the_next_free_one():
    with listen("127.0.0.1", free_port()) as first:
        port = first.getsockname()[1]
        with listen("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] < port + 50


def test_one_process_holds_a_home(tmp_path: Path):
    with alone_in(tmp_path), pytest.raises(AlreadyRunning), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


def test_a_child_that_keeps_dying_is_given_up_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("renqing.doors.cli.children.DEATHS_IN_A_ROW_MAX", 2)
    child = Child("broken", ("no-such-command",), tmp_path / "broken.log")
    lifeline, kept_open = os.pipe()
    try:
        for _ in range(3):
            child.start(os.environ, lifeline)
            assert child.process is not None
            assert child.process.wait(30) != 0
            if child.deaths_in_a_row < 2:
                child.note_death()
        with pytest.raises(KeepsDying, match="broken") as given_up:
            child.note_death()
    finally:
        os.close(lifeline)
        os.close(kept_open)
    assert "no-such-command" in given_up.value.last_words
    assert child.start_again_at > 0


def test_a_long_log_is_set_aside_and_nothing_is_said_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("renqing.doors.cli.children.LOG_BYTES_MAX", 100)
    log = tmp_path / "talker.log"
    child = Child("talker", (), log)
    log.write_text("first\nhalf a li")
    assert child.new_lines() == ["first"]
    with log.open("a") as more:
        more.write("ne\n" + "x" * 200 + "\n")
    assert child.new_lines() == ["half a line", "x" * 200]
    assert log.read_text() == ""
    assert log.with_suffix(".log.1").read_text().startswith("first\nhalf a line\n")
    with log.open("a") as more:
        more.write("after\n")
    assert child.new_lines() == ["after"]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({}, "en"),
        ({"LANG": "zh_CN", "LC_ALL": "C"}, "en"),
    ],
)
def test_the_terminal_is_spoken_to_in_its_language(environment: dict[str, str], language: str):
    assert terminal_language(environment) == language

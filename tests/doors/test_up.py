"""``renqing up`` as a newcomer and an unlucky operator meet it: real processes, really killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from patience import until
from upkeep import CHILDREN, FORKED, UP_SECONDS_MAX, Up, children_of, free_port, is_gone

from renqing.doors.cli.children import (
    DEATHS_IN_A_ROW_MAX,
    KILLED_PAUSE_SECONDS_MAX,
    PAUSE_SECONDS_MAX,
    Child,
    KeepsDying,
)
from renqing.doors.cli.house import environment_of
from renqing.doors.cli.plain import terminal_language
from renqing.doors.cli.ports import listen, listen_as_before
from renqing.doors.cli.running import AlreadyRunning, alone_in
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.secrets import read_keys
from renqing.foundation.settings import Policy, Settings, read_settings
from renqing.providers.postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(400)


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
    old_house.write_down("CREATE TABLE IF NOT EXISTS kept_by_test (n int)")
    old_house.write_down("INSERT INTO kept_by_test SELECT 1 WHERE NOT EXISTS (SELECT FROM kept_by_test)")
    return old_house


def has_lost_nothing(up: Up) -> bool:
    return up.write_down("SELECT count(*) FROM kept_by_test") == 1


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
    assert len(everyone) == CHILDREN, everyone
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
    assert second.write_down("SELECT to_regclass('kept_by_test')") is None
    taken = second.port
    assert second.stop() == 0
    assert house.answers()
    with listen_as_before(second.home, "server", "127.0.0.1", house.port, was_killed=False) as again:
        assert again.getsockname()[1] == taken


def test_whatever_is_killed_comes_back(house: Up):
    for name in ("serve", "worker", "sandbox", *FORKED):
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
    until(lambda: len(children_of(house.pid)) == CHILDREN)  # one that was killed before may still be on its way back
    port, orphans = house.port, children_of(house.pid)
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
    house.write_down("INSERT INTO people_person (id, name, joined_at) VALUES (1, 'one', now()) ON CONFLICT DO NOTHING")
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


def test_a_child_that_could_do_its_work_is_never_given_up_and_soon_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ready = True
    monkeypatch.setattr("renqing.doors.cli.children.Readiness.is_ready", lambda _: ready)
    child = Child("killed", ("no-such-command",), tmp_path / "killed.log")
    lifeline, kept_open = os.pipe()
    pauses = []
    try:
        child.start(os.environ, lifeline)
        assert child.process is not None
        child.process.wait(30)
        for deaths in range(2 * DEATHS_IN_A_ROW_MAX):
            ready = deaths < DEATHS_IN_A_ROW_MAX  # then its database is away: it dies before it is ready
            child.note_death()
            pauses.append(child.start_again_at - monotonic_seconds())
    finally:
        os.close(lifeline)
        os.close(kept_open)
    assert max(pauses[:DEATHS_IN_A_ROW_MAX]) <= KILLED_PAUSE_SECONDS_MAX
    assert KILLED_PAUSE_SECONDS_MAX < max(pauses[DEATHS_IN_A_ROW_MAX:]) <= PAUSE_SECONDS_MAX


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

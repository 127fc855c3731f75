"""The embedded PostgreSQL: our own supervisor over a server's plain programs.

What it holds to, each proven in tests/providers/test_postgres.py:

1. Ready means that it answers, never that a process number exists.
2. A half-made cluster is never taken for a whole one: initdb works beside and is renamed into place.
3. A ``postmaster.pid`` whose number now belongs to another program, or to nobody, does not stop a start.
4. Backends that outlive a killed postmaster are waited for, then ended; no other process is ever signalled.
5. Any number of starters at once end with one server.
6. A long recovery is waited for.
7. What was committed is there after ``kill -9``: nothing is traded for speed.
8. Data that a restore left half done are never served.

It listens on a Unix socket in a folder that only its user may enter, and on nothing else.
"""

from __future__ import annotations

import fcntl
import locale
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.starting import CannotStart
from renqing.providers.postgres_place import POINTER, Place, find_place, major_of, socket_folder

START_SECONDS_MAX = 300
RESTORE_SECONDS_MAX = 24 * 3600
STOP_SECONDS_MAX = 60
STARTS_MAX = 20
ORPHANS_LEAVE_SECONDS = 2.0
LOG_BYTES_MAX = 16 * 1024 * 1024
SUPERUSER = "postgres"
PORT = 5432  # only names the socket file: each server has a socket folder of its own

SETTINGS: dict[str, str] = {
    "listen_addresses": "''",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "shared_buffers": "'128MB'",
    "effective_cache_size": "'1GB'",
    "work_mem": "'8MB'",
    "maintenance_work_mem": "'64MB'",
    "max_wal_size": "'1GB'",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",  # short statements on few cores; a container's /dev/shm is 64 MB
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "log_line_prefix": "'%m [%p] '",
    "logging_collector": "off",
    # Always on, since only a restart could turn it on: where no backup folder is named, a finished piece of the log
    # is let go at once.
    "archive_mode": "on",
    "archive_command": "'exit 0'",
}
KEEP_WAL = "keep-wal"  # a script beside the data: where it is, each finished piece of the log goes through it
KEEPING_WAL: dict[str, str] = {"archive_command": f"'/bin/sh ../{KEEP_WAL} %p %f'", "archive_timeout": "60s"}
RESTORING = "restoring"  # beside the data while a restore is not done


class PostgresDidNotStart(CannotStart):
    """The server did not come up. The message ends with what it wrote last."""


class HalfRestored(CannotStart):
    """A restore ended half way: these data are neither what was backed up nor what was asked for."""


class EmbeddedPostgres:
    """One PostgreSQL server whose data belong to the folder ``home``."""

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, str] | None = None,
        is_restoring: bool = False,
    ) -> None:
        self.home = home
        self.place: Place = find_place(home)
        self._settings = dict(settings or {})
        self._is_restoring = is_restoring
        self._start_seconds_max = RESTORE_SECONDS_MAX if is_restoring else START_SECONDS_MAX  # days of log take hours

    @property
    def log_file(self) -> Path:
        return self.place.root / "server.log"

    @property
    def data_folder(self) -> Path:
        return self.place.data

    @property
    def is_elsewhere(self) -> bool:
        """Whether the data are outside the home folder, because the server's user cannot walk to it."""
        return not self.place.root.is_relative_to(self.home.resolve())

    def dsn(self, database: str = "postgres") -> str:
        """How to reach ``database`` over the socket."""
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={socket_folder(self.place)}&port={PORT}"

    def is_ready(self) -> bool:
        """Whether it answers now."""
        return (
            self.run("pg_isready", "-q", "-t", "3", "-h", str(socket_folder(self.place)), "-p", str(PORT)).returncode
            == 0
        )

    def start(self) -> None:
        """Bring the server up, whatever state it was left in. Returns when it answers. Raises PostgresDidNotStart."""
        with self._alone():
            if self.is_ready():
                return
            if (self.place.root / RESTORING).exists() and not self._is_restoring:
                raise HalfRestored(f"{self.place.data} was half restored: run `renqing restore` again, or delete it")
            if not self.place.data.exists():
                self._lay_the_cluster()
            self._write_settings()
            self._turn_the_log()
            self._bring_up()

    def reload(self) -> None:
        """Let a running server read its settings again, with what stands beside its data now."""
        with self._alone():
            self._write_settings()
            told = self.run("pg_ctl", "reload", "-D", "data")
        if told.returncode:
            raise PostgresDidNotStart(told.stdout)

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back. One that is not running is no matter."""
        with self._alone():
            self._end_the_server()
            shutil.rmtree(socket_folder(self.place), ignore_errors=True)

    def remove(self) -> None:
        """Stop the server and delete its data for good."""
        self.stop()
        shutil.rmtree(self.place.root)
        (self.home / POINTER).unlink(missing_ok=True)

    def ensure_database(self, name: str) -> None:
        """Make this database unless it exists."""
        made = self.run("createdb", "-h", str(socket_folder(self.place)), "-p", str(PORT), "-U", SUPERUSER, name)
        if made.returncode and "already exists" not in made.stdout:
            raise PostgresDidNotStart(f"createdb ended with {made.returncode}:\n{made.stdout}")

    def tool(self, name: str) -> Path:
        """One of the programs that came with the server."""
        return self.place.binaries / name

    def postmaster_pid(self) -> int | None:
        """The process number of the living server of exactly this data folder."""
        pid = self._noted_pid()
        if pid is None:
            return None
        return pid if f"cluster_name={self.place.mark}" in _command_of(pid) else None

    # -- starting ------------------------------------------------------------------------------------------------

    def _lay_the_cluster(self) -> None:
        half = self.place.root / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        words = ["-D", half.name, "-U", SUPERUSER, "--encoding=UTF8", "--auth-local=trust", "--auth-host=reject"]
        words += ["--locale=C", f"--lc-ctype={_utf8_locale()}"]
        if major_of(self.place.binaries) >= 17:
            # The same order and case rules whatever the system's libc is or becomes.
            words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = self.run("initdb", *words, seconds_max=START_SECONDS_MAX)
        if made.returncode:
            raise PostgresDidNotStart(f"initdb failed in {self.place.root}:\n{made.stdout}")
        half.rename(self.place.data)

    def _write_settings(self) -> None:
        keeping = KEEPING_WAL if (self.place.root / KEEP_WAL).exists() else {}
        settings = {**SETTINGS, **keeping, **self._settings, "port": str(PORT)}
        settings["unix_socket_directories"] = f"'{socket_folder(self.place)}'"
        settings["unix_socket_permissions"] = "0700"
        if sys.platform == "darwin":
            settings["wal_sync_method"] = "fsync_writethrough"  # a plain fsync stays in the drive's cache there
        if self._has_library("pg_stat_statements"):
            settings["shared_preload_libraries"] = "'pg_stat_statements'"
        ours = self.place.data / "renqing.conf"
        ours.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()), encoding="utf-8")
        main = self.place.data / "postgresql.conf"
        if "include 'renqing.conf'" not in main.read_text(encoding="utf-8"):
            with main.open("a", encoding="utf-8") as end:
                end.write("\ninclude 'renqing.conf'\n")
        self.give(ours)

    def _bring_up(self) -> None:
        told = ""
        for n in range(STARTS_MAX):
            if self._await_the_living():
                return
            if n and self._is_restoring:
                break  # it ended for a reason, which a second try would not change
            self._drop_stale_locks()
            had_orphans = self._end_orphans()
            tried = self.run(
                "pg_ctl", "start", "-D", "data", "-l", "server.log", "-w", "-t", str(self._start_seconds_max),
                "-o", f"-c cluster_name={self.place.mark}", seconds_max=self._start_seconds_max + 30,
            )  # fmt: skip
            if tried.returncode == 0 and self.is_ready():
                return
            told = tried.stdout
            if not had_orphans and self.postmaster_pid() is None and not self._family():
                break
        raise PostgresDidNotStart(f"PostgreSQL did not start in {self.place.root}:\n{told}\n{self.log_end()}")

    def _await_the_living(self) -> bool:
        """A server that is there but does not answer is recovering, or going: give it time for either."""
        give_up_at = monotonic_seconds() + self._start_seconds_max
        while (pid := self.postmaster_pid()) is not None and monotonic_seconds() < give_up_at:
            if self.is_ready():
                return True
            if self._says_ready() and not self._socket_file().exists():
                self._end_the_server()  # its socket was swept away under it: unreachable for ever
            time.sleep(0.25 if self._is_restoring else 0.05)  # while it plays back it complains of each look
        if pid is not None:
            raise PostgresDidNotStart(
                f"the server of {self.place.root} (process {pid}) does not answer:\n{self.log_end()}"
            )
        return self.is_ready()

    def _drop_stale_locks(self) -> None:
        # Dropping them is safe: a living server of this data folder is also known by its shared memory.
        if self.postmaster_pid() is None:
            (self.place.data / "postmaster.pid").unlink(missing_ok=True)
            self._socket_file().with_name(f"{self._socket_file().name}.lock").unlink(missing_ok=True)

    def _end_orphans(self) -> bool:
        """Backends whose postmaster is gone leave by themselves, but not in the middle of a long statement."""
        began = monotonic_seconds()
        sent: signal.Signals | None = None
        while family := self._family():
            waited = monotonic_seconds() - began
            due = signal.SIGKILL if waited > 2 * ORPHANS_LEAVE_SECONDS else signal.SIGQUIT
            if waited > ORPHANS_LEAVE_SECONDS and sent is not due:
                sent = due
                for pid in family:
                    _signal(pid, due)
            if waited > 5 * ORPHANS_LEAVE_SECONDS:
                raise PostgresDidNotStart(f"processes of a killed server do not end: {sorted(family)}")
            time.sleep(0.05)
        return sent is not None

    def _end_the_server(self) -> None:
        if self.postmaster_pid() is None:
            return
        for mode in ("fast", "immediate"):
            told = self.run(
                "pg_ctl", "stop", "-D", "data", "-m", mode, "-w", "-t", str(STOP_SECONDS_MAX), seconds_max=90
            )
            if told.returncode == 0 or self.postmaster_pid() is None:
                return
        raise PostgresDidNotStart(f"the server of {self.place.root} does not stop:\n{told.stdout}")

    # -- looking -------------------------------------------------------------------------------------------------

    def _noted_pid(self) -> int | None:
        try:
            return int((self.place.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _says_ready(self) -> bool:
        try:
            lines = (self.place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _socket_file(self) -> Path:
        return socket_folder(self.place) / f".s.PGSQL.{PORT}"

    def _family(self) -> set[int]:
        """Processes that a postmaster of this data folder has forked."""
        return {pid for pid, command in _processes() if command.startswith(f"postgres: {self.place.mark}:")}

    def _has_library(self, name: str) -> bool:
        libraries = self.place.binaries.parent / "lib"
        folders = (libraries, libraries / "postgresql", *libraries.glob("postgresql@*"))
        return any((folder / f"{name}{ending}").is_file() for folder in folders for ending in (".so", ".dylib"))

    def log_end(self) -> str:
        try:
            return self.log_file.read_text(encoding="utf-8", errors="replace")[-2000:]
        except OSError:
            return ""

    # -- plumbing ------------------------------------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Starters and stoppers of one data folder go one after the other, across processes."""
        lock = os.open(self.place.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def run(self, tool: str, *words: str, seconds_max: float = 60) -> subprocess.CompletedProcess[str]:
        """Run one of the server's programs as its user, in its folder (so that no path needs quoting)."""
        user = self.place.user
        return subprocess.run(
            [str(self.place.binaries / tool), *words],
            cwd=self.place.root,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.place.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds_max,
            umask=0o077,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )

    def give(self, file: Path) -> None:
        if self.place.user is not None:
            os.chown(file, self.place.user.uid, self.place.user.gid)

    def _turn_the_log(self) -> None:
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES_MAX:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))


def _command_of(pid: int) -> str:
    """The command line of a process; empty for one that is gone, and for a zombie."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return dict(_listed_processes("-p", str(pid))).get(pid, "")


def _processes() -> Iterator[tuple[int, str]]:
    if Path("/proc/self/cmdline").exists():
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                yield int(folder.name), _command_of(int(folder.name))
    else:
        yield from _listed_processes("-ax")


def _listed_processes(*which: str) -> Iterator[tuple[int, str]]:
    """Processes as ``ps`` lists them: where there is no /proc (macOS)."""
    listed = subprocess.run(
        ["/bin/ps", "-ww", *which, "-o", "pid=,args="], capture_output=True, text=True, errors="replace", check=False
    )
    for line in listed.stdout.splitlines():
        found = re.match(r"\s*(\d+)\s+(.*)", line)
        if found:
            yield int(found[1]), found[2]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _utf8_locale() -> str:
    """The name of a locale of this system that knows the letters of all languages; C where there is none."""
    kept = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, kept)

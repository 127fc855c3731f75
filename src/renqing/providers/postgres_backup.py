"""Backups of the embedded PostgreSQL, by PostgreSQL's own means: base backups and the log of every change after them.

A backup folder holds ``base/NAME`` (``pg_basebackup``, proven whole by ``pg_verifybackup``), ``base/NAME.json`` (what
it is) and ``wal`` (each finished piece of the log, by the server's own archiver). It belongs to one house: a house that
was restored writes another history, and two histories in one folder would be neither. Each is proven in
tests/providers/test_postgres_backup.py:

1. A backup is there whole and checked, or not at all.
2. From the first backup on, every committed change is in the folder within a minute, or the server keeps it.
3. A restore brings back exactly what was committed up to a moment; a half restore is never served.
4. What a backup forgets, it forgets whole: no base without its log, no log without its base.
"""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from renqing.foundation.backups import (
    NOTE,
    ArchiveOff,
    BackupFailed,
    BackupOfAnother,
    BackupUnreachable,
    Base,
    DataInTheWay,
    NoBackup,
    Owner,
    read_owner,
)
from renqing.foundation.clock import Clock, monotonic_seconds
from renqing.foundation.erasures import bring_up_to
from renqing.foundation.ids import random_bytes
from renqing.providers.postgres import KEEP_WAL, PORT, RESTORING, SUPERUSER, EmbeddedPostgres, PostgresDidNotStart
from renqing.providers.postgres_place import can_walk_to, socket_folder

BACKUP_SECONDS_MAX = 6 * 3600
ARCHIVED_SECONDS_MAX = 120.0
OWNER = "house.json"  # in the backup folder: which house's it is
FETCH_WAL = "fetch-wal"
_ENDED_EARLY = "recovery ended before configured recovery target was reached"

_KEEP_WAL = """\
#!/bin/sh
# Keep one finished piece of PostgreSQL's log: whole and on the disk, or not at all. Written by `renqing backup`.
set -eu
to={folder}
if [ -f "$to/$2.gz" ]; then gzip -dc "$to/$2.gz" | cmp -s - "$1"; exit; fi
gzip -1c "$1" > "$to/.$2.new"
sync "$to/.$2.new"
mv "$to/.$2.new" "$to/$2.gz"
sync "$to"
"""
_FETCH_WAL = """\
#!/bin/sh
# Bring back one piece of PostgreSQL's log. Written by `renqing restore`.
set -eu
from={folder}
[ -f "$from/$1.gz" ] || exit 1
gzip -dc "$from/$1.gz" > "$2"
"""


class PostgresBackups:
    """The backups of one house's embedded server in one folder."""

    def __init__(self, home: Path, folder: Path, clock: Clock) -> None:
        self.home = home
        self.folder = folder
        self._clock = clock

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    def bases(self) -> list[Base]:
        """Every whole base backup, oldest first."""
        notes = sorted((self.folder / "base").glob("*.json"))
        found = [msgspec.json.decode(note.read_bytes(), type=Base) for note in notes]
        return [base for base in found if self._at(base).is_dir()]

    # -- taking --------------------------------------------------------------------------------------------------

    def take(self, *, keys: str) -> Base:
        """A new base backup of the running server, and its log kept from here on.

        Raises BackupOfAnother, BackupUnreachable, ArchiveOff, BackupFailed.
        """
        server = EmbeddedPostgres(self.home)
        self._make_folders(server)
        self._own()
        bring_up_to(self.folder, self.home)
        self._keep_wal(server)
        now = self._clock.machine_now()
        name = now.strftime("%Y%m%dT%H%M%SZ")
        half = self.folder / "base" / f".{name}.new"
        for left_over in (self.folder / "base").glob(".*.new"):
            shutil.rmtree(left_over, ignore_errors=True)
        words = ["-D", str(half), "-X", "stream", "-c", "fast", "--manifest-checksums=SHA256", "--no-password"]
        _must(server, "pg_basebackup", *words, *_reach(server))
        try:
            _must(server, "pg_verifybackup", "-q", str(half))
            self._await_the_archive(server)
            base = Base(name, now, self._clock.machine_now(), _size_bytes(half), _wal_from(half), keys)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
        half.rename(self._at(base))
        _write(self._note_of(base), msgspec.json.format(msgspec.json.encode(base)))
        return base

    def forget_before(self, moment: datetime) -> list[Base]:
        """Forget the bases that ended before ``moment``, the newest one never, and the log that only they needed."""
        bases = self.bases()
        old = [base for base in bases[:-1] if base.ended_at < moment]
        for base in old:
            self._note_of(base).unlink()  # the note first: a base without one is no backup
            shutil.rmtree(self._at(base))
        if old:
            kept = bases[len(old)]
            server = EmbeddedPostgres(self.home)
            _must(server, "pg_archivecleanup", "-b", "-x", ".gz", str(self.wal), kept.wal_from)
        return old

    def _make_folders(self, server: EmbeddedPostgres) -> None:
        for folder in (self.folder, self.folder / "base", self.wal):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            server.give(folder)
        if not can_walk_to(server.place.user, self.wal):
            raise BackupUnreachable(server.place.user.name if server.place.user else "")

    def _own(self) -> None:
        note, owner = self.home / NOTE, self.folder / OWNER
        ours, theirs = read_owner(note), read_owner(owner)
        if theirs is None:
            ours = theirs = Owner(str(self.folder), random_bytes(16).hex())
            _write(owner, msgspec.json.encode(theirs))
            _write(note, msgspec.json.encode(ours))
        if ours is None or ours.token != theirs.token:
            raise BackupOfAnother

    def _keep_wal(self, server: EmbeddedPostgres) -> None:
        if _asked(server, "SHOW archive_mode") != "on":
            raise ArchiveOff
        script = server.place.root / KEEP_WAL
        _write(script, _KEEP_WAL.format(folder=shlex.quote(str(self.wal))).encode())
        server.give(script)
        server.reload()

    def _await_the_archive(self, server: EmbeddedPostgres) -> None:
        """Prove that the log does arrive: what has been written until now is in the folder. Raises BackupFailed."""
        # A record first: a switch at the very beginning of a piece does nothing, and that piece would be waited for.
        piece = _asked(server, "SELECT pg_walfile_name(pg_create_restore_point('backed up') - 1)")
        _asked(server, "SELECT pg_switch_wal()")
        give_up_at = monotonic_seconds() + ARCHIVED_SECONDS_MAX
        while not (self.wal / f"{piece}.gz").exists():
            if monotonic_seconds() > give_up_at:
                raise BackupFailed(f"{piece} does not arrive in {self.wal}:\n{server.log_end()}")
            time.sleep(0.05)

    # -- bringing back -------------------------------------------------------------------------------------------

    def base_for(self, moment: datetime | None) -> Base:
        """The newest base from which ``moment`` can be reached; the newest of all for none. Raises NoBackup."""
        fitting = [base for base in self.bases() if moment is None or base.ended_at <= moment]
        if not fitting:
            raise NoBackup
        return fitting[-1]

    def bring_back(self, base: Base, moment: datetime | None) -> datetime | None:
        """Lay ``base`` into the home and play the log after it, up to ``moment`` or to its end.

        The server runs when this returns, and is taken for half restored until ``finish``. Returns when the last
        change that was brought back was committed. Raises DataInTheWay, BackupUnreachable, BackupFailed.
        """
        place = EmbeddedPostgres(self.home, is_restoring=True).place
        if place.data.exists() and not (place.root / RESTORING).exists():
            raise DataInTheWay
        if not can_walk_to(place.user, self.wal):
            raise BackupUnreachable(place.user.name if place.user else "")
        (place.root / RESTORING).touch()
        server = self._server(moment)
        _must(server, "pg_verifybackup", "-q", str(self._at(base)))
        server.stop()
        self._lay(server, base)
        try:
            server.start()
        except PostgresDidNotStart as refused:
            if _ENDED_EARLY not in str(refused):
                raise
            server = self._server(None)  # nothing was committed after that moment: all that there is, is what was asked
            server.start()
        told = _asked(server, "SELECT extract(epoch FROM pg_last_xact_replay_timestamp())")
        return datetime.fromtimestamp(float(told), UTC) if told else None

    def finish(self) -> None:
        """What was brought back is whole now: stop the server; the next start is an ordinary one."""
        server = EmbeddedPostgres(self.home, is_restoring=True)
        server.stop()
        (server.place.root / FETCH_WAL).unlink(missing_ok=True)
        (server.place.root / RESTORING).unlink(missing_ok=True)

    def _server(self, moment: datetime | None) -> EmbeddedPostgres:
        settings = {"restore_command": f"'/bin/sh ../{FETCH_WAL} %f %p'", "hot_standby": "off"}
        if moment is not None:
            settings["recovery_target_time"] = f"'{moment.astimezone(UTC).isoformat(sep=' ')}'"
            settings["recovery_target_action"] = "promote"
        return EmbeddedPostgres(self.home, settings=settings, is_restoring=True)

    def _lay(self, server: EmbeddedPostgres, base: Base) -> None:
        data = server.place.data
        half = data.with_name("data.new")
        for old in (half, data):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(self._at(base), half, symlinks=True)
        (half / "recovery.signal").touch()
        script = server.place.root / FETCH_WAL
        _write(script, _FETCH_WAL.format(folder=shlex.quote(str(self.wal))).encode())
        for path in [script, half, *half.rglob("*")]:
            server.give(path)
        half.chmod(0o700)
        half.rename(data)

    def _at(self, base: Base) -> Path:
        return self.folder / "base" / base.name

    def _note_of(self, base: Base) -> Path:
        return self.folder / "base" / f"{base.name}.json"


def _reach(server: EmbeddedPostgres) -> list[str]:
    return ["-h", str(socket_folder(server.place)), "-p", str(PORT), "-U", SUPERUSER]


def _must(server: EmbeddedPostgres, tool: str, *words: str) -> str:
    told = server.run(tool, *words, seconds_max=BACKUP_SECONDS_MAX)
    if told.returncode:
        raise BackupFailed(f"{tool}: {told.stdout.strip()[-2000:]}")
    return told.stdout


def _asked(server: EmbeddedPostgres, question: str) -> str:
    """One value of the running server."""
    return _must(server, "psql", "-XAtq", "-d", "postgres", *_reach(server), "-c", question).strip()


def _wal_from(base: Path) -> str:
    """The first piece of the log that a base needs, by its label: ``START WAL LOCATION: 0/2000028 (file NAME)``."""
    first = (base / "backup_label").read_text(encoding="utf-8").split("\n", 1)[0]
    return first.rpartition("(file ")[2].rstrip(")")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _size_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in _files(folder))


def _write(file: Path, content: bytes) -> None:
    """Whole and on the disk, or not at all."""
    half = file.with_name(f".{file.name}.new")
    with half.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)

"""A shelf in a folder: a file a place, whole or not there; and its backup."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from renqing.foundation.clock import Clock

FOLDER = "media"
DAY_SECONDS = 86_400


class FolderShelf:
    """Files below ``home/media``, readable by their owner alone."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def put(self, place: str, body: bytes) -> None:
        """Written beside, put to disk, then renamed: a reader meets the whole file or none."""
        _put(self._folder / place, body)

    def get(self, place: str) -> bytes | None:
        try:
            return (self._folder / place).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, place: str) -> None:
        (self._folder / place).unlink(missing_ok=True)


class FolderBackup:
    """What is on a house's shelf, kept in its backup folder. Files there never change, so each is copied once."""

    def __init__(self, home: Path, folder: Path, clock: Clock) -> None:
        self._shelf = home / FOLDER
        self._copies = folder / FOLDER
        self._clock = clock

    def keep(self, days: int) -> int:
        """Copy what is new; how many that were. A copy whose file has been gone for so many days goes too."""
        now = self._clock.machine_now().timestamp()
        new = 0
        for file in _whole_files(self._shelf):
            copy = self._copies / file.relative_to(self._shelf)
            if not copy.exists():
                try:
                    _put(copy, file.read_bytes())
                except FileNotFoundError:
                    continue  # it was dropped just now
                new += 1
            os.utime(copy, (now, now))  # when its file was last there
        for copy in list(_whole_files(self._copies)):
            if copy.stat().st_mtime < now - days * DAY_SECONDS:
                copy.unlink()
        return new

    def bring_back(self, places: Iterable[str]) -> tuple[int, int]:
        """Put the files of these places on the shelf; how many are there now, and how many no copy has."""
        found = missing = 0
        for place in places:
            file, copy = self._shelf / place, self._copies / place
            if not file.exists():
                if not copy.exists():
                    missing += 1
                    continue
                _put(file, copy.read_bytes())
            found += 1
        return found, missing


def _whole_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _put(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)

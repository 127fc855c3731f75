"""A shelf in a folder: a file a place, whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = "media"


class FolderShelf:
    """Files below ``home/media``, readable by their owner alone."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def put(self, place: str, body: bytes) -> None:
        """Written beside, put to disk, then renamed: a reader meets the whole file or none."""
        path = self._folder / place
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f".{path.name}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def get(self, place: str) -> bytes | None:
        try:
            return (self._folder / place).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, place: str) -> None:
        (self._folder / place).unlink(missing_ok=True)

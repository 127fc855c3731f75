"""The list of who was erased, in a file beside the keys and one in the backup folder: no backup can undo it.

A line a person: id and time. Lines are only added, and each is on disk before the worker counts its fact as told. A
restored database is older than the list; ``journeys/erase_a_person.py`` applies it again. A last line that was cut
off by a crash is passed over: its fact is told again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from renqing.foundation.backups import backup_folder_of

FILE = "erasures"


class Erased(msgspec.Struct, frozen=True):
    """Who, and when."""

    person_id: int
    erased_at: datetime


def read_erasures(home: Path) -> list[Erased]:
    """Everybody on the list, in its order; nobody where there is none."""
    try:
        lines = (home / FILE).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return [msgspec.json.decode(line, type=Erased) for line in lines[:-1] if line]


def list_erasures(home: Path, erased: Sequence[Erased]) -> None:
    """Add people to the list and let it reach the disk. Who is on it already may be on it twice."""
    if not erased:
        return
    home.mkdir(parents=True, exist_ok=True)
    place = os.open(home / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(place, b"\n" + b"".join(msgspec.json.encode(one) + b"\n" for one in erased))
        os.fsync(place)
    finally:
        os.close(place)


def list_everywhere(home: Path, erased: Sequence[Erased]) -> None:
    """Add people to the home's list and to that of its backup folder, whose disk must be there."""
    if not erased:
        return
    list_erasures(home, erased)
    folder = backup_folder_of(home)
    if folder is not None:
        if not folder.is_dir():
            raise NotADirectoryError(folder)  # told again later: a backup that does not know would bring them back
        list_erasures(folder, erased)


def bring_up_to(folder: Path, home: Path) -> list[Erased]:
    """Let the list in ``folder`` say all that the one in ``home`` says; the whole of it."""
    known = read_erasures(folder)
    list_erasures(folder, [one for one in read_erasures(home) if one not in known])
    return read_erasures(folder)

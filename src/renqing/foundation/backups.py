"""What a backup is, and why one cannot be taken or brought back: said by the provider, shown by the doors."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from renqing.foundation.starting import CannotStart

NOTE = "backups.json"  # in the home folder: which backup folder is this house's


class Owner(msgspec.Struct, frozen=True):
    """Whose a backup folder is: the folder and the home each hold this note, and their tokens are the same."""

    folder: str
    token: str


def backup_folder_of(home: Path) -> Path | None:
    """Where this house's backups are; None where there are none."""
    owner = read_owner(home / NOTE)
    return None if owner is None else Path(owner.folder)


def read_owner(note: Path) -> Owner | None:
    """What such a note says, if it is there."""
    try:
        return msgspec.json.decode(note.read_bytes(), type=Owner)
    except FileNotFoundError:
        return None


class BackupFailed(CannotStart):
    """One of PostgreSQL's programs refused; the message is what it said."""


class BackupOfAnother(Exception):
    """The backup folder belongs to another house, or to this one before it was restored."""


class BackupUnreachable(Exception):
    """The user that PostgreSQL runs as cannot walk to the backup folder. Fact: the user's name."""


class ArchiveOff(Exception):
    """This server was started before it could keep its log: it must be started once more."""


class NoBackup(Exception):
    """There is no backup of that time or before."""


class DataInTheWay(Exception):
    """There are data already where a restore would put them."""


class Base(msgspec.Struct, frozen=True):
    """One base backup. ``wal_from`` names the first piece of the log that it needs; ``keys`` tells whose keys fit."""

    name: str
    began_at: datetime
    ended_at: datetime
    size_bytes: int
    wal_from: str
    keys: str

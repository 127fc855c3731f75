"""Files of people on their shelf, and their copies: each once, whole, and for as long as a backup is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from renqing.foundation.clock import SetClock
from renqing.providers.media_files import FolderBackup, FolderShelf

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path: Path) -> FolderShelf:
    return FolderShelf(tmp_path / "home")


def backup_at(moment: datetime, tmp_path: Path) -> FolderBackup:
    return FolderBackup(tmp_path / "home", tmp_path / "backups", SetClock(moment))


def test_a_file_is_copied_once_and_what_was_half_written_never(shelf: FolderShelf, tmp_path: Path):
    assert backup_at(NOW, tmp_path).keep(30) == 0, "a house without files"
    shelf.put("ab/abc-1", b"one")
    (tmp_path / "home" / "media" / "ab" / ".abc-2").write_bytes(b"half")
    assert [backup_at(NOW, tmp_path).keep(30) for _ in range(2)] == [1, 0]
    assert [path.name for path in (tmp_path / "backups").rglob("*") if path.is_file()] == ["abc-1"]


def test_a_dropped_file_can_be_brought_back_until_its_copy_has_aged_out(shelf: FolderShelf, tmp_path: Path):
    shelf.put("ab/abc-1", b"one")
    backup_at(NOW, tmp_path).keep(30)
    shelf.drop("ab/abc-1")
    backup_at(NOW + timedelta(days=29), tmp_path).keep(30)
    assert backup_at(NOW, tmp_path).bring_back(["ab/abc-1", "cd/cde-2"]) == (1, 1)
    assert shelf.get("ab/abc-1") == b"one"
    shelf.drop("ab/abc-1")
    backup_at(NOW + timedelta(days=31), tmp_path).keep(30)
    assert backup_at(NOW, tmp_path).bring_back(["ab/abc-1"]) == (0, 1)


def test_a_file_that_stays_never_ages_out_and_what_is_there_is_left_as_it_is(shelf: FolderShelf, tmp_path: Path):
    shelf.put("ab/abc-1", b"one")
    for days in range(0, 90, 20):
        backup_at(NOW + timedelta(days=days), tmp_path).keep(30)
    before = (tmp_path / "home" / "media" / "ab" / "abc-1").stat().st_mtime_ns
    assert backup_at(NOW, tmp_path).bring_back(["ab/abc-1"]) == (1, 0)
    assert (tmp_path / "home" / "media" / "ab" / "abc-1").stat().st_mtime_ns == before

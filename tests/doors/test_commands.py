"""The small commands: ``renqing keys`` and ``renqing migrate``, and a help that names every one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from renqing.command_line import run_worker, storm_bank
from renqing.doors.cli.app import COMMANDS, app
from renqing.doors.cli.roof import Roof
from renqing.foundation.secrets import read_keys
from renqing.providers.media_files import FolderBackup
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.postgres_backup import PostgresBackups

ROOF = Roof(
    postgres=EmbeddedPostgres, run_worker=run_worker, backups=PostgresBackups, files=FolderBackup, storm_bank=storm_bank
)
runner = CliRunner()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str):
    told = runner.invoke(app, [command, "--help"], obj=ROOF)
    assert told.exit_code == 0, told.output
    assert "Usage" in told.output


def test_an_unknown_command_is_refused():
    assert runner.invoke(app, ["upp"], obj=ROOF).exit_code == 2


def test_keys_are_for_their_owner_alone_and_never_overwritten(tmp_path: Path):
    file = tmp_path / "keys"
    assert runner.invoke(app, ["keys", str(file)], obj=ROOF).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_bytes()
    assert runner.invoke(app, ["keys", str(file)], obj=ROOF).exit_code == 2
    assert file.read_bytes() == kept


def test_a_newer_key_seals_and_the_older_still_opens(tmp_path: Path):
    file = tmp_path / "keys"
    runner.invoke(app, ["keys", str(file)], obj=ROOF)
    old = read_keys(file)
    sealed = old.seal("文三路 391 号", place="people_address.sealed", row=7)
    assert runner.invoke(app, ["keys", str(file), "--add"], obj=ROOF).exit_code == 0
    new = read_keys(file)
    assert new.open(sealed, place="people_address.sealed", row=7) == "文三路 391 号"
    assert new.hashing == old.hashing
    assert new.seal("x", place="people_address.sealed", row=7)[0] == 2
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_is_not_added_to_what_is_no_key_file(tmp_path: Path):
    file = tmp_path / "keys"
    file.write_text("seal one\n")
    assert runner.invoke(app, ["keys", str(file), "--add"], obj=ROOF).exit_code == 2
    assert file.read_text() == "seal one\n"


def test_migrate_says_what_is_missing_and_mends_it(
    postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    postgres.ensure_database("never_migrated")
    monkeypatch.setenv("DATABASE_URL", postgres.dsn("never_migrated"))
    monkeypatch.setenv("RENQING_HOME", str(tmp_path))
    assert runner.invoke(app, ["migrate", "--check"], obj=ROOF).exit_code == 1
    assert runner.invoke(app, ["migrate"], obj=ROOF).exit_code == 0
    assert runner.invoke(app, ["migrate", "--check"], obj=ROOF).exit_code == 0

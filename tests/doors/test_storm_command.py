"""``renqing storm``: what it says, and that a seed is replayed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from renqing.command_line import run_worker, storm_bank
from renqing.doors.cli import storm as storm_command
from renqing.doors.cli.app import app
from renqing.doors.cli.roof import Roof
from renqing.doors.cli.storming.fleet import SOMETIMES, Fleet, Ran
from renqing.providers.media_files import FolderBackup
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.postgres_backup import PostgresBackups

ROOF = Roof(
    postgres=EmbeddedPostgres, run_worker=run_worker, backups=PostgresBackups, files=FolderBackup, storm_bank=storm_bank
)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LANG": "C.UTF-8", "COLUMNS": "200"}
    command = [sys.executable, "-m", "renqing", "storm", *words]
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=170)


def test_it_plays_so_many_histories_and_says_that_nothing_surprised():
    ran = run("--histories", "2", "--steps", "15")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 histories, 30 steps" in ran.stdout and "every answer was allowed" in ran.stdout


def test_one_seed_is_played_alone():
    ran = run("--seed", "3", "--steps", "12")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 histories, 12 steps" in ran.stdout


def test_a_race_that_is_not_there_is_named():
    told = CliRunner().invoke(app, ["storm", "races", "1", "--only", "nothing"], obj=ROOF)
    assert told.exit_code == 2 and "nothing" in told.output and "last_pieces" in told.output


def test_a_surprise_ends_with_one_and_says_how_to_replay_it(capfd):
    fleet = Fleet()
    fleet.add(Ran(7, 200, "seed 7, step 9: stock should be so", fleet.fired, fleet.answers))
    with pytest.raises(typer.Exit) as ended:
        storm_command._show(fleet)
    assert ended.value.exit_code == 1
    said = capfd.readouterr()
    assert "renqing storm --seed 7 --steps 200" in said.err and "stock should be so" in said.err


def test_a_fault_that_never_fired_fails_a_long_run(capfd):
    fleet = Fleet(histories=100)
    fleet.fired.update({name: least for name, least in SOMETIMES.items() if name != "clock_back"})
    assert fleet.never() == {"clock_back": 0}
    with pytest.raises(typer.Exit) as ended:
        storm_command._show(fleet)
    assert ended.value.exit_code == 1
    assert "clock_back 0" in capfd.readouterr().err

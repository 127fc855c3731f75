"""``renqing up`` ends for no reason that it does not say, and not because nobody can hear it any more."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from renqing.command_line import run_worker, storm_bank
from renqing.doors.cli import house, up
from renqing.doors.cli.app import app
from renqing.doors.cli.benching.stage import Stage, house_up
from renqing.doors.cli.children import Child
from renqing.doors.cli.lifeline import VARIABLE, make_lifeline
from renqing.doors.cli.roof import Roof
from renqing.doors.cli.running import Running
from renqing.doors.cli.terminal import Terminal, error_console
from renqing.foundation.settings import Settings
from renqing.foundation.starting import CannotStart
from renqing.providers.media_files import FolderBackup
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.postgres_backup import PostgresBackups


def roof(postgres: Callable[[Path], Any]) -> Roof:
    return Roof(
        postgres=postgres, run_worker=run_worker, backups=PostgresBackups, files=FolderBackup, storm_bank=storm_bank
    )


@pytest.mark.parametrize("failure", [BrokenPipeError(32, "Broken pipe"), ValueError("an unforeseen thing")])
def test_whatever_ends_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception):
    def breaks(_home: Path) -> EmbeddedPostgres:
        raise failure

    monkeypatch.setattr(up, "end_on_signals", lambda: None)
    monkeypatch.setattr(error_console, "goes_on", False)
    environment = {"RENQING_HOME": str(tmp_path), "DATABASE_URL": "", "LANG": "C.UTF-8"}
    told = CliRunner().invoke(app, ["up"], obj=roof(breaks), env=environment)
    assert told.exit_code == up.FAILED
    assert str(failure) in told.output and f"should not happen ({type(failure).__name__})" in told.output


def test_a_step_of_the_start_that_is_killed_is_said_to_be(monkeypatch: pytest.MonkeyPatch):
    async def one(_dsn: str) -> list[str]:
        return ["0001"]

    monkeypatch.setattr(house, "pending", one)
    monkeypatch.setattr(house.subprocess, "run", lambda words, **_: subprocess.CompletedProcess(words, -9, ""))
    with pytest.raises(CannotStart, match=r"renqing migrate.*SIGKILL"):
        house.run_missing_steps(Settings(), "postgresql:///nowhere")


INHERITED = """
import os, subprocess, sys
from renqing.doors.cli.lifeline import VARIABLE, hold_lifeline

hold_lifeline(os.environ)
ask = "import os, sys; sys.exit(os.environ.get(%r, 'nothing'))" % VARIABLE
sys.exit(subprocess.run([sys.executable, "-c", ask]).returncode)
"""


def test_what_a_process_starts_is_not_told_of_a_lifeline_that_it_does_not_have():
    """A step of the schema took whatever file had that number for its lifeline, and ended when there was a byte."""
    lifeline, kept_open = make_lifeline()
    try:
        told = subprocess.run(
            [sys.executable, "-c", INHERITED],
            env={**os.environ, VARIABLE: str(lifeline)},
            pass_fds=(lifeline,),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(lifeline)
        os.close(kept_open)
    assert told.stderr == "nothing\n"


def test_a_process_that_has_not_begun_is_named_where_the_house_is_up_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class Half:
        """A watch over two, of which one has begun."""

        children = (Child("server", ("serve",), tmp_path / "server.log"), Child("worker", ("worker",), tmp_path / "w"))
        is_ready, has_a_server = False, True

        def look(self, _tell: object) -> None:
            """Nothing happens."""

    said: list[tuple[str, str, str]] = []
    monkeypatch.setattr(Child, "is_ready", property(lambda child: child.name == "server"))
    monkeypatch.setattr(up, "_answers", lambda *_where: True)
    monkeypatch.setattr(up, "ANSWER_SECONDS_MAX", 0.01)
    monkeypatch.setattr(up, "_tell", lambda *what: said.append(what))
    up._wait_until_up(Settings(), Half(), tmp_path)  # type: ignore[arg-type]
    assert [(name, level) for name, level, _ in said] == [("worker", "warning")]
    assert "not ready within" in said[0][2]


def test_a_house_goes_on_when_whoever_read_its_words_is_gone():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        terminal = Terminal(file=nobody)
        terminal.goes_on = True
        terminal.print("a word")
        terminal.print("another")


def test_a_house_goes_on_when_the_disk_of_its_words_is_full():
    terminal = Terminal(file=_Full())
    with pytest.raises(OSError, match="No space left"):
        terminal.print("a word")
    terminal.goes_on = True
    terminal.print("another")


class _Full(io.StringIO):
    def write(self, _said: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_bench_says_how_its_house_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(CannotStart, match="status 1"), house_up(tmp_path, 1):
        pass


def test_a_storm_says_how_its_house_ended(tmp_path: Path):
    ended = subprocess.Popen(["/bin/sleep", "60"])
    stage = Stage(tmp_path, Running(0, "", 0, 0), EmbeddedPostgres(tmp_path), ended.pid, 1)
    assert stage.is_alive and stage.how_it_ended == "it lives"
    ended.kill()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert (stage.is_alive, stage.how_it_ended) == (False, "SIGKILL")
    assert ended.wait() == -signal.SIGKILL

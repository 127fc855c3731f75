"""Commands that start houses and servers of their own: whoever ends them midway finds nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from patience import until

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc"),
]
ROOT = Path(__file__).parents[2]
LEFT_SECONDS_MAX = 60.0


def in_session(session: int) -> set[int]:
    """What this command started and what that started, as long as it lives."""
    listed = subprocess.run(["ps", "-eo", "pid=,sess=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid) for pid, of, stat in rows if int(of) == session and not stat.startswith("Z")}


def servers_in(folder: Path) -> set[int]:
    """PostgreSQL's processes below this folder: they have sessions of their own."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if folder in link.readlink().parents:
                found.add(int(link.parent.name))
    return found


class Midway:
    """A command in a session and with temporary files of its own."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.folder = folder
        folder.chmod(0o755)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RENQING_")}
        self.told = (folder / "told").open("wb")
        self.running = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**environment, "TMPDIR": str(folder)},
            stdout=self.told,
            stderr=self.told,
            start_new_session=True,
        )

    def left(self) -> set[int]:
        return in_session(self.running.pid) | servers_in(self.folder)

    def end(self, number: signal.Signals) -> None:
        os.kill(self.running.pid, number)
        self.running.wait(LEFT_SECONDS_MAX)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("left").resolve()
    for above in made.parents[:3]:
        above.chmod(0o755)  # PostgreSQL's own user must reach its folder
    yield made
    for pid in servers_in(made):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_house_that_is_under_storm_ends_with_the_storm_even_by_kill_9(folder: Path):
    midway = Midway(folder, "renqing", "storm", "kills", "100", "--writes", "1000000")
    until(lambda: any(folder.glob("renqing-bench-*/running.json")), seconds_max=90)
    assert len(in_session(midway.running.pid)) > 3 and servers_in(folder)
    midway.end(signal.SIGKILL)
    until(lambda: not midway.left(), seconds_max=LEFT_SECONDS_MAX)


@pytest.mark.parametrize(
    "command", [("renqing", "storm", "--minutes", "60", "--processes", "1"), ("tools.mutants", "guards", "ledger")]
)
def test_a_server_that_a_command_started_ends_with_it_and_its_files_are_gone(folder: Path, command: tuple[str, ...]):
    midway = Midway(folder, *command)
    until(lambda: servers_in(folder) and len(in_session(midway.running.pid)) > 1, seconds_max=60)
    midway.end(signal.SIGTERM)
    until(lambda: not midway.left(), seconds_max=LEFT_SECONDS_MAX)
    assert not [*folder.glob("renqing-*")]

"""A whole house by `renqing up`, killed in the middle of a story: it comes back, and its books are right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from patience import until
from upkeep import CHILDREN, Up, children_of

from renqing.providers.postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def house(up_in: Callable[..., Up]) -> Iterator[Up]:
    """A house with its demo world, as `make up` makes it."""
    up = up_in("killed").start().wait_until_up()
    yield up
    if up.process is not None and up.process.poll() is None:
        up.stop()


def command(house: Up, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "renqing", *words],
        env=house.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(house: Up, *words: str) -> tuple[int, str]:
    running = command(house, *words)
    said, _ = running.communicate(timeout=180)
    return running.returncode, said


# `tests/storms/test_kills.py` kills all four in every run.
@pytest.mark.parametrize(
    "victim",
    [
        "serve",
        "postgres",
        pytest.param("worker", marks=pytest.mark.long),
        pytest.param("sandbox", marks=pytest.mark.long),
    ],
)
def test_killed_in_the_middle_of_a_story_it_comes_back_with_its_books_right(house: Up, victim: str):
    tour = command(house, "tour")
    before = _facts(house)
    until(lambda: tour.poll() is not None or _facts(house) > before + 5, seconds_max=60)
    pid = EmbeddedPostgres(house.home).postmaster_pid() if victim == "postgres" else house.child(victim)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    tour.communicate(timeout=180)  # it may stop where it stood, or go on: both are a newcomer's luck
    until(lambda: house.answers() and len(children_of(house.pid)) == CHILDREN, seconds_max=60)
    status, said = run(house, "check")
    assert status == 0, said
    status, said = run(house, "tour", "claimed", "refused")
    assert status == 0, said


def test_killed_whole_in_the_middle_of_a_story_the_next_up_finds_its_books_right(house: Up):
    tour = command(house, "tour")
    before = _facts(house)
    until(lambda: tour.poll() is not None or _facts(house) > before + 3, seconds_max=60)
    postmaster = EmbeddedPostgres(house.home).postmaster_pid()
    assert postmaster is not None
    for pid in [house.pid, postmaster, *children_of(house.pid)]:
        os.kill(pid, signal.SIGKILL)
    assert house.process is not None
    house.process.wait()
    tour.communicate(timeout=180)
    house.start().wait_until_up()
    status, said = run(house, "check")
    assert status == 0, said
    status, said = run(house, "tour", "bought", "expired")
    assert status == 0, said


def _facts(house: Up) -> int:
    return int(str(house.write_down("SELECT count(*) FROM outbox_fact")))

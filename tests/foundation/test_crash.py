from __future__ import annotations

import os
import subprocess
import sys

import pytest


def run(code: str, at: str) -> int:
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "RENQING_CRASH_AT": at}, check=False)
    return done.returncode


VISITS = "from renqing.foundation import crash\nfor _ in range(3): crash.point('here')\ncrash.point('there')"


@pytest.mark.parametrize(
    ("at", "status"),
    [("", 0), ("here", 137), ("here:3", 137), ("here:4", 0), ("there", 137), ("elsewhere", 0), ("her", 0)],
)
def test_a_crash_point_kills_exactly_where_it_is_named(at: str, status: int):
    assert run(VISITS, at) == status


def test_it_dies_at_once_without_cleaning_up():
    code = "from renqing.foundation import crash\ntry:\n  crash.point('here')\nfinally:\n  import os; os._exit(3)"
    assert run(code, "here") == 137

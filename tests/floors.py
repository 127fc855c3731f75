"""The four floors of stories and rules keep every branch walked: where the whole suite is measured, this holds it.

``make coverage`` measures (``coverage run -m pytest``) and sets ``RENQING_HOLD_BRANCHES``; what is not walked fails the
run before pytest says its summary. ``make test`` measures nothing and is held to nothing.
"""

from __future__ import annotations

import io
import os

import pytest
from coverage import Coverage

FLOORS = ("books", "trade", "social", "journeys")
HELD = os.environ.get("RENQING_HOLD_BRANCHES") == "1"
_left_out: list[str] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Say what no test of this run walked; fail a run that passed otherwise."""
    measured = Coverage.current()
    if not HELD or measured is None or session.testsfailed:
        return
    measured.stop()
    told = io.StringIO()
    share = measured.report(include=[f"src/renqing/{floor}/*" for floor in FLOORS], file=told)
    if share < 100:
        _left_out.append(told.getvalue())
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for told in _left_out:
        terminalreporter.section("a line or branch of books, trade, social or journeys that no test walks", red=True)
        terminalreporter.write_line(told)

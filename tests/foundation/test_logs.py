"""What a process writes to its log, seen from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from renqing.foundation import logs

SET_UP = """
import asyncpg
from renqing.foundation.logs import log, set_up_logs
set_up_logs(process="test")
"""


def written(code: str) -> list[dict[str, Any]]:
    """The lines of a process that sets up its logs and does this."""
    done = subprocess.run([sys.executable, "-c", SET_UP + code], check=True, capture_output=True, text=True, timeout=30)
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_line_is_one_object_that_says_who_wrote_it_and_when_and_quieter_ones_are_not_written():
    (line,) = written("log.debug('nobody asked')\nlog.error('timer_failed', kind='expire_gift', timer=7)")
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "timer_failed", "level": "error", "process": "test", "kind": "expire_gift", "timer": 7}


def test_what_could_be_personal_is_withheld_whatever_it_is():
    names = sorted(logs._NEVER)
    (line,) = written(f"log.error('slip', **dict.fromkeys({names!r}, '13800000001 secret'))")
    assert {line[name] for name in names} == {"(withheld)"}
    assert "13800000001" not in json.dumps(line)


def test_a_complaint_of_the_database_does_not_quote_the_row():
    """With its context, as a handler that failed while another failure was handled logs it."""
    code = """
try:
    try:
        broken = asyncpg.CheckViolationError('new row violates check constraint "people_person_name_check"')
        broken.detail = 'Failing row contains (1, Wang, 13800000001).'
        raise broken
    except asyncpg.CheckViolationError as law:
        assert "Wang" in str(law)
        raise RuntimeError("told on") from law
except RuntimeError as failure:
    log.error("request_failed", exc_info=failure)
try:
    raise broken
except asyncpg.CheckViolationError:
    log.exception("request_failed")
"""
    for line in written(code):
        assert "people_person_name_check" in line["exception"]
        assert "Wang" not in line["exception"]

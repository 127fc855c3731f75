"""A plugin of pytest's: judge mutmut's mutants of pure rules in one process, by the tests that need nothing but Python.

mutmut starts a run of pytest for each mutant; here the tests are collected once, and only the mutant is exchanged
between calls. What no such test kills is left for mutmut, whose runs have a database.
"""

from __future__ import annotations

import inspect
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

CHOSEN = "MUTANT_UNDER_TEST"  # mutmut's: its copies of a function ask it which of them is called
CPU_SECONDS_MAX = 10
_KILLED = 1

Call = Callable[[], Any]


def pytest_runtestloop(session: pytest.Session) -> bool:
    """In place of a run: every mutant that has no verdict yet meets the pure tests of its room."""
    calls = quickest_first(dict(pure_calls(session)))
    for file in sorted(Path.cwd().rglob("*.meta")):
        judge(file, calls)
    return True


def quickest_first(calls: dict[str, Call]) -> dict[str, Call]:
    """The calls by what each costs where nothing is changed: statistics of ten thousand draws are asked last."""
    os.environ[CHOSEN] = ""
    took = {}
    for name, call in calls.items():
        began = time.process_time()
        assert not fails(call), f"this fails where nothing is changed: {name}"
        took[name] = time.process_time() - began
    return {name: calls[name] for name in sorted(calls, key=took.__getitem__)}


def judge(file: Path, calls: dict[str, Call]) -> None:
    """Write a verdict for each mutant of one file that is killed."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    verdicts: dict[str, int | None] = kept["exit_code_by_key"]
    if not verdicts:
        return
    floor, room, *_ = file.relative_to(Path.cwd() / "src/renqing").as_posix().removesuffix(".py.meta").split("/")
    own = [call for name, call in calls.items() if name.startswith(f"tests/{floor}/test_{room}")]
    for name in (name for name, verdict in verdicts.items() if verdict is None):
        os.environ[CHOSEN] = name
        if any(fails(call) for call in own):
            verdicts[name] = _KILLED
    os.environ[CHOSEN] = ""
    file.write_text(json.dumps(kept, indent=4), encoding="utf-8")
    killed = sum(verdict == _KILLED for verdict in verdicts.values())
    print(
        f"{floor}/{room}: {killed} of {len(verdicts)} killed by {len(own)} pure tests", file=sys.__stderr__, flush=True
    )


def pure_calls(session: pytest.Session) -> Iterator[tuple[str, Call]]:
    """Each test that is a plain function of its parameters."""
    for item in session.items:
        assert isinstance(item, pytest.Function)
        given = item.callspec.params if hasattr(item, "callspec") else {}
        if not inspect.iscoroutinefunction(item.obj) and not set(item._fixtureinfo.argnames) - given.keys():  # noqa: SLF001
            words = {name: given[name] for name in item._fixtureinfo.argnames}  # noqa: SLF001
            yield item.nodeid, partial(item.obj, **words)


def fails(call: Call) -> bool:
    """Whether this test fails, or does not end."""
    signal.signal(signal.SIGVTALRM, _over)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS_MAX, 1)  # and again: a callback may swallow it
    try:
        call()
    except pytest.skip.Exception:
        return False
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - pytest's failures are no Exception
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return False


def _over(*_: object) -> None:
    raise TimeoutError

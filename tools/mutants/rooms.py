"""Judge mutmut's mutants by the tests of their own room, with a database: one fork of a process that knows them each.

mutmut asks every test that ever came to a function, and what orders and gifts do comes to the stock: to find those
costs more than to run the room's. What the room does not notice is left for mutmut.
"""

from __future__ import annotations

import json
import os
import sys
from multiprocessing import get_context
from pathlib import Path

import pytest

from tools.mutants.quick import CHOSEN

SECONDS_MAX = 300
_FAILED, _KILLED = 1, 1
_WORDS = ("--rootdir=.", "-x", "-q", "-p", "no:cacheprovider", "--tb=no", "--timeout=120")


def main(known: list[str]) -> None:
    """Each file that has a mutant without a verdict and a room whose tests are known, in layout.py's folder."""
    for file in sorted(Path.cwd().rglob("*.meta")):
        floor, room, *_ = file.relative_to(Path.cwd() / "src/renqing").as_posix().removesuffix(".py.meta").split("/")
        own = sorted(Path("tests", floor).glob(f"test_{room}*.py"))
        tests = [str(test) for test in own if any(test.is_relative_to(one) for one in known)]
        if tests and None in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"].values():
            judge(file, tests)


def judge(file: Path, tests: list[str]) -> None:
    """Write a verdict for each mutant of one file that its room's tests kill."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    verdicts: dict[str, int | None] = kept["exit_code_by_key"]
    assert exit_code("", tests) == 0, f"{tests} pass where nothing is changed"
    for name in (name for name, verdict in verdicts.items() if verdict is None):
        if exit_code(name, tests) in (_FAILED, None):
            verdicts[name] = _KILLED
            file.write_text(json.dumps(kept, indent=4), encoding="utf-8")
    killed = sum(verdict == _KILLED for verdict in verdicts.values())
    print(f"{file.name}: {killed} of {len(verdicts)} killed by {tests}", file=sys.stderr, flush=True)


def exit_code(mutant: str, tests: list[str]) -> int | None:
    """How a run of these tests ends under one mutant; None where it does not."""
    child = get_context("fork").Process(target=_run, args=(mutant, tests))
    child.start()
    child.join(SECONDS_MAX)
    if child.is_alive():
        child.kill()
        return None
    return child.exitcode


def _run(mutant: str, tests: list[str]) -> None:
    os.environ[CHOSEN] = mutant
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    os._exit(pytest.main([*_WORDS, *tests]))


if __name__ == "__main__":
    with Path(os.devnull).open("w", encoding="utf-8") as unsaid:
        told, sys.stdout = sys.stdout, unsaid
        pytest.main(["--rootdir=.", "--collect-only", "-qq", "-p", "no:cacheprovider", *sys.argv[1:]])
        sys.stdout = told
    main(sys.argv[1:])

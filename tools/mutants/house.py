"""What mutants live in: one database server for all their runs, and a copy of the source to be changed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import IO

import asyncpg
import pytest

from renqing.providers.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
TEMPLATE, WHOLE = "renqing_template", "renqing_whole"  # the first is what tests/conftest.py clones
SECONDS_MAX = 300
_WORDS = ("-x", "-q", "-p", "no:cacheprovider", "--tb=no", "--timeout=120")
_OK, _FAILED, _INTERNAL, _NONE = 0, 1, 3, 5  # pytest's codes: a time that is over may end in an error of pytest's own


class House:
    """A server that tests/conftest.py finds by its environment, and a tree of source that comes before ours."""

    def __init__(self, folder: Path) -> None:
        self.server = EmbeddedPostgres(folder / "server")
        self.source = folder / "src"
        self.told = folder / "told"
        self.environment = {
            **os.environ,
            "RENQING_TESTS_SERVER": str(folder / "server"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
        }

    def warm_up(self, tests: Sequence[str]) -> None:
        """The template is made and kept whole, and every test is imported, so that a run is a fork."""
        assert not self._told_by_subprocess(["tests/foundation/test_once.py"]), "tests pass where nothing is changed"
        asyncio.run(self._keep_whole())
        os.environ.update(self.environment)
        with self.told.open("w", encoding="utf-8") as told, redirect_stdout(told):
            collected = pytest.main(["--collect-only", "-qq", *tests])
        assert collected == _OK, self.told.read_text(encoding="utf-8")

    def noticed(self, tests: tuple[str, ...], seen_by: str, *, in_source: bool) -> str:
        """Which of these tests fails first, or none; those that should notice are asked before all."""
        run = self._told_by_subprocess if in_source else self._told_by_fork
        first = run([*tests, "-k", seen_by]) if seen_by else ""
        return first or run([*tests])

    def _told_by_fork(self, tests: list[str]) -> str:
        child = get_context("fork").Process(target=_run_tests, args=(tests, self.told))
        child.start()
        try:
            child.join(SECONDS_MAX)
            is_late = child.is_alive()
        finally:
            child.kill()
        if is_late:
            return f"no end after {SECONDS_MAX} s"
        return _first_failure(child.exitcode, self.told.read_text(encoding="utf-8"))

    def _told_by_subprocess(self, tests: list[str]) -> str:
        words = ["pytest", *_WORDS, *tests]
        with self.told.open("w", encoding="utf-8") as told:
            code = run_whole(words, ROOT, {**self.environment, "PYTHONPATH": str(self.source)}, told, SECONDS_MAX)
        return _first_failure(code, self.told.read_text(encoding="utf-8"))

    @contextmanager
    def changed_source(self, place: str, old: str, new: str) -> Iterator[None]:
        """Our source has this changed."""
        file = self.source / "renqing" / place
        whole = file.read_text(encoding="utf-8")
        file.write_text(replaced(whole, old, new, place), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(whole, encoding="utf-8")

    @contextmanager
    def changed_schema(self, function: str, old: str, new: str) -> Iterator[None]:
        """The template has this changed; without a function, ``new`` is run there."""
        asyncio.run(self._change(function, old, new))
        try:
            yield
        finally:
            asyncio.run(self._lay_anew())

    async def _keep_whole(self) -> None:
        admin = await asyncpg.connect(self.server.dsn())
        await admin.execute(f"CREATE DATABASE {WHOLE} TEMPLATE {TEMPLATE}")
        await admin.close()

    async def _lay_anew(self) -> None:
        admin = await asyncpg.connect(self.server.dsn())
        await admin.execute(f"DROP DATABASE {TEMPLATE} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE {WHOLE}")
        await admin.close()

    async def _change(self, function: str, old: str, new: str) -> None:
        here = await asyncpg.connect(self.server.dsn(TEMPLATE))
        if function:
            whole = await here.fetchval("SELECT pg_get_functiondef($1::regproc)", function)
            new = replaced(whole, old, new, function)
        await here.execute(new)
        await here.close()


def run_whole(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    told: IO[str] | None = None,
    seconds_max: float | None = None,
) -> int:
    """Run a Python module to its end; where that is ours first, all that it started ends with it."""
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=told, stderr=told, process_group=0, text=True
    ) as running:
        try:
            return running.wait(seconds_max)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            raise


def _run_tests(tests: Sequence[str], told: Path) -> None:
    with told.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        code = pytest.main([*_WORDS, *tests])
        file.flush()
    os._exit(code)


def _first_failure(code: int | None, said: str) -> str:
    assert code in (_OK, _FAILED, _INTERNAL, _NONE), said
    if code == _INTERNAL:
        return "no test ended well"
    failed = [line.split("::", 1)[-1] for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ", 1)[0] if code == _FAILED else ""


def replaced(whole: str, old: str, new: str, place: str) -> str:
    """The text with the one place changed; a guard that is not there, or twice, is told."""
    assert whole.count(old) == 1, f"{place} has {whole.count(old)} times: {old}"
    return whole.replace(old, new)


@contextmanager
def a_house() -> Iterator[House]:
    """A house that is gone at the end. Kept in memory where there is some: nothing of it is to last."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
    in_memory = memory.is_dir() and "TMPDIR" not in os.environ
    folder = Path(tempfile.mkdtemp(prefix="renqing-mutants-", dir=memory if in_memory else None))
    folder.chmod(0o755)
    (folder / "server").mkdir()
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    house = House(folder)
    try:
        yield house
    finally:
        with suppress(OSError):  # what was killed in the middle of laying it may have left half of it
            house.server.remove()
        shutil.rmtree(folder, ignore_errors=True)

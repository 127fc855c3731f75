"""What mutants live in: one database server for all their runs, and a copy of the source to be changed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from renqing.providers.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
TEMPLATE = "renqing_template"  # as tests/conftest.py calls it
CHANGED = "renqing_changed"
SECONDS_MAX = 300


class House:
    """A server that tests/conftest.py finds by its environment, and a tree of source that comes before ours."""

    def __init__(self, folder: Path) -> None:
        self.server = EmbeddedPostgres(folder / "server")
        self.source = folder / "src"
        self.environment = {
            **os.environ,
            "RENQING_TESTS_SERVER": str(folder / "server"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
        }

    def notices(self, tests: tuple[str, ...], seen_by: str = "", **changes: str) -> str:
        """Which of these tests fails first, or none; those that should notice are asked before all."""
        first = self._first_failure([*tests, "-k", seen_by], changes) if seen_by else ""
        return first or self._first_failure([*tests], changes)

    def _first_failure(self, tests: list[str], changes: dict[str, str]) -> str:
        """No end is a failure; no beginning is our fault; that no test is so named is no failure."""
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "--tb=no",
            "--timeout=120",
            *tests,
        ]
        try:
            ran = subprocess.run(
                words,
                cwd=ROOT,
                env={**self.environment, **changes},
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS_MAX,
            )
        except subprocess.TimeoutExpired:
            return f"no end after {SECONDS_MAX} s"
        assert ran.returncode in (0, 1, 3, 5), ran.stdout + ran.stderr
        failed = [line.split("::", 1)[-1] for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return (
            failed[0].split(" - ", 1)[0] if ran.returncode == 1 else "no test ended well" if ran.returncode == 3 else ""
        )

    @contextmanager
    def changed_source(self, place: str, old: str, new: str) -> Iterator[str]:
        """The folder of a source in which this is changed."""
        file = self.source / "renqing" / place
        whole = file.read_text(encoding="utf-8")
        file.write_text(replaced(whole, old, new, place), encoding="utf-8")
        try:
            yield str(self.source)
        finally:
            file.write_text(whole, encoding="utf-8")

    @contextmanager
    def changed_schema(self, function: str, old: str, new: str) -> Iterator[str]:
        """The name of a database in which this is changed; without a function, ``new`` is run there."""
        asyncio.run(self._change(function, old, new))
        yield CHANGED

    async def _change(self, function: str, old: str, new: str) -> None:
        admin = await asyncpg.connect(self.server.dsn())
        await admin.execute(f"DROP DATABASE IF EXISTS {CHANGED} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {CHANGED} TEMPLATE {TEMPLATE}")
        await admin.close()
        here = await asyncpg.connect(self.server.dsn(CHANGED))
        if function:
            whole = await here.fetchval("SELECT pg_get_functiondef($1::regproc)", function)
            new = replaced(whole, old, new, function)
        await here.execute(new)
        await here.close()


def replaced(whole: str, old: str, new: str, place: str) -> str:
    """The text with the one place changed; a guard that is not there, or twice, is told."""
    assert whole.count(old) == 1, f"{place} has {whole.count(old)} times: {old}"
    return whole.replace(old, new)


@contextmanager
def a_house() -> Iterator[House]:
    """A house that is gone at the end. Kept in memory where there is some: nothing of it is to last."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
    folder = Path(tempfile.mkdtemp(prefix="renqing-mutants-", dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    (folder / "server").mkdir()
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    house = House(folder)
    try:
        yield house
    finally:
        house.server.remove()
        shutil.rmtree(folder, ignore_errors=True)

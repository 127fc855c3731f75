"""Let mutmut change the rules. It is no dependency of ours: ``make mutants`` installs it by its own lock."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tools.mutants.house import ROOT, House, run_whole

MUTANTS = ROOT / "mutants"


def run_mutmut(house: House, patterns: list[str]) -> None:
    """All its mutants anew, or those of these names: by pure tests in one process, by their rooms' tests, by all."""
    environment = {name: value for name, value in house.environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if not patterns:
        for folder in ("src", "tests"):
            shutil.rmtree(MUTANTS / folder, ignore_errors=True)
        _run(ROOT, environment, "tools.mutants.layout")
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
        path = {"PYTHONPATH": os.pathsep.join((str(MUTANTS / "src"), str(ROOT)))}
        words = ["--rootdir=.", "-q", "-p", "tools.mutants.quick", "-p", "no:cacheprovider"]
        tests = settings["pytest_add_cli_args_test_selection"]
        _run(MUTANTS, environment | path, "pytest", *words, *tests)
        _run(MUTANTS, environment | path, "tools.mutants.rooms", *tests)
    _run(ROOT, environment, "mutmut", "run", "--max-children", "2", *patterns)


def _run(folder: Path, environment: Mapping[str, str], *words: str) -> None:
    status = run_whole(words, folder, environment)
    if status:
        raise subprocess.CalledProcessError(status, words)

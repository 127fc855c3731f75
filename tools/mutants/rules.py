"""Let mutmut change the rules. It is no dependency of ours: ``make mutants`` installs it by its own lock."""

from __future__ import annotations

import subprocess
import sys

from tools.mutants.house import ROOT, House


def run_mutmut(house: House, patterns: list[str]) -> None:
    """Run all its mutants, or those of these names, on one core less than all: their runs are short and many."""
    words = [sys.executable, "-m", "mutmut", "run", "--max-children", "1", *patterns]
    environment = {name: value for name, value in house.environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(words, cwd=ROOT, env=environment, check=True)

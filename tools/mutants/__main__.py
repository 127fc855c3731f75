"""``python -m tools.mutants [guards] [rules] [report] [PATTERN ...]``: all three where none is named.

``guards`` are those of guards.py, ``rules`` are mutmut's (``[tool.mutmut]`` in pyproject.toml says of which files).
With patterns only guards whose name holds one, or mutmut's mutants of that name, are run. What became of each is kept
in ``mutants/``; ``report`` writes docs/mutation.md from it, and fails where one that lives has no reason.
"""

from __future__ import annotations

import json
import sys

from renqing.doors.cli.supervise import end_on_signals
from tools.mutants.guards import GUARDS, Guard
from tools.mutants.house import ROOT, House, a_house
from tools.mutants.report import Outcome, outcomes_of_mutmut, write
from tools.mutants.rules import run_mutmut

PARTS = ("guards", "rules", "report")
KEPT = ROOT / "mutants/guards.json"


def main() -> int:
    """Zero where every mutant that lived has its reason."""
    parts = [word for word in sys.argv[1:] if word in PARTS] or list(PARTS)
    patterns = [word for word in sys.argv[1:] if word not in PARTS]
    end_on_signals()
    if parts != ["report"]:
        with a_house() as house:
            if "guards" in parts:
                run_guards(house, patterns)
            if "rules" in parts:
                run_mutmut(house, patterns)
    if "report" not in parts:
        return 0
    found = [*outcomes_of_guards(), *outcomes_of_mutmut()]
    write(found)
    unexplained = [one for one in found if one.lived and not one.why]
    for one in unexplained:
        print(f"\nlives: {one.name}\n{one.change}")
    living = sum(bool(one.lived) for one in found)
    print(f"\n{len(found)} mutants, {living} live, {len(unexplained)} of them unexplained")
    return 1 if unexplained else 0


def run_guards(house: House, patterns: list[str]) -> None:
    """Take each guard out of force in turn, and keep which test noticed."""
    chosen = [guard for guard in GUARDS if not patterns or any(pattern in guard.name for pattern in patterns)]
    house.warm_up(sorted({test for guard in chosen for test in guard.tests}))
    for guard in chosen:
        noticed = run_guard(house, guard)
        print(f"{guard.name}: {noticed or 'LIVES'}", flush=True)
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps({**kept(), guard.name: noticed}, indent=1), encoding="utf-8")


def run_guard(house: House, guard: Guard) -> str:
    """The first test of the guard's room that fails without it, or none."""
    in_source = guard.place.endswith(".py")
    change = house.changed_source if in_source else house.changed_schema
    with change(guard.place, guard.old, guard.new):
        return house.noticed(guard.tests, guard.seen_by, in_source=in_source)


def kept() -> dict[str, str]:
    """Which test noticed each guard, by the guard's name."""
    return dict(json.loads(KEPT.read_text(encoding="utf-8"))) if KEPT.exists() else {}


def outcomes_of_guards() -> list[Outcome]:
    """What became of those guards that were run."""
    noticed = kept()
    return [
        Outcome("guards", guard.room, guard.name, guard.shown, lives(noticed, guard), guard.equal) for guard in GUARDS
    ]


def lives(noticed: dict[str, str], guard: Guard) -> bool | None:
    """Whether nobody noticed; None where nobody was asked."""
    return not noticed[guard.name] if guard.name in noticed else None


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tools.mutants [guards] [rules] [PATTERN ...]``: run mutants, and write docs/mutation.md when all ran.

``rules`` are mutmut's (``[tool.mutmut]`` in pyproject.toml says of which files), ``guards`` are those of guards.py.
With patterns only guards whose name holds one, or mutmut's mutants of that name, are run and nothing is written.
"""

from __future__ import annotations

import sys

from tools.mutants.guards import GUARDS, Guard
from tools.mutants.house import House, a_house
from tools.mutants.report import Outcome, outcomes_of_mutmut, write
from tools.mutants.rules import run_mutmut


def main() -> int:
    """Zero where every mutant that lived has its reason."""
    parts = [word for word in sys.argv[1:] if word in ("guards", "rules")] or ["guards", "rules"]
    patterns = [word for word in sys.argv[1:] if word not in ("guards", "rules")]
    found: list[Outcome] = []
    with a_house() as house:
        assert not house.notices(("tests/foundation/test_once.py",)), "the tests pass where nothing is changed"
        if "guards" in parts:
            found += [run_guard(house, guard) for guard in GUARDS if holds(guard.name, patterns)]
        if "rules" in parts:
            run_mutmut(house, patterns)
            found += outcomes_of_mutmut(patterns)
    if not patterns and len(parts) == 2:
        write(found)
    unexplained = [one for one in found if one.lived and not one.why]
    for one in unexplained:
        print(f"\nlived: {one.name}\n{one.change}")
    print(f"\n{len(found)} mutants, {sum(one.lived for one in found)} lived, {len(unexplained)} of them unexplained")
    return 1 if unexplained else 0


def holds(name: str, patterns: list[str]) -> bool:
    """Whether this was asked for."""
    return not patterns or any(pattern in name for pattern in patterns)


def run_guard(house: House, guard: Guard) -> Outcome:
    """Take one guard out of force and see whether its room's tests notice."""
    if guard.place.endswith(".py"):
        with house.changed_source(guard.place, guard.old, guard.new) as source:
            noticed = house.notices(guard.tests, PYTHONPATH=source)
    else:
        with house.changed_schema(guard.place, guard.old, guard.new) as database:
            noticed = house.notices(guard.tests, RENQING_TESTS_TEMPLATE=database)
    print(f"{guard.name}: {noticed or 'LIVES'}", flush=True)
    change = guard.new if not guard.place else f"- {guard.old}\n+ {guard.new}"
    return Outcome("guards", guard.room, guard.name, change, lived=not noticed, why=guard.equal)


if __name__ == "__main__":
    sys.exit(main())

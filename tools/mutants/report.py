"""What became of the mutants, and docs/mutation.md, which lists those that lived with the reason why."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tools.mutants.house import ROOT

PAGE = ROOT / "docs/mutation.md"
REASONS = ROOT / "tools/mutants/reasons.toml"
_LIVED = (0, 33)  # mutmut's: every test passed, or none comes there
_UNKNOWN = (None, -24, 24, 36)  # not run yet, or its time was over, as on a busy machine it may be
_WORDS = "only the words of an assertion change: nobody but a programmer reads them"
_NEVER = "nothing comes there: the type checker proves it"
_NEVER_LINES = frozenset({"- case never:", "- assert_never(never)", "+ assert_never(None)"})


class Outcome(NamedTuple):
    """One mutant: who made it, the room it is in, its name, its change, and the reason why it may live.

    ``lived`` is None where it has no verdict: it was not run yet.
    """

    maker: str
    room: str
    name: str
    change: str
    lived: bool | None
    why: str = ""


def outcomes_of_mutmut() -> list[Outcome]:
    """What mutmut has kept of its last run."""
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))["lives"]
    found = []
    for file in sorted((ROOT / "mutants").rglob("*.meta")):
        for name, code in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            room = ".".join(name.split(".")[1:-1]).replace(".", "/")
            change = change_of(name) if code in _LIVED else ""
            function = name.rpartition(".")[2].removeprefix("x_").partition("__mutmut")[0]
            why = reason_for(f"{room}.{function}", change, reasons) if change else ""
            lived = None if code in _UNKNOWN else code in _LIVED
            found.append(Outcome("mutmut", room, name, change, lived, why))
    return found


def change_of(name: str) -> str:
    """The lines that a mutant takes away and puts in."""
    shown = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [line for line in shown.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def reason_for(place: str, change: str, reasons: Sequence[dict[str, str]]) -> str:
    """Why this may live: written in reasons.toml, or only an assertion's words or the case that never comes changed."""
    lines = change.splitlines()
    if _NEVER_LINES.issuperset(lines):
        return _NEVER
    before, _, after = change.partition("\n+ ")
    if before.startswith("- assert ") and before[2:].split(', "')[0] == after.split(', "')[0] and after.endswith('"'):
        return _WORDS
    return next((one["why"] for one in reasons if one["place"] == place and f"+ {one['now']}" in lines), "")


def write(found: Sequence[Outcome]) -> None:
    """The page: a score a room, and everything that lived."""
    rooms = defaultdict[tuple[str, str], Counter[str]](Counter)
    for one in found:
        rooms[one.room, one.maker]["open" if one.lived is None else "lives" if one.lived else "killed"] += 1
    all_rooms = sum(rooms.values(), Counter[str]())
    judged = all_rooms["killed"] + all_rooms["lives"]
    page = [
        "# Mutation",
        "",
        "Written by `make mutants`; [decisions/proof.md](decisions/proof.md) says how. A mutant is this house with one",
        "small change in a rule or a guard. It is killed when a test of its room fails, and lives otherwise.",
        "",
        f"**{all_rooms['killed']:,} of {judged:,} are killed: {percent(all_rooms['killed'], judged)}.**"
        + (
            f" {all_rooms['open']:,} have no verdict: they were not run. The quick tests come first, so these are the"
            " harder ones, and the score is too high until they are."
            if all_rooms["open"]
            else ""
        ),
        "",
        "| Changed | by | killed | live | not run | score |",
        "|---|---|---|---|---|---|",
    ]
    for (room, maker), of in sorted(rooms.items()):
        score = percent(of["killed"], of["killed"] + of["lives"])
        page.append(f"| `{room}` | {maker} | {of['killed']} | {of['lives']} | {of['open']} | {score} |")
    page += ["", "## Those that live", ""]
    alike: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for one in found:
        if one.lived:
            alike[one.room, one.why].append(one)
    for (room, why), ones in sorted(alike.items()):
        page.append(f"### `{room}`: {why or 'not explained yet'}")
        page += ["", "```diff", *dict.fromkeys(one.change for one in ones), "```", ""]
    PAGE.write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")


def percent(part: int, whole: int) -> str:
    """``97.3 %``, rounded down: 100 means all."""
    return f"{part * 1000 // whole / 10} %" if whole else "–"

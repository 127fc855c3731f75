"""``docs/promises.md`` says what is so: every invariant has its row, every test it names exists.

So do the tests of ``docs/gifting-edge-cases.md``, whose cases are proven or said not to be here.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from renqing.views.check import ALL

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row for row in re.findall(r"^\| ([A-Z]\d+) \| (.+?) \| (.+?) \| (.+?) \| (.*?) ?\|$", TEXT, re.MULTILINE)
}


EDGES = (ROOT / "docs" / "gifting-edge-cases.md").read_text(encoding="utf-8")


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_invariant_has_a_row_that_says_what_is_checked():
    assert {invariant.id for invariant in ALL} <= set(ROWS)
    assert [invariant.id for invariant in ALL if not ROWS[invariant.id][4]] == []


def test_what_is_not_checked_claims_no_check():
    known = {invariant.id for invariant in ALL}
    assert [id_ for id_, row in ROWS.items() if row[4] and id_ not in known] == []


def test_every_test_that_is_named_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
    assert len(named) > 40
    of_edges = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", EDGES)
    assert len(of_edges) > 40
    missing = [f"{path}::{name}" for path, name in [*named, *of_edges] if name not in names_in(ROOT / path)]
    assert missing == []


def test_every_edge_case_is_proven_or_said_not_to_be_here():
    rows = re.findall(r"^\| (?!Case |---)(.+?) \| (.+?) \| ?(.*?) ?\|$", EDGES, re.MULTILINE)
    assert len(rows) > 30
    assert [case for case, does, proof in rows if "::test_" not in proof and not does.startswith("*Not here*")] == []


def test_every_row_names_what_proves_it():
    assert [id_ for id_, row in ROWS.items() if "::test_" not in row[3]] == []


def test_every_law_that_a_check_asks_for_is_in_the_first_step_of_the_schema():
    versions = ROOT / "src" / "renqing" / "foundation" / "migrations" / "versions"
    schema = "\n".join(file.read_text(encoding="utf-8") for file in sorted(versions.glob("*.sql")))
    named = {law.name for invariant in ALL for law in invariant.laws if not law.name.endswith(("_key", "_pkey"))}
    assert [name for name in sorted(named) if not re.search(rf"\b{name}\b", schema)] == []

"""Whatever can stop a person is said to them, in both languages, with words that can always be filled in."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import string
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import renqing
from renqing.books.ledger import AccountKind, OwnerKind
from renqing.doors.problems import problem_of, words_of
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.text import LANGUAGES, catalogue

SOURCE = Path(renqing.__file__).parent
MADE_OF = {
    "amount": {"total", "currency"},
    "shop": {"shop_zh", "shop_en"},
}  # what the doors make of other facts, where they are there


def every_refusal() -> list[type[Refusal]]:
    for module in pkgutil.walk_packages(renqing.__path__, "renqing."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [kind for kind in below(Refusal) if kind.__module__.startswith("renqing.")]


def below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for file in sorted(SOURCE.rglob("*.py")):
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def facts_given() -> dict[str, list[set[str]]]:
    """For each name that is called or raised, the facts of every place that does so."""
    found: dict[str, list[set[str]]] = defaultdict(list)
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                found[name_of(node.func)].append({word.arg for word in node.keywords if word.arg})
            elif isinstance(node, ast.Raise) and node.exc is not None and not isinstance(node.exc, ast.Call):
                found[name_of(node.exc)].append(set())
            elif isinstance(node, ast.ClassDef):
                made = [
                    {word.arg for word in call.keywords if word.arg}
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call) and name_of(call.func) == "__init__"
                ]
                if made:
                    found[f"{node.name}()"] = made
    return found


def places_in(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def facts_that_always_come(kind: type[Refusal], given: dict[str, list[set[str]]]) -> set[str]:
    sites = given.get(f"{kind.__name__}()") or given.get(kind.__name__) or [set()]
    facts = set.intersection(*sites)
    return facts | {name for name, parts in MADE_OF.items() if parts <= facts}


def test_every_refusal_has_words_in_both_languages_that_its_facts_fill():
    given = facts_given()
    kinds = every_refusal()
    assert len(kinds) > 60
    for kind in kinds:
        assert f"error.{kind.code}" in catalogue(), f"{kind.__name__} has no words: error.{kind.code}"
        entry = catalogue()[f"error.{kind.code}"]
        facts = facts_that_always_come(kind, given)
        for language in LANGUAGES:
            missing = places_in(entry[language]) - facts
            assert not missing, f"error.{kind.code} ({language}) asks for {missing}; {kind.__name__} brings {facts}"


def test_a_refusal_with_a_reason_of_its_own_words_is_filled_by_the_same_facts():
    given = facts_given()
    by_code = {kind.code: kind for kind in every_refusal()}
    for key, entry in catalogue().items():
        room, _, code = key.partition(".")
        if room == "error" and "." in code:
            kind = by_code[code.partition(".")[0]]
            for language in LANGUAGES:
                assert places_in(entry[language]) <= facts_that_always_come(kind, given), key


def field_refusals() -> Iterator[tuple[str, str, str, set[str]]]:
    """Where a field is refused: the place, the field and reason where they stand there, and the facts."""
    for file, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            where = f"{file.relative_to(SOURCE)}:{node.lineno}"
            said = {word.arg: word.value for word in node.keywords if word.arg}
            if name_of(node.func) == "FieldNotValid":
                field, reason = said.get("field"), said.get("reason")
                yield where, literal(field), literal(reason), set(said)
            elif name_of(node.func) == "FieldFault" and len(node.args) >= 2:
                limit = {"max"} if len(node.args) == 3 else set()
                yield where, "", literal(node.args[1]), {"field", "reason", "place", *limit}


def literal(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def test_every_reason_to_refuse_a_field_has_words_that_its_facts_fill():
    seen = 0
    for where, field, reason, facts in field_refusals():
        if not reason:
            continue
        seen += 1
        keys = [key for key in (f"field.{field}.{reason}", f"field_reason.{reason}") if key in catalogue()]
        assert keys, f"{where}: field_reason.{reason} has no words"
        for language in LANGUAGES:
            missing = places_in(catalogue()[keys[0]][language]) - facts
            assert not missing, f"{where}: {keys[0]} ({language}) asks for {missing}"
    assert seen > 40


def test_whatever_the_ledger_keeps_has_words_on_the_operators_desk():
    for room, kinds in (("desk.owner", get_args(OwnerKind)), ("desk.account", get_args(AccountKind))):
        for kind in kinds:
            assert f"{room}.{kind}" in catalogue(), f"{room}.{kind} has no words"


def test_every_entry_says_the_same_in_both_languages():
    for key, entry in catalogue().items():
        assert entry["zh"].strip() and entry["en"].strip(), key
        counted = {"n"} if "en_one" in entry else set()
        assert places_in(entry["zh"]) - counted == places_in(entry["en"]) - counted, key


def test_ids_in_a_refusals_facts_are_decimal_strings():
    said = problem_of(Refusal(order_id=2**62, n=3), "en")
    assert said.facts == {"order_id": str(2**62), "n": 3}


def test_a_field_is_refused_in_its_own_words_before_the_general_ones():
    refusal = FieldNotValid(field="phone", reason="phone")
    assert words_of(refusal, "en") == catalogue()["field.phone.phone"]["en"]
    assert words_of(FieldNotValid(field="tail", reason="unheard_of"), "en").startswith("'tail' is not right")

"""The catalogue speaks both languages alike, and has every word that the house says."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import renqing
from renqing.foundation import errors
from renqing.foundation.errors import Refusal
from renqing.foundation.text import best_language, catalogue, knows, say
from renqing.social.gifts import COVERS, REFUSALS
from renqing.social.notices.model import KINDS

SOURCE = Path(renqing.__file__).parent
SAYS = {"say", "t", "words", "step", "catalogue_say"}
_IN_TEMPLATE = re.compile(r"\bt\(\s*(['\"])(?P<key>[^'\"]+)\1\s*(?P<more>~)?")


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def test_every_entry_has_both_languages_and_they_ask_for_the_same_facts():
    wrong = []
    for key, entry in catalogue().items():
        if not {"zh", "en"} <= set(entry) <= {"zh", "en", "en_one"} or not all(entry.values()):
            wrong.append(f"{key}: has {sorted(entry)}")
            continue
        if placeholders(entry["zh"]) != placeholders(entry["en"]):
            wrong.append(f"{key}: zh asks for {placeholders(entry['zh'])}, en for {placeholders(entry['en'])}")
        if not placeholders(entry.get("en_one", "")) <= placeholders(entry["en"]):
            wrong.append(f"{key}: en_one asks for what en does not")
        if "en_one" in entry and "n" not in placeholders(entry["en"]):
            wrong.append(f"{key}: has a plural and counts nothing")
    assert not wrong, "\n".join(wrong)


def test_chinese_is_chinese_and_english_is_not():
    han = re.compile(r"[\u4e00-\u9fff]")
    english = [key for key, entry in catalogue().items() if han.search(re.sub(r"人情|中文|送给朋友", "", entry["en"]))]
    assert english == [], "English entries with Chinese words in them"


def said_in_code() -> Iterator[tuple[str, str, bool]]:
    """Where, which key, and whether the key is whole: else it is a pattern with * where something is filled in."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SAYS:
                for key, whole in keys_of(node.args[0]):
                    yield f"{file.relative_to(SOURCE)}:{node.lineno}", key, whole


def keys_of(node: ast.expr) -> Iterator[tuple[str, bool]]:
    match node:
        case ast.Constant(value=str(key)):
            yield key, True
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in parts), False
        case ast.IfExp(body=one, orelse=other):
            yield from keys_of(one)
            yield from keys_of(other)


def said_in_templates() -> Iterator[tuple[str, str, bool]]:
    for file in sorted(SOURCE.rglob("*.html")):
        for found in _IN_TEMPLATE.finditer(file.read_text(encoding="utf-8")):
            yield str(file.relative_to(SOURCE)), found["key"] + ("*" if found["more"] else ""), not found["more"]


def unknown(said: Iterator[tuple[str, str, bool]]) -> list[str]:
    wrong = []
    for where, key, whole in said:
        if "." not in key:
            continue  # another function of the same name: a key has its area before a full stop
        pattern = re.compile(re.escape(key).replace(r"\*", ".+"))
        if not (knows(key) if whole else any(pattern.fullmatch(known) for known in catalogue())):
            wrong.append(f"{where}: {key}")
    return sorted(set(wrong))


def test_every_key_that_code_says_is_in_the_catalogue():
    assert unknown(said_in_code()) == []


def test_every_key_that_a_template_says_is_in_the_catalogue():
    assert unknown(said_in_templates()) == []


def refusals() -> set[type[Refusal]]:
    for module in pkgutil.walk_packages(renqing.__path__, "renqing."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = set(), [Refusal]
    while waiting:
        kind = waiting.pop()
        found.add(kind)
        waiting.extend(kind.__subclasses__())
    return {kind for kind in found if kind.__module__.startswith("renqing.")}


def kind_of(refusal: type[Refusal]) -> type:
    """The kind of the tree it belongs to: doors answer by it."""
    return next(base for base in refusal.__mro__ if base.__module__ == errors.__name__)


def test_every_refusal_has_words_and_a_code_means_one_kind():
    kinds: dict[str, set[type]] = {}
    for refusal in refusals():
        kinds.setdefault(refusal.code, set()).add(kind_of(refusal))
    assert {code: named for code, named in kinds.items() if len(named) > 1} == {}
    assert [code for code in sorted(kinds) if not knows(f"error.{code}")] == []


def test_what_people_choose_from_has_words():
    wanted = [f"gift.refusal.{name}" for name in REFUSALS] + [f"cover.{name}" for name in COVERS]
    wanted += [f"notice.{kind}.{part}" for kind in KINDS for part in ("title", "body")]
    assert [key for key in wanted if not knows(key)] == []


def test_one_is_not_many_in_english(monkeypatch: pytest.MonkeyPatch):
    entries = {"x.things": {"zh": "{n} 件", "en": "{n} things", "en_one": "one thing"}}
    monkeypatch.setattr("renqing.foundation.text.catalogue", lambda: entries)
    assert [say("x.things", "en", n=n) for n in (0, 1, 2)] == ["0 things", "one thing", "2 things"]
    assert [say("x.things", "zh", n=n) for n in (1, 2)] == ["1 件", "2 件"]


def test_what_the_catalogue_does_not_know_is_an_error():
    with pytest.raises(KeyError):
        say("no.such.key", "zh")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("zh-CN", "zh"),
        ("fr-FR, en;q=0.5", "en"),
        ("fr", "zh"),
        ("ZH-tw", "zh"),
        (";;;,,, ,en", "en"),
    ],
)
def test_the_first_language_we_speak_is_taken(accept: str | None, language: str):
    assert best_language(accept) == language

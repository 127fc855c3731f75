"""Words for people, in Chinese and English, from one catalogue: the TOML files of this folder.

An entry is a table ``["gift.claim.button"]`` with ``zh`` and ``en``; ``{name}`` is filled from facts. An English
plural has ``en_one`` beside ``en``, chosen by the fact ``n``. A missing entry is a programmer's error.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
FOLDER = Path(__file__).parent


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every entry of every file; a key that stands twice is an error."""
    entries: dict[str, dict[str, str]] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        for key, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            assert key not in entries, f"{key} stands twice in the catalogue, again in {file.name}"
            entries[key] = entry
    return entries


def say(key: str, language: Language, /, **facts: Any) -> str:
    """The words of ``key`` in ``language`` with the facts filled in."""
    entry = catalogue()[key]
    if language == "en" and "en_one" in entry and facts.get("n") == 1:
        return entry["en_one"].format(**facts)
    return entry[language].format(**facts)


def knows(key: str) -> bool:
    """Whether the catalogue has this entry."""
    return key in catalogue()


def best_language(accept: str | None) -> Language:
    """The first language of an ``Accept-Language`` header that we speak; Chinese where it names none."""
    for part in (accept or "").split(","):
        tag = part.split(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return "zh" if tag == "zh" else "en"
    return "zh"

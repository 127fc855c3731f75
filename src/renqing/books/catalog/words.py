"""Search words: what a product is found by, and what a query asks for. Pure.

Both sides cut text with rjieba and fold it the same way, and write PostgreSQL's ``tsvector`` and ``tsquery`` literally
(``'龙井':3A``), so no text-search parser or dictionary of the server is involved and every server answers alike.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Literal, Protocol, cast

import msgspec

POSITION_MAX = 16_383  # PostgreSQL's own limit
TOKEN_CHARACTERS_MAX = 40
QUERY_CHARACTERS_MAX = 100
QUERY_TOKENS_MAX = 12
_GAP = 8  # fields stand apart, so that nearness never joins a title's end with a brand's start
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_NO_WORD = re.compile(r"'s\b|[\W_]+")
_SAYS_NOTHING = frozenset(
    ["的", "了", "和", "与", "及", "是", "在", "给", "我", "你", "the", "a", "an", "of", "and", "for", "to", "with"]
)
_PLURAL_IES = re.compile(r"^[a-z]{2,}ies$")
_PLURAL_ES = re.compile(r"^[a-z]+(?:s|x|z|ch|sh)es$")
_PLURAL_S = re.compile(r"^[a-z]{2,}[^sui]s$")


class Found(msgspec.Struct, frozen=True):
    """The texts a product is found by. ``others`` weigh least: briefs and spec values."""

    titles: Sequence[str]
    brands: Sequence[str] = ()
    categories: Sequence[str] = ()
    others: Sequence[str] = ()


Match = Literal["all", "some"]
LastWord = Literal["started", "whole", "left out"]


class _Dictionary(Protocol):
    cut: Callable[[str], Iterable[str]]
    cut_for_search: Callable[[str], Iterable[str]]


@cache
def load_dictionary() -> _Dictionary:
    """Chinese words: 31 MB and a third of a second, so a process that cuts no text, as a worker, is spared them."""
    return cast("_Dictionary", importlib.import_module("rjieba"))


def fold(text: str) -> str:
    """Full-width as half-width, capitals as small letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def stem(token: str) -> str:
    """An English plural as its singular; everything else as it is. The same rule on both sides is all it must be."""
    if _PLURAL_IES.match(token):
        return token[:-3] + "y"
    if _PLURAL_ES.match(token):
        return token[:-2]
    return token[:-1] if _PLURAL_S.match(token) else token


def product_words(found: Found) -> str:
    """The literal ``tsvector`` of a product: titles weigh A, brands B, categories C, the rest D.

    Compounds are kept whole and in their parts; a title's Chinese characters are kept singly too, at the least weight,
    so that 茶 finds 龙井绿茶.
    """
    places: list[str] = []
    position = 1
    for weight, texts in (("A", found.titles), ("B", found.brands), ("C", found.categories), ("D", found.others)):
        for text in texts:
            for token in _tokens(text, parts=True):
                places.append(f"{_quote(token)}:{min(position, POSITION_MAX)}{weight}")
                position += 1
            position += _GAP
    singles = {letter for text in (*found.titles, *found.categories) for letter in _HAN.findall(fold(text))}
    places.extend(f"{_quote(letter)}:{min(position, POSITION_MAX)}D" for letter in sorted(singles))
    return " ".join(places)


def query_words(query: str, match: Match = "all", *, last: LastWord = "started") -> str:
    """The literal ``tsquery``: all words (or some), the last one also as the start of a longer word: people type.

    As a ``whole`` word it is far cheaper to answer, where many things have it; ``left out`` are the words before it.
    Empty where the query says nothing. Only the first ``QUERY_CHARACTERS_MAX`` characters count.
    """
    tokens = list(dict.fromkeys(_tokens(query[:QUERY_CHARACTERS_MAX], parts=False)))
    tokens = [token for token in tokens if token not in _SAYS_NOTHING] or tokens
    tokens = tokens[:QUERY_TOKENS_MAX]
    asked = [_quote(token) for token in tokens]
    if last == "left out":
        del asked[-1:]
    elif last == "started" and asked:
        asked[-1] += ":*"
    return (" & " if match == "all" else " | ").join(asked)


def _tokens(text: str, *, parts: bool) -> Iterator[str]:
    plain = _NO_WORD.sub(" ", fold(text))
    dictionary = load_dictionary()
    for piece in dictionary.cut_for_search(plain) if parts else dictionary.cut(plain):
        if not piece.isspace():
            yield stem(piece)[:TOKEN_CHARACTERS_MAX]


def _quote(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"

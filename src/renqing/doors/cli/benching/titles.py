"""Titles for a large catalogue: the demo's own, taken apart and put together anew.

A title is the first half of one and the second half of another, so words are as common as in the demo: every sixth has
茶 in it. Each keeps the category, the styles and the prices of the product that gave its second half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import asyncpg

from renqing.books.catalog import Found, product_words

TITLES = 20_000
_STEP = 7_919  # prime: walks all pairs without repeating one early


class Title(NamedTuple):
    """What one of the large catalogue's products is made from."""

    product_id: int
    zh: str
    en: str
    words: str


class _Given(NamedTuple):
    """A product of the demo, with what else it is found by."""

    product_id: int
    zh: str
    en: str
    categories: Sequence[str]
    others: Sequence[str]


async def titles_of_the_demo(conn: asyncpg.Connection, count: int) -> list[Title]:
    """``count`` titles made from what this database sells."""
    rows = await conn.fetch(
        """SELECT p.id, p.title_zh, p.title_en,
                  (SELECT array_agg(n) FROM catalog_category c, unnest(ARRAY[c.name_zh, c.name_en]) AS n
                    WHERE c.id = ANY (own.path)) AS categories,
                  ARRAY[p.brief_zh, p.brief_en] || coalesce(
                    (SELECT array_agg(v) FROM catalog_sku s, unnest(s.specs) AS v WHERE s.product_id = p.id), '{}')
             FROM catalog_product p JOIN catalog_category own ON own.id = p.category_id
            WHERE p.on_sale ORDER BY p.id"""
    )
    given = [_Given(*row.values()) for row in rows]
    return list(_made(given, count))


def _made(given: Sequence[_Given], count: int) -> Iterator[Title]:
    pairs = len(given) ** 2
    for turn in range(count):
        first, second = divmod(turn * _STEP % pairs, len(given))
        one, other = given[first], given[second]
        zh = one.zh[: (len(one.zh) + 1) // 2] + other.zh[len(other.zh) // 2 :]
        before, after = one.en.split(), other.en.split()
        en = " ".join([*before[: (len(before) + 1) // 2], *after[len(after) // 2 :]])
        words = product_words(Found(titles=[zh, en], categories=other.categories, others=other.others))
        yield Title(other.product_id, zh, en, words)

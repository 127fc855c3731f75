"""The market: home, a category's shelf, and search. Twenty a page, forward by cursor.

Nothing here walks a table (docs/decisions/market-list.md): a shelf is read along its index, its total is the sum of
what the categories count, and a search looks at no more than ``SEARCHED_MAX`` products.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from renqing.books.catalog import picture_of, query_words
from renqing.foundation.database import Row
from renqing.foundation.errors import NotFound, NotValid
from renqing.foundation.ground import Ground

PAGE = 20
PAGE_MAX = 100
SEARCHED_MAX = 500
FEW_MAX = 2_000  # looked through one by one: 3 ms
WHOLE_ENOUGH = 20  # so many found by whole words, a page, and the last word is taken for a whole one
POPULAR_FROM = 1_000  # as the index catalog_product_popular_words has it
LIKED_FROM = 300  # as the index catalog_product_liked_words has it
_CURSOR = re.compile(r"([pas])\.(\d{1,19})\.(\d{1,19})")
_BIGGEST = 2**63 - 1

Matched = Literal["everything", "all_words", "some_words"]


class CursorNotValid(NotValid):
    """This cursor is not one that this list gave."""

    code = "cursor_not_valid"


class CategoryNotFound(NotFound):
    """There is no such category."""

    code = "category_not_found"


class MarketCard(msgspec.Struct, frozen=True):
    """A product in a list. ``picture`` is a key of ``/media/``, or empty: the page draws a tile with the initial."""

    product_id: int
    shop_id: int
    title_zh: str
    title_en: str
    brief_zh: str
    brief_en: str
    picture: str
    price_min: int
    price_max: int
    currency: str
    shop_name_zh: str
    shop_name_en: str


class MarketPage(msgspec.Struct, frozen=True):
    """A page of the market.

    ``total`` is exact unless ``total_is_more``: then there are more than that. ``matched`` says what a search found:
    ``some_words`` means that nothing has all the words, and these have some.
    """

    cards: list[MarketCard]
    total: int
    total_is_more: bool
    matched: Matched
    next_cursor: str | None


class CategoryCard(msgspec.Struct, frozen=True):
    """A category with how many products its whole branch has on sale."""

    category_id: int
    name_zh: str
    name_en: str
    picture: str
    products: int


_CARD = """p.id, p.shop_id, p.title_zh, p.title_en, p.brief_zh, p.brief_en, p.pictures, p.price_min, p.price_max,
           p.currency, h.name_zh AS shop_name_zh, h.name_en AS shop_name_en"""
_BRANCH = "SELECT id, products_on_sale FROM catalog_category WHERE path @> ARRAY[$1::bigint]"

# One row at least, so that an empty page still knows its total.
_EVERYTHING = f"""
SELECT t.total, c.* FROM (SELECT coalesce(sum(products_on_sale), 0)::bigint AS total FROM catalog_category) t
  LEFT JOIN LATERAL (
    SELECT p.popularity AS rank, {_CARD} FROM catalog_product p JOIN people_shop h ON h.id = p.shop_id
     WHERE p.on_sale AND (p.popularity, p.id) < ($1::bigint, $2::bigint)
     ORDER BY p.popularity DESC, p.id DESC LIMIT $3) c ON true
 ORDER BY c.rank DESC, c.id DESC
"""
# Each category of the branch gives its first few along its own index; the best of those are the page.
_SHELF = f"""
WITH branch AS MATERIALIZED ({_BRANCH})
SELECT t.total, t.categories, c.*
  FROM (SELECT coalesce(sum(products_on_sale), 0)::bigint AS total, count(*) AS categories FROM branch) t
  LEFT JOIN LATERAL (
    SELECT f.popularity AS rank, {_CARD}
      FROM (SELECT k.id, k.popularity FROM branch b CROSS JOIN LATERAL (
              SELECT id, popularity FROM catalog_product
               WHERE category_id = b.id AND on_sale AND (popularity, id) < ($2::bigint, $3::bigint)
               ORDER BY popularity DESC, id DESC LIMIT $4) k
             WHERE b.products_on_sale > 0 ORDER BY k.popularity DESC, k.id DESC LIMIT $4) f
      JOIN catalog_product p ON p.id = f.id JOIN people_shop h ON h.id = p.shop_id) c ON true
 ORDER BY c.rank DESC, c.id DESC
"""
_FOUND = f"""
  SELECT id, words, popularity FROM catalog_product
   WHERE on_sale AND words @@ {{query}}::text::tsquery
     AND ($1::bigint IS NULL OR category_id IN (SELECT id FROM ({_BRANCH}) branch))"""
_STARTED, _WHOLE, _OTHERS = (_FOUND.format(query=query) for query in ("$2", "$6", "$7"))
# Four looks, each where the former found too few. Among the popular, then by whole words ($6) among the liked, both by
# indexes of their own: a word that many things have is answered there, and by those that people want. Then by whole
# words among all; then with the last one as the start of a longer one ($2). For that PostgreSQL collects every product
# of every such word, 60 ms at a million; so where few have the words before it ($7), those are looked through instead.
_SEARCH = f"""
WITH popular AS MATERIALIZED ({_STARTED} AND popularity >= {POPULAR_FROM} LIMIT {SEARCHED_MAX + 1}),
  liked AS MATERIALIZED (
    {_WHOLE} AND popularity >= {LIKED_FROM} AND (SELECT count(*) FROM popular) <= {SEARCHED_MAX}
     LIMIT {SEARCHED_MAX + 1}),
  many AS MATERIALIZED (
    SELECT * FROM popular WHERE (SELECT count(*) FROM popular) > {SEARCHED_MAX}
    UNION ALL SELECT * FROM liked WHERE (SELECT count(*) FROM liked) > {SEARCHED_MAX}),
  whole AS MATERIALIZED ({_WHOLE} AND NOT EXISTS (SELECT FROM many) LIMIT {SEARCHED_MAX + 1}),
  enough AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM many) OR (SELECT count(*) FROM whole) >= {WHOLE_ENOUGH} AS is_so),
  few AS MATERIALIZED ({_OTHERS} AND NOT (SELECT is_so FROM enough) LIMIT {FEW_MAX + 1}),
  started AS MATERIALIZED (
    (SELECT * FROM few WHERE words @@ $2::text::tsquery AND (SELECT count(*) FROM few) <= {FEW_MAX}
      LIMIT {SEARCHED_MAX + 1})
    UNION ALL
    ({_STARTED} AND NOT (SELECT is_so FROM enough) AND ($7::text = '' OR (SELECT count(*) FROM few) > {FEW_MAX})
      LIMIT {SEARCHED_MAX + 1})),
  found AS MATERIALIZED (
    SELECT id, catalog_score(words, $2::text::tsquery, popularity) AS score
      FROM (SELECT * FROM many
            UNION ALL SELECT * FROM whole WHERE (SELECT is_so FROM enough)
            UNION ALL SELECT * FROM popular WHERE (SELECT is_so FROM enough) AND NOT EXISTS (SELECT FROM many)
                                              AND NOT words @@ $6::text::tsquery
            UNION ALL SELECT * FROM started) f)
SELECT t.total, c.* FROM (SELECT count(*) AS total FROM found) t
  LEFT JOIN LATERAL (
    SELECT f.score AS rank, {_CARD}
      FROM (SELECT id, score FROM found WHERE (score, id) < ($3::bigint, $4::bigint)
             ORDER BY score DESC, id DESC LIMIT $5) f
      JOIN catalog_product p ON p.id = f.id JOIN people_shop h ON h.id = p.shop_id) c ON true
 ORDER BY c.rank DESC, c.id DESC
"""
# The children of a category (of no category: the roots), each with the sum of its branch.
_CATEGORIES = """
SELECT c.id, c.name_zh, c.name_en, c.picture, sum(m.products_on_sale)::bigint AS products
  FROM catalog_category c JOIN catalog_category m ON m.path @> ARRAY[c.id]
 WHERE c.parent_id IS NOT DISTINCT FROM $1::bigint
 GROUP BY c.id ORDER BY c.place, c.id
"""

_CARDS = f"""
SELECT {_CARD} FROM unnest($1::bigint[]) WITH ORDINALITY AS t(id, place)
  JOIN catalog_product p ON p.id = t.id AND p.on_sale JOIN people_shop h ON h.id = p.shop_id ORDER BY t.place
"""


async def market(
    ground: Ground,
    *,
    query: str | None = None,
    category_id: int | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> MarketPage:
    """A page of what is on sale: everything, a category with all below it, or what a search finds, in either.

    The most popular first, or the best match. Raises CategoryNotFound and CursorNotValid.
    """
    count = min(max(limit, 1), PAGE_MAX)
    if query is not None and query.strip():
        return await _search(ground, query, category_id, cursor, count)
    _, rank, below = _after(cursor, "p")
    if category_id is None:
        rows = await ground.db.fetch(_EVERYTHING, rank, below, count + 1)
    else:
        rows = await ground.db.fetch(_SHELF, category_id, rank, below, count + 1)
        if rows[0]["categories"] == 0:
            raise CategoryNotFound(category_id=category_id)
    return _page(rows, count, "everything")


async def cards_of(ground: Ground, product_ids: Sequence[int]) -> list[MarketCard]:
    """The cards of products that are on sale, in the order asked."""
    return [_card(row) for row in await ground.db.fetch(_CARDS, product_ids)] if product_ids else []


async def categories(ground: Ground, parent_id: int | None = None) -> list[CategoryCard]:
    """The categories directly below one (or the roots) that have something on sale, in the platform's order."""
    rows = await ground.db.fetch(_CATEGORIES, parent_id)
    return [
        CategoryCard(row["id"], row["name_zh"], row["name_en"], picture_of(row["picture"]), row["products"])
        for row in rows
        if row["products"]
    ]


async def _search(ground: Ground, query: str, category_id: int | None, cursor: str | None, count: int) -> MarketPage:
    kind, rank, below = _after(cursor, "as")

    async def found(match: Literal["all", "some"]) -> Sequence[Row]:
        asked, whole = query_words(query, match), query_words(query, match, last="whole")
        others = query_words(query, match, last="left out") if match == "all" else ""
        if not asked:
            return []
        return await ground.db.fetch(_SEARCH, category_id, asked, rank, below, count + 1, whole, others)

    if kind != "s":
        rows = await found("all")
        if not rows or rows[0]["total"] or cursor is not None:
            return _page(rows, count, "all_words")
    return _page(await found("some"), count, "some_words")


def _after(cursor: str | None, kinds: str) -> tuple[str, int, int]:
    """Where a page starts: below this rank and id."""
    if cursor is None:
        return kinds[0], _BIGGEST, _BIGGEST
    parts = _CURSOR.fullmatch(cursor)
    if parts is None or parts[1] not in kinds or int(parts[2]) > _BIGGEST or int(parts[3]) > _BIGGEST:
        raise CursorNotValid
    return parts[1], int(parts[2]), int(parts[3])


def _page(rows: Sequence[Row], count: int, matched: Matched) -> MarketPage:
    total = rows[0]["total"] if rows else 0
    found = [row for row in rows if row["id"] is not None]
    shown = found[:count]
    kind = {"everything": "p", "all_words": "a", "some_words": "s"}[matched]
    more = len(found) > count
    return MarketPage(
        cards=[_card(row) for row in shown],
        total=min(total, SEARCHED_MAX) if kind != "p" else total,
        total_is_more=kind != "p" and total > SEARCHED_MAX,
        matched=matched,
        next_cursor=f"{kind}.{shown[-1]['rank']}.{shown[-1]['id']}" if more else None,
    )


def _card(row: Row) -> MarketCard:
    return MarketCard(
        row["id"],
        row["shop_id"],
        row["title_zh"],
        row["title_en"],
        row["brief_zh"],
        row["brief_en"],
        picture_of(*row["pictures"]),
        row["price_min"],
        row["price_max"],
        row["currency"],
        row["shop_name_zh"],
        row["shop_name_en"],
    )

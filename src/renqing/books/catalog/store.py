"""The catalogue's only SQL: what is offered, and guarded set-based writes.

Sets of rows travel as one JSON parameter (``jsonb_to_recordset``): their texts hold arrays of unequal length, which
``unnest`` cannot carry. An upsert writes only rows that differ, so a repeated import leaves no dead rows behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from renqing.books.catalog.model import Offer, Product, ProductNotFound, Sku
from renqing.books.catalog.rules import picture_of
from renqing.foundation.database import Row, Tx

# A mark of any ancestor forbids: `path` names a category's ancestors and itself, root first.
_OFFER = """
SELECT s.id, s.product_id, p.shop_id, p.title_zh, p.title_en, s.specs, s.picture, p.pictures,
       s.price, s.original_price, p.currency, p.on_sale AND s.on_sale AS on_sale, p.giftable,
       (SELECT m.gift_forbidden FROM catalog_category m
         WHERE m.id = ANY (c.path) AND m.gift_forbidden IS NOT NULL LIMIT 1) AS gift_forbidden
  FROM catalog_sku s
  JOIN catalog_product p ON p.id = s.product_id
  JOIN catalog_category c ON c.id = p.category_id
"""


def _offer(row: Row) -> Offer:
    sku_id, product_id, shop_id, title_zh, title_en, specs, picture, pictures, *rest = row.values()
    shown = picture_of(picture, *pictures)
    return Offer(sku_id, product_id, shop_id, title_zh, title_en, tuple(specs), shown, *rest)


async def offers(tx: Tx, sku_ids: Sequence[int]) -> dict[int, Offer]:
    """The SKUs as they are offered now, by id. A SKU that is not there is not in the answer."""
    rows = await tx.fetch(f"{_OFFER} WHERE s.id = ANY ($1::bigint[])", list(sku_ids))
    return {row["id"]: _offer(row) for row in rows}


async def styles(tx: Tx, product_id: int) -> list[Offer]:
    """Every SKU of a product in the shop's order, on sale or not."""
    rows = await tx.fetch(f"{_OFFER} WHERE s.product_id = $1 ORDER BY s.place, s.id", product_id)
    return [_offer(row) for row in rows]


async def get_product(tx: Tx, shop_id: int, product_id: int) -> Product:
    """A whole product of this shop, for its editor. Raises ProductNotFound, a foreign shop's too."""
    row = await tx.fetchrow(
        """SELECT id, shop_id, category_id, brand_id, source, source_id, title_zh, title_en, brief_zh, brief_en,
                  detail_zh, detail_en, unit, pictures, attributes, spec_names, on_sale, giftable, price_min, price_max,
                  currency, popularity, changed_at
             FROM catalog_product WHERE id = $1 AND shop_id = $2""",
        product_id,
        shop_id,
    )
    if row is None:
        raise ProductNotFound(product_id=product_id)
    skus = await tx.fetch(
        """SELECT id, source_id, specs, price, original_price, picture, on_sale FROM catalog_sku
            WHERE product_id = $1 ORDER BY place, id""",
        product_id,
    )
    kept = dict(row.items())
    kept["attributes"] = tuple((name, value) for name, value in row["attributes"])
    kept["pictures"], kept["spec_names"] = tuple(row["pictures"]), tuple(row["spec_names"])
    styles_kept = tuple(Sku(sku[0], sku[1], tuple(sku[2]), *list(sku.values())[3:]) for sku in skus)
    return Product(**kept, skus=styles_kept)


async def lock_products(
    tx: Tx, *, ids: Sequence[int], sources: Sequence[tuple[int, str, str]]
) -> tuple[dict[int, Row], dict[tuple[int, str, str], Row]]:
    """The products of these ids, and of these (shop, source, source id), locked in id order."""
    rows = await tx.fetch(
        """SELECT id, shop_id, source, source_id, giftable, popularity, on_sale, changed_at FROM catalog_product
            WHERE id IN (SELECT unnest($1::bigint[])
                         UNION ALL
                         SELECT p.id FROM unnest($2::bigint[], $3::text[], $4::text[]) AS t(shop, source, source_id)
                           JOIN catalog_product p
                             ON p.shop_id = t.shop AND p.source = t.source AND p.source_id = t.source_id
                                AND p.source <> '')
            ORDER BY id FOR NO KEY UPDATE""",
        list(ids),
        [shop for shop, _, _ in sources],
        [source for _, source, _ in sources],
        [source_id for _, _, source_id in sources],
    )
    by_id = {row["id"]: row for row in rows}
    by_source = {(row["shop_id"], row["source"], row["source_id"]): row for row in rows if row["source"]}
    return by_id, by_source


async def skus_of(tx: Tx, product_ids: Sequence[int]) -> dict[int, list[Row]]:
    """The SKUs (``id``, ``source_id``) of each product."""
    found: dict[int, list[Row]] = {product_id: [] for product_id in product_ids}
    for row in await tx.fetch(
        """SELECT id, product_id, source_id FROM catalog_sku
            WHERE product_id = ANY ($1::bigint[]) ORDER BY product_id, place, id""",
        list(product_ids),
    ):
        found[row["product_id"]].append(row)
    return found


_PRODUCT_COLUMNS = {
    "shop_id": "bigint",
    "category_id": "bigint",
    "brand_id": "bigint",
    "source": "text",
    "source_id": "text",
    "title_zh": "text",
    "title_en": "text",
    "brief_zh": "text",
    "brief_en": "text",
    "detail_zh": "text",
    "detail_en": "text",
    "unit": "text",
    "pictures": "text[]",
    "attributes": "jsonb",
    "spec_names": "text[]",
    "on_sale": "boolean",
    "giftable": "boolean",
    "price_min": "bigint",
    "price_max": "bigint",
    "currency": "text",
    "words": "tsvector",
    "popularity": "bigint",
}
_SKU_COLUMNS = {
    "product_id": "bigint",
    "source_id": "text",
    "specs": "text[]",
    "price": "bigint",
    "original_price": "bigint",
    "picture": "text",
    "on_sale": "boolean",
    "place": "int",
}
_CATEGORY_COLUMNS = {
    "parent_id": "bigint",
    "source": "text",
    "source_id": "text",
    "name_zh": "text",
    "name_en": "text",
    "picture": "text",
    "place": "int",
    "path": "bigint[]",
    "gift_forbidden": "text",
}
_BRAND_COLUMNS = {
    "source": "text",
    "source_id": "text",
    "name_zh": "text",
    "name_en": "text",
    "story": "text",
    "picture": "text",
}


def _upsert(table: str, columns: Mapping[str, str], *, stamped: bool = False) -> str:
    """INSERT rows given as JSON, or change those whose id is there and that differ. Answers the ids written."""
    names = ", ".join(columns)
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    stamp_names, stamp_values, stamp_change = (
        (", made_at, changed_at", ", $2, $2", ", changed_at = $2") if stamped else ("", "", "")
    )
    kept = ", ".join(f"{table}.{name}" for name in columns)
    given = ", ".join(f"excluded.{name}" for name in columns)
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return f"""
        INSERT INTO {table} (id, {names}{stamp_names})
        SELECT id, {names}{stamp_values} FROM jsonb_to_recordset($1) AS t(id bigint, {described}) ORDER BY id
        ON CONFLICT (id) DO UPDATE SET {changes}{stamp_change} WHERE ({kept}) IS DISTINCT FROM ({given})
        RETURNING id"""


_WRITE_PRODUCTS = _upsert("catalog_product", _PRODUCT_COLUMNS, stamped=True)
_WRITE_SKUS = _upsert("catalog_sku", _SKU_COLUMNS)
_WRITE_CATEGORIES = _upsert("catalog_category", _CATEGORY_COLUMNS)
_WRITE_BRANDS = _upsert("catalog_brand", _BRAND_COLUMNS)


async def write_products(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Write products whole; the ids of those that were new or differed."""
    return {row["id"] for row in await tx.fetch(_WRITE_PRODUCTS, list(rows), tx.now)}


async def write_skus(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Write SKUs, take those of the same products that are not named off sale; the ids of those that moved."""
    written = {row["id"] for row in await tx.fetch(_WRITE_SKUS, list(rows))}
    dropped = await tx.fetch(
        """UPDATE catalog_sku SET on_sale = false
            WHERE product_id = ANY ($1::bigint[]) AND id <> ALL ($2::bigint[]) AND on_sale RETURNING id""",
        sorted({row["product_id"] for row in rows}),
        [row["id"] for row in rows],
    )
    return written | {row["id"] for row in dropped}


async def products_of(tx: Tx, sku_ids: Iterable[int]) -> set[int]:
    """The products that these SKUs are styles of."""
    rows = await tx.fetch("SELECT DISTINCT product_id FROM catalog_sku WHERE id = ANY ($1::bigint[])", list(sku_ids))
    return {row["product_id"] for row in rows}


async def products_of_source(tx: Tx, shop_id: int, source: str) -> dict[str, int]:
    """A shop's products that came from a source, by the source's own ids."""
    rows = await tx.fetch(
        "SELECT source_id, id FROM catalog_product WHERE shop_id = $1 AND source = $2", shop_id, source
    )
    return {row["source_id"]: row["id"] for row in rows}


async def touch_products(tx: Tx, product_ids: Sequence[int]) -> None:
    """Move the version of products whose SKUs changed."""
    await tx.execute(
        "UPDATE catalog_product SET changed_at = $2 WHERE id = ANY ($1::bigint[])", list(product_ids), tx.now
    )


async def lock_categories(tx: Tx) -> dict[int, Row]:
    """The whole tree of categories, locked: paths are kept over all of it. It is small and seldom changes."""
    rows = await tx.fetch(
        "SELECT id, parent_id, source, source_id, name_zh, name_en FROM catalog_category ORDER BY id FOR NO KEY UPDATE"
    )
    return {row["id"]: row for row in rows}


async def categories_by_name(tx: Tx) -> dict[tuple[str, ...], int]:
    """Every category by the Chinese names on the way from its root to it; of twins the older one."""
    rows = await tx.fetch(
        """SELECT c.id, array_agg(m.name_zh ORDER BY cardinality(m.path)) AS names
             FROM catalog_category c JOIN catalog_category m ON m.id = ANY (c.path) GROUP BY c.id ORDER BY c.id DESC"""
    )
    return {tuple(row["names"]): row["id"] for row in rows}


async def lock_source(tx: Tx, source: str) -> None:
    """Until the transaction ends nobody else imports from this source: a second import waits, then finds it all."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalog:' || $1, 7))", source)


async def write_categories(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Write categories, parents before children; the ids of those that were new or differed."""
    return {row["id"] for row in await tx.fetch(_WRITE_CATEGORIES, list(rows))}


async def set_paths(tx: Tx, paths: Mapping[int, Sequence[int]]) -> None:
    """Give categories their paths: descendants of one that moved."""
    await tx.execute(
        """UPDATE catalog_category c SET path = t.path FROM jsonb_to_recordset($1) AS t(id bigint, path bigint[])
            WHERE c.id = t.id AND c.path <> t.path""",
        [{"id": category_id, "path": list(path)} for category_id, path in paths.items()],
    )


async def category_names(tx: Tx, category_ids: Sequence[int]) -> dict[int, list[str]]:
    """For each category that is there, the names of it and its ancestors in both languages."""
    rows = await tx.fetch(
        """SELECT c.id, array_agg(m.name_zh) || array_agg(m.name_en) AS names
             FROM catalog_category c JOIN catalog_category m ON m.id = ANY (c.path)
            WHERE c.id = ANY ($1::bigint[]) GROUP BY c.id""",
        list(category_ids),
    )
    return {row["id"]: [name for name in row["names"] if name] for row in rows}


async def brands_of_source(tx: Tx, source: str, source_ids: Sequence[str]) -> dict[str, int]:
    """The brands of a source, by their id there."""
    rows = await tx.fetch(
        """SELECT id, source_id FROM catalog_brand
            WHERE source = $1 AND source <> '' AND source_id = ANY ($2::text[]) ORDER BY id""",
        source,
        list(source_ids),
    )
    return {row["source_id"]: row["id"] for row in rows}


async def write_brands(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Write brands; the ids of those that were new or differed."""
    return {row["id"] for row in await tx.fetch(_WRITE_BRANDS, list(rows))}


async def brand_names(tx: Tx, brand_ids: Sequence[int]) -> dict[int, list[str]]:
    """For each brand that is there, its names."""
    rows = await tx.fetch(
        "SELECT id, name_zh, name_en FROM catalog_brand WHERE id = ANY ($1::bigint[])", list(brand_ids)
    )
    return {row["id"]: [name for name in (row["name_zh"], row["name_en"]) if name] for row in rows}


async def set_on_sale(tx: Tx, shop_id: int, product_ids: Sequence[int], on_sale: bool) -> list[int]:  # noqa: FBT001
    """Put products of a shop on or off sale (on only with a style on sale); the ids of those that changed."""
    rows = await tx.fetch(
        """UPDATE catalog_product SET on_sale = $3, changed_at = $4
            WHERE shop_id = $1 AND id = ANY ($2::bigint[]) AND on_sale <> $3
              AND (NOT $3 OR EXISTS (SELECT 1 FROM catalog_sku s WHERE s.product_id = catalog_product.id AND s.on_sale))
        RETURNING id""",
        shop_id,
        list(product_ids),
        on_sale,
        tx.now,
    )
    return [row["id"] for row in rows]


async def set_giftable(tx: Tx, shop_id: int, product_ids: Sequence[int], giftable: bool) -> list[int]:  # noqa: FBT001
    """Allow or refuse gifts of products of a shop; the ids of those that changed."""
    rows = await tx.fetch(
        """UPDATE catalog_product SET giftable = $3, changed_at = $4
            WHERE shop_id = $1 AND id = ANY ($2::bigint[]) AND giftable <> $3 RETURNING id""",
        shop_id,
        list(product_ids),
        giftable,
        tx.now,
    )
    return [row["id"] for row in rows]


async def write_reviews(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add reviews; one whose source id its product knows already is left as it is. How many were added."""
    written = await tx.fetch(
        """INSERT INTO catalog_review
                  (id, product_id, person_id, source_id, author, stars, body, pictures, reply, made_at)
           SELECT id, product_id, person_id, source_id, author, stars, body, pictures, reply, made_at
             FROM jsonb_to_recordset($1) AS t(id bigint, product_id bigint, person_id bigint, source_id text,
                  author text, stars smallint, body text, pictures text[], reply text, made_at timestamptz)
           ON CONFLICT (product_id, source_id) WHERE source_id <> '' DO NOTHING RETURNING id""",
        list(rows),
    )
    return len(written)


async def forget_reviewer(tx: Tx, person_id: int, name: str) -> None:
    """A review stays, without whose it was."""
    await tx.execute("UPDATE catalog_review SET person_id = NULL, author = $2 WHERE person_id = $1", person_id, name)

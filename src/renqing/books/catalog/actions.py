"""Verbs of the catalogue. Each takes the open transaction first and never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from renqing.books.catalog import rules, store
from renqing.books.catalog.model import (
    CATEGORY_DEPTH_MAX,
    BrandDraft,
    CategoryDraft,
    FieldFault,
    ProductChanged,
    ProductChangedMeanwhile,
    ProductDraft,
    ProductNotFound,
    ReviewDraft,
    Saved,
)
from renqing.books.catalog.words import Found, product_words
from renqing.foundation.database import Row, Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.outbox import leave


async def save_product(tx: Tx, draft: ProductDraft) -> Saved:
    """Create a product or change all of it. Raises FieldNotValid, ProductNotFound, ProductChangedMeanwhile."""
    saved = (await save_products(tx, [draft]))[0]
    if saved.how != "same":
        await leave(tx, ProductChanged(subject_id=saved.product_id, shop_id=draft.shop_id, what="saved"))
    return saved


async def save_products(tx: Tx, drafts: Sequence[ProductDraft]) -> list[Saved]:
    """Create or change products, all or none, in a fixed number of statements; what became of each, in order.

    Raises FieldNotValid for the first draft that breaks a rule (fact ``place`` says which), ProductNotFound for an id
    that is not this shop's, ProductChangedMeanwhile where the version seen is not the one there.
    """
    if not drafts:
        return []
    for place, draft in enumerate(drafts):
        _refuse(rules.faults_of_product(draft), place)
    known = await _find(tx, drafts)
    names = await _names(tx, drafts)
    kept_skus = await store.skus_of(tx, [row["id"] for row in known if row is not None])
    products: list[dict[str, Any]] = []
    skus: list[dict[str, Any]] = []
    saved: list[Saved] = []
    for draft, row in zip(drafts, known, strict=True):
        product_id = tx.ids.new() if row is None else row["id"]
        products.append(_product_row(draft, product_id, row, names))
        rows, fresh = _sku_rows(tx, draft, product_id, kept_skus.get(product_id, []))
        skus.extend(rows)
        saved.append(Saved(product_id, tuple(sku["id"] for sku in rows), fresh, "new" if row is None else "same"))
    changed = await store.write_products(tx, products)
    moved_skus = await store.write_skus(tx, skus)
    moved = await store.products_of(tx, moved_skus)
    await store.touch_products(tx, sorted(moved - changed))
    return [
        msgspec.structs.replace(one, how="changed") if one.how == "same" and one.product_id in changed | moved else one
        for one in saved
    ]


async def put_on_sale(tx: Tx, shop_id: int, product_ids: Sequence[int]) -> list[int]:
    """Put products of this shop on sale; the ids of those that were off. A foreign shop's are left alone."""
    return await _tell(tx, shop_id, await store.set_on_sale(tx, shop_id, product_ids, True), "put_on_sale")  # noqa: FBT003


async def take_off_sale(tx: Tx, shop_id: int, product_ids: Sequence[int]) -> list[int]:
    """Take products of this shop off sale; the ids of those that were on. What is ordered or given already stays so."""
    return await _tell(tx, shop_id, await store.set_on_sale(tx, shop_id, product_ids, False), "taken_off_sale")  # noqa: FBT003


async def allow_gifts(tx: Tx, shop_id: int, product_ids: Sequence[int], *, allowed: bool) -> list[int]:
    """The merchant's switch: may these be gifts? The ids of those that changed; the platform's rules come on top."""
    changed = await store.set_giftable(tx, shop_id, product_ids, allowed)
    return await _tell(tx, shop_id, changed, "gifts_allowed" if allowed else "gifts_refused")


async def save_category(tx: Tx, draft: CategoryDraft) -> int:
    """Create a category or change it; its id. Raises FieldNotValid."""
    return (await save_categories(tx, [draft]))[0]


async def save_categories(tx: Tx, drafts: Sequence[CategoryDraft]) -> list[int]:
    """Create or change categories, parents before their children; their ids. Raises FieldNotValid.

    A category that moves takes its whole branch along. The tree is locked while it changes.
    """
    for place, draft in enumerate(drafts):
        _refuse(rules.faults_of_category(draft), place)
    kept = await store.lock_categories(tx)
    by_source = {(row["source"], row["source_id"]): row["id"] for row in kept.values() if row["source"]}
    parents: dict[int, int | None] = {row["id"]: row["parent_id"] for row in kept.values()}
    ids = []
    for place, draft in enumerate(drafts):
        known = draft.id if draft.id is not None else by_source.get((draft.source, draft.source_id))
        if draft.id is not None and draft.id not in kept:
            raise FieldNotValid(field="id", reason="unknown", place=place)
        if draft.parent_id is not None and draft.parent_id not in parents:
            raise FieldNotValid(field="parent_id", reason="unknown", place=place)
        category_id = tx.ids.new() if known is None else known
        parents[category_id] = draft.parent_id
        ids.append(category_id)
    paths = {category_id: _path(parents, category_id) for category_id in parents}
    await store.write_categories(
        tx,
        [
            {**_row(draft), "id": category_id, "path": paths[category_id]}
            for draft, category_id in zip(drafts, ids, strict=True)
        ],
    )
    await store.set_paths(tx, paths)
    return ids


async def save_brand(tx: Tx, draft: BrandDraft) -> int:
    """Create a brand or change it; its id. Raises FieldNotValid."""
    return (await save_brands(tx, [draft]))[0]


async def save_brands(tx: Tx, drafts: Sequence[BrandDraft]) -> list[int]:
    """Create or change brands of one source; their ids. Raises FieldNotValid."""
    for place, draft in enumerate(drafts):
        _refuse(rules.faults_of_brand(draft), place)
    sources = {draft.source for draft in drafts if draft.source}
    assert len(sources) <= 1, "brands come from one source at a time"
    known = await store.brands_of_source(tx, next(iter(sources), ""), [draft.source_id for draft in drafts])
    here = await store.brand_names(tx, [draft.id for draft in drafts if draft.id is not None])
    ids = []
    for place, draft in enumerate(drafts):
        if draft.id is not None and draft.id not in here:
            raise FieldNotValid(field="id", reason="unknown", place=place)
        found = draft.id if draft.id is not None else known.get(draft.source_id) if draft.source else None
        ids.append(tx.ids.new() if found is None else found)
    await store.write_brands(tx, [{**_row(draft), "id": brand_id} for draft, brand_id in zip(drafts, ids, strict=True)])
    return ids


async def add_reviews(tx: Tx, drafts: Sequence[ReviewDraft]) -> int:
    """Add reviews; one that came from the same source before is left as it is. How many were added."""
    for place, draft in enumerate(drafts):
        _refuse(rules.faults_of_review(draft), place)
    return await store.write_reviews(tx, [{**_row(draft), "id": tx.ids.new()} for draft in drafts]) if drafts else 0


def _refuse(faults: Sequence[FieldFault], place: int) -> None:
    if faults:
        first = faults[0]
        limit = {} if first.limit is None else {"max": first.limit}
        raise FieldNotValid(field=first.field, reason=first.reason, place=place, **limit)


def _row(draft: CategoryDraft | BrandDraft | ReviewDraft) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(draft)
    return row


def _path(parents: Mapping[int, int | None], category_id: int) -> list[int]:
    """The ancestors of a category and itself, root first. Raises FieldNotValid for a circle or a tree too deep."""
    path = [category_id]
    while (parent := parents[path[0]]) is not None:
        if parent in path:
            raise FieldNotValid(field="parent_id", reason="circle")
        if len(path) == CATEGORY_DEPTH_MAX:
            raise FieldNotValid(field="parent_id", reason="too_deep", max=CATEGORY_DEPTH_MAX)
        path.insert(0, parent)
    return path


async def _find(tx: Tx, drafts: Sequence[ProductDraft]) -> list[Row | None]:
    """The product each draft is about, locked, or None where it is new. Raises FieldNotValid for twins."""
    named = [(draft.shop_id, draft.source, draft.source_id) for draft in drafts if draft.source]
    if len(set(named)) < len(named):
        raise FieldNotValid(field="source_id", reason="repeated")
    by_id, by_source = await store.lock_products(
        tx,
        ids=[draft.id for draft in drafts if draft.id is not None],
        sources=[
            (draft.shop_id, draft.source, draft.source_id) for draft in drafts if draft.id is None and draft.source
        ],
    )
    found: list[Row | None] = []
    for draft in drafts:
        if draft.id is None:
            found.append(by_source.get((draft.shop_id, draft.source, draft.source_id)) if draft.source else None)
            continue
        row = by_id.get(draft.id)
        if row is None or row["shop_id"] != draft.shop_id:
            raise ProductNotFound(product_id=draft.id)
        if draft.seen_changed_at is not None and row["changed_at"] != draft.seen_changed_at:
            raise ProductChangedMeanwhile(product_id=draft.id)
        found.append(row)
    ids = [row["id"] for row in found if row is not None]
    if len(set(ids)) < len(ids):
        raise FieldNotValid(field="source_id", reason="repeated")
    return found


async def _names(tx: Tx, drafts: Sequence[ProductDraft]) -> dict[tuple[str, int], list[str]]:
    """The names of the drafts' categories and brands, for search. Raises FieldNotValid for one that is not there."""
    categories = await store.category_names(tx, sorted({draft.category_id for draft in drafts}))
    brands = await store.brand_names(tx, sorted({draft.brand_id for draft in drafts if draft.brand_id is not None}))
    for place, draft in enumerate(drafts):
        if draft.category_id not in categories:
            raise FieldNotValid(field="category_id", reason="unknown", place=place)
        if draft.brand_id is not None and draft.brand_id not in brands:
            raise FieldNotValid(field="brand_id", reason="unknown", place=place)
    return {("category", key): names for key, names in categories.items()} | {
        ("brand", key): names for key, names in brands.items()
    }


def _product_row(
    draft: ProductDraft, product_id: int, row: Row | None, names: Mapping[tuple[str, int], Sequence[str]]
) -> dict[str, Any]:
    price_min, price_max = rules.price_range(draft.skus)
    giftable_now, popularity_now = (True, 0) if row is None else (row["giftable"], row["popularity"])
    made: dict[str, Any] = msgspec.to_builtins(draft)
    del made["skus"], made["seen_changed_at"]
    return {
        **made,
        "id": product_id,
        "detail_zh": rules.clean_detail(draft.detail_zh),
        "detail_en": rules.clean_detail(draft.detail_en),
        "giftable": giftable_now if draft.giftable is None else draft.giftable,
        "popularity": popularity_now if draft.popularity is None else draft.popularity,
        "price_min": price_min,
        "price_max": price_max,
        "words": product_words(
            Found(
                titles=[draft.title_zh, draft.title_en],
                brands=names["brand", draft.brand_id] if draft.brand_id is not None else (),
                categories=names["category", draft.category_id],
                others=[draft.brief_zh, draft.brief_en, *(spec for sku in draft.skus for spec in sku.specs)],
            )
        ),
    }


def _sku_rows(
    tx: Tx, draft: ProductDraft, product_id: int, kept: Sequence[Row]
) -> tuple[list[dict[str, Any]], tuple[int, ...]]:
    """The SKUs of a draft as rows with their ids, and which of them are new. Raises FieldNotValid for a foreign id."""
    kept_ids = {sku["id"] for sku in kept}
    by_source = {sku["source_id"]: sku["id"] for sku in kept if sku["source_id"]}
    rows, fresh = [], []
    for place, sku in enumerate(draft.skus):
        if sku.id is not None and sku.id not in kept_ids:
            raise FieldNotValid(field=f"skus.{place}.id", reason="unknown")
        sku_id = sku.id if sku.id is not None else by_source.get(sku.source_id)
        if sku_id is None:
            sku_id = tx.ids.new()
            fresh.append(sku_id)
        made: dict[str, Any] = msgspec.to_builtins(sku)
        rows.append({**made, "id": sku_id, "product_id": product_id, "place": place})
    return rows, tuple(fresh)


async def _tell(tx: Tx, shop_id: int, product_ids: list[int], what: Any) -> list[int]:
    await leave(tx, *(ProductChanged(subject_id=product_id, shop_id=shop_id, what=what) for product_id in product_ids))
    return product_ids

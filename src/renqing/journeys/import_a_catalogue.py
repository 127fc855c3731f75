"""A shop takes over a whole catalogue: categories, brands, products with their styles, stock and reviews.

Everything is judged before anything is written, and all faults are told at once, by file and line. Then one
transaction writes it all; when a step fails, nothing of it is there. A repeat finds each row by the source's own id,
changes what differs and leaves the rest, so it needs no request key. Stock is received once, with a style that is new
to us: after that the shelf knows better than the file.

Steps: the shop is opened where it is new; categories (a category of ours with the same names is taken where the
source has no ids of its own); brands; products and styles, a batch at a time; stock of new styles; reviews; the fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, TypeVar

import msgspec

from renqing.books import catalog, people, stock
from renqing.books.catalog import Catalogue, Fault, IncomingCategory, Note
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotValid
from renqing.foundation.ground import Ground
from renqing.foundation.outbox import leave

BATCH = 500
FAULTS_TOLD_MAX = 100

T = TypeVar("T")
Step = Literal["categories", "brands", "products", "reviews"]
Tell = Callable[[Step, int, int], None]


class ImportACatalogue(msgspec.Struct, frozen=True):
    """What to take over and where to: a shop that is there, or a new one with its owner (None: somebody new)."""

    catalogue: Catalogue
    shop_id: int | None = None
    new_shop: people.NewShop | None = None
    owner_id: int | None = None


class CatalogueImportedNow(msgspec.Struct, frozen=True):
    """What became of it. ``skus_stocked`` are the styles that were new and came with pieces."""

    shop_id: int
    categories: int
    brands: int
    products_new: int
    products_changed: int
    products_same: int
    skus_new: int
    pieces_received: int
    reviews_new: int
    notes: tuple[Note, ...]


class CatalogueNotValid(NotValid):
    """The files have faults; nothing was written. Facts: ``faults`` (the first of them) and ``count``."""

    code = "catalogue_not_valid"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults=list(faults[:FAULTS_TOLD_MAX]), count=len(faults))


def _quiet(_step: Step, _done: int, _of: int) -> None:
    """Nobody watches."""


async def import_a_catalogue(ground: Ground, ask: ImportACatalogue, tell: Tell = _quiet) -> CatalogueImportedNow:
    """Take over a catalogue whole or not at all. ``tell`` hears of progress. Raises CatalogueNotValid, ShopUnknown."""
    return await ground.db.run(lambda tx: take_over(tx, ask, tell))


async def take_over(tx: Tx, ask: ImportACatalogue, tell: Tell = _quiet) -> CatalogueImportedNow:
    """The same inside a story that does more. Raises CatalogueNotValid, ShopUnknown."""
    catalogue = ask.catalogue
    faults = catalog.faults_of(catalogue)
    if faults:
        raise CatalogueNotValid(faults)
    await catalog.lock_source(tx, catalogue.source)
    shop_id = await _shop(tx, ask)
    categories = await _categories(tx, catalogue)
    tell("categories", len(categories), len(categories))
    brands = await _brands(tx, catalogue)
    tell("brands", len(brands), len(brands))
    saved = await _products(tx, catalogue, shop_id, categories, brands, tell)
    import_id = tx.ids.new()
    pieces = await _stock(tx, catalogue, saved, import_id)
    reviews = await _reviews(tx, catalogue, saved, tell)
    how = [one.how for one in saved.values()]
    skus_new = sum(len(one.new_sku_ids) for one in saved.values())
    await leave(
        tx,
        catalog.CatalogueImported(
            subject_id=shop_id,
            import_id=import_id,
            source=catalogue.source,
            products_new=how.count("new"),
            products_changed=how.count("changed"),
            skus_new=skus_new,
        ),
    )
    return CatalogueImportedNow(
        shop_id=shop_id,
        categories=len(categories),
        brands=len(brands),
        products_new=how.count("new"),
        products_changed=how.count("changed"),
        products_same=how.count("same"),
        skus_new=skus_new,
        pieces_received=pieces,
        reviews_new=reviews,
        notes=tuple(catalogue.notes),
    )


async def _shop(tx: Tx, ask: ImportACatalogue) -> int:
    if ask.shop_id is not None:
        return (await people.get_shop(tx, ask.shop_id)).id
    assert ask.new_shop is not None, "an import names a shop or opens one"
    owner_id = ask.owner_id
    if owner_id is None:
        owner_id = (await people.join(tx, name=ask.new_shop.name_zh)).id
    return (await people.open_shop(tx, ask.new_shop, owner_id)).id


async def _categories(tx: Tx, catalogue: Catalogue) -> dict[str, int]:
    """Our category of each of the source's ids; a level at a time, parents first."""
    ways = {category.source_id: _way(catalogue, category) for category in catalogue.categories}
    ours = await catalog.categories_by_name(tx) if any(one.by_name for one in catalogue.categories) else {}
    found: dict[str, int] = {}
    for depth in range(1, max(map(len, ways.values()), default=0) + 1):
        level = [category for category in catalogue.categories if len(ways[category.source_id]) == depth]
        named = {one.source_id: ours.get(_names(ways[one.source_id])) for one in level if one.by_name}
        found.update({source_id: category_id for source_id, category_id in named.items() if category_id is not None})
        fresh = [category for category in level if category.source_id not in found]
        drafts = [
            catalog.category_draft(one, catalogue.source, found[one.parent_source_id] if one.parent_source_id else None)
            for one in fresh
        ]
        ids = await catalog.save_categories(tx, drafts)
        found.update({category.source_id: category_id for category, category_id in zip(fresh, ids, strict=True)})
    return found


async def _brands(tx: Tx, catalogue: Catalogue) -> dict[str, int]:
    drafts = [catalog.brand_draft(brand, catalogue.source) for brand in catalogue.brands]
    ids = await catalog.save_brands(tx, drafts)
    return {brand.source_id: brand_id for brand, brand_id in zip(catalogue.brands, ids, strict=True)}


def _way(catalogue: Catalogue, category: IncomingCategory) -> list[IncomingCategory]:
    """A category's ancestors and itself, root first."""
    by_id = {one.source_id: one for one in catalogue.categories}
    way = [category]
    while way[0].parent_source_id is not None:
        way.insert(0, by_id[way[0].parent_source_id])
    return way


def _names(way: Sequence[IncomingCategory]) -> tuple[str, ...]:
    return tuple(category.name_zh for category in way)


async def _products(
    tx: Tx, catalogue: Catalogue, shop_id: int, categories: Mapping[str, int], brands: Mapping[str, int], tell: Tell
) -> dict[str, catalog.Saved]:
    saved: dict[str, catalog.Saved] = {}
    tell("products", 0, len(catalogue.products))
    for batch in _batches(catalogue.products):
        drafts = [
            catalog.product_draft(
                product,
                catalogue,
                shop_id=shop_id,
                category_id=categories[product.category_source_id],
                brand_id=None if product.brand_source_id is None else brands[product.brand_source_id],
            )
            for product in batch
        ]
        for product, one in zip(batch, await catalog.save_products(tx, drafts), strict=True):
            saved[product.source_id] = one
        tell("products", len(saved), len(catalogue.products))
    return saved


async def _stock(tx: Tx, catalogue: Catalogue, saved: Mapping[str, catalog.Saved], import_id: int) -> int:
    """Receive the pieces of styles that are new; a style that was known keeps the stock it has."""
    lines = [
        (sku_id, sku.stock)
        for product in catalogue.products
        for sku, sku_id in zip(product.skus, saved[product.source_id].sku_ids, strict=True)
        if sku.stock > 0 and sku_id in saved[product.source_id].new_sku_ids
    ]
    await stock.receive(tx, lines, "catalogue_import", import_id)
    return sum(quantity for _, quantity in lines)


async def _reviews(tx: Tx, catalogue: Catalogue, saved: Mapping[str, catalog.Saved], tell: Tell) -> int:
    added = 0
    tell("reviews", 0, len(catalogue.reviews))
    for place, batch in enumerate(_batches(catalogue.reviews)):
        drafts = [catalog.review_draft(review, saved[review.product_source_id].product_id) for review in batch]
        added += await catalog.add_reviews(tx, drafts)
        tell("reviews", place * BATCH + len(batch), len(catalogue.reviews))
    return added


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]

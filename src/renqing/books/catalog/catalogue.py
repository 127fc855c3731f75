"""A whole catalogue as a file brings it, every row with the file and line it stands in. Pure.

Rows name each other by the source's own ids. ``faults_of`` says everything that is wrong with it at once: an import is
taken over whole or not at all, so its owner should not learn of the faults one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from renqing.books.catalog import rules
from renqing.books.catalog.model import (
    CATEGORY_DEPTH_MAX,
    STOCK_MAX,
    BrandDraft,
    CategoryDraft,
    FieldFault,
    GiftForbidden,
    ProductDraft,
    ReviewDraft,
    SkuDraft,
)

PRODUCTS_MAX = 50_000
REVIEWS_MAX = 500_000
_SKU_FIELD = re.compile(r"skus\.(\d+)\.(\w+)")
_JEWELLERY = re.compile(r"珠宝|首饰|黄金|铂金|钻石|翡翠|玉器|jewel", re.IGNORECASE)
_EDUCATION = re.compile(r"教育|培训|课程|网课|辅导|家教|education|training course|tutoring", re.IGNORECASE)


class At(msgspec.Struct, frozen=True):
    """Where a row stands: the file's name and the line its row begins in (1 is the heading)."""

    file: str
    line: int


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a row: its column as the file calls it, why, what stands there, and the limit."""

    at: At
    column: str
    reason: str
    value: str = ""
    limit: int | None = None


class Note(msgspec.Struct, frozen=True):
    """Something that was read otherwise than it stands, or left out, and how often; nothing is wrong with it."""

    what: str
    count: int


class IncomingCategory(msgspec.Struct, frozen=True, kw_only=True):
    """A category of the source. With ``by_name`` one of ours that has the same way from the root is taken instead."""

    at: At
    source_id: str
    name_zh: str
    name_en: str = ""
    parent_source_id: str | None = None
    picture: str = ""
    place: int = 0
    by_name: bool = False

    @property
    def gift_forbidden(self) -> GiftForbidden | None:
        return mark_of(f"{self.name_zh} {self.name_en}")


class IncomingBrand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand of the source."""

    at: At
    source_id: str
    name_zh: str
    name_en: str = ""
    story: str = ""
    picture: str = ""


class IncomingSku(msgspec.Struct, frozen=True, kw_only=True):
    """A style with what is in stock of it; the stock counts only when the style is new to us."""

    at: At
    source_id: str
    price: int
    original_price: int
    specs: tuple[str, ...] = ()
    picture: str = ""
    on_sale: bool = True
    stock: int = 0


class IncomingProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the source with its styles."""

    at: At
    source_id: str
    category_source_id: str
    title_zh: str
    skus: tuple[IncomingSku, ...]
    brand_source_id: str | None = None
    title_en: str = ""
    brief_zh: str = ""
    brief_en: str = ""
    detail_zh: str = ""
    detail_en: str = ""
    unit: str = ""
    pictures: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    spec_names: tuple[str, ...] = ()
    on_sale: bool = True
    giftable: bool | None = None
    popularity: int | None = None


class IncomingReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review of one of the source's products."""

    at: At
    source_id: str
    product_source_id: str
    body: str
    made_at: datetime
    author: str = ""
    stars: int | None = None
    pictures: tuple[str, ...] = ()
    reply: str = ""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a source brings. ``columns`` tells how its files call our fields (``product.title_zh``: ``name``)."""

    source: str
    currency: str
    products: Sequence[IncomingProduct]
    categories: Sequence[IncomingCategory] = ()
    brands: Sequence[IncomingBrand] = ()
    reviews: Sequence[IncomingReview] = ()
    faults: Sequence[Fault] = ()
    notes: Sequence[Note] = ()
    columns: Mapping[str, str] = {}


def mark_of(name: str) -> GiftForbidden | None:
    """The mark that a category's name calls for: WeChat's gifts leave out jewellery and education."""
    if _JEWELLERY.search(name):
        return "jewellery"
    return "education" if _EDUCATION.search(name) else None


def faults_of(catalogue: Catalogue) -> list[Fault]:
    """Everything that is wrong, what the reader found included, by file and line."""
    found = [
        *catalogue.faults,
        *_too_many(catalogue),
        *_tree(catalogue),
        *(fault for brand in catalogue.brands for fault in _own(catalogue, "brand", brand.at, _brand_faults(brand))),
        *(fault for product in catalogue.products for fault in _product(catalogue, product)),
        *(
            fault
            for review in catalogue.reviews
            for fault in _own(catalogue, "review", review.at, _review_faults(review))
        ),
        *_references(catalogue),
        *_repeated(catalogue, "category", catalogue.categories),
        *_repeated(catalogue, "brand", catalogue.brands),
        *_repeated(catalogue, "product", catalogue.products),
        *_repeated(catalogue, "review", catalogue.reviews),
    ]
    return sorted(dict.fromkeys(found), key=lambda fault: (fault.at.file, fault.at.line))


def category_draft(category: IncomingCategory, source: str, parent_id: int | None) -> CategoryDraft:
    """The category as a draft of ours, below this parent."""
    return CategoryDraft(
        name_zh=category.name_zh,
        name_en=category.name_en,
        parent_id=parent_id,
        source=source,
        source_id=category.source_id,
        picture=category.picture,
        place=category.place,
        gift_forbidden=category.gift_forbidden,
    )


def brand_draft(brand: IncomingBrand, source: str) -> BrandDraft:
    """The brand as a draft of ours."""
    return BrandDraft(
        name_zh=brand.name_zh,
        name_en=brand.name_en,
        source=source,
        source_id=brand.source_id,
        story=brand.story,
        picture=brand.picture,
    )


def product_draft(
    product: IncomingProduct, catalogue: Catalogue, *, shop_id: int, category_id: int, brand_id: int | None
) -> ProductDraft:
    """The product as a draft of ours, in this shop, category and brand."""
    return ProductDraft(
        shop_id=shop_id,
        category_id=category_id,
        brand_id=brand_id,
        source=catalogue.source,
        source_id=product.source_id,
        title_zh=product.title_zh,
        title_en=product.title_en,
        brief_zh=product.brief_zh,
        brief_en=product.brief_en,
        detail_zh=product.detail_zh,
        detail_en=product.detail_en,
        unit=product.unit,
        pictures=product.pictures,
        attributes=product.attributes,
        spec_names=product.spec_names,
        on_sale=product.on_sale,
        giftable=product.giftable,
        popularity=product.popularity,
        currency=catalogue.currency,
        skus=tuple(
            SkuDraft(
                price=sku.price,
                original_price=sku.original_price,
                specs=sku.specs,
                source_id=sku.source_id,
                picture=sku.picture,
                on_sale=sku.on_sale,
            )
            for sku in product.skus
        ),
    )


def review_draft(review: IncomingReview, product_id: int) -> ReviewDraft:
    """The review as a draft of ours, of this product."""
    return ReviewDraft(
        product_id=product_id,
        body=review.body,
        made_at=review.made_at,
        author=review.author,
        stars=review.stars,
        source_id=review.source_id,
        pictures=review.pictures,
        reply=review.reply,
    )


def _own(catalogue: Catalogue, kind: str, at: At, faults: Iterable[FieldFault]) -> Iterator[Fault]:
    for fault in faults:
        name = f"{kind}.{fault.field}"
        yield Fault(at, catalogue.columns.get(name, fault.field), fault.reason, limit=fault.limit)


def _brand_faults(brand: IncomingBrand) -> list[FieldFault]:
    return rules.faults_of_brand(brand_draft(brand, "any"))


def _review_faults(review: IncomingReview) -> list[FieldFault]:
    return rules.faults_of_review(review_draft(review, 0))


def _product(catalogue: Catalogue, product: IncomingProduct) -> Iterator[Fault]:
    """A product's faults, those of its styles at the styles' own lines."""
    own: list[FieldFault] = []
    draft = product_draft(product, catalogue, shop_id=0, category_id=0, brand_id=None)
    for fault in rules.faults_of_product(draft):
        in_sku = _SKU_FIELD.fullmatch(fault.field)
        if in_sku is None:
            own.append(fault)
            continue
        sku = product.skus[int(in_sku[1])]
        yield from _own(catalogue, "sku", sku.at, [FieldFault(in_sku[2], fault.reason, fault.limit)])
    yield from _own(catalogue, "product", product.at, own)
    for sku in product.skus:
        if not 0 <= sku.stock <= STOCK_MAX:
            yield from _own(catalogue, "sku", sku.at, [FieldFault("stock", "outside", STOCK_MAX)])


def _tree(catalogue: Catalogue) -> Iterator[Fault]:
    """Categories: each by itself, and that each has a way to a root that is not too long."""
    parents = {category.source_id: category.parent_source_id for category in catalogue.categories}
    for category in catalogue.categories:
        draft = category_draft(category, "any", None)
        yield from _own(catalogue, "category", category.at, rules.faults_of_category(draft))
        way: list[str] = [category.source_id]
        while (parent := parents.get(way[-1])) is not None and len(way) <= CATEGORY_DEPTH_MAX:
            if parent not in parents or parent in way:
                reason = "circle" if parent in way else "unknown"
                yield from _own(catalogue, "category", category.at, [FieldFault("parent", reason)])
                break
            way.append(parent)
        if len(way) > CATEGORY_DEPTH_MAX:
            yield from _own(catalogue, "category", category.at, [FieldFault("parent", "too_deep", CATEGORY_DEPTH_MAX)])


def _references(catalogue: Catalogue) -> Iterator[Fault]:
    categories = {category.source_id for category in catalogue.categories}
    brands = {brand.source_id for brand in catalogue.brands}
    products = {product.source_id for product in catalogue.products}
    for product in catalogue.products:
        if product.category_source_id not in categories:
            yield _unknown(catalogue, "product", product.at, "category", product.category_source_id)
        if product.brand_source_id is not None and product.brand_source_id not in brands:
            yield _unknown(catalogue, "product", product.at, "brand", product.brand_source_id)
    for review in catalogue.reviews:
        if review.product_source_id not in products:
            yield _unknown(catalogue, "review", review.at, "product", review.product_source_id)


def _unknown(catalogue: Catalogue, kind: str, at: At, field: str, value: str) -> Fault:
    return Fault(at, catalogue.columns.get(f"{kind}.{field}", field), "unknown", value[:60])


def _repeated(
    catalogue: Catalogue,
    kind: str,
    rows: Iterable[IncomingCategory | IncomingBrand | IncomingProduct | IncomingReview],
) -> Iterator[Fault]:
    """A source's id stands once (a review's once a product), because it is how a repeated import knows its rows."""
    seen: set[str] = set()
    for row in rows:
        owner = row.product_source_id if isinstance(row, IncomingReview) else ""
        if not row.source_id:
            yield Fault(row.at, catalogue.columns.get(f"{kind}.source_id", "source_id"), "missing")
        elif f"{owner}\0{row.source_id}" in seen:
            yield Fault(row.at, catalogue.columns.get(f"{kind}.source_id", "source_id"), "repeated", row.source_id[:60])
        seen.add(f"{owner}\0{row.source_id}")


def _too_many(catalogue: Catalogue) -> Iterator[Fault]:
    for kind, rows, limit in (
        ("product", catalogue.products, PRODUCTS_MAX),
        ("review", catalogue.reviews, REVIEWS_MAX),
    ):
        if len(rows) > limit:
            yield Fault(rows[limit].at, kind, "too_many", str(len(rows)), limit)
    if not catalogue.products and not catalogue.faults:
        yield Fault(At("", 0), "product", "missing")

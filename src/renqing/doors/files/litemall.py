"""A folder of litemall's tables as CSV (github.com/linlinjava/litemall): one file a table, as its database exports it.

What it says and how it is taken:
- ``star`` is 1 on almost every review, praise included: it is the column's default, nobody's rating. Only 2 to 5 count.
- ``counter_price`` is the product's; a style that costs more than it has no original price above its own.
- ``deleted`` rows are left out, and so are reviews of topics and of products that the folder does not have.
- Pictures are addresses of another host. They are kept, and pages do not load them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from renqing.books.catalog import (
    Catalogue,
    IncomingBrand,
    IncomingCategory,
    IncomingProduct,
    IncomingReview,
    IncomingSku,
)
from renqing.doors.files.tables import Cells, Findings, read_table

SOURCE = "litemall"
CURRENCY = "CNY"
SHOP_ZH = "网易严选"
SHOP_EN = "Yanxuan"
NO_RATING = 1
REVIEW_OF_PRODUCT = "0"
PICTURES_KEPT_MAX = 20
_ADDRESS = re.compile(r"(?:https?:)?//[^\s/]+/\S*")
_COLUMNS = {
    "product.title_zh": "name",
    "product.source_id": "id",
    "product.category": "category_id",
    "product.brand": "brand_id",
    "product.brief_zh": "brief",
    "product.detail_zh": "detail",
    "product.pictures": "gallery",
    "product.attributes": "goods_attribute",
    "product.spec_names": "goods_specification",
    "product.skus": "goods_product",
    "sku.specs": "specifications",
    "sku.stock": "number",
    "sku.picture": "url",
    "sku.source_id": "id",
    "category.name_zh": "name",
    "category.source_id": "id",
    "category.parent": "pid",
    "brand.name_zh": "name",
    "brand.source_id": "id",
    "brand.story": "desc",
    "review.body": "content",
    "review.source_id": "id",
    "review.stars": "star",
    "review.product": "value_id",
}


def read_litemall(folder: Path) -> Catalogue:
    """The catalogue of a litemall folder; what is wrong with it is in its ``faults``."""
    findings = Findings()
    categories = [_category(row) for row in _rows(folder, "category.csv", findings, ["id", "name", "pid"])]
    brands = [_brand(row) for row in _rows(folder, "brand.csv", findings, ["id", "name"], optional=True)]
    products = list(_products(folder, findings))
    reviews = list(_reviews(folder, findings, {product.source_id for product in products}))
    popular: dict[str, int] = defaultdict(int)
    for review in reviews:
        popular[review.product_source_id] += 1
    return Catalogue(
        source=SOURCE,
        currency=CURRENCY,
        categories=categories,
        brands=brands,
        products=[msgspec.structs.replace(one, popularity=popular[one.source_id]) for one in products],
        reviews=reviews,
        faults=findings.faults,
        notes=findings.notes(),
        columns=_COLUMNS,
    )


def _rows(
    folder: Path, name: str, findings: Findings, required: Sequence[str], *, optional: bool = False
) -> Iterator[Cells]:
    for row in read_table(folder, name, findings, required=required, optional=optional):
        if row.text("deleted") in {"1", "true", "t"}:
            findings.count("deleted")
        else:
            yield row


def _category(row: Cells) -> IncomingCategory:
    parent = row.text("pid")
    return IncomingCategory(
        at=row.at,
        source_id=row.text("id"),
        name_zh=row.text("name"),
        parent_source_id=None if parent in {"", "0"} else parent,
        picture=_picture(row, "icon_url"),
        place=row.whole("sort_order"),
    )


def _brand(row: Cells) -> IncomingBrand:
    return IncomingBrand(
        at=row.at,
        source_id=row.text("id"),
        name_zh=row.text("name"),
        story=row.text("desc"),
        picture=_picture(row, "pic_url"),
    )


def _products(folder: Path, findings: Findings) -> Iterator[IncomingProduct]:
    attributes = _by_goods(folder, "goods_attribute.csv", findings, ["goods_id", "attribute", "value"], optional=True)
    specifications = _by_goods(
        folder, "goods_specification.csv", findings, ["goods_id", "specification"], optional=True
    )
    styles = _by_goods(folder, "goods_product.csv", findings, ["id", "goods_id", "specifications", "price", "number"])
    needed = ["id", "name", "category_id", "counter_price", "retail_price", "detail", "is_on_sale"]
    for row in _rows(folder, "goods.csv", findings, needed):
        goods_id = row.text("id")
        retail = row.money("retail_price", CURRENCY, 1)
        counter = row.money("counter_price", CURRENCY, retail)
        brand = row.text("brand_id")
        pictures = [_picture(row, "pic_url"), *(_kept(one, findings) for one in row.texts("gallery"))]
        kept = tuple(dict.fromkeys(picture for picture in pictures if picture))[:PICTURES_KEPT_MAX]
        findings.count("pictures_elsewhere", len(kept))
        yield IncomingProduct(
            at=row.at,
            source_id=goods_id,
            category_source_id=row.text("category_id"),
            brand_source_id=None if brand in {"", "0"} else brand,
            title_zh=row.text("name"),
            brief_zh=row.text("brief"),
            detail_zh=row.text("detail"),
            unit=row.text("unit"),
            pictures=kept,
            attributes=tuple((one.text("attribute"), one.text("value")) for one in attributes[goods_id]),
            spec_names=tuple(dict.fromkeys(one.text("specification") for one in specifications[goods_id])),
            on_sale=row.text("is_on_sale") not in {"0", "false", "f"},
            skus=tuple(_sku(style, counter) for style in styles[goods_id]),
        )


def _by_goods(
    folder: Path, name: str, findings: Findings, required: Sequence[str], *, optional: bool = False
) -> Mapping[str, list[Cells]]:
    found: dict[str, list[Cells]] = defaultdict(list)
    for row in _rows(folder, name, findings, required, optional=optional):
        found[row.text("goods_id")].append(row)
    return found


def _sku(row: Cells, counter_price: int) -> IncomingSku:
    price = row.money("price", CURRENCY, counter_price)
    if price > counter_price:
        row.findings.count("dearer_than_counter")
    return IncomingSku(
        at=row.at,
        source_id=row.text("id"),
        price=price,
        original_price=max(counter_price, price),
        specs=row.texts("specifications"),
        picture=_picture(row, "url"),
        stock=row.whole("number"),
    )


def _reviews(folder: Path, findings: Findings, products: set[str]) -> Iterator[IncomingReview]:
    needed = ["id", "value_id", "type", "content", "star", "add_time"]
    for row in _rows(folder, "comment.csv", findings, needed, optional=True):
        if row.text("type") != REVIEW_OF_PRODUCT or row.text("value_id") not in products:
            findings.count("reviews_of_others")
            continue
        made_at = row.moment("add_time")
        if made_at is None:
            continue
        yield IncomingReview(
            at=row.at,
            source_id=row.text("id"),
            product_source_id=row.text("value_id"),
            body=row.text("content"),
            stars=_stars(row),
            pictures=tuple(filter(None, (_kept(one, findings) for one in row.texts("pic_urls")))),
            reply=row.text("admin_content"),
            made_at=made_at,
        )


def _stars(row: Cells) -> int | None:
    stars = row.whole("star", NO_RATING)
    if stars == NO_RATING:
        row.findings.count("stars_by_default")
        return None
    if not 0 <= stars <= 5:
        row.findings.fault(row.at, "star", "outside", row.text("star"), 5)
    return stars or None


def _picture(row: Cells, column: str) -> str:
    return _kept(row.text(column), row.findings)


def _kept(address: str, findings: Findings) -> str:
    """The address of a picture, or empty where it is none."""
    if not address or _ADDRESS.fullmatch(address):
        return address
    findings.count("pictures_broken")
    return ""

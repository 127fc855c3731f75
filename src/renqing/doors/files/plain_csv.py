"""A catalogue as one plain CSV file, one row a style: docs/import-csv.md is its whole description.

Rows of one ``product_id`` are one product. What belongs to the product stands in its first row; later rows repeat it
or leave it empty. Categories are ways of names (``居家 > 床品``): one of ours that has the same way is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from renqing.books.catalog import Catalogue, IncomingBrand, IncomingCategory, IncomingProduct, IncomingSku
from renqing.doors.files.tables import Cells, Findings, read_table

SOURCE = "csv"
REQUIRED = ("product_id", "sku_id", "category", "title_zh", "price")
OF_PRODUCT = (
    *("category", "category_en", "brand", "title_zh", "title_en", "brief_zh", "brief_en", "detail_zh", "detail_en"),
    *("unit", "pictures", "attributes", "on_sale", "giftable"),
)
OF_SKU = ("specs", "price", "original_price", "stock", "sku_picture", "sku_on_sale")
COLUMNS = ("product_id", "sku_id", *OF_PRODUCT, *OF_SKU)
_NAMES = {
    "product.source_id": "product_id",
    "product.skus": "sku_id",
    "product.spec_names": "specs",
    "sku.source_id": "sku_id",
    "sku.picture": "sku_picture",
    "category.name_zh": "category",
    "category.name_en": "category_en",
    "category.source_id": "category",
    "category.parent": "category",
    "brand.name_zh": "brand",
    "brand.source_id": "brand",
}
_YES = frozenset({"yes", "true", "1", "是"})
_NO = frozenset({"no", "false", "0", "否"})


def read_plain_csv(file: Path, currency: str) -> Catalogue:
    """The catalogue of a plain CSV file; what is wrong with it is in its ``faults``."""
    findings = Findings()
    products: dict[str, list[Cells]] = {}
    for row in read_table(file.parent, file.name, findings, required=REQUIRED, known=COLUMNS):
        products.setdefault(row.text("product_id"), []).append(row)
    categories: dict[str, IncomingCategory] = {}
    brands: dict[str, IncomingBrand] = {}
    for rows in products.values():
        for category in _categories(rows[0]):
            categories.setdefault(category.source_id, category)
        name = rows[0].text("brand")
        if name:
            brands.setdefault(name, IncomingBrand(at=rows[0].at, source_id=name, name_zh=name))
    return Catalogue(
        source=SOURCE,
        currency=currency,
        categories=list(categories.values()),
        brands=list(brands.values()),
        products=[_product(product_id, rows, currency) for product_id, rows in products.items()],
        faults=findings.faults,
        notes=findings.notes(),
        columns=_NAMES,
    )


def _steps(row: Cells, column: str) -> list[str]:
    written = row.text(column)
    return [step.strip() for step in written.split(">")] if written else []


def _categories(row: Cells) -> Iterator[IncomingCategory]:
    """Every step of a row's category, root first. Its id in the file is the way of names itself."""
    names, english = _steps(row, "category"), _steps(row, "category_en")
    if english and len(english) != len(names):
        row.findings.fault(row.at, "category_en", "steps_differ", row.text("category_en"), len(names))
        english = []
    for place, name in enumerate(names):
        yield IncomingCategory(
            at=row.at,
            source_id=">".join(names[: place + 1]),
            name_zh=name,
            name_en=english[place] if english else "",
            parent_source_id=">".join(names[:place]) or None,
            by_name=True,
        )


def _product(product_id: str, rows: Sequence[Cells], currency: str) -> IncomingProduct:
    first = rows[0]
    for row in rows[1:]:
        for column in OF_PRODUCT:
            if row.text(column) not in {"", first.text(column)}:
                row.findings.fault(row.at, column, "differs", row.text(column))
    spec_names = tuple(name for name, _ in _pairs(first, "specs"))
    return IncomingProduct(
        at=first.at,
        source_id=product_id,
        category_source_id=">".join(_steps(first, "category")),
        brand_source_id=first.text("brand") or None,
        title_zh=first.text("title_zh"),
        title_en=first.text("title_en"),
        brief_zh=first.text("brief_zh"),
        brief_en=first.text("brief_en"),
        detail_zh=first.text("detail_zh"),
        detail_en=first.text("detail_en"),
        unit=first.text("unit"),
        pictures=_list(first, "pictures"),
        attributes=tuple(_pairs(first, "attributes")),
        spec_names=spec_names,
        on_sale=_yes_or_no(first, "on_sale") is not False,
        giftable=_yes_or_no(first, "giftable"),
        skus=tuple(_sku(row, spec_names, currency) for row in rows),
    )


def _sku(row: Cells, spec_names: Sequence[str], currency: str) -> IncomingSku:
    if not row.text("sku_id"):
        row.findings.fault(row.at, "sku_id", "missing")
    price = row.money("price", currency, 1)
    specs = _pairs(row, "specs")
    if [name for name, _ in specs] != list(spec_names):
        row.findings.fault(row.at, "specs", "names_differ", row.text("specs"))
        specs = [(name, f"? {row.at.line}") for name in spec_names]
    return IncomingSku(
        at=row.at,
        source_id=row.text("sku_id"),
        price=price,
        original_price=row.money("original_price", currency, price) if row.text("original_price") else price,
        specs=tuple(value for _, value in specs),
        picture=row.text("sku_picture"),
        on_sale=_yes_or_no(row, "sku_on_sale") is not False,
        stock=row.whole("stock"),
    )


def _list(row: Cells, column: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in row.text(column).split("|") if part.strip())


def _pairs(row: Cells, column: str) -> list[tuple[str, str]]:
    """``颜色=白|尺寸=M`` as pairs."""
    pairs = []
    for part in _list(row, column):
        name, sign, value = part.partition("=")
        if not sign or not name.strip():
            row.findings.fault(row.at, column, "not_a_pair", part)
            continue
        pairs.append((name.strip(), value.strip()))
    return pairs


def _yes_or_no(row: Cells, column: str) -> bool | None:
    written = row.text(column).casefold()
    if written and written not in _YES | _NO:
        row.findings.fault(row.at, column, "not_yes_or_no", written)
    return None if not written else written in _YES

"""What is wrong between the rows of a catalogue: ways without a root, names of nobody, rows told twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from renqing.books.catalog import catalogue as incoming
from renqing.books.catalog.catalogue import (
    At,
    Catalogue,
    Fault,
    IncomingBrand,
    IncomingCategory,
    IncomingProduct,
    IncomingReview,
    IncomingSku,
    faults_of,
)
from renqing.books.catalog.model import CATEGORY_DEPTH_MAX, STOCK_MAX

MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)


def at(line: int) -> At:
    return At("goods.csv", line)


def category(line: int, name: str, parent: str | None = None) -> IncomingCategory:
    return IncomingCategory(at=at(line), source_id=name, name_zh=name, parent_source_id=parent)


def product(line: int, name: str = "p", **said: Any) -> IncomingProduct:
    skus = said.pop("skus", None) or (IncomingSku(at=at(line), source_id=f"{name}1", price=1, original_price=1),)
    where = said.pop("category", "茶")
    return IncomingProduct(at=at(line), source_id=name, category_source_id=where, title_zh="杯", skus=skus, **said)


def review(line: int, name: str, of: str = "p") -> IncomingReview:
    return IncomingReview(at=at(line), source_id=name, product_source_id=of, body="好", made_at=MADE_AT)


def found(*rows: Any, columns: dict[str, str] | None = None) -> list[tuple[int, str, str, str, int | None]]:
    """The faults of a catalogue of these rows, with one product and its category where nothing else is said."""
    kinds: dict[type, list[Any]] = {IncomingCategory: [], IncomingBrand: [], IncomingProduct: [], IncomingReview: []}
    for row in rows:
        kinds[type(row)].append(row)
    said = Catalogue(
        source="s",
        currency="CNY",
        categories=kinds[IncomingCategory] or [category(1, "茶")],
        brands=kinds[IncomingBrand],
        products=kinds[IncomingProduct]
        or [product(1, category=(kinds[IncomingCategory] or [category(1, "茶")])[0].source_id)],
        reviews=kinds[IncomingReview],
        columns=columns or {},
    )
    return [(fault.at.line, fault.column, fault.reason, fault.value, fault.limit) for fault in faults_of(said)]


def chain(length: int) -> list[IncomingCategory]:
    return [category(n + 1, f"第{n}层", f"第{n - 1}层" if n else None) for n in range(length)]


def test_a_whole_catalogue_has_no_fault():
    brand = IncomingBrand(at=at(3), source_id="b", name_zh="梅坞")
    assert found(category(1, "茶"), brand, product(2, brand_source_id="b"), review(4, "r")) == []
    assert found(*chain(CATEGORY_DEPTH_MAX)) == []


def test_every_category_has_a_way_to_a_root_that_is_not_too_long():
    assert found(category(1, "茶"), category(2, "绿茶", "没有")) == [(2, "parent", "unknown", "", None)]
    circle = [(line, "parent", "circle", "", None) for line in (1, 2)]
    assert found(category(1, "甲", "乙"), category(2, "乙", "甲")) == circle
    assert found(category(1, "己", "己")) == [(1, "parent", "circle", "", None)]
    deep = [
        (line, "parent", "too_deep", "", CATEGORY_DEPTH_MAX)
        for line in (CATEGORY_DEPTH_MAX + 1, CATEGORY_DEPTH_MAX + 2)
    ]
    assert found(*chain(CATEGORY_DEPTH_MAX + 2)) == deep


def test_rows_name_rows_that_are_there():
    assert found(product(2, category="没有")) == [(2, "category", "unknown", "没有", None)]
    assert found(product(2, brand_source_id="没" * 61)) == [(2, "brand", "unknown", "没" * 60, None)]
    assert found(review(5, "r", of="没有")) == [(5, "product", "unknown", "没有", None)]


def test_an_id_of_the_source_stands_once_and_a_reviews_once_a_product():
    assert found(product(2), product(3)) == [(3, "source_id", "repeated", "p", None)]
    assert found(product(2, "")) == [(2, "source_id", "missing", "", None)]
    columns = {"product.source_id": "goods_sn"}
    assert found(product(2, "s" * 61), product(3, "s" * 61), columns=columns)[0][:4] == (
        3,
        "goods_sn",
        "repeated",
        "s" * 60,
    )
    assert found(product(2, ""), columns=columns) == [(2, "goods_sn", "missing", "", None)]
    two = (product(2, "p"), product(3, "q"))
    assert found(*two, review(4, "r", "p"), review(5, "r", "q")) == []
    assert found(*two, review(4, "r", "p"), review(5, "r", "p")) == [(5, "source_id", "repeated", "r", None)]


def test_a_styles_fault_stands_at_its_own_line():
    def styles(**wrong: Any) -> tuple[IncomingSku, ...]:
        good: dict[str, Any] = {"price": 1, "original_price": 1}
        return tuple(
            IncomingSku(at=at(line), source_id=f"{line}", specs=(f"{line}",), **said)
            for line, said in ((7, good), (8, {**good, **wrong}))
        )

    def faults(**wrong: Any) -> list[Any]:
        return found(product(2, skus=styles(**wrong), spec_names=("号",)))

    assert faults(price=0) == [(8, "price", "outside", "", 2**53 - 1)]
    assert faults(stock=STOCK_MAX) == faults(stock=0) == []
    for stock in (-1, STOCK_MAX + 1):
        assert faults(stock=stock) == [(8, "stock", "outside", "", STOCK_MAX)]


def test_a_catalogue_has_a_product_and_not_too_many(monkeypatch: pytest.MonkeyPatch):
    nothing = Catalogue(source="s", currency="CNY", products=[])
    assert faults_of(nothing) == [Fault(At("", 0), "product", "missing")]
    monkeypatch.setattr(incoming, "PRODUCTS_MAX", 2)
    monkeypatch.setattr(incoming, "REVIEWS_MAX", 1)
    products = [product(n, f"p{n}") for n in range(2, 6)]
    assert found(*products[:2], review(9, "r", "p2")) == []
    assert found(*products) == [(4, "product", "too_many", "4", 2)]
    assert found(*products[:2], review(8, "r", "p2"), review(9, "t", "p2")) == [(9, "review", "too_many", "2", 1)]

"""Every limit of the catalogue, on both sides of it: what is just allowed, and the fault of what is just too much."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from renqing.books.catalog import model, rules
from renqing.books.catalog.model import BrandDraft, CategoryDraft, FieldFault, ProductDraft, ReviewDraft, SkuDraft
from renqing.foundation.money import AMOUNT_MINOR_MAX

replace = msgspec.structs.replace
SKU = SkuDraft(price=100, original_price=100, specs=("红",))
PRODUCT = ProductDraft(shop_id=1, category_id=2, title_zh="杯", spec_names=("颜色",), skus=(SKU,))
CATEGORY = CategoryDraft(name_zh="茶")
BRAND = BrandDraft(name_zh="梅坞")
REVIEW = ReviewDraft(product_id=1, body="好", made_at=datetime(2026, 11, 1, tzinfo=UTC))


def styles(count: int) -> tuple[SkuDraft, ...]:
    return tuple(replace(SKU, specs=(f"{n}",)) for n in range(count))


def product(**changes: Any) -> list[FieldFault]:
    return rules.faults_of_product(replace(PRODUCT, **changes))


def style(**changes: Any) -> list[FieldFault]:
    """The faults of a product whose second style is so."""
    return product(skus=(SKU, replace(SKU, specs=("蓝",), **changes)))


@pytest.mark.parametrize(
    ("draft", "field", "limit", "lines"),
    [
        (PRODUCT, "title_zh", model.TITLE_ZH_CHARACTERS_MAX, False),
        (PRODUCT, "title_en", model.TITLE_EN_CHARACTERS_MAX, False),
        (PRODUCT, "brief_zh", model.BRIEF_CHARACTERS_MAX, False),
        (PRODUCT, "brief_en", model.BRIEF_CHARACTERS_MAX, False),
        (PRODUCT, "detail_zh", model.DETAIL_CHARACTERS_MAX, True),
        (PRODUCT, "detail_en", model.DETAIL_CHARACTERS_MAX, True),
        (PRODUCT, "unit", model.UNIT_CHARACTERS_MAX, False),
        (PRODUCT, "source_id", model.SOURCE_CHARACTERS_MAX, False),
        (CATEGORY, "name_zh", model.NAME_CHARACTERS_MAX, False),
        (CATEGORY, "name_en", model.NAME_CHARACTERS_MAX, False),
        (CATEGORY, "source_id", model.SOURCE_CHARACTERS_MAX, False),
        (CATEGORY, "picture", model.PICTURE_CHARACTERS_MAX, False),
        (BRAND, "name_zh", model.NAME_CHARACTERS_MAX, False),
        (BRAND, "name_en", model.NAME_CHARACTERS_MAX, False),
        (BRAND, "source_id", model.SOURCE_CHARACTERS_MAX, False),
        (BRAND, "story", model.STORY_CHARACTERS_MAX, True),
        (BRAND, "picture", model.PICTURE_CHARACTERS_MAX, False),
        (REVIEW, "body", model.REVIEW_CHARACTERS_MAX, True),
        (REVIEW, "reply", model.REVIEW_CHARACTERS_MAX, True),
        (REVIEW, "author", model.NAME_CHARACTERS_MAX, False),
        (REVIEW, "source_id", model.SOURCE_CHARACTERS_MAX, False),
    ],
)
def test_a_text_has_its_length_and_only_a_long_one_has_lines(draft: Any, field: str, limit: int, *, lines: bool):
    faults_of = {
        ProductDraft: rules.faults_of_product,
        CategoryDraft: rules.faults_of_category,
        BrandDraft: rules.faults_of_brand,
        ReviewDraft: rules.faults_of_review,
    }[type(draft)]
    control = [FieldFault(field, "control_character")]
    assert faults_of(replace(draft, **{field: "长" * limit})) == []
    assert faults_of(replace(draft, **{field: "长" * (limit + 1)})) == [FieldFault(field, "too_long", limit)]
    for sign in "\n\r\t":
        assert faults_of(replace(draft, **{field: f"一{sign}行"})) == ([] if lines else control)
    for sign in ("\x00", "\x1f", "\ud800", "\udfff"):
        assert faults_of(replace(draft, **{field: f"一{sign}行"})) == control
    for sign in (" ", "\ud7ff", "\ue000"):
        assert faults_of(replace(draft, **{field: f"一{sign}行"})) == []
    must_say = field in ("title_zh", "name_zh", "body")
    for nothing in ("", " ", "\u3000"):
        assert faults_of(replace(draft, **{field: nothing})) == ([FieldFault(field, "missing")] if must_say else [])


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"currency": "XXX"}, [FieldFault("currency", "unknown")]),
        ({"popularity": 0}, []),
        ({"popularity": None}, []),
        ({"popularity": -1}, [FieldFault("popularity", "negative")]),
        ({"pictures": ("a.png",) * model.PICTURES_MAX}, []),
        (
            {"pictures": ("a.png",) * (model.PICTURES_MAX + 1)},
            [FieldFault("pictures", "too_many", model.PICTURES_MAX)],
        ),
        ({"pictures": ("a.png", "")}, [FieldFault("pictures", "missing")]),
        (
            {"pictures": ("p" * (model.PICTURE_CHARACTERS_MAX + 1),)},
            [FieldFault("pictures", "too_long", model.PICTURE_CHARACTERS_MAX)],
        ),
        ({"attributes": (("材质", "瓷"),) * model.ATTRIBUTES_MAX}, []),
        (
            {"attributes": (("材质", "瓷"),) * (model.ATTRIBUTES_MAX + 1)},
            [FieldFault("attributes", "too_many", model.ATTRIBUTES_MAX)],
        ),
        ({"attributes": (("材质", ""), ("产地", "龙\n泉"))}, []),
        ({"attributes": (("", "瓷"),)}, [FieldFault("attributes", "missing")]),
        ({"attributes": (("材\n质", "瓷"),)}, [FieldFault("attributes", "control_character")]),
        (
            {"attributes": (("名" * (model.ATTRIBUTE_NAME_CHARACTERS_MAX + 1), "瓷"),)},
            [FieldFault("attributes", "too_long", model.ATTRIBUTE_NAME_CHARACTERS_MAX)],
        ),
        (
            {"attributes": (("材质", "瓷" * (model.ATTRIBUTE_VALUE_CHARACTERS_MAX + 1)),)},
            [FieldFault("attributes", "too_long", model.ATTRIBUTE_VALUE_CHARACTERS_MAX)],
        ),
        ({"skus": ()}, [FieldFault("skus", "missing")]),
        ({"skus": styles(model.SKUS_MAX)}, []),
        ({"skus": styles(model.SKUS_MAX + 1)}, [FieldFault("skus", "too_many", model.SKUS_MAX)]),
        ({"skus": (SKU, SKU)}, [FieldFault("skus", "repeated")]),
        ({"skus": (replace(SKU, on_sale=False),)}, [FieldFault("skus", "none_on_sale")]),
        ({"skus": (replace(SKU, on_sale=False),), "on_sale": False}, []),
        ({"skus": (SKU, replace(SKU, specs=("蓝",), on_sale=False))}, []),
    ],
)
def test_a_product_has_its_limits(changes: dict[str, Any], faults: list[FieldFault]):
    assert product(**changes) == faults


def test_the_names_of_styles_are_few_short_and_each_once():
    def named(*names: str) -> list[FieldFault]:
        return product(spec_names=names, skus=(replace(SKU, specs=("值",) * len(names)),))

    assert named(*(f"{n}" for n in range(model.SPEC_NAMES_MAX))) == []
    too_many = [FieldFault("spec_names", "too_many", model.SPEC_NAMES_MAX)]
    assert named(*(f"{n}" for n in range(model.SPEC_NAMES_MAX + 1))) == too_many
    assert named("颜色", "颜色") == [FieldFault("spec_names", "repeated")]
    assert named("颜色", " ") == [FieldFault("spec_names", "missing")]
    assert named("名" * model.SPEC_CHARACTERS_MAX) == []
    too_long = [FieldFault("spec_names", "too_long", model.SPEC_CHARACTERS_MAX)]
    assert named("名" * (model.SPEC_CHARACTERS_MAX + 1)) == too_long
    assert product(spec_names=("颜色", "尺寸")) == [FieldFault("skus.0.specs", "does_not_fit_names", 2)]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"price": 1, "original_price": 1}, []),
        ({"price": 0}, [FieldFault("skus.1.price", "outside", AMOUNT_MINOR_MAX)]),
        ({"price": AMOUNT_MINOR_MAX, "original_price": AMOUNT_MINOR_MAX}, []),
        (
            {"price": AMOUNT_MINOR_MAX + 1, "original_price": AMOUNT_MINOR_MAX + 1},
            [FieldFault("skus.1.price", "outside", AMOUNT_MINOR_MAX)],
        ),
        ({"price": 100, "original_price": 99}, [FieldFault("skus.1.original_price", "below_price")]),
        ({"original_price": AMOUNT_MINOR_MAX + 1}, [FieldFault("skus.1.original_price", "below_price")]),
        ({"picture": "p" * model.PICTURE_CHARACTERS_MAX}, []),
        (
            {"picture": "p" * (model.PICTURE_CHARACTERS_MAX + 1)},
            [FieldFault("skus.1.picture", "too_long", model.PICTURE_CHARACTERS_MAX)],
        ),
        ({"source_id": "s" * model.SOURCE_CHARACTERS_MAX}, []),
        (
            {"source_id": "s" * (model.SOURCE_CHARACTERS_MAX + 1)},
            [FieldFault("skus.1.source_id", "too_long", model.SOURCE_CHARACTERS_MAX)],
        ),
    ],
)
def test_a_style_has_its_limits_and_its_place_in_the_form(changes: dict[str, Any], faults: list[FieldFault]):
    assert style(**changes) == faults


def test_the_specs_of_a_style_are_said_and_short():
    assert product(skus=(replace(SKU, specs=("值" * model.SPEC_CHARACTERS_MAX,)),)) == []
    too_long = [FieldFault("skus.0.specs", "too_long", model.SPEC_CHARACTERS_MAX)]
    assert product(skus=(replace(SKU, specs=("值" * (model.SPEC_CHARACTERS_MAX + 1),)),)) == too_long
    assert product(skus=(replace(SKU, specs=("",)),)) == [FieldFault("skus.0.specs", "missing")]


def test_styles_are_told_apart_by_their_ids():
    def two(**ids: Any) -> list[FieldFault]:
        return product(skus=(replace(SKU, **ids), replace(SKU, specs=("蓝",), **ids)))

    assert two() == []
    assert two(source_id="s") == [FieldFault("skus", "source_id_repeated")]
    assert two(id=7) == [FieldFault("skus", "id_repeated")]


@pytest.mark.parametrize(("stars", "is_right"), [(None, True), (0, False), (1, True), (5, True), (6, False)])
def test_a_review_has_one_to_five_stars_or_none(stars: int | None, *, is_right: bool):
    faults = rules.faults_of_review(replace(REVIEW, stars=stars))
    assert faults == ([] if is_right else [FieldFault("stars", "outside", 5)])
    many = ("a.png",) * (model.PICTURES_MAX + 1)
    too_many = [FieldFault("pictures", "too_many", model.PICTURES_MAX)]
    assert rules.faults_of_review(replace(REVIEW, pictures=many)) == too_many


def test_a_category_is_not_its_own_parent():
    circle = [FieldFault("parent_id", "circle")]
    assert rules.faults_of_category(replace(CATEGORY, id=3, parent_id=3)) == circle
    assert rules.faults_of_category(replace(CATEGORY, id=3, parent_id=4)) == []
    assert rules.faults_of_category(replace(CATEGORY, parent_id=3)) == []
    assert rules.faults_of_category(CATEGORY) == []


def test_prices_span_the_styles_on_sale_or_all_where_none_is():
    dear, cheap = replace(SKU, price=300), replace(SKU, price=50, on_sale=False)
    assert rules.price_range([dear, SKU, cheap]) == (100, 300)
    assert rules.price_range([cheap, replace(dear, on_sale=False)]) == (50, 300)


@pytest.mark.parametrize("nested", [1, 6, 7, 40])
def test_a_detail_of_nothing_but_empty_blocks_loses_six_layers_at_most(nested: int):
    left = max(0, nested - 6)
    assert rules.clean_detail("<div>" * nested + "</div>" * nested) == "<div>" * left + "</div>" * left


def test_what_shows_nothing_goes_from_a_details_ends_and_letters_stay():
    assert rules.clean_detail("\u200b \u200d\ufeff\n") == ""
    assert rules.clean_detail(" \u200bX\u200b为X\t") == "X\u200b为X"

"""Decisions of the catalogue: what a draft breaks, which picture is ours to show, what HTML may stay. Pure."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

import nh3

from renqing.books.catalog import model
from renqing.books.catalog.model import (
    BrandDraft,
    CategoryDraft,
    FieldFault,
    GiftRefusal,
    ProductDraft,
    ReviewDraft,
    SkuDraft,
)
from renqing.foundation.money import AMOUNT_MINOR_MAX, MINOR_DIGITS

_MEDIA = "/media/"
_LOCAL_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/-]*(\.[A-Za-z0-9_-]+)+")
_TAGS = {
    *("p", "br", "hr", "div", "span", "strong", "b", "em", "i", "u", "s", "sub", "sup", "small", "blockquote"),
    *("h2", "h3", "h4", "h5", "ul", "ol", "li", "dl", "dt", "dd", "figure", "figcaption", "img"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"img": {"src", "alt"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_PICTURE_WITHOUT_SOURCE = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")
_EMPTY_BLOCK = re.compile(
    r"<(p|div|span|strong|b|em|i|figure|li|blockquote)>(?:\s|&nbsp;|\u200d|\u200b|\ufeff|<br>)*</\1>"
)
_NESTED_EMPTY_BLOCKS_MAX = 6


def is_local_picture(picture: str) -> bool:
    """Whether this names a file of ours under ``/media/`` rather than an address somewhere else."""
    return ":" not in picture and _LOCAL_PICTURE.fullmatch(picture) is not None


def picture_of(*candidates: str) -> str:
    """The first picture that pages may show: a key of ``/media/``. Empty where there is none: the page draws a tile.

    Addresses of an imported catalogue stay in its rows, but no page asks another host for anything.
    """
    return next((picture for picture in candidates if is_local_picture(picture)), "")


def clean_detail(html: str) -> str:
    """A product's detail with nothing left that runs, tracks or asks another host.

    Tags and attributes come from an allow-list, there are no links and no styles, and a picture stays only where it is
    one of ours (``src="/media/..."``). Blocks that are empty after that go too.
    """
    if not html:
        return ""
    kept = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=_ours_only, strip_comments=True)
    kept = _PICTURE_WITHOUT_SOURCE.sub("", kept)
    for _ in range(_NESTED_EMPTY_BLOCKS_MAX):
        kept, emptied = _EMPTY_BLOCK.subn("", kept)
        if not emptied:
            break
    return kept.strip(" \t\r\n\u200b\u200d\ufeff")


def _ours_only(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) != ("img", "src"):
        return value
    return value if value.startswith(_MEDIA) and is_local_picture(value.removeprefix(_MEDIA)) else None


def may_be_gift(
    *, giftable: bool, shop_allows: bool, forbidden: str | None, original_price: int, price_max: int
) -> GiftRefusal:
    """Why this may not be a gift: ``category``, ``price``, ``shop`` or ``merchant``; an empty string where it may.

    The platform's own rules come first: WeChat's gifts exclude jewellery and education and everything whose original
    price is above 10,000 yuan. Then the shop's switch for all its goods, then the merchant's for this one.
    """
    if forbidden is not None:
        return "category"
    if original_price > price_max:
        return "price"
    if not shop_allows:
        return "shop"
    return "" if giftable else "merchant"


def price_range(skus: Sequence[SkuDraft]) -> tuple[int, int]:
    """The lowest and highest price of the styles on sale, or of all of them where none is."""
    prices = [sku.price for sku in skus if sku.on_sale] or [sku.price for sku in skus]
    return min(prices), max(prices)


def faults_of_product(draft: ProductDraft) -> list[FieldFault]:
    """Everything that is wrong with a product, in the order of its form."""
    return [
        *_text("title_zh", draft.title_zh, model.TITLE_ZH_CHARACTERS_MAX, empty=False),
        *_text("title_en", draft.title_en, model.TITLE_EN_CHARACTERS_MAX),
        *_text("brief_zh", draft.brief_zh, model.BRIEF_CHARACTERS_MAX),
        *_text("brief_en", draft.brief_en, model.BRIEF_CHARACTERS_MAX),
        *_text("detail_zh", draft.detail_zh, model.DETAIL_CHARACTERS_MAX, lines=True),
        *_text("detail_en", draft.detail_en, model.DETAIL_CHARACTERS_MAX, lines=True),
        *_text("unit", draft.unit, model.UNIT_CHARACTERS_MAX),
        *_text("source_id", draft.source_id, model.SOURCE_CHARACTERS_MAX),
        *([] if draft.currency in MINOR_DIGITS else [FieldFault("currency", "unknown")]),
        *([] if (draft.popularity or 0) >= 0 else [FieldFault("popularity", "negative")]),
        *_pictures("pictures", draft.pictures),
        *_attributes(draft.attributes),
        *_spec_names(draft.spec_names),
        *_skus(draft),
    ]


def faults_of_category(draft: CategoryDraft) -> list[FieldFault]:
    """Everything that is wrong with a category by itself; its place in the tree is the action's to judge."""
    return [
        *_text("name_zh", draft.name_zh, model.NAME_CHARACTERS_MAX, empty=False),
        *_text("name_en", draft.name_en, model.NAME_CHARACTERS_MAX),
        *_text("source_id", draft.source_id, model.SOURCE_CHARACTERS_MAX),
        *_text("picture", draft.picture, model.PICTURE_CHARACTERS_MAX),
        *([] if draft.id is None or draft.parent_id != draft.id else [FieldFault("parent_id", "circle")]),
    ]


def faults_of_brand(draft: BrandDraft) -> list[FieldFault]:
    """Everything that is wrong with a brand."""
    return [
        *_text("name_zh", draft.name_zh, model.NAME_CHARACTERS_MAX, empty=False),
        *_text("name_en", draft.name_en, model.NAME_CHARACTERS_MAX),
        *_text("source_id", draft.source_id, model.SOURCE_CHARACTERS_MAX),
        *_text("story", draft.story, model.STORY_CHARACTERS_MAX, lines=True),
        *_text("picture", draft.picture, model.PICTURE_CHARACTERS_MAX),
    ]


def faults_of_review(draft: ReviewDraft) -> list[FieldFault]:
    """Everything that is wrong with a review."""
    return [
        *_text("body", draft.body, model.REVIEW_CHARACTERS_MAX, empty=False, lines=True),
        *_text("reply", draft.reply, model.REVIEW_CHARACTERS_MAX, lines=True),
        *_text("author", draft.author, model.NAME_CHARACTERS_MAX),
        *_text("source_id", draft.source_id, model.SOURCE_CHARACTERS_MAX),
        *([] if draft.stars is None or 1 <= draft.stars <= 5 else [FieldFault("stars", "outside", 5)]),
        *_pictures("pictures", draft.pictures),
    ]


def _text(field: str, value: str, limit: int, *, empty: bool = True, lines: bool = False) -> list[FieldFault]:
    if not empty and not value.strip():
        return [FieldFault(field, "missing")]
    if len(value) > limit:
        return [FieldFault(field, "too_long", limit)]
    allowed = "\n\r\t" if lines else ""
    if any((ord(letter) < 32 and letter not in allowed) or 0xD800 <= ord(letter) < 0xE000 for letter in value):
        return [FieldFault(field, "control_character")]
    return []


def _pictures(field: str, pictures: Sequence[str]) -> list[FieldFault]:
    if len(pictures) > model.PICTURES_MAX:
        return [FieldFault(field, "too_many", model.PICTURES_MAX)]
    return [fault for picture in pictures for fault in _text(field, picture, model.PICTURE_CHARACTERS_MAX, empty=False)]


def _attributes(attributes: Sequence[tuple[str, str]]) -> list[FieldFault]:
    if len(attributes) > model.ATTRIBUTES_MAX:
        return [FieldFault("attributes", "too_many", model.ATTRIBUTES_MAX)]
    return [
        fault
        for name, value in attributes
        for fault in (
            *_text("attributes", name, model.ATTRIBUTE_NAME_CHARACTERS_MAX, empty=False),
            *_text("attributes", value, model.ATTRIBUTE_VALUE_CHARACTERS_MAX, lines=True),
        )
    ]


def _spec_names(names: Sequence[str]) -> list[FieldFault]:
    if len(names) > model.SPEC_NAMES_MAX:
        return [FieldFault("spec_names", "too_many", model.SPEC_NAMES_MAX)]
    if _repeats(names):
        return [FieldFault("spec_names", "repeated")]
    return [fault for name in names for fault in _text("spec_names", name, model.SPEC_CHARACTERS_MAX, empty=False)]


def _skus(draft: ProductDraft) -> list[FieldFault]:
    if not draft.skus:
        return [FieldFault("skus", "missing")]
    if len(draft.skus) > model.SKUS_MAX:
        return [FieldFault("skus", "too_many", model.SKUS_MAX)]
    faults = [fault for place, sku in enumerate(draft.skus) for fault in _sku(draft, place, sku)]
    if _repeats([sku.specs for sku in draft.skus]):
        faults.append(FieldFault("skus", "repeated"))
    if _repeats([sku.source_id for sku in draft.skus if sku.source_id]):
        faults.append(FieldFault("skus", "source_id_repeated"))
    if _repeats([sku.id for sku in draft.skus if sku.id is not None]):
        faults.append(FieldFault("skus", "id_repeated"))
    if draft.on_sale and not any(sku.on_sale for sku in draft.skus):
        faults.append(FieldFault("skus", "none_on_sale"))
    return faults


def _repeats(values: Sequence[Hashable]) -> bool:
    return len(set(values)) < len(values)


def _sku(draft: ProductDraft, place: int, sku: SkuDraft) -> list[FieldFault]:
    field = f"skus.{place}"
    faults = [
        fault for spec in sku.specs for fault in _text(f"{field}.specs", spec, model.SPEC_CHARACTERS_MAX, empty=False)
    ]
    if len(sku.specs) != len(draft.spec_names):
        faults.append(FieldFault(f"{field}.specs", "does_not_fit_names", len(draft.spec_names)))
    if not 0 < sku.price <= AMOUNT_MINOR_MAX:
        faults.append(FieldFault(f"{field}.price", "outside", AMOUNT_MINOR_MAX))
    elif not sku.price <= sku.original_price <= AMOUNT_MINOR_MAX:
        faults.append(FieldFault(f"{field}.original_price", "below_price"))
    faults += _text(f"{field}.picture", sku.picture, model.PICTURE_CHARACTERS_MAX)
    return faults + _text(f"{field}.source_id", sku.source_id, model.SOURCE_CHARACTERS_MAX)

"""The nouns of the catalogue: category, brand, product (SPU), SKU, offer, review, and a catalogue to import.

Amounts are minor units (fen). A product is one thing with a page; a SKU is one style of it that has a price and stock.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from renqing.foundation.errors import NotFound, NotNow
from renqing.foundation.facts import Fact

GiftForbidden = Literal["jewellery", "education"]
GiftRefusal = Literal["", "category", "price", "shop", "merchant"]  # empty: it may be a gift

TITLE_ZH_CHARACTERS_MAX = 120
TITLE_EN_CHARACTERS_MAX = 200
BRIEF_CHARACTERS_MAX = 300
DETAIL_CHARACTERS_MAX = 200_000
UNIT_CHARACTERS_MAX = 20
PICTURES_MAX = 20
PICTURE_CHARACTERS_MAX = 500
ATTRIBUTES_MAX = 100
ATTRIBUTE_NAME_CHARACTERS_MAX = 60
ATTRIBUTE_VALUE_CHARACTERS_MAX = 2_000
SPEC_NAMES_MAX = 5
SPEC_CHARACTERS_MAX = 80
SKUS_MAX = 200
NAME_CHARACTERS_MAX = 60
CATEGORY_DEPTH_MAX = 6
STORY_CHARACTERS_MAX = 1_000
REVIEW_CHARACTERS_MAX = 2_000
SOURCE_CHARACTERS_MAX = 100
STOCK_MAX = 1_000_000_000


class Offer(msgspec.Struct, frozen=True):
    """One SKU as it is offered now, with what a buyer and a gift need to know of its product."""

    sku_id: int
    product_id: int
    shop_id: int
    title_zh: str
    title_en: str
    specs: tuple[str, ...]
    picture: str
    price: int
    original_price: int
    currency: str
    on_sale: bool
    giftable: bool
    gift_forbidden: GiftForbidden | None


class CategoryDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A category to create (no ``id``, or a new ``source_id``) or to change."""

    name_zh: str
    name_en: str = ""
    id: int | None = None
    parent_id: int | None = None
    source: str = ""
    source_id: str = ""
    picture: str = ""
    place: int = 0
    gift_forbidden: GiftForbidden | None = None


class BrandDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A brand to create or to change."""

    name_zh: str
    name_en: str = ""
    id: int | None = None
    source: str = ""
    source_id: str = ""
    story: str = ""
    picture: str = ""


class SkuDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One style. Known by its ``id``, else by its ``source_id`` within the product, else new."""

    price: int
    original_price: int
    specs: tuple[str, ...] = ()
    id: int | None = None
    source_id: str = ""
    picture: str = ""
    on_sale: bool = True


class ProductDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A whole product as it shall be. A SKU that it no longer names goes off sale; none is ever deleted.

    Known by its ``id``, else by (shop, ``source``, ``source_id``), else new. ``seen_changed_at`` is the version the
    editor saw: another version refuses the edit. None for ``giftable`` or ``popularity`` keeps what is there.
    """

    shop_id: int
    category_id: int
    title_zh: str
    skus: tuple[SkuDraft, ...]
    id: int | None = None
    seen_changed_at: datetime | None = None
    source: str = ""
    source_id: str = ""
    brand_id: int | None = None
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
    currency: str = "CNY"


class Sku(msgspec.Struct, frozen=True):
    """One style as it is kept."""

    id: int
    source_id: str
    specs: tuple[str, ...]
    price: int
    original_price: int
    picture: str
    on_sale: bool


class Product(msgspec.Struct, frozen=True):
    """A whole product as it is kept: what an editor loads. ``changed_at`` is its version."""

    id: int
    shop_id: int
    category_id: int
    brand_id: int | None
    source: str
    source_id: str
    title_zh: str
    title_en: str
    brief_zh: str
    brief_en: str
    detail_zh: str
    detail_en: str
    unit: str
    pictures: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    spec_names: tuple[str, ...]
    on_sale: bool
    giftable: bool
    price_min: int
    price_max: int
    currency: str
    popularity: int
    changed_at: datetime
    skus: tuple[Sku, ...]


class Saved(msgspec.Struct, frozen=True):
    """What became of one draft. ``sku_ids`` stand in the draft's order; ``new_sku_ids`` were not there before."""

    product_id: int
    sku_ids: tuple[int, ...]
    new_sku_ids: tuple[int, ...]
    how: Literal["new", "changed", "same"]


class ReviewDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a product. ``stars`` is None where they gave none; an empty author is anonymous."""

    product_id: int
    body: str
    made_at: datetime
    author: str = ""
    stars: int | None = None
    person_id: int | None = None
    source_id: str = ""
    pictures: tuple[str, ...] = ()
    reply: str = ""


class FieldFault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a draft, and the limit it breaks where there is one."""

    field: str
    reason: str
    limit: int | None = None


class ProductChangedMeanwhile(NotNow):
    """Somebody else saved this product since the editor loaded it. Fact: ``product_id``."""

    code = "product_changed_meanwhile"


class ProductNotFound(NotFound):
    """There is no such product in this shop."""

    code = "product_not_found"


class ProductChanged(Fact, frozen=True, kw_only=True):
    """A product was saved, put on or off sale, or its gifts were allowed or not. The subject is the product."""

    kind: ClassVar[str] = "ProductChanged"
    shop_id: int
    what: Literal["saved", "put_on_sale", "taken_off_sale", "gifts_allowed", "gifts_refused"]


class CatalogueImported(Fact, frozen=True, kw_only=True):
    """A catalogue file was taken over whole. The subject is the shop."""

    kind: ClassVar[str] = "CatalogueImported"
    import_id: int
    source: str
    products_new: int
    products_changed: int
    skus_new: int

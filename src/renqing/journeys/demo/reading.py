"""The demo world's files as drafts. They are ours: a mistake in them is a programmer's, and a test finds it."""

from __future__ import annotations

import html
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from renqing.books.catalog import (
    At,
    Catalogue,
    IncomingCategory,
    IncomingProduct,
    IncomingReview,
    IncomingSku,
)
from renqing.foundation.text import Language
from renqing.trade.engravings import Terms
from renqing.trade.vouchers import Rest, Unclaimed

FOLDER = Path(__file__).parent
SOURCE = "demo"
SHOPS = ("tea", "paper", "fruit", "home", "play", "nearby")
REVIEW_EVERY = timedelta(hours=31)


class DemoAddress(msgspec.Struct, frozen=True):
    """Where somebody lives, to the street."""

    region: int
    name: str
    detail: str


class DemoPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the demo world."""

    id: str
    name: str
    language: Language
    avatar: str
    phone: str
    address: DemoAddress | None = None
    operator: bool = False


class DemoGroup(msgspec.Struct, frozen=True):
    """A circle of friends."""

    name: str
    made_by: str
    members: list[str]


class DemoStaff(msgspec.Struct, frozen=True):
    """Who keeps a shop."""

    owner: str
    clerks: list[str] = []


class DemoPeople(msgspec.Struct, frozen=True):
    """Everybody, whom they know and where they work."""

    person: list[DemoPerson]
    friends: dict[str, list[str]]
    group: list[DemoGroup]
    staff: dict[str, DemoStaff]


class DemoFreight(msgspec.Struct, frozen=True):
    """What delivery costs in fen, and from which goods amount it costs nothing."""

    fee: int
    free_from: int


class DemoLateness(msgspec.Struct, frozen=True):
    """What a shop pays for lateness: hundredths of a percent of the late goods, from so many fen to so many."""

    share_bp: int
    lowest: int
    highest: int
    grace_hours: int


class DemoShop(msgspec.Struct, frozen=True):
    """A shop: its names and briefs in Chinese and English. ``places``: where its vouchers are redeemed."""

    names: tuple[str, str]
    briefs: tuple[str, str]
    logo: str
    freight: DemoFreight
    too_far: list[int] = []
    writes_cards: bool = False
    places: list[tuple[str, str]] = []
    lateness: DemoLateness | None = None


class DemoVoucher(msgspec.Struct, frozen=True):
    """What a product that is a voucher promises: good so many times, for so many days."""

    uses: int
    days: int
    expired: Rest = "refunded"
    unclaimed: Unclaimed = "refunded"


class DemoProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product: title, brief and detail in each language; a style is its specs, price, original price and stock.

    ``engraving``: what may stand on it.
    """

    id: str
    in_: str = msgspec.field(name="in")
    picture: str
    zh: tuple[str, str, str]
    en: tuple[str, str, str]
    skus: list[list[str | int]]
    unit: str = ""
    facts: list[tuple[str, str]] = []
    spec: list[str] = []
    popularity: int = 0
    giftable: bool = True
    on_sale: bool = True
    reviews: list[tuple[int, str, str]] = []
    voucher: DemoVoucher | None = None
    engraving: Terms | None = None


class DemoShelf(msgspec.Struct, frozen=True):
    """One shop's file."""

    shop: DemoShop
    product: list[DemoProduct]


def picture_key(emoji: str) -> str:
    """The key of an emoji's picture below ``/media/``."""
    return f"emoji/{'-'.join(f'{ord(letter):x}' for letter in emoji)}.webp"


@cache
def people_of_the_demo() -> DemoPeople:
    """Who lives there."""
    return msgspec.convert(_toml("people.toml"), DemoPeople)


@cache
def shelf(shop: str) -> DemoShelf:
    """A shop and its goods."""
    return msgspec.convert(_toml(f"shops/{shop}.toml"), DemoShelf)


def catalogue_of(shop: str, now: datetime, currency: str) -> Catalogue:
    """A shop's goods as a catalogue to import. Reviews were written in the days before ``now``."""
    file = f"shops/{shop}.toml"
    goods = shelf(shop).product
    return Catalogue(
        source=SOURCE,
        currency=currency,
        categories=list(_categories(_toml("categories.toml"))),
        products=[_product(At(file, place), one) for place, one in enumerate(goods, 1)],
        reviews=list(_reviews(file, goods, now)),
    )


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def _categories(tree: Mapping[str, Any], above: str = "") -> Iterator[IncomingCategory]:
    for place, (key, branch) in enumerate(tree.items()):
        if not isinstance(branch, dict):
            continue
        source_id = f"{above}.{key}" if above else key
        zh, en = branch["names"]
        yield IncomingCategory(
            at=At("categories.toml", place),
            source_id=source_id,
            name_zh=zh,
            name_en=en,
            parent_source_id=above or None,
            picture=picture_key(branch["picture"]),
            place=place,
        )
        yield from _categories(branch, source_id)


def _product(at: At, product: DemoProduct) -> IncomingProduct:
    (title_zh, brief_zh, detail_zh), (title_en, brief_en, detail_en) = product.zh, product.en
    return IncomingProduct(
        at=at,
        source_id=product.id,
        category_source_id=product.in_,
        title_zh=title_zh,
        title_en=title_en,
        brief_zh=brief_zh,
        brief_en=brief_en,
        detail_zh=_paragraphs(detail_zh),
        detail_en=_paragraphs(detail_en),
        unit=product.unit,
        pictures=(picture_key(product.picture),),
        attributes=tuple(product.facts),
        spec_names=tuple(product.spec),
        on_sale=product.on_sale,
        giftable=product.giftable,
        popularity=product.popularity,
        skus=tuple(_sku(at, place, len(product.spec), style) for place, style in enumerate(product.skus)),
    )


def _sku(at: At, place: int, specs: int, style: Sequence[str | int]) -> IncomingSku:
    price, original_price, stock = (int(number) for number in style[specs:])
    return IncomingSku(
        at=at,
        source_id=str(place),
        specs=tuple(str(spec) for spec in style[:specs]),
        price=price,
        original_price=original_price,
        stock=stock,
    )


def _reviews(file: str, goods: Sequence[DemoProduct], now: datetime) -> Iterator[IncomingReview]:
    count = 0
    for place, product in enumerate(goods, 1):
        for n, (stars, author, body) in enumerate(product.reviews):
            count += 1
            yield IncomingReview(
                at=At(file, place),
                source_id=str(n),
                product_source_id=product.id,
                author=author,
                stars=stars,
                body=body,
                made_at=now - count * REVIEW_EVERY,
            )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.split("\n"))

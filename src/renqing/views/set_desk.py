"""The wrapping desk of a set: what is on it by shop, what it costs, and why it may not be one gift."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import catalog, people
from renqing.foundation.ground import Ground
from renqing.social import gifts
from renqing.trade import carts, engravings, orders, shipping, vouchers
from renqing.views.buying_page import NotForSale, Wanted, WrappingDesk, near_to, refusal_of, wanted_of, words_taken
from renqing.views.cart_page import cart_page


class LineHere(msgspec.Struct, frozen=True):
    """So many pieces of one style. ``words``: what each was to have on it, bought for oneself from the cart."""

    wanted: Wanted
    quantity: int
    words: str = ""

    @property
    def amount(self) -> int:
        return self.wanted.price * self.quantity


class PartHere(msgspec.Struct, frozen=True):
    """What of it one shop sends, with its freight in minor units."""

    shop_id: int
    shop_name_zh: str
    shop_name_en: str
    lines: list[LineHere]
    freight: int


class SetDesk(WrappingDesk, frozen=True):
    """A set before it is wrapped. ``refused``: the line that ``gift_refusal`` is about, where it is about one.

    ``carries_words``: there is one product in it, and it may have the words of its line in the cart.
    """

    parts: tuple[PartHere, ...] = ()
    refused: Wanted | None = None
    carries_words: bool = False

    @property
    def worded(self) -> list[LineHere]:
        """The lines that have words in the giver's cart."""
        return [line for part in self.parts for line in part.lines if line.words]

    @property
    def lines(self) -> list[tuple[int, int]]:
        """SKU and pieces, as they are asked for."""
        return [(line.wanted.sku_id, line.quantity) for part in self.parts for line in part.lines]

    @property
    def pieces(self) -> int:
        return sum(quantity for _, quantity in self.lines)


async def lines_chosen(ground: Ground, person_id: int, sku_ids: Sequence[int]) -> list[tuple[int, int]]:
    """What of somebody's cart was chosen, with so many pieces as lie in it."""
    page = await cart_page(ground, person_id)
    lines = [line for shop in page.shops for line in shop.lines]
    return [(line.sku_id, line.quantity) for line in lines if line.sku_id in sku_ids and line.standing == "ready"]


async def set_desk(
    ground: Ground, giver_id: int, lines: Sequence[tuple[int, int]], *, from_cart: bool = False
) -> SetDesk:
    """What the giver is about to give as one gift. Raises NotForSale where a style is off sale, or none is named."""
    named = dict(lines[: carts.LINES_MAX])
    said = await engravings.cart_words(ground.db, [giver_id]) if from_cart else {}
    here = [
        LineHere(await wanted_of(ground, sku), max(1, min(pieces, orders.QUANTITY_MAX)), said.get((giver_id, sku), ""))
        for sku, pieces in named.items()
    ]
    if not here:
        raise NotForSale
    parts = await _parts(ground, here)
    shop_ids = [part.shop_id for part in parts]
    policy = await gifts.policy_of_shop(
        ground.db, shop_ids[0] if len(shop_ids) == 1 else people.PLATFORM, ground.policy
    )
    refusal, refused = await _why_not(ground, here)
    near, groups = await near_to(ground, giver_id)
    freight = sum(part.freight for part in parts)
    total = sum(line.amount for line in here) + freight
    first = parts[0].lines[0].wanted
    cards = len(shop_ids) == 1 and (await people.get_shop(ground.db, shop_ids[0])).writes_cards
    return SetDesk(
        first,
        freight,
        total,
        near,
        groups,
        refusal,
        policy,
        styles=[],
        writes_cards=cards,
        parts=tuple(parts),
        refused=refused,
        carries_words=len(here) == 1
        and bool(here[0].words)
        and await words_taken(ground, first.product_id) is not None,
    )


async def _parts(ground: Ground, lines: Sequence[LineHere]) -> list[PartHere]:
    of_shop: dict[int, list[LineHere]] = {}
    for line in lines:
        of_shop.setdefault(line.wanted.shop_id, []).append(line)
    asks = [shipping.QuoteAsk(shop, None, sum(line.amount for line in those)) for shop, those in of_shop.items()]
    quotes = await shipping.quotes(ground.db, asks)
    return [
        PartHere(shop, those[0].wanted.shop_name_zh, those[0].wanted.shop_name_en, those, quote.fee)
        for (shop, those), quote in zip(of_shop.items(), quotes, strict=True)
    ]


async def _why_not(ground: Ground, lines: Sequence[LineHere]) -> tuple[str, Wanted | None]:
    """Why it may not be one gift, and which line is in the way; empty where it may."""
    if len({line.wanted.currency for line in lines}) > 1:
        return "currency", None
    terms = await vouchers.terms_of_products(ground.db, [line.wanted.product_id for line in lines])
    offers = await ground.db.run(lambda tx: catalog.offers(tx, [line.wanted.sku_id for line in lines]))
    for line in lines:
        wanted = line.wanted
        if wanted.product_id in terms:
            return "vouchers", wanted
        shop = await people.get_shop(ground.db, wanted.shop_id)
        policy = await gifts.policy_of_shop(ground.db, wanted.shop_id, ground.policy)
        refusal = refusal_of(offers[wanted.sku_id], policy, shop_allows=shop.gifts_allowed)
        if refusal:
            return refusal, wanted
    return "", None

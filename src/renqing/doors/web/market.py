"""The market: home, a category, search, a product."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.web.rendering import money, picture_url
from renqing.doors.web.shell import is_part, language_of, page, reader_or_nobody
from renqing.foundation.ids import parse_id
from renqing.trade import engravings
from renqing.views.given_label import NOTHING, friends_are_giving, given_labels
from renqing.views.lateness import promise_of_shop
from renqing.views.market import CategoryCard, MarketCard, MarketPage, cards_of, categories, market
from renqing.views.product_page import ProductPage, product_page
from renqing.views.voucher_page import voucher_promise
from renqing.views.wish_page import is_on_my_lists

allow(
    Audience.ANYONE,
    "GET /",
    "GET /search",
    "GET /categories/{category_id:str}",
    "GET /products/{product_id:str}",
)

QUERY_CHARACTERS_MAX = 100
MEANT_COOKIE = "renqing_meant"  # who the reader is looking for something for
MEANT_SECONDS = 1800
GIVEN_SHOWN = 8


class _StyleOnSheet(msgspec.Struct, frozen=True):
    """What the sheet needs of a style to show it without asking again."""

    sku_id: str
    specs: list[str]
    stock: str
    left: int | None
    giftable: bool
    price_html: str
    picture_url: str


@get("/")
async def home(request: AnyRequest) -> Response[str]:
    """What is on sale, the most popular first."""
    ground = house_of(request).ground
    found = await market(ground, cursor=request.query_params.get("cursor"))
    if is_part(request):
        return await page(request, "market_more.html", page=found, more_url=_more("/", found))
    kinds = await categories(ground)
    given = await _friends_giving(request)
    response = await _market(request, found, kinds, more_url=_more("/", found), is_home=True, given=given)
    meant = parse_id(request.query_params.get("to", ""))
    if meant is not None:
        kept = Cookie(key=MEANT_COOKIE, value=str(meant), max_age=MEANT_SECONDS, httponly=True, samesite="lax")
        response.cookies.append(kept)
    return response


@get("/search")
async def search(request: AnyRequest) -> Response[str]:
    """What a search finds; no words find everything."""
    query = request.query_params.get("q", "").strip()[:QUERY_CHARACTERS_MAX]
    found = await market(house_of(request).ground, query=query or None, cursor=request.query_params.get("cursor"))
    more_url = _more("/search", found, q=query)
    if is_part(request):
        return await page(request, "market_more.html", page=found, more_url=more_url)
    return await _market(request, found, [], more_url=more_url, query=query, is_home=not query)


@get("/categories/{category_id:str}")
async def category(request: AnyRequest, category_id: FromPath[str]) -> Response[str]:
    """A category's shelf, with the categories below it, or beside it where there is none below."""
    ground, chosen = house_of(request).ground, id_in(category_id)
    found = await market(ground, category_id=chosen, cursor=request.query_params.get("cursor"))
    more_url = _more(f"/categories/{chosen}", found)
    if is_part(request):
        return await page(request, "market_more.html", page=found, more_url=more_url)
    roots = await categories(ground)
    below = await categories(ground, chosen)
    named = next((kind for kind in roots if kind.category_id == chosen), None)
    name = "" if named is None else (named.name_en if language_of(request) == "en" else "") or named.name_zh
    return await _market(request, found, below or roots, more_url=more_url, category_id=chosen, category_name=name)


@get("/products/{product_id:str}")
async def product(request: AnyRequest, product_id: FromPath[str]) -> Response[str]:
    """A product with its styles, and the two things one can do with it."""
    ground = house_of(request).ground
    found = await product_page(ground, id_in(product_id))
    reader = reader_or_nobody(request)
    reader_id = None if reader is None else reader.person_id
    is_wished = reader_id is not None and await is_on_my_lists(ground, reader_id, found.product_id)
    labels = await given_labels(ground, reader_id, [found.product_id])
    cheapest = min(found.styles, key=lambda style: style.price, default=None)
    return await page(
        request,
        "product.html",
        tab="market",
        page=found,
        was=cheapest.original_price if cheapest else 0,
        ship_hours=ground.policy.ship_within_hours,
        late_promise=await promise_of_shop(ground, found.shop.shop_id),
        return_days=ground.policy.aftersale_within_days,
        styles_json=_styles_json(found),
        is_wished=is_wished,
        given=labels.get(found.product_id, NOTHING),
        voucher=await voucher_promise(ground, found.product_id),
        engraving=(await engravings.terms_of(ground.db, [found.product_id])).get(found.product_id),
    )


async def _friends_giving(request: AnyRequest) -> list[MarketCard]:
    """What the reader's friends are giving: a shelf of their own home."""
    reader = reader_or_nobody(request)
    if reader is None:
        return []
    ground = house_of(request).ground
    return await cards_of(ground, await friends_are_giving(ground, reader.person_id, GIVEN_SHOWN))


async def _market(
    request: AnyRequest, found: MarketPage, kinds: list[CategoryCard], *, more_url: str, **about: Any
) -> Response[str]:
    shelf = {"query": "", "is_home": False, "category_id": None, "category_name": "", "given": (), **about}
    return await page(request, "market.html", tab="market", page=found, categories=kinds, more_url=more_url, **shelf)


def _more(path: str, found: MarketPage, **asked: str) -> str:
    return f"{path}?{urlencode({**asked, 'cursor': found.next_cursor or ''})}"


def _styles_json(found: ProductPage) -> str:
    styles = [
        _StyleOnSheet(
            sku_id=str(style.sku_id),
            specs=style.specs,
            stock=style.stock,
            left=style.left,
            giftable=not style.gift_refusal,
            price_html=str(money(style.price, found.currency, "money--price")),
            picture_url=picture_url(style.picture) if style.picture else "",
        )
        for style in found.styles
    ]
    return msgspec.json.encode(styles).decode()


routes = [home, search, category, product]

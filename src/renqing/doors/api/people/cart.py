"""One's own cart: what is in it today, put in, more or fewer, take out. It is ordered with ``POST /v1/orders``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.engravings import Words
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    Id,
    MoneyOut,
    house_of,
    id_in,
    once_of,
    once_without_body,
    reader_of,
)
from renqing.journeys.check_out import OfferOver
from renqing.journeys.engrave_an_order import check_words_pass
from renqing.journeys.keep_a_cart import ChangeCart, PutInCart, TakeOut, change_my_cart, take_out_of_my_cart
from renqing.trade.carts import QUANTITY_MAX, CartFull, CartLineUnknown, TooManyPieces
from renqing.views.cart_page import CartLineHere, Standing, cart_page
from renqing.views.product_page import Stock

allow(
    Audience.PERSON,
    "GET /v1/cart",
    "POST /v1/cart/lines",
    "PUT /v1/cart/lines/{sku_id:str}",
    "DELETE /v1/cart/lines/{sku_id:str}",
)

Pieces = Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)]


class CartLineIn(Body, frozen=True, kw_only=True):
    """So many pieces of a SKU. ``custom_word``: words on each piece of the line, empty for none; absent: as it was."""

    sku_id: Id
    quantity: Pieces = 1
    custom_word: Words | None = None


class CartQuantityIn(Body, frozen=True, kw_only=True):
    """How many pieces a line shall have. ``custom_word``: words on each, empty for none; absent: as they were."""

    quantity: Pieces
    custom_word: Words | None = None


class CartStands(msgspec.Struct, frozen=True):
    """A line as it stands now, and how many lines the cart has."""

    sku_id: str
    quantity: int
    lines: int


class CartLinesLeft(msgspec.Struct, frozen=True):
    """How many lines the cart has now."""

    lines: int


class CartLineOut(msgspec.Struct, frozen=True):
    """A line of your cart as things stand today.

    ``unit_price`` is today's and ``price_seen`` the one when it was put in. ``standing`` says whether so many pieces
    could be ordered now: ``ready``, ``off_sale``, ``sold_out``, or ``too_many`` where there are fewer. ``left`` is
    told only when few are left. ``custom_word``: the words that each piece is to have on it; ``custom_word_max``: so
    many characters its product takes.
    """

    sku_id: str
    product: ProductName
    quantity: int
    unit_price: MoneyOut
    price_seen: MoneyOut
    amount: MoneyOut
    stock: Stock
    left: int | None
    standing: Standing
    put_in_at: datetime
    custom_word: str
    custom_word_max: int


class CartShopOut(msgspec.Struct, frozen=True):
    """What is in your cart of one shop. ``total``: the lines that are ready, freight aside."""

    shop_id: str
    shop_name_zh: str
    shop_name_en: str
    lines: list[CartLineOut]
    total: MoneyOut


class CartOut(msgspec.Struct, frozen=True):
    """Your cart by shop. The shop that you put something in of last comes first."""

    shops: list[CartShopOut]
    lines: int


@get("/v1/cart", tags=["buying"])
async def read_cart(request: AnyRequest) -> CartOut:
    """Your cart: today's prices and stock, and what changed since. Nothing leaves it by itself."""
    page = await cart_page(house_of(request).ground, reader_of(request).person_id)
    return CartOut(
        shops=[
            CartShopOut(
                shop_id=str(shop.shop_id),
                shop_name_zh=shop.name_zh,
                shop_name_en=shop.name_en,
                lines=[_line(line) for line in shop.lines],
                total=MoneyOut(shop.total, shop.currency),
            )
            for shop in page.shops
        ],
        lines=page.lines,
    )


def _line(line: CartLineHere) -> CartLineOut:
    return CartLineOut(
        sku_id=str(line.sku_id),
        product=ProductName(str(line.product_id), line.title_zh, line.title_en, line.specs, line.picture),
        quantity=line.quantity,
        unit_price=MoneyOut(line.price, line.currency),
        price_seen=MoneyOut(line.price_seen, line.currency),
        amount=MoneyOut(line.amount, line.currency),
        stock=line.stock,
        left=line.left,
        standing=line.standing,
        put_in_at=line.put_in_at,
        custom_word=line.words,
        custom_word_max=line.engraving.characters_max if line.engraving else 0,
    )


@post("/v1/cart/lines", tags=["buying"], status_code=HTTP_200_OK, refuses=(OfferOver, CartFull, TooManyPieces))
async def put_in_cart(request: AnyRequest, data: JSONBody[CartLineIn]) -> CartStands:
    """Put pieces of a SKU into your cart. They add to what is there; the cart holds no stock."""
    house = house_of(request)
    await check_words_pass(house.ground, house.moderator, [data.custom_word])
    ask = PutInCart(reader_of(request).person_id, id_in(data.sku_id), data.quantity, data.custom_word)
    stands = await house.cart_puts.ask((ask, once_of(request, data)))
    return CartStands(str(stands.sku_id), stands.quantity, stands.lines)


@put("/v1/cart/lines/{sku_id:str}", tags=["buying"], refuses=(CartLineUnknown,))
async def change_cart_line(request: AnyRequest, sku_id: FromPath[str], data: JSONBody[CartQuantityIn]) -> CartStands:
    """Want more or fewer pieces of a line of your cart."""
    house = house_of(request)
    ask = ChangeCart(reader_of(request).person_id, id_in(sku_id), data.quantity, data.custom_word)
    stands = await change_my_cart(house.ground, ask, once_of(request, data), house.moderator)
    return CartStands(str(stands.sku_id), stands.quantity, stands.lines)


@delete("/v1/cart/lines/{sku_id:str}", tags=["buying"], status_code=HTTP_200_OK, refuses=(CartLineUnknown,))
async def take_out_of_cart(request: AnyRequest, sku_id: FromPath[str]) -> CartLinesLeft:
    """Take a line out of your cart."""
    ask = TakeOut(reader_of(request).person_id, id_in(sku_id))
    left = await take_out_of_my_cart(house_of(request).ground, ask, await once_without_body(request))
    return CartLinesLeft(left.lines)


routes = [read_cart, put_in_cart, change_cart_line, take_out_of_cart]

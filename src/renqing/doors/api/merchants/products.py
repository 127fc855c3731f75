"""A shop's products and its stock: save whole, switch on and off, allow as gifts, count in and write off."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.catalog import ProductChangedMeanwhile, ProductDraft, ProductNotFound, SkuDraft
from renqing.books.people import ShopUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    Amount,
    AnyRequest,
    Body,
    Cursor,
    Id,
    MoneyOut,
    cursor_in,
    cursor_out,
    house_of,
    id_in,
    id_of,
    once_of,
    reader_of,
)
from renqing.journeys.keep_a_product import (
    PRODUCTS_AT_ONCE_MAX,
    KeepProduct,
    SwitchProducts,
    allow_products_as_gifts,
    keep_a_product,
    put_products_on_sale,
)
from renqing.views.market import CursorNotValid
from renqing.views.shop_products import PAGE, PAGE_MAX, ProductForm, ProductRow, Wanted, product_form, shop_products

allow(
    Audience.STAFF,
    "GET /v1/shops/{shop_id:str}/products",
    "POST /v1/shops/{shop_id:str}/products",
    "GET /v1/shops/{shop_id:str}/products/{product_id:str}",
    "PUT /v1/shops/{shop_id:str}/products/{product_id:str}",
    "POST /v1/shops/{shop_id:str}/products/on-sale",
    "POST /v1/shops/{shop_id:str}/products/giftable",
)

Title = Annotated[str, msgspec.Meta(max_length=400)]
Detail = Annotated[str, msgspec.Meta(max_length=200_000)]
Picture = Annotated[str, msgspec.Meta(max_length=500)]
Spec = Annotated[str, msgspec.Meta(max_length=200)]


class ProductRowOut(msgspec.Struct, frozen=True):
    """A product in your list. ``low`` styles have hardly any free pieces."""

    id: str
    title_zh: str
    title_en: str
    picture: str
    on_sale: bool
    giftable: bool
    gift_forbidden: str | None
    price_min: MoneyOut
    price_max: MoneyOut
    styles: int
    low: int
    on_hand: int
    held: int


class ProductsOut(msgspec.Struct, frozen=True):
    """Your products, the newest first."""

    products: list[ProductRowOut]
    next_cursor: str | None


class SkuOut(msgspec.Struct, frozen=True):
    """A style as it is kept, with its stock."""

    id: str
    specs: list[str]
    price: MoneyOut
    original_price: MoneyOut
    picture: str
    on_sale: bool
    on_hand: int
    held: int


class ProductFormOut(msgspec.Struct, frozen=True):
    """A whole product for its editor. ``changed_at`` is its version: send it back as ``seen_changed_at``."""

    id: str
    category_id: str
    brand_id: str | None
    title_zh: str
    title_en: str
    brief_zh: str
    brief_en: str
    detail_zh: str
    detail_en: str
    unit: str
    pictures: list[str]
    attributes: list[tuple[str, str]]
    spec_names: list[str]
    skus: list[SkuOut]
    on_sale: bool
    giftable: bool
    changed_at: datetime


class SkuIn(Body, frozen=True, kw_only=True):
    """A style. Without ``id`` it is new."""

    id: Id | None = None
    specs: Annotated[tuple[Spec, ...], msgspec.Meta(max_length=10)] = ()
    price: Amount
    original_price: Amount | None = None
    picture: Picture = ""
    on_sale: bool = True


class ProductIn(Body, frozen=True, kw_only=True):
    """A whole product as it shall be. A style that it does not name goes off sale.

    ``seen_changed_at`` is the version that you saw; another one refuses the edit.
    """

    category_id: Id
    brand_id: Id | None = None
    title_zh: Title
    title_en: Title = ""
    brief_zh: Title = ""
    brief_en: Title = ""
    detail_zh: Detail = ""
    detail_en: Detail = ""
    unit: Annotated[str, msgspec.Meta(max_length=100)] = ""
    pictures: Annotated[tuple[Picture, ...], msgspec.Meta(max_length=50)] = ()
    attributes: Annotated[tuple[tuple[Title, Detail], ...], msgspec.Meta(max_length=200)] = ()
    spec_names: Annotated[tuple[Spec, ...], msgspec.Meta(max_length=10)] = ()
    skus: Annotated[list[SkuIn], msgspec.Meta(min_length=1, max_length=200)]
    on_sale: bool = True
    giftable: bool | None = None
    seen_changed_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ProductKept(msgspec.Struct, frozen=True):
    """The product as it is kept. ``sku_ids`` stand in the order they were sent in."""

    id: str
    sku_ids: list[str]
    how: str


class SwitchIn(Body, frozen=True, kw_only=True):
    """Products to switch on or off."""

    product_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=PRODUCTS_AT_ONCE_MAX)]
    on: bool


class Switched(msgspec.Struct, frozen=True):
    """Those that changed; one that stood so already, or is another shop's, is not among them."""

    product_ids: list[str]


@get("/v1/shops/{shop_id:str}/products", tags=["merchants: products"], refuses=(ShopUnknown, CursorNotValid))
async def list_shop_products(
    request: AnyRequest,
    shop_id: FromPath[str],
    wanted: FromQuery[Wanted] = "on_sale",
    cursor: Cursor = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, required=False)] = PAGE,
) -> ProductsOut:
    """Your products: on sale, off sale, with little stock left, or all."""
    page = await shop_products(
        house_of(request).ground, reader_of(request).person_id, id_in(shop_id), wanted, cursor_in(cursor), limit
    )
    return ProductsOut([_row(row) for row in page.rows], cursor_out(page.next_after))


def _row(row: ProductRow) -> ProductRowOut:
    return ProductRowOut(
        id=str(row.product_id),
        title_zh=row.title_zh,
        title_en=row.title_en,
        picture=row.picture,
        on_sale=row.on_sale,
        giftable=row.giftable,
        gift_forbidden=row.gift_forbidden,
        price_min=MoneyOut(row.price_min, row.currency),
        price_max=MoneyOut(row.price_max, row.currency),
        styles=row.styles,
        low=row.low,
        on_hand=row.on_hand,
        held=row.held,
    )


@get(
    "/v1/shops/{shop_id:str}/products/{product_id:str}",
    tags=["merchants: products"],
    refuses=(ShopUnknown, ProductNotFound),
)
async def read_shop_product(request: AnyRequest, shop_id: FromPath[str], product_id: FromPath[str]) -> ProductFormOut:
    """A whole product of yours, with every style and its stock."""
    form = await product_form(house_of(request).ground, reader_of(request).person_id, id_in(shop_id), id_in(product_id))
    return _form(form)


def _form(form: ProductForm) -> ProductFormOut:
    product = form.product
    assert product is not None, "a product was asked for"
    return ProductFormOut(
        id=str(product.id),
        category_id=str(product.category_id),
        brand_id=None if product.brand_id is None else str(product.brand_id),
        title_zh=product.title_zh,
        title_en=product.title_en,
        brief_zh=product.brief_zh,
        brief_en=product.brief_en,
        detail_zh=product.detail_zh,
        detail_en=product.detail_en,
        unit=product.unit,
        pictures=list(product.pictures),
        attributes=list(product.attributes),
        spec_names=list(product.spec_names),
        skus=[
            SkuOut(
                id=str(sku.id),
                specs=list(sku.specs),
                price=MoneyOut(sku.price, product.currency),
                original_price=MoneyOut(sku.original_price, product.currency),
                picture=sku.picture,
                on_sale=sku.on_sale,
                on_hand=form.stock[sku.id].on_hand if sku.id in form.stock else 0,
                held=form.stock[sku.id].held if sku.id in form.stock else 0,
            )
            for sku in product.skus
        ],
        on_sale=product.on_sale,
        giftable=product.giftable,
        changed_at=product.changed_at,
    )


@post(
    "/v1/shops/{shop_id:str}/products",
    tags=["merchants: products"],
    refuses=(ShopUnknown, ProductNotFound, ProductChangedMeanwhile),
)
async def add_product(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[ProductIn]) -> ProductKept:
    """Add a product with its styles."""
    return await _keep(request, id_in(shop_id), None, data)


@put(
    "/v1/shops/{shop_id:str}/products/{product_id:str}",
    tags=["merchants: products"],
    refuses=(ShopUnknown, ProductNotFound, ProductChangedMeanwhile),
)
async def save_product(
    request: AnyRequest, shop_id: FromPath[str], product_id: FromPath[str], data: JSONBody[ProductIn]
) -> ProductKept:
    """Save a product whole. What was ordered keeps the price and words it was bought with."""
    return await _keep(request, id_in(shop_id), id_in(product_id), data)


async def _keep(request: AnyRequest, shop_id: int, product_id: int | None, data: ProductIn) -> ProductKept:
    ground = house_of(request).ground
    draft = ProductDraft(
        id=product_id,
        shop_id=shop_id,
        category_id=id_in(data.category_id),
        brand_id=id_of(data.brand_id),
        title_zh=data.title_zh,
        title_en=data.title_en,
        brief_zh=data.brief_zh,
        brief_en=data.brief_en,
        detail_zh=data.detail_zh,
        detail_en=data.detail_en,
        unit=data.unit,
        pictures=data.pictures,
        attributes=data.attributes,
        spec_names=data.spec_names,
        skus=tuple(_sku(sku) for sku in data.skus),
        on_sale=data.on_sale,
        giftable=data.giftable,
        seen_changed_at=data.seen_changed_at,
        currency=ground.policy.currency,
    )
    kept = await keep_a_product(ground, KeepProduct(reader_of(request).person_id, draft), once_of(request, data))
    return ProductKept(str(kept.product_id), [str(sku_id) for sku_id in kept.sku_ids], kept.how)


def _sku(sku: SkuIn) -> SkuDraft:
    return SkuDraft(
        id=id_of(sku.id),
        specs=sku.specs,
        price=sku.price,
        original_price=sku.price if sku.original_price is None else sku.original_price,
        picture=sku.picture,
        on_sale=sku.on_sale,
    )


@post(
    "/v1/shops/{shop_id:str}/products/on-sale",
    tags=["merchants: products"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown,),
)
async def switch_sale(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[SwitchIn]) -> Switched:
    """Put products on sale, or take them off."""
    done = await put_products_on_sale(house_of(request).ground, _switch(request, shop_id, data), once_of(request, data))
    return Switched([str(product_id) for product_id in done.product_ids])


@post(
    "/v1/shops/{shop_id:str}/products/giftable",
    tags=["merchants: products"],
    status_code=HTTP_200_OK,
    refuses=(ShopUnknown,),
)
async def switch_gifts(request: AnyRequest, shop_id: FromPath[str], data: JSONBody[SwitchIn]) -> Switched:
    """Allow products as gifts, or not."""
    ground = house_of(request).ground
    done = await allow_products_as_gifts(ground, _switch(request, shop_id, data), once_of(request, data))
    return Switched([str(product_id) for product_id in done.product_ids])


def _switch(request: AnyRequest, shop_id: str, data: SwitchIn) -> SwitchProducts:
    ids = tuple(map(id_in, data.product_ids))
    return SwitchProducts(reader_of(request).person_id, id_in(shop_id), ids, data.on)


routes = [list_shop_products, read_shop_product, add_product, save_product, switch_sale, switch_gifts]

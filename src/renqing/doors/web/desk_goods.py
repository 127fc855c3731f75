"""A merchant's desk, the second half: products and their stock, the shop's account, its face and freight."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from renqing.books import people
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, cursor_in, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.desk_forms import (
    ProductEdit,
    draft_of,
    edit_of,
    long_form,
    rate_of,
    typed_product,
)
from renqing.doors.web.desk_frame import ground_of, shop_page
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, many_of, my_id, whole
from renqing.foundation.errors import FieldNotValid, NotFound, NotValid, Refusal
from renqing.journeys.keep_a_product import (
    KeepProduct,
    SwitchProducts,
    allow_products_as_gifts,
    keep_a_product,
    put_products_on_sale,
)
from renqing.journeys.keep_a_shop import DropFreight, KeepShop, SetFreight, drop_freight, keep_a_shop, set_freight
from renqing.journeys.receive_stock import ReceiveStock, WriteOffStock, receive_stock, write_off_stock
from renqing.views.shop_account import shop_account
from renqing.views.shop_face import shop_face
from renqing.views.shop_products import WANTED, product_form, shop_products

allow(
    Audience.STAFF,
    "GET /desk/shops/{shop_id:str}/products",
    "POST /desk/shops/{shop_id:str}/products/switch",
    "GET /desk/shops/{shop_id:str}/products/new",
    "POST /desk/shops/{shop_id:str}/products",
    "GET /desk/shops/{shop_id:str}/products/{product_id:str}",
    "POST /desk/shops/{shop_id:str}/products/{product_id:str}",
    "POST /desk/shops/{shop_id:str}/products/{product_id:str}/stock",
    "GET /desk/shops/{shop_id:str}/account",
    "GET /desk/shops/{shop_id:str}/shop",
    "POST /desk/shops/{shop_id:str}/shop",
    "POST /desk/shops/{shop_id:str}/shop/freight",
    "POST /desk/shops/{shop_id:str}/shop/freight/drop",
)


class NoneTicked(NotValid):
    """A bulk deed without any product."""

    code = "none_ticked"


async def _products(
    request: AnyRequest, shop_id: int, wanted: str, after: int | None = None, refusal: Refusal | None = None
) -> Response[str]:
    seen = await shop_products(ground_of(request), my_id(request), shop_id, wanted, after)
    return await shop_page(request, seen.shop, "desk/products.html", "products", refusal, page=seen, wanted=WANTED)


@get("/desk/shops/{shop_id:str}/products")
async def products_page(
    request: AnyRequest, shop_id: FromPath[str], wanted: FromQuery[str] = "on_sale", after: FromQuery[str | None] = None
) -> Response[str]:
    """The products of a shop."""
    return await _products(request, id_in(shop_id), wanted, cursor_in(after))


@post("/desk/shops/{shop_id:str}/products/switch")
async def switch_products(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Put the ticked products on or off sale, allow or refuse them as gifts."""
    form, shop = await form_of(request), id_in(shop_id)
    ticked = tuple(sorted({id_in(one) for one in await many_of(request, "product")}))
    form["product"] = ",".join(map(str, ticked))
    what, wanted = form.get("what", ""), form.get("wanted", "on_sale")
    try:
        if not ticked:
            raise NoneTicked
        if what not in ("on", "off", "gifts", "no_gifts"):
            raise FieldNotValid(field="what", reason="unknown")
        ask = SwitchProducts(my_id(request), shop, ticked, on=what in ("on", "gifts"))
        story = put_products_on_sale if what in ("on", "off") else allow_products_as_gifts
        await story(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _products(request, shop, wanted, refusal=refusal)
    return go(request, f"/desk/shops/{shop}/products?wanted={wanted}", "desk_switched")


async def _product(
    request: AnyRequest,
    shop_id: int,
    product_id: int | None,
    edit: ProductEdit | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    seen = await product_form(ground_of(request), my_id(request), shop_id, product_id)
    return await shop_page(
        request,
        seen.shop,
        "desk/product.html",
        "products",
        refusal,
        page=seen,
        edit=edit or edit_of(seen.product),
        wrong=_wrong(request, refusal),
    )


async def product_again(request: AnyRequest, shop_id: int, product_id: int, refusal: Refusal) -> Response[str]:
    """A product's form, saying what stopped something about it."""
    return await _product(request, shop_id, product_id, refusal=refusal)


def _wrong(request: AnyRequest, refusal: Refusal | None) -> dict[str, Any]:
    """What is wrong, beside its field; a style's fault stands above the styles."""
    if not isinstance(refusal, FieldNotValid):
        return {}
    field = str(refusal.facts.get("field", "")).split(".")[0]
    return {field: words_of(refusal, language_of(request))}


@get("/desk/shops/{shop_id:str}/products/new")
async def new_product_page(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """An empty form."""
    return await _product(request, id_in(shop_id), None)


@get("/desk/shops/{shop_id:str}/products/{product_id:str}")
async def product_edit_page(request: AnyRequest, shop_id: FromPath[str], product_id: FromPath[str]) -> Response[str]:
    """A product's form."""
    return await _product(request, id_in(shop_id), id_in(product_id))


@post("/desk/shops/{shop_id:str}/products")
async def make_product(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Save a new product."""
    return await _keep(request, id_in(shop_id), None)


@post("/desk/shops/{shop_id:str}/products/{product_id:str}")
async def save_product(request: AnyRequest, shop_id: FromPath[str], product_id: FromPath[str]) -> Response[str]:
    """Save a product."""
    return await _keep(request, id_in(shop_id), id_in(product_id))


async def _keep(request: AnyRequest, shop_id: int, product_id: int | None) -> Response[str]:
    ground, form = ground_of(request), await long_form(request)
    edit = typed_product(form)
    known = (await product_form(ground, my_id(request), shop_id, product_id)).product
    try:
        draft = draft_of(edit, shop_id, known, ground.policy.currency)
        kept = await keep_a_product(ground, KeepProduct(my_id(request), draft), deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _product(request, shop_id, product_id, edit, refusal)
    return go(request, f"/desk/shops/{shop_id}/products/{kept.product_id}", "desk_product_saved")


@post("/desk/shops/{shop_id:str}/products/{product_id:str}/stock")
async def move_stock(request: AnyRequest, shop_id: FromPath[str], product_id: FromPath[str]) -> Response[str]:
    """Receive pieces, or write some off."""
    form, shop, product = await form_of(request), id_in(shop_id), id_in(product_id)
    incoming = form.get("what") != "out"
    try:
        sku, pieces = id_in(form.get("sku", "")), whole(form, "quantity", least=1, most=1_000_000)
        if incoming:
            ask = ReceiveStock(my_id(request), shop, ((sku, pieces),))
            await receive_stock(ground_of(request), ask, deed(request, form))
        else:
            off = WriteOffStock(my_id(request), shop, sku, pieces)
            await write_off_stock(ground_of(request), off, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _product(request, shop, product, refusal=refusal)
    return go(request, f"/desk/shops/{shop}/products/{product}", "desk_stock_in" if incoming else "desk_stock_out")


@get("/desk/shops/{shop_id:str}/account")
async def account_page(
    request: AnyRequest, shop_id: FromPath[str], after: FromQuery[str | None] = None
) -> Response[str]:
    """The shop's account and its statement."""
    seen = await shop_account(ground_of(request), my_id(request), id_in(shop_id), after)
    return await shop_page(request, seen.shop, "desk/account.html", "account", page=seen)


async def _face(
    request: AnyRequest, shop_id: int, refusal: Refusal | None = None, form: Form | None = None
) -> Response[str]:
    seen = await shop_face(ground_of(request), my_id(request), shop_id)
    return await shop_page(request, seen.head, "desk/shop.html", "shop", refusal, page=seen, form=form or {})


@get("/desk/shops/{shop_id:str}/shop")
async def face_page(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """The shop's face and freight."""
    return await _face(request, id_in(shop_id))


@post("/desk/shops/{shop_id:str}/shop")
async def save_face(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Save the shop's face, and whether its goods may be gifts."""
    form, shop = await form_of(request), id_in(shop_id)
    ground = ground_of(request)
    logo = (await shop_face(ground, my_id(request), shop)).shop.logo
    face = people.NewShop(
        name_zh=form.get("name_zh", ""),
        name_en=form.get("name_en", ""),
        brief_zh=form.get("brief_zh", ""),
        brief_en=form.get("brief_en", ""),
        logo=logo,
        gifts_allowed="gifts_allowed" in form,
        writes_cards="writes_cards" in form,
    )
    try:
        await keep_a_shop(ground, KeepShop(my_id(request), shop, face), deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _face(request, shop, refusal, form)
    return go(request, f"/desk/shops/{shop}/shop", "desk_shop_saved")


@post("/desk/shops/{shop_id:str}/shop/freight")
async def save_freight(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Set what delivery into a region costs."""
    form, shop = await form_of(request), id_in(shop_id)
    ground = ground_of(request)
    try:
        rate = rate_of(form, ground.policy.currency)
        await set_freight(ground, SetFreight(my_id(request), shop, rate), deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _face(request, shop, refusal, form)
    return go(request, f"/desk/shops/{shop}/shop", "desk_freight_saved")


@post("/desk/shops/{shop_id:str}/shop/freight/drop")
async def take_freight_back(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Let the wider region decide again."""
    form, shop = await form_of(request), id_in(shop_id)
    try:
        ask = DropFreight(my_id(request), shop, whole(form, "region_code", most=999_999_999))
        await drop_freight(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _face(request, shop, refusal)
    return go(request, f"/desk/shops/{shop}/shop", "desk_freight_saved")


routes = [
    products_page,
    switch_products,
    new_product_page,
    product_edit_page,
    make_product,
    save_product,
    move_stock,
    account_page,
    face_page,
    save_face,
    save_freight,
    take_freight_back,
]

"""Where things come to: one's own addresses, and the address that an order or a claim names or brings along."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.books.people import NewAddress
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.web.shell import Form, deed, form_of, go, my_id, page, refused, whole
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.keep_an_address import (
    ChangeAddress,
    KeepAddress,
    NameAddress,
    change_an_address,
    forget_an_address,
    keep_an_address,
    prefer_an_address,
)
from renqing.views.address_form import address_form
from renqing.views.me_page import my_addresses

allow(
    Audience.PERSON,
    "GET /addresses",
    "GET /addresses/new",
    "POST /addresses/new",
    "GET /addresses/{address_id:str}",
    "POST /addresses/{address_id:str}",
    "POST /addresses/{address_id:str}/prefer",
    "POST /addresses/{address_id:str}/forget",
)

REGION_CODE_MAX = 999_999_999
_OF_ADDRESS = ("address_", "region_")


@get("/addresses")
async def addresses(request: AnyRequest) -> Response[str]:
    """The reader's addresses."""
    mine = await my_addresses(house_of(request).ground, my_id(request))
    return await page(request, "addresses.html", tab="me", addresses=mine)


@get("/addresses/new")
async def new_address(request: AnyRequest) -> Response[str]:
    """An empty form."""
    return await page(request, "address_form.html", tab="me", address_id=None, form={})


@post("/addresses/new")
async def keep_address(request: AnyRequest) -> Response[str]:
    """Keep a new address."""
    form = await form_of(request)
    try:
        await keep_an_address(
            house_of(request).ground, KeepAddress(my_id(request), _new_address(form)), deed(request, form)
        )
    except Refusal as refusal:
        return await refused(request, refusal, "address_form.html", tab="me", address_id=None, form=form)
    return go(request, "/addresses", "address_kept")


@get("/addresses/{address_id:str}")
async def one_address(request: AnyRequest, address_id: FromPath[str]) -> Response[str]:
    """An address to change."""
    found = await address_form(house_of(request).ground, my_id(request), id_in(address_id))
    form = {
        "address_name": found.address.name,
        "address_phone": found.address.phone,
        "address_detail": found.address.detail,
        "region_code": str(found.address.region_code),
        "region_path": ",".join(str(code) for code in found.region_path),
        "is_default": "yes" if found.address.is_default else "",
    }
    return await page(request, "address_form.html", tab="me", address_id=found.address.id, form=form)


@post("/addresses/{address_id:str}")
async def change_address(request: AnyRequest, address_id: FromPath[str]) -> Response[str]:
    """Write it anew; orders keep what they were given."""
    form = await form_of(request)
    ask = id_in(address_id)
    try:
        await change_an_address(
            house_of(request).ground, ChangeAddress(my_id(request), ask, _new_address(form)), deed(request, form)
        )
    except Refusal as refusal:
        return await refused(request, refusal, "address_form.html", tab="me", address_id=ask, form=form)
    return go(request, "/addresses", "address_kept")


@post("/addresses/{address_id:str}/prefer")
async def prefer_address(request: AnyRequest, address_id: FromPath[str]) -> Response[str]:
    """Make it the default."""
    form = await form_of(request)
    ask = NameAddress(my_id(request), id_in(address_id))
    await prefer_an_address(house_of(request).ground, ask, deed(request, form))
    return go(request, "/addresses", "address_preferred")


@post("/addresses/{address_id:str}/forget")
async def forget_address(request: AnyRequest, address_id: FromPath[str]) -> Response[str]:
    """Forget what it said."""
    form = await form_of(request)
    ask = NameAddress(my_id(request), id_in(address_id))
    await forget_an_address(house_of(request).ground, ask, deed(request, form))
    return go(request, "/addresses", "address_forgotten")


NO_ADDRESS = "none"  # what a form says that is about vouchers: nothing is sent


async def address_said(request: AnyRequest, form: Form) -> int | None:
    """The address that a form names, or the new one that it brings, kept first; None where it says that it has none.

    Raises FieldNotValid.
    """
    if form.get("address") == NO_ADDRESS:
        return None
    named = parse_id(form.get("address", ""))
    if named is not None:
        return named
    ask = KeepAddress(my_id(request), _new_address(form))
    kept = await keep_an_address(house_of(request).ground, ask, deed(request, _only_address(form), "address"))
    form["address"] = str(kept.address_id)
    return kept.address_id


def _only_address(form: Form) -> Form:
    """What the address part of a form says: mending another field must not make the kept address a new request."""
    return {name: value for name, value in form.items() if name == "once" or name.startswith(_OF_ADDRESS)}


def without_address(form: Form) -> Form:
    """The rest of it: what is kept of a request is a plain hash, and no address may be guessed from that."""
    return {name: value for name, value in form.items() if not name.startswith(_OF_ADDRESS)}


def _new_address(form: Form) -> NewAddress:
    if not form.get("region_code"):
        raise FieldNotValid(field="region_code", reason="region")
    return NewAddress(
        region_code=whole(form, "region_code", least=1, most=REGION_CODE_MAX),
        name=form.get("address_name", ""),
        phone=form.get("address_phone", ""),
        detail=form.get("address_detail", ""),
        is_default=form.get("is_default") == "yes",
    )


routes = [addresses, new_address, keep_address, one_address, change_address, prefer_address, forget_address]

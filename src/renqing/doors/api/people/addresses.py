"""Where things come to: one's own addresses, and the divisions of the country they are picked from."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import Address, AddressUnknown, NewAddress, TooManyKept
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, once_without_body, reader_of, readings_of
from renqing.journeys.keep_an_address import (
    ChangeAddress,
    KeepAddress,
    NameAddress,
    change_an_address,
    forget_an_address,
    keep_an_address,
    prefer_an_address,
)
from renqing.views.me_page import regions

allow(Audience.PUBLIC, "GET /v1/regions")
allow(
    Audience.PERSON,
    "GET /v1/addresses",
    "POST /v1/addresses",
    "PUT /v1/addresses/{address_id:str}",
    "DELETE /v1/addresses/{address_id:str}",
    "POST /v1/addresses/{address_id:str}/default",
)

REGION_CODE_MAX = 999_999_999

RegionCode = Annotated[int, msgspec.Meta(ge=1, le=REGION_CODE_MAX, description="6 digits to county, 9 to street")]
Level = Literal["province", "city", "county", "street"]
_LEVELS: dict[int, Level] = {1: "province", 2: "city", 3: "county", 4: "street"}


class RegionOut(msgspec.Struct, frozen=True):
    """A division of the country. ``is_finest``: an address may be in it."""

    code: int
    name: str
    level: Level
    is_finest: bool


class AddressOut(msgspec.Struct, frozen=True):
    """An address of yours. ``region`` is its full name down to the street."""

    id: str
    region_code: int
    region: str
    name: str
    phone: str
    detail: str
    is_default: bool


class AddressIn(Body, frozen=True, kw_only=True):
    """An address: the finest division there is, who receives, their phone, and the rest in words."""

    region_code: RegionCode
    name: Annotated[str, msgspec.Meta(max_length=200)]
    phone: Annotated[str, msgspec.Meta(max_length=40)]
    detail: Annotated[str, msgspec.Meta(max_length=1000)]
    is_default: bool = False


class AddressKept(msgspec.Struct, frozen=True):
    """The address by its id."""

    id: str


@get("/v1/regions", tags=["addresses"])
async def list_regions(
    request: AnyRequest,
    parent: Annotated[int | None, QueryParameter(ge=1, le=REGION_CODE_MAX, required=False)] = None,
) -> list[RegionOut]:
    """The divisions below one, or the provinces: an address is picked step by step."""
    found = await regions(house_of(request).ground, parent)
    return [RegionOut(one.code, one.name, _LEVELS[one.level], one.is_finest) for one in found]


@get("/v1/addresses", tags=["addresses"])
async def list_addresses(request: AnyRequest) -> list[AddressOut]:
    """Your addresses: the default first, then the newest."""
    mine = await readings_of(request).addresses.ask(reader_of(request).person_id)
    return [_address(one) for one in mine]


def _address(one: Address) -> AddressOut:
    return AddressOut(str(one.id), one.region_code, one.region_name, one.name, one.phone, one.detail, one.is_default)


@post("/v1/addresses", tags=["addresses"], refuses=(TooManyKept,))
async def add_address(request: AnyRequest, data: JSONBody[AddressIn]) -> AddressKept:
    """Keep an address. What it says is sealed; the first one is the default."""
    ask = KeepAddress(reader_of(request).person_id, _asked(data))
    kept = await keep_an_address(house_of(request).ground, ask, once_of(request, data))
    return AddressKept(str(kept.address_id))


@put("/v1/addresses/{address_id:str}", tags=["addresses"], refuses=(AddressUnknown,))
async def change_address(request: AnyRequest, address_id: FromPath[str], data: JSONBody[AddressIn]) -> AddressKept:
    """Write an address anew. Orders keep what they were given."""
    ask = ChangeAddress(reader_of(request).person_id, id_in(address_id), _asked(data))
    kept = await change_an_address(house_of(request).ground, ask, once_of(request, data))
    return AddressKept(str(kept.address_id))


def _asked(data: AddressIn) -> NewAddress:
    return NewAddress(data.region_code, data.name, data.phone, data.detail, data.is_default)


@delete("/v1/addresses/{address_id:str}", tags=["addresses"], refuses=(AddressUnknown,))
async def forget_address(request: AnyRequest, address_id: FromPath[str]) -> None:
    """Forget an address."""
    ask = NameAddress(reader_of(request).person_id, id_in(address_id))
    await forget_an_address(house_of(request).ground, ask, await once_without_body(request))


@post("/v1/addresses/{address_id:str}/default", tags=["addresses"], status_code=HTTP_200_OK, refuses=(AddressUnknown,))
async def prefer_address(request: AnyRequest, address_id: FromPath[str]) -> AddressKept:
    """Make an address the default."""
    ask = NameAddress(reader_of(request).person_id, id_in(address_id))
    kept = await prefer_an_address(house_of(request).ground, ask, await once_without_body(request))
    return AddressKept(str(kept.address_id))


routes = [list_regions, list_addresses, add_address, change_address, forget_address, prefer_address]

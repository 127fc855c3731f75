"""The platform's list of charities: whom declined gifts may go to, and where those are sent."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import NewAddress
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, once_without_body, reader_of
from renqing.journeys.keep_charities import AddACharity, EndACharity, add_a_charity, end_a_charity
from renqing.social.charities import CharityUnknown, NewCharity, TooManyCharities

TAG = "operators: work"
allow(Audience.OPERATOR, "POST /v1/operator/charities", "DELETE /v1/operator/charities/{charity_id:str}")


class CharityIn(Body, frozen=True, kw_only=True):
    """What people read of a charity, and who takes its parcels where: that is sealed, and no list shows it."""

    name_zh: Annotated[str, msgspec.Meta(max_length=200)]
    name_en: Annotated[str, msgspec.Meta(max_length=200)] = ""
    about_zh: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    about_en: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    region_code: Annotated[int, msgspec.Meta(ge=1, le=999_999_999)]
    name: Annotated[str, msgspec.Meta(max_length=200)]
    phone: Annotated[str, msgspec.Meta(max_length=40)]
    detail: Annotated[str, msgspec.Meta(max_length=400)]


class CharityKeptOut(msgspec.Struct, frozen=True):
    """It is so."""

    id: str


@post("/v1/operator/charities", tags=[TAG], refuses=(TooManyCharities,))
async def add_charity(request: AnyRequest, data: JSONBody[CharityIn]) -> CharityKeptOut:
    """Put a charity on the list."""
    ask = AddACharity(
        reader_of(request).person_id,
        NewCharity(data.name_zh, data.about_zh, data.name_en, data.about_en),
        NewAddress(data.region_code, data.name, data.phone, data.detail, is_default=True),
    )
    return CharityKeptOut(str((await add_a_charity(house_of(request).ground, ask, once_of(request, data))).charity_id))


@delete("/v1/operator/charities/{charity_id:str}", tags=[TAG], status_code=HTTP_200_OK, refuses=(CharityUnknown,))
async def end_charity(request: AnyRequest, charity_id: FromPath[str]) -> CharityKeptOut:
    """Take a charity off the list. What it was given stays given; its address is forgotten."""
    ask = EndACharity(reader_of(request).person_id, id_in(charity_id))
    kept = await end_a_charity(house_of(request).ground, ask, await once_without_body(request))
    return CharityKeptOut(str(kept.charity_id))


routes = [add_charity, end_charity]

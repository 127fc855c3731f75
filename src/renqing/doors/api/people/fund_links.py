"""A fund's link: made by its starter, looked at and joined by whoever has it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import delete, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.receiving import LOOKS
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    MoneyOut,
    PersonOut,
    house_of,
    id_in,
    once_of,
    once_without_body,
    person_out,
    reader_of,
    somebody_out,
    spend,
)
from renqing.journeys.join_a_fund import JoinAFund, LinkAFund, join_a_fund, link_a_fund
from renqing.social.funds import FundCrowded, FundOver, FundUnknown, link_of
from renqing.views.fund_link_page import fund_by_link

allow(
    Audience.PERSON,
    "POST /v1/funds/{fund_id:str}/link",
    "DELETE /v1/funds/{fund_id:str}/link",
    "POST /v1/fund-links/looks",
    "POST /v1/fund-links/joins",
)


class FundTokenIn(Body, frozen=True, kw_only=True):
    """The token of a fund's link: what stands behind its ``#``."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class FundLinkOut(msgspec.Struct, frozen=True):
    """The link's token; null: nobody joins by a link. A new one ends the one before."""

    link_token: str | None


class FundLookOut(msgspec.Struct, frozen=True):
    """A fund by its link, before you join. ``is_in``: you take part already."""

    fund_id: str
    starter: PersonOut
    to: PersonOut | None
    title_zh: str
    title_en: str
    target: MoneyOut
    paid: MoneyOut
    state: Literal["open", "full", "short", "called_off"]
    is_open: bool
    ends_at: datetime
    is_in: bool


class FundJoinOut(msgspec.Struct, frozen=True):
    """You take part: put in with ``POST /v1/funds/{fund_id}/shares``."""

    fund_id: str


@post("/v1/funds/{fund_id:str}/link", tags=["giving"], refuses=(FundUnknown, FundOver))
async def make_fund_link(request: AnyRequest, fund_id: FromPath[str]) -> FundLinkOut:
    """Let whoever has the link join. Making it again ends the link before."""
    house, number = house_of(request), id_in(fund_id)
    ask = LinkAFund(reader_of(request).person_id, number)
    await link_a_fund(house.ground, ask, await once_without_body(request))
    return FundLinkOut(await link_of(house.ground.db, house.ground.keys, number))


@delete("/v1/funds/{fund_id:str}/link", tags=["giving"], status_code=HTTP_200_OK, refuses=(FundUnknown,))
async def end_fund_link(request: AnyRequest, fund_id: FromPath[str]) -> FundLinkOut:
    """Let nobody join by it any more. Who did takes part as before."""
    ask = LinkAFund(reader_of(request).person_id, id_in(fund_id), on=False)
    await link_a_fund(house_of(request).ground, ask, await once_without_body(request))
    return FundLinkOut(None)


@post("/v1/fund-links/looks", tags=["giving"], status_code=HTTP_200_OK, refuses=(FundUnknown,))
async def look_at_fund(request: AnyRequest, data: JSONBody[FundTokenIn]) -> FundLookOut:
    """What a fund's link leads to. Changes nothing; whom the gift is for finds nothing."""
    spend(request, LOOKS)
    found = await fund_by_link(house_of(request).ground, data.token, reader_of(request).person_id)
    return FundLookOut(
        fund_id=str(found.fund_id),
        starter=person_out(found.starter),
        to=somebody_out(found.to),
        title_zh=found.title_zh,
        title_en=found.title_en,
        target=MoneyOut(found.target, found.currency),
        paid=MoneyOut(found.paid, found.currency),
        state=found.state,
        is_open=found.is_open,
        ends_at=found.ends_at,
        is_in=found.is_in,
    )


@post(
    "/v1/fund-links/joins",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(FundUnknown, FundOver, FundCrowded),
)
async def join_fund(request: AnyRequest, data: JSONBody[FundTokenIn]) -> FundJoinOut:
    """Take part, as who was asked by name does."""
    spend(request, LOOKS)
    ask = JoinAFund(reader_of(request).person_id, data.token)
    return FundJoinOut(str((await join_a_fund(house_of(request).ground, ask, once_of(request, data))).fund_id))


routes = [make_fund_link, end_fund_link, look_at_fund, join_fund]

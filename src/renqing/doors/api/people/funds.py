"""Give together: start a fund, put in, call it off. A share is paid as an order, by its ``contribution_id``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import GroupUnknown
from renqing.books.stock import StockRanOut
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.buying import channel_of
from renqing.doors.api.people.engravings import CustomInfoIn, CustomInfoOut, custom_info, engraving_in
from renqing.doors.api.people.gift_parts import GreetingCardOut, card_out
from renqing.doors.api.people.giving import HOURS_MAX, GreetingCardIn, card_in
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.people.surprises import SurpriseIn
from renqing.doors.api.wire import (
    Amount,
    AnyRequest,
    Body,
    Id,
    MoneyOut,
    PersonOut,
    house_of,
    id_in,
    id_of,
    once_of,
    once_without_body,
    person_out,
    reader_of,
    somebody_out,
)
from renqing.doors.house import ChannelUnknown
from renqing.journeys.check_out import OfferOver, TotalChanged
from renqing.journeys.give_a_gift import GiveAGift
from renqing.journeys.start_a_fund import CallOff, PutIn, StartAFund, call_off, put_in, start_a_fund
from renqing.social.funds import GUESTS_MAX, FundOver, FundSpokenFor, FundUnknown
from renqing.social.gifts import GiftIsYourOwn, GiftNotAllowed, RecipientNotReachable
from renqing.social.holds import OnHold
from renqing.social.media import MediaUnknown
from renqing.social.peace import GiftTooDear
from renqing.social.schedules import Moment
from renqing.views.fund_page import FundPage, fund_page, my_funds

allow(
    Audience.PERSON,
    "POST /v1/funds",
    "GET /v1/funds",
    "GET /v1/funds/{fund_id:str}",
    "POST /v1/funds/{fund_id:str}/shares",
    "POST /v1/funds/{fund_id:str}/call-off",
)


class FundIn(Body, frozen=True, kw_only=True):
    """What several people give together, and who is asked until when: a group of yours, or ``guest_ids``.

    ``recipient_id``: for whom; none: whoever gets the link of the gift. The target is what the gift costs with its
    freight: ``expected_total`` is what you saw. ``deliver_at``, ``greeting_card_info``, ``custom_info`` and
    ``surprise`` as with any gift.
    """

    sku_id: Id
    ends_at: Annotated[datetime, msgspec.Meta(tz=True)]
    recipient_id: Id | None = None
    group_id: Id | None = None
    guest_ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=GUESTS_MAX)] = ()
    hides_sums: bool = False
    hides_names: bool = False
    cover: Annotated[str, msgspec.Meta(max_length=40)] = "just-because"
    greeting: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    open_for_hours: Annotated[int, msgspec.Meta(ge=0, le=HOURS_MAX)] | None = None
    expected_total: Amount | None = None
    deliver_at: Annotated[str, msgspec.Meta(max_length=19)] | None = None
    deliver_zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    greeting_card_info: GreetingCardIn | None = None
    custom_info: CustomInfoIn | None = None
    surprise: SurpriseIn | None = None


class FundBegunOut(msgspec.Struct, frozen=True):
    """The fund waits for shares."""

    fund_id: str
    gift_id: str
    target: MoneyOut


class ShareIn(Body, frozen=True, kw_only=True):
    """Your share in minor units. ``capped``: or what is missing, where that is less."""

    amount: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    capped: bool = False
    channel: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class SharePreparedOut(msgspec.Struct, frozen=True):
    """So much is set aside for you: ``POST /v1/orders/{contribution_id}/payments`` takes you to the cashier."""

    contribution_id: str
    fund_id: str
    amount: MoneyOut
    pay_by: datetime


class FundShareOut(msgspec.Struct, frozen=True):
    """What somebody has put in; without an amount where that is not for you."""

    person: PersonOut
    amount: MoneyOut | None
    is_mine: bool


class FundOut(msgspec.Struct, frozen=True):
    """A fund for who takes part. ``missing`` is what can still be put in; ``gift_id`` is there for its starter.

    ``greeting_card_info`` and ``custom_info``: what its shop writes and makes for it.
    """

    id: str
    starter: PersonOut
    to: PersonOut | None
    product: ProductName
    cover: str
    target: MoneyOut
    paid: MoneyOut
    pending: MoneyOut
    missing: MoneyOut
    state: Literal["open", "full", "short", "called_off"]
    is_open: bool
    ends_at: datetime
    hides_sums: bool
    hides_names: bool
    shares: list[FundShareOut]
    mine: MoneyOut
    waiting_id: str | None
    gift_id: str | None
    greeting_card_info: GreetingCardOut | None
    custom_info: CustomInfoOut | None


class FundCardOut(msgspec.Struct, frozen=True):
    """A fund in a list."""

    id: str
    to: PersonOut | None
    title_zh: str
    title_en: str
    target: MoneyOut
    paid: MoneyOut
    state: Literal["open", "full", "short", "called_off"]
    ends_at: datetime


class FundsOut(msgspec.Struct, frozen=True):
    """Funds that you take part in or may, open ones first."""

    funds: list[FundCardOut]


class FundCalledOff(msgspec.Struct, frozen=True):
    """Everybody's share is on its way back."""

    fund_id: str


@post(
    "/v1/funds",
    tags=["giving"],
    refuses=(
        GiftNotAllowed,
        GiftIsYourOwn,
        RecipientNotReachable,
        GiftTooDear,
        OnHold,
        GroupUnknown,
        OfferOver,
        StockRanOut,
        TotalChanged,
        MediaUnknown,
    ),
)
async def start_fund(request: AnyRequest, data: JSONBody[FundIn]) -> FundBegunOut:
    """Ask others to give one thing together. Its goods are held and its price is fixed until the deadline."""
    gift = GiveAGift(
        giver_id=reader_of(request).person_id,
        sku_id=id_in(data.sku_id),
        recipient_id=id_of(data.recipient_id),
        cover=data.cover,
        greeting=data.greeting,
        open_for_hours=data.open_for_hours,
        channel="",
        expected_total=data.expected_total,
        moment=None if data.deliver_at is None else Moment(data.deliver_at, data.deliver_zone),
        card=card_in(data.greeting_card_info),
        engraving=engraving_in(data.custom_info),
        surprise=data.surprise,
    )
    ask = StartAFund(
        gift=gift,
        ends_at=data.ends_at,
        group_id=id_of(data.group_id),
        guest_ids=tuple(map(id_in, data.guest_ids)),
        hides_sums=data.hides_sums,
        hides_names=data.hides_names,
    )
    house = house_of(request)
    begun = await start_a_fund(house.ground, ask, once_of(request, data), house.moderator)
    return FundBegunOut(str(begun.order_id), str(begun.gift_id), MoneyOut(begun.target, begun.currency))


@get("/v1/funds", tags=["giving"])
async def list_funds(request: AnyRequest) -> FundsOut:
    """Funds that you started, are asked to take part in, or have put something into."""
    found = await my_funds(house_of(request).ground, reader_of(request).person_id)
    return FundsOut(
        [
            FundCardOut(
                id=str(one.fund_id),
                to=somebody_out(one.to),
                title_zh=one.title_zh,
                title_en=one.title_en,
                target=MoneyOut(one.target, one.currency),
                paid=MoneyOut(one.paid, one.currency),
                state=one.state,
                ends_at=one.ends_at,
            )
            for one in found
        ]
    )


@get("/v1/funds/{fund_id:str}", tags=["giving"], refuses=(FundUnknown,))
async def read_fund(request: AnyRequest, fund_id: FromPath[str]) -> FundOut:
    """How far a fund is, and who is in."""
    return _fund(await fund_page(house_of(request).ground, reader_of(request).person_id, id_in(fund_id)))


def _fund(page: FundPage) -> FundOut:
    def money(amount: int) -> MoneyOut:
        return MoneyOut(amount, page.currency)

    return FundOut(
        id=str(page.fund_id),
        starter=person_out(page.starter),
        to=somebody_out(page.to),
        product=ProductName(str(page.product_id), page.title_zh, page.title_en, page.specs, page.picture),
        cover=page.cover,
        target=money(page.target),
        paid=money(page.paid),
        pending=money(page.pending),
        missing=money(page.missing),
        state=page.state,
        is_open=page.is_open,
        ends_at=page.ends_at,
        hides_sums=page.hides_sums,
        hides_names=page.hides_names,
        shares=[
            FundShareOut(person_out(one.person), None if one.amount is None else money(one.amount), one.is_mine)
            for one in page.shares
        ],
        mine=money(page.mine),
        waiting_id=None if page.waiting_id is None else str(page.waiting_id),
        gift_id=None if page.gift_id is None else str(page.gift_id),
        greeting_card_info=card_out(page.card),
        custom_info=custom_info(page.engraving),
    )


@post(
    "/v1/funds/{fund_id:str}/shares",
    tags=["giving"],
    refuses=(FundUnknown, FundOver, FundSpokenFor, OnHold, ChannelUnknown),
)
async def put_in_share(request: AnyRequest, fund_id: FromPath[str], data: JSONBody[ShareIn]) -> SharePreparedOut:
    """Put something in: it is set aside for you until ``pay_by``, and nobody else can take it meanwhile."""
    channel = channel_of(request, data.channel)
    ask = PutIn(reader_of(request).person_id, id_in(fund_id), data.amount, channel, data.capped)
    one = await put_in(house_of(request).ground, ask, once_of(request, data))
    amount = MoneyOut(one.amount, one.currency)
    return SharePreparedOut(str(one.contribution_id), str(one.fund_id), amount, one.pay_by)


@post(
    "/v1/funds/{fund_id:str}/call-off",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(FundUnknown, FundOver),
)
async def call_fund_off(request: AnyRequest, fund_id: FromPath[str]) -> FundCalledOff:
    """Call off a fund of yours: everybody gets their share back."""
    ask = CallOff(reader_of(request).person_id, id_in(fund_id))
    done = await call_off(house_of(request).ground, ask, await once_without_body(request))
    return FundCalledOff(str(done.fund_id))


routes = [start_fund, list_funds, read_fund, put_in_share, call_fund_off]

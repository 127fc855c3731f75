"""Give, open, claim, decline, take back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import AddressUnknown, GroupUnknown
from renqing.books.stock import StockRanOut
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.buying import channel_of
from renqing.doors.api.people.engravings import CustomInfoIn, engraving_in
from renqing.doors.api.people.surprises import SurpriseIn
from renqing.doors.api.wire import (
    Amount,
    AnyRequest,
    Body,
    Id,
    MoneyOut,
    house_of,
    id_in,
    id_of,
    once_of,
    once_without_body,
    reader_of,
)
from renqing.doors.house import ChannelUnknown
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.check_out import LINES_MAX, OfferOver, TotalChanged
from renqing.journeys.claim_a_gift import ClaimAGift
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import DrawAsked, GiveAGift, give_a_gift
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.social.draws import GUESTS_MAX, DrawNotDone, NothingWon
from renqing.social.gifts import (
    TIERS_MAX,
    CannotReceive,
    GiftHeldBack,
    GiftIsYourOwn,
    GiftNotAllowed,
    GiftNotAvailable,
    GiftNotForYou,
    GiftUndeliverable,
    GiftWithdrawalLate,
    RecipientNotReachable,
    SetNotOffered,
    SetUndeliverable,
    SharedGiftStays,
    StyleNotOffered,
)
from renqing.social.greeting_cards import GreetingCard
from renqing.social.holds import OnHold
from renqing.social.lucky import LuckyNeedsVouchers
from renqing.social.masks import NamelessNotTaken
from renqing.social.media import MediaUnknown
from renqing.social.peace import GiftTooDear
from renqing.social.safe_words import SafeWordNeeded
from renqing.social.schedules import Moment
from renqing.social.wrappings import Extras
from renqing.trade.carts import CartChanged
from renqing.trade.choices import KINDS_MAX, OtherNotOffered, OtherNotWithin
from renqing.trade.codes import CodeUnknown
from renqing.trade.orders import QUANTITY_MAX
from renqing.trade.vouchers import VouchersApart

allow(
    Audience.PERSON,
    "POST /v1/gifts",
    "POST /v1/gifts/openings",
    "POST /v1/gifts/claims",
    "POST /v1/gifts/refusals",
    "POST /v1/gifts/{gift_id:str}/withdrawal",
)

HOURS_MAX = 8_784  # a leap year: what a policy may allow is decided by the journey


class TierIn(Body, frozen=True, kw_only=True):
    """So many shares of one style."""

    sku_id: Id
    shares: Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class SetLineIn(Body, frozen=True, kw_only=True):
    """So many pieces of one style."""

    sku_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] = 1


class DrawIn(Body, frozen=True, kw_only=True):
    """The shares are drawn at ``draw_at``, or as soon as ``entrants_max`` have entered.

    Among whoever may take the gift: everybody with its link, or the members of its group. ``guest_ids``: these alone.
    """

    draw_at: Annotated[datetime, msgspec.Meta(tz=True)]
    entrants_max: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    guest_ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=GUESTS_MAX)] | None = None


class GreetingCardIn(Body, frozen=True, kw_only=True):
    """A card of paper that the shop writes and lays into the parcel; salutation and signature may be empty."""

    receiver_name: Annotated[str, msgspec.Meta(max_length=400)] = ""
    giver_name: Annotated[str, msgspec.Meta(max_length=400)] = ""
    greeting_message: Annotated[str, msgspec.Meta(max_length=2000)]


class GiftIn(Body, frozen=True, kw_only=True):
    """What to give to whom: a friend, the first members of a group of yours, or whoever holds the link.

    ``shares`` equal ones, one a person; a gift for ``recipient_id`` has one. ``tiers``: they are not equal but so many
    of each style, of one shop, which make up ``shares``; the first tier is of ``sku_id``. Who comes first gets a share
    of the first tier that has any left. ``draw``: the shares are not for who comes first but drawn, tier by tier.
    ``lucky``: the shares are vouchers, 2 to 100 of them, dealt in an order that chance fixed before anybody came.
    ``code``: the printed gift code of this shop that it began at.

    ``lines``: a set in one share, so many pieces of each style, of one shop or of several, the first of ``sku_id``. It
    is paid once and claimed whole; then each shop has its own order. ``from_cart``: what you give is in
    your cart, piece for piece, and leaves it with the gift; words that its line has stay behind, unless you say them in
    ``custom_info``.

    ``cover_picture_id``, ``voice_id`` and ``video_id`` are files of yours from ``POST /v1/media``; the picture comes
    before ``cover``. ``inside_note`` lies inside, for who has opened it.

    ``deliver_at``: it is paid now and comes when a wall clock shows this, ``2026-12-24T09:00``, in ``deliver_zone``, or
    without one where the recipient is.

    ``greeting_card_info``: of a shop that writes cards. ``custom_info``: of one product that takes it.

    ``surprise``: what is in the parcel stays hidden from its recipient until it is delivered, or until they say that
    they opened it; of a set each shop's by itself. ``nameless``: nor do they learn from whom it is, until you say so.

    ``reply_to``: the gift of your recipient's that you have and that this one answers.

    ``surcharge_allowed``: minor units that you pay with it for a place that costs more to send to; what is not needed
    comes back by itself. Of one share of goods of one shop, up to the policy's most. ``expected_total`` has it in it.
    """

    sku_id: Id
    recipient_id: Id | None = None
    group_id: Id | None = None
    shares: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    tiers: Annotated[tuple[TierIn, ...], msgspec.Meta(max_length=TIERS_MAX)] = ()
    draw: DrawIn | None = None
    lines: Annotated[tuple[SetLineIn, ...], msgspec.Meta(max_length=LINES_MAX)] = ()
    from_cart: bool = False
    lucky: bool = False
    cover: Annotated[str, msgspec.Meta(max_length=40)] = "just-because"
    greeting: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    open_for_hours: Annotated[int, msgspec.Meta(ge=0, le=HOURS_MAX)] | None = None
    expected_total: Amount | None = None
    channel: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    code: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    cover_picture_id: Id | None = None
    voice_id: Id | None = None
    video_id: Id | None = None
    inside_note: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    deliver_at: Annotated[str, msgspec.Meta(max_length=19)] | None = None
    deliver_zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    greeting_card_info: GreetingCardIn | None = None
    custom_info: CustomInfoIn | None = None
    surprise: SurpriseIn | None = None
    nameless: bool = False
    reply_to: Id | None = None
    surcharge_allowed: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class GiftOut(msgspec.Struct, frozen=True):
    """A wrapped gift that waits for its payment: pay its order."""

    gift_id: str
    order_id: str
    total: MoneyOut
    pay_by: datetime


class WhichGift(Body, frozen=True, kw_only=True):
    """A gift by its id, for the person it names, or by its link's token: exactly one of the two."""

    gift_id: Id | None = None
    token: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class OtherStyleIn(Body, frozen=True, kw_only=True):
    """Another style of one thing that was given: one that cost as much then."""

    given_sku_id: Id
    sku_id: Id


class ClaimIn(WhichGift, frozen=True, kw_only=True):
    """Accept a gift: where to send it, and which style (none: as given). A voucher needs no address.

    ``styles``: of a set, which of its things come in which other style, all pieces of each; see its ``set_styles``.
    ``instead``: something else of the shop up to the gift's value, where its ``other`` says so: one thing, or several.
    """

    address_id: Id | None = None
    sku_id: Id | None = None
    instead: Annotated[tuple[SetLineIn, ...], msgspec.Meta(max_length=KINDS_MAX)] = ()
    styles: Annotated[tuple[OtherStyleIn, ...], msgspec.Meta(max_length=LINES_MAX)] = ()


class RefusalIn(WhichGift, frozen=True, kw_only=True):
    """Decline a gift with a kind sentence."""

    sentence: Annotated[str, msgspec.Meta(max_length=40)]


class GiftOpened(msgspec.Struct, frozen=True):
    """The envelope is open."""

    gift_id: str


class GiftClaimed(msgspec.Struct, frozen=True):
    """The gift is yours; this is its order, of a set of several shops the first of its orders: its page names all."""

    gift_id: str
    order_id: str


class GiftDeclined(msgspec.Struct, frozen=True):
    """The gift goes back to its giver."""

    gift_id: str


class GiftWithdrawn(msgspec.Struct, frozen=True):
    """The gift is taken back, and the money with it."""

    gift_id: str
    refund: MoneyOut


@post(
    "/v1/gifts",
    tags=["giving"],
    refuses=(
        GiftNotAllowed,
        GiftIsYourOwn,
        RecipientNotReachable,
        GiftTooDear,
        NamelessNotTaken,
        OnHold,
        CodeUnknown,
        GroupUnknown,
        OfferOver,
        StockRanOut,
        TotalChanged,
        ChannelUnknown,
        MediaUnknown,
        VouchersApart,
        SetNotOffered,
        CartChanged,
        LuckyNeedsVouchers,
    ),
)
async def give(request: AnyRequest, data: JSONBody[GiftIn]) -> GiftOut:
    """Wrap a gift for a friend, a group, or whoever gets the link. Then pay its order."""
    ask = GiveAGift(
        giver_id=reader_of(request).person_id,
        sku_id=id_in(data.sku_id),
        recipient_id=id_of(data.recipient_id),
        cover=data.cover,
        greeting=data.greeting,
        open_for_hours=data.open_for_hours,
        channel=channel_of(request, data.channel),
        code=data.code,
        expected_total=data.expected_total,
        group_id=id_of(data.group_id),
        shares=data.shares,
        tiers=tuple((id_in(tier.sku_id), tier.shares) for tier in data.tiers),
        draw=_draw_in(data.draw),
        lines=tuple((id_in(line.sku_id), line.quantity) for line in data.lines),
        from_cart=data.from_cart,
        lucky=data.lucky,
        extras=_extras(data),
        moment=None if data.deliver_at is None else Moment(data.deliver_at, data.deliver_zone),
        card=card_in(data.greeting_card_info),
        engraving=engraving_in(data.custom_info),
        surprise=data.surprise,
        nameless=data.nameless,
        reply_to=id_of(data.reply_to),
        surcharge_allowed=data.surcharge_allowed,
    )
    gift = await give_a_gift(house_of(request).ground, ask, once_of(request, data), house_of(request).moderator)
    return GiftOut(str(gift.gift_id), str(gift.order_id), MoneyOut(gift.total, gift.currency), gift.pay_by)


def _draw_in(draw: DrawIn | None) -> DrawAsked | None:
    if draw is None:
        return None
    guests = None if draw.guest_ids is None else tuple(map(id_in, draw.guest_ids))
    return DrawAsked(draw.draw_at, draw.entrants_max, guests)


def card_in(card: GreetingCardIn | None) -> GreetingCard | None:
    """What a program has written."""
    return None if card is None else GreetingCard(card.receiver_name, card.giver_name, card.greeting_message)


def _extras(data: GiftIn) -> Extras:
    return Extras(
        cover_picture_id=id_of(data.cover_picture_id),
        voice_id=id_of(data.voice_id),
        video_id=id_of(data.video_id),
        note=data.inside_note,
    )


def which(data: WhichGift) -> tuple[int | None, str | None]:
    """The id or the token of a gift. Raises FieldNotValid where neither or both are given."""
    if (data.gift_id is None) == (data.token is None):
        raise FieldNotValid(field="gift_id", reason="one_of_two")
    return id_of(data.gift_id), data.token


@post(
    "/v1/gifts/openings",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, SafeWordNeeded),
)
async def open_gift(request: AnyRequest, data: JSONBody[WhichGift]) -> GiftOpened:
    """Open the envelope: the giver learns that it was opened."""
    gift_id, token = which(data)
    ask = OpenAGift(reader_of(request).person_id, gift_id, token)
    return GiftOpened(str((await open_a_gift(house_of(request).ground, ask, once_of(request, data))).gift_id))


@post(
    "/v1/gifts/claims",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(
        GiftNotAvailable,
        GiftNotForYou,
        GiftIsYourOwn,
        GiftHeldBack,
        SafeWordNeeded,
        CannotReceive,
        AddressUnknown,
        GiftUndeliverable,
        SetUndeliverable,
        StyleNotOffered,
        StockRanOut,
        DrawNotDone,
        NothingWon,
        OtherNotOffered,
        OtherNotWithin,
    ),
)
async def claim_gift(request: AnyRequest, data: JSONBody[ClaimIn]) -> GiftClaimed:
    """Accept a gift, or a share of one: one a person, and who comes too late learns only that it is not available."""
    gift_id, token = which(data)
    ask = ClaimAGift(
        claimant_id=reader_of(request).person_id,
        address_id=id_of(data.address_id),
        gift_id=gift_id,
        token=token,
        sku_id=id_of(data.sku_id),
        instead=tuple((id_in(one.sku_id), one.quantity) for one in data.instead),
        styles=tuple((id_in(one.given_sku_id), id_in(one.sku_id)) for one in data.styles),
    )
    claimed = await house_of(request).claims.ask((ask, once_of(request, data)))
    return GiftClaimed(str(claimed.gift_id), str(claimed.order_id))


@post(
    "/v1/gifts/refusals",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftHeldBack, GiftNotForYou, GiftIsYourOwn, SharedGiftStays, SafeWordNeeded),
)
async def refuse_gift(request: AnyRequest, data: JSONBody[RefusalIn]) -> GiftDeclined:
    """Decline kindly: the giver gets everything back."""
    gift_id, token = which(data)
    ask = RefuseAGift(reader_of(request).person_id, data.sentence, gift_id, token)
    return GiftDeclined(str((await refuse_a_gift(house_of(request).ground, ask, once_of(request, data))).gift_id))


@post(
    "/v1/gifts/{gift_id:str}/withdrawal",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftWithdrawalLate),
)
async def withdraw_gift(request: AnyRequest, gift_id: FromPath[str]) -> GiftWithdrawn:
    """Take a gift back, or the shares that nobody has claimed, where the gift's policy lets you."""
    ask = WithdrawAGift(reader_of(request).person_id, id_in(gift_id))
    ended = await withdraw_a_gift(house_of(request).ground, ask, await once_without_body(request))
    return GiftWithdrawn(str(ended.gift_id), MoneyOut(ended.refund, ended.currency))


routes = [give, open_gift, claim_gift, refuse_gift, withdraw_gift]

"""Gifts as each side may see them: three shapes for the three who look.

The giver sees the price, how far it is in broad steps and how an after-sale stands; never an address, a phone or the
style that was chosen. Who holds the envelope sees who gave it and until when, and what is inside once they have
opened it; never an amount. A link's token travels in bodies only, and looking changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.choices import chosen_out
from renqing.doors.api.people.engravings import CustomInfoOut, custom_info
from renqing.doors.api.people.gift_parts import (
    DrawOut,
    InsideOut,
    RecordingOut,
    SharesOut,
    draw_out,
    inside_out,
    many_out,
    recording_out,
)
from renqing.doors.api.people.lucky import product_out
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.people.receiving import LOOKS, CannotReceiveOut, cannot_receive_out
from renqing.doors.api.people.refund_asks import RefundAskOut, refund_ask_out
from renqing.doors.api.people.set_shapes import (
    PartLineOut,
    PartOut,
    SetStylesOut,
    StyleChoiceOut,
    part_out,
    set_styles_out,
    styles_out,
)
from renqing.doors.api.people.surprises import SurpriseOut
from renqing.doors.api.wire import (
    AnyRequest,
    Body,
    MoneyOut,
    PersonOut,
    house_of,
    id_in,
    person_out,
    reader_of,
    somebody_out,
    spend,
)
from renqing.doors.problems import language_of
from renqing.foundation.errors import TooMany
from renqing.foundation.text import Language
from renqing.social.gifts import GiftNotAvailable, GiftNotForYou
from renqing.social.moderation import HeldPiece
from renqing.social.safe_words import Standing
from renqing.trade.surcharges import Allowed
from renqing.views.gift_going import Going
from renqing.views.gift_page import (
    Envelope,
    GiverPage,
    KeptGift,
    OpenGift,
    gift_by_link,
    gift_page,
)
from renqing.views.gift_thanks import ThanksSeen

allow(Audience.ANYONE, "POST /v1/gifts/lookups")
allow(Audience.PERSON, "GET /v1/gifts/{gift_id:str}")


class LookupIn(Body, frozen=True, kw_only=True):
    """The token of a gift's link: what stands behind the ``#``."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ThanksOut(msgspec.Struct, frozen=True):
    """Thanks for a gift. ``picture`` shows one for a day or two; empty: none."""

    person: PersonOut
    words: str
    picture: str
    voice: RecordingOut | None
    said_at: datetime


class WithheldOut(msgspec.Struct, frozen=True):
    """Something of yours that waits for an operator (``held``), or was left out and why (``refused``)."""

    piece: str
    state: str
    reason: str


class SafeWordOut(msgspec.Struct, frozen=True):
    """The gift waits for a word: ``POST /v1/gifts/unlockings``. ``question`` may be empty; ``wrong`` tries so far."""

    question: str
    wrong: int


class SurchargeOut(msgspec.Struct, frozen=True):
    """What you allowed for a place that costs more. ``needed`` is known once the goods go somewhere; never where to.

    What was not needed is refunded.
    """

    allowed: MoneyOut
    needed: bool | None


def surcharge_out(allowed: Allowed | None, currency: str) -> SurchargeOut | None:
    """The same, for a program."""
    if allowed is None:
        return None
    needed = None if allowed.used_amount is None else allowed.used_amount > 0
    return SurchargeOut(MoneyOut(allowed.allowed_amount, currency), needed)


class SentGift(msgspec.Struct, frozen=True, tag_field="kind", tag="sent"):
    """A gift for who gave it. ``link_token`` opens its link while it lives.

    ``fund_id`` of one that several people pay for together: ``GET /v1/funds/{fund_id}``.
    ``deliver_at`` of one that is paid and still to come; you think of that moment in ``deliver_zone``.
    ``passed_on``: who it was for declined it and passed it on; to whom, the claim says.
    ``kept_order_ids``: what nobody claimed and you took for yourself.
    ``going`` is all that the giver learns of the parcel; ``aftersale`` is the state of the recipient's latest case.
    ``parts``: of a set, what comes from which shop, and how far it is.
    ``chose_other``: who claimed it took something else of the shop, which ``order_id`` and ``going`` are of then, and
    what that cost less is ``refunded``; ``chosen`` says what it was, where the gift's policy tells.
    """

    id: str
    order_id: str
    product: ProductName
    cover: str
    greeting: str
    state: int
    ended_how: str
    refusal: str
    to: PersonOut | None
    claimed_by: PersonOut | None
    total: MoneyOut
    freight: MoneyOut
    open_for_hours: int
    made_at: datetime
    pay_by: datetime
    expires_at: datetime | None
    opened_at: datetime | None
    claimed_at: datetime | None
    link_token: str | None
    may_withdraw: bool
    may_readdress: bool
    going: Going
    aftersale: str
    refunded: MoneyOut
    refund_done: bool
    refund_kept: bool
    held_until: datetime | None
    many: SharesOut | None
    draw: DrawOut | None
    inside: InsideOut
    held: list[WithheldOut]
    thanks: list[ThanksOut]
    deliver_at: datetime | None
    deliver_zone: str
    may_lock: bool
    safe_word: SafeWordOut | None
    refund_ask: RefundAskOut | None
    may_ask_refund: bool
    fund_id: str | None
    may_keep: bool
    kept_order_ids: list[str]
    custom_info: CustomInfoOut | None
    surprise: SurpriseOut
    parts: list[PartOut]
    passed_on: bool
    nameless: bool
    chose_other: bool
    surcharge: SurchargeOut | None
    chosen: list[PartLineOut]


class EnvelopeOut(msgspec.Struct, frozen=True, tag_field="kind", tag="envelope"):
    """A gift that waits to be opened: from whom, and until when. ``givers``: who gives it beside ``giver``.

    A ``giver`` with id 0 and no name would rather not say who they are, here and wherever a gift names its giver.

    ``cannot_receive``: you can take none at the moment, whatever address you would say. ``is_reply``: it answers a gift
    of yours.
    """

    id: str
    giver: PersonOut
    cover: str
    expires_at: datetime
    opened_at: datetime | None
    many: SharesOut | None
    draw: DrawOut | None
    cover_picture: str
    safe_word: SafeWordOut | None
    givers: list[PersonOut]
    cannot_receive: CannotReceiveOut | None
    is_reply: bool
    held_until: datetime | None


class OpenGiftOut(msgspec.Struct, frozen=True, tag_field="kind", tag="open"):
    """What was in the envelope. ``styles`` begins with the one that was given; a voucher needs no address.

    ``surprise``: you may not know yet what it is; ``product`` says nothing of it, and there is no style to choose.
    ``parts``: of a set, what is in it by shop; ``product`` is the first of it. ``set_styles``: those things of it that
    may be had in another style, ``styles`` of ``POST /v1/gifts/claims``.
    ``to_charity`` and ``to_friend``: declining it, you may let it go there (``POST /v1/gifts/passings-on``).
    ``other``: something else of the shop may be had instead, one thing or several: ``POST /v1/gifts/choice-lookups``.
    ``held_until``: its link went around, and it is claimed from then on, or once its giver lets it.
    """

    id: str
    giver: PersonOut
    cover: str
    greeting: str
    product: ProductName
    spec_names: list[str]
    styles: list[StyleChoiceOut]
    expires_at: datetime
    more_hours: int
    many: SharesOut | None
    draw: DrawOut | None
    inside: InsideOut
    needs_address: bool
    givers: list[PersonOut]
    cannot_receive: CannotReceiveOut | None
    custom_info: CustomInfoOut | None
    surprise: SurpriseOut
    parts: list[PartOut]
    set_styles: list[SetStylesOut]
    to_charity: bool
    to_friend: bool
    other: Literal["disabled", "single", "multiple"]
    held_until: datetime | None


class ClaimedGiftOut(msgspec.Struct, frozen=True, tag_field="kind", tag="claimed"):
    """A gift that you claimed: ``GET /v1/orders/{order_id}`` tells the rest. ``thanks``: what you said for it.

    ``may_return``: its giver takes gifts from you, ``recipient_id`` of ``POST /v1/gifts``. ``surprise``: you may not
    know yet what it is; ``POST /v1/gifts/{id}/reveal`` tells. ``parts``: of a set, each shop's order. ``chosen``: what
    you took instead of what was given; ``product`` is the first of it.
    """

    id: str
    order_id: str
    giver: PersonOut
    cover: str
    greeting: str
    product: ProductName
    many: SharesOut | None
    draw: DrawOut | None
    inside: InsideOut
    thanks: ThanksOut | None
    may_return: bool
    givers: list[PersonOut]
    held: list[WithheldOut]
    refund_ask: RefundAskOut | None
    custom_info: CustomInfoOut | None
    surprise: SurpriseOut
    parts: list[PartOut]
    chosen: list[PartLineOut]


class YourOwnGift(msgspec.Struct, frozen=True, tag_field="kind", tag="your_own"):
    """You gave this one, have a share of it or take part in its draw: ``GET /v1/gifts/{id}`` shows it."""

    id: str


@post(
    "/v1/gifts/lookups",
    tags=["giving"],
    status_code=HTTP_200_OK,
    keyless=True,
    refuses=(GiftNotAvailable, GiftNotForYou, TooMany),
)
async def look_at_gift(request: AnyRequest, data: JSONBody[LookupIn]) -> EnvelopeOut | OpenGiftOut | YourOwnGift:
    """What lies behind a gift's link. It changes nothing and needs no key: a preview opens no envelope."""
    spend(request, LOOKS)
    reader = request.state.reader
    page = await gift_by_link(house_of(request).ground, data.token, None if reader is None else reader.person_id)
    if isinstance(page, int):
        return YourOwnGift(str(page))
    language = language_of(request)
    return _envelope(page, language) if isinstance(page, Envelope) else _open(page, language)


@get("/v1/gifts/{gift_id:str}", tags=["giving"], refuses=(GiftNotAvailable,))
async def read_gift(
    request: AnyRequest, gift_id: FromPath[str]
) -> SentGift | EnvelopeOut | OpenGiftOut | ClaimedGiftOut:
    """A gift that you gave, or that was given to you, as you may see it."""
    page = await gift_page(house_of(request).ground, reader_of(request).person_id, id_in(gift_id))
    match page:
        case GiverPage():
            return _sent(page)
        case KeptGift():
            return _kept(page)
        case Envelope():
            return _envelope(page, language_of(request))
        case OpenGift():
            return _open(page, language_of(request))


def _kept(page: KeptGift) -> ClaimedGiftOut:
    return ClaimedGiftOut(
        id=str(page.gift_id),
        order_id=str(page.order_id),
        giver=person_out(page.giver),
        cover=page.cover,
        greeting=page.greeting,
        product=product_out(page.goods),
        many=many_out(page.many),
        draw=draw_out(page.draw),
        inside=inside_out(page.inside),
        thanks=None if page.thanks is None else _thanks(page.thanks),
        may_return=page.may_return,
        givers=[person_out(one) for one in page.givers],
        held=_held(page.held),
        refund_ask=refund_ask_out(page.refund_ask),
        custom_info=custom_info(page.engraving),
        surprise=page.surprise,
        parts=[part_out(part) for part in page.parts],
        chosen=chosen_out(page.chosen),
    )


def _thanks(said: ThanksSeen) -> ThanksOut:
    return ThanksOut(person_out(said.person), said.words, said.picture, recording_out(said.voice), said.said_at)


def _held(held: list[HeldPiece]) -> list[WithheldOut]:
    return [WithheldOut(one.piece, one.state, one.reason) for one in held]


def _envelope(page: Envelope, language: Language) -> EnvelopeOut:
    many, draw, giver = many_out(page.many), draw_out(page.draw), person_out(page.giver)
    return EnvelopeOut(
        id=str(page.gift_id),
        giver=giver,
        cover=page.cover,
        expires_at=page.expires_at,
        opened_at=page.opened_at,
        many=many,
        draw=draw,
        cover_picture=page.cover_picture,
        safe_word=_safe_word(page.safe_word),
        givers=[person_out(one) for one in page.givers],
        cannot_receive=cannot_receive_out(page.cannot_receive, language),
        is_reply=page.is_reply,
        held_until=page.held_until,
    )


def _safe_word(word: Standing | None) -> SafeWordOut | None:
    return None if word is None else SafeWordOut(word.question, word.wrong)


def _open(page: OpenGift, language: Language) -> OpenGiftOut:
    return OpenGiftOut(
        id=str(page.gift_id),
        giver=person_out(page.giver),
        cover=page.cover,
        greeting=page.greeting,
        product=product_out(page.goods),
        spec_names=page.spec_names,
        styles=styles_out(page.styles),
        expires_at=page.expires_at,
        more_hours=page.more_hours,
        many=many_out(page.many),
        draw=draw_out(page.draw),
        inside=inside_out(page.inside),
        givers=[person_out(one) for one in page.givers],
        needs_address=page.needs_address,
        cannot_receive=cannot_receive_out(page.cannot_receive, language),
        custom_info=custom_info(page.engraving),
        surprise=page.surprise,
        parts=[part_out(part) for part in page.parts],
        set_styles=set_styles_out(page.set_styles),
        to_charity=page.to_charity,
        to_friend=page.to_friend,
        other=page.other,
        held_until=page.held_until,
    )


def _sent(page: GiverPage) -> SentGift:
    return SentGift(
        id=str(page.gift_id),
        order_id=str(page.order_id),
        product=product_out(page.goods),
        cover=page.cover,
        greeting=page.greeting,
        state=page.state,
        ended_how=page.ended_how,
        refusal=page.refusal,
        to=somebody_out(page.to),
        claimed_by=somebody_out(page.claimed_by),
        total=MoneyOut(page.total, page.currency),
        freight=MoneyOut(page.freight, page.currency),
        open_for_hours=page.hours,
        made_at=page.made_at,
        pay_by=page.pay_by,
        expires_at=page.expires_at,
        opened_at=page.opened_at,
        claimed_at=page.claimed_at,
        link_token=page.token,
        may_withdraw=page.may_withdraw,
        may_readdress=page.may_readdress,
        going=page.going,
        aftersale=page.aftersale,
        refunded=MoneyOut(page.refunded, page.currency),
        refund_done=page.refund_done,
        refund_kept=page.refund_kept,
        held_until=page.held_until,
        many=many_out(page.many),
        draw=draw_out(page.draw),
        inside=inside_out(page.inside),
        held=_held(page.held),
        thanks=[_thanks(one) for one in page.thanks],
        deliver_at=page.schedule.deliver_at if page.schedule else None,
        deliver_zone=page.schedule.time_zone if page.schedule else "",
        fund_id=None if page.fund_id is None else str(page.fund_id),
        may_lock=page.may_lock,
        safe_word=_safe_word(page.safe_word),
        refund_ask=refund_ask_out(page.refund_ask),
        may_ask_refund=page.may_ask_refund,
        may_keep=page.may_keep,
        kept_order_ids=[str(one) for one in page.kept_order_ids],
        custom_info=custom_info(page.engraving),
        surprise=page.surprise,
        parts=[part_out(part) for part in page.parts],
        passed_on=page.passed_on,
        nameless=page.nameless,
        chose_other=page.chose_other,
        surcharge=surcharge_out(page.surcharge, page.currency),
        chosen=chosen_out(page.chosen),
    )


routes = [look_at_gift, read_gift]

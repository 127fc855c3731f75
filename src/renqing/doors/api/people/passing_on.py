"""A gift that somebody declines goes to a charity of the platform's list, or on to a friend of theirs."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.giving import RefusalIn, which
from renqing.doors.api.wire import AnyRequest, Id, house_of, id_of, once_of, reader_of
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.social.charities import Charity, CharityUnknown, listed
from renqing.social.gifts import (
    CannotReceive,
    GiftHeldBack,
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    GiftNotPassedOn,
    GiftUndeliverable,
    RecipientNotReachable,
    SharedGiftStays,
)
from renqing.social.holds import OnHold
from renqing.social.peace import GiftTooDear
from renqing.social.safe_words import SafeWordNeeded

allow(Audience.ANYONE, "GET /v1/charities")
allow(Audience.PERSON, "POST /v1/gifts/passings-on")


class CharityOut(msgspec.Struct, frozen=True):
    """A charity of the platform's list. English may be empty."""

    id: str
    name_zh: str
    name_en: str
    about_zh: str
    about_en: str


class PassingOnIn(RefusalIn, frozen=True, kw_only=True):
    """Decline a gift with a kind sentence, and let it go to a charity, or on to a friend of yours: exactly one."""

    charity_id: Id | None = None
    recipient_id: Id | None = None


class PassedOnOut(msgspec.Struct, frozen=True):
    """It went there; its giver reads your sentence."""

    gift_id: str


def charity_out(charity: Charity) -> CharityOut:
    """A charity on the wire."""
    return CharityOut(str(charity.id), charity.name_zh, charity.name_en, charity.about_zh, charity.about_en)


@get("/v1/charities", tags=["giving"])
async def list_charities(request: AnyRequest) -> list[CharityOut]:
    """To which charities a declined gift may go."""
    return [charity_out(one) for one in await listed(house_of(request).ground.db)]


@post(
    "/v1/gifts/passings-on",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(
        GiftNotAvailable,
        GiftHeldBack,
        GiftNotForYou,
        GiftIsYourOwn,
        SharedGiftStays,
        SafeWordNeeded,
        GiftNotPassedOn,
        CharityUnknown,
        GiftUndeliverable,
        CannotReceive,
        RecipientNotReachable,
        GiftTooDear,
        OnHold,
    ),
)
async def pass_gift_on(request: AnyRequest, data: JSONBody[PassingOnIn]) -> PassedOnOut:
    """Decline kindly, and let it go on, where the gift's policy lets you. Nobody is charged."""
    gift_id, token = which(data)
    ask = PassAGiftOn(
        person_id=reader_of(request).person_id,
        sentence=data.sentence,
        gift_id=gift_id,
        token=token,
        charity_id=id_of(data.charity_id),
        friend_id=id_of(data.recipient_id),
    )
    return PassedOnOut(str((await pass_a_gift_on(house_of(request).ground, ask, once_of(request, data))).gift_id))


routes = [list_charities, pass_gift_on]

"""A gift that waits: more time for its recipient, or somebody else to give it to."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import GroupUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.giving import WhichGift, which
from renqing.doors.api.wire import AnyRequest, Body, Id, house_of, id_in, id_of, once_of, reader_of
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.take_more_time import TakeMoreTime, take_more_time
from renqing.social.gifts import (
    GiftIsYourOwn,
    GiftNotAvailable,
    GiftNotForYou,
    GiftStaysWhereItIs,
    MoreTimeNotOffered,
    RecipientNotReachable,
)
from renqing.social.holds import OnHold
from renqing.social.peace import GiftTooDear
from renqing.social.safe_words import SafeWordNeeded

allow(Audience.PERSON, "POST /v1/gifts/more-time", "POST /v1/gifts/{gift_id:str}/readdressings")


class MoreTimeOut(msgspec.Struct, frozen=True):
    """The gift waits for you until then."""

    gift_id: str
    expires_at: datetime


class ReaddressingIn(Body, frozen=True, kw_only=True):
    """For whom it is from now on: a friend, a group of yours, or, with neither, who holds the new link."""

    recipient_id: Id | None = None
    group_id: Id | None = None


class ReaddressedOut(msgspec.Struct, frozen=True):
    """The gift waits for somebody else; its old link is dead."""

    gift_id: str


@post(
    "/v1/gifts/more-time",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, MoreTimeNotOffered, SafeWordNeeded),
)
async def more_time(request: AnyRequest, data: JSONBody[WhichGift]) -> MoreTimeOut:
    """Take more time to claim a gift, once, where its policy lets you. Its giver is told."""
    gift_id, token = which(data)
    ask = TakeMoreTime(reader_of(request).person_id, gift_id, token)
    longer = await take_more_time(house_of(request).ground, ask, once_of(request, data))
    return MoreTimeOut(str(longer.gift_id), longer.expires_at)


@post(
    "/v1/gifts/{gift_id:str}/readdressings",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(
        GiftNotAvailable,
        GiftStaysWhereItIs,
        GiftIsYourOwn,
        RecipientNotReachable,
        GiftTooDear,
        OnHold,
        GroupUnknown,
    ),
)
async def readdress(request: AnyRequest, gift_id: FromPath[str], data: JSONBody[ReaddressingIn]) -> ReaddressedOut:
    """Give an unclaimed gift, or what is left of it, to somebody else. Nothing is paid again; its time begins anew."""
    ask = ReaddressAGift(reader_of(request).person_id, id_in(gift_id), id_of(data.recipient_id), id_of(data.group_id))
    return ReaddressedOut(str((await readdress_a_gift(house_of(request).ground, ask, once_of(request, data))).gift_id))


routes = [more_time, readdress]

"""A gift that nobody has claimed: its giver takes it for themselves."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import AddressUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, Id, house_of, id_in, id_of, once_of, reader_of
from renqing.journeys.keep_my_gift import KeepMyGift, keep_my_gift
from renqing.social.gifts import CannotReceive, GiftNotAvailable, GiftNotKept, GiftUndeliverable

allow(Audience.PERSON, "POST /v1/gifts/{gift_id:str}/keeping")


class KeepingIn(Body, frozen=True, kw_only=True):
    """Where it goes; vouchers need no address."""

    address_id: Id | None = None


class KeptOut(msgspec.Struct, frozen=True):
    """It is yours: an order of each style, of which nothing is to be paid."""

    gift_id: str
    kept_order_ids: list[str]


@post(
    "/v1/gifts/{gift_id:str}/keeping",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftNotKept, AddressUnknown, GiftUndeliverable, CannotReceive),
)
async def keep_gift(request: AnyRequest, gift_id: FromPath[str], data: JSONBody[KeepingIn]) -> KeptOut:
    """Take an unclaimed gift, or what is left of it, for yourself. Its link is dead from then on."""
    ask = KeepMyGift(reader_of(request).person_id, id_in(gift_id), id_of(data.address_id))
    kept = await keep_my_gift(house_of(request).ground, ask, once_of(request, data))
    return KeptOut(str(kept.gift_id), [str(one) for one in kept.kept_order_ids])


routes = [keep_gift]

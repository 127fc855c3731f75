"""Whether a gift reaches somebody: why they cannot take any, and whether its shop delivers to a place."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.people import AddressUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.giving import WhichGift, which
from renqing.doors.api.wire import AnyRequest, Id, house_of, id_in, reader_of, spend
from renqing.doors.problems import language_of, words_of
from renqing.foundation.errors import FieldNotValid, TooMany
from renqing.foundation.limits import Rate
from renqing.foundation.text import Language, say
from renqing.social.gifts import CannotReceive, GiftNotAvailable, GiftNotForYou
from renqing.views.gift_page import OpenGift, gift_by_link, gift_page
from renqing.views.gift_reach import Reach, reach_to_address, reach_to_region

allow(Audience.PERSON, "POST /v1/gifts/reach-lookups")

# Guessing 192 random bits at this rate finds nothing; what it bounds is the work that guessing costs us.
LOOKS = Rate("gift_looks_from_address", count=240, window_seconds=60)


class CannotReceiveOut(msgspec.Struct, frozen=True):
    """Why you can take no gift now: ``minor``, or ``held`` for ``hours`` at most. ``words`` say what to do."""

    reason: Literal["minor", "held"]
    hours: int
    words: str


class ReachIn(WhichGift, frozen=True, kw_only=True):
    """An open gift, and where it would go: an address of yours, or a region. Exactly one of the two."""

    address_id: Id | None = None
    region_code: Annotated[int, msgspec.Meta(ge=1, le=999_999_999)] | None = None


class ReachOut(msgspec.Struct, frozen=True):
    """Whether the gift's shop delivers there. ``reason``: why not."""

    delivers: bool
    region: str
    reason: Literal["", "region", "surcharge"]
    words: str


def cannot_receive_out(why: CannotReceive | None, language: Language) -> CannotReceiveOut | None:
    """Why, for a program and in words."""
    return None if why is None else CannotReceiveOut(why.facts["reason"], why.facts["hours"], words_of(why, language))


@post(
    "/v1/gifts/reach-lookups",
    tags=["giving"],
    status_code=HTTP_200_OK,
    keyless=True,
    refuses=(GiftNotAvailable, GiftNotForYou, AddressUnknown, TooMany),
)
async def look_where(request: AnyRequest, data: JSONBody[ReachIn]) -> ReachOut:
    """Whether the shop of an open gift delivers to a place, before you claim it. It changes nothing."""
    spend(request, LOOKS)
    ground, reader = house_of(request).ground, reader_of(request).person_id
    if (data.address_id is None) == (data.region_code is None):
        raise FieldNotValid(field="address_id", reason="one_of_two")
    gift_id, token = which(data)
    page = await (gift_page(ground, reader, gift_id or 0) if token is None else gift_by_link(ground, token, reader))
    if not isinstance(page, OpenGift):
        raise GiftNotAvailable
    if data.address_id is not None:
        return _reach(
            await reach_to_address(ground, page.gift_id, reader, id_in(data.address_id)), language_of(request)
        )
    return _reach(await reach_to_region(ground, page.gift_id, data.region_code or 0), language_of(request))


def _reach(found: Reach, language: Language) -> ReachOut:
    key = "receive.there" if found.delivers else "receive.not_there.of_set" if found.of_set else "receive.not_there"
    key = "receive.too_dear" if found.surcharge else key
    shop = found.shop_zh if language == "zh" else found.shop_en
    return ReachOut(
        found.delivers,
        found.region,
        "" if found.delivers else "surcharge" if found.surcharge else "region",
        say(key, language, region=found.region, shop=shop),
    )


routes = [look_where]

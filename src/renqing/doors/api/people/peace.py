"""One's peace: whose gifts one takes, when nothing rings; and what friends gave."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, put
from litestar.params import FromPath, JSONBody

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import Amount, AnyRequest, Body, house_of, id_in, once_of, reader_of
from renqing.journeys.keep_my_peace import KeepMyPeace, keep_my_peace
from renqing.social.peace import GiftsFrom, PeaceRule, rule_of
from renqing.views.given_label import NOTHING, friends_are_giving, given_labels

allow(
    Audience.PERSON,
    "GET /v1/peace",
    "PUT /v1/peace",
    "GET /v1/products/{product_id:str}/given",
    "GET /v1/friends-giving",
)

FRIENDS_GIVING_SHOWN = 20
Minute = Annotated[int, msgspec.Meta(ge=0, le=1439)]


class PeaceIn(Body, frozen=True, kw_only=True):
    """Who may give you something: ``near`` are friends and the members of your groups, ``friends``, or ``nobody``.

    ``gift_price_max``: dearer things are refused, and nobody is told the limit; null: none. Quiet hours from
    ``quiet_from`` to ``quiet_to``, minutes of the day in ``time_zone`` (IANA); null: none. ``is_counted``: friends
    may see, from three of theirs up, that somebody gave a product; never who. ``shows_history``: you and another see
    the gifts between you. ``is_minor``: you are under 18; you take no gifts here, and nobody is told why.
    ``takes_nameless``: friends, and nobody else, may give you something without saying who they are.
    """

    gifts_from: GiftsFrom = "near"
    gift_price_max: Amount | None = None
    quiet_from: Minute | None = None
    quiet_to: Minute | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] = "Asia/Shanghai"
    is_counted: bool = False
    shows_history: bool = True
    is_minor: bool = False
    takes_nameless: bool = True


class PeaceOut(msgspec.Struct, frozen=True):
    """What you decided."""

    gifts_from: GiftsFrom
    gift_price_max: int | None
    quiet_from: int | None
    quiet_to: int | None
    time_zone: str
    is_counted: bool
    shows_history: bool
    is_minor: bool
    takes_nameless: bool


class GivenOut(msgspec.Struct, frozen=True):
    """``friends`` of yours gave it ``friends_times`` times, of those who let it count; both 0 below three friends.

    ``people``: at least so many people gave it, rounded down; 0 below a hundred.
    """

    friends: int
    friends_times: int
    people: int


class FriendsGiving(msgspec.Struct, frozen=True):
    """Products that at least three of your friends gave, the most given first."""

    product_ids: list[str]


@get("/v1/peace", tags=["me"])
async def read_peace(request: AnyRequest) -> PeaceOut:
    """Whose gifts you take, and when nothing rings."""
    return _out(await rule_of(house_of(request).ground.db, reader_of(request).person_id))


@put("/v1/peace", tags=["me"])
async def keep_peace(request: AnyRequest, data: JSONBody[PeaceIn]) -> PeaceOut:
    """Decide it. Gifts that are on their way already stay as they are."""
    rule = PeaceRule(
        gifts_from=data.gifts_from,
        gift_price_max=data.gift_price_max,
        quiet_from=data.quiet_from,
        quiet_to=data.quiet_to,
        time_zone=data.time_zone,
        is_counted=data.is_counted,
        shows_history=data.shows_history,
        is_minor=data.is_minor,
        takes_nameless=data.takes_nameless,
    )
    ask = KeepMyPeace(reader_of(request).person_id, rule)
    return _out(await keep_my_peace(house_of(request).ground, ask, once_of(request, data)))


@get("/v1/products/{product_id:str}/given", tags=["giving"])
async def read_given(request: AnyRequest, product_id: FromPath[str]) -> GivenOut:
    """How often your friends gave a product, and how many people did. All zero where there is nothing to say."""
    wanted = id_in(product_id)
    labels = await given_labels(house_of(request).ground, reader_of(request).person_id, [wanted])
    label = labels.get(wanted, NOTHING)
    return GivenOut(label.friends, label.friends_times, label.people)


@get("/v1/friends-giving", tags=["giving"])
async def list_friends_giving(request: AnyRequest) -> FriendsGiving:
    """What your friends are giving (朋友都在送)."""
    found = await friends_are_giving(house_of(request).ground, reader_of(request).person_id, FRIENDS_GIVING_SHOWN)
    return FriendsGiving([str(product_id) for product_id in found])


def _out(rule: PeaceRule) -> PeaceOut:
    return PeaceOut(**msgspec.structs.asdict(rule))


routes = [read_peace, keep_peace, read_given, list_friends_giving]

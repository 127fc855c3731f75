"""Wish lists: one's own, a friend's, and whether they may have a thing already."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.books.catalog import ProductNotFound
from renqing.books.people import PersonUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.people.orders import ProductName
from renqing.doors.api.wire import (
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
)
from renqing.foundation.errors import TooMany
from renqing.foundation.text import say
from renqing.journeys.keep_wishes import (
    ChangeAList,
    MakeAList,
    OneWish,
    WishFor,
    change_a_wish_list,
    let_friends_ask,
    make_a_wish_list,
    remove_a_wish_list,
    say_it_is_at_home,
    take_a_wish_off,
    wish_for,
)
from renqing.social.wishes import (
    NAME_CHARACTERS_MAX,
    NOTE_CHARACTERS_MAX,
    ListDraft,
    SeenBy,
    WishesFull,
    WishListUnknown,
    WishUnknown,
)
from renqing.views.wish_page import Answer, ListHere, WishHere, have_it, my_wishes, wish_lists_of, wish_page

allow(
    Audience.PERSON,
    "GET /v1/wish-lists",
    "POST /v1/wish-lists",
    "PUT /v1/wish-lists/asking",
    "POST /v1/wishes",
    "GET /v1/wish-lists/{list_id:str}",
    "PATCH /v1/wish-lists/{list_id:str}",
    "DELETE /v1/wish-lists/{list_id:str}",
    "PUT /v1/wish-lists/{list_id:str}/wishes/{product_id:str}/at-home",
    "DELETE /v1/wish-lists/{list_id:str}/wishes/{product_id:str}",
    "GET /v1/people/{person_id:str}/wish-lists",
    "GET /v1/people/{person_id:str}/have-it/{product_id:str}",
)


class WishListIn(Body, frozen=True, kw_only=True):
    """A list's name, and who sees it: ``everybody`` who is signed in, ``friends``, or ``nobody`` but you."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]
    seen_by: SeenBy = "friends"


class WishIn(Body, frozen=True, kw_only=True):
    """A product for a list of yours, in a style (none: any). Without a list: your first one."""

    product_id: Id
    list_id: Id | None = None
    sku_id: Id | None = None
    note: Annotated[str, msgspec.Meta(max_length=NOTE_CHARACTERS_MAX)] = ""


class AtHomeIn(Body, frozen=True, kw_only=True):
    """Whether you have it already."""

    at_home: bool


class AskingIn(Body, frozen=True, kw_only=True):
    """Whether friends are told that you may have a thing already."""

    allowed: bool


class WishListLine(msgspec.Struct, frozen=True):
    """A list among others."""

    id: str
    name: str
    seen_by: SeenBy
    wishes: int


class MyWishLists(msgspec.Struct, frozen=True):
    """Your lists, and whether friends may ask what you have."""

    lists: list[WishListLine]
    asking_allowed: bool


class WishLists(msgspec.Struct, frozen=True):
    """Somebody's lists that you may see."""

    lists: list[WishListLine]


class WishOut(msgspec.Struct, frozen=True):
    """A wish as things stand today. ``sku_id`` null: any style. ``at_home``: its owner has it already."""

    product: ProductName
    sku_id: str | None
    price_min: MoneyOut
    on_sale: bool
    note: str
    at_home: bool
    wished_at: datetime


class WishListOut(msgspec.Struct, frozen=True):
    """A list in full. Nobody is told what was given: a surprise stays one."""

    id: str
    name: str
    seen_by: SeenBy
    owner: PersonOut
    wishes: list[WishOut]


class WishListKept(msgspec.Struct, frozen=True):
    """The list."""

    id: str


class WishStands(msgspec.Struct, frozen=True):
    """Where it stands, and how many wishes that list has."""

    list_id: str
    wishes: int


class AskingOut(msgspec.Struct, frozen=True):
    """How it is now."""

    allowed: bool


class HaveItOut(msgspec.Struct, frozen=True):
    """``answer``: ``yes``, ``no``, or ``not_told``: they would rather not say. ``is_wished``: it is on their list."""

    answer: Answer
    is_wished: bool


@get("/v1/wish-lists", tags=["wishes"])
async def list_my_wish_lists(request: AnyRequest) -> MyWishLists:
    """Your wish lists."""
    page = await my_wishes(house_of(request).ground, reader_of(request).person_id)
    return MyWishLists([_line(one) for one in page.lists], page.says_what_is_at_home)


@post("/v1/wish-lists", tags=["wishes"], refuses=(WishesFull,))
async def make_wish_list(request: AnyRequest, data: JSONBody[WishListIn]) -> WishListKept:
    """Make a list."""
    ask = MakeAList(reader_of(request).person_id, ListDraft(data.name, data.seen_by))
    return WishListKept(str((await make_a_wish_list(house_of(request).ground, ask, once_of(request, data))).list_id))


@put("/v1/wish-lists/asking", tags=["wishes"])
async def allow_asking(request: AnyRequest, data: JSONBody[AskingIn]) -> AskingOut:
    """Let friends be told whether you may have a thing already, or not."""
    person_id = reader_of(request).person_id
    done = await let_friends_ask(house_of(request).ground, person_id, once_of(request, data), says=data.allowed)
    return AskingOut(done.says)


@post("/v1/wishes", tags=["wishes"], refuses=(ProductNotFound, WishListUnknown, WishesFull))
async def make_wish(request: AnyRequest, data: JSONBody[WishIn]) -> WishStands:
    """Put a product on a list of yours. One that is there already is changed."""
    reader = reader_of(request)
    ask = WishFor(
        person_id=reader.person_id,
        product_id=id_in(data.product_id),
        list_id=id_of(data.list_id),
        sku_id=id_of(data.sku_id),
        note=data.note,
        first_list_name=say("wishes.first_list", reader.language),
    )
    done = await wish_for(house_of(request).ground, ask, once_of(request, data))
    return WishStands(str(done.list_id), done.wishes)


@get("/v1/wish-lists/{list_id:str}", tags=["wishes"], refuses=(WishListUnknown,))
async def read_wish_list(request: AnyRequest, list_id: FromPath[str]) -> WishListOut:
    """A list of yours, or of somebody who lets you see it."""
    page = await wish_page(house_of(request).ground, reader_of(request).person_id, id_in(list_id))
    return WishListOut(
        str(page.list_id), page.name, page.seen_by, person_out(page.owner), [_wish(one) for one in page.wishes]
    )


@patch("/v1/wish-lists/{list_id:str}", tags=["wishes"], refuses=(WishListUnknown,))
async def change_wish_list(request: AnyRequest, list_id: FromPath[str], data: JSONBody[WishListIn]) -> WishListKept:
    """Another name or other readers for a list of yours."""
    ask = ChangeAList(reader_of(request).person_id, id_in(list_id), ListDraft(data.name, data.seen_by))
    return WishListKept(str((await change_a_wish_list(house_of(request).ground, ask, once_of(request, data))).list_id))


@delete("/v1/wish-lists/{list_id:str}", tags=["wishes"], status_code=HTTP_200_OK, refuses=(WishListUnknown,))
async def remove_wish_list(request: AnyRequest, list_id: FromPath[str]) -> WishListKept:
    """Your list and what is on it are gone."""
    person_id, once = reader_of(request).person_id, await once_without_body(request)
    done = await remove_a_wish_list(house_of(request).ground, person_id, id_in(list_id), once)
    return WishListKept(str(done.list_id))


@put(
    "/v1/wish-lists/{list_id:str}/wishes/{product_id:str}/at-home",
    tags=["wishes"],
    refuses=(WishListUnknown, WishUnknown),
)
async def mark_at_home(
    request: AnyRequest, list_id: FromPath[str], product_id: FromPath[str], data: JSONBody[AtHomeIn]
) -> WishListKept:
    """Say that you have a thing already, or that you do not."""
    ask = OneWish(reader_of(request).person_id, id_in(list_id), id_in(product_id))
    done = await say_it_is_at_home(house_of(request).ground, ask, once_of(request, data), at_home=data.at_home)
    return WishListKept(str(done.list_id))


@delete(
    "/v1/wish-lists/{list_id:str}/wishes/{product_id:str}",
    tags=["wishes"],
    status_code=HTTP_200_OK,
    refuses=(WishListUnknown, WishUnknown),
)
async def remove_wish(request: AnyRequest, list_id: FromPath[str], product_id: FromPath[str]) -> WishListKept:
    """Take a product off a list of yours."""
    ask = OneWish(reader_of(request).person_id, id_in(list_id), id_in(product_id))
    done = await take_a_wish_off(house_of(request).ground, ask, await once_without_body(request))
    return WishListKept(str(done.list_id))


@get("/v1/people/{person_id:str}/wish-lists", tags=["wishes"])
async def list_wish_lists_of(request: AnyRequest, person_id: FromPath[str]) -> WishLists:
    """The lists of somebody that you may see: none is what a stranger has, too."""
    ground = house_of(request).ground
    return WishLists(
        [_line(one) for one in await wish_lists_of(ground, reader_of(request).person_id, id_in(person_id))]
    )


@get("/v1/people/{person_id:str}/have-it/{product_id:str}", tags=["wishes"], refuses=(PersonUnknown, TooMany))
async def ask_have_it(request: AnyRequest, person_id: FromPath[str], product_id: FromPath[str]) -> HaveItOut:
    """Before you pay: may this friend have this product already? They are not told that you asked."""
    ground, asker_id = house_of(request).ground, reader_of(request).person_id
    found = await have_it(ground, asker_id, id_in(person_id), id_in(product_id))
    return HaveItOut(found.answer, found.is_wished)


def _line(one: ListHere) -> WishListLine:
    return WishListLine(str(one.list_id), one.name, one.seen_by, one.wishes)


def _wish(one: WishHere) -> WishOut:
    return WishOut(
        product=ProductName(str(one.product_id), one.title_zh, one.title_en, one.specs, one.picture),
        sku_id=None if one.sku_id is None else str(one.sku_id),
        price_min=MoneyOut(one.price_min, one.currency),
        on_sale=one.on_sale,
        note=one.note,
        at_home=one.at_home,
        wished_at=one.wished_at,
    )


routes = [
    list_my_wish_lists,
    make_wish_list,
    allow_asking,
    make_wish,
    read_wish_list,
    change_wish_list,
    remove_wish_list,
    mark_at_home,
    remove_wish,
    list_wish_lists_of,
    ask_have_it,
]

"""Engravings: what a product takes, what its giver chose, and the words of who claims it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, Id, house_of, id_in, id_of, once_of, reader_of
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.engrave_a_gift import SayMyWords, say_my_words
from renqing.social.gifts import GiftIsYourOwn, GiftNotAvailable, GiftNotForYou
from renqing.social.safe_words import SafeWordNeeded
from renqing.trade.engravings import KINDS, Engraving, EngravingNotHere, Terms, terms_of
from renqing.views.engraving_seen import EngravingSeen

allow(Audience.ANYONE, "GET /v1/products/{product_id:str}/engraving")
allow(Audience.PERSON, "POST /v1/gifts/engravings")

Words = Annotated[str, msgspec.Meta(max_length=1000)]


class CustomInfoIn(Body, frozen=True, kw_only=True):
    """What to make on the product. ``custom_type`` 1: ``custom_word``; 2: a picture of yours from ``POST /v1/media``.

    0: whoever claims the gift says the words.
    """

    custom_type: Literal[0, 1, 2]
    custom_word: Words = ""
    custom_img_id: Id | None = None


class CustomInfoOut(msgspec.Struct, frozen=True):
    """What is made on the product. ``custom_type`` 0: nobody has said the words yet, 1 words, 2 a picture.

    ``custom_img_url`` shows the picture for a day or two. ``may_say``: the words are yours to say.
    """

    custom_type: int
    custom_word: str
    custom_img_url: str
    custom_preview_img_url: str
    characters_max: int
    script: str
    may_say: bool


class EngravingTermsOut(msgspec.Struct, frozen=True):
    """What a product takes: so many characters (0: no words) of a script, and pictures or not. Made to order."""

    characters_max: int
    script: Literal["any", "han", "latin"]
    takes_pictures: bool


class MyWordsIn(Body, frozen=True, kw_only=True):
    """The words for a gift that leaves them to you, by its id or by its link's token: exactly one of the two."""

    gift_id: Id | None = None
    token: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    custom_word: Words


class MyWordsOut(msgspec.Struct, frozen=True):
    """The words as they will be made."""

    gift_id: str
    custom_word: str


def engraving_in(asked: CustomInfoIn | None) -> Engraving | None:
    """What a program chose."""
    if asked is None:
        return None
    return Engraving(KINDS[asked.custom_type], asked.custom_word, id_of(asked.custom_img_id))


def custom_info(seen: EngravingSeen | None) -> CustomInfoOut | None:
    """What is made, for a program."""
    if seen is None:
        return None
    return CustomInfoOut(
        custom_type=seen.custom_type,
        custom_word=seen.words,
        custom_img_url=seen.picture,
        custom_preview_img_url=seen.picture,
        characters_max=seen.characters_max,
        script=seen.script,
        may_say=seen.may_say,
    )


def terms_out(terms: Terms) -> EngravingTermsOut:
    """What a product takes, for a program."""
    return EngravingTermsOut(terms.characters_max, terms.script, terms.takes_pictures)


@get("/v1/products/{product_id:str}/engraving", tags=["market"])
async def read_terms(request: AnyRequest, product_id: FromPath[str]) -> EngravingTermsOut:
    """What may be made on a product for who gives it. One that takes nothing, or is not there, takes 0 characters."""
    number = id_in(product_id)
    return terms_out((await terms_of(house_of(request).ground.db, [number])).get(number, Terms()))


@post(
    "/v1/gifts/engravings",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, SafeWordNeeded, EngravingNotHere),
)
async def say_words(request: AnyRequest, data: JSONBody[MyWordsIn]) -> MyWordsOut:
    """Say the words on a gift that leaves them to you: before you claim it, or after, as long as it has not left."""
    if (data.gift_id is None) == (data.token is None):
        raise FieldNotValid(field="gift_id", reason="one_of_two")
    house = house_of(request)
    ask = SayMyWords(reader_of(request).person_id, data.custom_word, id_of(data.gift_id), data.token)
    said = await say_my_words(house.ground, ask, once_of(request, data), house.moderator)
    return MyWordsOut(str(said.gift_id), said.words)


routes = [read_terms, say_words]

"""Safe words: what a gift sent outside by link waits for."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, once_without_body, reader_of
from renqing.journeys.lock_a_gift import LockAGift, TypeTheWord, lock_a_gift, type_the_word
from renqing.social.gifts import GiftIsYourOwn, GiftNotAvailable
from renqing.social.safe_words import (
    QUESTION_CHARACTERS_MAX,
    WORD_CHARACTERS_MAX,
    SafeWordNotHere,
    SafeWordSpent,
    SafeWordWrong,
)

allow(
    Audience.PERSON,
    "PUT /v1/gifts/{gift_id:str}/safe-word",
    "DELETE /v1/gifts/{gift_id:str}/safe-word",
    "POST /v1/gifts/unlockings",
)

Word = Annotated[
    str, msgspec.Meta(min_length=1, max_length=640, description=f"At most {WORD_CHARACTERS_MAX} as a reader counts")
]


class SafeWordIn(Body, frozen=True, kw_only=True):
    """The word, and the question that it answers, where it does."""

    word: Word
    question: Annotated[str, msgspec.Meta(max_length=QUESTION_CHARACTERS_MAX)] = ""


class UnlockingIn(Body, frozen=True, kw_only=True):
    """The token of a gift's link, and the word that its giver told you."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    word: Word


class LockedOut(msgspec.Struct, frozen=True):
    """Whether the gift waits for a word."""

    gift_id: str
    is_locked: bool


class UnlockedOut(msgspec.Struct, frozen=True):
    """You may open and claim it."""

    gift_id: str


@put("/v1/gifts/{gift_id:str}/safe-word", tags=["giving"], refuses=(GiftNotAvailable, SafeWordNotHere))
async def set_word(request: AnyRequest, gift_id: FromPath[str], data: JSONBody[SafeWordIn]) -> LockedOut:
    """Let a gift that only a link names wait for a word. Another word lets everybody begin anew."""
    house = house_of(request)
    ask = LockAGift(reader_of(request).person_id, id_in(gift_id), data.word, data.question)
    locked = await lock_a_gift(house.ground, ask, once_of(request, data), house.moderator)
    return LockedOut(str(locked.gift_id), locked.is_locked)


@delete(
    "/v1/gifts/{gift_id:str}/safe-word",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, SafeWordNotHere),
)
async def take_word_off(request: AnyRequest, gift_id: FromPath[str]) -> LockedOut:
    """Let whoever holds the link open it."""
    ask = LockAGift(reader_of(request).person_id, id_in(gift_id), None)
    locked = await lock_a_gift(house_of(request).ground, ask, await once_without_body(request))
    return LockedOut(str(locked.gift_id), locked.is_locked)


@post(
    "/v1/gifts/unlockings",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, GiftIsYourOwn, SafeWordWrong, SafeWordSpent),
)
async def unlock(request: AnyRequest, data: JSONBody[UnlockingIn]) -> UnlockedOut:
    """Type the word. A wrong one counts: fact ``left`` says how many tries are left."""
    ask = TypeTheWord(reader_of(request).person_id, data.token, data.word)
    return UnlockedOut(str((await type_the_word(house_of(request).ground, ask, once_of(request, data))).gift_id))


routes = [set_word, take_word_off, unlock]

"""Safe words: the giver sets one for a gift by link, whoever holds the link types it."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.gifts import TOKEN_CHARACTERS_MAX, Which, sent_again, show_again
from renqing.doors.web.shell import deed, form_of, go, is_part, language_of, my_id
from renqing.foundation.errors import Refusal
from renqing.journeys.lock_a_gift import LockAGift, TypeTheWord, lock_a_gift, type_the_word

allow(
    Audience.PERSON,
    "POST /gifts/{gift_id:str}/safe-word",
    "POST /gifts/{gift_id:str}/safe-word/off",
    "POST /g/unlock",
)


@post("/gifts/{gift_id:str}/safe-word")
async def set_word(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Let it wait for a word."""
    form, number, house = await form_of(request), id_in(gift_id), house_of(request)
    try:
        ask = LockAGift(my_id(request), number, form.get("secret", ""), form.get("question", ""))
        await lock_a_gift(house.ground, ask, deed(request, form), house.moderator)
    except Refusal as refusal:
        return await sent_again(request, number, refusal)
    return go(request, f"/gifts/{number}", "gift_locked")


@post("/gifts/{gift_id:str}/safe-word/off")
async def take_word_off(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Let whoever holds the link open it."""
    form, number = await form_of(request), id_in(gift_id)
    try:
        await lock_a_gift(house_of(request).ground, LockAGift(my_id(request), number, None), deed(request, form))
    except Refusal as refusal:
        return await sent_again(request, number, refusal)
    return go(request, f"/gifts/{number}", "gift_unlocked")


@post("/g/unlock")
async def unlock(request: AnyRequest) -> Response[str]:
    """Type the word."""
    form = await form_of(request)
    which = Which(token=form.get("token", "")[:TOKEN_CHARACTERS_MAX])
    try:
        ask = TypeTheWord(my_id(request), which.token or "", form.get("secret", ""))
        await type_the_word(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await show_again(request, which, form, words_of(refusal, language_of(request)))
    return await show_again(request, which) if is_part(request) else go(request, "/g")


routes = [set_word, take_word_off, unlock]

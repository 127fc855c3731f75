"""After a claim: thanks for the giver, something in return, and the history of gifts between two people."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.market import MEANT_COOKIE, MEANT_SECONDS
from renqing.doors.web.replying import mean_to_reply
from renqing.doors.web.shell import Form, deed, form_of, go, is_part, language_of, my_id, page
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.thank_the_giver import ThankTheGiver, thank_the_giver
from renqing.social.gifts import GiftNotAvailable
from renqing.social.media import MILLISECONDS_MAX
from renqing.social.thanks import THANKS_CHARACTERS_MAX
from renqing.views.gift_history import gifts_between
from renqing.views.gift_inside import my_files
from renqing.views.gift_page import KeptGift, gift_page
from renqing.views.product_page import product_page

allow(
    Audience.PERSON,
    "POST /gifts/{gift_id:str}/thanks",
    "GET /gifts/{gift_id:str}/return",
    "GET /people/{person_id:str}/gifts",
)


async def _kept(request: AnyRequest, gift_id: int) -> KeptGift:
    found = await gift_page(house_of(request).ground, my_id(request), gift_id)
    if not isinstance(found, KeptGift):
        raise GiftNotAvailable
    return found


async def kept_page(request: AnyRequest, found: KeptGift, form: Form | None = None, problem: str = "") -> Response[str]:
    """A gift that the reader has claimed, with a place to say thanks; what was typed and recorded stays."""
    given = form or {}
    numbers = {name: parse_id(given.get(name, "")) for name in ("thanks_picture", "voice")}
    wanted = [number for number in numbers.values() if number]
    files = await my_files(house_of(request).ground, my_id(request), wanted) if wanted else {}
    return await page(
        request,
        "gift_kept.html",
        status=409 if problem else 200,
        tab="gift",
        page=found,
        words=given.get("words", ""),
        files={name: files[number] for name, number in numbers.items() if number and number in files},
        words_max=THANKS_CHARACTERS_MAX,
        voice_seconds_max=MILLISECONDS_MAX["voice"] // 1000,
        problem=problem,
    )


@post("/gifts/{gift_id:str}/thanks")
async def thank(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Say it."""
    form, number, house = await form_of(request), id_in(gift_id), house_of(request)
    try:
        ask = ThankTheGiver(
            person_id=my_id(request),
            gift_id=number,
            words=form.get("words", ""),
            picture_id=id_in(form["thanks_picture"]) if form.get("thanks_picture") else None,
            voice_id=id_in(form["voice"]) if form.get("voice") else None,
        )
        said = await thank_the_giver(house.ground, ask, deed(request, form), house.moderator)
    except Refusal as refusal:
        found = await _kept(request, number)
        return await kept_page(request, found, form, words_of(refusal, language_of(request)))
    return go(request, f"/gifts/{number}", "gift_thanks_wait" if said.waits else "gift_thanked")


async def _what_came(request: AnyRequest, product_id: int) -> str:
    came = await product_page(house_of(request).ground, product_id)
    return "/" if came.gift_refusal else f"/products/{came.product_id}"


@get("/gifts/{gift_id:str}/return")
async def give_in_return(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """To what came, or to the market where it is no gift any more, with its giver as who is meant."""
    found = await _kept(request, id_in(gift_id))
    if not found.may_return:
        return go(request, f"/gifts/{found.gift_id}")
    response = go(request, "/" if found.surprise else await _what_came(request, found.goods.product_id))
    meant = str(found.giver.id)
    response.cookies.append(Cookie(key=MEANT_COOKIE, value=meant, max_age=MEANT_SECONDS, httponly=True, samesite="lax"))
    mean_to_reply(response, found.giver.id, found.gift_id)
    return response


@get("/people/{person_id:str}/gifts")
async def history(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """The gifts between somebody and me."""
    before = parse_id(request.query_params.get("before", ""))
    found = await gifts_between(house_of(request).ground, my_id(request), id_in(person_id), before)
    template = "history_more.html" if is_part(request) else "history.html"
    return await page(request, template, tab="gift", page=found)


routes = [thank, give_in_return, history]

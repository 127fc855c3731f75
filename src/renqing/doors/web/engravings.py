"""Engravings on pages: what a product takes, at the shop's desk, and words that were left to who has the gift."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.desk_frame import ground_of
from renqing.doors.web.desk_goods import product_again
from renqing.doors.web.gifts import Which, by_link, show_again
from renqing.doors.web.shell import Form, deed, form_of, go, is_part, language_of, my_id, whole
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.journeys.engrave_a_gift import SayMyWords, say_my_words
from renqing.journeys.keep_engravings import KeepEngravings, keep_engravings
from renqing.trade.engravings import CHARACTERS_MAX, SCRIPTS, Terms

allow(Audience.STAFF, "POST /desk/shops/{shop_id:str}/products/{product_id:str}/engraving")
allow(Audience.PERSON, "POST /gifts/{gift_id:str}/engraving", "POST /g/engraving")


@post("/desk/shops/{shop_id:str}/products/{product_id:str}/engraving")
async def keep(request: AnyRequest, shop_id: FromPath[str], product_id: FromPath[str]) -> Response[str]:
    """Say what a product takes."""
    form, shop, product = await form_of(request), id_in(shop_id), id_in(product_id)
    try:
        terms = _terms(form)
        ask = KeepEngravings(my_id(request), shop, product, terms)
        await keep_engravings(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await product_again(request, shop, product, refusal)
    return go(request, f"/desk/shops/{shop}/products/{product}", "desk_product_saved")


def _terms(form: Form) -> Terms:
    script = next((one for one in SCRIPTS if one == form.get("script", SCRIPTS[0])), None)
    if script is None:
        raise FieldNotValid(field="script", reason="unknown")
    most = whole(form, "characters_max", most=CHARACTERS_MAX) if form.get("characters_max") else 0
    return Terms(most, script, "takes_pictures" in form)


async def _say(request: AnyRequest, which: Which, form: Form) -> Response[str]:
    house = house_of(request)
    ask = SayMyWords(my_id(request), form.get("custom_word", ""), which.gift_id, which.token)
    try:
        said = await say_my_words(house.ground, ask, deed(request, form), house.moderator)
    except Refusal as refusal:
        return await show_again(request, which, form, words_of(refusal, language_of(request)))
    if is_part(request):
        return await show_again(request, which)
    return go(request, which.path if which.token else f"/gifts/{said.gift_id}", "gift_engraved")


@post("/gifts/{gift_id:str}/engraving")
async def say(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Say the words."""
    return await _say(request, Which(gift_id=id_in(gift_id)), await form_of(request))


@post("/g/engraving")
async def say_by_link(request: AnyRequest) -> Response[str]:
    """Say the words on what a link leads to."""
    form = await form_of(request)
    return await _say(request, by_link(form), form)


routes = [keep, say, say_by_link]

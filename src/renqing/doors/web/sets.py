"""The wrapping desk of a set: several things in one gift, chosen in the cart or by the pieces on a product's page."""

from __future__ import annotations

from litestar import Response, get, post

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.buying import to_cashier
from renqing.doors.web.cart import cart_again, lines_in
from renqing.doors.web.days import day_meant
from renqing.doors.web.market import MEANT_COOKIE
from renqing.doors.web.rendering import sayer
from renqing.doors.web.replying import replied, reply_meant
from renqing.doors.web.schedules import when_asked
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, whole
from renqing.doors.web.wrapping import ANYBODY, OF_A_GROUP, OWN, card_in, desk_page, extras_in
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import parse_id
from renqing.foundation.text import knows
from renqing.journeys.give_a_gift import GiveAGift, give_a_gift
from renqing.social.gifts import COVERS
from renqing.trade.engravings import Engraving
from renqing.views.buying_page import NotForSale
from renqing.views.set_desk import SetDesk, lines_chosen, set_desk

allow(Audience.PERSON, "GET /wrap/set", "POST /wrap/set")

CART = "cart"  # where the lines come from, and what they leave with the gift


@get("/wrap/set")
async def wrap_set(request: AnyRequest) -> Response[str]:
    """The desk, with the chosen lines of the cart on it, or with ``lines``; one piece alone has its own desk."""
    query = dict(request.query_params)
    chosen = [sku for given in request.query_params.getall("sku", []) if (sku := parse_id(given))]
    from_cart = not query.get("lines")
    ground, reader = house_of(request).ground, my_id(request)
    lines = await lines_chosen(ground, reader, chosen) if from_cart else lines_in(query)
    if not lines:
        return go(request, "/cart")
    if not from_cart and len(lines) == 1 and lines[0][1] == 1:
        return go(request, f"/wrap?sku={lines[0][0]}")
    meant = query.get("to") or request.cookies.get(MEANT_COOKIE, "")
    desk = await set_desk(ground, reader, lines, from_cart=from_cart)
    given = {"to": meant, **day_meant(request, meant), "from": CART if from_cart else ""}
    if desk.carries_words:
        given["custom_word"] = desk.worded[0].words
    return await _desk(request, desk, given)


@post("/wrap/set")
async def give_set(request: AnyRequest) -> Response[str]:
    """Wrap them as one gift and go to the cashier."""
    form, house = await form_of(request), house_of(request)
    lines, to = lines_in(form), form.get("to", "")
    try:
        named = to != ANYBODY and not to.startswith(OF_A_GROUP)
        ask = GiveAGift(
            giver_id=my_id(request),
            sku_id=lines[0][0],
            recipient_id=id_in(to) if named else None,
            cover=COVERS[0] if form.get("cover") == OWN else form.get("cover", ""),
            greeting=form.get("greeting", ""),
            open_for_hours=whole(form, "hours"),
            channel=house.channel_named(None),
            expected_total=whole(form, "expected_total"),
            group_id=id_in(to.removeprefix(OF_A_GROUP)) if to.startswith(OF_A_GROUP) else None,
            extras=extras_in(form),
            moment=when_asked(form),
            card=card_in(form),
            engraving=Engraving("words", form["custom_word"]) if form.get("custom_word") else None,
            code=form.get("code") or None,
            surprise=form.get("surprise") or None,
            nameless="nameless" in form,
            lines=tuple(lines),
            from_cart=form.get("from") == CART,
            reply_to=reply_meant(request, form),
        )
        prepared = await give_a_gift(house.ground, ask, deed(request, form), house.moderator)
    except Refusal as refusal:
        problem = words_of(refusal, language_of(request))
        try:
            desk = await set_desk(house.ground, my_id(request), lines, from_cart=form.get("from") == CART)
        except NotForSale:
            return await cart_again(request, problem)
        return await _desk(request, desk, form, problem)
    return replied(await to_cashier(request, prepared.order_id))


async def _desk(request: AnyRequest, desk: SetDesk, given: Form, problem: str = "") -> Response[str]:
    """The desk; where the lines may not be one gift it says which one is in the way, and there is no way on."""
    return await desk_page(request, desk, given, problem or _why_not(request, desk), "wrap_set.html")


def _why_not(request: AnyRequest, desk: SetDesk) -> str:
    if not desk.gift_refusal:
        return ""
    language = language_of(request)
    t = sayer(language)
    key = f"gift_refusal.{desk.gift_refusal}"
    why = t(key) if knows(key) else t(f"error.set_not_offered.{desk.gift_refusal}")
    if desk.refused is None:
        return why
    title = desk.refused.title_zh if language == "zh" else desk.refused.title_en
    return t("wrap.set.refused", title=title or desk.refused.title_zh, why=why)


routes = [wrap_set, give_set]

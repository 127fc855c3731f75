"""Gifts: mine in lists, one for its giver, the envelope for who gets it; by its number or by its link.

The link is ``/g#<token>``. What stands behind the ``#`` never comes here with an address: gift-link.js tells it in
the body of a request, and nothing of ours writes it down.
"""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.people.receiving import LOOKS
from renqing.doors.api.wire import AnyRequest, house_of, id_in, spend
from renqing.doors.problems import words_of
from renqing.doors.web.addresses import address_said, without_address
from renqing.doors.web.instead import instead_in, styles_in
from renqing.doors.web.qr import qr_svg
from renqing.doors.web.schedules import coming
from renqing.doors.web.shell import Form, deed, form_of, go, is_part, language_of, my_id, page, reader_or_nobody
from renqing.doors.web.thanking import kept_page
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.claim_a_gift import ClaimAGift
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.journeys.take_more_time import TakeMoreTime, take_more_time
from renqing.social.gifts import REFUSALS, GiftNotAvailable, GiftNotForYou
from renqing.social.safe_words import TRIES_MAX
from renqing.trade import choices
from renqing.trade.refund_asks import REASONS
from renqing.views.gift_choices import choices_of
from renqing.views.gift_onward import Onward, onward_of
from renqing.views.gift_page import Envelope, GiverPage, KeptGift, OpenGift, gift_by_link, gift_page
from renqing.views.gift_reach import WhyNot, why_not_there
from renqing.views.hurries import hurry_of
from renqing.views.lateness import lateness_of_gift
from renqing.views.me_page import my_addresses
from renqing.views.my_gifts import gifts_given, gifts_got

allow(Audience.ANYONE, "GET /g", "POST /g/look")
allow(
    Audience.PERSON,
    "GET /gifts",
    "GET /gifts/{gift_id:str}",
    "POST /gifts/{gift_id:str}/open",
    "POST /gifts/{gift_id:str}/claim",
    "POST /gifts/{gift_id:str}/refuse",
    "POST /gifts/{gift_id:str}/withdraw",
    "POST /gifts/{gift_id:str}/more-time",
    "POST /g/more-time",
    "POST /g/open",
    "POST /g/claim",
    "POST /g/refuse",
)

TOKEN_CHARACTERS_MAX = 200


class Which(msgspec.Struct, frozen=True):
    """Which gift a request is about: by its number, or by its link's token."""

    gift_id: int | None = None
    token: str | None = None

    @property
    def path(self) -> str:
        return "/g" if self.gift_id is None else f"/gifts/{self.gift_id}"


# lists and single pages -----------------------------------------------------------------------------------------------
@get("/gifts")
async def gifts(request: AnyRequest) -> Response[str]:
    """What I was given, or what I gave."""
    ground, reader = house_of(request).ground, my_id(request)
    before = parse_id(request.query_params.get("before", ""))
    side = "given" if request.query_params.get("side") == "given" else "got"
    found = await (gifts_given if side == "given" else gifts_got)(ground, reader, before)
    template = "gifts_more.html" if is_part(request) else "gifts.html"
    return await page(request, template, tab="gift", page=found, side=side)


@get("/gifts/{gift_id:str}")
async def one_gift(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """A gift as this reader may see it."""
    found = await gift_page(house_of(request).ground, my_id(request), id_in(gift_id))
    match found:
        case GiverPage():
            return await _sent(request, found)
        case KeptGift():
            return await kept_page(request, found)
        case _:
            return await _here(request, found, Which(gift_id=found.gift_id))


async def _sent(request: AnyRequest, found: GiverPage, problem: str = "") -> Response[str]:
    link = f"{house_of(request).own_url}/g#{found.token}" if found.token else ""
    qr = qr_svg(link) if link else ""
    status = 409 if problem else 200
    served_by = await choices.serving(house_of(request).ground.db, found.order_id)
    order_ids = [part.order_id for part in found.parts if part.order_id] or [served_by]
    return await page(
        request,
        "gift_sent.html",
        status=status,
        tab="gift",
        page=found,
        link=link,
        qr=qr,
        coming=coming(found.schedule, language_of(request)) if found.schedule else None,
        hurries=[await hurry_of(house_of(request).ground, my_id(request), order_id) for order_id in order_ids],
        late=await lateness_of_gift(house_of(request).ground, my_id(request), found.gift_id, order_ids),
        refund_reasons=REASONS,
        refund_ask_days=house_of(request).ground.policy.refund_ask_days,
        problem=problem,
    )


@post("/gifts/{gift_id:str}/withdraw")
async def withdraw(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """The giver takes it back."""
    form, number = await form_of(request), id_in(gift_id)
    ground = house_of(request).ground
    try:
        await withdraw_a_gift(ground, WithdrawAGift(my_id(request), number), deed(request, form))
    except Refusal as refusal:
        return await sent_again(request, number, refusal)
    return go(request, f"/gifts/{number}", "gift_withdrawn")


async def sent_again(request: AnyRequest, gift_id: int, refusal: Refusal) -> Response[str]:
    """The giver's page of a gift, saying what stopped them; for everybody else there is none."""
    found = await gift_page(house_of(request).ground, my_id(request), gift_id)
    if not isinstance(found, GiverPage):
        raise GiftNotAvailable from refusal
    return await _sent(request, found, words_of(refusal, language_of(request)))


# the link -------------------------------------------------------------------------------------------------------------
@get("/g")
async def link_page(request: AnyRequest) -> Response[str]:
    """An empty table: the browser knows what to put on it."""
    return await page(request, "gift_link.html", tab="gift")


@post("/g/look")
async def look(request: AnyRequest) -> Response[str]:
    """What lies behind the link. Changes nothing: a link preview opens no envelope."""
    spend(request, LOOKS)
    which = Which(token=(await form_of(request)).get("token", "")[:TOKEN_CHARACTERS_MAX])
    return await show_again(request, which)


async def show_again(request: AnyRequest, which: Which, form: Form | None = None, problem: str = "") -> Response[str]:
    """The gift as it stands now: closed, open, or gone."""
    reader = reader_or_nobody(request)
    ground = house_of(request).ground
    found: GiverPage | Envelope | OpenGift | KeptGift | int
    try:
        if which.token is not None:
            found = await gift_by_link(ground, which.token, None if reader is None else reader.person_id)
        else:
            assert which.gift_id is not None, "a gift is asked for by number or by link"
            found = await gift_page(ground, my_id(request), which.gift_id)
    except (GiftNotAvailable, GiftNotForYou) as gone:
        return await _gone(request, which, gone)
    match found:
        case int():
            return go(request, f"/gifts/{found}")
        case KeptGift() | GiverPage():
            return go(request, f"/gifts/{found.gift_id}")
        case _:
            return await _here(request, found, which, form, problem)


async def _gone(request: AnyRequest, which: Which, refusal: Refusal) -> Response[str]:
    if which.token is None and not is_part(request):
        raise refusal
    words = words_of(refusal, language_of(request)) if isinstance(refusal, GiftNotForYou) else ""
    return await page(request, "gift_gone_part.html", status=404, problem=words)


async def _here(
    request: AnyRequest, found: Envelope | OpenGift, which: Which, form: Form | None = None, problem: str = ""
) -> Response[str]:
    """The envelope, closed or open; the part alone where a script asks for it."""
    part = "gift_closed_part.html" if isinstance(found, Envelope) else "gift_open_part.html"
    reader = reader_or_nobody(request)
    away: dict[int, WhyNot] = {}
    mine, onward, others = [], Onward(), None
    if isinstance(found, OpenGift) and reader is not None:
        mine = await my_addresses(house_of(request).ground, reader.person_id)
        onward = await onward_of(
            house_of(request).ground,
            reader.person_id,
            found.giver.id,
            to_charity=found.to_charity,
            to_friend=found.to_friend,
        )
        away = await why_not_there(house_of(request).ground, found.gift_id, [one.region_code for one in mine])
        others = None if found.other == "disabled" else await choices_of(house_of(request).ground, found.gift_id)
    return await page(
        request,
        part if is_part(request) else "gift_here.html",
        status=409 if problem else 200,
        tab="gift",
        page=found,
        part=part,
        action=which.path,
        by_link=which.token is not None,
        addresses=mine,
        not_there={one.id: why for one in mine if (why := away.get(one.region_code))},
        refusals=REFUSALS,
        onward=onward,
        others=others,
        tries_max=TRIES_MAX,
        form=form or {},
        problem=problem,
    )


# what its recipient does ----------------------------------------------------------------------------------------------
async def _open(request: AnyRequest, which: Which, form: Form) -> Response[str]:
    ask = OpenAGift(my_id(request), gift_id=which.gift_id, token=which.token)
    try:
        await open_a_gift(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await show_again(request, which, problem=words_of(refusal, language_of(request)))
    if not is_part(request):
        return go(request, which.path)
    return await show_again(request, which)


async def _claim(request: AnyRequest, which: Which, form: Form) -> Response[str]:
    house, instead = house_of(request), instead_in(form)
    try:
        ask = ClaimAGift(
            claimant_id=my_id(request),
            address_id=await address_said(request, form),
            gift_id=which.gift_id,
            token=which.token,
            sku_id=None if instead else parse_id(form.get("sku", "")),
            instead=instead,
            styles=styles_in(form),
        )
        claimed = await house.claims.ask((ask, deed(request, without_address(form), "claim")))
    except Refusal as refusal:
        return await show_again(request, which, form, words_of(refusal, language_of(request)))
    return go(request, f"/gifts/{claimed.gift_id}", "gift_claimed")


async def _refuse(request: AnyRequest, which: Which, form: Form) -> Response[str]:
    try:
        told = await _decline(request, which, form)
    except Refusal as refusal:
        return await show_again(request, which, form, words_of(refusal, language_of(request)))
    return go(request, "/gifts", told)


async def _decline(request: AnyRequest, which: Which, form: Form) -> str:
    """Back to its giver, or where the form says: ``charity-<id>``, ``friend-<id>``. What the next page says of it."""
    where, _, one = form.get("onward", "").partition("-")
    ground, sentence = house_of(request).ground, form.get("sentence", "")
    if where in ("charity", "friend"):
        ids = {f"{where}_id": id_in(one)}
        onward = PassAGiftOn(my_id(request), sentence, gift_id=which.gift_id, token=which.token, **ids)
        await pass_a_gift_on(ground, onward, deed(request, form))
        return f"gift_to_{where}"
    ask = RefuseAGift(my_id(request), sentence, gift_id=which.gift_id, token=which.token)
    await refuse_a_gift(ground, ask, deed(request, form))
    return "gift_refused"


async def _more_time(request: AnyRequest, which: Which, form: Form) -> Response[str]:
    ask = TakeMoreTime(my_id(request), gift_id=which.gift_id, token=which.token)
    try:
        await take_more_time(house_of(request).ground, ask, deed(request, form))
    except Refusal as refusal:
        return await show_again(request, which, form, words_of(refusal, language_of(request)))
    return await show_again(request, which) if is_part(request) else go(request, which.path, "gift_more_time")


def by_link(form: Form) -> Which:
    """The gift whose link's token a form has."""
    return Which(token=form.get("token", "")[:TOKEN_CHARACTERS_MAX])


@post("/gifts/{gift_id:str}/open")
async def open_gift(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Open the envelope."""
    return await _open(request, Which(gift_id=id_in(gift_id)), await form_of(request))


@post("/gifts/{gift_id:str}/claim")
async def claim_gift(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Accept it, with an address."""
    return await _claim(request, Which(gift_id=id_in(gift_id)), await form_of(request))


@post("/gifts/{gift_id:str}/refuse")
async def refuse_gift(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Decline it with a kind sentence."""
    return await _refuse(request, Which(gift_id=id_in(gift_id)), await form_of(request))


@post("/gifts/{gift_id:str}/more-time")
async def more_time(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Take more time, once."""
    return await _more_time(request, Which(gift_id=id_in(gift_id)), await form_of(request))


@post("/g/more-time")
async def more_time_by_link(request: AnyRequest) -> Response[str]:
    """Take more time for what a link leads to, once."""
    form = await form_of(request)
    return await _more_time(request, by_link(form), form)


@post("/g/open")
async def open_by_link(request: AnyRequest) -> Response[str]:
    """Open the envelope that a link leads to."""
    form = await form_of(request)
    return await _open(request, by_link(form), form)


@post("/g/claim")
async def claim_by_link(request: AnyRequest) -> Response[str]:
    """Accept it, with an address."""
    form = await form_of(request)
    return await _claim(request, by_link(form), form)


@post("/g/refuse")
async def refuse_by_link(request: AnyRequest) -> Response[str]:
    """Decline it with a kind sentence."""
    form = await form_of(request)
    return await _refuse(request, by_link(form), form)


routes = [
    gifts,
    one_gift,
    withdraw,
    link_page,
    look,
    more_time,
    more_time_by_link,
    open_gift,
    claim_gift,
    refuse_gift,
    open_by_link,
    claim_by_link,
    refuse_by_link,
]

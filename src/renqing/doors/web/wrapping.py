"""The wrapping desk: the cover, the line, to whom, how long, and what happens if nobody accepts."""

from __future__ import annotations

from datetime import date, timedelta

from litestar import Response, get, post

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.buying import to_cashier
from renqing.doors.web.days import day_meant
from renqing.doors.web.dividing import GUESTS, dividing, draw_asked, tiers_asked
from renqing.doors.web.gift_codes import CODE_COOKIE
from renqing.doors.web.market import MEANT_COOKIE
from renqing.doors.web.rendering import money_text, sayer
from renqing.doors.web.replying import replied, reply_meant
from renqing.doors.web.schedules import begins_at, when_asked, when_on_desk
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page, whole
from renqing.foundation.errors import Refusal
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.ids import parse_id
from renqing.foundation.money import MINOR_DIGITS
from renqing.foundation.text import Language
from renqing.journeys.give_a_gift import GiveAGift, give_a_gift
from renqing.social.gifts import COVERS, by_season
from renqing.social.greeting_cards import MESSAGE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, GreetingCard
from renqing.social.media import MILLISECONDS_MAX
from renqing.social.wrappings import OWN_COVER, Extras
from renqing.trade.engravings import Engraving
from renqing.trade.orders import QUANTITY_MAX
from renqing.views.buying_page import WrappingDesk, wrapping_desk
from renqing.views.gift_inside import my_files

allow(Audience.PERSON, "GET /wrap", "POST /wrap")

ANYBODY = "link"  # whoever holds the link
OF_A_GROUP = "group-"  # before a group's id
OWN = "own"  # a cover that is the giver's own picture
FILES = ("cover_picture", "voice", "video", "custom_img")
CARD = ("receiver_name", "giver_name", "greeting_message")
DAY = 24
CHOICES = (1, 24, 3 * DAY, 7 * DAY, 30 * DAY)


@get("/wrap")
async def wrap(request: AnyRequest) -> Response[str]:
    """The desk, with this style on it; ``to`` names somebody who is meant already. More pieces than one are a set."""
    sku_id = id_in(request.query_params.get("sku", ""))
    pieces = parse_id(request.query_params.get("quantity", "")) or 1
    if pieces > 1:
        return go(request, f"/wrap/set?lines={sku_id}:{min(pieces, QUANTITY_MAX)}")
    desk = await wrapping_desk(house_of(request).ground, my_id(request), sku_id)
    if desk.gift_refusal:
        return go(request, f"/products/{desk.wanted.product_id}")
    meant = request.query_params.get("to") or request.cookies.get(MEANT_COOKIE, "")
    return await desk_page(request, desk, {"to": meant, **day_meant(request, meant)})


@post("/wrap")
async def give(request: AnyRequest) -> Response[str]:
    """Wrap it and go to the cashier."""
    form = await form_of(request)
    house = house_of(request)
    to = form.get("to", "")
    try:
        named = to not in (ANYBODY, GUESTS) and not to.startswith(OF_A_GROUP)
        surcharge = whole(form, "surcharge_allowed") if form.get("surcharge_allowed") else 0
        tiers, total = tiers_asked(form) if not named else ([], whole(form, "expected_total"))
        ask = GiveAGift(
            giver_id=my_id(request),
            sku_id=id_in(form.get("sku", "")),
            recipient_id=id_in(to) if named else None,
            cover=COVERS[0] if form.get("cover") == OWN else form.get("cover", ""),
            greeting=form.get("greeting", ""),
            open_for_hours=whole(form, "hours"),
            channel=house.channel_named(None),
            code=form.get("code") or None,
            expected_total=total + surcharge,
            surcharge_allowed=surcharge,
            group_id=id_in(to.removeprefix(OF_A_GROUP)) if to.startswith(OF_A_GROUP) else None,
            shares=sum(shares for _, shares in tiers) or 1,
            tiers=tuple(tiers),
            draw=None if named else draw_asked(form, await begins_at(house.ground, my_id(request), form)),
            lucky=not named and form.get("way") == "lucky",
            extras=extras_in(form),
            moment=when_asked(form),
            card=card_in(form),
            engraving=engraving_in(form),
            surprise=form.get("surprise") or None,
            nameless="nameless" in form,
            reply_to=reply_meant(request, form),
        )
        prepared = await give_a_gift(house.ground, ask, deed(request, form), house.moderator)
    except Refusal as refusal:
        desk = await wrapping_desk(house.ground, my_id(request), id_in(form.get("sku", "")))
        return await desk_page(request, desk, form, words_of(refusal, language_of(request)))
    return replied(await to_cashier(request, prepared.order_id))


async def desk_page(
    request: AnyRequest, desk: WrappingDesk, given: Form, problem: str = "", template: str = "wrap.html"
) -> Response[str]:
    """The desk as it was filled in so far."""
    policy, language = desk.policy, language_of(request)
    shares_max = house_of(request).ground.policy.gift_shares_max
    names = {str(near.person.id): near.person.name for near in desk.near}
    names |= {f"{OF_A_GROUP}{group.id}": group.name for group in desk.groups}
    to = given.get("to", "")
    hours = parse_id(given.get("hours", "")) or policy.gift_open_for_hours
    covers = by_season(COVERS, today(request))
    code = given.get("code", "")
    scanned = request.cookies.get(CODE_COOKIE, "").split(".")
    if not code and len(scanned) == 2 and scanned[1] == str(desk.wanted.shop_id):
        code = scanned[0]
    named = [number for name in FILES if (number := parse_id(given.get(name, "")))]
    files = await my_files(house_of(request).ground, my_id(request), named)
    own = files.get(parse_id(given.get("cover_picture", "")) or 0)
    cover = given.get("cover", "")
    form = {
        "from": given.get("from", ""),
        "code": code,
        "cover": cover if cover in COVERS or (cover == OWN and own) else covers[0],
        "inside_note": given.get("inside_note", ""),
        **{name: given.get(name, "") for name in CARD},
        "engraving": given.get("engraving", ""),
        "surprise": given.get("surprise", ""),
        "nameless": given.get("nameless", ""),
        "surcharge_allowed": given.get("surcharge_allowed", ""),
        "custom_word": given.get("custom_word", ""),
        **{name: number if (number := parse_id(given.get(name, ""))) in files else None for name in FILES[1:]},
        "greeting": given.get("greeting", ""),
        "to": to if to in names or to == GUESTS else ANYBODY,
        "hours": hours,
        "shares": min(parse_id(given.get("shares", "")) or 1, shares_max),
    }
    consequence, submit = _words(desk, language, names.get(to, ""), hours)
    return await page(
        request,
        template,
        status=409 if problem else 200,
        tab="gift",
        page=desk,
        form=form,
        covers=covers,
        files=files,
        own=own,
        own_cover=f"{OWN_COVER}{own.media_id}" if own and cover == OWN else "",
        voice_seconds_max=MILLISECONDS_MAX["voice"] // 1000,
        video_seconds_max=MILLISECONDS_MAX["video"] // 1000,
        greeting_max=policy.greeting_characters_max,
        note_to_shop=policy.gift_note_to_shop == "yes",
        has_extras=any(form[name] for name in (*CARD, "engraving", "surprise", "nameless")),
        card_max=MESSAGE_CHARACTERS_MAX,
        card_name_max=NAME_CHARACTERS_MAX,
        open_for=open_for(policy),
        when=when_on_desk(given, house_of(request).ground, language),
        shares_max=shares_max,
        divide=dividing(given, house_of(request).ground.policy),
        minor_digits=MINOR_DIGITS[desk.wanted.currency],
        consequence=consequence,
        submit_words=submit,
        problem=problem,
    )


def extras_in(form: Form) -> Extras:
    """What else the giver put with it. An id that spells none is as absent as one that is not theirs."""

    def named(name: str) -> int | None:
        return id_in(form[name]) if form.get(name) else None

    return Extras(
        cover_picture_id=named("cover_picture") if form.get("cover") == OWN else None,
        voice_id=named("voice"),
        video_id=named("video"),
        note=form.get("inside_note", ""),
    )


def card_in(form: Form) -> GreetingCard | None:
    """The card that the shop is to write; None where nothing was filled in."""
    salutation, signature = form.get("receiver_name", ""), form.get("giver_name", "")
    card = GreetingCard(salutation, signature, form.get("greeting_message", ""))
    return card if any(one.strip() for one in (salutation, signature, card.greeting_message)) else None


def engraving_in(form: Form) -> Engraving | None:
    """What is to be made on the product; None where nothing is."""
    match form.get("engraving", ""):
        case "words":
            return Engraving("words", form.get("custom_word", ""))
        case "picture":
            return Engraving("picture", picture_id=id_in(form["custom_img"]) if form.get("custom_img") else None)
        case "left":
            return Engraving("left")
        case _:
            return None


def today(request: AnyRequest) -> date:
    """The day of the house's clock, where the operator is."""
    ground = house_of(request).ground
    return (ground.clock.now() + timedelta(minutes=ground.policy.utc_offset_minutes)).date()


def open_for(policy: GiftPolicy) -> list[int]:
    """The times to claim that the desk offers: the operator's usual one, and common ones within their bounds."""
    allowed = range(policy.gift_open_for_hours_min, policy.gift_open_for_hours_max + 1)
    return sorted({policy.gift_open_for_hours, *(hours for hours in CHOICES if hours in allowed)})


def _words(desk: WrappingDesk, language: Language, name: str, hours: int) -> tuple[str, str]:
    """What happens if nobody accepts, and what the button does."""
    t = sayer(language)
    total = money_text(desk.total, desk.wanted.currency)
    time = t("hours.days", n=hours // DAY) if hours % DAY == 0 and hours > DAY else t("hours", n=hours)
    submit = t("wrap.send_to", name=name, total=total) if name else t("wrap.make_link", total=total)
    if desk.voucher is not None and desk.voucher.unclaimed == "returned_for_use":
        return t("voucher.unclaimed.returns"), submit
    if not name:
        return t("wrap.if_unclaimed_link", open_for=time, total=total), submit
    return t("wrap.if_unclaimed", name=name, open_for=time, total=total), submit


routes = [wrap, give]

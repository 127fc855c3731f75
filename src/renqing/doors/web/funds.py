"""Give together: start it, put in, see how far it is."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.buying import to_cashier
from renqing.doors.web.desk_forms import amount_in, amount_out
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page, whole
from renqing.doors.web.wrapping import ANYBODY, CARD, OF_A_GROUP, card_in, engraving_in, today
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.give_a_gift import GiveAGift
from renqing.journeys.start_a_fund import CallOff, PutIn, StartAFund, call_off, put_in, start_a_fund
from renqing.social.funds import FundUnknown, link_of
from renqing.social.gifts import COVERS, by_season
from renqing.social.greeting_cards import MESSAGE_CHARACTERS_MAX, NAME_CHARACTERS_MAX
from renqing.views.buying_page import wrapping_desk
from renqing.views.fund_page import fund_page, my_funds
from renqing.views.gift_inside import my_files

allow(
    Audience.PERSON,
    "GET /together",
    "POST /together",
    "GET /funds",
    "GET /funds/{fund_id:str}",
    "POST /funds/{fund_id:str}/put-in",
    "POST /funds/{fund_id:str}/call-off",
)

GUESTS = "guests"  # chosen people
DAYS = (1, 3, 7, 14, 30)
PARTS = (1, 2, 3, 4)  # of what is missing: all, half, a third, a quarter


class Starting(msgspec.Struct, frozen=True):
    """The form as it stands. ``to`` and ``with`` name people and groups as the wrapping desk does."""

    to: str
    who: str
    guests: list[str]
    days: int
    cover: str
    greeting: str
    hides_sums: bool
    hides_names: bool
    receiver_name: str
    giver_name: str
    greeting_message: str
    engraving: str
    custom_word: str
    custom_img: int | None
    surprise: str


# starting ------------------------------------------------------------------------------------------------------------
@get("/together")
async def start(request: AnyRequest) -> Response[str]:
    """What for, whom for, and with whom."""
    return await _starting(request, id_in(request.query_params.get("sku", "")), {})


async def _starting(request: AnyRequest, sku_id: int, given: Form, problem: str = "") -> Response[str]:
    ground = house_of(request).ground
    desk = await wrapping_desk(ground, my_id(request), sku_id)
    if desk.gift_refusal:
        return go(request, f"/products/{desk.wanted.product_id}")
    covers = by_season(COVERS, today(request))
    picture = parse_id(given.get("custom_img", ""))
    files = await my_files(ground, my_id(request), [picture] if picture else [])
    days = [one for one in DAYS if one <= ground.policy.fund_days_max]
    form = Starting(
        to=given.get("to", ANYBODY),
        who=given.get("who", GUESTS),
        guests=[name for name in given if name.startswith("guest-")],
        days=parse_id(given.get("days", "")) or min(7, days[-1]),
        cover=given.get("cover", covers[0]),
        greeting=given.get("greeting", ""),
        hides_sums=given.get("hides_sums") == "1",
        hides_names=given.get("hides_names") == "1",
        **{name: given.get(name, "") for name in (*CARD, "engraving", "custom_word", "surprise")},
        custom_img=picture if picture in files else None,
    )
    status = 409 if problem else 200
    return await page(
        request, "together.html", status=status, tab="gift", page=desk, form=form, covers=covers, days=days,
        greeting_max=desk.policy.greeting_characters_max, problem=problem, files=files,
        card_max=MESSAGE_CHARACTERS_MAX, card_name_max=NAME_CHARACTERS_MAX,
    )  # fmt: skip


@post("/together")
async def begin(request: AnyRequest) -> Response[str]:
    """Ask them."""
    form = await form_of(request)
    house = house_of(request)
    to, who = form.get("to", ""), form.get("who", "")
    try:
        gift = GiveAGift(
            giver_id=my_id(request),
            sku_id=id_in(form.get("sku", "")),
            recipient_id=None if to == ANYBODY else id_in(to),
            cover=form.get("cover", ""),
            greeting=form.get("greeting", ""),
            open_for_hours=None,
            channel="",
            expected_total=whole(form, "expected_total"),
            card=card_in(form),
            engraving=engraving_in(form),
            surprise=form.get("surprise") or None,
        )
        chosen = [id_in(name.removeprefix("guest-")) for name in sorted(form) if name.startswith("guest-")]
        of_group = who.startswith(OF_A_GROUP)
        ask = StartAFund(
            gift=gift,
            ends_at=house.ground.clock.now() + timedelta(days=whole(form, "days", most=10_000)),
            group_id=id_in(who.removeprefix(OF_A_GROUP)) if of_group else None,
            guest_ids=() if of_group else tuple(chosen),
            hides_sums=form.get("hides_sums") == "1",
            hides_names=form.get("hides_names") == "1",
        )
        begun = await start_a_fund(house.ground, ask, deed(request, form), house.moderator)
    except Refusal as refusal:
        return await _starting(request, id_in(form.get("sku", "")), form, words_of(refusal, language_of(request)))
    return go(request, f"/funds/{begun.order_id}", "fund_started")


# taking part ---------------------------------------------------------------------------------------------------------
@get("/funds")
async def mine(request: AnyRequest) -> Response[str]:
    """Funds that I take part in, or may."""
    found = await my_funds(house_of(request).ground, my_id(request))
    return await page(request, "funds.html", tab="gift", funds=found)


@get("/funds/{fund_id:str}")
async def one_fund(request: AnyRequest, fund_id: FromPath[str]) -> Response[str]:
    """How far it is, and who is in."""
    return await _fund(request, id_in(fund_id))


async def _fund(request: AnyRequest, fund_id: int, form: Form | None = None, problem: str = "") -> Response[str]:
    found = await fund_page(house_of(request).ground, my_id(request), fund_id)
    ground = house_of(request).ground
    token = await link_of(ground.db, ground.keys, fund_id) if found.is_starter and found.is_open else None
    parts = dict.fromkeys(max(1, found.missing // part) for part in PARTS) if found.missing else {}
    return await page(
        request,
        "fund.html",
        status=409 if problem else 200,
        tab="gift",
        page=found,
        parts=[(amount, amount_out(amount, found.currency)) for amount in parts],
        amount=(form or {}).get("amount", ""),
        percent=found.paid * 100 // found.target,
        link=f"{house_of(request).own_url}/f#{token}" if token else "",
        problem=problem,
    )


@post("/funds/{fund_id:str}/put-in")
async def pay_in(request: AnyRequest, fund_id: FromPath[str]) -> Response[str]:
    """Set my share aside and go to the cashier."""
    form, number = await form_of(request), id_in(fund_id)
    house = house_of(request)
    try:
        amount = amount_in(form.get("amount", ""), house.ground.policy.currency)
        ask = PutIn(my_id(request), number, amount, house.channel_named(None), capped=True)
        one = await put_in(house.ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _fund(request, number, form, words_of(refusal, language_of(request)))
    return await to_cashier(request, one.contribution_id)


@post("/funds/{fund_id:str}/call-off")
async def end(request: AnyRequest, fund_id: FromPath[str]) -> Response[str]:
    """Everybody gets their share back."""
    form, number = await form_of(request), id_in(fund_id)
    try:
        await call_off(house_of(request).ground, CallOff(my_id(request), number), deed(request, form))
    except FundUnknown:
        raise
    except Refusal as refusal:
        return await _fund(request, number, form, words_of(refusal, language_of(request)))
    return go(request, f"/funds/{number}", "fund_called_off")


routes = [start, begin, mine, one_fund, pay_in, end]

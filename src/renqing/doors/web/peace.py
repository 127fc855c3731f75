"""My peace: whose gifts I take and up to which price, quiet hours, and whether my giving is counted."""

from __future__ import annotations

import re

from litestar import Response, get, post

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of
from renqing.doors.problems import words_of
from renqing.doors.web.desk_forms import amount_in, amount_out
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.journeys.keep_my_peace import KeepMyPeace, keep_my_peace
from renqing.social.peace import GIFTS_FROM, GiftsFrom, PeaceRule, rule_of

allow(Audience.PERSON, "GET /me/peace", "POST /me/peace")

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::00)?")


@get("/me/peace")
async def my_peace(request: AnyRequest) -> Response[str]:
    """What I decided."""
    ground = house_of(request).ground
    rule = await rule_of(ground.db, my_id(request))
    return await _page(request, _form_of(rule, ground.policy.currency))


@post("/me/peace")
async def keep(request: AnyRequest) -> Response[str]:
    """Decide it."""
    form = await form_of(request)
    ground = house_of(request).ground
    try:
        kept = await rule_of(ground.db, my_id(request))
        ask = KeepMyPeace(my_id(request), _rule(form, ground.policy.currency, kept.time_zone))
        await keep_my_peace(ground, ask, deed(request, form))
    except Refusal as refusal:
        return await _page(request, form, words_of(refusal, language_of(request)))
    return go(request, "/me/peace", "peace_kept")


async def _page(request: AnyRequest, form: Form, problem: str = "") -> Response[str]:
    status = 422 if problem else 200
    return await page(request, "peace.html", status=status, tab="me", form=form, problem=problem)


def _form_of(rule: PeaceRule, currency: str) -> Form:
    return {
        "gifts_from": rule.gifts_from,
        "gift_price_max": "" if rule.gift_price_max is None else amount_out(rule.gift_price_max, currency),
        "is_quiet": "" if rule.quiet_from is None else "1",
        "quiet_from": _clock(rule.quiet_from if rule.quiet_from is not None else 22 * 60),
        "quiet_to": _clock(rule.quiet_to if rule.quiet_to is not None else 8 * 60),
        "is_counted": "1" if rule.is_counted else "",
        "shows_history": "1" if rule.shows_history else "",
        "is_minor": "1" if rule.is_minor else "",
        "takes_nameless": "1" if rule.takes_nameless else "",
        "time_zone": rule.time_zone,
    }


def _rule(form: Form, currency: str, time_zone: str) -> PeaceRule:
    gifts_from: GiftsFrom | None = next((one for one in GIFTS_FROM if one == form.get("gifts_from")), None)
    if gifts_from is None:
        raise FieldNotValid(field="gifts_from", reason="unknown")
    price = form.get("gift_price_max", "").strip()
    is_quiet = form.get("is_quiet") == "1"
    return PeaceRule(
        gifts_from=gifts_from,
        gift_price_max=amount_in(price, currency) if price else None,
        quiet_from=_minute(form, "quiet_from") if is_quiet else None,
        quiet_to=_minute(form, "quiet_to") if is_quiet else None,
        time_zone=form.get("time_zone") or time_zone,
        is_counted=form.get("is_counted") == "1",
        shows_history=form.get("shows_history") == "1",
        is_minor=form.get("is_minor") == "1",
        takes_nameless=form.get("takes_nameless") == "1",
    )


def _minute(form: Form, name: str) -> int:
    found = _CLOCK.fullmatch(form.get(name, "").strip())
    if found is None:
        raise FieldNotValid(field=name, reason="clock")
    return int(found[1]) * 60 + int(found[2])


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


routes = [my_peace, keep]

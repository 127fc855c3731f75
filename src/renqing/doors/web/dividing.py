"""How a gift for many is divided, on the wrapping desk: in tiers or not, for who comes first, by luck or drawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from renqing.doors.api.wire import id_in
from renqing.doors.web.shell import Form, whole
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ids import parse_id
from renqing.foundation.settings import Policy
from renqing.journeys.give_a_gift import DrawAsked

GUESTS = "guests"  # to chosen people, for a draw
MORE_TIERS = (2, 3, 4)  # beside the first, which is the style on the desk
HOUR, DAY = 60, 24 * 60
DRAW_MINUTES = (30, HOUR, 3 * HOUR, 12 * HOUR, DAY - HOUR, 3 * DAY)  # how soon a draw may be
DRAW_MINUTES_MAX = 30 * DAY


class TierRow(msgspec.Struct, frozen=True):
    """A further tier as it was written: ``chosen`` is a style with the total for one share of it."""

    place: int
    chosen: str
    shares: str


class Dividing(msgspec.Struct, frozen=True):
    """What stands on the desk about it."""

    way: Literal["first_come", "lucky", "draw"]
    draw_in: int
    draw_minutes: tuple[int, ...]
    entrants_max: str
    guests: list[str]
    rows: list[TierRow]
    award_hours: int
    award_minutes_min: int


def dividing(given: Form, policy: Policy) -> Dividing:
    """The desk as it stands, with what was written before a refusal."""
    return Dividing(
        way=_way(given),
        draw_in=parse_id(given.get("draw_in", "")) or HOUR,
        draw_minutes=DRAW_MINUTES,
        entrants_max=given.get("entrants_max", ""),
        guests=[name for name in given if name.startswith("guest-")],
        rows=[TierRow(n, given.get(f"tier{n}_sku", ""), given.get(f"tier{n}_shares", "")) for n in MORE_TIERS],
        award_hours=policy.gift_award_hours,
        award_minutes_min=policy.gift_award_hours_min * HOUR,
    )


def _way(given: Form) -> Literal["first_come", "lucky", "draw"]:
    way = given.get("way", "")
    return "draw" if way == "draw" else "lucky" if way == "lucky" else "first_come"


def tiers_asked(form: Form) -> tuple[list[tuple[int, int]], int]:
    """The tiers (style, shares) that the form names, the wanted style's first, and what they come to as it was shown.

    An option names a style with the total for one share of it, so that a price that changed meanwhile is refused.
    """
    tiers = [(id_in(form.get("sku", "")), whole(form, "shares"))]
    total = whole(form, "expected_total") * tiers[0][1]
    for place in MORE_TIERS:
        sku, _, each = form.get(f"tier{place}_sku", "").partition(":")
        if sku:
            shares = whole(form, f"tier{place}_shares")
            tiers.append((id_in(sku), shares))
            total += (parse_id(each) or 0) * shares
    return tiers, total


def draw_asked(form: Form, begins: datetime) -> DrawAsked | None:
    """The draw that the form asks for, so long after its gift begins.

    Raises FieldNotValid where people are chosen and nothing is drawn.
    """
    guests = tuple(id_in(name.removeprefix("guest-")) for name in sorted(form) if name.startswith("guest-"))
    chosen = form.get("to", "") == GUESTS
    if form.get("way", "") != "draw":
        if chosen:
            raise FieldNotValid(field="to", reason="guests_draw")
        return None
    minutes = whole(form, "draw_in", least=1, most=DRAW_MINUTES_MAX)
    most = whole(form, "entrants_max", least=1) if form.get("entrants_max", "").strip() else None
    return DrawAsked(begins + timedelta(minutes=minutes), most, guests if chosen else None)

"""What freight costs, what a parcel may carry, and what carrier news means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from renqing.foundation.money import AMOUNT_MINOR_MAX
from renqing.trade.shipping.model import (
    AHEAD_MAX,
    CARRIERS,
    EVERYWHERE,
    NEXT,
    PLACE_CHARACTERS_MAX,
    CarrierUnknown,
    News,
    NewsNotValid,
    ParcelLine,
    ParcelLinesNotValid,
    ParcelState,
    Quote,
    QuoteAsk,
    Rate,
    RateNotValid,
    TrackingNumberNotValid,
)

_TRACKING_NUMBER = re.compile(r"[A-Z0-9-]{4,40}")
_REGION_CODE_MAX = 999_999_999  # nine digits: a street
_PROVINCE_DIGITS, _CITY_DIGITS, _COUNTY_DIGITS = 2, 4, 6


def region_prefix(region_code: int) -> str:
    """The digits that every place inside a region starts with: 330000 and 33 are both ``33``, everywhere is empty.

    Chinese division codes (GB/T 2260) write a province as 330000 and a city as 330100; lists to street level
    often write them as 33 and 3301. A county never ends in 00, so both readings are one.
    """
    if region_code == EVERYWHERE:
        return ""
    digits = str(region_code)
    if len(digits) != _COUNTY_DIGITS:
        return digits
    if digits.endswith("0000"):
        return digits[:_PROVINCE_DIGITS]
    return digits[:_CITY_DIGITS] if digits.endswith("00") else digits


def closest_rate(rates: Iterable[Rate], region_code: int | None) -> Rate | None:
    """The rate whose region holds this place most closely; only the everywhere rate where the place is unknown."""
    place = "" if region_code is None else region_prefix(region_code)
    fitting = [rate for rate in rates if place.startswith(region_prefix(rate.region_code))]
    return max(fitting, key=lambda rate: len(region_prefix(rate.region_code)), default=None)


def quote(rates: Iterable[Rate], ask: QuoteAsk) -> Quote:
    """The freight of an order. A shop that has said nothing about a place delivers there for free."""
    rate = closest_rate(rates, ask.region_code)
    if rate is None:
        return Quote(fee=0, delivers=True)
    if not rate.delivers:
        return Quote(fee=0, delivers=False)
    is_free = rate.free_from is not None and ask.goods_amount >= rate.free_from
    return Quote(fee=0 if is_free else rate.fee, delivers=True)


def check_rate(rate: Rate) -> None:
    """Raises RateNotValid for a rate outside its limits."""
    if not 0 <= rate.region_code <= _REGION_CODE_MAX:
        raise RateNotValid(field="region_code", reason="outside nine digits")
    if not 0 <= rate.fee <= AMOUNT_MINOR_MAX:
        raise RateNotValid(field="fee", reason="negative or too large")
    if rate.free_from is not None and not 0 <= rate.free_from <= AMOUNT_MINOR_MAX:
        raise RateNotValid(field="free_from", reason="negative or too large")


def carrier_and_number(carrier: str, tracking_number: str) -> tuple[str, str]:
    """A carrier and number as we keep them: blanks and case, which people type as they like, do not count.

    Raises CarrierUnknown, TrackingNumberNotValid.
    """
    code = carrier.strip().upper()
    if code not in CARRIERS:
        raise CarrierUnknown(carrier=carrier[:20], carriers=", ".join(CARRIERS))
    number = "".join(tracking_number.split()).upper()
    if not _TRACKING_NUMBER.fullmatch(number):
        raise TrackingNumberNotValid(length=len(number))
    return code, number


def check_parcel_lines(lines: Sequence[ParcelLine]) -> None:
    """Raises ParcelLinesNotValid for a parcel that is empty, names a line twice or carries less than one piece."""
    if not lines or len({line.line_n for line in lines}) != len(lines) or min(line.quantity for line in lines) < 1:
        raise ParcelLinesNotValid(lines=len(lines))


def check_news(news: News, now: datetime) -> None:
    """Raises NewsNotValid for news from the future or from a place that is no place's name."""
    if len(news.place) > PLACE_CHARACTERS_MAX:
        raise NewsNotValid(field="place", reason="too long", max=PLACE_CHARACTERS_MAX)
    if news.happened_at > now + AHEAD_MAX:
        raise NewsNotValid(field="happened_at", reason="in the future")


def state_after(state: ParcelState, news: News) -> ParcelState:
    """Where a parcel is once this news is known: news of an earlier state came late and moves nothing."""
    return news.state if news.state in NEXT[state] else state

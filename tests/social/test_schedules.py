"""What a wall clock means: in every zone, when it leaps, when it stammers, and when it is too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import fault, verdict

from renqing.foundation.errors import FieldNotValid
from renqing.social.schedules import Moment, Schedule, clock_of, moment_of, past_their_moment

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
YEAR = 366


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def refused(asked: Moment, zone: str = "Asia/Shanghai") -> tuple[str, str]:
    with pytest.raises(FieldNotValid) as refusal:
        moment_of(asked, zone, NOW, YEAR)
    return refusal.value.facts["field"], refusal.value.facts["reason"]


def test_where_no_zone_is_said_the_recipients_clock_is_meant():
    assert moment_of(Moment("2026-12-24T09:00"), "Asia/Shanghai", NOW, YEAR) == at("2026-12-24T09:00+08:00")
    asked = Moment("2026-12-24T09:00", "America/New_York")
    assert moment_of(asked, "Asia/Shanghai", NOW, YEAR) == at("2026-12-24T09:00-05:00")


@pytest.mark.parametrize(
    ("wall", "zone", "means"),
    [
        # 2026-03-29 02:00 to 03:00 does not exist in Berlin, 2026-03-08 02:00 to 03:00 not in New York
        ("2026-03-29T01:59", "Europe/Berlin", "2026-03-29T01:59+01:00"),
        ("2026-03-29T02:00", "Europe/Berlin", "2026-03-29T03:00+02:00"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T03:30+02:00"),
        ("2026-03-29T03:00", "Europe/Berlin", "2026-03-29T03:00+02:00"),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T03:30-04:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-04T02:45+11:00"),  # leaps by half an hour
    ],
)
def test_a_time_that_the_clock_leaps_over_is_as_much_later_as_it_leaps(wall: str, zone: str, means: str):
    assert moment_of(Moment(wall, zone), "UTC", NOW, YEAR) == at(means)


@pytest.mark.parametrize(
    ("wall", "zone", "means"),
    [
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T02:30+02:00"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T01:30-04:00"),
        ("2026-10-25T03:00", "Europe/Berlin", "2026-10-25T03:00+01:00"),
    ],
)
def test_a_time_that_the_clock_shows_twice_is_the_first_of_the_two(wall: str, zone: str, means: str):
    assert moment_of(Moment(wall, zone), "UTC", NOW, YEAR) == at(means)


@pytest.mark.parametrize(
    "wall",
    [
        *("", "tomorrow", "2026-13-01T09:00", "2026-02-30T09:00", "2026-12-24", "2026-12-24T25:00"),
        *("2026-12-24T09:00:30", "2026-12-24T09:00Z", "2026-12-24T09:00+08:00", "1026-12-24T09:00", "2026-12-24T0٩:00"),
    ],
)
def test_what_is_no_day_and_minute_is_refused(wall: str):
    assert refused(Moment(wall)) == ("deliver_at", "moment")


@pytest.mark.parametrize("zone", ["Middle/Earth", "../UTC", "/etc/localtime", "+08:00", "asia/shanghai "])
def test_a_zone_that_is_none_is_refused(zone: str):
    assert refused(Moment("2026-12-24T09:00", zone)) == ("deliver_zone", "unknown")


def test_a_moment_lies_ahead_and_within_a_year():
    assert refused(Moment("2026-03-01T20:00")) == ("deliver_at", "past")  # the minute that it is
    assert moment_of(Moment("2026-03-01T20:01"), "Asia/Shanghai", NOW, YEAR) == NOW.replace(minute=1, second=0)
    assert refused(Moment("2025-12-24T09:00")) == ("deliver_at", "past")
    assert moment_of(Moment("2027-03-02T20:00"), "Asia/Shanghai", NOW, YEAR) == at("2027-03-02T20:00+08:00")
    assert refused(Moment("2027-03-02T20:01")) == ("deliver_at", "too_far")
    assert refused(Moment("2099-12-31T23:59")) == ("deliver_at", "too_far")


def test_seconds_of_a_browser_that_says_them_do_not_matter():
    assert moment_of(Moment("2026-12-24T09:00:00"), "UTC", NOW, YEAR) == at("2026-12-24T09:00+00:00")


@given(
    st.datetimes(datetime(2026, 3, 2), datetime(2027, 2, 20)),  # noqa: DTZ001 - a wall clock's
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_any_moment_is_to_the_minute_and_its_clock_shows_it_or_what_it_leapt_to(wall: datetime, zone: str):
    moment = moment_of(Moment(f"{wall:%Y-%m-%dT%H:%M}", zone), "UTC", NOW, YEAR)
    assert (moment.second, moment.microsecond) == (0, 0)
    shown = clock_of(Schedule(1, 2, moment, zone)).replace(tzinfo=None)
    assert shown - wall.replace(second=0, microsecond=0) in (timedelta(), timedelta(minutes=30), timedelta(hours=1))


def test_what_is_due_is_due_on_its_minute():
    schedules = [Schedule(n, 9, NOW + timedelta(seconds=n), "UTC") for n in (-1, 0, 1)]
    assert past_their_moment(schedules, NOW) == {-1, 0}
    assert clock_of(schedules[0]).tzinfo == ZoneInfo("UTC")


def test_the_clock_of_a_moment_is_of_no_other_zone_and_the_edges_are_exact():
    wall = Moment("2026-03-01T12:01")
    moment = moment_of(wall, "UTC", NOW.replace(second=0), YEAR)
    assert moment.tzinfo is UTC
    assert verdict(moment_of, wall, "UTC", moment, YEAR) == fault("deliver_at", "past")
    assert moment_of(wall, "UTC", moment - timedelta(days=YEAR), YEAR) == moment
    early = moment - timedelta(days=YEAR, seconds=1)
    assert verdict(moment_of, wall, "UTC", early, YEAR) == fault("deliver_at", "too_far", days=YEAR)

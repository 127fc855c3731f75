"""Days of every year: on which date each falls, in two calendars; what is no day; when somebody's morning is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import fault, verdict

from renqing.foundation.lines import line
from renqing.social.days import Day, KnownDay, check_day, coming, date_in, looks_next, next_dates, rules
from renqing.social.days.model import BEFORE_MAX, NAME_CHARACTERS_MAX, NOTES_MAX, DaysFull

# New Year's days of the Chinese calendar, as its almanacs print them (the last by GB/T 33661-2017).
NEW_YEARS = [
    "1949-01-29",
    "1950-02-17",
    "1976-01-31",
    "1985-02-20",
    "1996-02-19",
    "2000-02-05",
    "2001-01-24",
    "2008-02-07",
    "2012-01-23",
    "2017-01-28",
    "2018-02-16",
    "2019-02-05",
    "2020-01-25",
    "2021-02-12",
    "2022-02-01",
    "2023-01-22",
    "2024-02-10",
    "2025-01-29",
    "2026-02-17",
    "2027-02-06",
    "2028-01-26",
    "2029-02-13",
    "2030-02-03",
    "2031-01-23",
    "2032-02-11",
    "2033-01-31",
    "2034-02-19",
    "2035-02-08",
    "2050-01-23",
    "2100-02-09",
]
LEAP_MONTHS = {
    2001: 4,
    2004: 2,
    2006: 7,
    2009: 5,
    2012: 4,
    2014: 9,
    2017: 6,
    2020: 4,
    2023: 2,
    2025: 6,
    2028: 5,
    2031: 3,
    2033: 11,
}


def test_a_new_year_is_on_the_day_that_almanacs_print():
    for printed in NEW_YEARS:
        on = date.fromisoformat(printed)
        assert date_in(Day("lunar", 1, 1), on.year) == on, printed


@pytest.mark.parametrize(
    ("day", "year", "printed"),
    [
        (Day("lunar", 5, 5), 2026, "2026-06-19"),  # 端午
        (Day("lunar", 7, 7), 2026, "2026-08-19"),  # 七夕
        (Day("lunar", 8, 15), 2026, "2026-09-25"),  # 中秋
        (Day("lunar", 8, 15), 2025, "2025-10-06"),
        (Day("lunar", 9, 9), 2025, "2025-10-29"),  # 重阳
        (Day("lunar", 12, 8), 2025, "2026-01-26"),  # 腊八, in the sun's next year
    ],
)
def test_a_feast_is_on_the_day_that_almanacs_print(day, year, printed):
    assert date_in(day, year) == date.fromisoformat(printed)


def test_a_leap_month_comes_behind_the_month_of_its_number_and_in_no_other_year():
    for year in range(2000, 2035):
        leap = LEAP_MONTHS.get(year)
        for month in range(2, 12):
            plain, doubled = (
                date_in(Day("lunar", month, 10), year),
                date_in(Day("lunar", month, 10, is_leap=True), year),
            )
            assert (timedelta(28) < doubled - plain < timedelta(31)) == (month == leap), (year, month)
            assert doubled == plain or month == leap


def test_a_day_that_a_year_does_not_have_is_the_last_before_it():
    assert date_in(Day("solar", 2, 29), 2027) == date(2027, 2, 28)
    assert date_in(Day("solar", 2, 29), 2028) == date(2028, 2, 29)
    eve = Day("lunar", 12, 30)  # 除夕: the 12th month of 2024 and of 2025 has 29 days
    assert [date_in(eve, year) for year in (2023, 2024, 2025)] == [
        date(2024, 2, 9),
        date(2025, 1, 28),
        date(2026, 2, 16),
    ]


def test_a_suns_year_may_have_a_moons_day_twice_or_never_and_each_moons_year_has_it_once():
    day = Day("lunar", 12, 1)
    assert [on.isoformat() for _, on in next_dates(day, date(2027, 1, 1), 3)] == [
        "2027-01-08",
        "2027-12-28",
        "2029-01-15",
    ]
    assert [year for year, _ in next_dates(day, date(2027, 1, 1), 3)] == [2026, 2027, 2028]


days = st.builds(Day, st.just("solar"), st.integers(1, 12), st.integers(1, 28)) | st.builds(
    Day, st.just("lunar"), st.integers(1, 12), st.integers(1, 30)
)


@given(days, st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_next_dates_are_ahead_in_order_and_one_of_each_year(day, since):
    nexts = next_dates(day, since, 3)
    years = [year for year, _ in nexts]
    assert years == list(range(years[0], years[0] + 3))
    assert all(on >= since for _, on in nexts) and nexts == sorted(nexts, key=lambda one: one[1])
    assert date_in(day, years[0] - 1) < since


MONTH = fault("month", "out_of_range", min=1, max=12)


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        (Day("mayan", 1, 1), fault("calendar", "unknown")),  # type: ignore[arg-type]
        (Day("solar", 0, 1), MONTH),
        (Day("solar", 13, 1), MONTH),
        (Day("solar", 2, 30), fault("day", "out_of_range", min=1, max=29)),
        (Day("solar", 4, 31), fault("day", "out_of_range", min=1, max=30)),
        (Day("solar", 1, 0), fault("day", "out_of_range", min=1, max=31)),
        (Day("lunar", 1, 31), fault("day", "out_of_range", min=1, max=30)),
        (Day("solar", 2, 1, is_leap=True), fault("is_leap", "never")),
        (Day("lunar", 1, 1, is_leap=True), fault("is_leap", "never")),
        (Day("lunar", 12, 1, is_leap=True), fault("is_leap", "never")),
    ],
)
def test_what_is_no_day_of_any_year_is_refused(day, answer):
    assert verdict(check_day, day) == answer


def test_a_days_name_is_one_line_of_so_many_characters():
    for name in ("  纪念 日 ", "", "长" * NAME_CHARACTERS_MAX, "长" * (NAME_CHARACTERS_MAX + 1), "a\x00"):
        assert verdict(rules.check_name, name) == verdict(line, name, field="name", most=NAME_CHARACTERS_MAX)
    assert rules.check_name(" 纪念  日 ") == "纪念 日"


def test_so_many_days_are_noted_and_a_reminder_comes_so_early_and_no_more():
    assert verdict(rules.check_room, NOTES_MAX - 1) is None
    assert verdict(rules.check_room, NOTES_MAX) == (DaysFull, {"max": NOTES_MAX})
    out = fault("days_before", "out_of_range", min=0, max=BEFORE_MAX)
    for days, answer in ((-1, out), (0, 0), (BEFORE_MAX, BEFORE_MAX), (BEFORE_MAX + 1, out)):
        assert verdict(rules.check_before, days) == answer


def test_a_day_of_some_year_is_kept():
    for day in (Day("solar", 2, 29), Day("solar", 12, 31), Day("lunar", 12, 30), Day("lunar", 11, 30, is_leap=True)):
        assert check_day(day) == day


def test_what_comes_within_so_many_days_comes_in_order():
    known = [KnownDay(who, None, "", Day("solar", 12, day)) for who, day in ((1, 24), (2, 1), (3, 31), (4, 2))]
    soon = coming(known, date(2026, 12, 2), 22)
    assert [(one.known.who_id, one.on.day) for one in soon] == [(4, 2), (1, 24)]


def test_days_of_one_date_come_by_friend_and_note_a_birthday_first():
    known = [
        KnownDay(who, note, "", Day("solar", 12, 3)) for who, note in ((2, 2), (1, 1), (2, None), (2, 1), (1, None))
    ]
    soon = coming(known, date(2026, 12, 2), 1)
    assert [(one.known.who_id, one.known.note_id) for one in soon] == [(1, None), (1, 1), (2, None), (2, 1), (2, 2)]


@pytest.mark.parametrize(
    ("zone", "now", "morning"),
    [
        ("Asia/Shanghai", datetime(2026, 11, 23, 0, 59, tzinfo=UTC), datetime(2026, 11, 23, 1, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2026, 11, 23, 1, 0, tzinfo=UTC), datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 3, 27, 9, tzinfo=UTC), datetime(2027, 3, 28, 7, tzinfo=UTC)),  # summer begins
    ],
)
def test_a_morning_is_the_next_one_on_somebodys_wall(zone, now, morning):
    assert looks_next(zone, now) == morning
    assert looks_next(zone, now).tzinfo is UTC

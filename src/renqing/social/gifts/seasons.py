"""Which covers belong to a day: the festivals of the moon's calendar, and what comes back with the sun's. Pure.

A festival is looked forward to for ``AHEAD``, and the cover of one that is over goes behind those that are for every
day. Dates of the moon's calendar are a table: they are computed by observatories, not by us (GB/T 33661-2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

AHEAD = timedelta(days=21)

# Spring Festival, Lantern Festival, Dragon Boat, Qixi, Mid-Autumn: month and day of each year.
_MOON = ("new-year", "lantern", "dragon-boat", "qixi", "mid-autumn")
_LASTS = {"new-year": timedelta(days=10)}
_DAYS = {
    2025: "01-29 02-12 05-31 08-29 10-06",
    2026: "02-17 03-03 06-19 08-19 09-25",
    2027: "02-06 02-20 06-09 08-08 09-15",
    2028: "01-26 02-09 05-28 08-26 10-03",
    2029: "02-13 02-27 06-16 08-16 09-22",
    2030: "02-03 02-17 06-05 08-05 09-12",
    2031: "01-23 02-06 06-24 08-24 10-01",
    2032: "02-11 02-25 06-12 08-12 09-19",
    2033: "01-31 02-14 06-01 08-01 09-08",
    2034: "02-19 03-05 06-20 08-20 09-27",
    2035: "02-08 02-22 06-10 08-10 09-16",
    2036: "01-28 02-11 05-30 08-28 10-04",
    2037: "02-15 03-01 06-18 08-17 09-24",
    2038: "02-04 02-18 06-07 08-07 09-13",
    2039: "01-24 02-07 05-27 08-26 10-02",
    2040: "02-12 02-26 06-14 08-14 09-20",
    2041: "02-01 02-15 06-03 08-03 09-10",
    2042: "01-22 02-05 06-22 08-22 09-28",
    2043: "02-10 02-24 06-11 08-11 09-17",
    2044: "01-30 02-13 05-31 07-31 10-05",
    2045: "02-17 03-03 06-19 08-19 09-25",
}
YEARS = range(min(_DAYS), max(_DAYS) + 1)

# Cover, from, to (month and day, both within).
_SUN = (
    ("love", (2, 1), (2, 14)),  # Valentine's
    ("love", (5, 10), (5, 20)),  # 520
    ("graduation", (6, 1), (7, 10)),
    ("thanks", (8, 28), (9, 10)),  # Teachers' Day
    ("keep-warm", (11, 15), (12, 31)),
    ("keep-warm", (1, 1), (1, 31)),
)


def _windows(day: date) -> Iterator[tuple[date, str, date, date]]:
    """A day to look forward to, its cover, and from when to when that is shown.

    Of this year and of the next, whose first festival may be looked forward to in this one.
    """
    for year in (day.year, day.year + 1):
        for cover, when in zip(_MOON, _DAYS.get(year, "").split(), strict=False):
            feast = date(year, *map(int, when.split("-")))
            yield feast, cover, feast - AHEAD, feast + _LASTS.get(cover, timedelta())
    for cover, first, last in _SUN:
        yield date(day.year, *last), cover, date(day.year, *first), date(day.year, *last)


def in_season(day: date) -> list[str]:
    """The covers that a day brings to mind: festivals before seasons, the nearest first."""
    near = sorted(
        (cover not in _MOON, feast, cover) for feast, cover, first, last in _windows(day) if first <= day <= last
    )
    return list(dict.fromkeys(cover for _, _, cover in near))


def by_season(covers: Sequence[str], day: date) -> list[str]:
    """Covers as the desk shows them: those of the season, those for every day, festivals of other seasons."""
    first = [cover for cover in in_season(day) if cover in covers]
    rest = [cover for cover in covers if cover not in first]
    return [*first, *(one for one in rest if one not in _MOON), *(one for one in rest if one in _MOON)]

"""What the season brings to the wrapping desk."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

import renqing
from renqing.foundation.text import knows
from renqing.social.gifts import COVERS, by_season
from renqing.social.gifts.seasons import YEARS, in_season

DRAWN = Path(renqing.__file__).parent / "doors/web/static/covers"
COVER_BYTES_MAX = 12_000


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2027, 1, 10), "keep-warm"),
        (date(2027, 1, 20), "new-year"),
        (date(2027, 2, 5), "new-year"),
        (date(2026, 2, 17), "new-year"),
        (date(2026, 2, 26), "new-year"),
        (date(2026, 2, 28), "lantern"),
        (date(2026, 12, 31), "keep-warm"),
        (date(2043, 12, 31), "keep-warm"),
        (date(2026, 5, 15), "love"),
        (date(2026, 6, 1), "dragon-boat"),
        (date(2026, 6, 20), "graduation"),
        (date(2026, 8, 19), "qixi"),
        (date(2026, 9, 25), "mid-autumn"),
        (date(2027, 4, 1), "just-because"),
        (date(2026, 7, 25), "just-because"),
    ],
)
def test_the_clock_decides_which_cover_comes_first(day: date, first: str):
    shown = by_season(COVERS, day)
    assert shown[0] == first and sorted(shown) == sorted(COVERS)


def test_the_festival_that_is_over_comes_behind_what_is_for_every_day():
    shown = by_season(COVERS, date(2026, 9, 26))
    assert set(shown[-5:]) == {"new-year", "lantern", "dragon-boat", "qixi", "mid-autumn"}
    assert in_season(date(2026, 9, 26)) == []


@pytest.mark.parametrize("year", YEARS)
def test_every_festival_of_the_moon_has_its_season_in_every_year(year: int):
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    assert {"new-year", "lantern", "dragon-boat", "qixi", "mid-autumn"} <= {
        one for day in days for one in in_season(day)
    }


def test_a_year_that_the_table_does_not_know_has_the_seasons_of_the_sun():
    assert in_season(date(2099, 6, 15)) == ["graduation"]


@pytest.mark.parametrize("cover", COVERS)
def test_every_cover_is_drawn_light_and_has_three_lines_to_suggest(cover: str):
    drawn = (DRAWN / f"{cover}.svg").read_bytes()
    assert len(drawn) <= COVER_BYTES_MAX and b"<script" not in drawn and b'href="http' not in drawn
    assert all(knows(f"wrap.line.{cover}.{n}") for n in (1, 2, 3))
    assert f".cover-{cover} " in (DRAWN.parent / "css/tokens.css").read_text("utf-8")

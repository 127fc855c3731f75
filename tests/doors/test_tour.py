"""The tour against a house that is at work: all right, and not all right."""

from __future__ import annotations

import asyncio

import pytest_asyncio
from callers import make_operator
from counter import books
from open_house import open_house
from typer import Typer
from typer.testing import CliRunner

from renqing.doors.cli.tour import tour
from renqing.doors.cli.touring import stories
from renqing.doors.cli.touring.books import Movement


@pytest_asyncio.fixture
async def demo(database_url, tmp_path):
    async with open_house(database_url, tmp_path, by_itself=True) as opened:
        await make_operator(opened)
        yield opened


async def play(*arguments, language="en_US.UTF-8"):
    """The command as somebody calls it, beside the house's own loop."""
    app = Typer()
    app.command()(tour)
    environment = {"LANG": language, "LC_ALL": language, "COLUMNS": "160"}
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=environment)


async def test_the_tour_plays_every_story_and_every_figure_is_right(demo):
    result = await play("--url", demo.url)
    assert result.exit_code == 0, result.output
    assert "8 stories" in result.output and "\u2717" not in result.output
    for sight in (
        "an envelope from 安",
        "not who gave it",
        "is back by the original route",
        "too late",
        "nothing yet",
        "not a fen",
    ):
        assert sight in result.output
    sold = 4 * 129_00
    fee = 4 * 129_00 * 5 // 100
    assert await books(demo.town) == {"clearing": (-sold, 0), "shop": (sold - fee, 0), "fee": (fee, 0)}


async def test_the_tour_says_so_when_a_figure_is_off(demo, monkeypatch):
    monkeypatch.setattr(stories, "sold", lambda paid: {"shop": Movement(paid.total, 0)})
    result = await play("bought", "--url", demo.url, language="zh_CN.UTF-8")
    assert result.exit_code == 1, result.output
    assert "\u2717" in result.output and "处不对" in result.output


async def test_the_tour_says_what_it_needs(database_url, tmp_path):
    assert (await play("--url", "http://127.0.0.1:9")).exit_code == 1
    unknown = await play("bought", "sold", "--url", "http://127.0.0.1:9")
    assert unknown.exit_code == 2 and "sold" in unknown.output
    async with open_house(database_url, tmp_path, mode="test") as doors:
        refused = await play("--url", doors.url)
        assert refused.exit_code == 1 and "not in demo mode" in refused.output

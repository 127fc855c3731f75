"""The tour against a house that is at work: all right, and not all right."""

from __future__ import annotations

import asyncio
import hashlib

import pytest_asyncio
from callers import make_operator
from counter import books
from open_house import open_house
from typer import Typer
from typer.testing import CliRunner

from renqing.doors.cli.tour import tour
from renqing.doors.cli.touring import stories
from renqing.doors.cli.touring.books import Movement
from renqing.doors.cli.touring.playbill import GROUPS, STORIES, WAYS, chosen
from renqing.doors.cli.touring.ways.draw import audit
from renqing.journeys.make_the_demo_world import make_the_demo_world
from renqing.views.check import check


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


def seen_in(output: str) -> str:
    """What was printed, as sentences: a narrow column breaks them, and ticks them off where they break."""
    return " ".join(output.translate({ord("│"): " ", ord("✓"): " "}).split())


async def test_the_stories_of_the_gift_loop_are_played_and_every_figure_is_right(demo):
    result = await play(*stories.STORIES, "--url", demo.url)
    assert result.exit_code == 0, result.output
    assert "6 stories" in result.output and "\u2717" not in result.output
    for sight in ("an envelope from 安", "not who gave it", "is back by the original route", "too late"):
        assert sight in seen_in(result.output)
    sold = 3 * 129_00
    fee = 3 * 129_00 * 5 // 100
    assert await books(demo.town) == {"clearing": (-sold, 0), "shop": (sold - fee, 0), "fee": (fee, 0)}


async def test_each_of_the_ten_ways_to_give_is_played_and_every_figure_is_right(demo):
    ground = demo.house.ground
    await make_the_demo_world(ground, lambda _said: None)
    result = await play("gifts", "--url", demo.url)
    assert result.exit_code == 0, result.output
    assert "10 stories" in result.output and "\u2717" not in result.output
    for sight in (
        "a set of 3 pieces from 2 shops",
        "asked once more: the share they have already",
        "worked out: 3 entries form the chain",
        "worked out: the sealed order was",
        "is in their own cards",
        "a wrong PIN: not right",
        "the 2 that nobody took are in stock again",
        "and not a fen more",
        "the time is over, and it is short",
        "its minute came, and the gift by itself",
        "has switched it off: not told",
    ):
        assert sight in seen_in(result.output)
    wrong = {one.id for one in (await check(ground)).findings if not one.holds}
    assert wrong <= {"X2"}, "but for the settings of a database that tests run on"


async def test_the_ways_to_give_ask_for_company(demo):
    """In the town the giver has two friends: one too few for a group."""
    result = await play("friend", "--url", demo.url)
    assert result.exit_code == 1, result.output
    assert "vouchers" in result.output


def test_names_choose_stories_once_each():
    assert chosen([]) == list(STORIES) and len(STORIES) == 16
    assert chosen(["wish", "gifts", "wish"]) == ["wish", *(name for name in WAYS if name != "wish")]
    assert GROUPS["gifts"] == tuple(WAYS) and len(WAYS) == 10


def test_the_audit_sees_whatever_is_bent():
    """A draw made here by hand: two entries, the smaller score wins."""
    seed = bytes(range(32))
    before = {"commitment": hashlib.sha256(seed).hexdigest(), "prizes": 1, "draw_at_seconds": 9, "entrants_max": 2}
    entries = [{"n": n, "tag": f"{n:064x}", "nonce": f"{n:032x}"} for n in (1, 2)]
    heads = [hashlib.sha256(f"renqing-draw-1|{before['commitment']}|1|9|2".encode()).hexdigest()]
    for entry in entries:
        text = f"{heads[-1]}|{entry['n']}|{entry['tag']}|{entry['nonce']}"
        heads.append(hashlib.sha256(text.encode()).hexdigest())
    record = {**before, "seed": seed.hex(), "head": heads[-1], "winners": []}
    first, second = audit(before, record, entries, heads[1:]).order
    record["winners"] = [{"entry_n": first}]
    right = audit(before, record, entries, heads[1:])
    assert (right.seed, right.chain, right.winners) == (True, True, True)
    assert not audit(before, {**record, "winners": [{"entry_n": second}]}, entries, heads[1:]).winners
    assert not audit(before, {**record, "seed": "ab" * 32}, entries, heads[1:]).seed
    assert not audit(before, record, [entries[0], {**entries[1], "nonce": "0" * 32}], heads[1:]).chain
    assert not audit(before, record, entries, [heads[1], "00"]).chain


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

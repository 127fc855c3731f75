"""``renqing bench``: what it says, that it says it on a house of its own, and the page that is made of it."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import msgspec
import pytest
from typer.testing import CliRunner

from renqing.command_line import run_worker, storm_bank
from renqing.doors.cli.app import app
from renqing.doors.cli.benching import meter, quiet
from renqing.doors.cli.benching.benches import BENCHES
from renqing.doors.cli.benching.contract import KEYS, SIZES, Ask, as_row, percentiles
from renqing.doors.cli.benching.crowd import ORDERS_A_PERSON, ORDERS_FROM, PEOPLE_FROM, PRODUCTS_FROM, fill
from renqing.doors.cli.benching.meter import Meter
from renqing.doors.cli.benching.quiet import until_told
from renqing.doors.cli.benching.stage import Spent
from renqing.doors.cli.roof import Roof
from renqing.foundation import outbox
from renqing.foundation.facts import Fact
from renqing.foundation.ground import Ground
from renqing.journeys.make_the_demo_world import make_the_demo_world
from renqing.providers.media_files import FolderBackup
from renqing.providers.postgres import EmbeddedPostgres
from renqing.providers.postgres_backup import PostgresBackups
from renqing.views.check import check
from renqing.views.market import market
from renqing.views.order_page import OrderPage, order_page
from renqing.views.product_page import product_page

ROOF = Roof(
    postgres=EmbeddedPostgres, run_worker=run_worker, backups=PostgresBackups, files=FolderBackup, storm_bank=storm_bank
)
ROOT = Path(__file__).parents[2]


class SunRose(Fact, frozen=True, kw_only=True):
    kind: ClassVar[str] = "SunRose"


# what a bench says ---------------------------------------------------------------------------------------------------
def test_a_row_has_every_key_and_then_what_else_was_measured():
    row = as_row("timers", Ask(ROOF, size=4), {"ops_per_second": 3.5, "exact": True, "repeated": 0}, data=7)
    assert tuple(row) == (*KEYS, "repeated")
    assert (row["bench"], row["ops_per_second"], row["ratio"], row["size"], row["data"]) == ("timers", 3.5, None, 4, 7)


def test_percentiles_are_of_all_that_was_waited_for():
    assert percentiles([n / 1000 for n in range(1, 201)]) == {"p50_ms": 101, "p99_ms": 199}
    assert percentiles([0.25]) == {"p50_ms": 250, "p99_ms": 250}


def test_a_meter_shares_out_what_was_spent_and_written():
    read = Meter(
        Spent(2, 1, 0.5),
        load_seconds=0.25,
        wal_bytes=5_000,
        rows={"order_order": 1_000, "order_line": 2_500, "gift_gift": 0},
    )
    assert read.per(1_000) == {
        "app_cpu_us": 2_000,
        "pg_cpu_us": 1_000,
        "worker_cpu_us": 500,
        "load_cpu_us": 250,
        "written_rows": 3.5,
        "written_bytes": 5,
        "written": {"order_line": 2.5, "order_order": 1},
    }


async def test_a_load_begins_when_all_that_the_former_left_is_told(ground):
    await ground.db.run(lambda tx: outbox.leave(tx, SunRose(subject_id=1)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(until_told(ground), 3 * quiet.LOOK_SECONDS)
    (left,) = await ground.db.run(outbox.take)
    await ground.db.run(lambda tx: outbox.mark_told(tx, [left.id]))
    await asyncio.wait_for(until_told(ground), 10)


def test_a_bench_that_does_not_exist_is_refused_with_those_that_do():
    told = CliRunner().invoke(app, ["bench", "nothing"], obj=ROOF)
    assert told.exit_code == 2
    assert all(name in told.output for name in BENCHES)


# the benches, with a thousandth of their data ------------------------------------------------------------------------
@pytest.mark.skipif(shutil.which("wrk") is None, reason="the load generator wrk is not installed")
@pytest.mark.timeout(300)
def test_small_benches_run_on_a_house_of_their_own_and_every_total_is_right(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(meter, "COUNTS_SECONDS", 0)
    file = tmp_path / "results.json"
    names = ["ledger_postings", "timers", "live_updates", "large_catalogue"]
    told = CliRunner().invoke(
        app, ["bench", *names, "--seconds", "1", "--size", "0.002", "--json", str(file)], obj=ROOF
    )
    assert told.exit_code == 0, told.output
    rows = {row["bench"]: row for row in msgspec.json.decode(file.read_bytes())}
    assert list(rows) == names
    assert all(set(KEYS) <= set(row) and row["exact"] and row["ops_per_second"] > 0 for row in rows.values()), rows
    assert rows["ledger_postings"]["ratio"] > 1
    assert rows["timers"]["repeated"] == 0 and rows["timers"]["data"] == 2_000
    assert rows["live_updates"]["data"] == 10 and 0 < rows["live_updates"]["p99_ms"] < 10_000
    large = rows["large_catalogue"]
    assert large["data"] == 2_000 and large["built_in_seconds"] > 0 and large["search_p99_ms"] > 0


# the large house -----------------------------------------------------------------------------------------------------
async def indexes_of(ground: Ground) -> set[str]:
    return {
        row["indexdef"] for row in await ground.db.fetch("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
    }


async def test_a_large_house_is_a_house_like_any_other(ground):
    await make_the_demo_world(ground, lambda _words: None)
    here, before, count = (await market(ground)).total, await indexes_of(ground), 301
    assert await fill(ground.settings.database_url, count) > 0
    assert await indexes_of(ground) == before, "what was put aside is there again"
    assert (await market(ground)).total == here + count
    assert (await market(ground, query="k2")).total == 100, "a hundred share a code"
    page = await product_page(ground, PRODUCTS_FROM + 7)
    assert page.styles and page.stock == "plenty"
    orders = await ground.db.fetch("SELECT id, owner_id FROM order_order ORDER BY id")
    assert [row["id"] for row in orders] == list(range(ORDERS_FROM, ORDERS_FROM + count * ORDERS_A_PERSON))
    assert all(PEOPLE_FROM <= row["owner_id"] < PEOPLE_FROM + count for row in orders)
    await ground.db.fetch("UPDATE order_order SET address_sealed = NULL")  # it is as long as a sealed one, and none
    read = await order_page(ground, orders[3]["owner_id"], orders[3]["id"])
    assert isinstance(read, OrderPage) and len(read.parcels) == 1 and len(read.parcels[0].news) == 2


async def test_a_house_that_is_filled_without_orders_is_as_check_wants_it(ground):
    await make_the_demo_world(ground, lambda _words: None)
    await fill(ground.settings.database_url, 211, orders=False)
    assert [found.id for found in (await check(ground)).findings if not found.holds] == []


# the page ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def report(tmp_path: Path, monkeypatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("report", ROOT / "benchmarks" / "report.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page, plot = tmp_path / "performance.md", tmp_path / "growth.svg"
    page.write_text((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(module, "PAGE", page)
    monkeypatch.setattr(module, "PLOT", plot)
    return module


def measured(name: str, size: float = 1.0, **said: Any) -> dict[str, Any]:
    common = {"ops_per_second": 1234.5, "p50_ms": 1.25, "app_cpu_us": 300 * size, "pg_cpu_us": 80, "exact": True}
    return as_row(name, Ask(ROOF, size=size), {**common, **said}, data=round(320_000 * size))


def test_the_page_says_what_was_measured_and_is_the_same_when_it_is_made_again(report: ModuleType, tmp_path: Path):
    results, growth = tmp_path / "results.json", tmp_path / "growth.json"
    more = {"written_rows": 3.0, "written": {"order_order": 1.0}, "wrong": [], "callback_by": "sandbox"}
    rows = [measured(name, **more) for name in BENCHES]
    results.write_bytes(msgspec.json.encode(rows))
    growth.write_bytes(msgspec.json.encode([measured(name, size) for size in SIZES for name in BENCHES]))
    report.main(results, growth)
    page = report.PAGE.read_text(encoding="utf-8")
    for name in BENCHES:
        assert f"| {name} | {report.MUST_REACH.get(name, '–')} | 1,234 | 1.25 | – | 300 | 80 |" in page
    assert "- timers: callback by sandbox\n" in page
    assert "| timers | 3 | – | order_order 1 |" in page
    assert "| product list | application | 18.8 at 20,000 | 75 at 80,000 | 300 at 320,000 | × 16, × 16 |" in page
    report.main(results, growth)
    assert report.PAGE.read_text(encoding="utf-8") == page


def test_the_plot_is_a_picture_with_a_panel_for_what_was_measured_and_none_for_what_was_not(report: ModuleType):
    drawn = ET.fromstring(report.plot([measured(name, size) for size in SIZES for name in ("product_list", "timers")]))  # noqa: S314 - ours
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"product list", "timer drained", "look for due timers"} <= set(texts) and "footprint" not in texts
    assert sum(1 for _ in drawn.iter("{http://www.w3.org/2000/svg}polyline")) == 5
    assert drawn.find("{http://www.w3.org/2000/svg}rect").get("fill") == "#ffffff"

"""``renqing bench``: measure this house beside the limit, in one run, on data of its own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.table import Table

from renqing.doors.cli.benching.benches import BENCHES
from renqing.doors.cli.benching.contract import CROWD, SIZES, Ask, as_row
from renqing.doors.cli.benching.crowd import fill
from renqing.doors.cli.benching.stage import own_stage
from renqing.doors.cli.plain import words
from renqing.doors.cli.roof import roof_of
from renqing.doors.cli.supervise import end_on_signals
from renqing.doors.cli.terminal import console, refuse, step
from renqing.foundation.starting import CannotStart

DIGITS_FROM = 1_000  # below this a figure is shown with two digits
SHOWN = {
    "ops_per_second": "ops/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "app_cpu_us": "app µs",
    "pg_cpu_us": "PG µs",
    "limit_per_second": "limit/s",
    "ratio": "ratio",
    "memory_mb": "MB",
    "exact": "exact",
}


def bench(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(BENCHES)}. None: all.")] = None,
    *,
    json: Annotated[Path | None, typer.Option(help="Write the results here, as a list of objects.")] = None,
    seconds: Annotated[int, typer.Option(min=1, max=60, help="How long each load runs.")] = 8,
    size: Annotated[float, typer.Option(min=0.0001, max=16, help="How many times the usual data.")] = 1.0,
    growth: Annotated[bool, typer.Option(help="Each at three sizes of data: does cost grow faster?")] = False,
    keep: Annotated[Path | None, typer.Option(help="Keep the large house here, and find it again.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=16, help="Server processes.")] = 2,
) -> None:
    """Measure a house that this command starts itself, on a database of its own, and compare it with the limit."""
    end_on_signals()
    unknown = sorted(set(names or ()) - set(BENCHES))
    if unknown:
        refuse(words("cli.bench.unknown", names=", ".join(unknown), known=", ".join(BENCHES)))
    if not sys.platform.startswith("linux"):
        refuse(words("cli.bench.linux"))
    asked = [name for name in BENCHES if not names or name in names]
    results: list[dict[str, Any]] = []
    try:
        for share in SIZES if growth else (size,):
            ask = Ask(roof_of(context), seconds, share, keep and keep.resolve())
            with own_stage(ask.roof, server_processes=processes) as stage:
                data = None
                if growth:
                    data = round(CROWD * share)
                    with step("cli.bench.filling", count=f"{data:,}"):
                        asyncio.run(fill(stage.dsn, data, orders=False))
                for name in asked:
                    with step("cli.bench.step", name=name):
                        results.append(as_row(name, ask, BENCHES[name](stage, ask), data))
                    if json is not None:  # after each, so that what breaks later takes nothing away
                        json.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")
    except CannotStart as why:
        refuse(str(why))
    _show(results)
    if not all(result["exact"] for result in results):
        raise typer.Exit(1)


def _show(results: list[dict[str, Any]]) -> None:
    table = Table(title=words("cli.bench.title"), box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("bench", no_wrap=True)
    for header in SHOWN.values():
        table.add_column(header, justify="right", no_wrap=True)
    for result in results:
        name = result["bench"] if result["size"] == 1 else f"{result['bench']} × {result['size']:.3g}"
        table.add_row(name, *(_cell(result.get(column)) for column in SHOWN))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return f"{value:,.0f}" if value >= DIGITS_FROM else f"{value:,.2f}"

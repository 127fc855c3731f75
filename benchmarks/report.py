"""Write what ``renqing bench`` measured into docs/performance.md: tables, and a plot of cost against the data.

``python benchmarks/report.py RESULTS.json [GROWTH.json]``, from anywhere. What stands between a section's marks is
replaced, everything else is left as it is.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "performance.md"
PLOT = DOCS / "images" / "growth.svg"

Row = Mapping[str, Any]

MUST_REACH = {
    "product_detail": "3,000/s, 400 µs CPU",
    "product_list": "2,500/s, 600 µs CPU",
    "whole_order": "500/s, 3 ms CPU",
    "hot_gift_claims": "8,000/s, 5 times the limit",
    "hot_draw_entries": "8,000/s, 5 times the limit",
    "hot_grabs": "8,000/s",
    "many_hot_gifts": "8,000/s, a thousand hot at once",
    "large_gift_claims": "8,000/s, 5 times the limit, the last as the first",
    "ledger_postings": "10 times the limit",
    "timers": "a look p99 1 ms, 50,000/s, nothing repeated",
    "live_updates": "p99 200 ms, 40 KB a stream",
    "large_catalogue": "70 % kept, search p99 30 ms, order page 20 ms",
    "footprint": "250 MB",
}
COLUMNS = {
    "ops_per_second": "ops/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "app_cpu_us": "app µs",
    "pg_cpu_us": "PG µs",
    "limit_per_second": "limit/s",
    "ratio": "ratio",
    "exact": "exact",
}
IN_OTHER_TABLES = {"bench", "written_rows", "written_bytes", "written", "size", "data", "load_average", *COLUMNS}


class Line(NamedTuple):
    """One line of a panel: the key it shows, its name and its colour."""

    key: str
    name: str
    colour: str


class Panel(NamedTuple):
    """One small plot: of which bench, what it shows, in which unit."""

    bench: str
    title: str
    unit: str
    lines: Sequence[Line]


RED, BLUE, INK, GREY = "#c0392b", "#2f6690", "#2b2b2b", "#8a8a8a"
CPU = (Line("app_cpu_us", "application", RED), Line("pg_cpu_us", "PostgreSQL", BLUE))
PANELS = (
    Panel("product_detail", "product detail", "µs CPU", CPU),
    Panel("product_list", "product list", "µs CPU", CPU),
    Panel("whole_order", "whole order", "µs CPU", CPU),
    Panel("hot_gift_claims", "claim of a hot gift", "µs CPU", CPU),
    Panel("ledger_postings", "ledger entry", "µs CPU", CPU),
    Panel("timers", "timer drained", "µs CPU", CPU),
    Panel("timers", "look for due timers", "ms, p50", (Line("p50_ms", "look", INK),)),
    Panel("live_updates", "notice to its reader", "ms, p50", (Line("p50_ms", "notice", INK),)),
    Panel("live_updates", "open event stream", "KB each", (Line("memory_kb_each", "server memory", INK),)),
    Panel("large_catalogue", "search in a large house", "µs CPU", (Line("search_cpu_us", "search", INK),)),
    Panel("large_catalogue", "order page in a large house", "µs CPU", (Line("order_page_cpu_us", "order page", INK),)),
    Panel("footprint", "servers and worker", "MB", (Line("memory_mb", "memory", INK),)),
)
WIDE, HIGH, LEFT, TOP, BOTTOM, RIGHT, ACROSS = 300, 190, 56, 44, 34, 26, 3
POINTS_MIN = 2


def shown(value: Any) -> str:
    """A figure as it reads best."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    if isinstance(value, int) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def results_table(results: Sequence[Row]) -> str:
    """What each bench reached beside what it must, and what else it measured."""
    rows = ([row["bench"], MUST_REACH.get(row["bench"], "–"), *(shown(row[key]) for key in COLUMNS)] for row in results)
    said = "\n".join(f"- {row['bench']}: {more}" for row in results if (more := _more(row)))
    busy = (
        f"Load average of the machine at the end of each: {', '.join(shown(row['load_average']) for row in results)}."
    )
    return "\n\n".join([table(["bench", "must reach", *COLUMNS.values()], rows), said, busy])


def _more(row: Row) -> str:
    facts = {
        key: value for key, value in row.items() if key not in IN_OTHER_TABLES and not isinstance(value, dict | list)
    }
    return ", ".join(f"{key.replace('_', ' ')} {shown(value)}" for key, value in facts.items() if value is not None)


def written_table(results: Sequence[Row]) -> str:
    """Rows and bytes of the log, an operation."""
    rows = (
        [
            row["bench"],
            shown(row["written_rows"]),
            shown(row["written_bytes"]),
            ", ".join(f"{name} {shown(count)}" for name, count in (row["written"] or {}).items()) or "–",
        ]
        for row in results
        if row["written_rows"] is not None
    )
    return table(["an operation of", "rows", "bytes of log", "by table"], rows)


def growth_section(growth: Sequence[Row]) -> str:
    """The plot, and its figures for who cannot see it."""
    PLOT.write_text(plot(growth), encoding="utf-8")
    rows = (
        [panel.title, line.name, *(f"{shown(y)} at {shown(x)}" for x, y in points), _times(points)]
        for panel, line, points in _drawn(growth)
    )
    figure = "![Cost an operation against the amount of data](images/growth.svg)"
    return f"{figure}\n\n{table(['what', 'of', 'a sixteenth', 'a quarter', 'all', 'data, cost'], rows)}"


def _drawn(growth: Sequence[Row]) -> Iterator[tuple[Panel, Line, list[tuple[float, float]]]]:
    for panel in PANELS:
        for line in panel.lines:
            points = points_of(growth, panel.bench, line.key)
            if len(points) >= POINTS_MIN:
                yield panel, line, points


def points_of(growth: Sequence[Row], bench: str, key: str) -> list[tuple[float, float]]:
    """Amount of data and cost, from little data to much."""
    found = [(row["data"], row[key]) for row in growth if row["bench"] == bench and row.get(key) is not None]
    return sorted((x, y) for x, y in found if x)


def _times(points: Sequence[tuple[float, float]]) -> str:
    (x_first, y_first), (x_last, y_last) = points[0], points[-1]
    return f"× {x_last / x_first:.3g}, × {y_last / y_first:.3g}" if y_first else "–"


def plot(growth: Sequence[Row]) -> str:
    """All panels as one picture."""
    panels = [panel for panel in PANELS if len(points_of(growth, panel.bench, panel.lines[0].key)) >= POINTS_MIN]
    down = -(-len(panels) // ACROSS)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE * ACROSS} {HIGH * down}" '
            'font-family="system-ui, sans-serif" font-size="11">'
        ),
        f'<rect width="{WIDE * ACROSS}" height="{HIGH * down}" fill="#ffffff"/>',
    ]
    for place, panel in enumerate(panels):
        x, y = place % ACROSS * WIDE, place // ACROSS * HIGH
        parts += [f'<g transform="translate({x} {y})">', *_panel(panel, growth), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, growth: Sequence[Row]) -> Iterator[str]:
    lines = [(line, points_of(growth, panel.bench, line.key)) for line in panel.lines]
    highest = max((y for _, points in lines for _, y in points), default=0) * 1.15 or 1
    across, floor = WIDE - LEFT - RIGHT, HIGH - BOTTOM
    places = {x: LEFT + 14 + (across - 28) * n / max(1, len(lines[0][1]) - 1) for n, (x, _) in enumerate(lines[0][1])}
    yield f'<text x="{LEFT}" y="18" fill="{INK}" font-size="13" font-weight="600">{panel.title}</text>'
    yield f'<text x="{LEFT}" y="33" fill="{GREY}">{panel.unit}</text>'
    for share in (0, 0.5, 1):
        height = floor - share * (floor - TOP) / 1.15
        yield f'<line x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{height:.1f}" y2="{height:.1f}" stroke="#e4e4e4"/>'
        label = shown(share * highest / 1.15)
        yield f'<text x="{LEFT - 6}" y="{height + 4:.1f}" fill="{GREY}" text-anchor="end">{label}</text>'
    for x, place in places.items():
        yield f'<text x="{place:.1f}" y="{floor + 16}" fill="{GREY}" text-anchor="middle">{shown(x)}</text>'
    for line, points in lines:
        at = [(places[x], floor - y / highest * (floor - TOP)) for x, y in points if x in places]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        yield f'<polyline points="{way}" fill="none" stroke="{line.colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.colour}"/>' for x, y in at)
    if len(lines) > 1:
        for n, (line, _) in enumerate(lines):
            x = WIDE - RIGHT - 150 + 80 * n
            yield f'<circle cx="{x}" cy="29" r="3" fill="{line.colour}"/>'
            yield f'<text x="{x + 7}" y="33" fill="{INK}">{line.name}</text>'


def put(page: str, section: str, said: str) -> str:
    """The page with what stands between this section's marks replaced."""
    begin, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    assert begin in page, f"{PAGE.name} has no mark {begin}"
    assert end in page, f"{PAGE.name} has no mark {end}"
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{said}\n{end}", page, flags=re.DOTALL)


def main(results_file: Path, growth_file: Path | None) -> None:
    """Read what was measured, write the page."""
    results = json.loads(results_file.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    page = put(put(page, "results", results_table(results)), "written", written_table(results))
    if growth_file is not None:
        page = put(page, "growth", growth_section(json.loads(growth_file.read_text(encoding="utf-8"))))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)

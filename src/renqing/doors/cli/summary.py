"""What ``renqing up`` shows when everything answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from renqing.doors.cli.plain import words
from renqing.doors.cli.terminal import console, shown
from renqing.foundation.settings import Settings


def show_summary(settings: Settings, home: Path, people: Sequence[str]) -> None:
    """Where to click, where the data are, how to end it. ``people`` are the names of some who live in the demo."""
    url = settings.public_url
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(overflow="fold")
    rows.add_row(words("cli.up.open"), _link(url))
    if settings.is_demo:
        demo = Text.assemble(_link(f"{url}/demo"), (f"  {words('cli.up.demo.words')}", "dim"))
        rows.add_row(words("cli.up.demo"), demo)
        rows.add_row("", Text(" · ".join(people) + " …"))
    rows.add_row(words("cli.up.api"), _link(f"{url}/docs"))
    if settings.sandbox_public_url:
        rows.add_row(words("cli.up.sandbox"), _link(settings.sandbox_public_url))
    rows.add_row(words("cli.up.data"), Text(shown(home)))
    rows.add_row(words("cli.up.stop"), Text(words("cli.up.stop.words")))
    console.print(
        Panel(rows, title=f"[bold]{words('cli.up.title')}[/]", title_align="left", border_style="red", padding=(1, 2))
    )


def _link(url: str) -> Text:
    return Text.assemble((url, f"bold link {url}"))

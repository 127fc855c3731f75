"""``renqing tour``: play the main stories against a running demo, and show what each saw and each account moved."""

from __future__ import annotations

from typing import Annotated

import httpx
import typer
from rich.table import Table

from renqing.doors.cli.running import noted_running
from renqing.doors.cli.terminal import console, refuse, safe_settings, step, words
from renqing.doors.cli.touring.players import Cast, TourStopped, cast_of, open_house
from renqing.doors.cli.touring.stories import STORIES, Accounts, Told, accounts_of
from renqing.foundation.money import Money

FIGURES_OFF = 1


def tour(
    stories: Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(STORIES)}. None: all.")] = None,
    url: Annotated[str, typer.Option(help="Where the house answers. Without it: the one that runs here.")] = "",
) -> None:
    """Play the main stories over HTTP against a running demo. Ends with 1 where any figure is off."""
    unknown = sorted(set(stories or ()) - set(STORIES))
    if unknown:
        refuse(words("cli.tour.unknown", names=", ".join(unknown), known=", ".join(STORIES)))
    off = 0
    try:
        with open_house(url or _here()) as http:
            cast = cast_of(http)
            for name in stories or STORIES:
                before = accounts_of(cast)
                with step(f"cli.tour.story.{name}"):
                    told = STORIES[name](cast)
                off += _show(name, told, before, accounts_of(cast))
            off += _show_check(cast)
    except TourStopped as stopped:
        refuse(str(stopped), status=FIGURES_OFF)
    except httpx.HTTPError as away:
        refuse(words("cli.tour.away", why=type(away).__name__))
    if off:
        refuse(words("cli.tour.off", n=off), status=FIGURES_OFF)
    console.print(words("cli.tour.all_right"), style="green")


def _here() -> str:
    running = noted_running(safe_settings().home_path)
    if running is None:
        refuse(words("cli.tour.nothing_runs"))
    return running.url


def _show(name: str, told: Told, before: Accounts, after: Accounts) -> int:
    """Print one story; how many figures are off."""
    saw = Table(title=words(f"cli.tour.story.{name}"), title_justify="left", show_edge=False, pad_edge=False)
    saw.add_column(words("cli.tour.who"), no_wrap=True)
    saw.add_column(words("cli.tour.saw"))
    for who, what in told.saw:
        saw.add_row(who, what)
    console.print(saw)
    moved = {account: after.get(account, 0) - before.get(account, 0) for account in {*before, *after}}
    moved = {account: amount for account, amount in moved.items() if amount}
    books = Table(show_edge=False, pad_edge=False)
    for header in ("cli.tour.account", "cli.tour.moved", "cli.tour.expected"):
        books.add_column(words(header), justify="left" if header == "cli.tour.account" else "right")
    off = 0
    for account in sorted({*moved, *told.moves}):
        is_right = moved.get(account, 0) == told.moves.get(account, 0)
        off += not is_right
        cells = [Money(amounts.get(account, 0), told.currency).text() for amounts in (moved, told.moves)]
        books.add_row(" ".join(account), *cells, style="" if is_right else "red")
    if books.row_count:
        console.print(books)
    else:
        console.print(words("cli.tour.nothing_moved"), style="dim")
    console.print()
    return off


def _show_check(cast: Cast) -> int:
    """Re-derive every total; how many invariants do not hold."""
    found = cast.operator.do("/v1/operator/checks")["findings"]
    broken = [one["id"] for one in found if not one["holds"]]
    console.print(words("cli.tour.check", n=len(found), broken=", ".join(broken) or "–"))
    return len(broken)

"""What the tour prints: for each story what every party saw and what every account moved."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from renqing.doors.cli.plain import words
from renqing.doors.cli.terminal import console
from renqing.doors.cli.touring.books import ACCOUNTS, Movement
from renqing.doors.cli.touring.stage import Told
from renqing.foundation.money import Money

_NOTHING = Movement(0, 0)


def show(n: int, told: Told) -> None:
    """One story."""
    console.print()
    heading = Text.assemble((f" {n} ", "bold reverse"), " ", (words(f"tour.story.{told.name}"), "bold"))
    console.print(heading)
    console.print(_sights(told))
    console.print(_moved(told))


def _sights(told: Told) -> Table:
    table = Table(show_edge=False, pad_edge=False, expand=True)
    table.add_column(words("tour.who"), no_wrap=True, style="bold")
    table.add_column(words("tour.saw"), ratio=1, overflow="fold")
    table.add_column("", no_wrap=True, justify="right")
    for sight in told.sights:
        table.add_row(sight.who, Text(sight.saw), mark(right=sight.right))
    return table


def _moved(told: Told) -> Table:
    table = Table(show_edge=False, pad_edge=False, expand=True)
    table.add_column(words("tour.account"), ratio=1)
    for heading in ("came", "went", "net", "should"):
        table.add_column(words(f"tour.{heading}"), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, justify="right")
    names = [*ACCOUNTS, *sorted(told.moved.by_account.keys() - set(ACCOUNTS))]
    for name in names:
        moved, should = told.moved.by_account.get(name), told.should.get(name)
        if moved == should == _NOTHING and name != "recipient":
            continue
        known = moved or _NOTHING
        table.add_row(
            words(f"tour.account.{name}") if name in ACCOUNTS else name,
            _money(known.came, told),
            _money(-known.went, told),
            _money(known.net, told),
            "" if should is None else _money(should.net, told),
            mark(right=moved == should),
        )
    if not told.moved.sums_to_zero:
        table.add_row(words("tour.no_zero"), "", "", "", "", mark(right=False))
    return table


def _money(amount: int, told: Told) -> Text:
    style = "dim" if amount == 0 else "red" if amount < 0 else "green"
    return Text(Money(amount, told.currency).text(), style=style)


def mark(*, right: bool) -> Text:
    """Whether it is as it should be."""
    return Text("✓", style="green") if right else Text("✗", style="bold red")

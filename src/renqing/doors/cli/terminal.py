"""Words on the terminal, in the language of the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from renqing.doors.cli.plain import CANNOT_START, settings_or_end, words
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.settings import Settings


class Terminal(Console):
    """A console that may outlive whoever reads it: where it ``goes_on``, what cannot be said any more ends nothing."""

    goes_on = False

    def on_broken_pipe(self) -> None:
        if not self.goes_on:
            super().on_broken_pipe()
        self.quiet = True
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self.file.fileno())

    def print(self, *said: Any, **how: Any) -> None:
        try:
            super().print(*said, **how)
        except OSError:  # the disk of its log is full
            if not self.goes_on:
                raise
            del self._buffer[:]


console = Terminal(highlight=False, soft_wrap=True)
error_console = Terminal(highlight=False, soft_wrap=True, stderr=True)


def shown(path: Path) -> str:
    """A path as it is shortest to read: from where the terminal stands, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def refuse(message: str, *, status: int = CANNOT_START) -> NoReturn:
    """Say why not, and end."""
    error_console.print(message, style="red", markup=False)
    raise typer.Exit(status)


def safe_settings() -> Settings:
    """The settings of this run; ends it with every fault named where they are malformed or unsafe."""
    return settings_or_end(refuse)


@contextmanager
def step(key: str, **facts: Any) -> Iterator[Callable[[str], None]]:
    """One step of a start: said when it is done, with the time that it took. What it yields tells how far it is."""
    began = monotonic_seconds()
    label = words(key, **facts)
    with console.status(label) as status:
        yield lambda how_far: status.update(f"{label} [dim]{escape(how_far)}[/]")
    console.print(f"[green]✓[/] {label} [dim]{monotonic_seconds() - began:.1f} s[/]")

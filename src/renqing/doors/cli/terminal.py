"""Words on the terminal, in the language of the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from renqing.doors.cli.plain import CANNOT_START, settings_or_end
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.settings import Settings
from renqing.foundation.text import Language
from renqing.foundation.text import say as catalogue_say

console = Console(highlight=False, soft_wrap=True)
error_console = Console(highlight=False, soft_wrap=True, stderr=True)


def terminal_language(environment: Mapping[str, str]) -> Language:
    """Chinese where the terminal is Chinese, else English."""
    named = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "zh" if named.lower().startswith("zh") else "en"


def words(key: str, **facts: Any) -> str:
    """The catalogue's words in the terminal's language."""
    return catalogue_say(key, terminal_language(os.environ), **facts)


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

"""What a process that nobody watches needs of a terminal: no colours, nor the megabytes that they cost it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from renqing.foundation.settings import Settings, UnsafeSettings, check_safe, read_settings

CANNOT_START = 2


def end(message: str) -> NoReturn:
    """Say why not, and end."""
    sys.stderr.write(f"{message}\n")
    raise typer.Exit(CANNOT_START)


def settings_or_end(end: Callable[[str], NoReturn] = end) -> Settings:
    """The settings of this run; ends it with every fault named where they are malformed or unsafe."""
    try:
        settings = read_settings()
        check_safe(settings)
    except UnsafeSettings as unsafe:
        end(str(unsafe))
    return settings

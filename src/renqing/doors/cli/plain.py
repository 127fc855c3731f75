"""What a process that nobody watches needs of a terminal: no colours, nor the megabytes that they cost it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from renqing.foundation.secrets import Keys, read_keys
from renqing.foundation.settings import Settings, UnsafeSettings, check_safe, read_settings
from renqing.foundation.text import Language
from renqing.foundation.text import say as catalogue_say

CANNOT_START = 2


def end(message: str) -> NoReturn:
    """Say why not, and end."""
    sys.stderr.write(f"{message}\n")
    raise SystemExit(CANNOT_START)


def terminal_language(environment: Mapping[str, str]) -> Language:
    """Chinese where the terminal is Chinese, else English."""
    named = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "zh" if named.lower().startswith("zh") else "en"


def words(key: str, **facts: Any) -> str:
    """The catalogue's words in the terminal's language."""
    return catalogue_say(key, terminal_language(os.environ), **facts)


def ending(status: int) -> str:
    """How a process ended, by its exit status: the signal's name where one ended it."""
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def settings_or_end(end: Callable[[str], NoReturn] = end) -> Settings:
    """The settings of this run; ends it with every fault named where they are malformed or unsafe."""
    try:
        settings = read_settings()
        check_safe(settings)
    except UnsafeSettings as unsafe:
        end(str(unsafe))
    return settings


def keys_file(settings: Settings) -> Path:
    """Where the keys of this installation are."""
    return Path(settings.keys_file).expanduser() if settings.keys_file else settings.home_path / "keys"


def keys_or_end(settings: Settings, end: Callable[[str], NoReturn] = end) -> Keys:
    """The keys of this installation; ends the run where they are missing or malformed."""
    file = keys_file(settings)
    try:
        return read_keys(file)
    except FileNotFoundError:
        end(words("cli.up.keys_missing", file=file))
    except ValueError as wrong:
        end(words("cli.up.keys_wrong", why=wrong))

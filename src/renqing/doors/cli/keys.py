"""``renqing keys``: make the keys that seal personal fields, or add a newer one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from renqing.doors.cli.plain import words
from renqing.doors.cli.terminal import console, refuse
from renqing.foundation.secrets import Keys, fresh_keys, read_keys, write_keys


def keys(
    file: Annotated[Path, typer.Argument(help="The key file; name it in RENQING_KEYS_FILE.")],
    *,
    add: Annotated[bool, typer.Option("--add", help="Add a newer sealing key to an existing file.")] = False,
) -> None:
    """Make a key file. Keep it outside the database and its backups; without it sealed fields never open."""
    if add:
        number = add_a_key(file)
        console.print(words("cli.keys.added", n=number, file=file), markup=False)
        return
    if file.exists():
        refuse(words("cli.keys.exists", file=file))
    write_keys(fresh_keys(), file)
    console.print(words("cli.keys.made", file=file), markup=False)


def add_a_key(file: Path) -> int:
    """Add a sealing key above those that are there; the file is replaced whole or not at all."""
    try:
        old = read_keys(file)
    except (OSError, ValueError) as wrong:
        refuse(words("cli.up.keys_wrong", why=wrong))
    number = max(old.sealing) + 1
    half = file.with_name(f".{file.name}.new")
    write_keys(Keys({**old.sealing, number: fresh_keys().sealing[1]}, old.hashing), half)
    half.replace(file)
    return number

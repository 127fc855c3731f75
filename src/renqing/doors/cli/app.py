"""Every command of ``renqing``, one line a command.

A command's file is loaded when the command is called: a server process does not carry the migrations' machinery,
and starts in half the time.
"""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

from renqing.doors.cli.roof import Roof

# The command, and the file of this folder that holds a function (or a Typer of subcommands) of the same name.
COMMANDS = {
    "up": "up",
    "import": "import_",
    "check": "check",
    "tour": "tour",
    "bench": "bench",
    "reload": "reload",
    "backup": "backup",
    "restore": "restore",
    "storm": "storm",
    "forget": "forget",
    "migrate": "migrate",
    "keys": "keys",
    "serve": "serve",
    "worker": "worker",
    "sandbox": "sandbox",
}


class _ByName(TyperGroup):
    """Finds a command in ``COMMANDS``."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Click's shape
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Click's shape
        if cmd_name not in COMMANDS:
            return None
        file = COMMANDS[cmd_name]
        found = getattr(importlib.import_module(f"renqing.doors.cli.{file}"), file)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
            alone.command(cmd_name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="renqing", cls=_ByName, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)


@app.callback()
def _renqing() -> None:
    """Renqing 人情: people give each other goods, and every fen can be traced."""


def main(roof: Roof) -> None:
    """Run the command line with what the roof plugs in."""
    app(obj=roof, prog_name="renqing")

"""``python -m renqing`` and ``renqing``: a process of the house, or the command line."""

from __future__ import annotations

import faulthandler
import importlib
import os
import sys

from renqing.doors.cli.lifeline import hold_lifeline
from renqing.doors.cli.processes import process_of


def main() -> None:
    """Run what the arguments name."""
    faulthandler.enable()  # what crashes in a library's own code says where
    hold_lifeline(os.environ)  # first of all: what is still loading must end with its supervisor too
    process = process_of(sys.argv[1:])
    if process is None:
        importlib.import_module("renqing.command_line").main()
    else:
        process()


if __name__ == "__main__":
    main()

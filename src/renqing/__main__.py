"""``python -m renqing`` and ``renqing``: the command line, with the providers that only the roof may name."""

from __future__ import annotations

from renqing.doors.cli import app
from renqing.doors.cli.roof import Roof
from renqing.providers.postgres import EmbeddedPostgres


def main() -> None:
    """Run the command line."""
    app.main(Roof(postgres=EmbeddedPostgres))


if __name__ == "__main__":
    main()

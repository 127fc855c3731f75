"""A step of the schema is plain SQL: what a reader sees is what PostgreSQL gets."""

from __future__ import annotations

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only


def run_sql(file: Path) -> None:
    """Run a whole SQL file, functions and all, inside the step's transaction."""
    op.execute("SELECT 1")  # the dialect opens its transaction with its first statement; ours must be within it
    connection = op.get_bind().connection.driver_connection
    assert connection is not None, "Alembic runs on a live connection"
    await_only(connection.execute(file.read_text(encoding="utf-8")))

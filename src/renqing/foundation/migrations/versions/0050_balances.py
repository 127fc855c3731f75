"""Money that could not go back the way it came: whose it is, and how it is tried to be given back."""

from __future__ import annotations

from pathlib import Path

from renqing.foundation.migrations.run_sql import run_sql

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(Path(__file__).with_suffix(".sql"))

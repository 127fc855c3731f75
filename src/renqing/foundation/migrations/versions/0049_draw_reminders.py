"""Reminders of draws: when a winner who has not claimed is next reminded."""

from __future__ import annotations

from pathlib import Path

from renqing.foundation.migrations.run_sql import run_sql

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(Path(__file__).with_suffix(".sql"))

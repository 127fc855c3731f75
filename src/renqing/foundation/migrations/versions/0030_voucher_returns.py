"""Vouchers that nobody claims in time return to their giver, where their terms say so."""

from __future__ import annotations

from pathlib import Path

from renqing.foundation.migrations.run_sql import run_sql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(Path(__file__).with_suffix(".sql"))

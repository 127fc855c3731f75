"""Vouchers as goods: what they promise, where they are good, the codes that people hold, and each use of one."""

from __future__ import annotations

from pathlib import Path

from renqing.foundation.migrations.run_sql import run_sql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(Path(__file__).with_suffix(".sql"))

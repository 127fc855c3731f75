"""Lucky packs: vouchers dealt in an order that chance fixed before."""

from __future__ import annotations

from pathlib import Path

from renqing.foundation.migrations.run_sql import run_sql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(Path(__file__).with_suffix(".sql"))

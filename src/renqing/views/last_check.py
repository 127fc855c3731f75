"""What the last check of the house found, for the operator's desk."""

from __future__ import annotations

from renqing.foundation import checks
from renqing.foundation.checks import CheckRun
from renqing.foundation.ground import Ground
from renqing.views.operator_staff import check_operator


async def last_check(ground: Ground, reader_id: int) -> CheckRun | None:
    """The latest outcome, None where the house was never checked. Raises NotFound for others than operators."""
    await check_operator(ground, reader_id)
    return await checks.last(ground.db)

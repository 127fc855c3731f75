"""When a surprise is over. Pure."""

from __future__ import annotations

from renqing.foundation.errors import FieldNotValid
from renqing.social.surprises.model import UNTILS, Standing, Until


def is_hidden(standing: Standing) -> bool:
    """Whether the contents are hidden from this person."""
    if standing.is_revealed or standing.is_received:
        return False
    return not (standing.until == "delivered" and standing.is_delivered)


def check_until(said: str) -> Until:
    """Raises FieldNotValid for no such moment."""
    until = next((one for one in UNTILS if one == said), None)
    if until is None:
        raise FieldNotValid(field="surprise", reason="unknown")
    return until

"""What a rule says, as one value that a table of cases can hold: its answer, or what it refuses with every fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from renqing.foundation.errors import FieldNotValid, Refusal


def verdict(rule: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """The rule's answer, or the kind of its refusal and the facts that people and programs are told."""
    try:
        return rule(*given, **named)
    except Refusal as refusal:
        return type(refusal), refusal.facts


def fault(field: str, reason: str, **limits: Any) -> Any:
    """The verdict on one field that is wrong."""
    return FieldNotValid, {"field": field, "reason": reason, **limits}

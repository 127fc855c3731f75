"""What can stop a journey, as named facts. No HTTP in here: the doors map kinds to statuses in one table.

Each failure carries a stable ``code`` (part of the API), typed facts for programs, and a sentence for
people that the text catalogue holds in every language under ``error.<code>``.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """Something the house will not do. Nothing has changed."""

    code: ClassVar[str] = "refused"

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.code)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.facts.items())})"


class NotFound(Refusal):
    """There is no such thing, or the asker may not know that there is."""

    code = "not_found"


class NotAllowed(Refusal):
    """The asker is known and may not do this."""

    code = "not_allowed"


class NotNow(Refusal):
    """The state of things forbids it; a lost race too."""

    code = "not_now"


class NotValid(Refusal):
    """What was asked is malformed or outside its limits."""

    code = "not_valid"


class NotSure(Refusal):
    """The outside world did not answer: neither success nor failure.

    Only a query, a callback or a named person ends it.
    """

    code = "not_sure"


class TooMany(Refusal):
    """A limit was reached. ``retry_after_seconds`` says when to come back."""

    code = "too_many"


class NotSignedIn(NotAllowed):
    """Nobody is signed in, or the sign-in has ended."""

    code = "not_signed_in"


class FieldNotValid(NotValid):
    """One field is wrong. Facts: ``field``, ``reason`` and the limits that apply."""

    code = "field_not_valid"

"""What keeps an installation from starting."""

from __future__ import annotations


class CannotStart(Exception):
    """Something that a start needs is not there. The message is for the operator: what, and what to do."""

"""A link as a QR code, to look at and to print. Its library has 4 MB of tables, loaded with the first code."""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

_INK = "#2A2320"


def qr_svg(link: str) -> str:
    """A code that scales."""
    drawn = io.BytesIO()
    _made(link).save(drawn, kind="svg", border=0, xmldecl=False, omitsize=True, dark=_INK)
    return drawn.getvalue().decode()


def qr_rows(link: str, *, mask: int) -> list[bytes]:
    """Its rows, a byte a module: 1 is dark."""
    return [bytes(row) for row in _made(link, mask=mask).matrix]


def _made(link: str, **how: Any) -> Any:
    return import_module("segno").make(link, error="m", **how)

"""What a claim's form says of something else, one thing or several by how many, and of other styles in a set."""

from __future__ import annotations

from renqing.doors.web.shell import Form
from renqing.foundation.ids import parse_id
from renqing.trade.choices import PIECES_MAX

ONE, EACH = "instead", "instead-"
STYLE = "style-"  # and the style that was given


def instead_in(form: Form) -> tuple[tuple[int, int], ...]:
    """The pieces (style, how many) that were chosen; none where it stays what was given.

    What is no number of pieces is asked for as one too many, so that the claim refuses it and moves nothing.
    """
    one = parse_id(form.get(ONE, ""))
    found = [] if one is None else [(one, 1)]
    for name, value in form.items():
        sku = parse_id(name.removeprefix(EACH)) if name.startswith(EACH) else None
        if sku is not None and value.strip() not in ("", "0"):
            found.append(
                (sku, int(value) if value.isascii() and value.isdigit() and len(value) < 4 else PIECES_MAX + 1)
            )
    return tuple(sorted(found))


def styles_in(form: Form) -> tuple[tuple[int, int], ...]:
    """The things of a set that were chosen in another style, as (the one given, the one instead)."""
    said = ((parse_id(name.removeprefix(STYLE)), parse_id(one)) for name, one in form.items() if name.startswith(STYLE))
    return tuple(sorted((given, one) for given, one in said if given is not None and one is not None and given != one))

"""Characters as a reader counts them: a family of four, a flag or a letter with its accent is one.

Unicode's extended grapheme clusters (UAX 29), by the general categories that Python knows; browsers count the same with
``Intl.Segmenter``. Scripts whose clusters depend on a table that is not here (conjuncts of Indic scripts) may count one
more than the reader does, never fewer.
"""

from __future__ import annotations

import unicodedata

MARKS_MAX = 8  # signs of a character beyond this many each are counted: stacks of accents are no way around a limit
_JOINER = "\u200d"
_FLAG = range(0x1F1E6, 0x1F200)
_SKIN = range(0x1F3FB, 0x1F400)
_TAG = range(0xE0020, 0xE0080)
_L, _V, _T = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)


def count_characters(text: str) -> int:
    """How many characters a reader sees."""
    count, former, flags, signs = 0, "", 0, 0
    for sign in text:
        flags = flags + 1 if ord(sign) in _FLAG else 0
        joins = bool(former) and signs < MARKS_MAX and _belongs(former, sign, flags)
        signs = signs + 1 if joins else 0
        count += not joins
        former = sign
    return count


def _belongs(former: str, sign: str, flags: int) -> bool:
    """Whether a sign is part of the character before it."""
    code = ord(sign)
    if sign == _JOINER or code in _SKIN or code in _TAG or unicodedata.category(sign) in {"Mn", "Me", "Mc"}:
        return former not in "\r\n"
    if former == _JOINER:
        return unicodedata.category(sign) in {"So", "Sm"}
    if code in _FLAG:
        return flags % 2 == 0
    if (former, sign) == ("\r", "\n"):
        return True
    before = ord(former)
    if before in _L:
        return code in _L or code in _V
    return (before in _V and (code in _V or code in _T)) or (before in _T and code in _T)

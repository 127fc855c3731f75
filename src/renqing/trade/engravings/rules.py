"""What may be engraved. Pure."""

from __future__ import annotations

import unicodedata
from typing import assert_never

from renqing.foundation.characters import count_characters
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import line
from renqing.trade.engravings.model import CHARACTERS_MAX, SCRIPTS, Engraving, Terms

_SIGNS_MAX = 16  # of one character as its reader counts
_BETWEEN = frozenset(" ·.,，。、-–—'’&+!！?？♥")  # what stands between words of either script


def check_terms(terms: Terms) -> Terms:
    """Raises FieldNotValid for so many characters as no product takes, or a script that is none."""
    if not 0 <= terms.characters_max <= CHARACTERS_MAX:
        raise FieldNotValid(field="characters_max", reason="out_of_range", min=0, max=CHARACTERS_MAX)
    if terms.script not in SCRIPTS:
        raise FieldNotValid(field="script", reason="unknown")
    return terms


def check_words(words: str, terms: Terms) -> str:
    """Words as they are engraved. Raises FieldNotValid."""
    if not terms.characters_max:
        raise FieldNotValid(field="custom_word", reason="not_taken")
    bare = line(words, field="custom_word", least=0, most=CHARACTERS_MAX * _SIGNS_MAX)
    if not bare:
        raise FieldNotValid(field="custom_word", reason="missing")
    if count_characters(bare) > terms.characters_max:
        raise FieldNotValid(field="custom_word", reason="too_long", max=terms.characters_max)
    if terms.script == "han" and not all(_is_of(sign, "CJK ") for sign in bare):
        raise FieldNotValid(field="custom_word", reason="script_han")
    if terms.script == "latin" and not all(_is_of(sign, "LATIN ") for sign in bare):
        raise FieldNotValid(field="custom_word", reason="script_latin")
    return bare


def _is_of(sign: str, script: str) -> bool:
    """Whether a sign may stand in words of a script, by how Unicode calls its letters."""
    between = sign in _BETWEEN or sign.isdecimal() or unicodedata.combining(sign) != 0
    return between or unicodedata.name(sign, "").startswith(script)


def check_asked(asked: Engraving, terms: Terms) -> Engraving:
    """What was chosen, as it is kept. Raises FieldNotValid for what the product does not take."""
    match asked.kind:
        case "words":
            return Engraving("words", check_words(asked.words, terms))
        case "picture":
            if not terms.takes_pictures:
                raise FieldNotValid(field="custom_img", reason="not_taken")
            if asked.picture_id is None:
                raise FieldNotValid(field="custom_img", reason="missing")
            return Engraving("picture", picture_id=asked.picture_id)
        case "left":
            if not terms.characters_max:
                raise FieldNotValid(field="custom_word", reason="not_taken")
            return Engraving("left")
        case never:
            assert_never(never)

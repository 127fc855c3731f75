"""What may stand on a card of paper, and what of it is judged."""

from __future__ import annotations

import pytest

from renqing.foundation.errors import FieldNotValid
from renqing.social.greeting_cards import GreetingCard, rules
from renqing.social.greeting_cards.model import MESSAGE_CHARACTERS_MAX, NAME_CHARACTERS_MAX

FAMILY = "👨‍👩‍👧‍👦"  # one character to who reads it, seven to a computer


def test_a_card_is_kept_as_it_is_read():
    said = GreetingCard("  亲爱的   波 ", " 安 ", "  生日快乐，\n天天开心  ")
    assert rules.check_card(said) == GreetingCard("亲爱的 波", "安", "生日快乐，\n天天开心")
    assert rules.check_card(GreetingCard("", "", "!")) == GreetingCard("", "", "!"), "names may be left out"


@pytest.mark.parametrize("sign", ["春", FAMILY])
def test_it_takes_so_many_characters_as_its_reader_counts_and_not_one_more(sign: str):
    full = GreetingCard(sign * NAME_CHARACTERS_MAX, sign * NAME_CHARACTERS_MAX, sign * MESSAGE_CHARACTERS_MAX)
    assert rules.check_card(full) == full
    for field, most in (
        ("receiver_name", NAME_CHARACTERS_MAX),
        ("giver_name", NAME_CHARACTERS_MAX),
        ("greeting_message", MESSAGE_CHARACTERS_MAX),
    ):
        with pytest.raises(FieldNotValid) as why:
            rules.check_card(with_said(field, sign * (most + 1)))
        assert why.value.facts == {"field": field, "reason": "too_long", "max": most}


@pytest.mark.parametrize("message", ["", "  ", "\n\n"])
def test_a_card_without_a_message_is_none(message: str):
    with pytest.raises(FieldNotValid) as why:
        rules.check_card(GreetingCard("波", "安", message))
    assert why.value.facts == {"field": "greeting_message", "reason": "missing"}


@pytest.mark.parametrize("field", ["receiver_name", "giver_name", "greeting_message"])
def test_what_cannot_be_written_by_hand_is_refused_by_its_field(field: str):
    with pytest.raises(FieldNotValid) as why:
        rules.check_card(with_said(field, "a\x07b"))
    assert why.value.facts == {"field": field, "reason": "characters"}


def test_a_name_that_no_hand_could_write_is_refused_before_it_is_counted():
    with pytest.raises(FieldNotValid) as why:
        rules.check_card(with_said("giver_name", "a" * (NAME_CHARACTERS_MAX * 16 + 1)))
    assert why.value.facts == {"field": "giver_name", "reason": "length", "min": 0, "max": NAME_CHARACTERS_MAX * 16}


def test_all_that_it_says_is_judged_line_by_line():
    assert rules.words_of(GreetingCard("波", "安", "快乐")) == "波\n快乐\n安"
    assert rules.words_of(GreetingCard("", "", "快乐")) == "快乐"


def with_said(field: str, said: str) -> GreetingCard:
    known = {"receiver_name": "波", "giver_name": "安", "greeting_message": "快乐", field: said}
    return GreetingCard(known["receiver_name"], known["giver_name"], known["greeting_message"])

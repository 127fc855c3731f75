"""The presets of the gift policy: what each says, what a choice comes to, and that the docs say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicy, GiftPolicyChanges
from renqing.foundation.settings import Policy
from renqing.foundation.text import LANGUAGES, say
from renqing.social.gifts import HOUSE, PRESETS, Choice, chosen, may_not, policy_of_choice, presets_table

DOCS = Path(__file__).parents[2] / "docs" / "decisions" / "gift-presets.md"


def of_house(**said: Any) -> GiftPolicy:
    """The house's rules of gifts, and what is otherwise."""
    return GiftPolicy(**{name: getattr(Policy(), name) for name in GiftPolicy.__struct_fields__} | said)


def test_the_table_in_the_docs_is_the_one_of_the_code():
    table = presets_table(Policy())
    assert table in DOCS.read_text(encoding="utf-8"), f"docs/decisions/gift-presets.md should hold:\n{table}"


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_a_policy_and_has_a_name(name: str):
    assert policy_of_choice(Policy(), Choice(name)) == msgspec.convert(
        msgspec.to_builtins(of_house()) | dict(PRESETS[name]), GiftPolicy
    )
    assert all(say(f"policy.preset.{name}", language) for language in LANGUAGES)


def test_every_rule_can_be_changed_and_has_its_words():
    assert GiftPolicyChanges.__struct_fields__ == GiftPolicy.__struct_fields__
    assert all(say(f"policy.{field}", language) for field in GiftPolicy.__struct_fields__ for language in LANGUAGES)


def test_the_house_is_what_its_settings_say():
    house = Policy(gift_withdraw="never", gift_open_for_hours=48)
    assert policy_of_choice(house, Choice(HOUSE)) == of_house(gift_withdraw="never", gift_open_for_hours=48)
    assert policy_of_choice(house, Choice("meituan")).gift_withdraw == "never"


def test_a_shops_choice_comes_before_the_platforms_and_that_before_the_house():
    wechat, goody = Choice("wechat"), Choice("goody")
    assert chosen(Policy(), wechat, goody).gift_open_for_hours == 720
    assert chosen(Policy(), wechat, None).gift_withdraw == "never"
    assert chosen(Policy(), None, None) == of_house()


def test_a_mix_is_the_preset_with_what_is_said_otherwise():
    mixed = policy_of_choice(Policy(), Choice("wechat", GiftPolicyChanges(gift_withdraw="until_claimed")))
    assert (mixed.gift_withdraw, mixed.gift_open_for_hours_max) == ("until_claimed", 24)


@pytest.mark.parametrize(
    "choice", [Choice("myspace"), Choice("wechat", GiftPolicyChanges(gift_open_for_hours=48))], ids=["name", "hours"]
)
def test_what_is_unknown_or_disagrees_is_refused(choice: Choice):
    with pytest.raises(FieldNotValid):
        policy_of_choice(Policy(), choice)


def test_a_choice_that_later_settings_disagree_with_keeps_to_the_bounds():
    said = chosen(Policy(), None, Choice(HOUSE, GiftPolicyChanges(gift_open_for_hours=2, gift_open_for_hours_min=6)))
    assert said.gift_open_for_hours == 6
    assert chosen(Policy(), None, Choice("a preset of later")) == of_house()


def test_a_policy_heeds_the_marks_that_it_names():
    said = [
        [may_not(GiftPolicy(gift_excludes=excludes), mark) for mark in ("jewellery", "education", None)]
        for excludes in ("marked", "jewellery", "education", "nothing")
    ]
    assert said == [
        ["jewellery", "education", None],
        ["jewellery", None, None],
        [None, "education", None],
        [None, None, None],
    ]

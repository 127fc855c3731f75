"""Until when a surprise is one."""

from __future__ import annotations

import pytest
from verdicts import fault, verdict

from renqing.social.surprises import rules
from renqing.social.surprises.model import UNTILS, Standing, Until


@pytest.mark.parametrize(
    ("until", "revealed", "received", "delivered", "hidden"),
    [
        ("opened", False, False, False, True),
        ("opened", False, False, True, True),
        ("opened", True, False, False, False),
        ("opened", False, True, False, False),
        ("delivered", False, False, False, True),
        ("delivered", False, False, True, False),
        ("delivered", True, False, False, False),
        ("delivered", False, True, False, False),
    ],
)
def test_it_is_hidden_until_it_is_opened_or_there(
    until: Until, *, revealed: bool, received: bool, delivered: bool, hidden: bool
):
    assert rules.is_hidden(Standing(until, revealed, received, delivered)) is hidden


def test_it_waits_for_one_of_two_moments():
    assert [verdict(rules.check_until, until) for until in UNTILS] == list(UNTILS) == ["delivered", "opened"]
    for said in ("", "Opened", "never"):
        assert verdict(rules.check_until, said) == fault("surprise", "unknown")

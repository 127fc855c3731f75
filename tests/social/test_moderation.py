"""Which words are found, and what may be decided once."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from verdicts import fault, verdict

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.social import moderation
from renqing.social.moderation import HeldPiece, PieceDecidedAlready, PieceUnknown, rules
from renqing.social.moderation.model import MOVES

NOW = datetime(2026, 11, 27, tzinfo=UTC)
HELD = HeldPiece(1, 2, 3, "greeting", "words", None, "word", "held", "", NOW, None, None)


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("今天天气好", ["代开发票"], None),
        ("可代开发票", ["代开发票"], "代开发票"),
        ("代 开-发…票", ["代开发票"], "代开发票"),
        ("加Ｖ信ＡＢＣ", ["abc"], "abc"),
        ("加V信 ＡＢＣ。", ["abc"], "abc"),
        ("I live in Scunthorpe", ["thor"], None),
        ("Thor is here", ["thor"], "thor"),
        ("free  MONEY now", ["free money"], "free money"),
        ("money is free", ["free money"], "free money"),
        ("freemoney", ["free money"], None),
        ("加微信vx123", ["vx123"], "vx123"),
        ("", ["x"], None),
        ("anything", [], None),
    ],
)
def test_a_word_is_found_however_it_is_spelt_and_no_word_inside_another(text: str, words: list[str], found: str | None):
    assert rules.first_found(text, words) == found


@pytest.mark.parametrize(("word", "kept"), [("  代开  ", "代开"), ("Free\nMoney", "free money"), ("ＡＢ", "ab")])
def test_a_word_is_kept_as_it_is_looked_for(word: str, kept: str):
    assert rules.check_word(word) == kept


@pytest.mark.parametrize("word", ["", "  ", "…!", "长" * 41])
def test_what_is_no_word_is_not_kept(word: str):
    assert verdict(rules.check_word, word) == fault("word", "length", min=1, max=40)
    assert rules.check_word("长" * 40) == "长" * 40


def test_a_refusal_says_why_and_an_approval_need_not():
    assert rules.judge_decision(HELD, "approved", "") == ""
    assert rules.judge_decision(HELD, "refused", " 有 广告 ") == "有 广告"
    for reason in ("", "  ", "长" * 201):
        wrong = fault("reason", "length", min=1, max=200)
        assert verdict(rules.judge_decision, HELD, "refused", reason) == wrong
    assert verdict(rules.judge_decision, HELD, "approved", "长" * 201) == fault("reason", "length", min=0, max=200)
    assert rules.judge_decision(HELD, "refused", "长" * 200) == "长" * 200
    assert rules.judge_decision(HELD, "refused", "坏") == "坏"


def test_a_piece_is_decided_once():
    assert {state for state, ways in MOVES.items() if not ways} == {"approved", "refused"}
    for state in ("approved", "refused"):
        decided = msgspec.structs.replace(HELD, state=state)  # type: ignore[arg-type]
        answer = verdict(rules.judge_decision, decided, "approved", "")
        assert answer == (PieceDecidedAlready, {"state": state})


# keeping --------------------------------------------------------------------------------------------------------------
async def test_the_list_takes_so_many_words_and_nobody_decides_what_is_not_there(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("renqing.social.moderation.actions.WORDS_MAX", 1)
    assert await ground.db.run(lambda tx: moderation.add_word(tx, "代开")) == "代开"
    assert await ground.db.run(lambda tx: moderation.add_word(tx, "代开")) == "代开", "it is there already"
    with pytest.raises(FieldNotValid) as full:
        await ground.db.run(lambda tx: moderation.add_word(tx, "发票"))
    assert (full.value.facts["reason"], full.value.facts["max"]) == ("count", 1)
    with pytest.raises(PieceUnknown):
        await ground.db.run(lambda tx: moderation.decide(tx, 1, "approved", ""))

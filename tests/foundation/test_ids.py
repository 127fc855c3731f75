from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renqing.foundation import ids
from renqing.foundation.ids import EPOCH_MILLISECONDS, ID_MAX, NODES_MAX, NodeIds, SeededIds, parse_id


@given(st.lists(st.integers(-500, 500), min_size=1, max_size=300), st.integers(0, NODES_MAX - 1))
def test_ids_only_grow_whatever_the_machines_clock_does(steps: list[int], node: int):
    now = EPOCH_MILLISECONDS + 60_000_000_000
    made = []
    maker = NodeIds(node)
    with pytest.MonkeyPatch.context() as patch:
        for step in steps:
            now += step
            patch.setattr(ids, "machine_milliseconds", lambda now=now: now)
            made.append(maker.new())
    assert made == sorted(set(made))
    assert all(0 < one <= ID_MAX for one in made)


def test_more_ids_than_a_millisecond_holds_run_on_into_the_next(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ids, "machine_milliseconds", lambda: EPOCH_MILLISECONDS + 1_000)
    maker = NodeIds(7)
    made = [maker.new() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert (made[-1] >> 22) - (made[0] >> 22) == 2


def test_two_nodes_never_make_the_same_id(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ids, "machine_milliseconds", lambda: EPOCH_MILLISECONDS + 1_000)
    one, other = NodeIds(3), NodeIds(4)
    assert not {one.new() for _ in range(9_000)} & {other.new() for _ in range(9_000)}


def test_there_is_no_node_outside_its_ten_bits():
    for node in (-1, NODES_MAX):
        with pytest.raises(AssertionError):
            NodeIds(node)


def test_an_id_fits_63_bits_until_2094(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ids, "machine_milliseconds", lambda: EPOCH_MILLISECONDS + (1 << 41) - 1)
    assert NodeIds(NODES_MAX - 1).new() <= ID_MAX


def test_a_token_has_192_random_bits_and_is_safe_in_a_link():
    maker = NodeIds(0)
    tokens = {maker.token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", token) for token in tokens)


def test_a_code_has_six_digits_and_they_vary():
    maker = NodeIds(0)
    codes = {maker.code() for _ in range(500)}
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)
    assert len(codes) > 400


def test_a_seed_replays_exactly():
    one, other = SeededIds(5), SeededIds(5)
    assert [one.new(), one.token(), one.code()] == [other.new(), other.token(), other.code()]


@given(st.integers(1, ID_MAX))
def test_an_id_survives_being_spelled(number: int):
    assert parse_id(str(number)) == number


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "+1", "1.0", " 1", "1 ", "１２", "1_000", "abc", str(ID_MAX + 1), "9" * 20]
)
def test_what_spells_no_id_is_none(text: str):
    assert parse_id(text) is None

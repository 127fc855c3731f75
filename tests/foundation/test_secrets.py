from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path

import pytest
from conftest import TEST_KEYS
from hypothesis import given
from hypothesis import strategies as st

from renqing.foundation.secrets import Keys, SealBroken, fresh_keys, keyed_mac, read_keys, write_keys


@given(st.text(max_size=300), st.integers(1, 2**63 - 1))
def test_what_was_sealed_opens_in_its_place_alone(plain: str, row: int):
    sealed = TEST_KEYS.seal(plain, place="people_address.sealed", row=row)
    assert TEST_KEYS.open(sealed, place="people_address.sealed", row=row) == plain
    for place, other_row in (("people_address.sealed", row + 1), ("order_order.address_sealed", row)):
        with pytest.raises(SealBroken):
            TEST_KEYS.open(sealed, place=place, row=other_row)


@given(st.binary(min_size=1, max_size=100), st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_a_key_that_is_ready_hashes_each_saying_as_if_it_were_the_first(key: bytes, said: list[bytes]):
    assert [keyed_mac(key, one) for one in said] == [hmac.digest(key, one, hashlib.sha256) for one in said]


def test_every_changed_byte_breaks_the_seal():
    sealed = TEST_KEYS.seal("文三路 1 号", place="a.b", row=1)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            TEST_KEYS.open(bytes(changed), place="a.b", row=1)
    for cut in (b"", sealed[:1], sealed[:13], sealed[:-1]):
        with pytest.raises(SealBroken):
            TEST_KEYS.open(cut, place="a.b", row=1)


def test_the_same_words_never_look_the_same_and_never_show():
    one, other = (TEST_KEYS.seal("13800000001", place="a.b", row=1) for _ in range(2))
    assert one != other
    assert b"13800000001" not in one


def test_a_newer_key_seals_and_the_older_one_still_opens():
    old = fresh_keys()
    both = Keys({**old.sealing, 2: fresh_keys().sealing[1]}, old.hashing)
    sealed_before = old.seal("words", place="a.b", row=1)
    sealed_after = both.seal("words", place="a.b", row=1)
    assert both.open(sealed_before, place="a.b", row=1) == both.open(sealed_after, place="a.b", row=1) == "words"
    with pytest.raises(SealBroken):
        old.open(sealed_after, place="a.b", row=1)


def test_a_keyed_hash_depends_on_key_purpose_and_value():
    said = [
        TEST_KEYS.keyed_hash("gift link", "a"),
        TEST_KEYS.keyed_hash("gift link", "b"),
        TEST_KEYS.keyed_hash("sign-in", "a"),
        fresh_keys().keyed_hash("gift link", "a"),
        TEST_KEYS.keyed_hash("gift link\0a", ""),
    ]
    assert len(set(said[:4])) == 4
    assert all(len(one) == 32 for one in said)
    assert TEST_KEYS.keyed_hash("gift link", "a") == said[0]


def test_keys_are_read_as_they_were_written_and_only_by_their_owner(tmp_path: Path):
    keys, file = fresh_keys(), tmp_path / "keys"
    write_keys(keys, file)
    assert read_keys(file) == keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("seal 1", "line 1"),
        ("seal one AAAA", "line 1"),
        ("seal 1 AAAA\nhash !!", "line 2"),
        ("seal 1 AAAA\nwhat is this", "line 2"),
        ("seal 1 AAAA\nhash AAAA", "32 bytes"),
        ("", "at least one"),
    ],
)
def test_a_key_file_that_is_wrong_says_where(tmp_path: Path, lines: str, why: str):
    file = tmp_path / "keys"
    file.write_text(lines, encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        read_keys(file)

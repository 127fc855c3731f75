"""What a lucky pack may be, in which order it is dealt, and who did best."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

import pytest
from verdicts import fault, verdict

from renqing.foundation.ground import Ground
from renqing.social import lucky
from renqing.social.lucky import rules
from renqing.social.lucky.model import PACK_MAX, PACK_MIN, SEED_BYTES, LuckyNeedsVouchers

PACK = {"is_named": False, "is_drawn": False, "by_voucher": True}
SEED = bytes(range(SEED_BYTES))
OUT = fault("shares", "out_of_range", min=PACK_MIN, max=PACK_MAX)


@pytest.mark.parametrize(
    ("shares", "said", "answer"),
    [
        (PACK_MIN, {}, None),
        (PACK_MAX, {}, None),
        (PACK_MIN - 1, {}, OUT),
        (PACK_MAX + 1, {}, OUT),
        (5, {"is_drawn": True}, fault("lucky", "one_way")),
        (5, {"is_named": True}, fault("recipient_id", "lucky_for_many")),
        (5, {"by_voucher": False}, (LuckyNeedsVouchers, {})),
        (1, {"is_drawn": True, "is_named": True, "by_voucher": False}, fault("lucky", "one_way")),
    ],
)
def test_a_pack_is_of_vouchers_for_several_who_come_for_them(shares: int, said: dict[str, bool], answer: Any):
    assert verdict(rules.check_pack, shares, **PACK | said) == answer


def test_the_order_follows_from_the_seed_as_the_page_and_anybody_work_it_out():
    scores = {n: hmac.new(SEED, b"renqing-lucky-1|%d" % n, sha256).digest() for n in range(1, 101)}
    assert list(rules.order_of(SEED, 100)) == sorted(scores, key=lambda n: scores[n])
    assert rules.order_of(SEED, 1) == (1,)
    assert rules.order_of(bytes(SEED_BYTES), 100) != rules.order_of(SEED, 100)


def test_what_is_shown_of_a_seed_is_its_sha256():
    assert rules.commitment_of(b"") == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


@pytest.mark.parametrize(
    ("worths", "place"),
    [([], None), ([7], None), ([7, 7], None), ([1, 2], 1), ([2, 1], 0), ([1, 3, 2, 3], 1), ([5, 5, 6], 2)],
)
def test_the_first_who_got_what_is_worth_most_did_best(worths: list[int], place: int | None):
    assert rules.luckiest(worths) == place


async def test_where_nothing_was_dealt_nothing_is_shown_and_nobody_told(ground: Ground):
    for dealt in ({}, {404: {1: (2, 100)}}):
        await ground.db.run(lambda tx, dealt=dealt: lucky.show(tx, dealt))
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact") == 0

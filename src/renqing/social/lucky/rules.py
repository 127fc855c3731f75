"""Decisions about lucky packs. Pure. docs/decisions/lucky-packs.md says the arithmetic in words."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from renqing.foundation.errors import FieldNotValid
from renqing.social.lucky.model import PACK_MAX, PACK_MIN, LuckyNeedsVouchers


def check_pack(shares: int, *, is_named: bool, is_drawn: bool, by_voucher: bool) -> None:
    """A pack holds vouchers for several people who come for them. Raises FieldNotValid, LuckyNeedsVouchers."""
    if is_drawn:
        raise FieldNotValid(field="lucky", reason="one_way")
    if is_named:
        raise FieldNotValid(field="recipient_id", reason="lucky_for_many")
    if not by_voucher:
        raise LuckyNeedsVouchers
    if not PACK_MIN <= shares <= PACK_MAX:
        raise FieldNotValid(field="shares", reason="out_of_range", min=PACK_MIN, max=PACK_MAX)


def commitment_of(seed: bytes) -> bytes:
    """What is shown of a seed from the start, and is the pack's public mark."""
    return sha256(seed).digest()


@lru_cache(maxsize=2048)  # of a pack that is grabbed at, the same is asked by every batch of claims
def order_of(seed: bytes, shares: int) -> tuple[int, ...]:
    """The numbers of all shares in the order in which they are dealt: by score, the smallest first."""

    def score(n: int) -> bytes:
        return hmac.digest(seed, f"renqing-lucky-1|{n}".encode("ascii"), "sha256")

    return tuple(sorted(range(1, shares + 1), key=lambda n: (score(n), n)))


def luckiest(worths: Sequence[int]) -> int | None:
    """Which place did best, of what was dealt in this order; None where all is worth the same, or one alone has any."""
    if len(set(worths)) < 2:
        return None
    return worths.index(max(worths))

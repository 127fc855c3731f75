"""Gifts: one person buys, another claims. States carry WeChat's numbers; money is another axis, in orders and payments.

Promises:
1. Each share of a gift (one, or many, equal or in tiers) is claimed by at most one person, and nobody has two; who
   comes too late learns only that the gift is not available (G1).
2. States move only along the table in ``model.py``; terminal states do not move (G2).
3. Claim, refusal, withdrawal and expiry race under one row lock; exactly one wins, and money and stock follow it (G6).
4. A claim accepted before the deadline stays accepted; the deadline is our clock's, once (G7).
5. A link's token works for one gift, is kept only as a keyed hash (and sealed for the giver's own page), and dies
   with the last claim, the refusal, the withdrawal or the deadline (G8).
6. Covers of the season come first, by the house's clock; those of a festival that is over come last.
"""

from renqing.social.gifts.actions import (
    claim,
    end,
    make_claimable,
    open_envelope,
    prepare,
    record_refunds,
)
from renqing.social.gifts.model import (
    COVERS,
    EXPIRE_GIFT,
    REFUSALS,
    TIERS_MAX,
    Claim,
    Ending,
    Gift,
    GiftIsYourOwn,
    GiftNotAllowed,
    GiftNotAvailable,
    GiftNotForYou,
    GiftState,
    GiftUndeliverable,
    GiftWithdrawalLate,
    NewGift,
    RecipientNotReachable,
    Share,
    SharedGiftStays,
    StyleNotOffered,
    Tier,
)
from renqing.social.gifts.rules import (
    after_claim,
    check_shares,
    check_wrapping,
    judge_claim,
    judge_end,
    judge_recipient,
    may_find,
    may_take_style,
    past_their_time,
    spans,
    tier_of,
)
from renqing.social.gifts.seasons import by_season
from renqing.social.gifts.store import (
    by_id,
    by_ids,
    by_token,
    by_tokens,
    count_waiting,
    forget,
    ids_of_orders,
    link_token,
    lock_of_orders,
    order_ids_of,
    share_of_person,
    shares_held,
    tiers_of,
    unclaimed_pieces,
)

__all__ = [
    "COVERS",
    "EXPIRE_GIFT",
    "REFUSALS",
    "TIERS_MAX",
    "Claim",
    "Ending",
    "Gift",
    "GiftIsYourOwn",
    "GiftNotAllowed",
    "GiftNotAvailable",
    "GiftNotForYou",
    "GiftState",
    "GiftUndeliverable",
    "GiftWithdrawalLate",
    "NewGift",
    "RecipientNotReachable",
    "Share",
    "SharedGiftStays",
    "StyleNotOffered",
    "Tier",
    "after_claim",
    "by_id",
    "by_ids",
    "by_season",
    "by_token",
    "by_tokens",
    "check_shares",
    "check_wrapping",
    "claim",
    "count_waiting",
    "end",
    "forget",
    "ids_of_orders",
    "judge_claim",
    "judge_end",
    "judge_recipient",
    "link_token",
    "lock_of_orders",
    "make_claimable",
    "may_find",
    "may_take_style",
    "open_envelope",
    "order_ids_of",
    "past_their_time",
    "prepare",
    "record_refunds",
    "share_of_person",
    "shares_held",
    "spans",
    "tier_of",
    "tiers_of",
    "unclaimed_pieces",
]

"""Whether something else can be had for a gift, and what. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.gift_policy import Other
from renqing.trade.choices.model import KINDS_MAX, PIECES_MAX, OtherNotWithin, Thing


def why_not(
    *,
    rule: Other,
    shares: int,
    pieces: int,
    is_drawn: bool,
    by_voucher: bool,
    is_engraved: bool,
    is_surprise: bool,
    is_together: bool,
) -> str:
    """Why nothing else can be had for a gift: the reasons of ``OtherNotOffered``; empty where something can."""
    reasons = {
        "shares": shares > 1,
        "draw": is_drawn,
        "set": pieces > 1,
        "voucher": by_voucher,
        "engraved": is_engraved,
        "surprise": is_surprise,
        "together": is_together,
        "policy": rule == "disabled",
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def check_asked(wanted: Sequence[tuple[int, int]], given_sku: int, rule: Other) -> None:
    """So many (style, pieces) may be chosen under this rule; what was given is no other. Raises OtherNotWithin."""
    is_one = [quantity for _, quantity in wanted] == [1] and wanted[0][0] != given_sku
    if rule == "single" and not is_one:
        raise OtherNotWithin(reason="one")
    is_counted = 0 < len(wanted) <= KINDS_MAX and all(0 < quantity <= PIECES_MAX for _, quantity in wanted)
    if not is_counted or len({sku for sku, _ in wanted}) != len(wanted):
        raise OtherNotWithin(reason="offer")


def check_things(things: Sequence[Thing], wanted: int, shop_id: int, currency: str) -> None:
    """Each of ``wanted`` things is there, is the gift's shop's, and may be given. Raises OtherNotWithin."""
    may = [
        thing
        for thing in things
        if (thing.shop_id, thing.currency) == (shop_id, currency)
        and thing.on_sale
        and not thing.kept_back
        and not thing.is_voucher
    ]
    if len(may) != wanted:
        raise OtherNotWithin(reason="offer")


def check_within(goods_amount: int, freight_amount: int, value: int, rule: Other) -> None:
    """What was chosen comes with its freight to the gift's value with freight at most. Raises OtherNotWithin.

    Of one thing nothing more is said than of what is not there: an answer of its own would tell its price.
    """
    if goods_amount + freight_amount > value:
        raise OtherNotWithin(reason="value" if rule == "multiple" else "offer")

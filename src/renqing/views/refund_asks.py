"""A giver's ask for a refund, for the two it is between."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from renqing.books import people
from renqing.foundation.ground import Ground
from renqing.social import masks
from renqing.social.gifts import Gift
from renqing.trade import aftersales, choices, orders, refund_asks


class RefundAskSeen(msgspec.Struct, frozen=True):
    """An ask as its reader may know it. Its giver sees ``declined`` for a no and for silence."""

    state: Literal["waiting", "agreed", "declined"]
    reason: str
    answer_by: datetime
    case_id: int | None


async def ask_of_giver(ground: Ground, gift: Gift) -> tuple[RefundAskSeen | None, bool]:
    """What the giver asked for, and whether they may ask."""
    if gift.claimed_by is None:
        return None, False
    order_id = await choices.serving(ground.db, gift.order_id)
    asked = await refund_asks.of_order(ground.db, order_id)
    if asked is not None:
        state: Literal["waiting", "agreed", "declined"] = "declined" if asked.state == "timed_out" else asked.state
        return RefundAskSeen(state, asked.reason, asked.answer_by, None), False
    row = await ground.db.fetchrow("SELECT state, received_at FROM order_order WHERE id = $1", order_id)
    assert row is not None, "a gift has its order"
    days = timedelta(days=ground.policy.aftersale_within_days)
    why = refund_asks.why_not(
        shares=max(gift.things, len(await orders.lines(ground.db, order_id))),
        state=row["state"],
        is_over=row["received_at"] is not None and ground.clock.now() > row["received_at"] + days,
        asked_before=False,
        case_open=bool(await aftersales.undecided_of(ground.db, [order_id])),
    )
    return None, not why


async def ask_to_answer(ground: Ground, gift: Gift, reader_id: int) -> RefundAskSeen | None:
    """What waits for a yes or no of who has the gift, or what they agreed to; None where nothing does."""
    if gift.claimed_by != reader_id:
        return None
    asked = await refund_asks.of_order(ground.db, await choices.serving(ground.db, gift.order_id))
    if asked is None or asked.state not in ("waiting", "agreed"):
        return None
    if asked.state == "waiting" and ground.clock.now() >= asked.answer_by:
        return None
    if not await masks.worn_on(ground.db, [gift.id]) and await people.either_blocks(
        ground.db, gift.giver_id, reader_id
    ):
        return None
    return RefundAskSeen(asked.state, asked.reason, asked.answer_by, asked.case_id)

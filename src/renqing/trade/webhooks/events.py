"""The published events: their names, their shapes, and whom each is for.

A shape holds ids, states, times and amounts that its owner may see, and nothing personal. People are pseudonyms of
this owner's own: the same person is the same in every event, and another owner's word for them is another. A merchant
does not learn that a gift was opened before it is claimed (the gift rules, "who may see what").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import msgspec

TEST = "webhook.test"


class Amount(msgspec.Struct, frozen=True):
    """``amount`` minor units of ``currency``."""

    amount: int
    currency: str


class GiftData(msgspec.Struct, frozen=True, kw_only=True):
    """A gift. ``state`` are WeChat's numbers; ``recipient`` is there once it is claimed; ``amount`` was paid for it."""

    gift_id: str
    order_id: str
    shop_id: str
    state: int
    giver: str
    recipient: str | None
    amount: Amount


class GiftRefundedData(GiftData, frozen=True, kw_only=True):
    """A gift whose money went back: ``refunded`` of it."""

    refunded: Amount


class GiftKeptData(GiftData, frozen=True, kw_only=True):
    """What nobody claimed of a gift is its giver's own: the orders that it became."""

    kept_order_ids: list[str]


class StyleTakenData(GiftData, frozen=True, kw_only=True):
    """A gift of which another style was taken with the claim: ``sku_id`` instead of ``given_sku_id``."""

    given_sku_id: str
    sku_id: str


class GiftRepliedData(GiftData, frozen=True, kw_only=True):
    """A gift that was answered by another: ``reply_gift_id`` goes from its ``recipient`` to its giver."""

    reply_gift_id: str


class DrawData(GiftData, frozen=True, kw_only=True):
    """A gift that is drawn for, and how many take part: ``winners`` is None before the draw."""

    entrants: int
    winners: int | None


class LuckyPackData(GiftData, frozen=True, kw_only=True):
    """A lucky pack that is over: ``dealt`` of its ``shares`` vouchers were."""

    shares: int
    dealt: int


class ScheduledData(GiftData, frozen=True, kw_only=True):
    """A gift that is paid and comes at ``deliver_at``."""

    deliver_at: datetime


class OrderData(msgspec.Struct, frozen=True, kw_only=True):
    """An order. ``state`` are WeChat Shop's numbers; ``gift_id`` where it is a gift's."""

    order_id: str
    gift_id: str | None
    shop_id: str
    purpose: str
    state: int
    buyer: str
    amount: Amount


class OrderClosedData(OrderData, frozen=True, kw_only=True):
    """An order that ended before it was sent, and ``why``."""

    why: str


class ParcelData(OrderData, frozen=True, kw_only=True):
    """A parcel of an order. ``complete``: nothing of the order is left to send."""

    parcel_id: str
    complete: bool | None


class RefundData(OrderData, frozen=True, kw_only=True):
    """Money that is back with who paid. ``cause`` is gift, aftersale, cancel or another word of the house."""

    refund_id: str
    refunded: Amount
    cause: str


class BalanceReturnedData(RefundData, frozen=True, kw_only=True):
    """A refund that had failed and is with who paid now. ``how``: refund, payout to another account, or by_hand."""

    how: str


class AftersaleData(OrderData, frozen=True, kw_only=True):
    """An after-sale after ``step``: ``case_state`` are WeChat Shop's names. ``state`` is the order's."""

    case_id: str
    step: str
    case_state: str


class SwapData(OrderData, frozen=True, kw_only=True):
    """A wish for another style of a claimed gift. ``swap_state`` are WeChat Shop's numbers; ``why`` it was rejected."""

    sku_id: str
    swap_state: int
    swap_why: str


class PresentData(OrderData, frozen=True, kw_only=True):
    """A shop's present that somebody took, as its order: free. ``left`` pieces of its activity are still there."""

    activity_id: str
    is_b2c_free_present: bool = True
    left: int


class ActivityData(msgspec.Struct, frozen=True, kw_only=True):
    """A shop's activity that is over. ``state`` are WeChat's numbers; ``left`` went back to the shop's stock."""

    activity_id: str
    shop_id: str
    state: int
    how: str
    taken: int
    left: int


class VoucherData(OrderData, frozen=True, kw_only=True):
    """A voucher of an order, and how many uses are left of it. ``state`` is the order's."""

    voucher_id: str
    uses_left: int


class HurriedData(OrderData, frozen=True, kw_only=True):
    """An order that is late, of which somebody reminded the shop for the ``times``-th time."""

    times: int


class LatePaidData(OrderData, frozen=True, kw_only=True):
    """An order that had not left in time: ``late_paid`` of its price goes back to who paid, as its shop promised."""

    late_paid: Amount


class RefundAskData(OrderData, frozen=True, kw_only=True):
    """A giver's ask for a refund after the claim: ``ask_state`` is waiting, agreed, declined or timed_out."""

    ask_state: str


class TestData(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing has happened: somebody tries the endpoint out."""

    endpoint_id: str


class Published(NamedTuple):
    """An event type: the shape of its ``data``, who hears it besides the platform itself, and what happened."""

    data: type[msgspec.Struct]
    audience: Literal["shops", "platform"]
    about: str


EVENTS: Mapping[str, Published] = MappingProxyType(
    {
        "gift.paid": Published(GiftData, "shops", "A gift is paid and waits to be claimed."),
        "gift.scheduled": Published(ScheduledData, "shops", "A gift is paid and comes later."),
        "gift.rescheduled": Published(ScheduledData, "shops", "A gift comes at another moment."),
        "gift.sent": Published(GiftData, "shops", "A gift that was scheduled came, and waits to be claimed."),
        "gift.opened": Published(GiftData, "platform", "Its envelope was opened for the first time."),
        "gift.extended": Published(GiftData, "platform", "Its recipient took more time to claim it."),
        "gift.readdressed": Published(GiftData, "platform", "Its giver gives it to somebody else."),
        "gift.claimed": Published(GiftData, "shops", "Somebody accepted it, or a share of it, and said where to."),
        "gift.sku_changed_on_claim": Published(StyleTakenData, "shops", "Who claimed it took another style."),
        "gift.replied": Published(GiftRepliedData, "platform", "Who has it gave its giver something in return."),
        "gift.entry_joined": Published(DrawData, "platform", "Somebody entered its draw."),
        "gift.drawn": Published(DrawData, "platform", "Its draw is made; the winners have their own time to claim."),
        "gift.lucky_pack.over": Published(LuckyPackData, "shops", "All of it is dealt, or its time is over."),
        "gift.refused": Published(GiftData, "shops", "Its recipient declined it."),
        "gift.expired": Published(GiftData, "shops", "Nobody claimed it, or all of it, in time."),
        "gift.withdrawn": Published(GiftData, "shops", "Its giver took it back."),
        "gift.passed_on": Published(GiftData, "platform", "Who declined it passed it on, to a friend or a charity."),
        "gift.kept": Published(GiftKeptData, "shops", "Its giver took for themselves what nobody claimed."),
        "gift.refunded": Published(GiftRefundedData, "shops", "What nobody kept of it is back with its giver."),
        "gift.thanked": Published(GiftData, "platform", "Who has it, or a share of it, thanked its giver."),
        "gift.shipped": Published(ParcelData, "shops", "A parcel of a gift left."),
        "gift.delivered": Published(ParcelData, "shops", "A parcel of a gift arrived."),
        "order.paid": Published(OrderData, "shops", "An order is paid; a gift's then waits to be claimed."),
        "order.to_ship": Published(OrderData, "shops", "A set is claimed; this shop's part of it waits to be sent."),
        "order.closed": Published(OrderClosedData, "shops", "An order ended before anything was sent."),
        "order.shipped": Published(ParcelData, "shops", "A parcel left."),
        "order.delivered": Published(ParcelData, "shops", "A parcel arrived."),
        "order.received": Published(OrderData, "shops", "The goods are confirmed, by hand or by time."),
        "order.hurried": Published(HurriedData, "shops", "Somebody waits for an order that should have left."),
        "order.late_paid": Published(LatePaidData, "shops", "A parcel left late: the shop pays what it promised."),
        "gift.refund.started": Published(RefundData, "shops", "Money of a gift is to go back to who paid."),
        "gift.refund.succeeded": Published(RefundData, "shops", "Money of a gift is back with who paid."),
        "gift.refund.failed": Published(RefundData, "shops", "No way back is open: it is kept for who paid."),
        "refund.started": Published(RefundData, "shops", "Money of an order is to go back to who paid."),
        "refund.failed": Published(RefundData, "shops", "No way back is open: it is kept for who paid."),
        "refund.done": Published(RefundData, "shops", "The channel has given money back."),
        "balance.returned": Published(BalanceReturnedData, "shops", "What had been kept is with who paid."),
        "aftersale.moved": Published(AftersaleData, "shops", "An after-sale took a step."),
        "gift.preship_swap.requested": Published(SwapData, "shops", "A recipient asks for another style."),
        "gift.preship_swap.approved": Published(SwapData, "shops", "The shop agreed: the order has the other style."),
        "gift.preship_swap.rejected": Published(SwapData, "shops", "The shop refused, or there was no stock."),
        "gift.preship_swap.cancelled": Published(SwapData, "shops", "The recipient took it back."),
        "gift.preship_swap.timed_out": Published(SwapData, "shops", "Nobody answered in time: it is refused."),
        "present.taken": Published(PresentData, "shops", "Somebody took a shop's present and said where to."),
        "activity.ended": Published(ActivityData, "shops", "A shop's activity is over: taken, out of time or stopped."),
        "voucher.issued": Published(VoucherData, "shops", "A voucher was issued: its order is paid, or claimed."),
        "voucher.returned": Published(VoucherData, "shops", "Nobody claimed it in time: it is its giver's to use."),
        "voucher.redeemed": Published(VoucherData, "shops", "A use of it was redeemed at the shop."),
        "voucher.extended": Published(VoucherData, "shops", "The shop gave it more time."),
        "voucher.expired": Published(VoucherData, "shops", "Its time ran out with uses left."),
        "voucher.refunded": Published(VoucherData, "shops", "Its holder gave back what was unused."),
        "gift.refund_ask.moved": Published(
            RefundAskData, "platform", "A giver asked who has the gift for a refund, or the ask ended."
        ),
        TEST: Published(TestData, "shops", "Somebody asked for a test event."),
    }
)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted. ``sequence`` counts from 1, without a gap, for this endpoint and subject."""

    id: str
    type: str
    timestamp: str
    subject: str
    sequence: int
    data: msgspec.Raw


def for_owner(kind: str, *, is_platform: bool) -> bool:
    """Whether there is such an event for an owner."""
    published = EVENTS.get(kind)
    return published is not None and (published.audience == "shops" or is_platform)


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON schema of every event as it is posted, by its name."""
    return {kind: _schema(kind, published) for kind, published in EVENTS.items()}


def _schema(kind: str, published: Published) -> dict[str, Any]:
    (reference,), parts = msgspec.json.schema_components([published.data], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind,
        "description": published.about,
        "type": "object",
        "required": ["id", "type", "timestamp", "subject", "sequence", "data"],
        "properties": {
            "id": {"type": "string"},
            "type": {"const": kind},
            "timestamp": {"type": "string", "format": "date-time"},
            "subject": {"type": "string"},
            "sequence": {"type": "integer", "minimum": 1},
            "data": reference,
        },
        "$defs": parts,
    }

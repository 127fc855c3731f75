"""What became true is told to the programs that listen: for each endpoint that chose it, a delivery.

The worker hands facts over in the transaction that marks them told, so a told fact has its deliveries, and once. Which
events a fact makes, and whom they are for, is one table. An event says what its owner may see: ids, states, times and
amounts. People are pseudonyms, other ones for every shop, so that two shops cannot put together what one person did.

What is a gift's stands in the gift's own line, its order and parcels too, so that a program hears them in order; a part
of a gift for many is an order of its own and has a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from renqing.books.people import PLATFORM
from renqing.foundation.database import Tx
from renqing.foundation.outbox import LeftFact
from renqing.foundation.secrets import Keys
from renqing.journeys.tell_of_activities import ABOUT_SHOPS, deliveries_about_shops
from renqing.social import gifts, masks
from renqing.social.gifts import Gift, GiftState
from renqing.trade import orders, webhooks
from renqing.trade.orders import Order, OrderState
from renqing.trade.webhooks import (
    AftersaleData,
    Amount,
    BalanceReturnedData,
    DrawData,
    Endpoint,
    GiftData,
    GiftKeptData,
    GiftRefundedData,
    GiftRepliedData,
    HurriedData,
    LatePaidData,
    LuckyPackData,
    NewDelivery,
    OrderClosedData,
    OrderData,
    ParcelData,
    PresentData,
    RefundAskData,
    RefundData,
    ScheduledData,
    StyleTakenData,
    SwapData,
    VoucherData,
)


class Told(NamedTuple):
    """A fact with what it is about, for one owner."""

    fact: LeftFact
    order: Order
    gift: Gift | None
    owner_id: int
    keys: Keys
    nameless: bool = False

    @property
    def giver(self) -> str:
        """Who paid, as this owner knows them; of a gift without a name a shop knows nobody, and not twice the same."""
        if self.nameless and self.gift is not None and self.owner_id != PLATFORM:
            return webhooks.nameless_pseudonym(self.keys, self.owner_id, self.gift.id)
        return self.person(self.order.payer_id if self.gift is None else self.gift.giver_id)

    def person(self, person_id: int) -> str:
        """A person as this owner knows them."""
        return webhooks.pseudonym(self.keys, self.owner_id, person_id)

    @property
    def paid(self) -> Amount:
        return Amount(self.order.total_amount, self.order.currency)

    @property
    def subject_id(self) -> int:
        return self.gift.id if self.gift is not None and self.gift.order_id == self.order.id else self.order.id


Event = tuple[str, msgspec.Struct]


async def take_turn(tx: Tx) -> bool:
    """Before facts are taken: wait for whoever tells others, so that programs hear them as they were left."""
    return await webhooks.take_turn(tx)


async def tell_integrators(tx: Tx, facts: Sequence[LeftFact]) -> None:
    """Write the deliveries of these facts. Facts of other kinds tell no program."""
    heard = [fact for fact in facts if fact.kind in HEARD]
    of_shops = [fact for fact in facts if fact.kind in ABOUT_SHOPS]
    if not heard and not of_shops:
        return
    about = await _about(tx, heard)
    shops = {*(order.shop_id for order, _ in about.values()), *(fact.payload["shop_id"] for fact in of_shops)}
    listeners = await webhooks.endpoints_of(tx, {PLATFORM, *shops})
    nameless = await masks.worn_on(tx, [gift.id for _, gift in about.values() if gift is not None])
    await webhooks.write_deliveries(
        tx,
        [
            *(
                new
                for fact in heard
                if fact.id in about
                for endpoint in listeners
                for new in _deliveries(tx, fact, *about[fact.id], endpoint, nameless)
            ),
            *deliveries_about_shops(of_shops, listeners),
        ],
    )


async def _about(tx: Tx, facts: Sequence[LeftFact]) -> dict[int, tuple[Order, Gift | None]]:
    """The order and gift that each fact is about."""
    of_gifts = {fact.id: fact.payload["gift_id"] for fact in facts if "gift_id" in fact.payload}
    of_orders = {fact.id: fact.payload["order_id"] for fact in facts if "order_id" in fact.payload}
    known = await orders.by_ids(tx, of_orders.values())
    gift_of = await gifts.ids_of_orders(tx, {order.paid_as for order in known.values() if order.purpose == "gift"})
    given = await gifts.by_ids(tx, [*of_gifts.values(), *gift_of.values()])
    known |= await orders.by_ids(tx, {gift.order_id for gift in given.values()} - known.keys())
    found: dict[int, tuple[Order, Gift | None]] = {}
    for fact in facts:
        if fact.id in of_gifts:
            gift = given[of_gifts[fact.id]]
            found[fact.id] = known[gift.order_id], gift
        else:
            order = known.get(of_orders[fact.id])
            if order is None:  # a share of a fund: between who paid and the house
                continue
            found[fact.id] = order, given.get(gift_of.get(order.paid_as, 0))
    return found


def _deliveries(
    tx: Tx, fact: LeftFact, order: Order, gift: Gift | None, endpoint: Endpoint, nameless: Collection[int]
) -> list[NewDelivery]:
    if endpoint.shop_id not in (PLATFORM, order.shop_id):
        return []
    told = Told(fact, order, gift, endpoint.shop_id, tx.keys, gift is not None and gift.id in nameless)
    return [
        NewDelivery(
            endpoint_id=endpoint.id,
            shop_id=endpoint.shop_id,
            fact_id=fact.id,
            kind=kind,
            subject_id=told.subject_id,
            occurred_at=fact.made_at,
            data=msgspec.json.encode(data),
        )
        for kind, data in HEARD[fact.kind](told)
        if endpoint.hears(kind) and webhooks.for_owner(kind, is_platform=endpoint.shop_id == PLATFORM)
    ]


# facts and the events they make --------------------------------------------------------------------------------------
def _of_gift(told: Told, state: GiftState, *, claimer: int | None = None) -> GiftData:
    assert told.gift is not None, "a gift's fact names its gift"
    return GiftData(
        gift_id=str(told.gift.id),
        order_id=str(told.order.id),
        shop_id=str(told.order.shop_id),
        state=int(state),
        giver=told.giver,
        recipient=None if claimer is None else told.person(claimer),
        amount=told.paid,
    )


def _gift_paid(told: Told) -> list[Event]:
    """One that was paid to come later was told as paid then."""
    kind = "gift.sent" if told.fact.payload.get("scheduled") else "gift.paid"
    return [(kind, _of_gift(told, GiftState.CLAIMABLE))]


def _gift_scheduled(told: Told) -> list[Event]:
    return [("gift.scheduled", _scheduled(told))]


def _gift_rescheduled(told: Told) -> list[Event]:
    return [("gift.rescheduled", _scheduled(told))]


def _scheduled(told: Told) -> ScheduledData:
    gift = msgspec.structs.asdict(_of_gift(told, GiftState.SCHEDULED))
    return ScheduledData(**gift, deliver_at=datetime.fromisoformat(told.fact.payload["deliver_at"]))


def _gift_opened(told: Told) -> list[Event]:
    return [("gift.opened", _of_gift(told, GiftState.CLAIMABLE))]


def _gift_extended(told: Told) -> list[Event]:
    return [("gift.extended", _of_gift(told, GiftState.CLAIMABLE))]


def _gift_readdressed(told: Told) -> list[Event]:
    return [("gift.readdressed", _of_gift(told, GiftState.CLAIMABLE))]


def _gift_claimed(told: Told) -> list[Event]:
    """The last share claims the gift; before it, it is still offered."""
    said = told.fact.payload
    state = GiftState.CLAIMABLE if said.get("left", 0) else GiftState.CLAIMED
    return [("gift.claimed", _of_gift(told, state, claimer=said["claimed_by"]))]


def _style_taken(told: Told) -> list[Event]:
    said = told.fact.payload
    gift = msgspec.structs.asdict(_of_gift(told, GiftState.CLAIMED, claimer=said["claimed_by"]))
    given, taken = str(said["given_sku_id"]), str(said["sku_id"])
    return [("gift.sku_changed_on_claim", StyleTakenData(**gift, given_sku_id=given, sku_id=taken))]


def _gift_replied(told: Told) -> list[Event]:
    """By then its state is what it is; the platform's alone: the other gift may be another shop's."""
    assert told.gift is not None, "a gift's fact names its gift"
    said = told.fact.payload
    gift = msgspec.structs.asdict(_of_gift(told, told.gift.state, claimer=said["replied_by"]))
    return [("gift.replied", GiftRepliedData(**gift, reply_gift_id=str(said["reply_gift_id"])))]


def _drawing(told: Told, winners: int | None) -> DrawData:
    gift = msgspec.structs.asdict(_of_gift(told, GiftState.CLAIMABLE))
    return DrawData(**gift, entrants=told.fact.payload["entrants"], winners=winners)


def _entry_joined(told: Told) -> list[Event]:
    """How many there are, never who: that is between the entrant and the draw."""
    return [("gift.entry_joined", _drawing(told, None))]


def _gift_drawn(told: Told) -> list[Event]:
    return [("gift.drawn", _drawing(told, told.fact.payload["winners"]))]


def _pack_over(told: Told) -> list[Event]:
    """How many were dealt, never to whom: each claim says that. By then its state is its last one."""
    assert told.gift is not None, "a gift's fact names its gift"
    said, gift = told.fact.payload, msgspec.structs.asdict(_of_gift(told, told.gift.state))
    return [("gift.lucky_pack.over", LuckyPackData(**gift, shares=said["shares"], dealt=said["dealt"]))]


def _gift_refused(told: Told) -> list[Event]:
    return [("gift.refused", _of_gift(told, GiftState.CANCELLED))]


def _gift_expired(told: Told) -> list[Event]:
    return [("gift.expired", _of_gift(told, GiftState.EXPIRED))]


def _gift_withdrawn(told: Told) -> list[Event]:
    return [("gift.withdrawn", _of_gift(told, GiftState.CANCELLED))]


def _gift_passed_on(told: Told) -> list[Event]:
    """To a charity: the claim is told as every claim."""
    return [("gift.passed_on", _of_gift(told, GiftState.CLAIMABLE))]


def _gift_kept(told: Told) -> list[Event]:
    gift = msgspec.structs.asdict(_of_gift(told, GiftState.CANCELLED))
    return [
        ("gift.kept", GiftKeptData(**gift, kept_order_ids=[str(one) for one in told.fact.payload["kept_order_ids"]]))
    ]


def _gift_thanked(told: Told) -> list[Event]:
    """By then its state is what it is; what was said stays between the two."""
    assert told.gift is not None, "a gift's fact names its gift"
    return [("gift.thanked", _of_gift(told, told.gift.state, claimer=told.fact.payload["thanked_by"]))]


def _gift_refunded(told: Told) -> list[Event]:
    """By then its state is its last one."""
    assert told.gift is not None, "a gift's fact names its gift"
    said, gift = told.fact.payload, _of_gift(told, told.gift.state)
    refunded = Amount(said["amount"], said["currency"])
    return [("gift.refunded", GiftRefundedData(**msgspec.structs.asdict(gift), refunded=refunded))]


def _of_order(told: Told, state: OrderState) -> OrderData:
    return OrderData(
        order_id=str(told.order.id),
        gift_id=None if told.gift is None else str(told.gift.id),
        shop_id=str(told.order.shop_id),
        purpose=told.order.purpose,
        state=int(state),
        buyer=told.giver,
        amount=told.paid,
    )


def _present_taken(told: Told) -> list[Event]:
    said, order = told.fact.payload, msgspec.structs.asdict(_of_order(told, OrderState.TO_SHIP))
    activity_id = str(said["activity_id"])
    return [("present.taken", PresentData(**order, activity_id=activity_id, left=said["left"]))]


def _order_paid(told: Told) -> list[Event]:
    owned = OrderState.TO_REDEEM if told.order.by_voucher else OrderState.TO_SHIP
    state = OrderState.GIFT_TO_CLAIM if told.order.purpose == "gift" else owned
    return [("order.paid", _of_order(told, state))]


def _order_split(told: Told) -> list[Event]:
    """A set's own events are the platform's: it is no shop's. Each shop hears of its part."""
    return [("order.to_ship", _of_order(told, OrderState.TO_SHIP))]


def _order_closed(told: Told) -> list[Event]:
    order = msgspec.structs.asdict(_of_order(told, OrderState.CLOSED))
    return [("order.closed", OrderClosedData(**order, why=told.fact.payload["why"]))]


def _parcel(told: Told, name: str, state: OrderState, *, complete: bool | None) -> list[Event]:
    order = msgspec.structs.asdict(_of_order(told, state))
    parcel = ParcelData(**order, parcel_id=str(told.fact.payload["parcel_id"]), complete=complete)
    events: list[Event] = [(f"order.{name}", parcel)]
    return [*events, (f"gift.{name}", parcel)] if told.gift is not None else events


def _order_shipped(told: Told) -> list[Event]:
    complete = told.fact.payload["complete"]
    return _parcel(told, "shipped", OrderState.TO_RECEIVE if complete else OrderState.PARTLY_SHIPPED, complete=complete)


def _parcel_delivered(told: Told) -> list[Event]:
    """What of the order is still to come, the order says as it stands."""
    return _parcel(told, "delivered", told.order.state, complete=None)


def _order_received(told: Told) -> list[Event]:
    return [("order.received", _of_order(told, OrderState.DONE))]


def _order_hurried(told: Told) -> list[Event]:
    order = msgspec.structs.asdict(_of_order(told, told.order.state))
    return [("order.hurried", HurriedData(**order, times=told.fact.payload["times"]))]


def _order_late_paid(told: Told) -> list[Event]:
    said, order = told.fact.payload, msgspec.structs.asdict(_of_order(told, told.order.state))
    return [("order.late_paid", LatePaidData(**order, late_paid=Amount(said["amount"], said["currency"])))]


def _refund(told: Told, name: str, of_gift: str) -> list[Event]:
    said, order = told.fact.payload, msgspec.structs.asdict(_of_order(told, told.order.state))
    refunded = Amount(said["amount"], said["currency"])
    refund = RefundData(**order, refund_id=str(said["refund_id"]), refunded=refunded, cause=said["cause_kind"])
    events: list[Event] = [(f"refund.{name}", refund)]
    return [*events, (f"gift.refund.{of_gift}", refund)] if told.gift is not None else events


def _refund_started(told: Told) -> list[Event]:
    return _refund(told, "started", "started")


def _refund_failed(told: Told) -> list[Event]:
    return _refund(told, "failed", "failed")


def _refund_done(told: Told) -> list[Event]:
    return _refund(told, "done", "succeeded")


def _balance_returned(told: Told) -> list[Event]:
    """What no way back was open for is with who paid: the last that a shop hears of a refund that failed."""
    said, order = told.fact.payload, msgspec.structs.asdict(_of_order(told, told.order.state))
    data = BalanceReturnedData(
        **order,
        refund_id=str(said["refund_id"]),
        refunded=Amount(said["amount"], said["currency"]),
        cause=said["cause_kind"],
        how=said["how"],
    )
    return [("balance.returned", data)]


def _aftersale_moved(told: Told) -> list[Event]:
    said, order = told.fact.payload, msgspec.structs.asdict(_of_order(told, told.order.state))
    case = AftersaleData(**order, case_id=str(said["case_id"]), step=said["step"], case_state=said["state"])
    return [("aftersale.moved", case)]


def _refund_ask_moved(told: Told) -> list[Event]:
    order = msgspec.structs.asdict(_of_order(told, told.order.state))
    return [("gift.refund_ask.moved", RefundAskData(**order, ask_state=told.fact.payload["state"]))]


_SWAPS = {3: "requested", 4: "approved", 5: "rejected", 6: "cancelled", 7: "timed_out"}


def _swap_moved(told: Told) -> list[Event]:
    said, order = told.fact.payload, msgspec.structs.asdict(_of_order(told, OrderState.TO_SHIP))
    swap = SwapData(**order, sku_id=str(said["sku_id"]), swap_state=said["state"], swap_why=said["why"])
    return [(f"gift.preship_swap.{_SWAPS[said['state']]}", swap)]


def _voucher_moved(told: Told) -> list[Event]:
    said, order = told.fact.payload, msgspec.structs.asdict(_of_order(told, told.order.state))
    voucher = VoucherData(**order, voucher_id=str(said["voucher_id"]), uses_left=said["uses_left"])
    return [(f"voucher.{said['step']}", voucher)]


HEARD: Mapping[str, Callable[[Told], list[Event]]] = {
    "GiftReadyToClaim": _gift_paid,
    "GiftScheduled": _gift_scheduled,
    "GiftRescheduled": _gift_rescheduled,
    "GiftOpened": _gift_opened,
    "GiftExtended": _gift_extended,
    "GiftReaddressed": _gift_readdressed,
    "GiftClaimed": _gift_claimed,
    "GiftStyleTaken": _style_taken,
    "GiftReplied": _gift_replied,
    "GiftEntryJoined": _entry_joined,
    "GiftDrawn": _gift_drawn,
    "LuckyPackOver": _pack_over,
    "GiftRefused": _gift_refused,
    "GiftExpired": _gift_expired,
    "GiftWithdrawn": _gift_withdrawn,
    "GiftKept": _gift_kept,
    "GiftPassedOn": _gift_passed_on,
    "GiftRefunded": _gift_refunded,
    "GiftThanked": _gift_thanked,
    "PresentTaken": _present_taken,
    "OrderPaid": _order_paid,
    "OrderSplit": _order_split,
    "OrderClosed": _order_closed,
    "OrderShipped": _order_shipped,
    "ParcelDelivered": _parcel_delivered,
    "OrderReceived": _order_received,
    "OrderHurried": _order_hurried,
    "OrderLatePaid": _order_late_paid,
    "RefundStarted": _refund_started,
    "RefundFailed": _refund_failed,
    "RefundDone": _refund_done,
    "BalanceReturned": _balance_returned,
    "AftersaleMoved": _aftersale_moved,
    "RefundAskMoved": _refund_ask_moved,
    "SwapMoved": _swap_moved,
    "VoucherMoved": _voucher_moved,
}

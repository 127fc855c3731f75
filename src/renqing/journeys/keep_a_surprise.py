"""A gift whose contents are a surprise: hidden by its giver, seen by its recipient when its time comes or they wish.

Giving: a surprise is a parcel, or of a set each shop's. Tiers and draws say what can be won, a voucher is no parcel,
and whoever is to say what is engraved has to know on what; such a gift is refused.

Revealing: one transaction; who has claimed the gift, or a share of it, says that they opened the parcel or want to
know, of a set of one parcel or of all, and its giver is told. Saying so again changes nothing. What needs to know the
thing asks ``check_known`` first.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.open_a_gift import find_and_lock
from renqing.social import gifts, surprises
from renqing.social.surprises import Standing, SurpriseWaits
from renqing.trade import orders, shipping
from renqing.trade.engravings import Engraving


class RevealASurprise(msgspec.Struct, frozen=True):
    """Who wants to know which gift."""

    person_id: int
    gift_id: int


class RevealAParcel(msgspec.Struct, frozen=True):
    """Who wants to know what an order of theirs sends."""

    person_id: int
    order_id: int


class Revealed(msgspec.Struct, frozen=True):
    """It is known to them."""

    gift_id: int


class ParcelRevealed(msgspec.Struct, frozen=True):
    """What this order sends is known to them."""

    order_id: int


async def hide_in(
    tx: Tx, gift: gifts.NewGift, until: str | None, engraving: Engraving | None, *, voucher: bool
) -> None:
    """Keep it a surprise. Raises FieldNotValid for what cannot be one."""
    if until is None:
        return
    checked = surprises.check_until(until)
    if voucher:
        raise FieldNotValid(field="surprise", reason="voucher")
    if gift.mode == "draw" or gift.tiers:
        raise FieldNotValid(field="surprise", reason="one_thing")
    if engraving is not None and engraving.kind == "left":
        raise FieldNotValid(field="surprise", reason="engraving")
    await surprises.keep(tx, gift.id, checked)


async def reveal_a_surprise(ground: Ground, ask: RevealASurprise, once: Once) -> Revealed:
    """Raises GiftNotAvailable for who has claimed nothing of it."""
    return await run_once(ground.db, once, Revealed, lambda tx: _reveal(tx, ask))


async def _reveal(tx: Tx, ask: RevealASurprise) -> Revealed:
    gift = (await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=None)).gift
    share = await gifts.share_of_person(tx, gift.id, ask.person_id) if gift.shares > 1 else None
    if share is None and gift.claimed_by != ask.person_id:
        raise gifts.GiftNotAvailable
    if gift.id in await surprises.of_gifts(tx, [gift.id]):
        await surprises.reveal(tx, gift.id, gift.giver_id, ask.person_id)
    return Revealed(gift.id)


async def reveal_a_parcel(ground: Ground, ask: RevealAParcel, once: Once) -> ParcelRevealed:
    """Raises OrderUnknown for others than the owner."""
    return await run_once(ground.db, once, ParcelRevealed, lambda tx: _reveal_parcel(tx, ask))


async def _reveal_parcel(tx: Tx, ask: RevealAParcel) -> ParcelRevealed:
    order = await orders.get(tx, ask.order_id)
    if order.owner_id != ask.person_id:
        raise orders.OrderUnknown(order_id=ask.order_id)
    gift_id = (await gifts.ids_of_orders(tx, [order.paid_as])).get(order.paid_as, 0)
    gift = await gifts.by_id(tx, gift_id)
    if gift is not None and gift.giver_id != ask.person_id and await surprises.of_gifts(tx, [gift_id]):
        part = order.id if gift.is_set and order.part_of else surprises.ALL_OF_IT
        await surprises.reveal(tx, gift_id, gift.giver_id, ask.person_id, part)
    return ParcelRevealed(order.id)


async def check_known(tx: Tx, order: orders.Order) -> None:
    """Raises SurpriseWaits where the owner of this locked order may not know yet what it sends."""
    gift_id = (await gifts.ids_of_orders(tx, [order.paid_as])).get(order.paid_as)
    until = None if gift_id is None else (await surprises.of_gifts(tx, [gift_id])).get(gift_id)
    if gift_id is None or until is None or order.owner_id is None:
        return
    parcels = (await shipping.of_orders(tx, [order.id])).get(order.id, [])
    all_there = order.state in (orders.OrderState.TO_RECEIVE, orders.OrderState.DONE)
    standing = Standing(
        until,
        is_revealed=await surprises.revealed_to(tx, gift_id, order.owner_id, order.id),
        is_received=order.received_at is not None,
        is_delivered=all_there and all(parcel.delivered_at is not None for parcel in parcels),
    )
    if surprises.is_hidden(standing):
        raise SurpriseWaits

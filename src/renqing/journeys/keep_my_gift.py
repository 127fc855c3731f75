"""The giver takes for themselves what nobody claimed of a gift.

One transaction under the locks of order and gift, so that keeping, claiming and the deadline race to one winner: the
gift is over and its link is dead; what is left becomes the giver's own, an order of each style as a part of the gift's,
to their address, or vouchers in their cards. It was paid with the gift, so no money moves and stock stays held; shares
that were claimed stay claimed. Whom it was for hears what they hear of a gift that is taken back. What is
drawn for is its giver's until the first entry; from then on the prizes are for who entered. What several people paid
for is nobody's to take.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.check_out import destination_of
from renqing.journeys.end_a_lucky_pack import end_lucky_packs
from renqing.journeys.issue_vouchers import issue_vouchers
from renqing.journeys.open_a_gift import find_and_lock
from renqing.journeys.settle_a_surcharge import check_not_too_dear, settle_surcharges
from renqing.social import draws, funds, gifts
from renqing.trade import orders, shipping


class KeepMyGift(msgspec.Struct, frozen=True):
    """Which gift, and where its goods go (vouchers go nowhere)."""

    giver_id: int
    gift_id: int
    address_id: int | None


class Kept(msgspec.Struct, frozen=True):
    """What was left is the giver's, an order of each style."""

    gift_id: int
    kept_order_ids: list[int]


async def keep_my_gift(ground: Ground, ask: KeepMyGift, once: Once) -> Kept:
    """Raises GiftNotAvailable for a foreign or ended gift, GiftNotKept, AddressUnknown, GiftUndeliverable."""
    return await run_once(ground.db, once, Kept, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: KeepMyGift) -> Kept:
    gift = (await find_and_lock(tx, ask.giver_id, gift_id=ask.gift_id, token=None)).gift
    if gift.giver_id != ask.giver_id:
        raise gifts.GiftNotAvailable
    gifts.judge_end(gift, "kept", tx.now, ground.policy)
    if await funds.of_gift(tx, gift.id) is not None:
        raise gifts.GiftNotKept(reason="together")
    await _check_draw(tx, gift)
    whole = (await orders.lock_many(tx, [gift.order_id]))[gift.order_id]
    destination, fee = await _destination(ground, tx, gift, whole, ask)
    parts = await _parts(tx, gift, whole, destination)
    await gifts.keep(tx, gift, [part.id for part in parts], ground.policy)
    await end_lucky_packs(tx, [gift])
    await draws.end(tx, [gift.id] if gift.mode == "draw" else [])
    handed = await orders.hand_out(tx, parts)
    await orders.close(tx, [handed.wholes[whole.id]], "kept")
    await settle_surcharges(tx, [(whole.id, part, fee) for part in handed.parts if gift.shares == 1])
    if whole.by_voucher:
        await issue_vouchers(tx, handed.parts)
    return Kept(gift.id, [part.id for part in parts])


async def _check_draw(tx: Tx, gift: gifts.Gift) -> None:
    """Under the gift's lock, behind which nobody enters meanwhile. Raises GiftNotKept."""
    for draw in (await draws.of_gifts(tx, [gift.id])).values() if gift.mode == "draw" else ():
        if reason := draws.why_not_kept(entrants=draw.entrants, is_drawn=draw.drawn_at is not None):
            raise gifts.GiftNotKept(reason=reason)


async def _destination(
    ground: Ground, tx: Tx, gift: gifts.Gift, whole: orders.Order, ask: KeepMyGift
) -> tuple[orders.Destination | None, int]:
    """Where it goes and the rate of that place; None for vouchers. Raises AddressUnknown, GiftUndeliverable.

    CannotReceive where the place costs more than they paid and allowed.
    """
    if whole.by_voucher:
        return None, 0
    address = await people.open_address(tx, ask.giver_id, ask.address_id or 0)
    quote = await shipping.quote(tx, gift.shop_id, address.region_code, gift.unit_price)
    if not quote.delivers:
        raise gifts.GiftUndeliverable(region=address.region_name)
    check_not_too_dear(ground, gift, whole, quote.fee, address.region_name)
    return destination_of(address), quote.fee


async def _parts(
    tx: Tx, gift: gifts.Gift, whole: orders.Order, destination: orders.Destination | None
) -> list[orders.Part]:
    """What is left of each style, so that it and the claimed shares are all that was paid, to the fen."""
    tiers = (await gifts.tiers_of(tx, [gift])).get(gift.id, [])
    spans = [(one.n, one.sku_id, one.goods_amount, one.freight_amount, one.shares) for one in tiers] or [
        (1, gift.sku_id, whole.goods_amount, whole.freight_amount, gift.shares)
    ]
    left = {sku_id: pieces for _, sku_id, pieces in await gifts.unclaimed_pieces(tx, [gift])}
    parts = []
    for line_n, sku_id, goods, freight, shares in spans:
        taken = shares - left.get(sku_id, 0)
        if taken == shares:
            continue
        left_goods, left_freight = orders.rest_of(goods, freight, shares, taken)
        parts.append(
            orders.Part(
                id=tx.ids.new(),
                whole=whole,
                owner_id=gift.giver_id,
                destination=destination,
                quantity=shares - taken,
                goods_amount=left_goods,
                freight_amount=left_freight,
                line_n=line_n,
                purpose="self",
            )
        )
    return parts

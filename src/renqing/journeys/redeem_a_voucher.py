"""A clerk redeems a use of a voucher (核销), at a place of the shop.

Steps, in one transaction: who works for the shop is let in, nobody else; the place is the shop's and open; the code
names a voucher; its order is locked, so that two clerks, a refund and the deadline meet one after another; the rules
judge shop, state, time and place; the use is written. With the last use of the order's last voucher the shop is
settled. When a step refuses, nothing has moved. ``use_n`` is the use that the clerk saw: sent twice, redeemed once.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.ask_the_staff import check_staff
from renqing.journeys.end_a_voucher import finish_order, lock_voucher
from renqing.trade import vouchers


class RedeemVoucher(msgspec.Struct, frozen=True):
    """Which code, where, by whom."""

    clerk_id: int
    shop_id: int
    location_id: int
    code: str
    use_n: int | None = None


class ExtendVoucher(msgspec.Struct, frozen=True):
    """Until when a voucher of the shop is good from now on."""

    clerk_id: int
    shop_id: int
    voucher_id: int
    expires_at: datetime


class VoucherStands(msgspec.Struct, frozen=True):
    """How the voucher stands."""

    voucher_id: int
    order_id: int
    state: vouchers.VoucherState
    uses: int
    used: int
    expires_at: datetime


async def redeem_a_voucher(ground: Ground, ask: RedeemVoucher, once: Once) -> VoucherStands:
    """Raises ShopUnknown for others than the staff, LocationUnknown, VoucherUnknown, and what the rules refuse."""
    return await run_once(ground.db, once, VoucherStands, lambda tx: _redeem(tx, ask))


async def _redeem(tx: Tx, ask: RedeemVoucher) -> VoucherStands:
    await check_staff(tx, ask.shop_id, ask.clerk_id, otherwise=people.ShopUnknown())
    place = await vouchers.open_location(tx, ask.shop_id, ask.location_id)
    voucher, order = await lock_voucher(tx, await vouchers.by_code(tx, tx.keys, ask.code))
    terms = (await vouchers.terms_by_ids(tx, [voucher.terms_id]))[voucher.terms_id]
    vouchers.judge_use(voucher, terms, ask.shop_id, place.id, tx.now, use_n=ask.use_n)
    after = await vouchers.use(tx, voucher, place.id, ask.clerk_id)
    if after.state is vouchers.VoucherState.USED:
        await finish_order(tx, order.id)
    return _stands(after)


async def extend_a_voucher(ground: Ground, ask: ExtendVoucher, once: Once) -> VoucherStands:
    """Raises ShopUnknown for others than the staff, VoucherUnknown, and what the rules refuse."""
    return await run_once(ground.db, once, VoucherStands, lambda tx: _extend(tx, ask))


async def _extend(tx: Tx, ask: ExtendVoucher) -> VoucherStands:
    await check_staff(tx, ask.shop_id, ask.clerk_id, otherwise=people.ShopUnknown())
    voucher, _ = await lock_voucher(tx, await vouchers.get(tx, ask.voucher_id))
    if voucher.shop_id != ask.shop_id:
        raise vouchers.VoucherUnknown
    return _stands(await vouchers.extend(tx, voucher, ask.expires_at))


def _stands(voucher: vouchers.Voucher) -> VoucherStands:
    return VoucherStands(voucher.id, voucher.order_id, voucher.state, voucher.uses, voucher.used, voucher.expires_at)

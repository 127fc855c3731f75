"""What can be done with vouchers. Nothing here commits; an order is locked before its vouchers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.lines import line
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_timers, set_timers
from renqing.trade.vouchers import rules, store
from renqing.trade.vouchers.model import (
    EXPIRE_VOUCHER,
    LOCATION_NAME_CHARACTERS_MAX,
    LOCATION_PLACE_CHARACTERS_MAX,
    LOCATIONS_MAX,
    Issue,
    Location,
    LocationsFull,
    LocationUnknown,
    NewTerms,
    Step,
    Terms,
    Voucher,
    VoucherMoved,
    VoucherState,
    WhyOver,
)


async def open_a_location(tx: Tx, shop_id: int, maker_id: int, name: str, place: str) -> Location:
    """A place where vouchers are redeemed. Raises FieldNotValid, LocationsFull."""
    name = line(name, field="name", most=LOCATION_NAME_CHARACTERS_MAX)
    place = line(place, field="place", most=LOCATION_PLACE_CHARACTERS_MAX)
    if await store.lock_shop(tx, shop_id) >= LOCATIONS_MAX:
        raise LocationsFull(max=LOCATIONS_MAX)
    return await store.insert_location(tx, shop_id, name, place, maker_id)


async def close_a_location(tx: Tx, shop_id: int, location_id: int) -> None:
    """Nothing is redeemed there any more; closing it again is no matter. Raises LocationUnknown."""
    if not await store.close_location(tx, shop_id, location_id):
        raise LocationUnknown


async def set_terms(tx: Tx, new: NewTerms, maker_id: int) -> Terms:
    """A product is a voucher, under these terms from now on. Raises FieldNotValid."""
    places = {one.id for one in await store.locations(tx, new.shop_id) if one.closed_at is None}
    rules.check_terms(new, places, tx.now)
    return await store.insert_terms(tx, new, maker_id)


async def record_sold(tx: Tx, sold: Sequence[tuple[int, Terms]]) -> None:
    """Orders were placed under these terms: they keep them."""
    if sold:
        await store.insert_sold(tx, [(order_id, terms.product_id, terms.id) for order_id, terms in sold])


async def record_returns(tx: Tx, returned: Sequence[tuple[int, int]]) -> None:
    """Orders (order, gift) hold what nobody claimed of gifts: it is their giver's own."""
    await store.insert_returns(tx, returned)


async def issue(tx: Tx, issues: Sequence[Issue], step: Step = "issued") -> list[Voucher]:
    """Lines of locked orders become vouchers with their codes; each has its deadline. Leaves VoucherMoved."""
    if not issues:
        return []
    made = await store.insert_vouchers(tx, issues)
    await set_timers(tx, [Deadline(EXPIRE_VOUCHER, voucher.id, voucher.expires_at) for voucher in made])
    await _tell(tx, made, step)
    return made


async def use(tx: Tx, voucher: Voucher, location_id: int, clerk_id: int) -> Voucher:
    """A use that ``rules.judge_use`` allowed is redeemed. Leaves VoucherMoved."""
    state = rules.state_after_use(voucher)
    over = state is VoucherState.USED
    after = msgspec.structs.replace(
        voucher,
        used=voucher.used + 1,
        state=state,
        why="used" if over else "",
        ended_at=tx.now if over else None,
    )
    await store.insert_use(tx, after, location_id, clerk_id)
    await store.save(tx, after)
    if over:
        await drop_timers(tx, EXPIRE_VOUCHER, [voucher.id])
    await _tell(tx, [after], "redeemed")
    return after


async def end(tx: Tx, voucher: Voucher, why: WhyOver, refunded_amount: int) -> Voucher:
    """What is left of it is over, and this much of it goes back. Leaves VoucherMoved."""
    state = rules.move(voucher, VoucherState.REFUNDED if refunded_amount else VoucherState.EXPIRED)
    after = msgspec.structs.replace(voucher, state=state, why=why, refunded_amount=refunded_amount, ended_at=tx.now)
    await store.save(tx, after)
    await drop_timers(tx, EXPIRE_VOUCHER, [voucher.id])
    await _tell(tx, [after], "refunded" if why == "asked" else "expired")
    return after


async def extend(tx: Tx, voucher: Voucher, until: datetime) -> Voucher:
    """It is good for longer. Leaves VoucherMoved. Raises what ``rules.judge_extension`` refuses."""
    rules.judge_extension(voucher, until, tx.now)
    after = msgspec.structs.replace(voucher, expires_at=until)
    await store.save(tx, after)
    await set_timers(tx, [Deadline(EXPIRE_VOUCHER, voucher.id, until)])
    await _tell(tx, [after], "extended")
    return after


async def _tell(tx: Tx, moved: Sequence[Voucher], step: Step) -> None:
    await leave(
        tx,
        *(
            VoucherMoved(
                subject_id=voucher.order_id,
                order_id=voucher.order_id,
                voucher_id=voucher.id,
                shop_id=voucher.shop_id,
                holder_id=voucher.holder_id,
                payer_id=voucher.payer_id,
                step=step,
                uses_left=voucher.left,
            )
            for voucher in moved
        ),
    )

"""What can be done about lateness. Nothing here commits, and no money moves here."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.trade.lateness import rules, store
from renqing.trade.lateness.model import LatePaid, NewPromise, OrderLatePaid, Promise, PromiseStated


async def state(tx: Tx, shop_id: int, staff_id: int, new: NewPromise, ship_within_hours: int) -> Promise:
    """A shop states what it pays from now on; saying the same again states nothing new. Raises FieldNotValid.

    Leaves PromiseStated.
    """
    rules.check_promise(new, ship_within_hours)
    await store.lock_promises(tx, shop_id)
    before = await store.promise_of(tx, shop_id)
    promise = Promise(
        shop_id=shop_id,
        n=1 if before is None else before.n + 1,
        share_bp=new.share_bp,
        lowest_amount=new.lowest_amount,
        highest_amount=new.highest_amount,
        grace_hours=new.grace_hours,
        within_hours=ship_within_hours + new.grace_hours,
        stated_at=tx.now,
    )
    if before is not None and _says(before) == _says(promise):
        return before
    await store.insert_promise(tx, promise, staff_id)
    fact = PromiseStated(
        subject_id=shop_id,
        shop_id=shop_id,
        n=promise.n,
        share_bp=new.share_bp,
        lowest_amount=new.lowest_amount,
        highest_amount=new.highest_amount,
        grace_hours=new.grace_hours,
    )
    await leave(tx, fact)
    return promise


def _says(promise: Promise) -> tuple[int, ...]:
    return (promise.share_bp, promise.lowest_amount, promise.highest_amount, promise.grace_hours, promise.within_hours)


async def record_paid(tx: Tx, paid: LatePaid, *, payer_id: int, owner_id: int, told_ids: Sequence[int]) -> None:
    """A locked order is paid for, once. Leaves OrderLatePaid."""
    await store.insert_paid(tx, paid)
    fact = OrderLatePaid(
        subject_id=paid.order_id,
        order_id=paid.order_id,
        shop_id=paid.shop_id,
        payer_id=payer_id,
        owner_id=owner_id,
        amount=paid.amount,
        currency=paid.currency,
        told_ids=list(told_ids),
    )
    await leave(tx, fact)

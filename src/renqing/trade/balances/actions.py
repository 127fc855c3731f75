"""What can be done to balances. Nothing here commits, nothing calls a channel, and no money moves here."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.foundation.timers import Deadline, drop_all, set_timers
from renqing.trade.balances import rules, store
from renqing.trade.balances.model import (
    REMIND_BALANCE,
    RETURN_BALANCE,
    Balance,
    BalanceOver,
    BalanceReturned,
    BalanceWaits,
    NewBalance,
    Route,
    Try,
)


async def keep(tx: Tx, new: NewBalance) -> None:
    """A refund becomes a balance; it is tried again in a week and told of again in a month."""
    await store.insert(tx, new)
    again = Deadline(RETURN_BALANCE, new.id, tx.now + rules.TRY_EVERY, errand=True)
    await set_timers(tx, [again, Deadline(REMIND_BALANCE, new.id, tx.now + rules.REMIND_EVERY)])


async def begin_try(tx: Tx, balance: Balance, paid_since: int | None) -> Try:
    """The try of a locked, kept balance that is under way; a new one where none is."""
    under_way = await store.try_of(tx, balance.id)
    if under_way is not None:
        return under_way
    tries = await store.tries_of_round(tx, balance)
    route = rules.next_route(balance, paid_since, [_route(one) for one in tries])
    assert route is not None, "a round that is over is followed by the next"
    return await store.insert_try(tx, balance, route)


def _route(one: Try) -> Route:
    return Route(one.route, one.intent_id)


async def end_try(tx: Tx, balance: Balance, one: Try, paid_since: int | None, *, why: str) -> bool:
    """A try of a locked balance came to nothing. Whether there is another way to try at once; else a new round."""
    await store.set_try_over(tx, one.id, "failed", why)
    tried = [_route(other) for other in await store.tries_of_round(tx, balance)]
    if rules.next_route(balance, paid_since, tried) is not None:
        return True
    await store.set_round(tx, balance, balance.round + 1, balance.named_intent_id)
    return False


async def give(tx: Tx, balance: Balance, one: Try, cause_kind: str) -> None:
    """The channel has given a locked balance back. Leaves BalanceReturned."""
    await store.set_try_over(tx, one.id, "done", "")
    await _over(tx, balance, "returned", cause_kind, one.route)


async def end_by_hand(tx: Tx, balance: Balance, operator_id: int, reason: str, cause_kind: str) -> None:
    """An operator paid a locked balance some other way. Raises BalanceOver, also while a try is under way."""
    if balance.state != "kept":
        raise BalanceOver(state=balance.state)
    if await store.try_of(tx, balance.id) is not None:
        raise BalanceOver(state="on_its_way")
    await _over(tx, balance, "ended", cause_kind, "by_hand", ended_by=operator_id, reason=rules.check_reason(reason))


async def _over(
    tx: Tx, balance: Balance, state: str, cause_kind: str, how: str, *, ended_by: int | None = None, reason: str = ""
) -> None:
    await store.set_over(tx, balance.id, state, ended_by, reason)
    await drop_all(tx, [(RETURN_BALANCE, balance.id), (REMIND_BALANCE, balance.id)])
    fact = BalanceReturned(
        subject_id=balance.order_id,
        balance_id=balance.id,
        refund_id=balance.id,
        order_id=balance.order_id,
        payer_id=balance.person_id,
        amount=balance.amount,
        currency=balance.currency,
        cause_kind=cause_kind,
        how=how,
    )
    await leave(tx, fact)


async def name_route(tx: Tx, balance: Balance, intent_id: int) -> None:
    """Its person says on which account they would have a locked balance; it is tried at once. Raises BalanceOver."""
    if balance.state != "kept":
        raise BalanceOver(state=balance.state)
    named = None if intent_id == balance.intent_id else intent_id
    await store.set_round(tx, balance, balance.round + 1, named)
    await try_now(tx, [balance.id])


async def try_now(tx: Tx, balance_ids: Sequence[int]) -> None:
    """Try these at once, or ask what became of the try that is under way."""
    await set_timers(tx, [Deadline(RETURN_BALANCE, key, tx.now, errand=True) for key in balance_ids])


async def remind(tx: Tx, balance: Balance) -> None:
    """A locked balance that is still kept is told of again, and in a month once more. Leaves BalanceWaits."""
    fact = BalanceWaits(
        subject_id=balance.order_id,
        balance_id=balance.id,
        order_id=balance.order_id,
        payer_id=balance.person_id,
        amount=balance.amount,
        currency=balance.currency,
    )
    await leave(tx, fact)
    await set_timers(tx, [Deadline(REMIND_BALANCE, balance.id, tx.now + rules.REMIND_EVERY)])

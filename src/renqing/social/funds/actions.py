"""What can be done to funds. Orders and funds are locked; nothing here commits, and nothing here moves money."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.outbox import leave
from renqing.social.funds import link_store, rules, store
from renqing.social.funds.model import (
    GUESTS_MAX,
    Contribution,
    Fund,
    FundCrowded,
    FundEnded,
    FundJoined,
    FundOver,
    FundStarted,
    Part,
)


async def start(tx: Tx, fund: Fund, guest_ids: Sequence[int], told_ids: Sequence[int]) -> None:
    """A fund whose order waits for it. Leaves FundStarted."""
    await store.insert_fund(tx, fund, guest_ids)
    fact = FundStarted(subject_id=fund.id, fund_id=fund.id, starter_id=fund.starter_id, told_ids=sorted(told_ids))
    await leave(tx, fact)


async def reserve(tx: Tx, fund: Fund, person_id: int, amount: int, *, capped: bool) -> Contribution:
    """Set aside what somebody is about to pay. Raises FundOver, FundSpokenFor, FieldNotValid."""
    taken = rules.share_to_take(fund, amount, tx.now, capped=capped)
    one = Contribution(tx.ids.new(), fund.id, person_id, taken, "open", tx.now)
    await store.insert_contribution(tx, one)
    await store.write(tx, msgspec.structs.replace(fund, pending=fund.pending + taken))
    return one


async def take(tx: Tx, fund: Fund, one: Contribution) -> Fund:
    """What was set aside is paid; with the last the fund is full. Answers it as it stands. Leaves FundJoined."""
    assert fund.state == one.state == "open", "what was set aside is paid once, while the fund is open"
    paid = fund.paid + one.amount
    is_full = paid == fund.target
    now: datetime | None = tx.now if is_full else None
    state: Literal["full", "open"] = "full" if is_full else "open"
    after = msgspec.structs.replace(fund, paid=paid, pending=fund.pending - one.amount, state=state, ended_at=now)
    await store.set_state(tx, [one.id], "paid")
    await store.write(tx, after)
    fact = FundJoined(subject_id=fund.id, fund_id=fund.id, starter_id=fund.starter_id, person_id=one.person_id)
    await leave(tx, fact)
    if is_full:
        payers = {each.person_id for each in await store.paid_contributions(tx, fund.id)}
        await leave(tx, _ended(after, payers))
    return after


async def set_over(tx: Tx, funds: dict[int, Fund], lapsed: Sequence[Contribution]) -> None:
    """Nobody pays these any more: what was set aside for them is there again."""
    for one in lapsed:
        fund = funds[one.fund_id]
        funds[fund.id] = msgspec.structs.replace(fund, pending=fund.pending - one.amount)
        await store.write(tx, funds[fund.id])
    if lapsed:
        await store.set_state(tx, [one.id for one in lapsed], "over")


async def end(tx: Tx, fund: Fund, state: Literal["short", "called_off"]) -> None:
    """An open fund ends before it is full: what is paid is returned by the caller. Leaves FundEnded."""
    found = await store.contributions_of(tx, [fund.id])
    paid = [one for one in found if one.state == "paid"]
    await store.set_state(tx, [one.id for one in found if one.state == "open"], "over")
    await store.set_state(tx, [one.id for one in paid], "returned")
    after = msgspec.structs.replace(fund, pending=0, state=state, ended_at=tx.now)
    await store.write(tx, after)
    await leave(tx, _ended(after, {one.person_id for one in paid}))


async def open_link(tx: Tx, fund: Fund) -> None:
    """A new link for a locked fund, which ends the one before. Raises FundOver."""
    if fund.state != "open":
        raise FundOver(reason=fund.state)
    await link_store.put_link(tx, fund.id, tx.ids.token())


async def close_link(tx: Tx, fund: Fund) -> None:
    """Nobody joins a locked fund by a link any more."""
    await link_store.delete_link(tx, fund.id)


async def join(tx: Tx, fund: Fund, person_id: int) -> None:
    """Somebody is asked by the link of a locked fund, once. Raises FundOver, FundCrowded."""
    if await store.is_guest(tx, fund.id, person_id):
        return
    if not rules.is_open(fund, tx.now):
        raise FundOver(reason=fund.state if fund.state != "open" else "short")
    if len(await store.guests_of(tx, fund.id)) >= GUESTS_MAX:
        raise FundCrowded(max=GUESTS_MAX)
    await link_store.add_guest(tx, fund.id, person_id)


async def return_parts(tx: Tx, parts: Sequence[Part]) -> None:
    """What of a gift's refund goes back to whom, kept for ever."""
    await store.insert_parts(tx, parts)


async def forget(tx: Tx, person_id: int) -> None:
    """Nothing is left of whom somebody was asked with."""
    await store.forget(tx, person_id)


def _ended(fund: Fund, payer_ids: set[int]) -> FundEnded:
    told = sorted(payer_ids | {fund.starter_id})
    about = {"subject_id": fund.id, "fund_id": fund.id, "starter_id": fund.starter_id}
    return FundEnded(**about, state=fund.state, told_ids=told)

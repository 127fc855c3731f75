"""Several people give one thing together: one of them starts it, and everybody pays a share.

Starting: a gift is wrapped as any other, with its goods held and its price fixed, and its order waits for payment until
the deadline; what pays it is the fund's own account. Its starter has the shop's card written and the thing engraved, as
with any gift, or leaves the engraving to who gets it. Who may take part are the members of a group of the starter's, or
people near them; never who it is for. Putting in: under the fund's lock what somebody is about to pay is set aside,
never more than is missing, and they go to the cashier as for an order; the payments' journey takes it from there.
Calling it off closes the order, and everybody's share goes back (``close_unpaid_orders``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.books import people
from renqing.foundation.database import Database, Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.close_unpaid_orders import close_now
from renqing.journeys.engrave_a_gift import judged_engraving
from renqing.journeys.give_a_gift import GiveAGift, check_near, give_in
from renqing.journeys.moderate import Held, suspected
from renqing.journeys.write_a_card import judged_card
from renqing.social import funds, holds, wrappings
from renqing.social.moderation.ports import Moderator
from renqing.trade import orders, payments


class StartAFund(msgspec.Struct, frozen=True):
    """The gift, without a channel, and who is asked until when."""

    gift: GiveAGift
    ends_at: datetime
    group_id: int | None = None
    guest_ids: tuple[int, ...] = ()
    hides_sums: bool = False
    hides_names: bool = False


class FundBegun(msgspec.Struct, frozen=True):
    """The fund waits for shares. Its id is its order's; ``target`` in minor units of ``currency``."""

    order_id: int
    gift_id: int
    intent_id: int
    target: int
    currency: str


class PutIn(msgspec.Struct, frozen=True):
    """Somebody's share. ``capped``: or what is missing, where that is less."""

    person_id: int
    fund_id: int
    amount: int
    channel: str
    capped: bool = False


class SharePrepared(msgspec.Struct, frozen=True):
    """So much is set aside until then: pay it as an order of this number."""

    contribution_id: int
    fund_id: int
    amount: int
    currency: str
    pay_by: datetime


class CallOff(msgspec.Struct, frozen=True):
    """The starter ends it."""

    starter_id: int
    fund_id: int


class CalledOff(msgspec.Struct, frozen=True):
    """Everybody's share is on its way back."""

    fund_id: int


async def start_a_fund(ground: Ground, ask: StartAFund, once: Once, moderator: Moderator | None = None) -> FundBegun:
    """Raises what forbids the gift, GroupUnknown, RecipientNotReachable for guests who are not near, FieldNotValid."""
    asked = wrappings.check_extras(ask.gift.extras)
    held = await suspected(ground, moderator, ask.gift.greeting.strip(), asked)
    card = await judged_card(ground, moderator, ask.gift.card)
    engraving = await judged_engraving(ground, moderator, ask.gift.engraving)
    gift = msgspec.structs.replace(ask.gift, card=card, engraving=engraving)
    ask = msgspec.structs.replace(ask, gift=gift)
    return await run_once(ground.db, once, FundBegun, lambda tx: _start(ground, tx, ask, held))


async def _start(ground: Ground, tx: Tx, ask: StartAFund, held: Held) -> FundBegun:
    starter, recipient = ask.gift.giver_id, ask.gift.recipient_id
    funds.check_end(ask.ends_at, tx.now, ground.policy.fund_days_max)
    guests = funds.check_guests(ask.guest_ids, ask.group_id, starter, recipient)
    if ask.group_id is not None:
        group = await people.get_group(tx, ask.group_id, starter)
        told = [one for one in await people.members(tx, group.id) if one not in (starter, recipient)]
    else:
        await check_near(tx, starter, tuple(guests))
        told = guests
    gift = msgspec.structs.replace(ask.gift, channel=funds.FUND, pay_by=ask.ends_at)
    prepared = await give_in(ground, tx, gift, held)
    if (await orders.get(tx, prepared.order_id)).by_voucher:  # an unclaimed one may become its giver's own
        raise FieldNotValid(field="sku_id", reason="voucher_together")
    fund = funds.Fund(
        id=prepared.order_id,
        gift_id=prepared.gift_id,
        starter_id=starter,
        recipient_id=recipient,
        group_id=ask.group_id,
        target=prepared.total,
        currency=prepared.currency,
        paid=0,
        pending=0,
        hides_sums=ask.hides_sums,
        hides_names=ask.hides_names,
        state="open",
        ends_at=ask.ends_at,
        made_at=tx.now,
    )
    await funds.start(tx, fund, guests, told)
    return FundBegun(fund.id, fund.gift_id, prepared.intent_id, fund.target, fund.currency)


async def may_join(db: Database | Tx, fund: funds.Fund, person_id: int) -> bool:
    """Whether somebody takes part: the starter and who is asked; never who it is for, nor who is blocked."""
    asked = await funds.is_guest(db, fund.id, person_id)
    if fund.group_id is not None:
        asked = asked or bool(await people.members_among(db, [(fund.group_id, person_id)]))
    blocked = await people.either_blocks(db, person_id, fund.starter_id)
    return funds.takes_part(fund, person_id, is_asked=asked, is_blocked=blocked)


async def put_in(ground: Ground, ask: PutIn, once: Once) -> SharePrepared:
    """Raises FundUnknown, FundOver, FundSpokenFor, OnHold, FieldNotValid for nothing and for more than is missing."""
    return await run_once(ground.db, once, SharePrepared, lambda tx: _put_in(ground, tx, ask))


async def _put_in(ground: Ground, tx: Tx, ask: PutIn) -> SharePrepared:
    fund = (await funds.lock(tx, [ask.fund_id])).get(ask.fund_id)
    if fund is None or not await may_join(tx, fund, ask.person_id):
        raise funds.FundUnknown
    await holds.check_free(tx, ask.person_id, "pay")
    one = await funds.reserve(tx, fund, ask.person_id, ask.amount, capped=ask.capped)
    pay_by = min(fund.ends_at, tx.now + timedelta(minutes=ground.policy.pay_within_minutes))
    intent = payments.NewIntent(
        id=tx.ids.new(),
        order_id=one.id,
        payer_id=one.person_id,
        channel=ask.channel,
        currency=fund.currency,
        amount=one.amount,
        pay_by=pay_by,
    )
    await payments.open_intents(tx, [intent])
    return SharePrepared(one.id, fund.id, one.amount, fund.currency, pay_by)


async def call_off(ground: Ground, ask: CallOff, once: Once) -> CalledOff:
    """Raises FundUnknown for others than the starter, FundOver."""
    return await run_once(ground.db, once, CalledOff, lambda tx: _call_off(ground, tx, ask))


async def _call_off(ground: Ground, tx: Tx, ask: CallOff) -> CalledOff:
    locked = await orders.lock_many(tx, [ask.fund_id])
    fund = (await funds.lock(tx, [ask.fund_id])).get(ask.fund_id)
    if fund is None or fund.starter_id != ask.starter_id:
        raise funds.FundUnknown
    if fund.state != "open":
        raise funds.FundOver(reason=fund.state)
    await close_now(ground, tx, [locked[fund.id]], "cancelled")
    return CalledOff(fund.id)

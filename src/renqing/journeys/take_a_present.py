"""Somebody takes what a shop gives, and says where to send it.

One transaction, told for many at once: the activities are locked; for each ask the rules decide under the lock and by
our clock whether a piece can be taken now; whether the asker is among those it is for; whether they have one already
(then that is their answer: nobody has two); the address is opened and the shop asked whether it delivers there.
Winners: a piece of what was set aside is held for their order instead, the order is placed without a payment (nobody
is charged, and no entry of the ledger is made), and waits for the shop as any other. With the last piece the activity
is over. Who comes too late hears that it is over, and nothing has moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import msgspec

from renqing.books import catalog, people, stock
from renqing.foundation import crash
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, remember, told_before
from renqing.journeys.check_out import destination_of, line_of
from renqing.journeys.open_a_gift import kept_from
from renqing.social import activities, gifts
from renqing.social.activities import Activity, Present
from renqing.trade import orders, shipping


class TakeAPresent(msgspec.Struct, frozen=True):
    """Of which activity, by its link's code, and where to send it."""

    person_id: int
    code: str
    address_id: int


class PresentTaken(msgspec.Struct, frozen=True):
    """It is yours; this is its order."""

    activity_id: int
    order_id: int


class _Table(msgspec.Struct):
    """What a batch of asks is judged on: everything that is locked or was read, and what the batch has won so far."""

    activity_of: dict[int, Activity]
    has: dict[tuple[int, int], Present]
    invited: dict[tuple[int, int], bool]
    addresses: dict[tuple[int, int], people.Address]
    quotes: dict[tuple[int, int], shipping.Quote]
    offers: dict[int, catalog.Offer]
    kept: dict[int, gifts.CannotReceive]
    won: list[tuple[Present, people.Address]] = []


async def take_presents(ground: Ground, asks: Sequence[tuple[TakeAPresent, Once]]) -> list[PresentTaken | Exception]:
    """For each ask the order it became, or the refusal.

    PresentNotAvailable, PresentNotForYou, PresentNotYet, PresentPaused, PresentGone, AddressUnknown, GiftUndeliverable.
    """
    return await ground.db.run(lambda tx: _story(tx, asks))


async def _story(tx: Tx, asks: Sequence[tuple[TakeAPresent, Once]]) -> list[PresentTaken | Exception]:
    answers = await told_before(tx, [once for _, once in asks], PresentTaken)
    fresh = {place: ask for place, (ask, _) in enumerate(asks) if place not in answers}
    named = await activities.by_codes(tx, [ask.code for ask in fresh.values()])
    answers |= {place: activities.PresentNotAvailable() for place, ask in fresh.items() if ask.code not in named}
    found = {place: (ask, named[ask.code].id) for place, ask in fresh.items() if ask.code in named}
    table = await _set_table(tx, list(found.values()))
    taken: dict[int, PresentTaken] = {}
    for place, (ask, activity_id) in found.items():
        try:
            taken[place] = _judge(tx, table, ask, activity_id)
        except Refusal as refusal:
            answers[place] = refusal
    await _give(tx, table)
    await remember(tx, [(asks[place][1], msgspec.json.encode(answer).decode()) for place, answer in taken.items()])
    answers |= taken
    crash.point("present_taken")
    return [answers[place] for place in range(len(asks))]


async def _set_table(tx: Tx, asked: Sequence[tuple[TakeAPresent, int]]) -> _Table:
    """Lock what is asked for, and read what judging it needs: one statement each, however many asks there are."""
    kept = await kept_from(tx, [ask.person_id for ask, _ in asked])
    locked = await activities.lock_many(tx, [activity_id for _, activity_id in asked])
    pairs = [(activity_id, ask.person_id) for ask, activity_id in asked]
    addresses = await people.open_addresses(tx, [(ask.person_id, ask.address_id) for ask, _ in asked]) if asked else {}
    offers = await catalog.offers(tx, sorted({activity.sku_id for activity in locked.values()}))
    routes = list(
        dict.fromkeys(
            (locked[activity_id].shop_id, addresses[ask.person_id, ask.address_id].region_code)
            for ask, activity_id in asked
            if (ask.person_id, ask.address_id) in addresses
        )
    )
    quotes = await shipping.quotes(tx, [shipping.QuoteAsk(*route, 0) for route in routes]) if routes else []
    return _Table(
        activity_of=locked,
        has=await activities.presents_among(tx, pairs),
        invited=await invited_among(tx, locked, pairs),
        addresses=addresses,
        quotes=dict(zip(routes, quotes, strict=True)),
        offers=offers,
        kept=kept,
    )


async def invited_among(
    tx: Tx, activity_of: dict[int, Activity], pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bool]:
    """Of these (activity, person) whom the activity is for; who works for the shop is none of them."""

    def of(audience: activities.Audience) -> list[tuple[Activity, int]]:
        there = [(activity_of[activity_id], person_id) for activity_id, person_id in pairs]
        return [(activity, person_id) for activity, person_id in there if activity.audience == audience]

    shops = [(activity_of[activity_id].shop_id, person_id) for activity_id, person_id in pairs]
    staff = await people.staff_among(tx, shops) if shops else set()
    customers = await orders.customers_among(tx, [(one.shop_id, person) for one, person in of("customers")])
    groups = [(one.group_id or 0, person) for one, person in of("group")]
    members = await people.members_among(tx, groups) if groups else set()
    named = [(one.id, person) for one, person in (*of("chosen"), *of("cards"))]
    guests = await activities.guests_among(tx, named)
    return {
        (activity_id, person_id): (activity_of[activity_id].shop_id, person_id) not in staff
        and _is_for(activity_of[activity_id], person_id, customers, members, guests)
        for activity_id, person_id in pairs
    }


def _is_for(
    activity: Activity,
    person_id: int,
    customers: set[tuple[int, int]],
    members: set[tuple[int, int]],
    guests: set[tuple[int, int]],
) -> bool:
    match activity.audience:
        case "link":
            return True
        case "customers":
            return (activity.shop_id, person_id) in customers
        case "group":
            return (activity.group_id or 0, person_id) in members
        case "chosen" | "cards":
            return (activity.id, person_id) in guests
        case never:
            assert_never(never)


def _judge(tx: Tx, table: _Table, ask: TakeAPresent, activity_id: int) -> PresentTaken:
    """What this ask wins, or has won already. Raises what refuses it."""
    pair = (activity_id, ask.person_id)
    known = table.has.get(pair)
    if known is not None:
        return PresentTaken(activity_id, known.order_id)
    activity = table.activity_of[activity_id]
    if not table.invited[pair]:
        raise activities.PresentNotForYou
    activities.judge_take(activity, tx.now)
    if ask.person_id in table.kept:
        raise table.kept[ask.person_id]
    address = table.addresses.get((ask.person_id, ask.address_id))
    if address is None:
        raise people.AddressUnknown
    if not table.quotes[activity.shop_id, address.region_code].delivers:
        raise gifts.GiftUndeliverable(region=address.region_name)
    present = Present(activity_id, activity.taken + 1, ask.person_id, tx.ids.new())
    table.activity_of[activity_id] = activities.after_take(activity, tx.now)
    table.has[pair] = present
    table.won.append((present, address))
    return PresentTaken(activity_id, present.order_id)


async def _give(tx: Tx, table: _Table) -> None:
    """Write what was won: a piece held for each order instead of for the activity, the orders, the presents."""
    if not table.won:
        return
    pieces: dict[int, int] = {}
    for present, _ in table.won:
        pieces[present.activity_id] = pieces.get(present.activity_id, 0) + 1
    sku_of = {activity_id: table.activity_of[activity_id].sku_id for activity_id in pieces}
    await stock.let_go(tx, [(activity_id, sku_of[activity_id], count) for activity_id, count in pieces.items()])
    asks = [stock.HoldAsk(present.order_id, ((sku_of[present.activity_id], 1),)) for present, _ in table.won]
    assert not any(await stock.hold(tx, asks)), "what an activity let go is there for its orders"
    await orders.place(tx, [_order(tx, table, present, address) for present, address in table.won])
    after = [table.activity_of[activity_id] for activity_id in pieces]
    await activities.take(tx, [present for present, _ in table.won], after)


def _order(tx: Tx, table: _Table, present: Present, address: people.Address) -> orders.NewOrder:
    activity = table.activity_of[present.activity_id]
    offer = table.offers[activity.sku_id]
    line = msgspec.structs.replace(line_of(offer, 1, 1), unit_price=0, amount=0)
    return orders.NewOrder(
        id=present.order_id,
        shop_id=activity.shop_id,
        payer_id=present.person_id,
        purpose="present",
        currency=offer.currency,
        lines=(line,),
        freight_amount=0,
        fee_ppm=0,
        pay_by=tx.now,
        destination=destination_of(address),
    )

"""An operator's desk: what is stuck, what is doubtful, and every entry with all that its cause moved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from counter import answer, ask_for, buy, channel_refunds, gift_to, receive, ship
from town import Town, build_town, give_paid, hears, place

from renqing.books import people
from renqing.foundation.errors import NotFound
from renqing.foundation.ground import Ground
from renqing.journeys.take_a_payment import take_payments
from renqing.views.operator_desk import (
    operator_callbacks,
    operator_doubts,
    operator_morning,
    operator_outbox,
    operator_timers,
)
from renqing.views.operator_ledger import AccountUnknown, EntryUnknown, ledger_account, ledger_accounts, ledger_entry


@pytest.fixture
async def town(ground: Ground) -> Town:
    town = await build_town(ground)
    await ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.cai, people.Role.OPERATOR))
    return town


async def test_accounts_sum_to_nothing(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    await buy(town, town.bo, town.dear)
    page = await ledger_accounts(town.ground, town.cai)
    balances = {(a.owner_kind, a.kind, a.owner): a.balance for a in page.accounts if a.balance}
    assert balances == {
        ("channel", "clearing", ""): -32800,
        ("platform", "escrow", ""): 19900,
        ("platform", "fee", ""): 645,
        ("shop", "balance", "山茶铺"): 12255,
    }
    assert [(total.currency, total.sum) for total in page.totals] == [("CNY", 0)]
    shops = await ledger_accounts(town.ground, town.cai, "shop")
    assert [account.owner_id for account in shops.accounts] == [town.shop_id]
    statement = await ledger_account(town.ground, town.cai, shops.accounts[0].id)
    assert [(line.kind, line.amount, line.balance_after) for line in statement.lines] == [
        ("order_settled", 12255, 12255)
    ]


async def test_accounts_and_statements_turn_their_pages(town: Town) -> None:
    for person in (town.an, town.bo):
        await buy(town, person, town.red)
    seen: list[int] = []
    after = None
    while True:
        page = await ledger_accounts(town.ground, town.cai, after=after, limit=2)
        seen += [account.id for account in page.accounts]
        after = page.next_after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 4  # clearing, escrow, two persons
    mine = next(a for a in (await ledger_accounts(town.ground, town.cai, "person")).accounts if a.owner == "安")
    first = await ledger_account(town.ground, town.cai, mine.id, limit=1)
    rest = await ledger_account(town.ground, town.cai, mine.id, first.next_after, limit=1)
    assert [line.amount for line in first.lines + rest.lines] == [-12900, 12900]
    assert rest.next_after is None


async def test_an_entry_shows_everything_that_its_cause_moved(town: Town) -> None:
    order_id = await gift_to(town, town.an, town.bo, town.red)
    await ship(town, order_id)
    case = await ask_for(town, town.bo, order_id)
    await answer(town, case.case_id)
    await channel_refunds(town, order_id)
    entry_id = await town.ground.db.fetchval("SELECT id FROM ledger_entry WHERE kind = 'refund'")
    page = await ledger_entry(town.ground, town.cai, entry_id)
    assert (page.entry.cause_id, page.entry.moved, page.entry.actor_id) == (order_id, 12900, town.owner_id)
    assert sum(posting.amount for posting in page.postings) == 0
    assert [(posting.kind, posting.amount) for posting in page.postings] == [
        ("escrow", -12900),
        ("balance", 12900),
        ("balance", -12900),
        ("refunds_due", 12900),
    ]
    assert [entry.kind for entry in page.entries] == ["order_paid", "refund", "refund_done"]
    what = [thing.what for thing in page.moved]
    for one in ("payment", "stock", "parcel", "aftersale", "refund", "fact"):
        assert one in what
    stock = next(thing for thing in page.moved if thing.what == "stock")
    assert stock.facts == {"sku_id": town.red, "quantity": -1, "reason": "shipped"}


async def test_timers_are_counted_by_kind(town: Town) -> None:
    for _ in range(3):
        await give_paid(town, town.an, town.bo, town.red)
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    page = await operator_timers(town.ground, town.cai)
    assert {kind.kind: (kind.waiting, kind.overdue, kind.set_aside) for kind in page.kinds} == {
        "expire_gift": (3, 0, 0),
        "remind_gift": (3, 0, 0),
        "receive_order": (1, 0, 0),
    }
    assert (page.set_aside, page.overdue) == ([], [])
    town.ground.clock.move(timedelta(days=1, seconds=31))
    page = await operator_timers(town.ground, town.cai)
    assert {kind.kind: kind.overdue for kind in page.kinds} == {
        "expire_gift": 3,
        "remind_gift": 3,
        "receive_order": 0,
    }
    assert len(page.overdue) == 6
    await town.ground.db.run(lambda tx: tx.execute("UPDATE timer SET set_aside_at = $1, last_error = 'x'", tx.now))
    page = await operator_timers(town.ground, town.cai)
    assert ([row.last_error for row in page.set_aside], page.overdue) == (["x"] * 7, [])
    morning = await operator_morning(town.ground, town.cai)
    assert (morning.set_aside, morning.overdue) == (7, 0)


async def test_facts_that_failed_are_seen(town: Town) -> None:
    before = await operator_outbox(town.ground, town.cai)
    assert (before.set_aside, before.waiting) == (0, len(before.rows))
    fact = before.rows[0]
    await town.ground.db.run(
        lambda tx: tx.execute(
            "UPDATE outbox_fact SET set_aside_at = $2, last_error = 'boom' WHERE id = $1", fact.id, tx.now
        )
    )
    after = await operator_outbox(town.ground, town.cai)
    assert (after.set_aside, after.waiting) == (1, before.waiting - 1)
    assert (after.rows[0].id, after.rows[0].last_error) == (fact.id, "boom")


async def test_callbacks_in_quarantine_and_doubts_are_seen(town: Town) -> None:
    placed = await place(town, town.an, town.red)
    await take_payments(town.ground, [hears(placed.intent_id, placed.total + 1)])
    callbacks = await operator_callbacks(town.ground, town.cai)
    assert [(row.intent_id, row.order_id) for row in callbacks] == [(placed.intent_id, placed.order_id)]
    assert callbacks[0].why
    order = await buy(town, town.an, town.red)
    await answer(town, (await ask_for(town, town.an, order.order_id)).case_id)
    doubts = await operator_doubts(town.ground, town.cai)
    assert [(doubt.what, doubt.order_id, doubt.amount) for doubt in doubts] == [("refund", order.order_id, 12900)]
    town.ground.clock.move(timedelta(minutes=1))
    morning = await operator_morning(town.ground, town.cai, timedelta(hours=8))
    assert (morning.quarantined, morning.doubts, morning.out_of_balance) == (1, 1, 0)
    assert (morning.orders_today, morning.amount_today, morning.shops, morning.people) == (1, 12900, 1, 5)
    await channel_refunds(town, order.order_id)
    assert await operator_doubts(town.ground, town.cai) == []


async def test_nobody_else_sees_an_operators_desk(town: Town) -> None:
    await buy(town, town.an, town.red)
    entry_id = await town.ground.db.fetchval("SELECT id FROM ledger_entry")
    account_id = await town.ground.db.fetchval("SELECT min(id) FROM ledger_account")
    for person in (town.an, town.owner_id, town.stranger, 0):
        for story in (
            operator_morning(town.ground, person),
            operator_timers(town.ground, person),
            operator_outbox(town.ground, person),
            operator_callbacks(town.ground, person),
            operator_doubts(town.ground, person),
            ledger_accounts(town.ground, person),
            ledger_account(town.ground, person, account_id),
            ledger_entry(town.ground, person, entry_id),
        ):
            with pytest.raises(NotFound):
                await story
    with pytest.raises(AccountUnknown):
        await ledger_account(town.ground, town.cai, 424242)
    with pytest.raises(EntryUnknown):
        await ledger_entry(town.ground, town.cai, 424242)

"""Money goes back once a cause, by the books or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from counter import books, books_are_right, buy, receive, ship
from town import Town, build_town, snapshot

from renqing.books import ledger
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.give_money_back import give_money_back
from renqing.trade import orders, payments


@pytest.fixture
async def town(ground: Ground) -> AsyncIterator[Town]:
    """The town; after each story every total still follows from first records."""
    yield await build_town(ground)
    await books_are_right(ground)


async def give_back(town: Town, order_id: int, amount: int, **asked: Any) -> payments.Refund:
    """One piece of the first line, for a cause of the test's."""

    async def story(tx: Tx) -> payments.Refund:
        order = await orders.get(tx, order_id)
        pieces = {"line_n": 1, "quantity": 1, "returned": False, **asked}
        return await give_money_back(tx, order, amount, cause_kind="test", cause_id=7, reason="碎了", **pieces)

    return await town.ground.db.run(story)


async def test_one_cause_gives_money_back_once(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    first = await give_back(town, order.order_id, 12_900)
    before = await snapshot(town.ground)
    assert before["stock"][0] == (town.red, 10, 1)
    assert await give_back(town, order.order_id, 12_900) == first
    assert await snapshot(town.ground) == before
    assert await books(town) == {"clearing": (-25_800, 0), "escrow": (12_900, 0), "refunds_due": (12_900, 0)}


async def test_what_a_shop_has_no_more_does_not_go_back(town: Town) -> None:
    """The order was settled and the shop's money is set aside for something else: nothing moves, the shop is named."""
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    account = ledger.shop_balance(town.shop_id, "CNY")
    (balance, _) = await ledger.balance_of(town.ground.db, account)
    await town.ground.db.run(lambda tx: ledger.hold(tx, account, balance, "test", 1))
    before = await snapshot(town.ground)
    with pytest.raises(ledger.FundsShort) as short:
        await give_back(town, order.order_id, 12_900, returned=True)
    assert short.value.facts == {"account": f"shop:{town.shop_id}"}
    assert await snapshot(town.ground) == before
    await town.ground.db.run(lambda tx: ledger.release_hold(tx, "test", 1))

"""Stock: what a batch holds is what one by one would hold, and a hold ends once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interleaving import Paused, one_after_the_other, until_blocked
from town import Town, build_town

from renqing.books import stock
from renqing.books.stock import HoldAsk, StockRanOut
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotNow
from renqing.foundation.ground import Ground
from renqing.views.check import check

ORDER = 900  # the rooms do not know each other: an order is a number here


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def hold(ground: Ground, *asks: tuple[int, dict[int, int]]) -> list[int | None]:
    """For each ask the sku that ran out, or None."""
    said = [HoldAsk(order, tuple(lines.items())) for order, lines in asks]
    verdicts = await ground.db.run(lambda tx: stock.hold(tx, said))
    return [None if verdict is None else verdict.facts["sku_id"] for verdict in verdicts]


async def levels(town: Town, *skus: int) -> list[tuple[int, int]]:
    known = await stock.levels(town.ground.db, skus)
    return [known[sku] for sku in skus]


async def holds_of(town: Town, order_id: int) -> list[tuple[int, int, str]]:
    rows = await town.ground.db.fetch(
        "SELECT sku_id, quantity, state FROM stock_hold WHERE order_id = $1 ORDER BY id", order_id
    )
    return [(row["sku_id"], row["quantity"], row["state"]) for row in rows]


async def is_sound(town: Town) -> bool:
    return (await check(town.ground, ["S1", "S2", "S6"])).is_clean


# what one by one would hold ------------------------------------------------------------------------------------------
@dataclass
class Model:
    """Free pieces as a counter: asks are judged one by one."""

    free: Counter[int] = field(default_factory=Counter)

    def hold(self, lines: dict[int, int]) -> set[int]:
        """The skus that ran out; held whole where there are none."""
        short = {sku for sku, quantity in lines.items() if quantity > self.free[sku]}
        if not short:
            self.free.subtract(lines)
        return short


BASKETS = st.lists(
    st.dictionaries(st.integers(0, 4), st.integers(1, 6), min_size=1, max_size=4), min_size=1, max_size=25
)


class Over(NotNow):
    """Takes an example back."""


@given(baskets=BASKETS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_batch_holds_what_one_by_one_would(town: Town, baskets: list[dict[int, int]]):
    """Four skus with 10 pieces each, and one that never had any."""
    skus = [town.red, town.blue, town.dear, town.ring, 404]

    async def story(tx: Tx) -> None:
        model = Model(Counter(dict.fromkeys(skus[:4], 10)))
        asks = [
            HoldAsk(number, tuple((skus[n], quantity) for n, quantity in basket.items()))
            for number, basket in enumerate(baskets)
        ]
        for ask, verdict in zip(asks, await stock.hold(tx, asks), strict=True):
            before = model.free.copy()
            short = model.hold(dict(ask.lines))
            assert (verdict is None) == (not short)
            if verdict is not None:
                assert dict(ask.lines)[verdict.facts["sku_id"]] > before[verdict.facts["sku_id"]]
        assert await stock.available(tx, skus) == {sku: model.free[sku] for sku in skus}
        raise Over

    with pytest.raises(Over):
        await town.ground.db.run(story)


async def test_a_crowd_at_the_last_piece_is_judged_in_one_batch(town: Town):
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 9, "test", 1))
    verdicts = await hold(town.ground, *((order, {town.red: 1}) for order in range(512)))
    assert verdicts == [None] + [town.red] * 511
    assert await levels(town, town.red) == [(1, 1)]


async def test_an_order_is_held_whole_or_not_at_all(town: Town):
    assert await hold(town.ground, (1, {town.red: 1, town.blue: 11}), (2, {town.red: 10})) == [town.blue, None]
    assert await levels(town, town.red, town.blue) == [(10, 10), (10, 0)]
    assert await holds_of(town, 1) == []
    assert await hold(town.ground) == []


async def test_of_two_orders_the_one_that_is_named_first_is_served_whatever_their_numbers(town: Town):
    assert await hold(town.ground, (2, {town.red: 10}), (1, {town.red: 1})) == [None, town.red]
    assert (await holds_of(town, 2), await holds_of(town, 1)) == ([(town.red, 10, "live")], [])


# one hold, one end ---------------------------------------------------------------------------------------------------
async def test_released_stock_is_free_again_and_only_once(town: Town):
    await hold(town.ground, (1, {town.red: 3, town.blue: 2}), (2, {town.red: 1}))
    assert await town.ground.db.run(lambda tx: stock.release(tx, [1])) == 2
    assert await town.ground.db.run(lambda tx: stock.release(tx, [1])) == 0
    assert await levels(town, town.red, town.blue) == [(10, 1), (10, 0)]
    assert await holds_of(town, 1) == [(town.red, 3, "released"), (town.blue, 2, "released")]
    assert await is_sound(town)


async def test_what_is_shipped_leaves_hand_and_hold_together(town: Town):
    await hold(town.ground, (ORDER, {town.red: 3}))
    await town.ground.db.run(lambda tx: stock.take(tx, ORDER, [(town.red, 2)]))
    assert await levels(town, town.red) == [(8, 1)]
    assert await holds_of(town, ORDER) == [(town.red, 2, "taken"), (town.red, 1, "live")]
    await town.ground.db.run(lambda tx: stock.take(tx, ORDER, [(town.red, 1)]))
    assert await levels(town, town.red) == [(7, 0)]
    assert await holds_of(town, ORDER) == [(town.red, 2, "taken"), (town.red, 1, "taken")]
    moved = await town.ground.db.fetchval("SELECT sum(quantity) FROM stock_movement WHERE reason = 'shipped'")
    assert moved == -3
    assert await is_sound(town)


async def test_of_orders_that_hold_the_same_each_ends_its_own_and_many_at_once_end_them_all(town: Town):
    run = town.ground.db.run
    await hold(
        town.ground, (1, {town.red: 2}), (2, {town.red: 2}), (3, {town.red: 1, town.blue: 1}), (4, {town.red: 1})
    )
    await run(lambda tx: stock.take(tx, 1, [(town.red, 2)]))
    assert await holds_of(town, 2) == [(town.red, 2, "live")]
    assert await levels(town, town.red) == [(8, 4)]
    assert await run(lambda tx: stock.release(tx, [3, 4])) == 3
    assert await levels(town, town.red, town.blue) == [(8, 2), (10, 0)]
    await hold(town.ground, (5, {town.red: 1}))
    await run(lambda tx: stock.take_many(tx, [(2, 2, town.red, 2), (5, 5, town.red, 1)]))
    assert await levels(town, town.red) == [(5, 0)]
    assert await is_sound(town)


async def test_the_parts_of_an_order_ship_what_the_whole_of_it_holds(town: Town):
    run = town.ground.db.run
    await hold(town.ground, (ORDER, {town.red: 4}))
    await run(lambda tx: stock.take(tx, 1, [(town.red, 1)], held_for=ORDER))
    await run(lambda tx: stock.take_many(tx, [(2, ORDER, town.red, 1), (3, ORDER, town.red, 2)]))
    assert await levels(town, town.red) == [(6, 0)]
    shipped = await town.ground.db.fetch(
        "SELECT cause_id, quantity FROM stock_movement WHERE reason = 'shipped' ORDER BY cause_id"
    )
    assert [tuple(row.values()) for row in shipped] == [(1, -1), (2, -1), (3, -2)]
    assert await is_sound(town)


@pytest.mark.parametrize("lines", [[("red", 4)], [("blue", 1)], [("red", 1), ("blue", 1)]])
async def test_nothing_is_shipped_that_is_not_held(town: Town, lines: list[tuple[str, int]]):
    await hold(town.ground, (ORDER, {town.red: 3}))
    with pytest.raises(AssertionError, match="ships what it holds"):
        await town.ground.db.run(
            lambda tx: stock.take(tx, ORDER, [(getattr(town, name), quantity) for name, quantity in lines])
        )
    assert await levels(town, town.red, town.blue) == [(10, 3), (10, 0)]


async def test_some_pieces_of_an_order_are_let_go_and_the_rest_stays_held(town: Town):
    await hold(town.ground, (ORDER, {town.red: 3, town.blue: 1}))
    await town.ground.db.run(lambda tx: stock.let_go(tx, [(ORDER, town.red, 2), (ORDER, town.blue, 1)]))
    held = await town.ground.db.fetch(
        "SELECT sku_id, quantity FROM stock_hold WHERE order_id = $1 AND state = 'live'", ORDER
    )
    assert [tuple(row.values()) for row in held] == [(town.red, 1)]
    assert await levels(town, town.red, town.blue) == [(10, 1), (10, 0)]
    assert await is_sound(town)


async def test_another_style_is_held_instead(town: Town):
    await hold(town.ground, (ORDER, {town.red: 1}))
    assert await town.ground.db.run(lambda tx: stock.move_hold(tx, ORDER, town.red, town.blue, 1)) is None
    assert await levels(town, town.red, town.blue) == [(10, 0), (10, 1)]
    assert await town.ground.db.run(lambda tx: stock.move_hold(tx, ORDER, town.blue, town.blue, 1)) is None
    assert await levels(town, town.red, town.blue) == [(10, 0), (10, 1)]
    assert await is_sound(town)


async def test_what_an_order_holds_itself_is_free_for_what_it_holds_instead(town: Town):
    def exchanged(*new: tuple[int, int]) -> Any:
        return town.ground.db.run(lambda tx: stock.exchange_hold(tx, ORDER, [(town.red, 3)], new))

    await hold(town.ground, (ORDER, {town.red: 3}), (1, {town.red: 7}))
    short = await exchanged((town.red, 4))
    assert isinstance(short, StockRanOut) and short.facts == {"sku_id": town.red}
    assert await levels(town, town.red, town.blue) == [(10, 10), (10, 0)]
    assert await exchanged((town.red, 3)) is None
    assert await exchanged((town.red, 2), (town.blue, 1)) is None
    assert await levels(town, town.red, town.blue) == [(10, 9), (10, 1)]
    assert await is_sound(town)


async def test_a_style_that_ran_out_leaves_the_hold_where_it_was(town: Town):
    await hold(town.ground, (ORDER, {town.red: 1}), (1, {town.blue: 10}))
    verdict = await town.ground.db.run(lambda tx: stock.move_hold(tx, ORDER, town.red, town.blue, 1))
    assert isinstance(verdict, StockRanOut)
    assert verdict.facts == {"sku_id": town.blue}
    assert await levels(town, town.red, town.blue) == [(10, 1), (10, 10)]


# movements -----------------------------------------------------------------------------------------------------------
async def test_goods_arrive_come_back_and_are_written_off(town: Town):
    await hold(town.ground, (ORDER, {town.red: 3}))
    await town.ground.db.run(lambda tx: stock.receive(tx, [(town.red, 5), (town.red, 1)], "test", 2))
    await town.ground.db.run(lambda tx: stock.take(tx, ORDER, [(town.red, 3)]))
    await town.ground.db.run(lambda tx: stock.put_back(tx, ORDER, [(town.red, 2)]))
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 4, "test", 3))
    assert await levels(town, town.red) == [(11, 0)]
    assert await is_sound(town)


async def test_held_pieces_cannot_be_written_off(town: Town):
    await hold(town.ground, (ORDER, {town.red: 9}))
    with pytest.raises(StockRanOut) as short:
        await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 2, "test", 1))
    assert short.value.facts == {"sku_id": town.red}
    assert await levels(town, town.red) == [(10, 9)]
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 1, "test", 1))
    assert await levels(town, town.red) == [(9, 9)], "the last free piece can be"


async def test_a_piece_that_is_held_meanwhile_is_not_written_off(town: Town):
    lock = ("SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.red)
    held, gone = await one_after_the_other(
        town.ground.db,
        lock,
        lambda: hold(town.ground, (1, {town.red: 1})),
        lambda: town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 10, "test", 1)),
    )
    assert held == [None]
    assert isinstance(gone, StockRanOut)
    assert await levels(town, town.red) == [(10, 1)]


async def test_every_movement_names_its_reason_and_its_cause(town: Town):
    db = town.ground.db
    await hold(town.ground, (ORDER, {town.red: 2}))
    await db.run(lambda tx: stock.receive(tx, [(town.red, 5)], "delivery", 2), actor=3)
    await db.run(lambda tx: stock.take(tx, ORDER, [(town.red, 2)]), actor=4)
    await db.run(lambda tx: stock.put_back(tx, ORDER, [(town.red, 1)]), actor=5)
    await db.run(lambda tx: stock.write_off(tx, town.red, 1, "broken", 7), actor=6)
    await db.run(lambda tx: stock.receive(tx, [], "delivery", 8))
    rows = await db.fetch(
        """SELECT sku_id, quantity, reason, cause_kind, cause_id, actor_id FROM stock_movement
           WHERE actor_id <> 0 ORDER BY id"""
    )
    assert [tuple(row.values()) for row in rows] == [
        (town.red, 5, "received", "delivery", 2, 3),
        (town.red, -2, "shipped", "order", ORDER, 4),
        (town.red, 1, "returned", "order", ORDER, 5),
        (town.red, -1, "written_off", "broken", 7, 6),
    ]
    for nothing in (0, -1):
        with pytest.raises(AssertionError, match="pieces that arrive are more than none"):
            await db.run(lambda tx, pieces=nothing: stock.receive(tx, [(town.red, pieces)], "delivery", 9))


async def test_a_sku_that_never_had_stock_has_none(town: Town):
    assert await stock.available(town.ground.db, [404, town.red]) == {404: 0, town.red: 10}
    assert await stock.levels(town.ground.db, [404]) == {}
    assert await hold(town.ground, (1, {404: 1})) == [404]


# races ---------------------------------------------------------------------------------------------------------------
async def test_fifty_who_want_the_last_piece_make_one_hold(town: Town):
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 9, "test", 1))
    verdicts = await asyncio.gather(*(hold(town.ground, (order, {town.red: 1})) for order in range(50)))
    assert verdicts.count([None]) == 1
    assert verdicts.count([town.red]) == 49
    assert await levels(town, town.red) == [(1, 1)]


async def test_of_two_in_line_for_the_last_piece_the_first_has_it(town: Town):
    await town.ground.db.run(lambda tx: stock.write_off(tx, town.red, 9, "test", 1))
    verdicts = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.red),
        lambda: hold(town.ground, (1, {town.red: 1})),
        lambda: hold(town.ground, (2, {town.red: 1})),
    )
    assert verdicts == [[None], [town.red]]


async def test_baskets_that_cross_never_block_each_other_in_a_circle(town: Town):
    """Items are locked in id order (S6): a basket that waits at its first item has not locked a later one."""
    db = town.ground.db
    first = Paused(db, lambda tx: stock.hold(tx, [HoldAsk(1, ((town.red, 1),))]))
    await first.before_commit()
    second = asyncio.ensure_future(hold(town.ground, (2, {town.dear: 1, town.blue: 1, town.red: 1})))
    await until_blocked(db)
    async with db.transaction() as tx:
        later = [town.blue, town.dear]
        free = await tx.fetch("SELECT 1 FROM stock_item WHERE sku_id = ANY($1) FOR UPDATE SKIP LOCKED", later)
        assert len(free) == 2
    assert await first.commit() == [None]
    assert await second == [None]
    skus = [town.red, town.blue, town.dear]
    baskets = [dict.fromkeys((skus[n % 3 :] + skus[: n % 3])[:: 1 if n % 2 else -1], 1) for n in range(8)]
    verdicts = await asyncio.gather(*(hold(town.ground, (n + 10, basket)) for n, basket in enumerate(baskets)))
    assert verdicts == [[None]] * 8


ENDS_OF_A_HOLD = {
    "release": lambda tx, town: stock.release(tx, [ORDER]),
    "take": lambda tx, town: stock.take(tx, ORDER, [(town.red, 1)]),
    "let go": lambda tx, town: stock.let_go(tx, [(ORDER, town.red, 1)]),
    "move": lambda tx, town: stock.move_hold(tx, ORDER, town.red, town.blue, 1),
}


@pytest.mark.parametrize("ends", ENDS_OF_A_HOLD)
async def test_whoever_ends_a_hold_locks_its_item_first_and_the_hold_after(town: Town, ends: str):
    """One that waits for the item has nothing locked that another would wait for (S6)."""
    db = town.ground.db
    await hold(town.ground, (ORDER, {town.red: 1}))
    before = Paused(db, lambda tx: tx.fetch("SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.red))
    await before.before_commit()
    ending = asyncio.ensure_future(db.run(lambda tx: ENDS_OF_A_HOLD[ends](tx, town)))
    await until_blocked(db)
    async with db.transaction() as tx:
        free = await tx.fetch("SELECT 1 FROM stock_hold WHERE order_id = $1 FOR UPDATE SKIP LOCKED", ORDER)
        assert len(free) == 1
    await before.commit()
    await ending
    assert "live" not in {state for sku, _, state in await holds_of(town, ORDER) if sku == town.red}


async def test_of_two_who_want_the_last_piece_instead_the_second_is_told_that_it_ran_out(town: Town):
    """What is free is read under the lock of what is wanted: one that waited reads what the first has left."""
    db = town.ground.db
    await hold(town.ground, (ORDER, {town.red: 1}), (ORDER + 1, {town.red: 1}), (1, {town.blue: 9}))

    def exchanged(order_id: int) -> Callable[[], Awaitable[StockRanOut | None]]:
        return lambda: db.run(lambda tx: stock.exchange_hold(tx, order_id, [(town.red, 1)], [(town.blue, 1)]))

    lock = ("SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.blue)
    first, second = await one_after_the_other(db, lock, exchanged(ORDER), exchanged(ORDER + 1))
    assert first is None and isinstance(second, StockRanOut)
    assert await levels(town, town.red, town.blue) == [(10, 1), (10, 10)]
    assert await is_sound(town)


MOVES_OF_MANY = {
    "release": lambda tx, lines: stock.release(tx, [ORDER]),
    "take": lambda tx, lines: stock.take(tx, ORDER, lines),
    "receive": lambda tx, lines: stock.receive(tx, lines, "test", 1),
}


@pytest.mark.parametrize("moves", MOVES_OF_MANY)
async def test_whoever_waits_for_the_first_of_many_items_has_locked_no_later_one(town: Town, moves: str):
    """Items are locked in id order (S6), in whatever order they are named: two of many items never wait in a circle."""
    db, lines = town.ground.db, [(town.dear, 1), (town.red, 1), (town.blue, 1)]
    assert town.red < town.blue < town.dear
    await hold(town.ground, (ORDER, dict(lines)))
    before = Paused(db, lambda tx: tx.fetch("SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.red))
    await before.before_commit()
    moving = asyncio.ensure_future(db.run(lambda tx: MOVES_OF_MANY[moves](tx, lines)))
    await until_blocked(db)
    async with db.transaction() as tx:
        free = await tx.fetch(
            "SELECT 1 FROM stock_item WHERE sku_id = ANY($1) FOR UPDATE SKIP LOCKED", [town.blue, town.dear]
        )
    assert len(free) == 2
    await before.commit()
    await moving


async def test_a_style_of_which_exactly_enough_is_free_is_held_instead(town: Town):
    await hold(town.ground, (ORDER, {town.red: 1}), (ORDER + 1, {town.blue: 9}))
    assert await levels(town, town.blue) == [(10, 9)]
    moved = await town.ground.db.run(lambda tx: stock.move_hold(tx, ORDER, town.red, town.blue, 1))
    assert moved is None and await levels(town, town.red, town.blue) == [(10, 0), (10, 10)]
    none_left = await town.ground.db.run(lambda tx: stock.move_hold(tx, ORDER, town.blue, town.red, 11))
    assert isinstance(none_left, StockRanOut) and none_left.facts == {"sku_id": town.red}


async def test_release_and_shipping_race_to_one_end(town: Town):
    await hold(town.ground, (ORDER, {town.red: 1}))
    lock = ("SELECT 1 FROM stock_item WHERE sku_id = $1 FOR NO KEY UPDATE", town.red)

    async def release() -> int:
        return await town.ground.db.run(lambda tx: stock.release(tx, [ORDER]))

    async def take() -> None:
        await town.ground.db.run(lambda tx: stock.take(tx, ORDER, [(town.red, 1)]))

    released, taken = await one_after_the_other(town.ground.db, lock, release, take)
    assert released == 1
    assert isinstance(taken, AssertionError)
    assert await levels(town, town.red) == [(10, 0)]
    assert await holds_of(town, ORDER) == [(town.red, 1, "released")]


# the law in the schema -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE stock_item SET held = on_hand + 1", "no_oversell"),
        ("UPDATE stock_item SET on_hand = -1", "on_hand_check|no_oversell"),
        ("UPDATE stock_item SET held = -1", "held_check"),
        ("UPDATE stock_hold SET state = 'released'", "stock_hold_check"),
        ("INSERT INTO stock_hold SELECT 1, sku_id, order_id, 1, 'live', made_at FROM stock_hold", "stock_hold_live"),
        ("INSERT INTO stock_hold SELECT 1, sku_id, 5, 0, 'live', made_at FROM stock_hold", "quantity_check"),
        ("UPDATE stock_hold SET state = 'gone', ended_at = made_at", "stock_hold_state_check"),
        (
            "INSERT INTO stock_movement SELECT 1, sku_id, 0, 'received', 'a', 1, 0, now() FROM stock_item LIMIT 1",
            "quantity_c",
        ),
        (
            "INSERT INTO stock_movement SELECT 1, sku_id, 1, 'stolen', 'a', 1, 0, now() FROM stock_item LIMIT 1",
            "reason_check",
        ),
        ("DELETE FROM stock_movement", "append-only"),
        ("UPDATE stock_movement SET quantity = 1", "append-only"),
        ("TRUNCATE stock_movement", "append-only"),
    ],
)
async def test_the_schema_refuses_what_the_room_would_not_do(town: Town, crime: str, law: str):
    await hold(town.ground, (ORDER, {town.red: 1}))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await town.ground.db.pool.execute(crime)
    assert await is_sound(town)


async def test_a_hold_that_is_moved_to_what_it_holds_stays_as_it_is(town: Town):
    await hold(town.ground, (ORDER, {town.red: 2}))
    said = await town.ground.db.run(lambda tx: stock.move_hold(tx, ORDER, town.red, town.red, 2))
    assert said is None
    assert await holds_of(town, ORDER) == [(town.red, 2, "live")]

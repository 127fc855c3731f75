"""Orders move only along their table, and every edge of it is walked by a story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import asyncpg
import msgspec
import pytest
from counter import answer, ask_for, buy, gift_to, receive, ship
from hypothesis import given
from hypothesis import strategies as st
from stories import tell_all
from town import Town, build_town, give_paid, place

from renqing.foundation.database import Tx
from renqing.foundation.errors import NotNow
from renqing.foundation.ground import Ground
from renqing.foundation.secrets import SealBroken
from renqing.trade import orders
from renqing.trade.orders import Line, Order, OrderNotReady, OrderState, OrderUnknown, rules
from renqing.trade.orders.model import MOVES, Destination, Part

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def order(state: OrderState = OrderState.TO_SHIP, **changed: Any) -> Order:
    nothing = dict.fromkeys(Order.__struct_fields__)
    whose = {"id": 1, "shop_id": 2, "payer_id": 3, "owner_id": 3, "purpose": "self"}
    money = {"currency": "CNY", "goods_amount": 300, "freight_amount": 0, "total_amount": 300}
    back = {"refunded_amount": 0, "divided_amount": 0}
    rest = {"state": state, "why_closed": "", "fee_ppm": 50_000, "note": "", "placed_at": NOW, "pay_by": NOW}
    return Order(**{**nothing, **whose, **money, **back, **rest, **changed})  # type: ignore[arg-type]


def line(quantity: int = 3, shipped: int = 0, refunded: int = 0, cancelled: int = 0, n: int = 1) -> Line:
    return Line(n, 1, 1, "杯", "Cup", [], "", quantity, 100, 100 * quantity, shipped, refunded, cancelled)


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


# a part of an order --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("by_voucher", [False, True])
@pytest.mark.parametrize("destination", [None, Destination(330_106, "杭州", "波", "13800000001", "1 号")])
def test_a_part_has_its_own_owner_price_and_place_and_all_else_of_the_whole(
    by_voucher: Any, destination: Destination | None
):
    whole = order(
        OrderState.GIFT_TO_CLAIM,
        id=70,
        shop_id=8,
        payer_id=9,
        owner_id=None,
        currency="EUR",
        total_amount=999,
        refunded_amount=5,
        divided_amount=6,
        fee_ppm=31_000,
        note="of the whole",
        region_code=1,
        pay_by=NOW + timedelta(minutes=30),
        paid_at=NOW + timedelta(minutes=1),
        by_voucher=by_voucher,
    )
    part = Part(71, whole, 12, destination, 1, goods_amount=200, freight_amount=7, purpose="self")
    later = NOW + timedelta(hours=2)
    assert rules.order_of_part(part, later) == Order(
        id=71,
        shop_id=8,
        payer_id=9,
        owner_id=12,
        purpose="self",
        state=rules.state_when_owned(by_voucher=by_voucher),
        why_closed="",
        currency="EUR",
        goods_amount=200,
        freight_amount=7,
        total_amount=207,
        refunded_amount=0,
        fee_ppm=31_000,
        note="",
        region_code=330_106 if destination else None,
        placed_at=later,
        pay_by=NOW + timedelta(minutes=30),
        paid_at=None,
        ship_from=None if by_voucher else later,
        received_at=None,
        settled_at=None,
        closed_at=None,
        part_of=70,
        divided_amount=0,
        by_voucher=by_voucher,
    )


# the table -----------------------------------------------------------------------------------------------------------
def reached(start: OrderState) -> Iterator[OrderState]:
    seen, waiting = set(), [start]
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            yield state
            waiting.extend(MOVES[state])


def test_every_state_is_in_the_table_and_can_be_reached():
    assert set(MOVES) == set(OrderState) == set(reached(OrderState.TO_PAY))


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("to", OrderState)
def test_an_order_moves_exactly_along_the_table(state: OrderState, to: OrderState):
    if to in MOVES[state]:
        assert rules.move(order(state), to) is to
    else:
        with pytest.raises(OrderNotReady) as stopped:
            rules.move(order(state), to)
        assert stopped.value.facts == {"order_id": 1, "state": int(state)}


async def test_the_stories_walk_every_edge_and_no_other(town: Town):
    """Every change of state is written down by a trigger of this test's own."""
    await town.ground.db.pool.execute(
        """CREATE TABLE walked (before int, after int);
           CREATE FUNCTION walk() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN INSERT INTO walked VALUES (OLD.state, NEW.state); RETURN NEW; END $$;
           CREATE TRIGGER walk AFTER UPDATE ON order_order FOR EACH ROW
             WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION walk()"""
    )
    await tell_all(town)
    await partly_shipped_then_the_rest(town)
    await refunded_when(town, "partly shipped")
    await refunded_when(town, "shipped")
    await refunded_when(town, "received")
    walked = {(row["before"], row["after"]) for row in await town.ground.db.fetch("SELECT DISTINCT * FROM walked")}
    assert walked == {(int(state), int(to)) for state, targets in MOVES.items() for to in targets}


async def test_the_database_knows_the_same_table(town: Town):
    await place(town, town.an, town.red)
    allowed = set()
    for state, to in product(OrderState, OrderState):
        async with town.ground.db.pool.acquire() as conn:
            undone = conn.transaction()
            await undone.start()
            try:
                await conn.execute("SET LOCAL session_replication_role = replica")
                await conn.execute("UPDATE order_order SET state = $1", int(state))
                await conn.execute("SET LOCAL session_replication_role = origin")
                await conn.execute("UPDATE order_order SET state = $1", int(to))
                allowed.add((state, to))
            except asyncpg.CheckViolationError as refused:
                assert "does not move" in str(refused)  # noqa: PT017 - it may also be allowed
            finally:
                await undone.rollback()
    assert allowed == {(state, to) for state in OrderState for to in {*MOVES[state], state}}


async def partly_shipped_then_the_rest(town: Town) -> None:
    bought = await buy(town, town.bo, town.ring, 2)
    await ship(town, bought.order_id, ((1, 1),))
    await ship(town, bought.order_id)


async def refunded_when(town: Town, when: str) -> None:
    bought = await buy(town, town.bo, town.ring, 2)
    await ship(town, bought.order_id, ((1, 1),) if when == "partly shipped" else None)
    if when == "received":
        await receive(town, town.bo, bought.order_id)
    case = await ask_for(town, town.bo, bought.order_id, quantity=2)
    await answer(town, case.case_id)


# shipping ------------------------------------------------------------------------------------------------------------
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=4),
    st.dictionaries(st.integers(1, 5), st.integers(-1, 6), max_size=4),
)
def test_only_what_is_left_to_ship_leaves_and_the_rest_decides_the_state(
    sizes: list[tuple[int, int, int]], leaving: dict[int, int]
):
    lines = []
    for n, (quantity, shipped, cancelled) in enumerate(sizes, 1):
        shipped_ = min(shipped, quantity)
        cancelled_ = min(cancelled, quantity - shipped_)
        lines.append(line(quantity, shipped_, cancelled_, cancelled_, n))
    left = {one.n: one.to_ship for one in lines}
    fits = bool(leaving) and all(0 < quantity <= left.get(n, 0) for n, quantity in leaving.items())
    if not fits:
        with pytest.raises(OrderNotReady):
            rules.state_when_shipped(order(), lines, leaving)
        return
    state = rules.state_when_shipped(order(), lines, leaving)
    for over in set(OrderState) - {OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED}:
        with pytest.raises(OrderNotReady):
            rules.state_when_shipped(order(over), lines, leaving)
    rest = sum(left.values()) - sum(leaving.values())
    assert state is (OrderState.PARTLY_SHIPPED if rest else OrderState.TO_RECEIVE)


@pytest.mark.parametrize("state", sorted(set(OrderState) - {OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED}))
def test_nothing_leaves_before_it_is_paid_or_after_it_is_over(state: OrderState):
    with pytest.raises(OrderNotReady):
        rules.state_when_shipped(order(state), [line()], {1: 1})


def test_what_cannot_leave_is_named_by_order_state_and_line():
    cases: list[tuple[OrderState, dict[int, int], dict[str, int]]] = [
        (OrderState.TO_PAY, {1: 1}, {"order_id": 1, "state": 10}),
        (OrderState.TO_SHIP, {}, {"order_id": 1, "state": 20}),
        (OrderState.TO_SHIP, {2: 1}, {"order_id": 1, "state": 20, "line": 2}),
        (OrderState.TO_SHIP, {1: 0}, {"order_id": 1, "state": 20, "line": 1}),
        (OrderState.PARTLY_SHIPPED, {1: 4}, {"order_id": 1, "state": 21, "line": 1}),
    ]
    for state, leaving, facts in cases:
        with pytest.raises(OrderNotReady) as refused:
            rules.state_when_shipped(order(state), [line()], leaving)
        assert refused.value.facts == facts


def test_a_line_of_which_nothing_leaves_stays_to_be_shipped():
    lines = [line(1, n=1), line(1, n=2)]
    assert rules.state_when_shipped(order(), lines, {1: 1}) is OrderState.PARTLY_SHIPPED
    assert rules.state_when_shipped(order(), [line(1, shipped=1, n=2), lines[0]], {1: 1}) is OrderState.TO_RECEIVE


@given(st.integers(0, 10_000), st.integers(0, 500), st.integers(1, 40))
def test_the_shares_of_an_order_are_the_whole_to_the_fen_and_the_first_have_the_odd_ones(
    goods: int, freight: int, shares: int
):
    parts = [rules.share_of(goods, freight, shares, n) for n in range(1, shares + 1)]
    assert [sum(of) for of in zip(*parts, strict=True)] == [goods, freight]
    for of, whole in zip(zip(*parts, strict=True), (goods, freight), strict=True):
        assert list(of) == sorted(of, reverse=True) and of[0] - of[-1] == bool(whole % shares)
        assert of[-1] == whole // shares


def test_what_was_paid_goes_to_a_recipient_to_the_shop_or_over_its_counter():
    for by_voucher, owned in ((False, OrderState.TO_SHIP), (True, OrderState.TO_REDEEM)):
        assert rules.state_when_owned(by_voucher=by_voucher) is owned
        assert rules.state_when_paid("order", by_voucher=by_voucher) is owned
        assert rules.state_when_paid("gift", by_voucher=by_voucher) is OrderState.GIFT_TO_CLAIM


def test_an_order_of_which_parts_went_on_is_divided_at_its_end_and_another_closed():
    waits = order(OrderState.GIFT_TO_CLAIM)
    assert rules.state_when_over(msgspec.structs.replace(waits, divided_amount=1)) is OrderState.DIVIDED
    assert rules.state_when_over(msgspec.structs.replace(waits, divided_amount=0)) is OrderState.CLOSED


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(1, 50), st.data())
def test_the_rest_of_an_order_is_its_last_shares_added_up(goods: int, freight: int, shares: int, data: st.DataObject):
    taken = data.draw(st.integers(0, shares))
    last = [rules.share_of(goods, freight, shares, n) for n in range(taken + 1, shares + 1)]
    assert rules.rest_of(goods, freight, shares, taken) == (sum(one for one, _ in last), sum(one for _, one in last))


def test_no_share_is_left_behind_all_of_them():
    assert [rules.rest_of(1_001, 301, 3, n) for n in range(4)] == [(1_001, 301), (667, 200), (333, 100), (0, 0)]
    with pytest.raises(AssertionError, match="4 of 3 shares"):
        rules.rest_of(1_001, 301, 3, 4)


# refunds -------------------------------------------------------------------------------------------------------------
@given(st.integers(1, 9), st.integers(0, 9), st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=6))
def test_a_piece_is_refunded_once_and_never_shipped_after(quantity: int, shipped: int, refunds: list[tuple[int, bool]]):
    before = line(quantity, min(shipped, quantity))
    for pieces, returned in refunds:
        if pieces > before.quantity - before.refunded or (returned and pieces > before.shipped):
            continue
        after = rules.refund_pieces(before, pieces, returned=returned)
        assert after.refunded == before.refunded + pieces
        assert after.cancelled - before.cancelled == (0 if returned else min(pieces, before.to_ship))
        assert after.shipped + after.cancelled <= after.quantity
        assert after.cancelled <= after.refunded <= after.quantity
        before = after


def test_more_pieces_than_are_left_cannot_be_refunded():
    for wrong in (0, -1, 4):
        with pytest.raises(AssertionError):
            rules.refund_pieces(line(), wrong, returned=False)
    with pytest.raises(AssertionError, match="a piece is refunded once"):
        rules.refund_pieces(line(refunded=2), 2, returned=True)
    assert rules.refund_pieces(line(refunded=2), 1, returned=True).refunded == 3


@pytest.mark.parametrize(
    ("state", "lines", "after"),
    [
        (OrderState.TO_SHIP, [line(3, 0, 3, 3)], OrderState.REFUNDED),
        (OrderState.TO_SHIP, [line(3, 0, 2, 2)], OrderState.TO_SHIP),
        (OrderState.PARTLY_SHIPPED, [line(3, 2, 1, 1)], OrderState.TO_RECEIVE),
        (OrderState.PARTLY_SHIPPED, [line(3, 1, 1, 1)], OrderState.PARTLY_SHIPPED),
        (OrderState.PARTLY_SHIPPED, [line(3, 2, 1, 1), line(1, 0, 0, 0, 2)], OrderState.PARTLY_SHIPPED),
        (OrderState.PARTLY_SHIPPED, [line(3, 2, 3, 1)], OrderState.REFUNDED),
        (OrderState.DONE, [line(3, 3, 1)], OrderState.DONE),
        (OrderState.DONE, [line(3, 3, 3)], OrderState.REFUNDED),
    ],
)
def test_an_order_ends_when_no_paid_piece_is_left(state: OrderState, lines: list[Line], after: OrderState):
    assert rules.state_when_refunded(order(state), lines) is after


# what is kept --------------------------------------------------------------------------------------------------------
async def test_an_address_is_sealed_and_bound_to_its_order(town: Town):
    placed, other = await place(town, town.an, town.red), await place(town, town.an, town.blue)
    db = town.ground.db
    said = await orders.destination(db, town.ground.keys, placed.order_id)
    assert said is not None
    assert (said.name, said.phone, said.detail) == ("收件人", "13800000001", "文三路 1 号")
    sealed = await db.fetchval("SELECT address_sealed FROM order_order WHERE id = $1", placed.order_id)
    assert "文三路".encode() not in sealed
    await db.pool.execute("UPDATE order_order SET address_sealed = $1 WHERE id = $2", sealed, other.order_id)
    with pytest.raises(SealBroken):
        await orders.destination(db, town.ground.keys, other.order_id)


async def test_an_unclaimed_gift_goes_nowhere_yet(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert await orders.destination(town.ground.db, town.ground.keys, gift.order_id) is None
    row = await town.ground.db.fetchrow("SELECT owner_id, ship_from FROM order_order WHERE id = $1", gift.order_id)
    assert row is not None
    assert tuple(row.values()) == (None, None)


async def test_the_shops_time_runs_from_the_claim_of_a_gift_and_the_payment_of_an_order(town: Town):
    bought = await buy(town, town.an, town.red)
    paid_at = town.ground.clock.now()
    order_id = await gift_to(town, town.an, town.bo, town.red)
    rows = await town.ground.db.fetch("SELECT id, paid_at, ship_from FROM order_order ORDER BY id")
    assert [(row["id"], row["ship_from"] >= row["paid_at"]) for row in rows] == [
        (bought.order_id, True),
        (order_id, True),
    ]
    assert rows[0]["ship_from"] == paid_at


async def test_an_unknown_order_is_not_found(town: Town):
    with pytest.raises(OrderUnknown):
        await town.ground.db.run(lambda tx: orders.get(tx, 404))
    assert await town.ground.db.run(lambda tx: orders.lock_many(tx, [404])) == {}


async def test_a_closed_order_answers_as_it_stands_now(town: Town):
    placed = await place(town, town.an, town.red)

    async def story(tx: Any) -> list[Order]:
        return await orders.close(tx, [await orders.get(tx, placed.order_id)], "cancelled")

    (closed,) = await town.ground.db.run(story)
    assert (closed.state, closed.why_closed, closed.closed_at) == (
        OrderState.CLOSED,
        "cancelled",
        town.ground.clock.now(),
    )
    assert closed == await town.ground.db.run(lambda tx: orders.get(tx, placed.order_id))


class _Seen(Exception):
    """Everything was looked at: nothing of it is kept."""


async def test_what_is_handed_out_is_answered_as_it_is_kept(town: Town):
    gift = await give_paid(town, town.an, None, town.red, shares=2)
    home = orders.Destination(310101, "上海市黄浦区", "安", "13800000000", "一号")

    async def story(tx: Tx) -> None:
        whole = await orders.get(tx, gift.order_id)
        goods, freight = orders.share_of(whole.goods_amount, whole.freight_amount, 2, 1)
        part = orders.Part(tx.ids.new(), whole, town.bo, home, 1, goods, freight)
        handed = await orders.hand_out(tx, [part])
        assert await orders.by_ids(tx, [whole.id, part.id]) == {**handed.wholes, part.id: handed.parts[0]}
        assert [line.shipped for line in await orders.lines(tx, part.id)] == [0]
        raise _Seen

    with pytest.raises(_Seen):
        await town.ground.db.run(story)


async def test_what_goes_back_as_a_whole_was_closed_first(town: Town):
    bought = await buy(town, town.an, town.red)
    with pytest.raises(AssertionError):
        await town.ground.db.run(
            lambda tx: orders.record_rest_refunds(tx, [msgspec.structs.replace(order(), id=bought.order_id)])
        )


@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE order_order SET refunded_amount = total_amount + 1", "order_order_check"),
        ("UPDATE order_order SET total_amount = total_amount + 1", "order_order_check"),
        ("UPDATE order_order SET state = 30", "does not move"),
        ("UPDATE order_order SET freight_amount = -1", "freight_amount_check|order_order_check|back_within_freight"),
        ("UPDATE order_line SET amount = amount + 1", "order_line_check"),
        ("UPDATE order_line SET quantity = 0, amount = 0", "quantity_check"),
        ("UPDATE order_line SET shipped = quantity + 1", "order_line_check"),
        ("UPDATE order_line SET refunded = quantity, cancelled = quantity, shipped = 1", "order_line_check"),
    ],
)
async def test_the_schema_refuses_what_the_rules_refuse(town: Town, crime: str, law: str):
    await place(town, town.an, town.red)
    with pytest.raises(asyncpg.CheckViolationError, match=law):
        await town.ground.db.pool.execute(crime)


async def test_a_move_that_lost_its_race_changes_nothing(town: Town):
    placed = await place(town, town.an, town.red)
    stale = await town.ground.db.run(lambda tx: orders.get(tx, placed.order_id))
    town.ground.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    await town.ground.db.run(lambda tx: orders.close(tx, [stale], "cancelled"))
    with pytest.raises(NotNow):
        await town.ground.db.run(lambda tx: orders.mark_received(tx, stale, by="owner"))


async def test_a_style_changes_only_while_nothing_has_left(town: Town):
    placed = await place(town, town.an, town.red)

    async def change(tx: Tx) -> None:
        (locked,) = (await orders.lock_many(tx, [placed.order_id])).values()
        await orders.change_style(tx, locked, line())

    with pytest.raises(OrderNotReady):
        await town.ground.db.run(change)


async def test_where_an_order_goes_is_not_known_before_somebody_says_it(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert await orders.destination(town.ground.db, town.ground.keys, gift.order_id) is None


async def test_the_style_of_what_has_left_or_waits_is_never_changed(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)

    async def change(tx: Tx) -> None:
        (kept,) = (await orders.lock_many(tx, [gift.order_id])).values()
        await orders.change_style(tx, kept, line())

    with pytest.raises(OrderNotReady):
        await town.ground.db.run(change)

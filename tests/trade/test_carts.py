"""Carts: they add up, they stay within their bounds, and they are their owner's alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import verdict

from renqing.foundation.ground import Ground
from renqing.trade import carts, orders
from renqing.trade.carts import LINES_MAX, QUANTITY_MAX, CartChanged, CartFull, InCart, Put, TooManyPieces, rules

AN, BO = 7, 8


def put(sku_id: int, quantity: int = 1, person_id: int = AN, price: int = 100) -> Put:
    return Put(person_id, sku_id, quantity, price, "CNY")


async def put_in(ground: Ground, *puts: Put) -> list:
    return await ground.db.run(lambda tx: carts.put_in(tx, puts))


async def held(ground: Ground, person_id: int = AN) -> dict[int, int]:
    rows = await ground.db.fetch("SELECT sku_id, quantity FROM cart_line WHERE person_id = $1", person_id)
    return {row["sku_id"]: row["quantity"] for row in rows}


@given(st.integers(0, QUANTITY_MAX), st.integers(1, QUANTITY_MAX), st.integers(0, LINES_MAX))
def test_a_line_grows_by_what_is_put_in_or_nothing_changes(there: int, more: int, lines: int):
    lines = max(lines, 1) if there else lines
    if not there and lines == LINES_MAX:
        with pytest.raises(CartFull):
            rules.put(put(1, more), there, lines)
    elif there + more > QUANTITY_MAX:
        with pytest.raises(TooManyPieces) as over:
            rules.put(put(1, more), there, lines)
        assert over.value.facts == {"sku_id": 1, "max": QUANTITY_MAX}
    else:
        stands = rules.put(put(1, more), there, lines)
        assert stands == InCart(1, there + more, lines + (0 if there else 1))
        assert stands.quantity <= QUANTITY_MAX and stands.lines <= LINES_MAX


@pytest.mark.parametrize(
    ("wanted", "differs"),
    [(((1, 2),), None), (((2, 5), (1, 2)), None), (((1, 1),), 1), (((1, 2), (3, 1)), 3), (((3, 0),), 3)],
)
def test_what_is_ordered_from_a_cart_is_in_it_piece_for_piece(wanted: tuple[tuple[int, int], ...], differs: int | None):
    verdict = rules.what_differs({1: 2, 2: 5}, wanted)
    assert (verdict and verdict.facts) == (differs and {"sku_id": differs})


def test_nothing_is_put_in_by_taking_out():
    for pieces in (0, -1):
        with pytest.raises(AssertionError, match=r"^nothing is put in by taking out"):
            rules.put(put(1, pieces), 2, 1)


def test_a_cart_takes_as_many_pieces_as_an_order():
    assert carts.QUANTITY_MAX == orders.QUANTITY_MAX


async def test_putting_in_adds_up_and_remembers_the_price_seen_last(ground: Ground):
    assert await put_in(ground, put(1, 2), put(2), put(1, 3, price=90), put(1, person_id=BO)) == [
        InCart(1, 2, 1),
        InCart(2, 1, 2),
        InCart(1, 5, 2),
        InCart(1, 1, 1),
    ]
    assert await put_in(ground, put(1)) == [InCart(1, 6, 2)]
    assert (await held(ground), await held(ground, BO)) == ({1: 6, 2: 1}, {1: 1})
    seen = await ground.db.fetch("SELECT price_seen FROM cart_line WHERE person_id = $1 ORDER BY sku_id", AN)
    assert [row["price_seen"] for row in seen] == [100, 100]


async def test_one_who_is_refused_does_not_hold_up_the_others(ground: Ground):
    first, over, other = await put_in(ground, put(1, QUANTITY_MAX), put(1), put(2, person_id=BO))
    assert first == InCart(1, QUANTITY_MAX, 1) and isinstance(over, TooManyPieces) and other == InCart(2, 1, 1)
    assert await put_in(ground) == []


async def test_a_cart_has_a_most_of_lines(ground: Ground):
    answers = await put_in(ground, *(put(sku) for sku in range(1, LINES_MAX + 3)))
    assert [type(one) for one in answers[-3:]] == [InCart, CartFull, CartFull]
    assert answers[-1].facts == {"max": LINES_MAX}
    assert await put_in(ground, put(1)) == [InCart(1, 2, LINES_MAX)]
    assert len(await held(ground)) == LINES_MAX


async def test_a_line_is_changed_and_taken_out_by_its_owner_alone(ground: Ground):
    await put_in(ground, put(1, 2), put(2))
    for verb in (carts.change, carts.take_out):
        with pytest.raises(carts.CartLineUnknown) as unknown:
            await ground.db.run(lambda tx, verb=verb: verb(tx, BO, 1, *([9] if verb is carts.change else [])))
        assert unknown.value.facts == {}
    assert await ground.db.run(lambda tx: carts.change(tx, AN, 1, 9)) == InCart(1, 9, 2)
    assert await ground.db.run(lambda tx: carts.take_out(tx, AN, 2)) == 1
    assert await held(ground) == {1: 9}


async def test_an_order_finds_what_the_cart_holds_once(ground: Ground):
    await put_in(ground, put(1, 2), put(2), put(1, person_id=BO))

    async def judge(tx):
        return await carts.judge_order(tx, [(AN, ((1, 2),)), (AN, ((2, 1), (1, 2))), (BO, ((1, 1),)), (BO, ((2, 1),))])

    fine, gone, theirs, never = await ground.db.run(judge)
    assert fine is None and theirs is None
    assert isinstance(gone, CartChanged) and gone.facts == {"sku_id": 1}
    assert isinstance(never, CartChanged) and never.facts == {"sku_id": 2}
    assert await ground.db.run(lambda tx: carts.judge_order(tx, [])) == []


async def test_a_cart_is_forgotten_whole_and_no_other(ground: Ground):
    await put_in(ground, put(1), put(2), put(1, person_id=BO))
    assert await ground.db.run(lambda tx: carts.forget(tx, AN)) == 2
    assert (await held(ground), await held(ground, BO)) == ({}, {1: 1})
    assert await ground.db.run(lambda tx: carts.forget(tx, AN)) == 0


@pytest.mark.parametrize(
    ("there", "more", "lines", "answer"),
    [
        (0, 1, LINES_MAX - 1, InCart(1, 1, LINES_MAX)),
        (0, 1, LINES_MAX, (CartFull, {"max": LINES_MAX})),
        (1, 1, LINES_MAX, InCart(1, 2, LINES_MAX)),
        (1, QUANTITY_MAX - 1, 1, InCart(1, QUANTITY_MAX, 1)),
        (1, QUANTITY_MAX, 1, (TooManyPieces, {"sku_id": 1, "max": QUANTITY_MAX})),
    ],
)
def test_a_full_cart_takes_more_of_what_is_in_it_and_nothing_new(there: int, more: int, lines: int, answer: Any):
    assert verdict(rules.put, put(1, more), there, lines) == answer

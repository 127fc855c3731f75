"""After-sales from asking to the money: every case with its exact books and stock, and nothing moved by a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from counter import (
    add_clerk,
    answer,
    ask_for,
    books,
    books_are_right,
    buy,
    buy_lines,
    cancel,
    case_state,
    channel_refunds,
    gift_to,
    order_state,
    receive,
    run_deadlines,
    send_back,
    set_freight,
    ship,
    tell_refunds,
    timers_set,
)
from town import Town, build_town, give_paid, snapshot

from renqing.books import stock
from renqing.foundation import timers
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.end_silent_aftersales import end_silent_aftersales
from renqing.trade import aftersales, orders, shipping

PRICE = 12900


@pytest.fixture
async def town(ground: Ground) -> AsyncIterator[Town]:
    """The town; after each story every total still follows from first records."""
    yield await build_town(ground)
    await books_are_right(ground)


async def test_a_refund_before_shipping_gives_everything_back(town: Town) -> None:
    await set_freight(town, 600)
    order = await buy(town, town.an, town.red, 2)
    case = await ask_for(town, town.an, order.order_id, quantity=2)
    assert (case.state, case.amount) == (aftersales.State.PROCESSING, 2 * PRICE + 600)
    assert await timers_set(town) == [("aftersale_silence", case.case_id)]
    agreed = await answer(town, case.case_id)
    assert agreed.state is aftersales.State.REFUNDING
    assert await order_state(town, order.order_id) == 200
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 0)}
    assert await books(town) == {"clearing": (-26400, 0), "refunds_due": (26400, 0)}
    assert await timers_set(town) == []
    assert await channel_refunds(town, order.order_id) == 1
    assert await case_state(town, case.case_id) == "MERCHANT_REFUND_SUCCESS"
    assert await books(town) == {}


async def test_a_gifts_aftersale_is_opened_by_its_recipient_and_refunded_to_its_giver(town: Town) -> None:
    order_id = await gift_to(town, town.an, town.bo, town.red)
    await ship(town, order_id)
    before = await snapshot(town.ground)
    for person in (town.an, town.cai, town.owner_id):
        with pytest.raises(orders.OrderUnknown):
            await ask_for(town, person, order_id)
    assert await snapshot(town.ground) == before
    case = await ask_for(town, town.bo, order_id)
    assert case.amount is None  # the recipient of a gift sees no price
    assert (await answer(town, case.case_id)).amount == PRICE
    assert await channel_refunds(town, order_id) == 1
    payer = await town.ground.db.fetchval(
        "SELECT i.payer_id FROM payment_refund r JOIN payment_intent i ON i.id = r.intent_id"
    )
    assert payer == town.an
    passed = await town.ground.db.fetch(
        """SELECT p.amount FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
           WHERE a.owner_kind = 'person' AND a.owner_id = $1 ORDER BY p.entry_id, p.n""",
        town.an,
    )
    assert [row["amount"] for row in passed] == [PRICE, -PRICE, PRICE, -PRICE]
    assert await books(town) == {}


async def test_an_unclaimed_gift_has_no_aftersale_for_anybody(town: Town) -> None:
    gift = await give_paid(town, town.an, town.bo, town.red)
    for person in (town.an, town.bo):
        with pytest.raises(orders.OrderUnknown):
            await ask_for(town, person, gift.order_id)


async def test_a_return_waits_for_the_goods(town: Town) -> None:
    await set_freight(town, 600)
    order = await buy(town, town.an, town.red, 2)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return")
    assert case.amount == PRICE
    assert (await answer(town, case.case_id, said="请寄到仓库")).state is aftersales.State.WAIT_RETURN
    assert await books(town) == {"clearing": (-26400, 0), "escrow": (26400, 0)}
    with pytest.raises(aftersales.AftersaleNotNow):  # nothing has come yet
        await answer(town, case.case_id)
    assert (await send_back(town, town.an, case.case_id)).state is aftersales.State.WAIT_RECEIPT
    assert (await answer(town, case.case_id, back_to_stock=True)).state is aftersales.State.REFUNDING
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (9, 0)}
    await channel_refunds(town, order.order_id)
    assert await case_state(town, case.case_id) == "MERCHANT_RETURN_SUCCESS"
    assert await order_state(town, order.order_id) == 30
    await receive(town, town.an, order.order_id)
    assert await books(town) == {"clearing": (-13500, 0), "shop": (12825, 0), "fee": (675, 0)}


async def test_goods_that_cannot_be_sold_again_stay_out_of_stock(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return")
    await answer(town, case.case_id)
    await send_back(town, town.an, case.case_id)
    await answer(town, case.case_id)
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (9, 0)}


async def test_stock_is_not_put_back_before_goods_came(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return")
    before = await snapshot(town.ground)
    with pytest.raises(FieldNotValid):
        await answer(town, case.case_id, back_to_stock=True)
    assert await snapshot(town.ground) == before


async def test_freight_of_what_left_stays_with_the_shop(town: Town) -> None:
    await set_freight(town, 600)
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id)
    await answer(town, case.case_id)
    assert await order_state(town, order.order_id) == 200
    assert await timers_set(town) == []
    await channel_refunds(town, order.order_id)
    assert await books(town) == {"clearing": (-600, 0), "shop": (570, 0), "fee": (30, 0)}


async def test_a_refund_of_what_has_not_left_completes_a_partly_shipped_order(town: Town) -> None:
    order = await buy(town, town.an, town.red, 3)
    await ship(town, order.order_id, ((1, 1),))
    case = await ask_for(town, town.an, order.order_id, quantity=2)
    assert await order_state(town, order.order_id) == 21
    await answer(town, case.case_id)
    assert await order_state(town, order.order_id) == 30
    assert await timers_set(town) == [("receive_order", order.order_id)]
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (9, 0)}
    assert await books(town) == {"clearing": (-38700, 0), "escrow": (PRICE, 0), "refunds_due": (25800, 0)}


async def test_lines_are_refunded_one_by_one_and_the_last_takes_the_freight(town: Town) -> None:
    await set_freight(town, 600)
    order = await buy_lines(town, town.an, ((town.red, 1), (town.dear, 1)))
    first = await ask_for(town, town.an, order.order_id, line_n=1)
    second = await ask_for(town, town.an, order.order_id, line_n=2)
    assert (await answer(town, second.case_id)).amount == 19900
    assert (await answer(town, first.case_id)).amount == PRICE + 600
    assert await channel_refunds(town, order.order_id) == 2
    assert await books(town) == {}
    assert await order_state(town, order.order_id) == 200


async def test_after_settlement_the_shops_share_is_held_and_given_back(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    assert await books(town) == {"clearing": (-25800, 0), "shop": (24510, 0), "fee": (1290, 0)}
    case = await ask_for(town, town.an, order.order_id)
    assert (await books(town))["shop"] == (24510, 12254)  # 12900 less 5 %, less a fen for rounding
    await answer(town, case.case_id)
    assert await books(town) == {
        "clearing": (-25800, 0),
        "shop": (12255, 0),
        "fee": (645, 0),
        "refunds_due": (PRICE, 0),
    }
    await channel_refunds(town, order.order_id)
    assert await books(town) == {"clearing": (-12900, 0), "shop": (12255, 0), "fee": (645, 0)}


async def test_a_case_that_is_open_at_settlement_is_held_from_then_on(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return", quantity=2)
    assert (await books(town))["escrow"] == (25800, 0)
    await receive(town, town.an, order.order_id)
    assert (await books(town))["shop"] == (24510, 24509)
    await answer(town, case.case_id, "reject", "已使用")
    assert (await books(town))["shop"] == (24510, 0)
    assert await case_state(town, case.case_id) == "MERCHANT_REJECT_RETURN"


@pytest.mark.parametrize("fee_ppm", [0, 1, 49_999, 50_000, 333_333, 999_999, 1_000_000])
async def test_cases_of_one_order_never_stand_in_each_others_way(ground: Ground, fee_ppm: int) -> None:
    """A shop with nothing but this order's share: every line is held, and refunded in any order, to the fen."""
    ground.settings = msgspec.structs.replace(
        ground.settings, policy=msgspec.structs.replace(ground.policy, platform_fee_ppm=fee_ppm)
    )
    town = await build_town(ground)
    await ground.db.run(lambda tx: tx.execute("UPDATE catalog_sku SET price = 333, original_price = 333"))
    order = await buy_lines(town, town.an, ((town.red, 1), (town.blue, 2), (town.dear, 1)))
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    asked = [(1, 1), (2, 2), (3, 1)]
    cases = [await ask_for(town, town.an, order.order_id, quantity=q, line_n=n) for n, q in asked]
    for case in (cases[1], cases[2], cases[0]):
        assert (await answer(town, case.case_id)).state is aftersales.State.REFUNDING
    assert await channel_refunds(town, order.order_id) == 3
    assert await books(town) == {}
    await books_are_right(ground)


async def test_a_case_taken_back_leaves_no_trace_in_the_books(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    before = await books(town)
    case = await ask_for(town, town.an, order.order_id)
    assert await books(town) != before
    for person in (town.bo, town.owner_id):
        with pytest.raises(aftersales.AftersaleUnknown):
            await cancel(town, person, case.case_id)
    assert (await cancel(town, town.an, case.case_id)).state is aftersales.State.CANCELLED
    assert await books(town) == before
    assert await timers_set(town) == []
    with pytest.raises(aftersales.AftersaleNotNow):
        await answer(town, case.case_id)
    again = await ask_for(town, town.an, order.order_id)  # a new one may follow
    assert again.case_id != case.case_id


async def test_an_agreed_return_may_still_be_taken_back(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return")
    await answer(town, case.case_id)
    assert (await cancel(town, town.an, case.case_id)).state is aftersales.State.CANCELLED
    with pytest.raises(aftersales.AftersaleNotNow):
        await send_back(town, town.an, case.case_id)


async def test_a_line_has_one_open_case_whoever_asks_at_once(town: Town) -> None:
    order = await buy(town, town.an, town.red, 3)
    answers = await asyncio.gather(*(ask_for(town, town.an, order.order_id) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, aftersales.AftersaleOpen) for one in answers) == 7
    assert await town.ground.db.fetchval("SELECT count(*) FROM aftersale_case") == 1


async def test_a_line_is_asked_about_five_times_at_most(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    for _ in range(aftersales.CASES_A_LINE_MAX):
        case = await ask_for(town, town.an, order.order_id)
        await answer(town, case.case_id, "reject", "已打包")
    before = await snapshot(town.ground)
    with pytest.raises(aftersales.TooManyCases):
        await ask_for(town, town.an, order.order_id)
    assert await snapshot(town.ground) == before


async def test_agree_and_cancel_at_once_move_the_case_once(town: Town) -> None:
    for _ in range(6):
        order = await buy(town, town.an, town.red)
        case = await ask_for(town, town.an, order.order_id)
        answers = await asyncio.gather(
            answer(town, case.case_id), cancel(town, town.an, case.case_id), return_exceptions=True
        )
        lost = [one for one in answers if isinstance(one, Exception)]
        assert [type(one) for one in lost] == [aftersales.AftersaleNotNow]
        state = await case_state(town, case.case_id)
        refunds = await town.ground.db.fetchval("SELECT count(*) FROM payment_refund WHERE cause_id = $1", case.case_id)
        assert (state, refunds) in (("USER_CANCELD", 0), ("PLATFORM_REFUNDING", 1))
        assert await order_state(town, order.order_id) == (200 if refunds else 20)


async def test_many_agreements_at_once_refund_once(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    case = await ask_for(town, town.an, order.order_id)
    answers = await asyncio.gather(*(answer(town, case.case_id) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, aftersales.AftersaleNotNow) for one in answers) == 7
    assert await books(town) == {"clearing": (-25800, 0), "escrow": (PRICE, 0), "refunds_due": (PRICE, 0)}
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 1)}


async def test_shipping_and_refunding_at_once_do_one_of_them(town: Town) -> None:
    for _ in range(4):
        order = await buy(town, town.an, town.red)
        answers = await asyncio.gather(
            ship(town, order.order_id), ask_for(town, town.an, order.order_id), return_exceptions=True
        )
        opened, shipped = not isinstance(answers[1], Exception), not isinstance(answers[0], Exception)
        assert opened  # what has left can be asked for as well
        assert await order_state(town, order.order_id) == (30 if shipped else 20)


async def test_the_shops_silence_is_consent(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    case = await ask_for(town, town.an, order.order_id)
    town.ground.clock.move(timedelta(days=2) - timedelta(microseconds=1))
    assert await run_deadlines(town) == []
    town.ground.clock.move(timedelta(microseconds=1))
    assert await run_deadlines(town) == ["aftersale_silence"]
    assert await case_state(town, case.case_id) == "PLATFORM_REFUNDING"
    assert await books(town) == {"clearing": (-PRICE, 0), "refunds_due": (PRICE, 0)}


async def test_a_return_by_silence_goes_its_whole_way(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return")
    town.ground.clock.move(timedelta(days=2))
    await run_deadlines(town)
    assert await case_state(town, case.case_id) == "USER_WAIT_RETURN"
    await send_back(town, town.an, case.case_id)
    town.ground.clock.move(timedelta(days=10))
    assert "aftersale_silence" in await run_deadlines(town)
    assert await case_state(town, case.case_id) == "PLATFORM_REFUNDING"
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (9, 0)}  # nobody looked at the goods


async def test_goods_that_are_not_sent_back_in_time_close_the_return(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return")
    await answer(town, case.case_id)
    assert (await books(town))["shop"] == (12255, 12254)
    town.ground.clock.move(timedelta(days=7))
    assert await run_deadlines(town) == ["aftersale_silence"]
    assert await case_state(town, case.case_id) == "RETURN_CLOSED"
    assert await books(town) == {"clearing": (-PRICE, 0), "shop": (12255, 0), "fee": (645, 0)}
    assert await timers_set(town) == []


async def test_two_silent_cases_of_one_order_are_both_decided(town: Town) -> None:
    await set_freight(town, 600)
    order = await buy_lines(town, town.an, ((town.red, 1), (town.blue, 1)))
    for n in (1, 2):
        await ask_for(town, town.an, order.order_id, line_n=n)
    town.ground.clock.move(timedelta(days=2))
    assert await run_deadlines(town) == ["aftersale_silence", "aftersale_silence"]
    assert await order_state(town, order.order_id) == 200
    assert await channel_refunds(town, order.order_id) == 2
    assert await books(town) == {}


async def test_seven_days_after_receipt_it_is_too_late(town: Town) -> None:
    order = await buy(town, town.an, town.red, 2)
    await ship(town, order.order_id)
    await receive(town, town.an, order.order_id)
    town.ground.clock.move(timedelta(days=7))
    await ask_for(town, town.an, order.order_id)
    town.ground.clock.move(timedelta(microseconds=1))
    other = await buy(town, town.an, town.blue)
    await ship(town, other.order_id)
    await receive(town, town.an, other.order_id)
    town.ground.clock.move(timedelta(days=7, microseconds=1))
    before = await snapshot(town.ground)
    with pytest.raises(aftersales.AftersaleTooLate):
        await ask_for(town, town.an, other.order_id)
    assert await snapshot(town.ground) == before


@pytest.mark.parametrize(
    ("kind", "quantity", "line_n", "reason", "refusal"),
    [
        ("refund", 3, 1, "碎了", aftersales.AftersaleQuantityNotValid),
        ("refund", 0, 1, "碎了", aftersales.AftersaleQuantityNotValid),
        ("refund", -1, 1, "碎了", aftersales.AftersaleQuantityNotValid),
        ("return", 1, 1, "碎了", aftersales.AftersaleQuantityNotValid),  # nothing has left yet
        ("refund", 1, 9, "碎了", aftersales.AftersaleUnknown),
        ("refund", 1, 1, " ", aftersales.AftersaleReasonNotValid),
        ("refund", 1, 1, "长" * 201, aftersales.AftersaleReasonNotValid),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_and_nothing_moves(
    town: Town, kind: str, quantity: int, line_n: int, reason: str, refusal: type[Exception]
) -> None:
    order = await buy(town, town.an, town.red, 2)
    before = await snapshot(town.ground)
    with pytest.raises(refusal):
        await ask_for(town, town.an, order.order_id, kind, quantity, line_n, reason)
    assert await snapshot(town.ground) == before


async def test_nobody_but_the_shops_staff_answers(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    case = await ask_for(town, town.an, order.order_id)
    before = await snapshot(town.ground)
    for person in (town.an, town.bo, town.stranger):
        for verdict in ("agree", "reject"):
            with pytest.raises(aftersales.AftersaleUnknown):
                await answer(town, case.case_id, verdict, staff_id=person)
    with pytest.raises(aftersales.AftersaleUnknown):
        await answer(town, 424242)
    assert await snapshot(town.ground) == before
    await add_clerk(town, town.cai)
    assert (await answer(town, case.case_id, staff_id=town.cai)).state is aftersales.State.REFUNDING


async def test_a_rejection_says_why(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    case = await ask_for(town, town.an, order.order_id)
    for said in ("", "  ", "长" * 201):
        with pytest.raises(aftersales.AftersaleReasonNotValid):
            await answer(town, case.case_id, "reject", said)
    assert await case_state(town, case.case_id) == "MERCHANT_PROCESSING"
    await answer(town, case.case_id, "reject", "已打包")
    kept = await aftersales.get(town.ground.db, case.case_id)
    assert (kept.state, kept.answer) == (aftersales.State.REFUND_REJECTED, "已打包")


async def test_only_the_owner_sends_back_and_with_a_number_that_is_one(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id, "return")
    await answer(town, case.case_id)
    for person in (town.bo, town.owner_id):
        with pytest.raises(aftersales.AftersaleUnknown):
            await send_back(town, person, case.case_id)
    with pytest.raises(shipping.TrackingNumberNotValid):
        await send_back(town, town.an, case.case_id, "!")
    assert await case_state(town, case.case_id) == "USER_WAIT_RETURN"


async def test_a_refund_told_twice_finishes_once(town: Town) -> None:
    order = await buy(town, town.an, town.red)
    case = await ask_for(town, town.an, order.order_id)
    await answer(town, case.case_id)
    await channel_refunds(town, order.order_id)
    await town.ground.db.run(lambda tx: tx.execute("UPDATE outbox_fact SET told_at = NULL WHERE kind = 'RefundDone'"))
    await tell_refunds(town)
    moves = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'AftersaleMoved' ORDER BY id")
    assert [move["payload"]["step"] for move in moves] == ["open", "agree", "refund"]
    assert await case_state(town, case.case_id) == "MERCHANT_REFUND_SUCCESS"


async def test_a_deadline_that_lost_its_race_changes_nothing(town: Town) -> None:
    """The shop answers in the instant in which its time is over: whoever comes second finds the case moved."""
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    case = await ask_for(town, town.an, order.order_id)
    town.ground.clock.move(timedelta(days=2))
    answers = await asyncio.gather(
        answer(town, case.case_id, "reject", "没有问题"), run_deadlines(town), return_exceptions=True
    )
    state = await case_state(town, case.case_id)
    assert state in ("MERCHANT_REJECT_REFUND", "PLATFORM_REFUNDING")
    assert isinstance(answers[0], aftersales.AftersaleNotNow) == (state == "PLATFORM_REFUNDING")
    late = timers.Timer(1, aftersales.SILENCE, case.case_id, {}, 0, town.ground.clock.now())
    before = await snapshot(town.ground)
    await town.ground.db.run(lambda tx: end_silent_aftersales(town.ground, tx, [late]))
    assert await snapshot(town.ground) == before
    assert await case_state(town, case.case_id) == state

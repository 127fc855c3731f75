"""What a shop promised for a parcel that leaves late is paid once, to the fen, to who paid for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest
import pytest_asyncio
from channel import FakeChannel
from counter import answer, ask_for, books_are_right, buy, buy_lines, decide, receive, ship, wish
from crowd import gather_a_crowd, refused
from household import worker_of
from outside import FakeOutside, listen
from sets import give_set_paid, open_second, parts_of
from town import Town, build_town, claim, give_paid, pay, snapshot

from renqing.books import ledger, people
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.timers import Timer
from renqing.journeys.ask_the_staff import OwnersOnly
from renqing.journeys.give_a_gift import GiveAGift
from renqing.journeys.keep_my_gift import KeepMyGift, keep_my_gift
from renqing.journeys.pay_for_lateness import pay_for_lateness
from renqing.journeys.start_a_fund import PutIn, StartAFund, put_in, start_a_fund
from renqing.journeys.state_a_promise import StateAPromise, state_a_promise
from renqing.social import holds
from renqing.trade import lateness
from renqing.trade.lateness import PAY_FOR_LATENESS, NewPromise
from renqing.trade.orders import OrderUnknown
from renqing.views.lateness import lateness_of, lateness_of_gift, promise_of_shop, shop_lateness
from renqing.views.notice_page import notices_page

FIVE_PERCENT = NewPromise(500, 100, 5000, 24)  # 5 %, from ¥1 to ¥50, a day beyond the house's two
IN_TIME = timedelta(hours=72)
A_MOMENT = timedelta(microseconds=1)


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


@pytest_asyncio.fixture
async def channel() -> FakeChannel:
    return FakeChannel()


async def promise(town: Town, new: NewPromise = FIVE_PERCENT, shop_id: int | None = None, owner: int | None = None):
    ask = StateAPromise(owner or town.owner_id, shop_id or town.shop_id, new)
    return await state_a_promise(town.ground, ask, town.key(owner or town.owner_id))


async def drain(town: Town, channel: FakeChannel | None = None) -> None:
    await worker_of(town.ground, channel or FakeChannel()).drain()


async def pass_(town: Town, how_long: timedelta, channel: FakeChannel | None = None) -> None:
    await drain(town, channel)
    town.ground.clock.move(how_long)
    await drain(town, channel)


async def paid(town: Town, order_id: int) -> int:
    """What went back for an order's lateness, minor units."""
    rows = await lateness.paid_among(town.ground.db, [order_id])
    return rows[order_id].amount if rows else 0


async def told(town: Town, person_id: int) -> list[str]:
    return [one.kind for one in (await notices_page(town.ground, person_id)).notices]


async def test_who_bought_it_gets_a_share_of_its_price_back_once_when_the_time_is_over(town, channel):
    await promise(town)
    bought = await buy(town, town.an, town.red)
    await pass_(town, IN_TIME - A_MOMENT, channel)
    assert await paid(town, bought.order_id) == 0
    await pass_(town, A_MOMENT, channel)
    assert await paid(town, bought.order_id) == 645
    assert [(one.amount, one.intent_id) for one in channel.refunds.values()] == [(645, bought.intent_id)]
    await pass_(town, timedelta(days=9), channel)
    assert await paid(town, bought.order_id) == 645
    assert len(channel.refunds) == 1
    await ship(town, bought.order_id)
    await receive(town, town.an, bought.order_id)
    shop = await town.ground.db.fetchval("SELECT balance FROM ledger_account WHERE owner_kind = 'shop'")
    assert shop == 12_255 - 612  # the platform's 5 % is of what the shop keeps
    await books_are_right(town.ground)


async def test_a_parcel_that_left_in_time_is_paid_nothing_for(town):
    await promise(town)
    bought = await buy(town, town.an, town.red)
    await pass_(town, IN_TIME - A_MOMENT)
    await ship(town, bought.order_id)
    await pass_(town, timedelta(days=30))
    assert await paid(town, bought.order_id) == 0
    await books_are_right(town.ground)


async def test_no_promise_pays_nothing_and_an_order_keeps_the_one_it_was_placed_under(town):
    before = await buy(town, town.an, town.red)
    town.ground.clock.move(timedelta(seconds=1))
    await promise(town)
    under_five = await buy(town, town.an, town.red)
    town.ground.clock.move(timedelta(seconds=1))
    await promise(town, NewPromise(3000, 0, 100_000, 0))
    under_thirty = await buy(town, town.an, town.red)
    town.ground.clock.move(timedelta(seconds=1))
    await promise(town, NewPromise(0, 0, 0, 0))
    after = await buy(town, town.an, town.red)
    await pass_(town, timedelta(hours=48))
    assert [await paid(town, one.order_id) for one in (before, under_five, under_thirty, after)] == [0, 0, 3870, 0]
    await pass_(town, timedelta(hours=24))
    assert [await paid(town, one.order_id) for one in (before, under_five, under_thirty, after)] == [0, 645, 3870, 0]
    await books_are_right(town.ground)


async def test_of_a_gift_the_clock_starts_at_the_claim_and_its_giver_is_paid(town, channel):
    await promise(town)
    gift = await give_paid(town, town.an, town.bo, town.red)
    town.ground.clock.move(timedelta(hours=20))
    order_id = (await claim(town, town.bo, gift.gift_id)).order_id
    await pass_(town, IN_TIME - A_MOMENT, channel)
    assert (await lateness_of(town.ground, town.an, order_id)).due_at == town.ground.clock.now() + A_MOMENT
    await pass_(town, A_MOMENT, channel)
    assert await paid(town, order_id) == 645
    assert [one.intent_id for one in channel.refunds.values()] == [gift.intent_id]
    giver, recipient = [await lateness_of(town.ground, one, order_id) for one in (town.an, town.bo)]
    assert (giver.is_paid, giver.amount) == (True, 645)
    assert (recipient.is_paid, recipient.amount) == (True, None)
    assert "order_late_paid" in await told(town, town.an)
    assert await told(town, town.owner_id) == ["shop_was_late"]
    assert not {"order_late_paid", "refund_done", "shop_was_late"} & set(await told(town, town.bo))
    await refused(town, lateness_of(town.ground, town.cai, order_id), OrderUnknown)
    await books_are_right(town.ground)


async def test_every_share_of_a_gift_for_many_has_its_own_clock(town):
    await promise(town)
    gift = await give_paid(town, town.an, None, town.red, shares=3)
    first, second = await gather_a_crowd(town, 2)
    link = await town.ground.db.fetchval("SELECT token_sealed FROM gift_gift WHERE id = $1", gift.gift_id)
    token = town.ground.keys.open(link, place="gift_gift.token_sealed", row=gift.gift_id)
    early = (await claim(town, first, None, token=token)).order_id
    await pass_(town, timedelta(hours=10))
    late = (await claim(town, second, None, token=token)).order_id
    await pass_(town, IN_TIME - timedelta(hours=10))
    assert [await paid(town, one) for one in (early, late)] == [645, 0]
    await ship(town, late)
    await pass_(town, timedelta(days=2))
    assert [await paid(town, one) for one in (early, late)] == [645, 0]
    assert (await lateness_of_gift(town.ground, town.an, gift.gift_id, [gift.order_id])).amount == 645
    await books_are_right(town.ground)


async def test_each_shop_of_a_set_pays_by_its_own_promise(town):
    second = await open_second(town)
    await promise(town, NewPromise(1000, 0, 100_000, 0), second.shop_id, second.owner_id)
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 1), (second.tin, 2))
    await claim(town, town.bo, gift.gift_id)
    await pass_(town, timedelta(days=9))
    sums = {part.shop_id: await paid(town, part.part_id) for part in await parts_of(town, gift)}
    assert sums == {town.shop_id: 0, second.shop_id: 1180}
    await books_are_right(town.ground)


async def test_of_a_gift_that_several_paid_for_it_goes_to_all_of_them_by_their_parts(town, channel):
    await promise(town, NewPromise(1000, 0, 100_000, 0))
    gift = GiveAGift(town.an, town.dear, town.bo, "birthday", "", 24, "")
    ends_at = town.ground.clock.now() + timedelta(days=20)
    fund = await start_a_fund(town.ground, StartAFund(gift, ends_at, guest_ids=(town.cai,)), town.key(town.an))
    for person, amount in ((town.cai, 6633), (town.an, 13_267)):
        one = await put_in(town.ground, PutIn(person, fund.order_id, amount, "sandbox"), town.key(person))
        intent = await town.ground.db.fetchval("SELECT id FROM payment_intent WHERE order_id = $1", one.contribution_id)
        await pay(town, intent, amount)
    await claim(town, town.bo, fund.gift_id)
    await pass_(town, timedelta(hours=48), channel)
    assert await paid(town, fund.order_id) == 1990
    assert sorted(one.amount for one in channel.refunds.values()) == [663, 1327]
    assert "share_back" in await told(town, town.cai)
    assert not {"order_late_paid", "share_back"} & set(await told(town, town.bo))
    await books_are_right(town.ground)


async def test_what_a_giver_keeps_of_their_gift_has_its_clock_too(town):
    await promise(town)
    gift = await give_paid(town, town.an, None, town.red, shares=2)
    kept = await keep_my_gift(
        town.ground, KeepMyGift(town.an, gift.gift_id, town.addresses[town.an]), town.key(town.an)
    )
    await pass_(town, IN_TIME)
    assert sum([await paid(town, one) for one in kept.kept_order_ids]) == 1290
    await books_are_right(town.ground)


async def test_what_left_in_time_of_an_order_is_not_paid_for(town):
    await promise(town, NewPromise(1000, 0, 100_000, 0))
    bought = await buy(town, town.an, town.dear, 3)
    await ship(town, bought.order_id, ((1, 2),))
    await pass_(town, timedelta(hours=48))
    assert await paid(town, bought.order_id) == 1990
    await ship(town, bought.order_id)
    await pass_(town, timedelta(days=9))
    assert await paid(town, bought.order_id) == 1990
    await books_are_right(town.ground)


@pytest.mark.parametrize(
    ("new", "sum_"),
    [
        (NewPromise(1, 100, 5000, 0), 100),  # the lowest sum
        (NewPromise(5000, 0, 5000, 0), 5000),  # the highest
        (NewPromise(1, 100_000, 100_000, 0), 6450),  # half of the price at most
        (NewPromise(333, 0, 5000, 0), 429),  # 429.57: the odd fen stay with the shop
    ],
)
async def test_the_sum_keeps_within_the_lowest_and_the_highest_and_half_of_the_price(town, new, sum_):
    await promise(town, new)
    bought = await buy(town, town.an, town.red)
    await pass_(town, timedelta(hours=48))
    assert await paid(town, bought.order_id) == sum_
    await books_are_right(town.ground)


async def test_a_refund_after_it_gives_back_what_is_left_of_the_price_to_the_fen(town, channel):
    await promise(town, NewPromise(333, 0, 100_000, 0))
    bought = await buy(town, town.cai, town.dear, 3)
    await pass_(town, timedelta(hours=48), channel)
    assert await paid(town, bought.order_id) == 1988
    backs = []
    for quantity in (1, 2):
        case = await ask_for(town, town.cai, bought.order_id, quantity=quantity)
        await answer(town, case.case_id)
        await drain(town, channel)
        backs.append(await town.ground.db.fetchval("SELECT amount FROM aftersale_case WHERE id = $1", case.case_id))
    assert backs == [19_900 - 662, 39_800 - 1326]
    assert sum(one.amount for one in channel.refunds.values()) == bought.total
    assert await town.ground.db.fetchval("SELECT state FROM order_order WHERE id = $1", bought.order_id) == 200
    await books_are_right(town.ground)


async def test_while_an_after_sale_waits_the_clock_starts_anew_and_what_is_refunded_is_never_paid_for(town):
    await promise(town)
    kept = await buy(town, town.an, town.red)
    gone = await buy(town, town.bo, town.blue)
    await pass_(town, IN_TIME - timedelta(hours=1))
    cases = [await ask_for(town, person, one.order_id) for person, one in ((town.an, kept), (town.bo, gone))]
    await pass_(town, timedelta(hours=1))
    assert [await paid(town, one.order_id) for one in (kept, gone)] == [0, 0]
    await answer(town, cases[0].case_id, verdict="reject", said="马上寄")
    await answer(town, cases[1].case_id)
    await pass_(town, IN_TIME - A_MOMENT)
    assert [await paid(town, one.order_id) for one in (kept, gone)] == [0, 0]
    await pass_(town, A_MOMENT)
    assert [await paid(town, one.order_id) for one in (kept, gone)] == [645, 0]
    await books_are_right(town.ground)


async def test_a_style_that_the_recipient_had_changed_is_not_paid_for_and_one_that_was_refused_is(town):
    await promise(town)
    orders = []
    for _ in range(2):
        gift = await give_paid(town, town.an, town.bo, town.red)
        orders.append((await claim(town, town.bo, gift.gift_id)).order_id)
        await wish(town, town.bo, orders[-1], town.blue)
    await decide(town, orders[0], "approve")
    await decide(town, orders[1], "reject")
    await pass_(town, timedelta(days=9))
    assert [await paid(town, one) for one in orders] == [0, 645]
    await books_are_right(town.ground)


async def test_while_a_wish_for_another_style_waits_the_clock_starts_anew(town):
    await promise(town)
    gift = await give_paid(town, town.an, town.bo, town.red)
    order_id = (await claim(town, town.bo, gift.gift_id)).order_id
    await drain(town)
    town.ground.clock.move(IN_TIME - timedelta(minutes=1))
    await wish(town, town.bo, order_id, town.blue)
    await pass_(town, timedelta(minutes=2))
    assert await paid(town, order_id) == 0
    await decide(town, order_id, "reject")
    await pass_(town, IN_TIME)
    assert await paid(town, order_id) == 645
    await books_are_right(town.ground)


async def test_a_deadline_of_an_order_without_a_promise_pays_nothing(town):
    bought = await buy(town, town.an, town.red)
    now = town.ground.clock.now()
    timer = Timer(1, PAY_FOR_LATENESS, bought.order_id, {"due_at": now.isoformat()}, 0, now)
    await town.ground.db.run(lambda tx: pay_for_lateness(town.ground, tx, [timer]))
    assert await paid(town, bought.order_id) == 0


async def test_while_the_platform_holds_who_paid_nothing_is_paid_and_afterwards_it_is(town):
    await promise(town)
    bought = await buy(town, town.an, town.red)
    await drain(town)
    ends = town.ground.clock.now() + IN_TIME + timedelta(hours=1)
    await town.ground.db.run(lambda tx: holds.hold(tx, holds.NewHold(town.an, "pay", "reported", ends)))
    await pass_(town, IN_TIME)
    assert await paid(town, bought.order_id) == 0
    await pass_(town, IN_TIME)
    assert await paid(town, bought.order_id) == 645
    await books_are_right(town.ground)


async def test_nothing_is_paid_for_what_nobody_claimed_and_the_whole_price_goes_back(town, channel):
    await promise(town)
    gift = await give_paid(town, town.an, town.bo, town.red)
    await pass_(town, timedelta(days=9), channel)
    assert await paid(town, gift.order_id) == 0
    assert sum(one.amount for one in channel.refunds.values()) == gift.total
    await books_are_right(town.ground)


async def test_a_worker_that_was_away_pays_for_what_was_late_and_not_for_what_had_left(town):
    await promise(town)
    late, in_time = [await buy(town, town.an, sku) for sku in (town.red, town.blue)]
    await drain(town)
    town.ground.clock.move(IN_TIME - A_MOMENT)
    await ship(town, in_time.order_id)
    town.ground.clock.move(A_MOMENT)
    await ship(town, late.order_id)
    await receive(town, town.an, late.order_id)
    assert await paid(town, late.order_id) == 0
    await drain(town)
    assert [await paid(town, one.order_id) for one in (late, in_time)] == [645, 0]
    shop = await town.ground.db.fetchval("SELECT balance FROM ledger_account WHERE owner_kind = 'shop'")
    assert shop == 12_255 - 612
    await books_are_right(town.ground)


async def test_of_fifty_who_ship_while_its_time_runs_out_whoever_is_first_decides_exactly(town):
    await promise(town)
    orders = [(await buy(town, town.an, sku)).order_id for sku in (town.red, town.blue) for _ in range(5)]
    orders += [(await buy(town, town.bo, town.dear)).order_id for _ in range(10)]
    await drain(town)
    town.ground.clock.move(IN_TIME - A_MOMENT)
    workers = [worker_of(town.ground) for _ in range(5)]

    async def run_out() -> None:
        await asyncio.sleep(0)
        town.ground.clock.move(A_MOMENT)

    await asyncio.gather(
        *(ship(town, one, number=f"SF{one}") for one in orders[::2]),
        run_out(),
        *(one.turn() for one in workers for _ in range(2)),
        *(ship(town, one, number=f"JD{one}") for one in orders),
        return_exceptions=True,
    )
    await drain(town)
    rows = await town.ground.db.fetch(
        """SELECT o.id, p.shipped_at >= o.ship_from + interval '72 hours' AS late, l.amount, o.total_amount
             FROM order_order o JOIN shipping_parcel p ON p.order_id = o.id
             LEFT JOIN lateness_paid l ON l.order_id = o.id"""
    )
    assert len(rows) == 20
    assert [row["amount"] for row in rows] == [row["total_amount"] // 20 if row["late"] else None for row in rows]
    await books_are_right(town.ground)


async def test_two_owners_who_state_it_at_once_state_it_one_after_the_other(town):
    sums = range(100, 110)
    await asyncio.gather(*(promise(town, NewPromise(500, one, 5000, 0)) for one in sums))
    rows = await town.ground.db.fetch("SELECT n, lowest_amount FROM lateness_promise ORDER BY n")
    assert [row["n"] for row in rows] == list(range(1, 11))
    assert {row["lowest_amount"] for row in rows} == set(sums)
    before = await snapshot(town.ground)
    await promise(town, NewPromise(500, rows[-1]["lowest_amount"], 5000, 0))
    assert await snapshot(town.ground) == before


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewPromise(-1, 0, 100, 0), "share_bp"),
        (NewPromise(5001, 0, 100, 0), "share_bp"),
        (NewPromise(500, 0, 0, 0), "highest_amount"),
        (NewPromise(500, 0, lateness.SUM_MAX + 1, 0), "highest_amount"),
        (NewPromise(500, 101, 100, 0), "lowest_amount"),
        (NewPromise(500, -1, 100, 0), "lowest_amount"),
        (NewPromise(500, 0, 100, -1), "grace_hours"),
        (NewPromise(500, 0, 100, 673), "grace_hours"),
    ],
)
async def test_a_promise_that_cannot_be_is_refused(town, new, field):
    await refused(town, promise(town, new), FieldNotValid, field=field)


async def test_its_owner_decides_and_nobody_else(town):
    await town.ground.db.run(lambda tx: people.add_staff(tx, town.shop_id, town.cai, people.Role.CLERK))
    await refused(town, promise(town, owner=town.cai), OwnersOnly)
    for person in (town.an, town.stranger):
        await refused(town, promise(town, owner=person), people.ShopUnknown)
    assert await promise_of_shop(town.ground, town.shop_id) is None


async def test_the_desk_says_what_it_cost_in_the_last_days_and_ever(town):
    await promise(town)
    old = await buy(town, town.an, town.red)
    await pass_(town, IN_TIME)
    town.ground.clock.move(timedelta(days=31))
    new = await buy(town, town.bo, town.dear)
    await pass_(town, IN_TIME)
    seen = await shop_lateness(town.ground, town.owner_id, town.shop_id)
    assert (seen.recent, seen.recent_amount, seen.all, seen.all_amount) == (1, 995, 2, 1640)
    assert [row.paid.order_id for row in seen.rows] == [new.order_id, old.order_id]
    first = await shop_lateness(town.ground, town.owner_id, town.shop_id, limit=1)
    rest = await shop_lateness(town.ground, town.owner_id, town.shop_id, first.next_after, limit=1)
    assert [row.paid.order_id for row in (*first.rows, *rest.rows)] == [new.order_id, old.order_id]
    assert rest.next_after is None


async def test_the_shops_program_hears_it(town):
    outside = FakeOutside()
    await listen(town, kinds=("order.late_paid",))
    await promise(town)
    bought = await buy(town, town.an, town.red)
    worker = worker_of(town.ground, outside=outside)
    await worker.drain()
    town.ground.clock.move(IN_TIME)
    await worker.drain()
    (heard,) = outside.heard
    assert heard.said["data"]["order_id"] == str(bought.order_id)
    assert heard.said["data"]["late_paid"] == {"amount": 645, "currency": "CNY"}


@pytest.mark.parametrize("fee_ppm", [0, 1, 49_999, 50_000, 333_333, 999_999, 1_000_000])
async def test_a_settled_order_bears_its_own_lateness_to_the_fen_where_its_shop_has_nothing_else_free(ground, fee_ppm):
    """The worker was away: the order is settled, and all that the shop has of its other order is held."""
    ground.settings = msgspec.structs.replace(
        ground.settings, policy=msgspec.structs.replace(ground.policy, platform_fee_ppm=fee_ppm)
    )
    town = await build_town(ground)
    await promise(town, NewPromise(5000, 0, 100_000, 0))
    other, late = [await buy_lines(town, town.an, ((town.red, 1), (town.blue, 2))) for _ in range(2)]
    await drain(town)
    town.ground.clock.move(timedelta(hours=47))
    await ship(town, other.order_id)
    town.ground.clock.move(timedelta(hours=1))
    await ship(town, late.order_id)
    for one in (other, late):
        await receive(town, town.an, one.order_id)
    cases = [await ask_for(town, town.an, other.order_id, quantity=n, line_n=n) for n in (1, 2)]
    await drain(town)
    assert [await paid(town, one.order_id) for one in (other, late)] == [0, late.total // 2]
    rest = [await ask_for(town, town.an, late.order_id, quantity=n, line_n=n) for n in (1, 2)]
    for case in (*rest, *cases):
        await answer(town, case.case_id)
    await drain(town)
    shop, fee = [
        await ledger.balance_of(ground.db, of) for of in (ledger.shop_balance(town.shop_id, "CNY"), ledger.fee("CNY"))
    ]
    assert (shop, fee) == ((0, 0), (0, 0)), "all of both is back"
    await books_are_right(ground)

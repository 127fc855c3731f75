"""A shop gives goods of its own away: exact to the piece, one a person, without a fen moving."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from counter import ask_for, receive, ship
from crowd import gather_a_crowd, refused
from household import worker_of
from presents import become_a_customer, ends_in, offered, take
from town import Town, build_town, place, snapshot

from renqing.books import people, stock
from renqing.books.people import AddressUnknown, GroupUnknown, ShopUnknown
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ground import Ground
from renqing.journeys.check_out import OfferOver
from renqing.journeys.keep_activities import (
    ActivityStands,
    ChoosePeople,
    MoveAnActivity,
    PeopleChosen,
    Step,
    choose_people,
    move_an_activity,
)
from renqing.journeys.take_a_present import PresentTaken, TakeAPresent, take_presents
from renqing.social import activities, gifts, holds, moderation, peace
from renqing.social.activities import (
    ActivitiesFull,
    ActivityFull,
    ActivityOver,
    ActivityState,
    ActivityUnknown,
    NotForChosen,
    PresentGone,
    PresentNotAvailable,
    PresentNotForYou,
    PresentNotYet,
    PresentPaused,
    StockShort,
)
from renqing.trade.aftersales import AftersaleNothingPaid
from renqing.views.check import check


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def levels(town: Town, sku_id: int | None = None) -> tuple[int, int]:
    """On hand and held of a style."""
    sku = sku_id or town.red
    return (await stock.levels(town.ground.db, [sku]))[sku]


async def moved(town: Town, activity_id: int, step: Step, staff_id: int | None = None, **of: int) -> ActivityStands:
    staff = staff_id or town.owner_id
    ask = MoveAnActivity(staff, of.get("shop_id", town.shop_id), activity_id, step)
    return await move_an_activity(town.ground, ask, town.key(staff))


async def choose(town: Town, activity_id: int, *named: int, staff_id: int | None = None) -> PeopleChosen:
    staff = staff_id or town.owner_id
    ask = ChoosePeople(staff, town.shop_id, activity_id, named)
    return await choose_people(town.ground, ask, town.key(staff))


async def keep_rule(town: Town, person_id: int, **rule: object) -> None:
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, person_id, peace.PeaceRule(**rule)))  # type: ignore[arg-type]


# taking --------------------------------------------------------------------------------------------------------------
async def test_who_takes_one_gets_an_order_that_costs_nothing_and_the_shop_ships_it(town: Town):
    before = (await snapshot(town.ground))["accounts"]
    made = await offered(town, 3)
    assert await levels(town) == (10, 3)
    taken = await take(town, town.an, made.code)
    assert await levels(town) == (10, 3), "the piece is held for the order now"
    row = await town.ground.db.fetchrow("SELECT * FROM order_order WHERE id = $1", taken.order_id)
    assert (row["purpose"], row["state"], row["total_amount"], row["freight_amount"]) == ("present", 20, 0, 0)
    assert (row["payer_id"], row["owner_id"], row["paid_at"]) == (town.an, town.an, None)
    await ship(town, taken.order_id)
    assert await levels(town) == (9, 2)
    await receive(town, town.an, taken.order_id)
    assert (await snapshot(town.ground))["accounts"] == before, "not a fen moved"
    assert await town.ground.db.fetchval("SELECT count(*) FROM payment_intent") == 0
    assert (await check(town.ground)).is_clean


async def test_fifty_people_for_the_last_piece_make_one_order(town: Town):
    crowd = await gather_a_crowd(town, 50)
    made = await offered(town, 1)
    asks = [TakeAPresent(person, made.code, town.addresses[person]) for person in crowd]
    rounds = [
        take_presents(town.ground, [(ask, town.key(ask.person_id)) for ask in asks[start::5]]) for start in range(5)
    ]
    answers = [answer for batch in await asyncio.gather(*rounds) for answer in batch]
    won = [answer for answer in answers if isinstance(answer, PresentTaken)]
    lost = [answer for answer in answers if not isinstance(answer, PresentTaken)]
    assert len(won) == 1
    assert {(type(one), one.facts["reason"]) for one in lost if isinstance(one, Refusal)} == {
        (PresentGone, "all_taken")
    }
    assert len(lost) == 49
    assert await levels(town) == (10, 1)
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 1
    assert (await check(town.ground)).is_clean


async def test_fifty_people_at_once_for_seven_pieces_take_seven(town: Town):
    crowd = await gather_a_crowd(town, 50)
    made = await offered(town, 7)
    answers = await asyncio.gather(*(take(town, person, made.code) for person in crowd), return_exceptions=True)
    assert sum(isinstance(answer, PresentTaken) for answer in answers) == 7
    rows = await town.ground.db.fetch("SELECT n FROM activity_present ORDER BY n")
    assert [row["n"] for row in rows] == list(range(1, 8))
    activity = await activities.get(town.ground.db, made.activity_id)
    assert (activity.taken, activity.ended_how) == (7, "all_taken")
    assert (await check(town.ground)).is_clean


async def test_nobody_takes_two_and_asking_again_gives_the_same_answer(town: Town):
    made = await offered(town, 3)
    first = await take(town, town.an, made.code)
    again = [await take(town, town.an, made.code) for _ in range(2)]
    assert again == [first, first]
    ask = (TakeAPresent(town.bo, made.code, town.addresses[town.bo]), town.key(town.bo))
    one, other = await take_presents(town.ground, [ask]), await take_presents(town.ground, [ask])
    assert one == other
    twice = [(TakeAPresent(town.cai, made.code, town.addresses[town.cai]), town.key(town.cai)) for _ in range(2)]
    answers = await take_presents(town.ground, twice)
    assert answers[0] == answers[1]
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 3


async def test_what_was_taken_stays_taken_when_the_activity_is_over(town: Town):
    made = await offered(town, 2)
    taken = await take(town, town.an, made.code)
    await moved(town, made.activity_id, "stop")
    assert await take(town, town.an, made.code) == taken
    await ship(town, taken.order_id)
    assert await levels(town) == (9, 0)


async def test_there_is_no_money_to_ask_back_for_a_present(town: Town):
    made = await offered(town)
    taken = await take(town, town.an, made.code)
    await refused(town, ask_for(town, town.an, taken.order_id, quantity=1), AftersaleNothingPaid)


async def test_what_is_no_link_of_an_activity_leads_nowhere(town: Town):
    for code in ("", "nothing", "x" * 500, "扫"):
        await refused(town, take(town, town.an, code), PresentNotAvailable)


async def test_where_the_shop_does_not_deliver_or_the_address_is_anothers_nothing_is_taken(town: Town):
    made = await offered(town)
    await refused(town, take(town, town.bo, made.code, town.far_address), gifts.GiftUndeliverable)
    await refused(town, take(town, town.an, made.code, town.addresses[town.bo]), AddressUnknown)


# for whom ------------------------------------------------------------------------------------------------------------
async def test_for_customers_is_for_who_paid_or_was_sent_something(town: Town):
    await become_a_customer(town, town.an)
    made = await offered(town, audience="customers")
    await refused(town, take(town, town.bo, made.code), PresentNotForYou)
    await take(town, town.an, made.code)
    await take(town, town.bo, (await offered(town)).code)
    await take(town, town.bo, made.code)


async def test_for_a_group_is_for_its_members_and_the_maker_is_one(town: Town):
    async def story(tx: Tx) -> int:
        for friend in (town.an, town.bo):
            await people.befriend(tx, town.owner_id, friend)
        return (await people.make_group(tx, town.owner_id, "会员", [town.an, town.bo])).id

    group = await town.ground.db.run(story)
    made = await offered(town, audience="group", group_id=group)
    await take(town, town.an, made.code)
    await refused(town, take(town, town.cai, made.code), PresentNotForYou)
    foreign = await town.ground.db.run(lambda tx: people.make_group(tx, town.an, "别人的", [town.bo]))
    await refused(town, offered(town, audience="group", group_id=foreign.id), GroupUnknown)


async def test_who_works_for_the_shop_takes_nothing_of_it(town: Town):
    async def story(tx: Tx) -> None:
        await people.add_staff(tx, town.shop_id, town.an, people.Role.CLERK)

    await town.ground.db.run(story)
    made = await offered(town)
    await refused(town, take(town, town.an, made.code), PresentNotForYou)


async def test_for_chosen_people_a_piece_is_kept_and_nobody_else_takes_it(town: Town):
    an, bo, cai = [await become_a_customer(town, person) for person in (town.an, town.bo, town.cai)]
    made = await offered(town, 2, audience="chosen")
    await refused(town, take(town, town.an, made.code), PresentNotForYou)
    await refused(town, choose(town, made.activity_id, an, bo, cai), ActivityFull, left=2)
    assert await choose(town, made.activity_id, an) == PeopleChosen(made.activity_id, [an], [])
    await choose(town, made.activity_id, an, bo)
    await refused(town, choose(town, made.activity_id, cai), ActivityFull, left=0)
    await take(town, town.bo, made.code)
    await refused(town, choose(town, made.activity_id, cai), ActivityFull, left=0)
    await take(town, town.an, made.code)
    sql = "SELECT payload -> 'guest_ids' AS who FROM outbox_fact WHERE kind = 'PresentOffered' ORDER BY id"
    told = await town.ground.db.fetch(sql)
    assert [row["who"] for row in told] == [[town.an], [town.bo]], "nobody is told twice"


async def test_the_gift_inbox_of_chosen_people_holds_and_the_shop_learns_no_reason(town: Town):
    crowd = await gather_a_crowd(town, 5)
    nobody, friends, small, blocker, open_one = crowd
    bought = [await become_a_customer(town, person) for person in crowd]
    await keep_rule(town, nobody, gifts_from="nobody")
    await keep_rule(town, friends, gifts_from="friends")
    await keep_rule(town, small, gift_price_max=12_899)
    await town.ground.db.run(lambda tx: people.block(tx, blocker, town.owner_id))
    unpaid = (await place(town, town.stranger, town.dear)).order_id
    made = await offered(town, 6, audience="chosen")
    chosen = await choose(town, made.activity_id, *bought, unpaid, 404)
    assert chosen.chosen == [bought[4]]
    assert chosen.not_reached == [*bought[:4], unpaid, 404]
    await take(town, open_one, made.code)


async def test_another_shops_order_names_nobody(town: Town):
    other = await build_town(town.ground)
    foreign = await become_a_customer(other, other.an)
    made = await offered(town, audience="chosen")
    assert await choose(town, made.activity_id, foreign) == PeopleChosen(made.activity_id, [], [foreign])


async def test_only_an_activity_for_chosen_people_takes_names_and_only_some_at_once(town: Town):
    made = await offered(town)
    bought = await become_a_customer(town, town.an)
    await refused(town, choose(town, made.activity_id, bought), NotForChosen)
    for named in ((), tuple(range(1, 102))):
        await refused(town, choose(town, made.activity_id, *named), FieldNotValid, field="orders", reason="count")


# when ----------------------------------------------------------------------------------------------------------------
async def test_before_it_begins_while_it_rests_and_after_its_end_nothing_is_taken(town: Town):
    clock = town.ground.clock
    made = await offered(town, starts_at=ends_in(town, hours=1), ends_at=ends_in(town, hours=2))
    await refused(town, take(town, town.an, made.code), PresentNotYet)
    clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    await take(town, town.an, made.code)
    assert (await moved(town, made.activity_id, "pause")).state == ActivityState.PAUSED
    await refused(town, take(town, town.bo, made.code), PresentPaused)
    assert (await moved(town, made.activity_id, "resume")).state == ActivityState.RUNNING
    clock.move(timedelta(hours=1) - timedelta(microseconds=1))  # type: ignore[attr-defined]
    await take(town, town.bo, made.code)
    clock.move(timedelta(microseconds=1))  # type: ignore[attr-defined]
    await refused(town, take(town, town.cai, made.code), PresentGone, reason="time")
    for step in ("pause", "resume", "stop"):
        await refused(town, moved(town, made.activity_id, step), ActivityOver)


async def test_the_end_of_its_time_frees_what_nobody_took_exactly_once(town: Town):
    worker = worker_of(town.ground)
    made = await offered(town, 5)
    taken = await take(town, town.an, made.code)
    town.ground.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    await worker.drain()
    assert await levels(town) == (10, 1)
    activity = await activities.get(town.ground.db, made.activity_id)
    assert (activity.ended_how, activity.left) == ("time", 4)
    await refused(town, moved(town, made.activity_id, "stop"), ActivityOver)
    await worker.drain()
    assert await levels(town) == (10, 1)
    await ship(town, taken.order_id)
    assert await levels(town) == (9, 0)
    assert (await check(town.ground)).is_clean


async def test_stopping_races_with_taking_and_the_stock_adds_up_whoever_wins(town: Town):
    crowd = await gather_a_crowd(town, 20)
    made = await offered(town, 9)
    answers = await asyncio.gather(
        *(take(town, person, made.code) for person in crowd[:10]),
        moved(town, made.activity_id, "stop"),
        moved(town, made.activity_id, "stop"),
        *(take(town, person, made.code) for person in crowd[10:]),
        return_exceptions=True,
    )
    won = sum(isinstance(answer, PresentTaken) for answer in answers)
    assert all(isinstance(answer, PresentTaken | ActivityStands | PresentGone | ActivityOver) for answer in answers)
    assert await levels(town) == (10, won)
    told = await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'ActivityEnded'")
    assert told == 1
    assert (await check(town.ground)).is_clean


# making --------------------------------------------------------------------------------------------------------------
async def test_what_is_set_aside_cannot_be_sold_and_no_more_than_there_is_can_be_set_aside(town: Town):
    await refused(town, offered(town, 11), StockShort, free=10)
    await offered(town, 8)
    await refused(town, offered(town, 3), StockShort, free=2)
    assert await stock.available(town.ground.db, [town.red]) == {town.red: 2}


@pytest.mark.parametrize(
    ("asked", "field", "reason"),
    [
        ({"ends_at": 0}, "ends_at", "past"),
        ({"ends_at": -1}, "ends_at", "past"),
        ({"starts_at": 2, "ends_at": 1}, "ends_at", "before_start"),
        ({"starts_at": 2, "ends_at": 2}, "ends_at", "before_start"),
        ({"ends_at": 181 * 24}, "ends_at", "too_far"),
    ],
)
async def test_an_activity_that_ends_before_it_starts_or_in_the_past_or_too_late_is_refused(
    town: Town, asked: dict[str, int], field: str, reason: str
):
    times = {name: ends_in(town, hours=hours) for name, hours in asked.items()}
    await refused(town, offered(town, **times), FieldNotValid, field=field, reason=reason)


async def test_what_is_outside_its_limits_is_refused_by_name(town: Town):
    for asked, field, reason in (
        ({"stock": 0}, "stock", "out_of_range"),
        ({"stock": 100_001}, "stock", "out_of_range"),
        ({"name": ""}, "name", "length"),
        ({"name": "长" * 41}, "name", "length"),
        ({"greeting": "长" * 101}, "greeting", "too_long"),
        ({"cover": "own-1"}, "cover", "unknown"),
        ({"audience": "everybody"}, "audience", "unknown"),
        ({"audience": "group"}, "group_id", "for_a_group"),
        ({"group_id": 1}, "group_id", "for_a_group"),
    ):
        await refused(town, offered(town, **asked), FieldNotValid, field=field, reason=reason)


async def test_only_the_shops_own_people_give_only_its_own_goods_of_kinds_that_may_be_given(town: Town):
    await refused(town, offered(town, staff_id=town.an), ShopUnknown)
    other = await town.ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="别家"), town.bo))
    await refused(town, offered(town, staff_id=town.bo, shop_id=other.id), OfferOver, sku_id=town.red)
    await refused(town, offered(town, sku_id=404), OfferOver, sku_id=404)
    await refused(town, offered(town, sku_id=town.ring), gifts.GiftNotAllowed, reason="category")
    await town.ground.db.pool.execute(
        "UPDATE catalog_sku SET price = 2000001, original_price = 2000001 WHERE id = $1", town.dear
    )
    await refused(town, offered(town, sku_id=town.dear), gifts.GiftNotAllowed, reason="price")
    await town.ground.db.pool.execute("UPDATE catalog_product SET on_sale = false")
    await refused(town, offered(town), OfferOver, sku_id=town.red)
    for step in ("pause", "stop"):
        made_by_nobody = moved(town, 404, step)
        await refused(town, made_by_nobody, ActivityUnknown)


async def test_another_shops_activity_is_nobodys_to_move(town: Town):
    made = await offered(town)
    other = await town.ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="别家"), town.bo))
    await refused(town, moved(town, made.activity_id, "stop", town.bo, shop_id=other.id), ActivityUnknown)
    await refused(town, moved(town, made.activity_id, "stop", town.an), ShopUnknown)
    await refused(town, choose(town, made.activity_id, town.an, staff_id=town.an), ShopUnknown)


async def test_words_that_a_moderator_holds_start_no_activity(town: Town):
    await town.ground.db.run(lambda tx: moderation.add_word(tx, "坏话"))
    await refused(town, offered(town, greeting="坏 话"), FieldNotValid, field="greeting", reason="not_suitable")


async def test_who_may_not_give_for_a_while_sets_nothing_aside_and_chooses_nobody(town: Town):
    made = await offered(town, audience="chosen")
    hold = holds.NewHold(town.owner_id, "give", "reported", ends_in(town))
    await town.ground.db.run(lambda tx: holds.hold(tx, hold))
    await refused(town, offered(town), holds.OnHold)
    await refused(town, choose(town, made.activity_id, town.an), holds.OnHold)


async def test_a_shop_has_so_many_activities_that_are_not_over_at_most(town: Town):
    await offered(town, 1)
    await town.ground.db.pool.execute(
        """INSERT INTO activity_activity (id, shop_id, made_by, name, product_id, sku_id, stock, audience, cover,
             greeting, code, starts_at, ends_at, made_at)
           SELECT n, shop_id, made_by, name, product_id, sku_id, 1, audience, cover, '', 'c' || n, starts_at, ends_at,
                  made_at FROM activity_activity, generate_series(1, $1) n""",
        activities.ACTIVITIES_MAX - 1,
    )
    await refused(town, offered(town, 1), ActivitiesFull, max=activities.ACTIVITIES_MAX)


async def test_the_database_lets_nothing_be_untaken_nor_what_is_over_go_on(town: Town):
    made = await offered(town, 2)
    await take(town, town.an, made.code)
    pool = town.ground.db.pool
    for sql in (
        "UPDATE activity_activity SET taken = 0",
        "UPDATE activity_activity SET stock = 9",
        "UPDATE activity_activity SET taken = 3",
        "UPDATE activity_activity SET taken = 2",
        "DELETE FROM activity_present",
        "UPDATE order_order SET total_amount = 1, goods_amount = 1",
        "UPDATE order_order SET owner_id = NULL",
    ):
        with pytest.raises(Exception, match=r"change|violates|append|row"):
            await pool.execute(sql)
    await moved(town, made.activity_id, "stop")
    with pytest.raises(Exception, match="change"):
        await pool.execute("UPDATE activity_activity SET ended_at = NULL, ended_how = ''")


async def test_the_chosen_are_told_with_the_link_of_their_piece(town: Town):
    activity = await offered(town, audience="chosen")
    bought = [await become_a_customer(town, one) for one in (town.bo, town.cai)]
    await choose(town, activity.activity_id, *bought)
    await worker_of(town.ground).drain()
    rows = await town.ground.db.fetch(
        "SELECT person_id, link FROM notice_notice WHERE kind = 'present_offered' ORDER BY person_id"
    )
    assert [tuple(row.values()) for row in rows] == [(one, f"/p/{activity.code}") for one in (town.bo, town.cai)]


async def test_who_can_take_no_gift_takes_no_present_either(town: Town):
    made = await offered(town)
    await keep_rule(town, town.bo, is_minor=True)
    await refused(town, take(town, town.bo, made.code), gifts.CannotReceive, reason="minor")
    await keep_rule(town, town.bo, is_minor=False)
    assert (await take(town, town.bo, made.code)).order_id

"""A giver takes for themselves what nobody claimed of a gift: once, paid already, and nobody else is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest_asyncio
from channel import FakeChannel
from counter_vouchers import another_voucher, of_order, open_cafe
from crowd import gather_a_crowd, refused
from household import worker_of
from interleaving import one_after_the_other
from town import Town, build_town, claim, enter, give, give_paid, pay, raised, snapshot

from renqing.books import people
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.claim_a_gift import ClaimAGift, claim_gifts
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.give_a_gift import DrawAsked, GiveAGift
from renqing.journeys.keep_my_gift import KeepMyGift, Kept, keep_my_gift
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.start_a_fund import PutIn, StartAFund, put_in, start_a_fund
from renqing.social import draws, gifts, lucky
from renqing.social.gifts import GiftNotAvailable, GiftNotKept, GiftUndeliverable
from renqing.trade import orders, shipping
from renqing.views.check import check
from renqing.views.draw_page import draw_record
from renqing.views.gift_page import GiverPage, gift_page
from renqing.views.my_gifts import gifts_got
from renqing.views.order_page import OrderPage, order_page

RACERS = 50


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def keep(town: Town, gift_id: int, by: int = 0, address_id: int | None = 0) -> Kept:
    giver = by or town.an
    where = town.addresses[giver] if address_id == 0 else address_id
    return await keep_my_gift(town.ground, KeepMyGift(giver, gift_id, where), town.key(giver))


async def token_of(town: Town, gift_id: int) -> str:
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift_id, town.an)
    assert token is not None
    return token


async def choose(town: Town, **changes: Any) -> None:
    choice = gifts.Choice("house", GiftPolicyChanges(**changes))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))


async def all_is_well(town: Town) -> None:
    assert [finding.id for finding in (await check(town.ground)).findings if finding.differences] == []


async def test_it_becomes_an_order_of_the_givers_own_and_no_money_moves(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    token = await token_of(town, gift.gift_id)
    before = (await snapshot(town.ground))["accounts"], (await snapshot(town.ground))["stock"]
    kept = await keep(town, gift.gift_id)
    assert ((await snapshot(town.ground))["accounts"], (await snapshot(town.ground))["stock"]) == before
    (order_id,) = kept.kept_order_ids
    page = await order_page(town.ground, town.an, order_id)
    assert isinstance(page, OrderPage) and page.paid is not None and page.gift is None
    assert (page.paid.total, page.state) == (12900, 20) and page.destination is not None
    await refused(town, claim(town, town.bo, gift.gift_id), GiftNotAvailable)
    await refused(town, claim(town, town.stranger, None, token=token), GiftNotAvailable)
    await refused(town, keep(town, gift.gift_id), GiftNotAvailable)
    mine = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(mine, GiverPage) and not mine.may_keep
    assert (mine.ended_how, mine.kept_order_ids) == ("kept", [order_id])
    await all_is_well(town)


async def test_who_it_was_for_hears_that_it_is_gone_and_not_who_has_it(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await keep(town, gift.gift_id)
    await worker_of(town.ground, FakeChannel()).drain()
    rows = await town.ground.db.fetch("SELECT person_id, kind FROM notice_notice ORDER BY id")
    assert {(row["person_id"], row["kind"]) for row in rows if row["kind"] != "gift_ready"} == {(town.bo, "gift_gone")}
    (card,) = (await gifts_got(town.ground, town.bo)).gifts
    assert card.ended_how == "withdrawn"


async def test_what_is_left_of_many_adds_up_to_the_fen(town):
    rate = shipping.Rate(region_code=shipping.EVERYWHERE, fee=334, free_from=None, delivers=True)
    await town.ground.db.run(lambda tx: shipping.set_rate(tx, town.shop_id, rate))
    gift = await give_paid(town, town.an, None, town.red, shares=3)
    first = await claim(town, town.bo, None, token=await token_of(town, gift.gift_id))
    kept = await keep(town, gift.gift_id)
    known = await town.ground.db.run(
        lambda tx: orders.by_ids(tx, [gift.order_id, first.order_id, *kept.kept_order_ids])
    )
    whole, share, rest = (known[one] for one in (gift.order_id, first.order_id, *kept.kept_order_ids))
    assert (rest.goods_amount, share.total_amount + rest.total_amount) == (25800, whole.total_amount)
    assert int(whole.state) == 110 and rest.purpose == "self"
    await all_is_well(town)


async def test_of_tiers_each_style_that_is_left_is_an_order(town):
    tiers = ((town.dear, 1), (town.blue, 2), (town.red, 1))
    gift = await give_paid(town, town.an, None, town.dear, shares=4, tiers=tiers)
    token = await token_of(town, gift.gift_id)
    for person in (town.bo, town.cai):
        await claim(town, person, None, token=token)
    kept = await keep(town, gift.gift_id)
    lines = await town.ground.db.run(lambda tx: orders.lines_of(tx, kept.kept_order_ids))
    assert [(line.sku_id, line.quantity) for (line,) in lines.values()] == [(town.blue, 1), (town.red, 1)]
    await all_is_well(town)


async def test_vouchers_lie_in_the_givers_cards_at_once(town):
    cafe = await open_cafe(town)
    gift = await give_paid(town, town.an, town.cai, cafe.sku_id)
    await keep(town, gift.gift_id, address_id=None)
    held = await town.ground.db.fetchval("SELECT count(*) FROM voucher_voucher WHERE holder_id = $1", town.an)
    assert held == 1
    await all_is_well(town)


async def test_an_address_is_needed_that_is_the_givers_own_and_that_the_shop_delivers_to(town):
    gift = await give_paid(town, town.bo, town.an, town.red)
    await refused(town, keep(town, gift.gift_id, by=town.bo, address_id=None), people.AddressUnknown)
    theirs = town.addresses[town.an]
    await refused(town, keep(town, gift.gift_id, by=town.bo, address_id=theirs), people.AddressUnknown)
    await refused(town, keep(town, gift.gift_id, by=town.bo, address_id=town.far_address), GiftUndeliverable)
    await refused(town, keep(town, gift.gift_id), GiftNotAvailable)
    await keep(town, gift.gift_id, by=town.bo)


async def test_the_policy_says_until_when(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await open_a_gift(town.ground, OpenAGift(town.bo, gift.gift_id), town.key(town.bo))
    await refused(town, keep(town, gift.gift_id), GiftNotKept, reason="opened")
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and not page.may_keep
    await choose(town, gift_keep="never")
    never = await give_paid(town, town.an, town.bo, town.red)
    await refused(town, keep(town, never.gift_id), GiftNotKept, reason="policy")
    await choose(town, gift_keep="until_claimed")
    loose = await give_paid(town, town.an, town.bo, town.red)
    await open_a_gift(town.ground, OpenAGift(town.bo, loose.gift_id), town.key(town.bo))
    await keep(town, loose.gift_id)
    unpaid = await give(town, town.an, town.bo, town.red)
    await refused(town, keep(town, unpaid.gift_id), GiftNotAvailable)


async def drawn_for(town, shares=2):
    draw = DrawAsked(town.ground.clock.now() + timedelta(hours=1))
    gift = await give_paid(town, town.an, None, town.red, shares=shares, draw=draw, open_for_hours=120)
    return gift, await token_of(town, gift.gift_id)


async def test_what_is_drawn_for_is_kept_before_the_first_entry_and_never_after_it(town):
    entered, token = await drawn_for(town)
    await enter(town, town.bo, None, token=token)
    await refused(town, keep(town, entered.gift_id), GiftNotKept, reason="draw")
    page = await gift_page(town.ground, town.an, entered.gift_id)
    assert isinstance(page, GiverPage) and not page.may_keep
    gift, token = await drawn_for(town)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.may_keep
    assert len((await keep(town, gift.gift_id)).kept_order_ids) == 1
    await refused(town, enter(town, town.bo, None, token=token), GiftNotAvailable)
    timers = "SELECT count(*) FROM timer WHERE key = $1"
    assert await town.ground.db.fetchval(timers, gift.gift_id) == 0
    town.ground.clock.move(timedelta(hours=2))
    await worker_of(town.ground, FakeChannel()).drain()
    await refused(town, keep(town, entered.gift_id), GiftNotKept, reason="draw")
    draw = (await draws.of_gifts(town.ground.db, [gift.gift_id]))[gift.gift_id]
    record = await draw_record(town.ground, draw.commitment.hex())
    assert (record.entrants, record.seed) == (0, None), "it was never drawn, and says no more than that"
    await all_is_well(town)


async def test_of_the_first_entries_and_a_giver_who_keeps_it_one_side_wins(town):
    for _ in range(3):
        gift, token = await drawn_for(town, shares=1)
        runs = [enter(town, person, None, token=token) for person in (town.bo, town.cai, town.stranger)]
        runs.insert(1, keep(town, gift.gift_id))
        answers = await asyncio.gather(*runs, return_exceptions=True)
        kept, entries = answers.pop(1), [one for one in answers if not isinstance(one, BaseException)]
        assert isinstance(kept, GiftNotKept) == bool(entries)
        draw = (await draws.of_gifts(town.ground.db, [gift.gift_id]))[gift.gift_id]
        assert draw.entrants == len(entries)
    await all_is_well(town)


async def test_what_several_people_paid_for_is_nobodys_to_keep(town):
    now = town.ground.clock.now()
    wanted = GiveAGift(town.an, town.red, town.bo, "birthday", "", 24, "")
    ask = StartAFund(wanted, now + timedelta(days=3), guest_ids=(town.cai,))
    fund = await start_a_fund(town.ground, ask, town.key(town.an))
    for person, amount in ((town.cai, 2900), (town.an, 10000)):
        one = await put_in(town.ground, PutIn(person, fund.order_id, amount, "sandbox"), town.key(person))
        intent = await town.ground.db.fetchval("SELECT id FROM payment_intent WHERE order_id = $1", one.contribution_id)
        await pay(town, intent, amount)
    await refused(town, keep(town, fund.gift_id), GiftNotKept, reason="together")
    page = await gift_page(town.ground, town.an, fund.gift_id)
    assert isinstance(page, GiverPage) and page.state == 10 and not page.may_keep


async def test_of_fifty_who_claim_and_a_giver_who_keeps_it_one_wins(town):
    gift = await give_paid(town, town.an, None, town.red)
    token, crowd = await token_of(town, gift.gift_id), await gather_a_crowd(town, RACERS)

    async def race(person: int) -> Any:
        ask = ClaimAGift(person, town.addresses[person], token=token)
        return raised((await claim_gifts(town.ground, [(ask, town.key(person))]))[0])

    runs = [race(person) for person in crowd]
    runs.insert(RACERS // 2, keep(town, gift.gift_id))
    answers = await asyncio.gather(*runs, return_exceptions=True)
    won = [one for one in answers if not isinstance(one, BaseException)]
    assert len(won) == 1 and all(isinstance(one, GiftNotAvailable) for one in answers if one not in won)
    await all_is_well(town)


async def test_keeping_refusing_withdrawing_and_claiming_at_once_have_one_winner(town):
    for _ in range(3):
        gift = await give_paid(town, town.an, town.bo, town.red)
        answers = await asyncio.gather(
            keep(town, gift.gift_id),
            claim(town, town.bo, gift.gift_id),
            withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an)),
            refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift.gift_id), town.key(town.bo)),
            keep(town, gift.gift_id),
            return_exceptions=True,
        )
        assert sum(not isinstance(one, BaseException) for one in answers) == 1, answers
    await all_is_well(town)


async def test_in_line_with_a_claim_the_first_wins(town):
    lock = "SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE"
    gift = await give_paid(town, town.an, town.bo, town.red)
    first, second = await one_after_the_other(
        town.ground.db,
        (lock, gift.order_id),
        lambda: keep(town, gift.gift_id),
        lambda: claim(town, town.bo, gift.gift_id),
    )
    assert isinstance(first, Kept) and isinstance(second, GiftNotAvailable)
    other = await give_paid(town, town.an, town.bo, town.red)
    first, second = await one_after_the_other(
        town.ground.db,
        (lock, other.order_id),
        lambda: claim(town, town.bo, other.gift_id),
        lambda: keep(town, other.gift_id),
    )
    assert first.gift_id == other.gift_id and isinstance(second, GiftNotAvailable)
    await all_is_well(town)


async def test_of_a_lucky_pack_the_giver_keeps_what_chance_has_left(town):
    cafe = await open_cafe(town)
    small = await another_voucher(cafe, price=1000)
    await choose(town, gift_keep="until_claimed")
    for _ in range(6):  # who grabs first gets one or the other: chance says which
        pack = await give_paid(
            town, town.an, None, cafe.sku_id, shares=2, tiers=((cafe.sku_id, 1), (small, 1)), lucky=True
        )
        grabbed = await claim(town, town.bo, None, token=await token_of(town, pack.gift_id), address_id=None)
        kept = await keep(town, pack.gift_id, address_id=None)
        got = [one.sku_id for order in (grabbed.order_id, *kept.kept_order_ids) for one in await of_order(cafe, order)]
        assert sorted(got) == sorted([cafe.sku_id, small])
        shown = (await lucky.of_gifts(town.ground.db, [pack.gift_id]))[pack.gift_id]
        assert shown.seed is not None, "it is over: anybody can work its order out"
    await all_is_well(town)


async def test_a_repeated_tap_answers_the_first_order(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    ask, key = KeepMyGift(town.an, gift.gift_id, town.addresses[town.an]), town.key(town.an)
    first = await keep_my_gift(town.ground, ask, key)
    assert await keep_my_gift(town.ground, ask, key) == first

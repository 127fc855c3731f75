"""Vouchers as goods: issued when paid or claimed, redeemed once a use, and over once, with their money."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from channel import FakeChannel
from counter import add_clerk, answer, ask_for, books, books_are_right, order_state, ship
from counter_vouchers import (
    Cafe,
    buy_vouchers,
    code_of,
    days,
    extend,
    give_back,
    of_order,
    open_cafe,
    order_vouchers,
    promise,
    redeem,
)
from crowd import refused
from household import worker_of
from interleaving import one_after_the_other
from presents import offered
from town import Town, build_town, claim, give, give_paid, pay, snapshot

from renqing.books import people
from renqing.books.people import ShopUnknown
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.timers import Timer
from renqing.journeys.check_out import CheckOut, OfferOver, check_out
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.end_a_voucher import expire_vouchers
from renqing.journeys.erase_a_person import EraseMe, ErasureWaits, erase_a_person
from renqing.journeys.keep_vouchers import CloseLocation, OpenLocation, close_a_location, open_a_location
from renqing.journeys.redeem_a_voucher import ExtendVoucher, extend_a_voucher
from renqing.social import gifts
from renqing.trade import vouchers
from renqing.trade.aftersales import AftersaleNotYet, AftersaleQuantityNotValid
from renqing.trade.orders import OrderNotReady
from renqing.trade.vouchers import (
    EXPIRE_VOUCHER,
    LocationsFull,
    LocationUnknown,
    VoucherElsewhere,
    VoucherExpired,
    VoucherNotRefundable,
    VoucherRefunded,
    VouchersApart,
    VoucherState,
    VoucherUnknown,
    VoucherUsedMeanwhile,
    VoucherUsedUp,
)
from renqing.views.gift_page import GiverPage, gift_page

TO_PAY, TO_REDEEM, DONE, DIVIDED, REFUNDED = 10, 17, 100, 110, 200


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


@pytest_asyncio.fixture
async def cafe(town) -> Cafe:
    return await open_cafe(town)


async def stands(cafe: Cafe, voucher: vouchers.Voucher) -> vouchers.Voucher:
    return await vouchers.get(cafe.town.ground.db, voucher.id)


async def held_by(cafe: Cafe, person_id: int) -> list[vouchers.Voucher]:
    rows = await cafe.town.ground.db.fetch("SELECT id FROM voucher_voucher WHERE holder_id = $1", person_id)
    return await vouchers.by_ids(cafe.town.ground.db, [row["id"] for row in rows])


async def later_by_hours(cafe: Cafe, count: int) -> None:
    cafe.town.ground.clock.move(days(1) / 24 * count)
    await worker_of(cafe.town.ground, FakeChannel()).drain()


async def later(cafe: Cafe, count: int) -> None:
    cafe.town.ground.clock.move(days(count))
    await worker_of(cafe.town.ground, FakeChannel()).drain()


async def test_vouchers_are_issued_when_they_are_paid_and_not_before(cafe):
    placed = await order_vouchers(cafe, cafe.town.an, 2)
    assert await of_order(cafe, placed.order_id) == []
    await pay(cafe.town, placed.intent_id, placed.total)
    issued = await of_order(cafe, placed.order_id)
    assert [(one.piece, one.uses, one.used, one.amount, one.holder_id) for one in issued] == [
        (1, 5, 0, 10000, cafe.town.an),
        (2, 5, 0, 10000, cafe.town.an),
    ]
    assert await order_state(cafe.town, placed.order_id) == TO_REDEEM
    assert await cafe.town.ground.db.fetchval("SELECT address_sealed FROM order_order") is None
    await books_are_right(cafe.town.ground)


async def test_a_code_is_long_shown_to_be_typed_and_kept_nowhere_in_the_open(cafe):
    one, other = await buy_vouchers(cafe, cafe.town.an, 2)
    code = await code_of(cafe, one)
    assert len(code) == 16 and code != await code_of(cafe, other)
    kept = await cafe.town.ground.db.fetchval("SELECT v::text FROM voucher_voucher v WHERE id = $1", one.id)
    assert code not in kept and code.lower() not in kept
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]}"
    assert (await redeem(cafe, one, code=typed)).used == 1


async def test_each_use_is_redeemed_and_with_the_last_the_shop_is_paid(cafe):
    (voucher,) = await buy_vouchers(cafe, cafe.town.an)
    for used in range(1, 5):
        after = await redeem(cafe, voucher)
        assert (after.used, after.state) == (used, "valid")
    assert (await books(cafe.town))["escrow"] == (10000, 0)
    assert (await redeem(cafe, voucher)).state == "used"
    assert await order_state(cafe.town, voucher.order_id) == DONE
    kept = await books(cafe.town)
    assert kept["shop"][0] + kept["fee"][0] == 10000 and "escrow" not in kept
    await refused(cafe.town, redeem(cafe, voucher), VoucherUsedUp, uses=5)
    await books_are_right(cafe.town.ground)


async def test_the_use_that_a_clerk_saw_is_redeemed_once_however_often_it_is_sent(cafe):
    (voucher,) = await buy_vouchers(cafe, cafe.town.an)
    key = cafe.town.key(cafe.town.owner_id, "scan")
    assert (await redeem(cafe, voucher, use_n=1, key=key)).used == 1
    assert (await redeem(cafe, voucher, use_n=1, key=key)).used == 1
    await refused(cafe.town, redeem(cafe, voucher, use_n=1), VoucherUsedMeanwhile, used=1)
    assert (await stands(cafe, voucher)).used == 1


async def test_two_clerks_who_scan_the_last_use_at_once_redeem_it_once(town):
    cafe = await open_cafe(town, uses=1)
    (voucher,) = await buy_vouchers(cafe, town.an)
    lock = ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", voucher.order_id)
    one, other = await one_after_the_other(
        town.ground.db, lock, lambda: redeem(cafe, voucher), lambda: redeem(cafe, voucher)
    )
    assert one.used == 1 and isinstance(other, VoucherUsedUp)
    await books_are_right(town.ground)


async def test_only_the_shops_people_redeem_and_only_at_its_open_places_that_the_terms_name(cafe):
    town = cafe.town
    (voucher,) = await buy_vouchers(cafe, town.an)
    await refused(town, redeem(cafe, voucher, clerk_id=town.stranger), ShopUnknown)
    await add_clerk(town, town.cai)
    assert (await redeem(cafe, voucher, clerk_id=town.cai)).used == 1
    other = await open_a_location(
        town.ground, OpenLocation(town.owner_id, town.shop_id, "城西店", "文三路 9 号"), town.key(town.owner_id)
    )
    await refused(town, redeem(cafe, voucher, location_id=other.id), VoucherElsewhere, reason="location")
    await refused(town, redeem(cafe, voucher, location_id=1), LocationUnknown)
    close = CloseLocation(town.owner_id, town.shop_id, cafe.location_id)
    await close_a_location(town.ground, close, town.key(town.owner_id))
    await refused(town, redeem(cafe, voucher), LocationUnknown)


async def test_another_shop_redeems_nothing_of_it(cafe):
    other = await open_cafe(await build_town(cafe.town.ground))
    (voucher,) = await buy_vouchers(cafe, cafe.town.an)
    code = await code_of(cafe, voucher)
    await refused(other.town, redeem(other, voucher, code=code), VoucherElsewhere, reason="shop")
    assert (await stands(cafe, voucher)).used == 0


@pytest.mark.parametrize("code", ["", "ABCD", "0000-0000-0000-0000", "U" * 16, "券" * 16, "0" * 400])
async def test_what_is_no_code_is_nobodys(cafe, code):
    (voucher,) = await buy_vouchers(cafe, cafe.town.an)
    await refused(cafe.town, redeem(cafe, voucher, code=code or " "), VoucherUnknown)


# the end of its time --------------------------------------------------------------------------------------------------
async def test_at_its_end_nothing_is_redeemed_and_what_is_unused_goes_back_to_the_fen(town):
    cafe = await open_cafe(town, price=10001, uses=3)
    (voucher,) = await buy_vouchers(cafe, town.an)
    await redeem(cafe, voucher)
    town.ground.clock.move(days(90))
    await refused(town, redeem(cafe, voucher), VoucherExpired)
    await later(cafe, 0)
    ended = await stands(cafe, voucher)
    assert (ended.state, ended.why, ended.refunded_amount) == (VoucherState.REFUNDED, "expired", 6667)
    assert await order_state(town, voucher.order_id) == REFUNDED
    await refused(town, redeem(cafe, voucher), VoucherRefunded)
    await books_are_right(town.ground)


async def test_what_the_terms_keep_stays_with_the_shop_when_its_time_is_over(town):
    cafe = await open_cafe(town, expired="kept", unused="kept")
    (voucher,) = await buy_vouchers(cafe, town.an)
    await refused(town, give_back(cafe, town.an, voucher), VoucherNotRefundable, reason="policy")
    await later(cafe, 90)
    assert (await stands(cafe, voucher)).state is VoucherState.EXPIRED
    assert await order_state(town, voucher.order_id) == DONE
    assert "escrow" not in await books(town)
    await refused(town, redeem(cafe, voucher), VoucherExpired)
    await books_are_right(town.ground)


async def test_a_shop_gives_more_time_and_never_less(cafe):
    town = cafe.town
    (voucher,) = await buy_vouchers(cafe, town.an)
    longer = voucher.expires_at + days(30)
    await refused(town, extend(cafe, voucher, voucher.expires_at), FieldNotValid)
    await refused(town, extend(cafe, voucher, longer, town.stranger), ShopUnknown)
    assert (await extend(cafe, voucher, longer)).expires_at == longer
    await later(cafe, 90)
    assert (await redeem(cafe, voucher)).used == 1
    await later(cafe, 30)
    await refused(town, extend(cafe, voucher, longer + days(1)), VoucherRefunded)
    told = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1 ORDER BY id", town.an)
    kinds = [row["kind"] for row in told if row["kind"].startswith("voucher")]
    assert kinds == ["voucher_extended", "voucher_redeemed", "voucher_expired"]


async def test_a_voucher_until_a_day_is_sold_no_longer_than_that_and_good_for_a_day_at_least(town):
    until = town.ground.clock.now() + days(2)
    cafe = await open_cafe(town, valid_days=None, valid_until=until)
    (voucher,) = await buy_vouchers(cafe, town.an)
    assert voucher.expires_at == until
    gift = await give_paid(town, town.an, town.bo, cafe.sku_id, open_for_hours=72)
    town.ground.clock.move(days(2))
    await refused(town, order_vouchers(cafe, town.an), OfferOver)
    late = await claim(town, town.bo, gift.gift_id, address_id=None)
    assert (await of_order(cafe, late.order_id))[0].expires_at == town.ground.clock.now() + days(1)


async def test_what_was_sold_keeps_the_terms_that_it_was_sold_with(cafe):
    placed = await order_vouchers(cafe, cafe.town.an)
    await promise(cafe, uses=1, valid_days=1, expired="kept")
    await pay(cafe.town, placed.intent_id, placed.total)
    assert [one.uses for one in await of_order(cafe, placed.order_id)] == [5]
    assert [one.uses for one in await buy_vouchers(cafe, cafe.town.bo)] == [1]
    await books_are_right(cafe.town.ground)


# given back -----------------------------------------------------------------------------------------------------------
async def test_what_is_unused_is_given_back_and_can_be_sold_again(cafe):
    town = cafe.town
    one, other = await buy_vouchers(cafe, town.an, 2)
    await refused(town, give_back(cafe, town.bo, one), VoucherUnknown)
    assert (await give_back(cafe, town.an, one)).amount == 10000
    await refused(town, give_back(cafe, town.an, one), VoucherRefunded)
    await refused(town, redeem(cafe, one), VoucherRefunded)
    assert await town.ground.db.fetchval("SELECT on_hand FROM stock_item WHERE sku_id = $1", cafe.sku_id) == 19
    await redeem(cafe, other)
    assert (await give_back(cafe, town.an, other)).amount == 8000
    assert await town.ground.db.fetchval("SELECT on_hand FROM stock_item WHERE sku_id = $1", cafe.sku_id) == 19
    assert await order_state(town, one.order_id) == REFUNDED
    kept = await books(town)
    assert kept["shop"][0] + kept["fee"][0] == 2000 and kept["refunds_due"] == (18000, 0)
    await books_are_right(town.ground)


async def test_a_redemption_and_a_refund_at_once_have_one_winner(town):
    cafe = await open_cafe(town, uses=1)
    (voucher,) = await buy_vouchers(cafe, town.an)
    lock = ("SELECT 1 FROM order_order WHERE id = $1 FOR UPDATE", voucher.order_id)
    redeemed, back = await one_after_the_other(
        town.ground.db, lock, lambda: redeem(cafe, voucher), lambda: give_back(cafe, town.an, voucher)
    )
    assert redeemed.state == "used" and isinstance(back, VoucherUsedUp)
    await books_are_right(town.ground)


async def test_after_the_last_use_a_complaint_goes_the_way_of_every_aftersale(town):
    cafe = await open_cafe(town, uses=1)
    (voucher,) = await buy_vouchers(cafe, town.an)
    await refused(town, ask_for(town, town.an, voucher.order_id), AftersaleNotYet)
    await redeem(cafe, voucher)
    await refused(town, ask_for(town, town.an, voucher.order_id, "return"), AftersaleQuantityNotValid, max=0)
    case = await ask_for(town, town.an, voucher.order_id)
    await answer(town, case.case_id)
    assert await order_state(town, voucher.order_id) == REFUNDED
    await books_are_right(town.ground)


# orders and gifts -----------------------------------------------------------------------------------------------------
async def test_vouchers_and_parcels_are_not_ordered_together(cafe):
    town = cafe.town
    ask = CheckOut(town.an, ((cafe.sku_id, 1), (town.red, 1)), town.addresses[town.an], "sandbox")
    (answered,) = await check_out(town.ground, [(ask, town.key(town.an))])
    assert isinstance(answered, VouchersApart)
    tiers = ((cafe.sku_id, 1), (town.red, 1))
    await refused(town, give(town, town.an, None, cafe.sku_id, shares=2, tiers=tiers), VouchersApart)


async def test_a_voucher_given_to_a_friend_is_claimed_without_an_address_and_is_theirs(cafe):
    town = cafe.town
    gift = await give_paid(town, town.an, town.bo, cafe.sku_id)
    assert await of_order(cafe, gift.order_id) == []
    claimed = await claim(town, town.bo, gift.gift_id, address_id=None)
    (voucher,) = await of_order(cafe, claimed.order_id)
    assert (voucher.holder_id, voucher.payer_id) == (town.bo, town.an)
    await refused(town, give_back(cafe, town.an, voucher), VoucherUnknown)
    await redeem(cafe, voucher)
    back = await give_back(cafe, town.bo, voucher)
    assert back.amount is None, "what was paid is the giver's to know"
    refund = await town.ground.db.fetchrow("SELECT amount, intent_id FROM payment_refund")
    assert refund["amount"] == 8000
    await books_are_right(town.ground)


async def test_shares_of_vouchers_are_issued_as_they_are_claimed_and_the_rest_goes_back(cafe):
    town = cafe.town
    gift = await give_paid(town, town.an, None, cafe.sku_id, shares=3, open_for_hours=1)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    first = await claim(town, town.bo, None, token=token, address_id=None)
    assert await order_state(town, first.order_id) == TO_REDEEM
    await claim(town, town.cai, None, token=token, address_id=None)
    await books_are_right(town.ground)
    await later(cafe, 1)
    assert await town.ground.db.fetchval("SELECT count(*) FROM voucher_voucher") == 2
    (voucher,) = await of_order(cafe, first.order_id)
    assert voucher.holder_id == town.bo
    await books_are_right(town.ground)


async def test_a_voucher_that_nobody_claims_in_time_returns_into_its_givers_cards(town):
    cafe = await open_cafe(town, unclaimed="returned_for_use")
    gift = await give_paid(town, town.an, town.bo, cafe.sku_id, open_for_hours=1)
    await later_by_hours(cafe, 1)
    assert await order_state(town, gift.order_id) == DIVIDED
    assert await town.ground.db.fetchval("SELECT count(*) FROM payment_refund") == 0
    (voucher,) = await held_by(cafe, town.an)
    assert (await redeem(cafe, voucher)).used == 1
    assert (await give_back(cafe, town.an, voucher)).amount == 8000
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.returned
    kinds = await town.ground.db.fetch("SELECT kind FROM notice_notice WHERE person_id = $1", town.an)
    assert "voucher_returned" in {row["kind"] for row in kinds}
    await books_are_right(town.ground)


async def test_shares_of_vouchers_that_nobody_claims_return_together(town):
    cafe = await open_cafe(town, unclaimed="returned_for_use")
    gift = await give_paid(town, town.an, None, cafe.sku_id, shares=3, open_for_hours=1)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await claim(town, town.bo, None, token=token, address_id=None)
    await later_by_hours(cafe, 1)
    assert [one.piece for one in await held_by(cafe, town.an)] == [1, 2]
    assert len(await held_by(cafe, town.bo)) == 1
    await books_are_right(town.ground)


async def test_a_voucher_that_is_declined_or_taken_back_is_refunded_all_the_same(town):
    cafe = await open_cafe(town, unclaimed="returned_for_use")
    declined = await give_paid(town, town.an, town.bo, cafe.sku_id)
    ask = RefuseAGift(town.bo, "have_one", gift_id=declined.gift_id)
    await refuse_a_gift(town.ground, ask, town.key(town.bo))
    back = await give_paid(town, town.an, None, cafe.sku_id)
    await withdraw_a_gift(town.ground, WithdrawAGift(town.an, back.gift_id), town.key(town.an))
    assert await town.ground.db.fetchval("SELECT sum(amount) FROM payment_refund") == 20000
    assert await held_by(cafe, town.an) == []
    await books_are_right(town.ground)


async def test_nothing_of_an_order_of_vouchers_is_shipped_or_received(cafe):
    (voucher,) = await buy_vouchers(cafe, cafe.town.an)
    await refused(cafe.town, ship(cafe.town, voucher.order_id), OrderNotReady, state=TO_REDEEM)


async def test_a_shop_gives_no_voucher_away_as_a_present_that_is_sent(cafe):
    await refused(cafe.town, offered(cafe.town, sku_id=cafe.sku_id), VouchersApart)


async def test_parcels_still_need_an_address(town):
    ask = CheckOut(town.an, ((town.red, 1),), None, "sandbox")
    (answered,) = await check_out(town.ground, [(ask, town.key(town.an))])
    assert answered.code == "address_unknown"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"uses": 0}, "uses"),
        ({"uses": 101}, "uses"),
        ({"valid_days": None}, "valid_days"),
        ({"valid_days": 0}, "valid_days"),
        ({"valid_days": 1096}, "valid_days"),
        ({"valid_until": datetime(2030, 1, 1, tzinfo=UTC)}, "valid_days"),
        ({"valid_days": None, "valid_until": datetime(2020, 1, 1, tzinfo=UTC)}, "valid_until"),
        ({"location_ids": ()}, "location_ids"),
        ({"location_ids": (1,)}, "location_ids"),
    ],
)
async def test_terms_that_make_no_sense_are_refused(cafe, changed, field):
    await refused(cafe.town, promise(cafe, **changed), FieldNotValid, field=field)


async def test_who_has_a_good_voucher_uses_it_or_gives_it_back_before_they_are_forgotten(cafe):
    town = cafe.town
    (voucher,) = await buy_vouchers(cafe, town.stranger)
    with pytest.raises(ErasureWaits):
        await erase_a_person(town.ground, EraseMe(town.stranger, "Stranger"))
    await give_back(cafe, town.stranger, voucher)
    await erase_a_person(town.ground, EraseMe(town.stranger, "Stranger"))
    assert await vouchers.code(town.ground.db, town.ground.keys, voucher.id) is None
    await books_are_right(town.ground)


async def test_a_deadline_that_comes_late_changes_nothing_of_a_voucher_that_is_over_or_was_extended(town):
    cafe = await open_cafe(town)
    back, longer = await buy_vouchers(cafe, town.an, 2)
    await give_back(cafe, town.an, back)
    await extend(cafe, longer, town.ground.clock.now() + days(120))
    before = await snapshot(town.ground), await of_order(cafe, back.order_id)
    late = town.ground.clock.now() + days(91)
    due = [Timer(n, EXPIRE_VOUCHER, one.id, {}, 0, late) for n, one in enumerate((back, longer))]
    await town.ground.db.run(lambda tx: expire_vouchers(town.ground, dataclasses.replace(tx, now=late), due))
    assert (await snapshot(town.ground), await of_order(cafe, back.order_id)) == before


async def test_another_shop_extends_no_voucher_of_this_one(town):
    cafe = await open_cafe(town)
    [voucher] = await buy_vouchers(cafe, town.an)

    async def story(tx):
        shop = await people.open_shop(tx, people.NewShop(name_zh="别家"), town.stranger)
        return shop.id

    other = await town.ground.db.run(story)
    ask = ExtendVoucher(town.stranger, other, voucher.id, town.ground.clock.now() + days(120))
    await refused(town, extend_a_voucher(town.ground, ask, town.key(town.stranger)), VoucherUnknown)


async def test_a_shop_has_so_many_places_and_closes_its_own_alone(town, monkeypatch):
    cafe = await open_cafe(town)
    closing = CloseLocation(town.owner_id, town.shop_id, cafe.location_id + 1)
    await refused(town, close_a_location(town.ground, closing, town.key(town.owner_id)), LocationUnknown)
    monkeypatch.setattr("renqing.trade.vouchers.actions.LOCATIONS_MAX", 1)
    opening = OpenLocation(town.owner_id, town.shop_id, "第二家", "湖滨路 9 号")
    await refused(town, open_a_location(town.ground, opening, town.key(town.owner_id)), LocationsFull, max=1)

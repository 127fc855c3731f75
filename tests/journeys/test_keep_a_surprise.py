"""What can be a surprise, to whom, and when it is one no more."""

from __future__ import annotations

from datetime import timedelta

import pytest_asyncio
from counter import ask_for, buy
from counter_vouchers import open_cafe
from crowd import refused
from household import worker_of
from sets import give_set_paid, open_second, parts_of
from town import Town, build_town, claim, give, give_paid

from renqing.foundation.errors import FieldNotValid
from renqing.journeys.give_a_gift import DrawAsked
from renqing.journeys.keep_a_surprise import (
    RevealAParcel,
    RevealASurprise,
    reveal_a_parcel,
    reveal_a_surprise,
)
from renqing.journeys.keep_engravings import KeepEngravings, keep_engravings
from renqing.journeys.receive_an_order import ReceiveOrder, receive_an_order
from renqing.journeys.ship_an_order import ShipOrder, ship_an_order
from renqing.journeys.track_a_parcel import TrackParcel, track_a_parcel
from renqing.social import gifts
from renqing.social.gifts import GiftNotAvailable, GiftUndeliverable, StyleNotOffered
from renqing.social.surprises import UNTILS, Standing, SurpriseWaits, is_hidden
from renqing.trade import shipping
from renqing.trade.engravings import Engraving, Terms
from renqing.trade.orders import OrderUnknown
from renqing.trade.shipping import ParcelState
from renqing.views.gift_page import GiverPage, KeptGift, gift_page
from renqing.views.order_page import OrderPage, order_page
from renqing.views.veil import UNKNOWN


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def reveal(town: Town, person_id: int, gift_id: int) -> None:
    await reveal_a_surprise(town.ground, RevealASurprise(person_id, gift_id), town.key(person_id))


async def kept(town: Town, person_id: int, gift_id: int) -> KeptGift:
    page = await gift_page(town.ground, person_id, gift_id)
    assert isinstance(page, KeptGift)
    return page


def test_it_is_over_when_it_was_received_looked_at_or_where_its_giver_wanted_that_delivered():
    for until in UNTILS:
        for revealed in (False, True):
            for received in (False, True):
                for delivered in (False, True):
                    standing = Standing(until, revealed, received, delivered)
                    over = revealed or received or (until == "delivered" and delivered)
                    assert is_hidden(standing) is not over, standing


async def test_each_of_many_is_surprised_by_themselves(town):
    gift = await give_paid(town, town.an, None, town.red, shares=2, surprise="opened")
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    for person in (town.bo, town.cai):
        await claim(town, person, None, token=token)
        assert (await kept(town, person, gift.gift_id)).goods == UNKNOWN
    await reveal(town, town.bo, gift.gift_id)
    assert (await kept(town, town.bo, gift.gift_id)).goods.title_zh == "青瓷杯"
    assert (await kept(town, town.cai, gift.gift_id)).goods == UNKNOWN


async def test_no_other_style_is_taken_of_what_one_does_not_know(town):
    gift = await give_paid(town, town.an, town.bo, town.red, surprise="delivered")
    await refused(town, claim(town, town.bo, gift.gift_id, sku_id=town.blue), StyleNotOffered)
    assert (await claim(town, town.bo, gift.gift_id, sku_id=town.red)).order_id


async def test_it_is_over_with_the_order_received(town):
    gift = await give_paid(town, town.an, town.bo, town.red, surprise="opened")
    order = await claim(town, town.bo, gift.gift_id)
    shipping = ShipOrder(town.owner_id, order.order_id, "SF", "SF1001", None)
    await ship_an_order(town.ground, shipping, town.key(town.owner_id))
    assert (await kept(town, town.bo, gift.gift_id)).goods == UNKNOWN
    await receive_an_order(town.ground, ReceiveOrder(town.bo, order.order_id), town.key(town.bo))
    assert (await kept(town, town.bo, gift.gift_id)).goods.title_zh == "青瓷杯"


async def test_its_giver_is_told_once_that_it_was_looked_at(town):
    gift = await give_paid(town, town.an, town.bo, town.red, surprise="opened")
    await refused(town, reveal(town, town.bo, gift.gift_id), GiftNotAvailable)
    await claim(town, town.bo, gift.gift_id)
    await refused(town, reveal(town, town.cai, gift.gift_id), GiftNotAvailable)
    for _ in range(2):
        await reveal(town, town.bo, gift.gift_id)
    left = "SELECT count(*) FROM outbox_fact WHERE kind = 'SurpriseRevealed'"
    assert await town.ground.db.fetchval(left) == 1
    await worker_of(town.ground).drain()
    told = await town.ground.db.fetch("SELECT person_id FROM notice_notice WHERE kind = 'surprise_revealed'")
    assert [row["person_id"] for row in told] == [town.an]
    mine = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(mine, GiverPage) and mine.surprise == "opened"


async def test_of_a_set_each_shops_parcel_is_revealed_by_itself(town):
    tea = await open_second(town)
    gift = await give_set_paid(
        town, town.an, town.bo, (town.red, 1), (tea.tin, 2), (town.dear, 1), surprise="delivered"
    )
    far = claim(town, town.bo, gift.gift_id, address_id=town.far_address)
    await refused(town, far, GiftUndeliverable)  # and not of which shop
    await claim(town, town.bo, gift.gift_id)
    cups, leaves = [part.part_id for part in await parts_of(town, gift)]
    page = await kept(town, town.bo, gift.gift_id)
    assert page.goods == UNKNOWN
    assert [(part.shop_name_zh, [line.goods for line in part.lines]) for part in page.parts] == [("", [UNKNOWN])] * 2
    await ship_an_order(town.ground, ShipOrder(town.owner_id, cups, "SF", "SF1001", None), town.key(town.owner_id))
    parcel = (await shipping.of_orders(town.ground.db, [cups]))[cups][0]
    news = TrackParcel(town.owner_id, parcel.id, ParcelState.DELIVERED)
    await track_a_parcel(town.ground, news, town.key(town.owner_id))
    page = await kept(town, town.bo, gift.gift_id)
    assert page.goods == UNKNOWN and page.surprise == "delivered", "the tea is on its way yet"
    assert [[line.goods.title_zh for line in part.lines] for part in page.parts] == [["青瓷杯", "青瓷杯"], ["一份惊喜"]]
    await refused(town, ask_for(town, town.bo, leaves), SurpriseWaits)
    assert (await ask_for(town, town.bo, cups)).case_id
    for _ in range(2):
        await reveal_a_parcel(town.ground, RevealAParcel(town.bo, leaves), town.key(town.bo))
    page = await kept(town, town.bo, gift.gift_id)
    assert (page.surprise, page.goods.title_zh, page.pieces) == ("", "青瓷杯", 4)
    assert (await ask_for(town, town.bo, leaves)).case_id
    left = "SELECT count(*) FROM outbox_fact WHERE kind = 'SurpriseRevealed'"
    assert await town.ground.db.fetchval(left) == 1


async def test_looking_into_all_of_a_set_at_once_tells_all_of_it(town):
    tea = await open_second(town)
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 1), (tea.tin, 2), surprise="opened")
    await claim(town, town.bo, gift.gift_id)
    order = (await parts_of(town, gift))[0].part_id
    foreign = reveal_a_parcel(town.ground, RevealAParcel(town.cai, order), town.key(town.cai))
    await refused(town, foreign, OrderUnknown)
    await reveal(town, town.bo, gift.gift_id)
    page = await kept(town, town.bo, gift.gift_id)
    assert (page.surprise, [part.shop_id for part in page.parts]) == ("", [town.shop_id, tea.shop_id])


async def test_several_pieces_of_one_shop_are_one_parcel_that_tells_nothing(town):
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 2), (town.dear, 1), surprise="opened")
    claimed = await claim(town, town.bo, gift.gift_id)
    order = await order_page(town.ground, town.bo, claimed.order_id)
    assert isinstance(order, OrderPage)
    assert [(line.title_zh, line.quantity, line.shipped) for line in order.lines] == [("一份惊喜", 1, 0)]
    await reveal_a_parcel(town.ground, RevealAParcel(town.bo, claimed.order_id), town.key(town.bo))
    assert (await kept(town, town.bo, gift.gift_id)).pieces == 3


async def test_only_what_comes_in_a_parcel_can_be_one(town):
    draw = DrawAsked(town.ground.clock.now() + timedelta(hours=1))
    for reason, wrapping in {
        "unknown": {"surprise": "never"},
        "one_thing": {"surprise": "opened", "shares": 2, "draw": draw, "open_for_hours": 120},
    }.items():
        asked = give(town, town.an, None, town.red, **wrapping)
        await refused(town, asked, FieldNotValid, field="surprise", reason=reason)
    tiers = ((town.red, 1), (town.blue, 1))
    asked = give(town, town.an, None, town.red, surprise="opened", shares=2, tiers=tiers)
    await refused(town, asked, FieldNotValid, field="surprise", reason="one_thing")
    ask = KeepEngravings(town.owner_id, town.shop_id, town.product_id, Terms(8))
    await keep_engravings(town.ground, ask, town.key(town.owner_id))
    asked = give(town, town.an, town.bo, town.red, surprise="opened", engraving=Engraving("left"))
    await refused(town, asked, FieldNotValid, field="surprise", reason="engraving")
    cafe = await open_cafe(town)
    asked = give(town, town.an, town.bo, cafe.sku_id, surprise="opened")
    await refused(town, asked, FieldNotValid, field="surprise", reason="voucher")


async def test_what_its_recipient_does_not_know_yet_has_no_aftersale(town):
    gift = await give_paid(town, town.an, town.bo, town.red, surprise="delivered")
    order = await claim(town, town.bo, gift.gift_id)
    await refused(town, ask_for(town, town.bo, order.order_id), SurpriseWaits)
    await reveal(town, town.bo, gift.gift_id)
    assert (await ask_for(town, town.bo, order.order_id)).case_id


async def test_what_is_no_surprise_is_looked_at_without_telling_anybody(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, gift.gift_id)
    await reveal(town, town.bo, gift.gift_id)
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'SurpriseRevealed'") == 0


async def test_a_parcel_of_what_is_no_surprise_or_no_gift_is_looked_into_without_telling_anybody(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    given = (await claim(town, town.bo, gift.gift_id)).order_id
    bought = (await buy(town, town.bo, town.blue)).order_id
    for order_id in (given, bought):
        seen = await reveal_a_parcel(town.ground, RevealAParcel(town.bo, order_id), town.key(town.bo))
        assert seen.order_id == order_id
    assert await town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'SurpriseRevealed'") == 0
    assert await town.ground.db.fetchval("SELECT count(*) FROM surprise_reveal") == 0

"""A giver asks for a card of paper, the shop that ships it reads it, and nobody else does."""

from __future__ import annotations

import pytest_asyncio
from counter_vouchers import open_cafe
from crowd import refused
from town import Town, build_town, claim, give, give_paid

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.social import gifts, greeting_cards, moderation
from renqing.social.greeting_cards import GreetingCard
from renqing.views.gift_page import Envelope, GiverPage, KeptGift, OpenGift, gift_page
from renqing.views.shop_orders import shop_order

CARD = GreetingCard("亲爱的波", "安", "生日快乐，\n天天开心 👨‍👩‍👧‍👦")


@pytest_asyncio.fixture
async def town(ground) -> Town:
    town = await build_town(ground)
    await let_write(town, cards=True)
    return town


async def let_write(town: Town, *, cards: bool) -> None:
    face = people.NewShop("山茶铺", "Camellia", writes_cards=cards)
    await town.ground.db.run(lambda tx: people.change_shop(tx, town.shop_id, face))


async def to_write(town: Town, order_id: int) -> GreetingCard | None:
    return (await shop_order(town.ground, town.owner_id, order_id)).card


async def test_the_shop_reads_it_once_it_has_something_to_ship(town):
    gift = await give_paid(town, town.an, town.bo, town.red, card=CARD)
    assert await to_write(town, gift.order_id) is None, "nothing is to be shipped yet"
    await claim(town, town.bo, gift.gift_id)
    assert await to_write(town, gift.order_id) == CARD


async def test_its_giver_and_who_opened_it_read_it_and_nobody_before(town):
    gift = await give_paid(town, town.an, town.bo, town.red, card=CARD)
    mine = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(mine, GiverPage) and mine.inside.card == CARD
    closed = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(closed, Envelope) and "天天开心" not in str(closed)
    await open_a_gift(town.ground, OpenAGift(town.bo, gift.gift_id), town.key(town.bo))
    seen = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(seen, OpenGift) and seen.inside.card == CARD
    await claim(town, town.bo, gift.gift_id)
    kept = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(kept, KeptGift) and kept.inside.card == CARD


async def test_it_lies_in_the_parcel_of_each_share(town):
    gift = await give_paid(town, town.an, None, town.red, shares=2, card=CARD)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    for person in (town.bo, town.cai):
        share = await claim(town, person, None, token=token)
        assert share.order_id != gift.order_id
        assert await to_write(town, share.order_id) == CARD


async def test_a_card_fits_on_paper_as_its_reader_counts_and_says_something(town):
    family = "👨‍👩‍👧‍👦"
    await give(town, town.an, town.bo, town.red, card=GreetingCard(family * 20, "", family * 120))
    for field, card in {
        "greeting_message": GreetingCard("波", "安", " \n "),
        "receiver_name": GreetingCard("波" * 21, "", "好"),
        "giver_name": GreetingCard("", "安\u202e", "好"),
    }.items():
        await refused(town, give(town, town.an, town.bo, town.red, card=card), FieldNotValid, field=field)
    too_long = GreetingCard("", "", family * 121)
    await refused(town, give(town, town.an, town.bo, town.red, card=too_long), FieldNotValid, max=120)


async def test_only_a_shop_that_writes_cards_is_asked_and_what_was_bought_with_one_keeps_it(town):
    gift = await give_paid(town, town.an, town.bo, town.red, card=CARD)
    await let_write(town, cards=False)
    asked = give(town, town.an, town.bo, town.red, card=CARD)
    await refused(town, asked, FieldNotValid, field="greeting_card", reason="not_written")
    await claim(town, town.bo, gift.gift_id)
    assert await to_write(town, gift.order_id) == CARD


async def test_what_a_moderator_holds_is_written_on_no_card(town):
    await town.ground.db.run(lambda tx: moderation.add_word(tx, "代开发票"))
    for card in (
        GreetingCard("", "", "要代开发票吗"),
        GreetingCard("", "代开发票", "好"),
        GreetingCard("代开发票", "", "好"),
    ):
        await refused(town, give(town, town.an, town.bo, town.red, card=card), FieldNotValid, reason="held")


async def test_it_is_gone_with_who_had_it_written(town):
    gift = await give_paid(town, town.an, town.bo, town.red, card=CARD)
    await town.ground.db.run(lambda tx: greeting_cards.forget(tx, town.an))
    assert await greeting_cards.of_gift(town.ground.db, gift.gift_id) is None


async def test_a_card_lies_in_a_parcel_and_a_voucher_comes_in_none(town):
    cafe = await open_cafe(town)
    asked = give(town, town.an, town.bo, cafe.sku_id, card=CARD)
    await refused(town, asked, FieldNotValid, field="greeting_card", reason="voucher")

"""Wishes are kept, seen by whom their owner chose, and a friend hears yes or no before paying."""

from __future__ import annotations

import pytest
from town import Town, build_town, claim, give_paid

from renqing.books.catalog import ProductNotFound
from renqing.books.people import PersonUnknown
from renqing.foundation.errors import FieldNotValid, TooMany
from renqing.foundation.ground import Ground
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.keep_wishes import (
    ChangeAList,
    MakeAList,
    OneWish,
    WishFor,
    change_a_wish_list,
    let_friends_ask,
    make_a_wish_list,
    remove_a_wish_list,
    say_it_is_at_home,
    take_a_wish_off,
    wish_for,
)
from renqing.social.wishes import ListDraft, SeenBy, WishListUnknown
from renqing.views.wish_page import HAVE_IT_ASKS, HaveIt, have_it, my_wishes, wish_lists_of, wish_page


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def wished(town: Town, person_id: int, **asked: object) -> int:
    ask = WishFor(person_id, town.product_id, first_list_name="我的心愿", **asked)  # type: ignore[arg-type]
    return (await wish_for(town.ground, ask, town.key(person_id))).list_id


async def shown_to(town: Town, list_id: int, seen_by: SeenBy) -> None:
    ask = ChangeAList(town.an, list_id, ListDraft("心愿", seen_by))
    await change_a_wish_list(town.ground, ask, town.key(town.an))


async def test_the_first_wish_makes_the_first_list_for_friends(town: Town):
    once = town.key(town.an)
    ask = WishFor(town.an, town.product_id, sku_id=town.blue, note="蓝的", first_list_name="我的心愿")
    first = await wish_for(town.ground, ask, once)
    assert await wish_for(town.ground, ask, once) == first
    assert await wished(town, town.an) == first.list_id
    mine = await my_wishes(town.ground, town.an)
    assert [(one.name, one.seen_by, one.wishes) for one in mine.lists] == [("我的心愿", "friends", 1)]
    assert mine.lists[0].pictures == [(town.product_id, "")] and mine.says_what_is_at_home


async def test_a_list_shows_things_as_they_are_today(town: Town):
    list_id = await wished(town, town.an, sku_id=town.dear, note="金的")
    page = await wish_page(town.ground, town.bo, list_id)
    (wish,) = page.wishes
    assert (page.owner.id, page.is_mine, wish.specs, wish.price_min, wish.note) == (
        town.an,
        False,
        ["金"],
        19900,
        "金的",
    )
    assert wish.on_sale and not wish.at_home
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false, price = 15000 WHERE id = $1", town.dear)
    (wish,) = (await wish_page(town.ground, town.an, list_id)).wishes
    assert (wish.price_min, wish.on_sale) == (15000, False)
    await wished(town, town.an)  # any style
    (wish,) = (await wish_page(town.ground, town.an, list_id)).wishes
    assert (wish.sku_id, wish.specs, wish.price_min, wish.on_sale) == (None, [], 12900, True)


async def test_what_cannot_be_bought_cannot_be_wished_for(town: Town):
    with pytest.raises(ProductNotFound):
        await wish_for(town.ground, WishFor(town.an, 404, first_list_name="a"), town.key(town.an))
    with pytest.raises(FieldNotValid):
        await wished(town, town.an, sku_id=town.ring)
    await town.ground.db.pool.execute("UPDATE catalog_sku SET on_sale = false WHERE product_id = $1", town.product_id)
    with pytest.raises(ProductNotFound):
        await wished(town, town.an)
    assert (await my_wishes(town.ground, town.an)).lists == []


@pytest.mark.parametrize(
    ("seen_by", "friend", "stranger"), [("everybody", True, True), ("friends", True, False), ("nobody", False, False)]
)
async def test_a_list_is_as_absent_as_none_to_whom_it_is_not_for(
    town: Town, *, seen_by: SeenBy, friend: bool, stranger: bool
):
    list_id = await wished(town, town.an)
    await shown_to(town, list_id, seen_by)
    for reader_id, sees in ((town.an, True), (town.bo, friend), (town.stranger, stranger)):
        listed = [one.list_id for one in await wish_lists_of(town.ground, reader_id, town.an)]
        assert listed == ([list_id] if sees else [])
        if sees:
            assert (await wish_page(town.ground, reader_id, list_id)).list_id == list_id
        else:
            with pytest.raises(WishListUnknown):
                await wish_page(town.ground, reader_id, list_id)


@pytest.mark.parametrize("blocker", ["an", "bo"])
async def test_a_block_hides_every_list_from_both(town: Town, blocker: str):
    list_id = await wished(town, town.an)
    await shown_to(town, list_id, "everybody")
    who, other = (town.an, town.bo) if blocker == "an" else (town.bo, town.an)
    await block_a_person(town.ground, Block(who, other), town.key(who))
    assert await wish_lists_of(town.ground, town.bo, town.an) == []
    with pytest.raises(WishListUnknown):
        await wish_page(town.ground, town.bo, list_id)


async def test_a_friend_hears_yes_of_what_was_given_and_kept(town: Town):
    async def asked() -> HaveIt:
        return await have_it(town.ground, town.cai, town.bo, town.product_id)

    assert await asked() == HaveIt("no", is_wished=False)
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert await asked() == HaveIt("no", is_wished=False)
    await claim(town, town.bo, gift.gift_id)
    assert await asked() == HaveIt("yes", is_wished=False)
    await let_friends_ask(town.ground, town.bo, town.key(town.bo), says=False)
    assert await asked() == HaveIt("not_told", is_wished=False)


async def test_a_friend_hears_what_the_owner_says_and_only_of_lists_they_see(town: Town):
    list_id = await wished(town, town.an)
    wish = OneWish(town.an, list_id, town.product_id)
    assert await have_it(town.ground, town.bo, town.an, town.product_id) == HaveIt("no", is_wished=True)
    await say_it_is_at_home(town.ground, wish, town.key(town.an), at_home=True)
    assert await have_it(town.ground, town.bo, town.an, town.product_id) == HaveIt("yes", is_wished=False)
    await shown_to(town, list_id, "nobody")
    assert await have_it(town.ground, town.bo, town.an, town.product_id) == HaveIt("no", is_wished=False)
    await take_a_wish_off(town.ground, wish, town.key(town.an))
    assert (await wish_page(town.ground, town.an, list_id)).wishes == []


async def test_strangers_ask_in_vain_and_friends_not_for_everything(town: Town):
    with pytest.raises(PersonUnknown):
        await have_it(town.ground, town.stranger, town.an, town.product_id)
    for _ in range(HAVE_IT_ASKS.count):
        await have_it(town.ground, town.bo, town.an, town.product_id)
    with pytest.raises(TooMany):
        await have_it(town.ground, town.bo, town.an, town.product_id)


async def test_a_list_that_was_removed_is_gone_with_its_wishes(town: Town):
    first = await wished(town, town.an)
    ask = MakeAList(town.an, ListDraft("新家", "everybody"))
    second = (await make_a_wish_list(town.ground, ask, town.key(town.an))).list_id
    await wished(town, town.an, list_id=second)
    assert (await remove_a_wish_list(town.ground, town.an, first, town.key(town.an))).list_id == first
    assert [one.list_id for one in (await my_wishes(town.ground, town.an)).lists] == [second]
    assert await town.ground.db.fetchval("SELECT count(*) FROM wish_wish") == 1

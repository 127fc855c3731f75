"""Who may see what of a gift: the giver never where it goes, the recipient never what it cost, others nothing."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from town import Town, build_town, claim, give, give_paid

from renqing.books import people
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.social.gifts import GiftNotAvailable, GiftNotForYou
from renqing.views.gift_page import Envelope, GiverPage, KeptGift, OpenGift, gift_by_link, gift_page
from renqing.views.me_page import waiting
from renqing.views.my_gifts import gifts_given, gifts_got
from renqing.views.order_page import GivenAway, order_page


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def opened(town: Town, person_id: int, gift_id: int) -> None:
    ask = OpenAGift(person_id, gift_id=gift_id)
    await open_a_gift(town.ground, ask, once(person_id, f"open-{gift_id}", "test", None))


async def token_of(town: Town, giver_id: int, gift_id: int) -> str:
    page = await gift_page(town.ground, giver_id, gift_id)
    assert isinstance(page, GiverPage)
    assert page.token is not None
    return page.token


def said(page: object) -> str:
    """Everything that a page could show."""
    return msgspec.json.encode(page).decode()


async def test_before_it_is_opened_an_envelope_tells_who_gave_it_and_until_when(town):
    gift = await give_paid(town, town.an, town.bo, town.red, greeting="惊喜")
    page = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(page, Envelope)
    assert page.giver.name == "安"
    assert page.expires_at == town.ground.clock.now() + timedelta(hours=24)
    assert "惊喜" not in said(page) and "青瓷杯" not in said(page) and "12900" not in said(page)


async def test_an_open_gift_shows_styles_of_the_same_price_without_any_amount(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await opened(town, town.bo, gift.gift_id)
    page = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(page, OpenGift)
    assert [style.sku_id for style in page.styles] == [town.red, town.blue], "the dearer style is none of them"
    assert "12900" not in said(page) and "19900" not in said(page)
    assert not {"price", "amount", "total", "unit_price"} & set(OpenGift.__struct_fields__)


async def test_a_giver_never_learns_where_the_gift_goes_nor_which_style_was_chosen(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await opened(town, town.bo, gift.gift_id)
    await claim(town, town.bo, gift.gift_id, sku_id=town.blue)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage)
    assert page.goods.specs == ["红"], "the style as it was given"
    assert page.going == "to_ship"
    for private in ("文三路", "13800000001", "收件人", "西湖", "蓝"):
        assert private not in said(page)
    assert isinstance(await order_page(town.ground, town.an, gift.order_id), GivenAway)


async def test_the_recipients_order_has_an_address_and_no_amount(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await opened(town, town.bo, gift.gift_id)
    claimed = await claim(town, town.bo, gift.gift_id)
    assert isinstance(await gift_page(town.ground, town.bo, gift.gift_id), KeptGift)
    page = await order_page(town.ground, town.bo, claimed.order_id)
    assert not isinstance(page, GivenAway)
    assert page.destination is not None and page.destination.detail == "文三路 1 号"
    assert page.paid is None and page.lines[0].unit_price is None
    assert "12900" not in said(page)


async def test_others_find_no_gift_of_somebody_else(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    for stranger in (town.cai, town.stranger):
        with pytest.raises(GiftNotAvailable):
            await gift_page(town.ground, stranger, gift.gift_id)
    with pytest.raises(GiftNotAvailable):
        await gift_page(town.ground, town.an, gift.gift_id + 1)


async def test_a_link_shows_the_envelope_to_everybody_and_its_inside_to_who_is_signed_in(town):
    gift = await give_paid(town, town.an, None, town.red, greeting="惊喜")
    token = await token_of(town, town.an, gift.gift_id)
    assert isinstance(await gift_by_link(town.ground, token, None), Envelope)
    assert await gift_by_link(town.ground, token, town.an) == gift.gift_id, "its giver has another page"
    ask = OpenAGift(town.stranger, token=token)
    await open_a_gift(town.ground, ask, once(town.stranger, "open", "test", None))
    assert isinstance(await gift_by_link(town.ground, token, town.stranger), OpenGift)
    assert isinstance(await gift_by_link(town.ground, token, None), Envelope), "nobody sees inside unsigned"


async def test_a_link_of_a_named_friend_is_not_for_others(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    token = await token_of(town, town.an, gift.gift_id)
    with pytest.raises(GiftNotForYou):
        await gift_by_link(town.ground, token, town.cai)
    assert isinstance(await gift_by_link(town.ground, token, town.bo), Envelope)


@pytest.mark.parametrize("end", ["claimed", "refused", "expired"])
async def test_a_used_link_and_an_unknown_one_are_the_same(town, end):
    gift = await give_paid(town, town.an, town.bo, town.red)
    token = await token_of(town, town.an, gift.gift_id)
    if end == "claimed":
        await claim(town, town.bo, gift.gift_id)
    elif end == "refused":
        ask = RefuseAGift(town.bo, "kind_thought", gift_id=gift.gift_id)
        await refuse_a_gift(town.ground, ask, town.key(town.bo))
    else:
        town.ground.clock.move(timedelta(hours=24))
    for tried in (token, "no such token"):
        with pytest.raises(GiftNotAvailable):
            await gift_by_link(town.ground, tried, town.bo)


async def test_a_gift_of_somebody_blocked_is_not_in_the_list_and_not_counted(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert (await waiting(town.ground, town.bo)).gifts == 1
    await town.ground.db.run(lambda tx: people.block(tx, town.bo, town.an))
    assert (await gifts_got(town.ground, town.bo)).gifts == []
    assert (await waiting(town.ground, town.bo)).gifts == 0
    with pytest.raises(GiftNotAvailable):
        await gift_page(town.ground, town.bo, gift.gift_id)
    page = await gift_page(town.ground, town.an, gift.gift_id)
    assert isinstance(page, GiverPage) and page.state == 10, "its giver sees a gift that waits, and no block"


async def test_lists_show_each_side_its_own_and_unpaid_gifts_to_nobody_else(town):
    await give(town, town.an, town.bo, town.red)
    paid = await give_paid(town, town.an, town.bo, town.blue, greeting="惊喜")
    given = (await gifts_given(town.ground, town.an)).gifts
    assert [gift.state for gift in given] == [10, 0]
    assert given[0].to is not None and given[0].to.name == "Bo" and given[0].total == 12900
    got = (await gifts_got(town.ground, town.bo)).gifts
    assert [gift.gift_id for gift in got] == [paid.gift_id]
    assert got[0].greeting == "" and got[0].title_zh == "", "closed: nothing of its inside"
    assert (await gifts_given(town.ground, town.bo)).gifts == []


async def test_lists_go_on_where_the_page_before_ended(town, monkeypatch):
    monkeypatch.setattr("renqing.views.my_gifts.PAGE", 2)
    made = [(await give_paid(town, town.an, town.bo, town.red)).gift_id for _ in range(3)]
    first = await gifts_got(town.ground, town.bo)
    assert [gift.gift_id for gift in first.gifts] == [made[2], made[1]]
    rest = await gifts_got(town.ground, town.bo, first.before)
    assert [gift.gift_id for gift in rest.gifts] == [made[0]] and rest.before is None
    assert (await gifts_given(town.ground, town.an, first.before)).gifts[0].gift_id == made[0]

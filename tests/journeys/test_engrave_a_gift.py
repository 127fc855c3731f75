"""What is engraved on a gift: chosen by its giver, or said by who gets it; made by the shop as it stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from crowd import refused
from recordings import picture
from town import Town, build_town, claim, give, give_paid

from renqing.books.catalog import ProductNotFound
from renqing.books.people import ShopUnknown
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.engrave_a_gift import Said, SayMyWords, say_my_words
from renqing.journeys.give_a_gift import DrawAsked
from renqing.journeys.keep_engravings import KeepEngravings, keep_engravings
from renqing.journeys.keep_media import KeepMedia, keep_media
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.ship_an_order import ShipOrder, ship_an_order
from renqing.journeys.swap_a_style import AnswerSwap, AskForAnotherStyle, answer_a_swap, ask_for_another_style
from renqing.providers.media_files import FolderShelf
from renqing.social import gifts, moderation
from renqing.social.gifts import GiftIsYourOwn, GiftNotAvailable, GiftNotForYou
from renqing.social.media import MediaUnknown
from renqing.trade import engravings
from renqing.trade.engravings import Engraving, EngravingNotHere, Terms
from renqing.views.engraving_seen import EngravingSeen
from renqing.views.gift_page import GiverPage, KeptGift, OpenGift, gift_page
from renqing.views.shop_orders import shop_order

TERMS = Terms(8, "any", takes_pictures=True)


@pytest_asyncio.fixture
async def town(ground) -> Town:
    town = await build_town(ground)
    await takes(town, TERMS)
    return town


async def takes(town: Town, terms: Terms, *, by: int = 0) -> Terms:
    ask = KeepEngravings(by or town.owner_id, town.shop_id, town.product_id, terms)
    return await keep_engravings(town.ground, ask, town.key(by or town.owner_id))


async def opened(town: Town, engraving: Engraving, **wrapping: Any) -> int:
    gift = await give_paid(town, town.an, town.bo, town.red, engraving=engraving, **wrapping)
    await open_a_gift(town.ground, OpenAGift(town.bo, gift.gift_id), town.key(town.bo))
    return gift.gift_id


async def says(town: Town, person_id: int, words: str, gift_id: int | None = None, token: str | None = None) -> Said:
    return await say_my_words(town.ground, SayMyWords(person_id, words, gift_id, token), town.key(person_id))


async def to_make(town: Town, order_id: int) -> EngravingSeen:
    seen = (await shop_order(town.ground, town.owner_id, order_id)).engraving
    assert seen is not None
    return seen


async def seen_by(town: Town, person_id: int, gift_id: int) -> EngravingSeen:
    page = await gift_page(town.ground, person_id, gift_id)
    assert isinstance(page, GiverPage | OpenGift | KeptGift) and page.engraving is not None
    return page.engraving


async def test_what_the_giver_chose_is_read_by_the_three_and_made(town):
    gift_id = await opened(town, Engraving("words", " 长长久久 "))
    for person in (town.an, town.bo):
        seen = await seen_by(town, person, gift_id)
        assert (seen.custom_type, seen.words, seen.may_say) == (1, "长长久久", False)
    order = await claim(town, town.bo, gift_id)
    assert (await to_make(town, order.order_id)).words == "长长久久"
    await refused(town, says(town, town.bo, "别的", gift_id), EngravingNotHere, reason="none")


async def test_words_left_to_the_recipient_are_theirs_until_they_accept_it(town):
    gift_id = await opened(town, Engraving("left"))
    assert (await seen_by(town, town.bo, gift_id)).may_say
    await says(town, town.bo, "小波", gift_id)
    await says(town, town.bo, "阿波", gift_id)
    order = await claim(town, town.bo, gift_id)
    assert (await to_make(town, order.order_id)).words == "阿波"
    await refused(town, says(town, town.bo, "波波", gift_id), EngravingNotHere, reason="chosen")
    assert (await seen_by(town, town.an, gift_id)).words == "", "the giver does not read what the recipient said"


async def test_who_said_none_says_them_until_it_is_shipped(town):
    gift_id = await opened(town, Engraving("left"))
    order = await claim(town, town.bo, gift_id)
    seen = await to_make(town, order.order_id)
    assert (seen.custom_type, seen.words) == (0, "")
    assert (await seen_by(town, town.bo, gift_id)).may_say
    await says(town, town.bo, "小波", gift_id)
    assert (await to_make(town, order.order_id)).words == "小波"
    other = await opened(town, Engraving("left"))
    shipped = await claim(town, town.bo, other)
    await ship_an_order(
        town.ground, ShipOrder(town.owner_id, shipped.order_id, "SF", "SF1001", None), town.key(town.owner_id)
    )
    await refused(town, says(town, town.bo, "小波", other), EngravingNotHere, reason="shipped")


async def test_each_share_has_its_own_words(town):
    gift = await give_paid(town, town.an, None, town.red, shares=2, engraving=Engraving("left"))
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await refused(town, says(town, town.bo, "小波", token=token), GiftNotAvailable)
    await open_a_gift(town.ground, OpenAGift(town.bo, token=token), town.key(town.bo))
    await refused(town, says(town, town.an, "安", token=token), GiftIsYourOwn)
    for person, words in ((town.bo, "小波"), (town.cai, "小蔡")):
        await says(town, person, words, token=token)
        share = await claim(town, person, None, token=token)
        assert (await to_make(town, share.order_id)).words == words


async def test_a_picture_is_the_givers_own_and_used_once(town, tmp_path: Path):
    shelf = FolderShelf(tmp_path)
    kept = await keep_media(town.ground, shelf, KeepMedia(town.an, "picture", picture()), town.key(town.an))
    theirs = await keep_media(town.ground, shelf, KeepMedia(town.bo, "picture", picture()), town.key(town.bo))
    chosen = Engraving("picture", picture_id=kept.media_id)
    asked = give(town, town.an, town.bo, town.red, engraving=Engraving("picture", picture_id=theirs.media_id))
    await refused(town, asked, MediaUnknown)
    gift_id = await opened(town, chosen)
    seen = await seen_by(town, town.bo, gift_id)
    assert seen.custom_type == 2 and str(kept.media_id) in seen.picture
    await refused(town, give(town, town.an, town.bo, town.red, engraving=chosen), MediaUnknown)


@pytest.mark.parametrize(
    ("terms", "engraving", "field", "reason"),
    [
        (TERMS, Engraving("words", "  "), "custom_word", "missing"),
        (TERMS, Engraving("words", "一二三四五六七八九"), "custom_word", "too_long"),
        (Terms(8, "han"), Engraving("words", "Bo 波"), "custom_word", "script_han"),
        (Terms(8, "latin"), Engraving("words", "波"), "custom_word", "script_latin"),
        (Terms(8, "han"), Engraving("picture", picture_id=1), "custom_img", "not_taken"),
        (TERMS, Engraving("picture"), "custom_img", "missing"),
        (Terms(0, "any", takes_pictures=True), Engraving("words", "波"), "custom_word", "not_taken"),
        (Terms(0, "any", takes_pictures=True), Engraving("left"), "custom_word", "not_taken"),
        (Terms(), Engraving("words", "波"), "custom_info", "not_taken"),
    ],
)
async def test_a_product_takes_what_it_says(town, terms, engraving, field, reason):
    await takes(town, terms)
    asked = give(town, town.an, town.bo, town.red, engraving=engraving)
    await refused(town, asked, FieldNotValid, field=field, reason=reason)


async def test_letters_with_marks_and_a_family_are_counted_as_their_reader_counts(town):
    await takes(town, Terms(4, "latin"))
    await opened(town, Engraving("words", "Zoé!"))
    await takes(town, Terms(2, "any"))
    await opened(town, Engraving("words", "👨‍👩‍👧‍👦波"))


async def test_in_tiers_there_is_no_one_product_to_engrave(town):
    tiers = ((town.red, 1), (town.blue, 1))
    asked = give(town, town.an, None, town.red, shares=2, tiers=tiers, engraving=Engraving("words", "波"))
    await refused(town, asked, FieldNotValid, field="custom_info", reason="one_product")


async def test_a_gift_keeps_the_terms_it_was_wrapped_under(town):
    gift_id = await opened(town, Engraving("left"))
    await takes(town, Terms())
    assert (await says(town, town.bo, "一二三四五六七八", gift_id)).words == "一二三四五六七八"


async def test_only_the_shop_says_what_its_own_products_take(town):
    await refused(town, takes(town, TERMS, by=town.bo), ShopUnknown)
    other = KeepEngravings(town.owner_id, town.shop_id, 404, TERMS)
    await refused(town, keep_engravings(town.ground, other, town.key(town.owner_id)), ProductNotFound)
    await refused(town, takes(town, Terms(61)), FieldNotValid, field="characters_max")


async def test_what_a_moderator_holds_is_engraved_nowhere(town):
    await town.ground.db.run(lambda tx: moderation.add_word(tx, "代开发票"))
    asked = give(town, town.an, town.bo, town.red, engraving=Engraving("words", "代开发票"))
    await refused(town, asked, FieldNotValid, reason="held")
    gift_id = await opened(town, Engraving("left"))
    await refused(town, says(town, town.bo, "代开发票", gift_id), FieldNotValid, reason="held")


async def test_another_style_keeps_it(town):
    gift_id = await opened(town, Engraving("words", "长长久久"))
    order = await claim(town, town.bo, gift_id)
    await ask_for_another_style(town.ground, AskForAnotherStyle(town.bo, order.order_id, town.blue), town.key(town.bo))
    await answer_a_swap(town.ground, AnswerSwap(town.owner_id, order.order_id, "approve"), town.key(town.owner_id))
    assert (await shop_order(town.ground, town.owner_id, order.order_id)).lines[0].sku_id == town.blue
    assert (await to_make(town, order.order_id)).words == "长长久久"


async def test_it_is_gone_with_who_chose_it(town):
    given = await opened(town, Engraving("words", "长长久久"))
    left = await opened(town, Engraving("left"))
    await says(town, town.bo, "小波", left)
    for person in (town.an, town.bo):
        await town.ground.db.run(lambda tx, person=person: engravings.forget(tx, person))
    rows = await town.ground.db.fetch("SELECT words FROM engraving_order UNION ALL SELECT words FROM engraving_own")
    assert given and {row["words"] for row in rows} == {""}


async def test_what_a_moderator_holds_is_engraved_on_nothing(town, tmp_path: Path):
    await town.ground.db.run(lambda tx: moderation.add_word(tx, "代开发票"))
    asked = give(town, town.an, town.bo, town.red, engraving=Engraving("words", "代开发票"))
    await refused(town, asked, FieldNotValid, field="custom_word", reason="held")
    shelf = FolderShelf(tmp_path)
    kept = await keep_media(town.ground, shelf, KeepMedia(town.an, "picture", picture()), town.key(town.an))
    careful = msgspec.structs.replace(town.ground.policy, files_wait_for_operator=True)
    town.ground.settings = msgspec.structs.replace(town.ground.settings, policy=careful)
    asked = give(town, town.an, town.bo, town.red, engraving=Engraving("picture", picture_id=kept.media_id))
    await refused(town, asked, FieldNotValid, field="custom_img", reason="held")


async def test_who_is_no_guest_of_a_draw_says_no_words_for_it(town):
    draw = DrawAsked(town.ground.clock.now() + timedelta(hours=1), guest_ids=(town.bo,))
    engraving = Engraving("left")
    gift = await give_paid(town, town.an, None, town.red, draw=draw, open_for_hours=72, engraving=engraving)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    await refused(town, says(town, town.stranger, "小波", token=token), GiftNotForYou)

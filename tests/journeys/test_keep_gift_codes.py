"""A printed code starts a gift of whoever scans it, and credits the guide who stood by it."""

from __future__ import annotations

import pytest
from crowd import refused
from town import Town, build_town, give, give_paid

from renqing.books import people
from renqing.books.catalog import ProductNotFound
from renqing.books.people import Role, ShopUnknown
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.journeys.end_a_gift import WithdrawAGift, withdraw_a_gift
from renqing.journeys.keep_gift_codes import EndACode, MakeACode, end_a_gift_code, make_a_gift_code
from renqing.trade.codes import CODES_MAX, CodesFull, CodeUnknown, GiftCode, NewCode, by_code
from renqing.trade.codes.rules import letters_of
from renqing.views.check import check
from renqing.views.shop_codes import shop_codes


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def printed(town: Town, staff_id: int | None = None, **asked: object) -> GiftCode:
    new = NewCode(**{"shop_id": town.shop_id, "product_id": town.product_id, "place": "收银台", **asked})  # type: ignore[arg-type]
    staff = staff_id or town.owner_id
    return await make_a_gift_code(town.ground, MakeACode(staff, new), town.key(staff))


async def clerk_of(town: Town) -> int:
    async def story(tx):
        clerk = (await people.join(tx, name="导购小美")).id
        await people.add_staff(tx, town.shop_id, clerk, Role.CLERK)
        return clerk

    return await town.ground.db.run(story)


async def test_what_began_at_a_code_is_counted_once_it_is_paid_and_credited_to_its_guide(town: Town):
    clerk = await clerk_of(town)
    code = await printed(town, clerk, guide_id=clerk)
    await give(town, town.an, town.bo, town.red, code=code.code)
    assert [(row.gifts, row.amount) for row in (await shop_codes(town.ground, clerk, town.shop_id)).rows] == [(0, 0)]
    await give_paid(town, town.an, town.bo, town.red, code=code.code)
    await give_paid(town, town.bo, None, town.blue, code=code.code, shares=2)
    await give_paid(town, town.bo, town.an, town.blue)
    seen = await shop_codes(town.ground, clerk, town.shop_id)
    assert [(row.code, row.guide, row.gifts, row.amount) for row in seen.rows] == [(code.code, "导购小美", 2, 38_700)]
    assert [(one.name, one.gifts, one.amount) for one in seen.guides] == [("导购小美", 2, 38_700)]
    assert (await check(town.ground)).is_clean


async def test_what_went_back_is_counted_out_again(town: Town):
    code = await printed(town)
    gift = await give_paid(town, town.an, town.bo, town.red, code=code.code)
    await withdraw_a_gift(town.ground, WithdrawAGift(town.an, gift.gift_id), town.key(town.an))
    await town.ground.db.pool.execute(
        "UPDATE order_order SET refunded_amount = total_amount WHERE id = $1", gift.order_id
    )
    assert [(row.gifts, row.amount) for row in (await shop_codes(town.ground, town.owner_id, town.shop_id)).rows] == [
        (0, 0)
    ]


async def test_an_ended_code_still_leads_to_its_product_and_credits_nobody(town: Town):
    code = await printed(town)
    ask = EndACode(town.owner_id, town.shop_id, code.id)
    for _ in range(2):
        await end_a_gift_code(town.ground, ask, town.key(town.owner_id))
    await give_paid(town, town.an, town.bo, town.red, code=code.code)
    assert (await by_code(town.ground.db, code.code)).product_id == town.product_id
    (row,) = (await shop_codes(town.ground, town.owner_id, town.shop_id)).rows
    assert (row.ended, row.gifts) == (True, 0)


async def test_another_shops_code_and_no_code_at_all_refuse_the_gift(town: Town):
    other = await town.ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="别家"), town.bo))
    await town.ground.db.pool.execute(
        """INSERT INTO code_code (id, code, shop_id, product_id, place, made_by, made_at)
           VALUES (1, 'zz', $1, 1, '', 1, now())""",
        other.id,
    )
    await refused(
        town, give(town, town.an, town.bo, town.red, code="zz"), FieldNotValid, field="code", reason="other_shop"
    )
    for code in ("nothing", "22222", "", "a" * 14, "\0", "扫"):
        await refused(town, give(town, town.an, town.bo, town.red, code=code), CodeUnknown)


async def test_only_the_shops_own_people_print_its_codes_and_only_for_its_goods_and_guides(town: Town):
    await refused(town, printed(town, town.an), ShopUnknown)
    await refused(town, printed(town, guide_id=town.an), FieldNotValid, field="guide_id", reason="unknown")
    await refused(town, printed(town, product_id=404), ProductNotFound, product_id=404)
    await refused(town, printed(town, place="长" * 41), FieldNotValid, field="place", reason="length", min=0, max=40)
    await refused(town, printed(town, place="\u0007"), FieldNotValid, field="place", reason="characters")
    other = await town.ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="别家"), town.bo))
    await refused(town, printed(town, town.bo, shop_id=other.id), ProductNotFound, product_id=town.product_id)
    code = await printed(town)
    ending = end_a_gift_code(town.ground, EndACode(town.bo, other.id, code.id), town.key(town.bo))
    await refused(town, ending, CodeUnknown)
    ending = end_a_gift_code(town.ground, EndACode(town.an, town.shop_id, code.id), town.key(town.an))
    await refused(town, ending, ShopUnknown)


async def test_a_shop_has_so_many_living_codes_at_most(town: Town):
    await town.ground.db.pool.execute(
        """INSERT INTO code_code (id, code, shop_id, product_id, place, made_by, made_at)
           SELECT n, 'c' || n, $1, $2, '', 1, now() FROM generate_series(1, $3) n""",
        town.shop_id,
        town.product_id,
        CODES_MAX,
    )
    await refused(town, printed(town), CodesFull, max=CODES_MAX)
    await town.ground.db.pool.execute("UPDATE code_code SET ended_at = now() WHERE id = 1")
    await printed(town)


def test_no_two_ids_have_the_same_letters_and_none_is_mistaken_for_another():
    letters = [letters_of(number) for number in (*range(1, 5_000), 2**63 - 1, 2**62)]
    assert len(set(letters)) == len(letters)
    assert not set("".join(letters)) & set("01iloIO") and max(map(len, letters)) <= 13

"""Lucky packs (心意礼包, 拼手气): vouchers for many, in an order that chance fixed before anybody came."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import Counter
from functools import partial
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from channel import FakeChannel
from counter import books, books_are_right
from counter_vouchers import Cafe, another_voucher, days, grabbed_at, of_order, open_cafe, promise, redeem
from crowd import gather_a_crowd, refused
from household import worker_of
from sets import open_second
from town import Town, build_town, claim, enter, give, give_paid, snapshot

from renqing.doors.problems import words_of
from renqing.foundation.batcher import Batcher
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.claim_a_gift import ClaimAGift, claim_gifts
from renqing.journeys.end_a_gift import RefuseAGift, WithdrawAGift, refuse_a_gift, withdraw_a_gift
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.give_a_gift import DrawAsked, GiftPrepared
from renqing.journeys.make_a_group import MakeGroup, make_a_group
from renqing.social import gifts, lucky
from renqing.social.draws import NoDraw
from renqing.social.gifts import GiftNotAvailable, SharedGiftStays
from renqing.social.lucky import LuckyNeedsVouchers
from renqing.trade import orders, vouchers
from renqing.views.gift_page import Envelope, GiverPage, KeptGift, OpenGift, gift_by_link, gift_page

BIG, SMALL = 10000, 1000


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


@pytest_asyncio.fixture
async def cafe(town) -> Cafe:
    return await open_cafe(town, pieces=100)


async def wrapped(cafe: Cafe, big: int = 2, small: int = 4, **wrapping: Any) -> tuple[GiftPrepared, str]:
    """A paid pack of so many large vouchers and small ones, and its link's token."""
    town = cafe.town
    style = await another_voucher(cafe, price=SMALL, pieces=100)
    tiers = ((cafe.sku_id, big), (style, small))
    pack = await give_paid(town, town.an, None, cafe.sku_id, shares=big + small, tiers=tiers, lucky=True, **wrapping)
    token = await gifts.link_token(town.ground.db, town.ground.keys, pack.gift_id, town.an)
    assert token is not None
    return pack, token


async def grab(town: Town, person: int, token: str) -> int:
    """Somebody grabs; the order of their voucher."""
    return (await claim(town, person, None, token=token, address_id=None)).order_id


async def seed_of(town: Town, gift_id: int) -> bytes:
    """The secret seed, as the house alone can open it."""
    sealed = await town.ground.db.fetchval("SELECT seed_sealed FROM lucky_pack WHERE gift_id = $1", gift_id)
    return bytes.fromhex(town.ground.keys.open(sealed, place="lucky_pack.seed_sealed", row=gift_id))


def by_the_page(seed: bytes, shares: int) -> list[int]:
    """The order as docs/decisions/lucky-packs.md says it, written once more."""
    said = {n: f"renqing-lucky-1|{n}".encode() for n in range(1, shares + 1)}
    return sorted(said, key=lambda n: hmac.new(seed, said[n], hashlib.sha256).hexdigest())


async def worth(cafe: Cafe, order_id: int) -> int:
    """What the one voucher of an order was paid with."""
    (voucher,) = await of_order(cafe, order_id)
    return voucher.amount


async def numbers(town: Town, gift_id: int) -> dict[int, int]:
    """Of each who grabbed, the number of their share."""
    rows = await town.ground.db.fetch("SELECT person_id, n FROM gift_share WHERE gift_id = $1", gift_id)
    return {row["person_id"]: row["n"] for row in rows}


# the story -----------------------------------------------------------------------------------------------------------
async def test_who_comes_gets_what_chance_put_there_before_anybody_came(cafe):
    town = cafe.town
    pack, token = await wrapped(cafe)
    order = by_the_page(await seed_of(town, pack.gift_id), 6)
    crowd = await gather_a_crowd(town, 6)
    got = [await worth(cafe, await grab(town, person, token)) for person in crowd]
    assert [(await numbers(town, pack.gift_id))[person] for person in crowd] == order
    assert got == [BIG if n <= 2 else SMALL for n in order]
    await books_are_right(town.ground)


class _Seen(Exception):
    """Everything was looked at: nothing of it is kept."""


async def test_what_a_grab_makes_is_answered_as_it_is_kept(cafe):
    """Neither the order nor its voucher is read again after it was written."""
    pack, _ = await wrapped(cafe)
    town = cafe.town

    async def story(tx: Tx) -> None:
        whole = await orders.get(tx, pack.order_id)
        part = orders.Part(tx.ids.new(), whole, town.bo, None, 1, SMALL, 0, line_n=2)
        handed = await orders.hand_out(tx, [part])
        assert await orders.by_ids(tx, [whole.id, part.id]) == {**handed.wholes, part.id: handed.parts[0]}
        (line,) = await orders.lines(tx, part.id)
        assert (line.shipped, line.to_ship) == (1, 0)
        terms = (await vouchers.terms_sold(tx, [whole.id]))[whole.id, line.product_id]
        issue = vouchers.Issue(part.id, 1, line.sku_id, 1, line.unit_price, whole.currency, town.bo, town.an, terms)
        assert await vouchers.issue(tx, [issue]) == (await vouchers.of_orders(tx, [part.id]))[part.id]
        raise _Seen

    with pytest.raises(_Seen):
        await town.ground.db.run(story)


async def test_fifty_racers_for_ten_vouchers_get_exactly_what_is_in_the_pack(cafe):
    town = cafe.town
    pack, token = await wrapped(cafe, big=3, small=7)
    crowd = await gather_a_crowd(town, 50)
    claims = Batcher(partial(claim_gifts, town.ground), batch_max=9)
    asked = [claims.ask((ClaimAGift(person, None, token=token), town.key(person))) for person in crowd]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    won = [one for one in answers if not isinstance(one, Exception)]
    assert {type(one) for one in answers if isinstance(one, Exception)} == {GiftNotAvailable}
    assert Counter([await worth(cafe, one.order_id) for one in won]) == {BIG: 3, SMALL: 7}
    assert sorted((await numbers(town, pack.gift_id)).values()) == list(range(1, 11))
    assert (await lucky.of_gifts(town.ground.db, [pack.gift_id]))[pack.gift_id].seed is not None
    await books_are_right(town.ground)


async def test_two_batches_at_once_deal_one_after_the_other_along_the_order(cafe):
    town = cafe.town
    pack, token = await wrapped(cafe)
    order = by_the_page(await seed_of(town, pack.gift_id), 6)
    crowd = await gather_a_crowd(town, 4)
    halves = [[(ClaimAGift(one, None, token=token), town.key(one)) for one in half] for half in (crowd[:2], crowd[2:])]
    answers = await asyncio.gather(*(claim_gifts(town.ground, half) for half in halves))
    assert all(not isinstance(one, Exception) for half in answers for one in half)
    assert set((await numbers(town, pack.gift_id)).values()) == set(order[:4])
    await books_are_right(town.ground)


async def test_one_a_person_and_asking_again_gets_the_same(cafe):
    town = cafe.town
    _, token = await wrapped(cafe)
    first = await grab(town, town.bo, token)
    assert await grab(town, town.bo, token) == first
    await refused(town, claim(town, town.an, None, token=token), gifts.GiftIsYourOwn)


async def test_a_pack_may_hold_one_kind_and_then_nobody_is_luckiest(cafe):
    town = cafe.town
    pack = await give_paid(town, town.an, None, cafe.sku_id, shares=2, lucky=True)
    token = await gifts.link_token(town.ground.db, town.ground.keys, pack.gift_id, town.an)
    for person in (town.bo, town.cai):
        await grab(town, person, token)
    page = await gift_page(town.ground, town.an, pack.gift_id)
    assert isinstance(page, GiverPage) and page.many.lucky.luckiest is None and page.many.lucky.is_over
    assert await told(town, "lucky_best") == []
    await books_are_right(town.ground)


# what each side sees --------------------------------------------------------------------------------------------------
async def told(town: Town, kind: str) -> list[int]:
    """Who was told of it, once the worker has told everything."""
    await worker_of(town.ground, FakeChannel()).drain()
    rows = await town.ground.db.fetch("SELECT person_id FROM notice_notice WHERE kind = $1", kind)
    return [row["person_id"] for row in rows]


async def test_the_order_is_secret_until_it_is_over_and_then_anybody_works_it_out(cafe):
    town = cafe.town
    pack, token = await wrapped(cafe, big=1, small=1)
    await grab(town, town.bo, token)
    seed = await seed_of(town, pack.gift_id)
    for reader in (town.an, town.bo):
        seen = (await gift_page(town.ground, reader, pack.gift_id)).many.lucky
        assert (seen.seed, seen.order, seen.luckiest) == (None, [], None)
        assert seen.commitment == hashlib.sha256(seed).hexdigest()
    text = await town.ground.db.fetchval("SELECT p::text FROM lucky_pack p WHERE gift_id = $1", pack.gift_id)
    assert seed.hex() not in text
    await grab(town, town.cai, token)
    for reader in (town.an, town.bo, town.cai):
        seen = (await gift_page(town.ground, reader, pack.gift_id)).many.lucky
        assert (seen.seed, seen.order) == (seed.hex(), by_the_page(seed, 2))
        assert [one.share for one in reversed(seen.dealt)] == seen.order


async def test_the_giver_sees_who_got_what_and_who_came_by_link_sees_no_other_name(cafe):
    town = cafe.town
    pack, token = await wrapped(cafe, big=1, small=2)
    for person in (town.bo, town.cai):
        await grab(town, person, token)
    page = await gift_page(town.ground, town.an, pack.gift_id)
    assert isinstance(page, GiverPage)
    assert [(one.place, one.person.name) for one in page.many.lucky.dealt] == [(2, "蔡"), (1, "Bo")]
    mine = await gift_page(town.ground, town.bo, pack.gift_id)
    assert isinstance(mine, KeptGift)
    assert [(one.place, one.person and one.person.name, one.is_mine) for one in mine.many.lucky.dealt] == [
        (2, None, False),
        (1, "Bo", True),
    ]
    closed = await gift_by_link(town.ground, token, None)
    assert isinstance(closed, Envelope) and closed.many.lucky is None and closed.many.claimed == 2
    opened = await gift_by_link(town.ground, token, town.stranger)
    assert isinstance(opened, OpenGift) and {one.person for one in opened.many.lucky.dealt} == {None}


async def test_members_of_the_group_see_who_got_what_and_strangers_nothing(cafe):
    town = cafe.town
    ask = MakeGroup(town.an, "周末", (town.bo, town.cai))
    group = (await make_a_group(town.ground, ask, town.key(town.an))).group_id
    style = await another_voucher(cafe, price=SMALL)
    tiers = ((cafe.sku_id, 1), (style, 1))
    pack = await give_paid(town, town.an, None, cafe.sku_id, shares=2, tiers=tiers, lucky=True, group_id=group)
    await claim(town, town.bo, pack.gift_id, address_id=None)
    seen = await gift_page(town.ground, town.cai, pack.gift_id)
    assert isinstance(seen, OpenGift) and [one.person.name for one in seen.many.lucky.dealt] == ["Bo"]
    with pytest.raises(GiftNotAvailable):
        await gift_page(town.ground, town.stranger, pack.gift_id)


async def test_the_luckiest_is_who_first_got_what_was_worth_most_and_is_told_at_the_end(cafe):
    town = cafe.town
    pack, token = await wrapped(cafe, big=2, small=1)
    crowd = await gather_a_crowd(town, 3)
    for person in crowd[:2]:
        await grab(town, person, token)
    assert await told(town, "lucky_best") == [], "while it goes on nobody knows"
    await grab(town, crowd[2], token)
    order = by_the_page(await seed_of(town, pack.gift_id), 3)
    best = crowd[next(place for place, n in enumerate(order) if n <= 2)]
    assert await told(town, "lucky_best") == [best]
    page = await gift_page(town.ground, town.an, pack.gift_id)
    assert page.many.lucky.luckiest.person.id == best


# its end --------------------------------------------------------------------------------------------------------------
async def test_what_nobody_grabbed_in_time_goes_back_as_one_refund_and_the_seed_is_shown(cafe):
    town = cafe.town
    pack = await grabbed_at(cafe)
    town.ground.clock.move(days(1))
    channel = FakeChannel()
    await worker_of(town.ground, channel).drain()
    got = [await worth(cafe, order) for order in await orders_of(town, pack.gift_id)]
    assert [ask.amount for ask in channel.refunds.values()] == [pack.total - sum(got)]
    shown = (await lucky.of_gifts(town.ground.db, [pack.gift_id]))[pack.gift_id]
    assert shown.seed == await seed_of(town, pack.gift_id)
    await books_are_right(town.ground)


async def orders_of(town: Town, gift_id: int) -> list[int]:
    rows = await town.ground.db.fetch("SELECT order_id FROM gift_share WHERE gift_id = $1 ORDER BY n", gift_id)
    return [row["order_id"] for row in rows]


async def test_what_nobody_grabbed_returns_into_its_givers_cards_where_the_terms_say_so(cafe):
    town = cafe.town
    await promise(cafe, unclaimed="returned_for_use")
    style = await another_voucher(cafe, price=SMALL, unclaimed="returned_for_use")
    tiers = ((cafe.sku_id, 2), (style, 2))
    pack = await give_paid(town, town.an, None, cafe.sku_id, shares=4, tiers=tiers, lucky=True)
    token = await gifts.link_token(town.ground.db, town.ground.keys, pack.gift_id, town.an)
    grabbed = await worth(cafe, await grab(town, town.bo, token))
    town.ground.clock.move(days(2))
    channel = FakeChannel()
    await worker_of(town.ground, channel).drain()
    back = await town.ground.db.fetch("SELECT amount FROM voucher_voucher WHERE holder_id = $1", town.an)
    assert not channel.refunds
    assert sum(row["amount"] for row in back) == pack.total - grabbed
    await books_are_right(town.ground)


async def test_who_grabbed_uses_it_and_the_shop_is_paid(cafe):
    town = cafe.town
    await promise(cafe, uses=1)
    pack = await give_paid(town, town.an, None, cafe.sku_id, shares=2, lucky=True)
    token = await gifts.link_token(town.ground.db, town.ground.keys, pack.gift_id, town.an)
    (voucher,) = await of_order(cafe, await grab(town, town.bo, token))
    assert (await redeem(cafe, voucher)).state == "used"
    kept = await books(town)
    assert kept["shop"][0] + kept["fee"][0] == BIG
    await books_are_right(town.ground)


async def test_the_giver_takes_back_the_rest_where_the_policy_lets_them_and_one_that_nobody_saw_keeps_its_seed(cafe):
    town = cafe.town
    seen, _ = await wrapped(cafe)
    unpaid = await give(town, town.an, None, cafe.sku_id, shares=2, lucky=True)
    await withdraw_a_gift(town.ground, WithdrawAGift(town.an, seen.gift_id), town.key(town.an))
    town.ground.clock.move(days(1))
    await worker_of(town.ground, FakeChannel()).drain()
    packs = await lucky.of_gifts(town.ground.db, [seen.gift_id, unpaid.gift_id])
    assert packs[seen.gift_id].seed is not None and packs[unpaid.gift_id].seed is None
    await books_are_right(town.ground)


async def test_nobody_declines_it_for_others_and_nobody_enters_a_draw_of_it(cafe):
    town = cafe.town
    pack, token = await wrapped(cafe)
    ask = RefuseAGift(town.bo, "kind_thought", token=token)
    await refused(town, refuse_a_gift(town.ground, ask, town.key(town.bo)), SharedGiftStays)
    await refused(town, enter(town, town.bo, None, token=token), NoDraw)
    assert pack.total == 2 * BIG + 4 * SMALL


async def test_who_grabbed_and_is_erased_leaves_a_number(cafe):
    town = cafe.town
    await promise(cafe, uses=1)
    pack = await give_paid(town, town.an, None, cafe.sku_id, shares=2, lucky=True)
    token = await gifts.link_token(town.ground.db, town.ground.keys, pack.gift_id, town.an)
    (voucher,) = await of_order(cafe, await grab(town, town.bo, token))
    await redeem(cafe, voucher)
    await erase_a_person(town.ground, EraseMe(town.bo, "Bo"))
    (left,) = (await gift_page(town.ground, town.an, pack.gift_id)).many.lucky.dealt
    assert left.place == 1 and left.person.name != "Bo"
    await books_are_right(town.ground)


# what is refused ------------------------------------------------------------------------------------------------------
async def test_goods_too_few_too_many_a_name_and_a_draw_are_refused_and_move_nothing(cafe):
    town = cafe.town
    draw = DrawAsked(town.ground.clock.now() + days(1) / 2)
    for asked, kind, facts in (
        (give(town, town.an, None, town.red, shares=2, lucky=True), LuckyNeedsVouchers, {}),
        (give(town, town.an, None, cafe.sku_id, shares=1, lucky=True), FieldNotValid, {"field": "shares", "min": 2}),
        (give(town, town.an, None, cafe.sku_id, shares=101, lucky=True), FieldNotValid, {"max": 100}),
        (give(town, town.an, town.bo, cafe.sku_id, lucky=True), FieldNotValid, {"field": "recipient_id"}),
        (give(town, town.an, None, cafe.sku_id, shares=2, lucky=True, draw=draw), FieldNotValid, {"reason": "one_way"}),
    ):
        await refused(town, asked, kind, **facts)


async def test_a_pack_of_two_shops_is_refused_and_says_what_to_do(cafe):
    town, second = cafe.town, await open_second(cafe.town)
    tiers = ((cafe.sku_id, 2), (second.tin, 1))
    asked = partial(give, town, town.an, None, cafe.sku_id, shares=3, tiers=tiers, lucky=True)
    await refused(town, asked(), FieldNotValid, field="tiers", reason="one_shop")
    with pytest.raises(FieldNotValid) as refusal:
        await asked()
    assert "一家店送一份" in words_of(refusal.value, "zh") and "of each shop's" in words_of(refusal.value, "en")


async def test_the_database_refuses_another_seed_another_size_and_who_deals_by_numbers(cafe):
    town = cafe.town
    pack, token = await wrapped(cafe, big=1, small=1)
    before = await snapshot(town.ground)
    for sql, law in (
        ("UPDATE lucky_pack SET seed = $2, shown_at = now() WHERE gift_id = $1", "seed_as_committed"),
        ("UPDATE lucky_pack SET commitment = sha256($2) WHERE gift_id = $1", "does not move so"),
    ):
        with pytest.raises(asyncpg.CheckViolationError, match=law):
            await town.ground.db.pool.execute(sql, pack.gift_id, bytes(32))
    with pytest.raises(asyncpg.CheckViolationError, match="dealt_by_luck"):  # the claim of a process of before
        await town.ground.db.pool.execute(
            "UPDATE gift_gift SET shares_claimed = 1, shares_dealt = 1 WHERE id = $1", pack.gift_id
        )
    assert await snapshot(town.ground) == before
    for person in (town.bo, town.cai):
        await grab(town, person, token)
    with pytest.raises(asyncpg.CheckViolationError, match="does not move so"):
        await town.ground.db.pool.execute("UPDATE lucky_pack SET seed = NULL, shown_at = NULL")


# the rules ------------------------------------------------------------------------------------------------------------
def test_over_20_000_packs_every_voucher_is_as_likely_at_every_place():
    """Of 5 shares each is at each place a fifth of the time: chi-square with 16 degrees of freedom, 99.99 %."""
    packs, shares = 20_000, 5
    seen: Counter[tuple[int, int]] = Counter()
    for number in range(packs):
        seed = hashlib.sha256(f"pack {number}".encode()).digest()
        seen.update(enumerate(lucky.order_of(seed, shares)))
    should = packs / shares
    assert sum((count - should) ** 2 / should for count in seen.values()) < 46.2
    assert len(seen) == shares**2


@pytest.mark.parametrize(
    ("worths", "place"), [([], None), ([5], None), ([5, 5], None), ([1, 9, 9], 1), ([9, 1], 0), ([1, 2, 3], 2)]
)
def test_the_luckiest_is_the_first_with_the_most(worths, place):
    assert lucky.luckiest(worths) == place


async def test_of_a_pack_that_nobody_grabbed_at_nobody_is_luckiest(cafe):
    await wrapped(cafe)
    cafe.town.ground.clock.move(days(1))
    await worker_of(cafe.town.ground, FakeChannel()).drain()
    assert await told(cafe.town, "lucky_best") == []
    assert await cafe.town.ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'LuckyPackOver'") == 1

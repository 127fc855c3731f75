"""Who may give without a name to whom, and what a mask hides from journeys that ask about two people."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest_asyncio
from counter_vouchers import open_cafe
from crowd import refused
from household import worker_of
from outside import URL, FakeOutside, listen
from town import Town, build_town, claim, give, give_paid

from renqing.books import people
from renqing.books.people import PLATFORM, PersonUnknown
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.give_a_gift import DrawAsked
from renqing.journeys.open_a_gift import OpenAGift, open_a_gift
from renqing.journeys.pass_a_gift_on import PassAGiftOn, pass_a_gift_on
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.journeys.report_a_person import ReportAPerson, report_a_person
from renqing.journeys.wear_a_mask import OfAGift, ReportItsGiver, refuse_more, report_its_giver, show_myself
from renqing.social import gifts, holds, masks
from renqing.social.gifts import GiftNotAvailable, GiftNotPassedOn
from renqing.social.masks import NamelessNotTaken
from renqing.views.gift_history import gifts_between
from renqing.views.gift_page import KeptGift, OpenGift, gift_page


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def nameless(town: Town, to: int | None, **more):
    return await give_paid(town, town.an, to, town.red, nameless=True, **more)


async def test_only_a_friend_sends_one_by_name(town):
    group = await town.ground.db.run(lambda tx: people.make_group(tx, town.an, "我们", [town.bo]))
    joined = "INSERT INTO people_member (group_id, person_id, joined_at) VALUES ($1, $2, $3)"
    await town.ground.db.run(lambda tx: tx.execute(joined, group.id, town.stranger, tx.now))
    asked = give(town, town.an, town.stranger, town.red, nameless=True)
    await refused(town, asked, NamelessNotTaken)
    assert (await give(town, town.an, town.stranger, town.red)).gift_id, "with a name, who shares a group may"


async def test_a_card_in_a_group_and_a_draw_name_their_giver(town):
    group = await town.ground.db.run(lambda tx: people.make_group(tx, town.an, "我们", [town.bo]))
    asked = give(town, town.an, None, town.red, group_id=group.id, nameless=True)
    await refused(town, asked, FieldNotValid, field="nameless", reason="group")
    draw = DrawAsked(town.ground.clock.now() + timedelta(hours=1))
    asked = give(town, town.an, None, town.red, shares=2, draw=draw, open_for_hours=120, nameless=True)
    await refused(town, asked, FieldNotValid, field="nameless", reason="draw")
    gift = await nameless(town, town.bo)
    onward = ReaddressAGift(town.an, gift.gift_id, group_id=group.id)
    await refused(town, readdress_a_gift(town.ground, onward, town.key(town.an)), FieldNotValid, reason="group")
    onward = ReaddressAGift(town.an, gift.gift_id, recipient_id=town.cai)
    assert (await readdress_a_gift(town.ground, onward, town.key(town.an))).gift_id


async def test_it_goes_on_to_no_friend_since_who_is_refused_would_be_its_giver(town):
    gift = await nameless(town, town.bo)
    await open_a_gift(town.ground, OpenAGift(town.bo, gift.gift_id), town.key(town.bo))
    seen = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(seen, OpenGift) and not seen.to_friend
    for friend in (town.an, town.cai):
        ask = PassAGiftOn(town.bo, "have_one", gift.gift_id, friend_id=friend)
        passed = pass_a_gift_on(town.ground, ask, town.key(town.bo))
        await refused(town, passed, GiftNotPassedOn)


async def test_no_card_of_it_stands_in_the_chat_of_the_two(town):
    worker = worker_of(town.ground)
    await worker.drain()
    said = "SELECT count(*) FROM chat_message"
    before = await town.ground.db.fetchval(said)
    await nameless(town, town.bo)
    await worker.drain()
    assert await town.ground.db.fetchval(said) == before
    await give_paid(town, town.an, town.bo, town.red)
    await worker.drain()
    assert await town.ground.db.fetchval(said) == before + 1, "one with a name has its card"


async def test_it_stands_in_the_history_of_its_giver_alone_until_it_is_shown(town):
    gift = await nameless(town, town.bo)
    await claim(town, town.bo, gift.gift_id)
    theirs = await gifts_between(town.ground, town.bo, town.an)
    assert (theirs.got, theirs.gifts) == (0, [])
    assert (await gifts_between(town.ground, town.an, town.bo)).given == 1
    await show_myself(town.ground, OfAGift(town.an, gift.gift_id), town.key(town.an))
    assert (await gifts_between(town.ground, town.bo, town.an)).got == 1
    kept = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(kept, KeptGift) and kept.giver.id == town.an


async def test_who_has_a_share_is_told_when_its_giver_says_so_once(town):
    gift = await nameless(town, None, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    for person in (town.bo, town.cai):
        await claim(town, person, None, token=token)
    await refused(town, show_myself(town.ground, OfAGift(town.bo, gift.gift_id), town.key(town.bo)), GiftNotAvailable)
    await show_myself(town.ground, OfAGift(town.an, gift.gift_id), town.key(town.an))
    again = show_myself(town.ground, OfAGift(town.an, gift.gift_id), town.key(town.an))
    await refused(town, again, GiftNotAvailable)
    fact = "SELECT payload->'told_ids' FROM outbox_fact WHERE kind = 'GiverShown'"
    told = [row[0] for row in await town.ground.db.fetch(fact)]
    assert len(told) == 1 and all(str(person) in str(told[0]) for person in (town.bo, town.cai))
    await worker_of(town.ground).drain()
    notices = await town.ground.db.fetch("SELECT person_id FROM notice_notice WHERE kind = 'giver_shown'")
    assert {row["person_id"] for row in notices} == {town.bo, town.cai} and len(notices) == 2


async def test_what_was_refused_is_gone_with_either_of_the_two(town):
    for erased in (town.an, town.bo):
        gift = await nameless(town, town.bo)
        await refuse_more(town.ground, OfAGift(town.bo, gift.gift_id), town.key(town.bo))
        await refused(town, give(town, town.an, town.bo, town.red, nameless=True), NamelessNotTaken)
        await town.ground.db.run(lambda tx, erased=erased: masks.forget(tx, erased))
    assert await nameless(town, town.bo)


async def test_a_lucky_pack_names_its_giver(town):
    cafe = await open_cafe(town, pieces=9)
    asked = give(town, town.an, None, cafe.sku_id, shares=2, lucky=True, nameless=True)
    await refused(town, asked, FieldNotValid, field="nameless", reason="lucky")


async def test_a_shops_program_cannot_tell_that_two_gifts_without_a_name_are_from_one_giver(town):
    outside = FakeOutside()
    await listen(town)
    await listen(town, PLATFORM, "https://ops.example.com/hooks")
    for nameless in (True, True, False):
        gift = await give_paid(town, town.an, town.bo, town.red, nameless=nameless)
        await claim(town, town.bo, gift.gift_id)
    await worker_of(town.ground, outside=outside).drain()
    heard = [post.said["data"] | {"url": post.url} for post in outside.heard]
    givers = {one["giver"] for one in heard if one["url"] == URL and "giver" in one}
    buyers = {one["buyer"] for one in heard if one["url"] == URL and "buyer" in one}
    assert len(givers) == 3 and buyers == givers
    assert len({one["giver"] for one in heard if one["url"] != URL and "giver" in one}) == 1


async def test_who_gets_it_reports_its_giver_without_learning_who_it_is(town):
    gift = await nameless(town, town.bo)
    ask = ReportItsGiver(town.bo, gift.gift_id, "harassment", "不认识的人")
    for wrong in (msgspec.structs.replace(ask, person_id=town.an), msgspec.structs.replace(ask, person_id=town.cai)):
        await refused(town, report_its_giver(town.ground, wrong, town.key(wrong.person_id)), GiftNotAvailable)
    wrong = msgspec.structs.replace(ask, reason="dislike")
    asked = report_its_giver(town.ground, wrong, town.key(town.bo))
    await refused(town, asked, FieldNotValid, field="reason", reason="unknown")
    assert (await report_its_giver(town.ground, ask, town.key(town.bo))).gift_id == gift.gift_id
    row = await town.ground.db.fetchrow("SELECT reporter_id, about_id, reason, gift_id FROM hold_report")
    assert tuple(row) == (town.bo, town.an, "harassment", gift.gift_id)
    named = await give_paid(town, town.an, town.bo, town.red)
    of_named = msgspec.structs.replace(ask, gift_id=named.gift_id)
    await refused(town, report_its_giver(town.ground, of_named, town.key(town.bo)), GiftNotAvailable)


async def test_whoever_guesses_whose_it_is_by_reporting_learns_nothing(town):
    gift = await nameless(town, town.bo)
    for guess in (town.an, town.cai):
        new = holds.NewReport(town.bo, guess, "harassment", "", gift.gift_id)
        await refused(town, report_a_person(town.ground, ReportAPerson(new), town.key(town.bo)), PersonUnknown)

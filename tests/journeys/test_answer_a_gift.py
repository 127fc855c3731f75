"""A gift in return names the gift that it answers: to its giver, by who has it, and nobody else."""

from __future__ import annotations

import msgspec
import pytest_asyncio
from counter import books_are_right
from crowd import refused
from household import worker_of
from outside import FakeOutside, listen
from town import Town, build_town, claim, give_paid, pay

from renqing.books.people import PLATFORM
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.give_a_gift import GiftPrepared, GiveAGift, give_a_gift
from renqing.journeys.readdress_a_gift import ReaddressAGift, readdress_a_gift
from renqing.social import gifts
from renqing.views.gift_history import gifts_between

PLATFORMS = "https://ops.example.com/hooks"


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def answer(town: Town, giver: int, recipient: int | None, reply_to: int, **asked: bool) -> GiftPrepared:
    """A gift in return that is paid."""
    ask = GiveAGift(giver, town.blue, recipient, "thanks", "回礼", 24, "sandbox", reply_to=reply_to)
    ask = msgspec.structs.replace(ask, **asked)
    prepared = await give_a_gift(town.ground, ask, town.key(giver))
    await pay(town, prepared.intent_id, prepared.total)
    return prepared


async def test_it_is_told_to_the_platform_alone_and_stands_in_the_pairs_history(town):
    outside = FakeOutside()
    await listen(town)
    await listen(town, PLATFORM, PLATFORMS)
    former = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, former.gift_id)
    reply = await answer(town, town.bo, town.an, former.gift_id)
    await claim(town, town.an, reply.gift_id)
    await worker_of(town.ground, outside=outside).drain()
    heard = [post for post in outside.heard if post.said["type"] == "gift.replied"]
    assert [(post.url, post.said["subject"]) for post in heard] == [(PLATFORMS, str(former.gift_id))]
    assert heard[0].said["data"]["reply_gift_id"] == str(reply.gift_id)
    for reader, other in ((town.an, town.bo), (town.bo, town.an)):
        seen = (await gifts_between(town.ground, reader, other)).gifts
        assert [(one.gift_id, one.reply_to) for one in seen] == [
            (reply.gift_id, former.gift_id),
            (former.gift_id, None),
        ]
    await books_are_right(town.ground)


async def test_who_has_a_share_of_a_gift_for_many_answers_it_too(town):
    former = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, former.gift_id, town.an)
    await claim(town, town.bo, None, token=token)
    reply = await answer(town, town.bo, town.an, former.gift_id)
    assert (
        await town.ground.db.fetchval("SELECT reply_to FROM gift_gift WHERE id = $1", reply.gift_id) == former.gift_id
    )
    await refused(town, answer(town, town.cai, town.an, former.gift_id), FieldNotValid, field="reply_to")


async def test_a_gift_that_one_has_not_or_that_is_from_somebody_else_looks_as_one_that_never_was(town):
    unclaimed = await give_paid(town, town.an, town.bo, town.red)
    foreign = await give_paid(town, town.an, town.cai, town.red)
    await claim(town, town.cai, foreign.gift_id)
    mine = await give_paid(town, town.cai, town.bo, town.red)
    await claim(town, town.bo, mine.gift_id)
    for recipient, reply_to in (
        (town.an, 404),
        (town.an, unclaimed.gift_id),
        (town.an, foreign.gift_id),
        (town.an, mine.gift_id),
        (None, mine.gift_id),
    ):
        asked = answer(town, town.bo, recipient, reply_to)
        await refused(town, asked, FieldNotValid, field="reply_to", reason="not_yours")


async def test_a_giver_without_a_name_is_not_answered_and_an_answer_has_a_name(town):
    former = await give_paid(town, town.an, None, town.red, nameless=True)
    token = await gifts.link_token(town.ground.db, town.ground.keys, former.gift_id, town.an)
    await claim(town, town.bo, None, token=token)
    await refused(town, answer(town, town.bo, town.an, former.gift_id), FieldNotValid, field="reply_to")
    known = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, known.gift_id)
    asked = answer(town, town.bo, town.an, known.gift_id, nameless=True)
    await refused(town, asked, FieldNotValid, field="nameless", reason="in_return")


async def test_one_that_goes_to_somebody_else_after_all_answers_nothing_any_more(town):
    former = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, former.gift_id)
    reply = await answer(town, town.bo, town.an, former.gift_id)
    onward = ReaddressAGift(town.bo, reply.gift_id, recipient_id=town.cai)
    await readdress_a_gift(town.ground, onward, town.key(town.bo))
    assert await town.ground.db.fetchval("SELECT reply_to FROM gift_gift WHERE id = $1", reply.gift_id) is None

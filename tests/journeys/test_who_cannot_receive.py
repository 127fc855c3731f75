"""Who cannot take a gift: they read why before they say where to, and the claim refuses by the same rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio
from crowd import refused
from town import FAR_STREET, STREET, Town, build_town, claim, enter, give_paid

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.journeys.give_a_gift import DrawAsked
from renqing.social import gifts, holds, peace
from renqing.social.gifts import CannotReceive, RecipientNotReachable
from renqing.views.gift_page import Envelope, OpenGift, gift_by_link, gift_page
from renqing.views.gift_reach import reach_to_address, reach_to_region, why_not_there


@pytest_asyncio.fixture
async def town(ground) -> Town:
    return await build_town(ground)


async def is_minor(town: Town, person_id: int, *, said: bool = True) -> None:
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, person_id, peace.PeaceRule(is_minor=said)))


async def hold(town: Town, person_id: int, verb: holds.Verb = "receive", hours: int = 5) -> None:
    ends_at = town.ground.clock.now() + timedelta(hours=hours)
    await town.ground.db.run(lambda tx: holds.hold(tx, holds.NewHold(person_id, verb, holds.OPERATOR, ends_at)))


async def token_of(town: Town, gift_id: int) -> str:
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift_id, town.an)
    assert token is not None
    return token


async def shown(town: Town, token: str, reader_id: int | None) -> CannotReceive | None:
    page = await gift_by_link(town.ground, token, reader_id)
    assert isinstance(page, Envelope | OpenGift)
    return page.cannot_receive


async def test_a_young_person_reads_why_and_claims_nothing_and_a_grown_up_takes_it(town):
    gift = await give_paid(town, town.an, None, town.red)
    token = await token_of(town, gift.gift_id)
    assert await shown(town, token, None) is None and await shown(town, token, town.bo) is None
    await is_minor(town, town.bo)
    why = await shown(town, token, town.bo)
    assert why is not None and why.facts == {"reason": "minor", "hours": 0, "region": ""}
    await refused(town, claim(town, town.bo, None, token=token), CannotReceive, reason="minor")
    await is_minor(town, town.bo, said=False)
    assert await shown(town, token, town.bo) is None
    assert (await claim(town, town.bo, None, token=token)).gift_id == gift.gift_id


async def test_who_is_held_reads_for_how_long_and_the_hold_ends_by_itself(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await hold(town, town.bo)
    page = await gift_page(town.ground, town.bo, gift.gift_id)
    assert isinstance(page, Envelope) and page.cannot_receive is not None
    assert page.cannot_receive.facts == {"reason": "held", "hours": 5, "region": ""}
    await refused(town, claim(town, town.bo, gift.gift_id), CannotReceive, reason="held", hours=5)
    town.ground.clock.move(timedelta(hours=5))
    assert (await claim(town, town.bo, gift.gift_id)).gift_id == gift.gift_id


async def test_a_hold_on_giving_keeps_nobody_from_receiving(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await hold(town, town.bo, "give")
    assert (await claim(town, town.bo, gift.gift_id)).gift_id == gift.gift_id


async def test_a_claim_that_won_stays_won_whatever_is_said_later(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    first = await claim(town, town.bo, gift.gift_id)
    await is_minor(town, town.bo)
    await hold(town, town.bo)
    assert await claim(town, town.bo, gift.gift_id) == first


async def test_one_who_cannot_takes_nothing_from_the_others_of_a_gift_for_many(town):
    gift = await give_paid(town, town.an, None, town.red, shares=2)
    token = await token_of(town, gift.gift_id)
    await is_minor(town, town.cai)
    await refused(town, claim(town, town.cai, None, token=token), CannotReceive, reason="minor")
    for person in (town.bo, town.stranger):
        await claim(town, person, None, token=token)


async def test_who_cannot_receive_enters_no_draw(town):
    draw = DrawAsked(town.ground.clock.now() + timedelta(hours=1))
    gift = await give_paid(town, town.an, None, town.red, shares=1, draw=draw, open_for_hours=120)
    token = await token_of(town, gift.gift_id)
    await hold(town, town.bo)
    await refused(town, enter(town, town.bo, None, token=token), CannotReceive, reason="held")
    assert (await enter(town, town.cai, None, token=token)).n == 1


async def test_nobody_names_a_young_person_and_nobody_is_told_why(town):
    await is_minor(town, town.bo)
    await refused(town, give_paid(town, town.an, town.bo, town.red), RecipientNotReachable)


async def test_where_the_shop_does_not_deliver_is_said_before_the_claim(town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    assert await why_not_there(town.ground, gift.gift_id, [STREET, FAR_STREET]) == {FAR_STREET: "region"}
    far = await reach_to_address(town.ground, gift.gift_id, town.bo, town.far_address)
    assert not far.delivers and "新疆" in far.region
    near = await reach_to_region(town.ground, gift.gift_id, STREET)
    assert near.delivers and "西湖" in near.region
    with pytest.raises(FieldNotValid):
        await reach_to_region(town.ground, gift.gift_id, 999999999)
    with pytest.raises(people.AddressUnknown):
        await reach_to_address(town.ground, gift.gift_id, town.cai, town.far_address)

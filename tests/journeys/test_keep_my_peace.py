"""Somebody's rule is held at every gift that names them, and quiet hours write a notice that rings nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crowd import refused
from town import Town, build_town, give, give_paid

from renqing.books import people
from renqing.foundation import outbox
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.keep_my_peace import KeepMyPeace, keep_my_peace
from renqing.journeys.tell_people import tell_people
from renqing.social.gifts import RecipientNotReachable
from renqing.social.notices import LivePing
from renqing.social.peace import DEFAULT_RULE, GiftTooDear, PeaceRule, rule_of
from renqing.views.check import check
from renqing.views.me_page import waiting
from renqing.views.notice_page import notices_page


@pytest.fixture
async def town(ground: Ground) -> Town:
    built = await build_town(ground)
    await told(built)
    return built


async def told(town: Town) -> list[LivePing]:
    """What the worker does with the facts that are due; the pings it would send."""

    async def story(tx: Tx) -> list[LivePing]:
        facts = await outbox.take(tx)
        pings = await tell_people(tx, facts)
        await outbox.mark_told(tx, [fact.id for fact in facts])
        return pings

    return await town.ground.db.run(story)


async def decides(town: Town, person_id: int, **rule: object) -> None:
    ask = KeepMyPeace(person_id, PeaceRule(**rule))  # type: ignore[arg-type]
    await keep_my_peace(town.ground, ask, town.key(person_id))


async def test_who_decided_nothing_takes_gifts_from_people_near_them(town: Town):
    assert await rule_of(town.ground.db, town.bo) == DEFAULT_RULE
    await give(town, town.an, town.bo, town.red)


async def test_friends_only_keeps_out_who_shares_a_group(town: Town):
    await town.ground.db.run(lambda tx: people.befriend(tx, town.bo, town.stranger))
    await town.ground.db.run(lambda tx: people.make_group(tx, town.bo, "邻居", [town.an, town.stranger]))
    await decides(town, town.stranger, gifts_from="friends")
    await refused(town, give(town, town.an, town.stranger, town.red), RecipientNotReachable)
    await give(town, town.bo, town.stranger, town.red)


async def test_who_takes_nothing_is_as_unreachable_as_a_stranger(town: Town):
    await decides(town, town.bo, gifts_from="nobody")
    await refused(town, give(town, town.an, town.bo, town.red), RecipientNotReachable)
    await decides(town, town.bo)
    await give(town, town.an, town.bo, town.red)


async def test_a_dearer_gift_than_wished_is_refused_without_the_limit(town: Town):
    await decides(town, town.bo, gift_price_max=12_899)
    with pytest.raises(GiftTooDear) as refusal:
        await give(town, town.an, town.bo, town.red)
    assert refusal.value.facts == {}
    await decides(town, town.bo, gift_price_max=12_900)
    await give(town, town.an, town.bo, town.red)
    assert (await check(town.ground)).is_clean


async def test_a_gift_under_way_stays_as_it_is(town: Town):
    prepared = await give_paid(town, town.an, town.bo, town.red)
    await decides(town, town.bo, gifts_from="nobody", gift_price_max=1)
    pings = await told(town)
    assert [ping.kind for ping in pings if ping.person_id == town.bo and ping.kind == "notice"] == ["notice"]
    assert await town.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", prepared.gift_id) == 10


async def test_in_quiet_hours_a_notice_comes_without_a_sign_and_shows_its_dot_after(town: Town):
    await decides(town, town.bo, quiet_from=11 * 60, quiet_to=13 * 60)  # it is noon
    await give_paid(town, town.an, town.bo, town.red)
    pings = await told(town)
    assert not [ping for ping in pings if ping.person_id == town.bo and ping.kind == "notice"]
    assert [ping for ping in pings if ping.person_id == town.bo and ping.kind == "gift"], "an open page lives on"
    assert len((await notices_page(town.ground, town.bo)).notices) == 1
    assert ((await waiting(town.ground, town.bo)).notices, (await notices_page(town.ground, town.bo)).unread) == (0, 0)
    town.ground.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    assert ((await waiting(town.ground, town.bo)).notices, (await notices_page(town.ground, town.bo)).unread) == (1, 1)

"""A draw takes its steps in their order, and asks one circle of people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from crowd import refused
from town import Town, build_town, enter, give, give_paid, snapshot

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.timers import Timer
from renqing.journeys.draw_a_gift import pass_awards_on
from renqing.journeys.give_a_gift import DrawAsked
from renqing.social.draws import LAPSE_AWARDS


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


def asked(town: Town, guests: tuple[int, ...] | None = None) -> DrawAsked:
    return DrawAsked(town.ground.clock.now() + timedelta(hours=1), guest_ids=guests)


async def test_an_award_is_not_passed_on_before_there_is_one(town: Town):
    draw = asked(town, (town.bo, town.cai))
    gift = await give_paid(town, town.an, None, town.red, shares=2, draw=draw, open_for_hours=72)
    await enter(town, town.bo, gift.gift_id)
    before = await snapshot(town.ground)
    timer = Timer(1, LAPSE_AWARDS, gift.gift_id, {}, 0, town.ground.clock.now())
    await town.ground.db.run(lambda tx: pass_awards_on(town.ground, tx, [timer]))
    assert await snapshot(town.ground) == before


async def test_guests_of_a_draw_are_named_or_a_groups_members_not_both(town: Town):
    group = await town.ground.db.run(lambda tx: people.make_group(tx, town.an, "Cousins", [town.bo, town.cai]))
    draw = asked(town, (town.bo,))
    giving = give(town, town.an, None, town.red, shares=2, draw=draw, group_id=group.id, open_for_hours=72)
    await refused(town, giving, FieldNotValid, field="guest_ids", reason="one_of")

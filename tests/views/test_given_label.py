"""A label of giving: never below three friends, of nobody who did not let it, of nobody whom a block parts."""

from __future__ import annotations

import pytest
from town import Town, build_town, claim, give_paid

from renqing.books import people
from renqing.foundation import outbox
from renqing.foundation.erasures import Erased
from renqing.foundation.ground import Ground
from renqing.journeys.count_gifts import count_gifts
from renqing.journeys.erase_a_person import _forget
from renqing.social import peace
from renqing.social.peace import GivenBy, PeaceRule
from renqing.views.given_label import GivenLabel, friends_are_giving, given_labels


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def friends_of(town: Town, person_id: int, count: int, *, counted: bool = True) -> list[int]:
    """New friends, who let themselves be counted or not."""

    async def story(tx):
        made = []
        for n in range(count):
            friend = await people.join(tx, name=f"友{n}", phone=f"1390000{n:04d}")
            await people.befriend(tx, person_id, friend.id)
            if counted:
                await peace.keep_rule(tx, friend.id, PeaceRule(is_counted=True))
            made.append(friend.id)
        return made

    return await town.ground.db.run(story)


async def gave(town: Town, *givers: int, product_id: int | None = None) -> None:
    given = [GivenBy(product_id or town.product_id, giver) for giver in givers]
    await town.ground.db.run(lambda tx: peace.count_given(tx, given))


async def label(town: Town, reader: int | None) -> GivenLabel | None:
    return (await given_labels(town.ground, reader, [town.product_id])).get(town.product_id)


async def test_three_friends_make_a_label_and_two_make_none(town: Town):
    one, two, three = await friends_of(town, town.an, 3)
    await gave(town, one, two, two)
    assert await label(town, town.an) is None and await friends_are_giving(town.ground, town.an, 8) == []
    await gave(town, three, three)
    assert await label(town, town.an) == GivenLabel(friends=3, friends_times=5)
    assert await friends_are_giving(town.ground, town.an, 8) == [town.product_id]
    assert await label(town, town.bo) is None and await label(town, None) is None


async def test_who_did_not_let_it_is_not_counted(town: Town):
    friends = await friends_of(town, town.an, 3, counted=False)
    await gave(town, *friends)
    assert await label(town, town.an) is None
    for friend in friends:
        await town.ground.db.run(lambda tx, friend=friend: peace.keep_rule(tx, friend, PeaceRule(is_counted=True)))
    assert await label(town, town.an) == GivenLabel(friends=3, friends_times=3)
    await town.ground.db.run(lambda tx: peace.keep_rule(tx, friends[0], PeaceRule()))
    assert await label(town, town.an) is None, "and who takes it back is gone at once"


async def test_a_block_takes_somebody_out_of_both_ways(town: Town):
    friends = await friends_of(town, town.an, 4)
    await gave(town, *friends)
    await town.ground.db.pool.execute(
        "INSERT INTO people_block (person_id, blocked_id, made_at) VALUES ($1, $2, now())", town.an, friends[0]
    )
    assert await label(town, town.an) == GivenLabel(friends=3, friends_times=3)
    await town.ground.db.pool.execute(
        "INSERT INTO people_block (person_id, blocked_id, made_at) VALUES ($1, $2, now())", friends[1], town.an
    )
    assert await label(town, town.an) is None


async def test_how_many_people_gave_it_is_told_to_everybody_from_a_hundred_up(town: Town):
    await gave(town, *range(10_000, 10_099))
    assert await label(town, None) is None
    await gave(town, 10_000, 10_200)
    assert await label(town, None) == GivenLabel(people=100)
    assert await town.ground.db.fetchval("SELECT times FROM peace_tally") == 101


async def test_who_gives_the_same_thing_again_is_one_more_time_and_no_other_person(town: Town):
    """What is told one by one, as a worker does that has little to do: the second gift is not the first."""
    for _ in range(3):
        await town.ground.db.run(lambda tx: peace.count_given(tx, [GivenBy(town.product_id, town.an)]))
    row = await town.ground.db.fetchrow("SELECT givers, times FROM peace_tally")
    assert row is not None
    assert tuple(row.values()) == (1, 3)


async def test_a_gift_counts_once_it_is_accepted_and_once_however_often_it_is_told(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)

    async def tell(tx):
        facts = await outbox.take(tx)
        await count_gifts(tx, facts)
        await outbox.mark_told(tx, [fact.id for fact in facts])

    await town.ground.db.run(tell)
    assert await town.ground.db.fetchval("SELECT count(*) FROM peace_given") == 0
    await claim(town, town.bo, gift.gift_id)
    await town.ground.db.run(tell)
    await town.ground.db.run(tell)
    rows = await town.ground.db.fetch("SELECT product_id, giver_id, times FROM peace_given")
    assert [tuple(row.values()) for row in rows] == [(town.product_id, town.an, 1)]


async def test_who_is_erased_is_in_no_label_and_the_number_of_people_stays(town: Town):
    friends = await friends_of(town, town.an, 3)
    await gave(town, *friends)
    await town.ground.db.run(lambda tx: _forget(tx, Erased(friends[0], tx.now)))
    assert await label(town, town.an) is None
    assert await town.ground.db.fetchval("SELECT givers FROM peace_tally") == 3
    assert await town.ground.db.fetchval("SELECT count(*) FROM peace_rule WHERE person_id = $1", friends[0]) == 0

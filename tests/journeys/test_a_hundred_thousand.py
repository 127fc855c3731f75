"""A draw that as many have entered as may, and a thousand prizes: nobody waits long for it, and it adds up."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from channel import FakeChannel
from household import worker_of
from town import Town, build_town, give_paid

from renqing.books import people, stock
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.enter_a_draw import EnterADraw, enter_draws
from renqing.journeys.give_a_gift import DrawAsked
from renqing.social import draws, gifts
from renqing.views.check import check

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
PRIZES = 1_000
TOGETHER = 500  # what one batch of entries holds under load
DRAWN_CPU_SECONDS_MAX = 5.0  # of the worker, which does nothing else meanwhile


async def test_a_hundred_thousand_enter_a_thousand_win_and_the_books_are_right(ground: Ground):
    town: Town = await build_town(ground)
    await ground.db.run(lambda tx: stock.receive(tx, [(town.red, PRIZES)], "test", 2))
    draw = DrawAsked(ground.clock.now() + timedelta(hours=1))
    gift = await give_paid(town, town.an, None, town.red, shares=PRIZES, draw=draw, open_for_hours=72)
    token = await gifts.link_token(ground.db, ground.keys, gift.gift_id, town.an)
    crowd = await ground.db.run(gather)
    for start in range(0, len(crowd), TOGETHER):
        batch = crowd[start : start + TOGETHER]
        asks = [(EnterADraw(person, token=token), town.key(person)) for person in batch]
        entered = await enter_draws(ground, asks)
        assert [getattr(one, "n", one) for one in entered] == list(range(start + 1, start + len(batch) + 1))
    began = time.process_time()
    worker = worker_of(ground, FakeChannel())
    await worker.run_deadlines(10)
    spent = time.process_time() - began
    made = (await ground.db.run(lambda tx: draws.of_gifts(tx, [gift.gift_id])))[gift.gift_id]
    assert (made.entrants, made.awarded, made.drawn_at is not None) == (draws.ENTRANTS_MAX, PRIZES, True)
    assert spent < DRAWN_CPU_SECONDS_MAX
    numbers = draws.order_of(made.seed, made.head, made.entrants)[:PRIZES]
    rows = await ground.db.fetch("SELECT entry_n FROM draw_award WHERE gift_id = $1 ORDER BY rank", gift.gift_id)
    assert [row["entry_n"] for row in rows] == numbers
    assert (await check(ground)).is_clean


async def gather(tx: Tx) -> list[int]:
    """As many people as may enter."""
    return [(await people.join(tx, name=f"Person {number}")).id for number in range(draws.ENTRANTS_MAX)]

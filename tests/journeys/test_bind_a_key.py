"""A key stands for one request, also where nothing of its answer is kept."""

from __future__ import annotations

import asyncio

import pytest

from renqing.foundation.ground import Ground
from renqing.foundation.once import KeyInUse, KeyReused, once
from renqing.journeys.bind_a_key import bind_a_key

ASK = once(7, "k", "POST /v1/here", {"n": 1})


async def kept(ground: Ground) -> list[tuple[int, str]]:
    rows = await ground.db.fetch("SELECT subject_id, key FROM once_answer ORDER BY 1, 2")
    return [(row["subject_id"], row["key"]) for row in rows]


async def test_a_key_is_bound_to_who_asks_to_the_route_and_to_the_body(ground: Ground) -> None:
    await bind_a_key(ground, ASK)
    await bind_a_key(ground, ASK)
    for other in (once(7, "k", "POST /v1/there", {"n": 1}), once(7, "k", "POST /v1/here", {"n": 2})):
        with pytest.raises(KeyReused):
            await bind_a_key(ground, other)
    assert await kept(ground) == [(7, "k")]
    await bind_a_key(ground, once(8, "k", "POST /v1/there", {"n": 2}))
    assert await kept(ground) == [(7, "k"), (8, "k")]


async def test_many_who_bind_a_key_at_once_bind_it_once(ground: Ground) -> None:
    answers = await asyncio.gather(*(bind_a_key(ground, ASK) for _ in range(20)), return_exceptions=True)
    assert {type(answer) for answer in answers} <= {type(None), KeyInUse}
    assert None in answers
    assert await kept(ground) == [(7, "k")]

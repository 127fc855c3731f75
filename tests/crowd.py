"""Many people at once, and what a refusal must leave behind: nothing."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest
from town import STREET, Town, snapshot

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal


async def gather_a_crowd(town: Town, count: int) -> list[int]:
    """So many new people, each with an address of their own."""

    async def story(tx: Tx) -> list[int]:
        crowd = []
        for number in range(count):
            person = await people.join(tx, name=f"Person {number}")
            kept = await people.add_address(
                tx,
                person.id,
                people.NewAddress(STREET, "收件人", f"1380001{number:04d}", f"文三路 {number} 号", is_default=True),
            )
            town.addresses[person.id] = kept.id
            crowd.append(person.id)
        return crowd

    return await town.ground.db.run(story)


async def refused(town: Town, asked: Awaitable[object], kind: type[Refusal], **facts: object) -> None:
    """The story is refused so, with these facts, and nothing has moved."""
    before = await snapshot(town.ground)
    with pytest.raises(kind) as refusal:
        await asked
    assert type(refusal.value) is kind
    assert facts.items() <= refusal.value.facts.items(), refusal.value.facts
    assert await snapshot(town.ground) == before

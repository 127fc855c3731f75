"""Bytes and their row: one file a key, no row without bytes, and no bytes of what was refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from household import MemoryShelf, build_test_house
from recordings import picture
from town import Town, build_town

from renqing.doors.house import House
from renqing.doors.worker import Worker
from renqing.foundation.clock import SetClock
from renqing.foundation.database import DatabaseAway
from renqing.foundation.ground import Ground
from renqing.journeys import keep_media as journey
from renqing.journeys.keep_media import KeepMedia, Kept, keep_media
from renqing.providers.media_files import FolderShelf
from renqing.social import media
from renqing.social.media import MediaFull


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


def files(home: Path) -> list[str]:
    return sorted(file.name for file in (home / "media").rglob("*") if file.is_file())


async def test_a_repeated_key_is_answered_with_the_first_file_and_keeps_one(town: Town, tmp_path: Path):
    ask, key = KeepMedia(town.an, "picture", picture()), town.key(town.an)
    first, again = [await keep_media(town.ground, FolderShelf(tmp_path), ask, key) for _ in range(2)]
    assert first == again
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(("why", "stay"), [(DatabaseAway(), 1), (MediaFull(), 0)], ids=["away", "full"])
async def test_bytes_of_a_refused_row_go_and_of_a_row_that_may_be_there_stay(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: Exception, stay: int
):
    async def refused(*_: object) -> Kept:
        raise why

    monkeypatch.setattr(journey, "run_once", refused)
    with pytest.raises(type(why)):
        await keep_media(
            town.ground, FolderShelf(tmp_path), KeepMedia(town.an, "picture", picture()), town.key(town.an)
        )
    assert len(files(tmp_path)) == stay


async def kept(town: Town, shelf: MemoryShelf, person_id: int) -> int:
    ask = KeepMedia(person_id, "picture", picture())
    return (await keep_media(town.ground, shelf, ask, town.key(person_id))).media_id


async def left(town: Town, shelf: MemoryShelf) -> tuple[list[int], list[int]]:
    """The files that have a row, and those that have bytes."""
    rows = await town.ground.db.fetch("SELECT id FROM media_file ORDER BY id")
    return [row["id"] for row in rows], sorted(int(place.rpartition("-")[2]) for place in shelf.kept)


@pytest.fixture
def house(town: Town) -> House:
    return build_test_house(town.ground)


async def test_a_file_that_nothing_used_in_a_day_loses_its_row_and_then_its_bytes(town: Town, house: House):
    shelf, clock = house.shelf, town.ground.clock
    assert isinstance(shelf, MemoryShelf)
    assert isinstance(clock, SetClock)
    unused, used = await kept(town, shelf, town.an), await kept(town, shelf, town.an)
    await town.ground.db.run(lambda tx: media.use(tx, town.an, {used: "picture"}))
    clock.move(timedelta(days=1) - timedelta(seconds=1))
    await Worker(house).drain()
    assert await left(town, shelf) == ([unused, used], [unused, used])
    clock.move(timedelta(seconds=1))
    await Worker(house).drain()
    assert await left(town, shelf) == ([used], [used])


async def test_everything_of_somebody_who_is_forgotten_goes_and_nothing_of_others(town: Town, house: House):
    shelf = house.shelf
    assert isinstance(shelf, MemoryShelf)
    files = [await kept(town, shelf, person_id) for person_id in (town.an, town.an, town.bo)]
    await town.ground.db.run(lambda tx: media.forget(tx, town.an))
    await Worker(house).drain()
    assert await left(town, shelf) == (files[2:], files[2:])
    assert await media.by_id(town.ground.db, files[0]) is None
    assert await media.places(town.ground.db) == list(shelf.kept)

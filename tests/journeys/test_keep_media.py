"""Bytes and their row: one file a key, no row without bytes, and no bytes of what was refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from recordings import picture
from town import Town, build_town

from renqing.foundation.database import DatabaseAway
from renqing.foundation.ground import Ground
from renqing.journeys import keep_media as journey
from renqing.journeys.keep_media import KeepMedia, Kept, keep_media
from renqing.providers.media_files import FolderShelf
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

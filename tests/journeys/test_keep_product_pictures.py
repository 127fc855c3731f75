"""A shop's picture: its bytes come before its row, and only who works there when it is written down adds one."""

from __future__ import annotations

import asyncio

import pytest
from counter import add_clerk
from household import MemoryShelf
from recordings import picture
from town import Town, build_town

from renqing.books import people
from renqing.books.people import ShopUnknown
from renqing.foundation.ground import Ground
from renqing.journeys.keep_media import MEDIA_TRIES
from renqing.journeys.keep_product_pictures import KeepPicture, keep_product_picture
from renqing.trade import pictures
from renqing.trade.pictures import PicturesFull, ShopPicture, actions


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def hand_over(town: Town, shelf: MemoryShelf, person: int, body: bytes) -> ShopPicture:
    ask = KeepPicture(person, town.shop_id, body)
    return await keep_product_picture(town.ground, shelf, ask, town.key(person))


async def test_a_picture_that_is_sent_twice_is_one_and_its_bytes_are_there(town: Town):
    shelf = MemoryShelf()
    first, again = [await hand_over(town, shelf, town.owner_id, picture()) for _ in range(2)]
    assert first == again and (first.width, first.height) == (60, 40)
    assert {key: len(body) for key, body in shelf.kept.items()} == {first.key: first.bytes}
    assert await pictures.keys(town.ground.db) == [first.key]


async def test_others_than_the_staff_leave_nothing_and_are_never_told_that_there_is_a_shop(town: Town):
    shelf = MemoryShelf()
    for _ in range(MEDIA_TRIES.count + 1):
        with pytest.raises(ShopUnknown):
            await hand_over(town, shelf, town.bo, picture())
    assert (shelf.kept, await pictures.keys(town.ground.db)) == ({}, [])


async def test_a_shop_that_has_as_many_as_it_may_leaves_no_bytes(town: Town, monkeypatch: pytest.MonkeyPatch):
    shelf = MemoryShelf()
    kept = await hand_over(town, shelf, town.owner_id, picture())
    monkeypatch.setattr(actions, "PICTURES_MAX", 1)
    with pytest.raises(PicturesFull):
        await hand_over(town, shelf, town.owner_id, picture((9, 9)))
    assert [*shelf.kept] == await pictures.keys(town.ground.db) == [kept.key]


class SlowShelf(MemoryShelf):
    """While it keeps bytes, the clerk who brought them is let go."""

    def __init__(self, town: Town, clerk: int) -> None:
        super().__init__()
        self.town, self.clerk, self.loop = town, clerk, asyncio.get_running_loop()

    def put(self, place: str, body: bytes) -> None:
        super().put(place, body)
        gone = self.town.ground.db.run(lambda tx: people.remove_staff(tx, self.town.shop_id, self.clerk))
        asyncio.run_coroutine_threadsafe(gone, self.loop).result(timeout=30)


async def test_a_clerk_who_is_let_go_meanwhile_writes_nothing_down_any_more(town: Town):
    await add_clerk(town, town.bo)
    shelf = SlowShelf(town, town.bo)
    with pytest.raises(ShopUnknown):
        await hand_over(town, shelf, town.bo, picture())
    assert (len(shelf.kept), await pictures.keys(town.ground.db)) == (1, [])

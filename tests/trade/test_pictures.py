"""A shop's pictures: one key for the same bytes, so many a shop, and the places of all of them."""

from __future__ import annotations

import pytest
from town import build_town

from renqing.foundation.ground import Ground
from renqing.trade import pictures
from renqing.trade.pictures import PicturesFull, ShopPicture, actions, is_key, key_of

DIGEST = "0123456789abcdef" * 4


def test_the_same_bytes_have_one_key_in_a_shop_and_another_in_every_other():
    assert key_of(7, DIGEST) == "shop/7/0123456789abcdef0123456789abcdef01234567.jpg"
    assert key_of(7, DIGEST) != key_of(8, DIGEST)
    assert is_key(key_of(7, DIGEST))


@pytest.mark.parametrize(
    "no_key",
    [
        "",
        "shop/7/../../keys",
        "shop/07/" + "a" * 40 + ".jpg",
        "shop/7/" + "a" * 39 + ".jpg",
        "shop/7/" + "A" * 40 + ".jpg",
    ],
)
def test_what_leads_elsewhere_is_no_key(no_key: str):
    assert not is_key(no_key)


async def test_a_picture_is_kept_once_up_to_the_bound_and_its_place_is_known(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(actions, "PICTURES_MAX", 2)
    town = await build_town(ground)
    first, second, third = (
        ShopPicture(key_of(town.shop_id, f"{n}" * 64), town.shop_id, 100, 60, 40) for n in (1, 2, 3)
    )
    for picture in (second, first, first):
        await ground.db.run(lambda tx, one=picture: pictures.keep(tx, one))
    assert await pictures.keys(ground.db) == [first.key, second.key]
    with pytest.raises(PicturesFull) as full:
        await ground.db.run(lambda tx: pictures.keep(tx, third))
    assert full.value.facts == {"max": 2}
    assert await pictures.keys(ground.db) == [first.key, second.key]

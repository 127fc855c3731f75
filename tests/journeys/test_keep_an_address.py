"""Addresses as people keep them: theirs alone, one default, and nothing of them where a copy could be stolen."""

from __future__ import annotations

from itertools import count

import pytest
from dump import dump, found_in

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.once import KeyReused, once
from renqing.journeys.keep_an_address import (
    ChangeAddress,
    KeepAddress,
    NameAddress,
    change_an_address,
    forget_an_address,
    keep_an_address,
    prefer_an_address,
)
from renqing.views.me_page import me_page, my_addresses, regions

STREET = 330106002
HOME = people.NewAddress(STREET, "林小满", "13812345678", "曙光路十五号三幢")
_keys = count(1)


def key(person_id, body=None, name=None):
    return once(person_id, name or f"key-{next(_keys)}", "PUT /v1/addresses", body)


@pytest.fixture
async def lin(ground):
    return (await ground.db.run(lambda tx: people.join(tx, name="小林", phone="13812345678"))).id


async def test_an_address_is_kept_changed_preferred_and_forgotten(ground, lin):
    same = key(lin, HOME, "same")
    first = await keep_an_address(ground, KeepAddress(lin, HOME), same)
    assert await keep_an_address(ground, KeepAddress(lin, HOME), same) == first
    with pytest.raises(KeyReused):
        await keep_an_address(ground, KeepAddress(lin, HOME), key(lin, "other", "same"))
    office = people.NewAddress(STREET, "林小满", "13812345678", "公司前台")
    second = await keep_an_address(ground, KeepAddress(lin, office), key(lin))
    assert [one.id for one in await my_addresses(ground, lin)] == [first.address_id, second.address_id]
    await prefer_an_address(ground, NameAddress(lin, second.address_id), key(lin))
    assert [one.detail for one in await my_addresses(ground, lin)] == ["公司前台", "曙光路十五号三幢"]
    moved = people.NewAddress(110101001, "林小满", "13812345678", "搬到北京", is_default=True)
    await change_an_address(ground, ChangeAddress(lin, first.address_id, moved), key(lin))
    here = (await my_addresses(ground, lin))[0]
    assert (here.region_name, here.detail, here.is_default) == ("北京市 东城区 东华门街道", "搬到北京", True)
    await forget_an_address(ground, NameAddress(lin, first.address_id), key(lin))
    assert [(one.id, one.is_default) for one in await my_addresses(ground, lin)] == [(second.address_id, True)]
    with pytest.raises(people.AddressUnknown):
        await forget_an_address(ground, NameAddress(lin, first.address_id), key(lin))


async def test_somebody_elses_address_is_not_there(ground, lin):
    ming = (await ground.db.run(lambda tx: people.join(tx, name="阿明"))).id
    kept = await keep_an_address(ground, KeepAddress(lin, HOME), key(lin))
    before = await my_addresses(ground, lin)
    for story, ask in (
        (change_an_address, ChangeAddress(ming, kept.address_id, HOME)),
        (prefer_an_address, NameAddress(ming, kept.address_id)),
        (forget_an_address, NameAddress(ming, kept.address_id)),
    ):
        with pytest.raises(people.AddressUnknown) as unknown:
            await story(ground, ask, key(ming))
        assert unknown.value.facts == {}
    assert await my_addresses(ground, lin) == before and await my_addresses(ground, ming) == []


async def test_there_is_a_most_of_addresses(ground, lin):
    for _ in range(50):
        await keep_an_address(ground, KeepAddress(lin, HOME), key(lin))
    with pytest.raises(people.TooManyKept) as full:
        await keep_an_address(ground, KeepAddress(lin, HOME), key(lin))
    assert full.value.facts == {"what": "addresses", "max": 50}
    assert len(await my_addresses(ground, lin)) == 50


async def test_a_stolen_copy_of_the_database_says_nothing_of_an_address(ground, lin):
    kept = await keep_an_address(ground, KeepAddress(lin, HOME), key(lin, HOME))
    office = people.NewAddress(STREET, "收发室王师傅", "13987654321", "公司前台代收")
    await change_an_address(ground, ChangeAddress(lin, kept.address_id, office), key(lin, office))
    with pytest.raises(FieldNotValid):
        await keep_an_address(ground, KeepAddress(lin, people.NewAddress(1, "林小满", "13812345678", "别处")), key(lin))
    said = await dump(ground)
    assert "小林" in said
    for canary in ("林小满", "收发室王师傅", "13812345678", "13987654321", "曙光路十五号三幢", "公司前台代收"):
        assert found_in(said, canary) == []


async def test_my_page_shows_my_phone_by_its_ends(ground, lin):
    me = await me_page(ground, lin)
    assert (me.phone, me.has_password, me.friends) == ("138****5678", False, 0)
    assert not me.is_operator and me.shops == []


async def test_regions_are_picked_step_by_step(ground):
    provinces = await regions(ground)
    assert {"浙江省", "北京市"} <= {one.name for one in provinces} and not any(one.is_finest for one in provinces)
    for level, code in ((2, 330000), (3, 330100), (4, 330106)):
        below = await regions(ground, code)
        assert {one.level for one in below} == {level}
    assert all(one.is_finest for one in below)
    assert await regions(ground, below[0].code) == []
    assert await regions(ground, 404) == []

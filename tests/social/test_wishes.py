"""Wish lists: who sees them, what stands on them, and how many."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from town import Town, build_town

from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.social import wishes
from renqing.social.wishes import (
    LISTS_MAX,
    WISHES_MAX,
    ListDraft,
    NewWish,
    WishesFull,
    WishListUnknown,
    WishUnknown,
    rules,
)
from renqing.social.wishes.model import NOTE_CHARACTERS_MAX


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def run(town: Town, story: Any) -> Any:
    return await town.ground.db.run(story)


async def made(town: Town, owner_id: int, name: str = "生日", seen_by: str = "friends") -> int:
    draft = ListDraft(name, seen_by)  # type: ignore[arg-type]
    return (await run(town, lambda tx: wishes.make_list(tx, owner_id, draft))).id


async def on_list(town: Town, list_id: int) -> dict[int, tuple[int | None, str, bool]]:
    rows = await town.ground.db.fetch("SELECT * FROM wish_wish WHERE list_id = $1", list_id)
    return {row["product_id"]: (row["sku_id"], row["note"], row["at_home"]) for row in rows}


@pytest.mark.parametrize(
    ("seen_by", "owner", "friend", "stranger", "blocked_friend"),
    [
        ("everybody", True, True, True, False),
        ("friends", True, True, False, False),
        ("nobody", True, False, False, False),
    ],
)
def test_who_sees_a_list(seen_by: Any, *, owner: bool, friend: bool, stranger: bool, blocked_friend: bool):
    said = [
        rules.may_see(seen_by, is_owner=is_owner, are_friends=are_friends, is_blocked=is_blocked)
        for is_owner, are_friends, is_blocked in (
            (True, False, False),
            (False, True, False),
            (False, False, False),
            (False, True, True),
        )
    ]
    assert said == [owner, friend, stranger, blocked_friend]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("  生日  ", "生日"),
        ("a\nb", "a b"),
        ("茶", "茶"),
        ("长" * 40, "长" * 40),
        ("", {"reason": "length", "min": 1, "max": 40}),
        ("长" * 41, {"reason": "length", "min": 1, "max": 40}),
        ("a\x00b", {"reason": "characters"}),
        ("abc\u202egnp", {"reason": "characters"}),  # it would read backwards on friends' pages
    ],
)
def test_a_list_has_a_name_that_people_can_read(name: str, kept: str | dict[str, Any]):
    if isinstance(kept, str):
        assert rules.check_draft(ListDraft(name, "friends")).name == kept
        return
    with pytest.raises(FieldNotValid) as refused:
        rules.check_draft(ListDraft(name, "friends"))
    assert refused.value.facts == {"field": "name", **kept}


def test_a_word_about_a_wish_may_be_missing_and_has_a_limit():
    most = NOTE_CHARACTERS_MAX
    assert (rules.check_note(""), rules.check_note("a" * most)) == ("", "a" * most)
    with pytest.raises(FieldNotValid) as refused:
        rules.check_note("a" * (most + 1))
    assert refused.value.facts == {"field": "note", "reason": "length", "min": 0, "max": most}


def test_who_has_as_many_as_they_may_hears_how_many_of_what():
    for check, what, most in (
        (rules.check_room_for_a_list, "lists", LISTS_MAX),
        (rules.check_room_for_a_wish, "wishes", WISHES_MAX),
    ):
        check(most - 1)
        with pytest.raises(WishesFull) as full:
            check(most)
        assert full.value.facts == {"reason": what, "max": most}


def test_a_list_is_for_readers_that_there_are():
    with pytest.raises(FieldNotValid) as refusal:
        rules.check_draft(ListDraft("a", "enemies"))  # type: ignore[arg-type]
    assert refusal.value.facts == {"field": "seen_by", "reason": "unknown"}


async def test_a_product_stands_once_and_its_word_is_the_last(town: Town):
    list_id = await made(town, town.an)
    for sku_id, note in ((town.red, "红的"), (town.blue, "蓝的也好")):
        wish = NewWish(list_id, town.product_id, sku_id, note)
        assert await run(town, lambda tx, wish=wish: wishes.wish(tx, town.an, wish)) == 1
    assert await on_list(town, list_id) == {town.product_id: (town.blue, "蓝的也好", False)}
    await run(town, lambda tx: wishes.mark(tx, town.an, list_id, town.product_id, at_home=True))
    assert (await on_list(town, list_id))[town.product_id][2] is True
    await run(town, lambda tx: wishes.remove_wish(tx, town.an, list_id, town.product_id))
    assert await on_list(town, list_id) == {}
    for verb in (
        lambda tx: wishes.remove_wish(tx, town.an, list_id, town.product_id),
        lambda tx: wishes.mark(tx, town.an, list_id, town.product_id, at_home=True),
    ):
        with pytest.raises(WishUnknown):
            await run(town, verb)


async def test_nobody_changes_anothers_list(town: Town):
    list_id = await made(town, town.an, seen_by="everybody")
    await run(town, lambda tx: wishes.wish(tx, town.an, NewWish(list_id, town.product_id, None, "")))
    for verb in (
        lambda tx: wishes.change_list(tx, town.bo, list_id, ListDraft("mine", "everybody")),
        lambda tx: wishes.remove_list(tx, town.bo, list_id),
        lambda tx: wishes.wish(tx, town.bo, NewWish(list_id, town.product_id, None, "")),
        lambda tx: wishes.mark(tx, town.bo, list_id, town.product_id, at_home=True),
        lambda tx: wishes.remove_wish(tx, town.bo, list_id, town.product_id),
    ):
        with pytest.raises(WishListUnknown):
            await run(town, verb)
    assert await on_list(town, list_id) == {town.product_id: (None, "", False)}


async def test_however_many_devices_make_lists_there_are_no_more_than_may_be(town: Town):
    for _ in range(LISTS_MAX - 2):
        await made(town, town.an)
    answers = await asyncio.gather(*(made(town, town.an) for _ in range(6)), return_exceptions=True)
    refused = [answer.facts for answer in answers if isinstance(answer, WishesFull)]
    assert refused == [{"reason": "lists", "max": LISTS_MAX}] * 4
    assert len(await wishes.lists_of(town.ground.db, town.an)) == LISTS_MAX


async def test_a_list_that_is_full_takes_no_more_but_changes_what_is_there(town: Town):
    list_id = await made(town, town.an)
    for number in range(WISHES_MAX):
        wish = NewWish(list_id, 1_000 + number, None, "")
        await run(town, lambda tx, wish=wish: wishes.wish(tx, town.an, wish))
    with pytest.raises(WishesFull):
        await run(town, lambda tx: wishes.wish(tx, town.an, NewWish(list_id, 5, None, "")))
    again = NewWish(list_id, 1_000, None, "还是想要")
    assert await run(town, lambda tx: wishes.wish(tx, town.an, again)) == WISHES_MAX


async def test_what_is_forgotten_leaves_nothing(town: Town):
    list_id = await made(town, town.an)
    other = await made(town, town.bo)
    await run(town, lambda tx: wishes.wish(tx, town.an, NewWish(list_id, town.product_id, None, "秘密")))
    await run(town, lambda tx: wishes.set_says_what_is_at_home(tx, town.an, says=False))
    await run(town, lambda tx: wishes.forget(tx, town.an))
    assert await wishes.lists_of(town.ground.db, town.an) == []
    assert await town.ground.db.fetchval("SELECT count(*) FROM wish_wish") == 0
    assert await wishes.says_what_is_at_home(town.ground.db, town.an)
    assert [one.id for one in await wishes.lists_of(town.ground.db, town.bo)] == [other]


async def test_a_list_that_is_not_there_is_not_found(town: Town):
    list_id = await made(town, town.an)
    assert (await wishes.list_by_id(town.ground.db, list_id)).id == list_id
    with pytest.raises(WishListUnknown):
        await wishes.list_by_id(town.ground.db, list_id + 1)


def test_a_list_is_kept_with_the_readers_that_were_asked_for():
    for seen_by in ("everybody", "friends", "nobody"):
        assert rules.check_draft(ListDraft(" 生日 ", seen_by)) == ListDraft("生日", seen_by)  # type: ignore[arg-type]

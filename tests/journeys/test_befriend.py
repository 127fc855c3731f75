"""Friends, blocks and groups as people make them: repeated, crossing, and without telling who is here."""

from __future__ import annotations

from itertools import count

import pytest

from renqing.books import people
from renqing.foundation.errors import FieldNotValid, TooMany
from renqing.foundation.once import once
from renqing.journeys.befriend import (
    AnswerFriend,
    AskFriend,
    FriendAnswered,
    accept_a_friend,
    ask_a_friend,
    decline_a_friend,
    unfriend,
)
from renqing.journeys.block_a_person import Block, block_a_person
from renqing.journeys.change_my_face import ChangeFace, change_my_face
from renqing.journeys.make_a_group import (
    BringFriends,
    LeaveGroup,
    MakeGroup,
    bring_friends,
    leave_a_group,
    make_a_group,
)
from renqing.views.friends_page import blocked_people, friends_page, group_page, person_page

_keys = count(1)


def key(person_id, body=None, name=None):
    return once(person_id, name or f"key-{next(_keys)}", "test", body)


@pytest.fixture
async def circle(ground):
    """Three people with phones; nobody knows anybody."""

    async def story(tx):
        named = (("小林", "13800000001"), ("阿明", "13800000002"), ("月月", "13800000003"))
        return [(await people.join(tx, name=name, phone=phone)).id for name, phone in named]

    return await ground.db.run(story)


async def moved(ground):
    said = {}
    for table in ("people_friend", "people_block", "people_group", "people_member", "chat_member", "outbox_fact"):
        said[table] = [tuple(row.values()) for row in await ground.db.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")]
    return said


async def test_an_ask_and_a_yes_make_friends_and_each_sees_the_other(ground, circle):
    lin, ming, _ = circle
    assert await ask_a_friend(ground, AskFriend(lin, phone="138 0000 0002"), key(lin)) == FriendAnswered("asked")
    assert [ask.person.name for ask in (await friends_page(ground, ming)).asks] == ["小林"]
    assert (await friends_page(ground, lin)).asks == [], "whom I asked is not shown before they say yes"
    yes = key(ming, name="yes")
    for _ in range(2):
        assert await accept_a_friend(ground, AnswerFriend(ming, lin), yes) == FriendAnswered("friends")
    assert [person.name for person in (await friends_page(ground, lin)).friends] == ["阿明"]
    assert [person.name for person in (await friends_page(ground, ming)).friends] == ["小林"]
    await unfriend(ground, AnswerFriend(lin, ming), key(lin))
    assert (await friends_page(ground, ming)).friends == []
    kinds = await ground.db.fetch("SELECT kind FROM outbox_fact WHERE kind LIKE 'Friend%' ORDER BY id")
    assert [row["kind"] for row in kinds] == ["FriendAsked", "FriendsMade", "FriendshipEnded"]


async def test_asking_by_phone_says_the_same_for_every_number(ground, circle):
    lin, ming, yue = circle
    await block_a_person(ground, Block(yue, lin), key(yue))
    await ground.db.run(lambda tx: people.befriend(tx, lin, ming))
    for phone in ("13800000001", "13800000002", "13800000003", "13900000000"):
        answer = await ask_a_friend(ground, AskFriend(lin, phone=phone), key(lin))
        assert answer == FriendAnswered("asked"), phone
    assert (await friends_page(ground, yue)).asks == []
    with pytest.raises(FieldNotValid):
        await ask_a_friend(ground, AskFriend(lin, phone="nobody"), key(lin))


async def test_an_ask_names_one_person_one_way(ground, circle):
    lin, ming, _ = circle
    before = await moved(ground)
    for ask in (AskFriend(lin), AskFriend(lin, ming, "13800000002"), AskFriend(lin, lin)):
        with pytest.raises(FieldNotValid):
            await ask_a_friend(ground, ask, key(lin))
    assert await moved(ground) == before


async def test_a_no_is_silent_and_asks_are_limited_a_day(ground, circle):
    lin, ming, _ = circle
    await ask_a_friend(ground, AskFriend(lin, ming), key(lin))
    await decline_a_friend(ground, AnswerFriend(ming, lin), key(ming))
    told = "SELECT kind FROM outbox_fact WHERE subject_id = $1 AND kind IN ('FriendsMade', 'FriendAsked')"
    assert await ground.db.fetch(told, lin) == []
    for _ in range(29):
        await ask_a_friend(ground, AskFriend(lin, phone="13900000000"), key(lin))
    with pytest.raises(TooMany):
        await ask_a_friend(ground, AskFriend(lin, phone="13900000000"), key(lin))


async def test_a_yes_to_nobodys_ask_changes_nothing(ground, circle):
    lin, ming, _ = circle
    before = await moved(ground)
    with pytest.raises(people.FriendMoveNotPossible):
        await accept_a_friend(ground, AnswerFriend(ming, lin), key(ming))
    assert await moved(ground) == before
    await ask_a_friend(ground, AskFriend(lin, ming), key(lin))
    with pytest.raises(people.FriendMoveNotPossible):
        await accept_a_friend(ground, AnswerFriend(lin, ming), key(lin))
    assert not await people.are_friends(ground.db, lin, ming)


async def test_a_block_hides_and_an_unblock_brings_no_friendship_back(ground, circle):
    lin, ming, _ = circle
    await ground.db.run(lambda tx: people.befriend(tx, lin, ming))
    await block_a_person(ground, Block(lin, ming), key(lin))
    assert (await friends_page(ground, ming)).friends == []
    assert [person.id for person in await blocked_people(ground, lin)] == [ming]
    assert await blocked_people(ground, ming) == []
    assert (await ask_a_friend(ground, AskFriend(ming, lin), key(ming))).state == "asked"
    assert (await friends_page(ground, lin)).asks == []
    await block_a_person(ground, Block(lin, ming, blocked=False), key(lin))
    assert (await friends_page(ground, lin)).friends == [] == await blocked_people(ground, lin)


async def test_nobody_looks_through_strangers(ground, circle):
    lin, ming, _ = circle
    for person_id in (ming, 404):
        with pytest.raises(people.PersonUnknown) as unknown:
            await person_page(ground, lin, person_id)
        assert unknown.value.facts == {}
    await ask_a_friend(ground, AskFriend(ming, lin), key(ming))
    assert (await person_page(ground, lin, ming)).standing == "asked_me"
    with pytest.raises(people.PersonUnknown):
        await person_page(ground, ming, lin)
    assert (await person_page(ground, lin, lin)).standing == "me"


async def test_a_group_and_its_chat_go_together(ground, circle):
    lin, ming, yue = circle
    await ground.db.run(lambda tx: people.befriend(tx, lin, ming))
    await ground.db.run(lambda tx: people.befriend(tx, ming, yue))
    made_key = key(lin, name="make")
    made = await make_a_group(ground, MakeGroup(lin, "周末", (ming,)), made_key)
    assert await make_a_group(ground, MakeGroup(lin, "周末", (ming,)), made_key) == made
    page = await group_page(ground, ming, made.group_id)
    assert [person.id for person in page.members] == sorted([lin, ming]) and page.thread_id == made.thread_id
    assert [person.id for person in page.may_bring] == [yue]
    assert (await bring_friends(ground, BringFriends(ming, made.group_id, (yue,)), key(ming))).person_ids == [yue]
    assert (await bring_friends(ground, BringFriends(ming, made.group_id, (yue,)), key(ming))).person_ids == []
    assert (await person_page(ground, yue, lin)).is_near
    await leave_a_group(ground, LeaveGroup(lin, made.group_id), key(lin))
    assert (await friends_page(ground, lin)).groups == []
    assert [group.members for group in (await friends_page(ground, yue)).groups] == [2]
    before = await moved(ground)
    with pytest.raises(people.GroupUnknown):
        await leave_a_group(ground, LeaveGroup(lin, made.group_id), key(lin))
    with pytest.raises(people.NotFriends):
        await make_a_group(ground, MakeGroup(lin, "周末", (yue,)), key(lin))
    with pytest.raises(FieldNotValid):
        await make_a_group(ground, MakeGroup(lin, "周末", ()), key(lin))
    assert await moved(ground) == before


async def test_a_repeated_ask_and_a_parting_of_strangers_change_nothing(ground, circle):
    lin, ming, _ = circle
    await unfriend(ground, AnswerFriend(lin, ming), key(lin))
    await decline_a_friend(ground, AnswerFriend(lin, ming), key(lin))
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind LIKE 'Friend%'") == 0
    for _ in range(3):
        assert (await ask_a_friend(ground, AskFriend(lin, ming), key(lin))).state == "asked"
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'FriendAsked'") == 1
    assert (await ask_a_friend(ground, AskFriend(ming, lin), key(ming))).state == "friends"
    assert (await ask_a_friend(ground, AskFriend(ming, lin), key(ming))).state == "friends"
    await block_a_person(ground, Block(lin, ming), key(lin))
    await block_a_person(ground, Block(lin, ming), key(lin))
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact WHERE kind = 'BlockChanged'") == 1
    assert (await ask_a_friend(ground, AskFriend(lin, ming), key(lin))).state == "asked"
    assert await blocked_people(ground, lin) == [], "who asks wants them back"


async def test_groups_have_an_end(ground, circle, monkeypatch):
    lin, ming, yue = circle
    for friend in (ming, yue):
        await ground.db.run(lambda tx, friend=friend: people.befriend(tx, lin, friend))
    made = await make_a_group(ground, MakeGroup(lin, "周末", (ming,)), key(lin))
    monkeypatch.setattr("renqing.books.people.actions.GROUP_MEMBERS_MAX", 2)
    before = await moved(ground)
    with pytest.raises(people.TooManyKept):
        await bring_friends(ground, BringFriends(lin, made.group_id, (yue,)), key(lin))
    with pytest.raises(people.TooManyKept):
        await make_a_group(ground, MakeGroup(lin, "周末", (ming, yue)), key(lin))
    monkeypatch.setattr("renqing.books.people.actions.GROUPS_MAX", 1)
    with pytest.raises(people.TooManyKept):
        await make_a_group(ground, MakeGroup(lin, "周末", (ming,)), key(lin))
    assert await moved(ground) == before


async def test_a_face_is_changed_where_it_is_given_and_told_to_the_audit(ground, circle):
    lin, _, _ = circle
    changed = await change_my_face(ground, ChangeFace(lin, name="林小满", language="en"), key(lin))
    assert changed == people.Person(lin, "林小满", "", "en")
    assert await change_my_face(ground, ChangeFace(lin), key(lin)) == changed
    changed = await change_my_face(ground, ChangeFace(lin, avatar="faces/fox.png"), key(lin))
    assert (await people.get_person(ground.db, lin)) == changed
    for wrong in (ChangeFace(lin, name=" "), ChangeFace(lin, avatar="https://elsewhere/x.png")):
        with pytest.raises(FieldNotValid):
            await change_my_face(ground, wrong, key(lin))
    rows = await ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = 'PersonChanged' ORDER BY id")
    assert [row["payload"]["what"] for row in rows] == [["name", "language"], ["avatar"]]

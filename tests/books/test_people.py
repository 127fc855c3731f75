"""The people room: friendships by their table, addresses by their seal, sign-ins by their token."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdicts import fault, verdict

from renqing.books import people
from renqing.books.people import actions, model, rules
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.once import once
from renqing.foundation.secrets import SealBroken

STREET = 330106002  # 浙江省 杭州市 西湖区 北山街道
ADDRESS = people.NewAddress(STREET, "林小满", "138 1234 5678", "曙光路 15 号 3 幢 201")


async def _join(ground, *names):
    async def story(tx):
        return [await people.join(tx, name=name) for name in names]

    return [person.id for person in await ground.db.run(story)]


async def _rows(ground, table):
    return [tuple(row.values()) for row in await ground.db.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")]


# phones, names, passwords -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    [
        "13812345678",
        " 138 1234 5678 ",
        "+86 138-1234-5678",
        "0086 13812345678",
        "8613812345678",
        "１３８１２３４５６７８",
    ],
)
def test_a_phone_is_the_same_however_it_is_typed(typed):
    assert people.phone(typed) == "13812345678"


def test_of_a_phone_one_sees_enough_to_know_ones_own_by():
    assert people.masked_phone("13812345678") == "138****5678"


@pytest.mark.parametrize(
    "typed",
    ["", "1381234567", "138123456789", "12812345678", "+1 5551234567", "138١2345678", "13812345678\x00", "a" * 9_000],
)
def test_what_is_no_mainland_mobile_number_is_refused(typed):
    with pytest.raises(FieldNotValid) as refused:
        people.phone(typed)
    assert refused.value.facts == {"field": "phone", "reason": "phone"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "length"),
        ("   ", "length"),
        ("长" * 41, "length"),
        ("a\x00b", "characters"),
        ("abc\u202egnp", "characters"),
        ("空\u200b白", "characters"),
        ("\ue000", "characters"),
    ],
)
def test_a_name_that_hides_something_is_refused(name, reason):
    with pytest.raises(FieldNotValid) as refused:
        people.check_name(name)
    assert refused.value.facts["reason"] == reason


@pytest.mark.parametrize(
    ("name", "kept"), [("  小 \n 林 ", "小 林"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("é", "é"), ("长" * 40, "长" * 40)]
)
def test_a_name_is_kept_as_people_write_it(name, kept):
    assert people.check_name(name) == kept


@given(st.text(max_size=300))
def test_any_text_that_is_a_name_is_kept_as_one(text):
    with suppress(FieldNotValid):
        kept = people.check_name(text)
        assert rules.check_name(kept) == kept
        assert 1 <= len(kept) <= 40 and kept == kept.strip()


@pytest.mark.parametrize("key", ["https://elsewhere/x.png", "//x", "../etc", "x y", "a" * 10 + "/../b", "javascript:1"])
def test_an_avatar_is_one_of_our_pictures_or_none(key):
    with pytest.raises(FieldNotValid):
        rules.check_avatar(key)


def test_a_password_has_eight_characters_and_no_more_than_128():
    for right in ("x" * 8, "电" * 128):
        assert rules.password(right) == right
    for wrong in ("", "x" * 7, "x" * 129, "x" * 10_000):
        with pytest.raises(FieldNotValid) as refused:
            rules.password(wrong)
        assert refused.value.facts == {"field": "password", "reason": "length", "min": 8, "max": 128}
    assert rules.password("ｐａｓｓｗｏｒｄ") == "password", "the same however a keyboard composed it"


async def test_a_password_fits_only_itself():
    hashed = await people.hash_password("correct horse 电池")
    assert hashed.startswith("$argon2id$") and "horse" not in hashed
    assert await people.is_password("correct horse 电池", hashed)
    assert not await people.is_password("correct horse", hashed)
    assert not await people.is_password("nobody has this password", "")
    with pytest.raises(FieldNotValid):
        await people.hash_password("short")


# friends and blocks -------------------------------------------------------------------------------------------------
def test_every_state_of_a_friendship_is_reachable_and_every_move_lands_on_one():
    reached, todo = set(), [None]
    while todo:
        state = todo.pop()
        if state in reached:
            continue
        reached.add(state)
        for (before, _), after in model.FRIEND_MOVES.items():
            if before is state:
                todo += [after, model.MIRROR[after]]
    assert reached == {None, *people.FriendState}
    assert all(model.MIRROR[model.MIRROR[state]] is state for state in reached)


async def test_two_asks_that_cross_make_friends(ground):
    for _ in range(10):
        lin, ming = await _join(ground, "小林", "阿明")
        await asyncio.gather(
            ground.db.run(lambda tx, a=lin, b=ming: people.ask_friend(tx, a, b)),
            ground.db.run(lambda tx, a=lin, b=ming: people.ask_friend(tx, b, a)),
        )
        assert await people.are_friends(ground.db, lin, ming) and await people.are_friends(ground.db, ming, lin)
        made = "SELECT count(*) FROM outbox_fact WHERE kind = 'FriendsMade' AND subject_id = ANY($1::bigint[])"
        assert await ground.db.fetchval(made, [lin, ming]) == 1


async def test_an_ask_is_answered_once_and_only_by_the_asked(ground):
    lin, ming = await _join(ground, "小林", "阿明")
    await ground.db.run(lambda tx: people.ask_friend(tx, lin, ming))
    before = await _rows(ground, "people_friend")
    with pytest.raises(people.FriendMoveNotPossible):
        await ground.db.run(lambda tx: people.answer_friend(tx, lin, ming, "accept"))
    assert await _rows(ground, "people_friend") == before
    with pytest.raises(people.FriendMoveNotPossible) as refused:
        rules.befriend(None, "accept")
    assert refused.value.facts == {"verb": "accept"}
    await ground.db.run(lambda tx: people.answer_friend(tx, ming, lin, "decline"))
    assert await _rows(ground, "people_friend") == []
    with pytest.raises(people.FriendMoveNotPossible):
        await ground.db.run(lambda tx: people.answer_friend(tx, ming, lin, "accept"))
    assert not await people.are_friends(ground.db, lin, ming)


async def test_a_block_ends_a_friendship_and_later_asks_reach_nobody(ground):
    lin, ming = await _join(ground, "小林", "阿明")
    await ground.db.run(lambda tx: people.befriend(tx, lin, ming))
    await ground.db.run(lambda tx: people.block(tx, lin, ming))
    assert await _rows(ground, "people_friend") == []
    assert await people.is_blocked(ground.db, by=lin, who=ming)
    assert not await people.is_blocked(ground.db, by=ming, who=lin)
    facts = await ground.db.fetchval("SELECT count(*) FROM outbox_fact")
    answer = await ground.db.run(lambda tx: people.ask_friend(tx, ming, lin))
    assert answer is people.FriendState.ASKED, "the blocked person cannot tell"
    assert await _rows(ground, "people_friend") == []
    assert await ground.db.fetchval("SELECT count(*) FROM outbox_fact") == facts, "and the other hears nothing"
    await ground.db.run(lambda tx: people.unblock(tx, lin, ming))
    assert not await people.are_friends(ground.db, lin, ming)


async def test_whom_one_never_blocked_is_let_near_without_a_word(ground):
    lin, ming = await _join(ground, "小林", "阿明")
    before = await _rows(ground, "outbox_fact")
    await ground.db.run(lambda tx: people.unblock(tx, lin, ming))
    assert await _rows(ground, "outbox_fact") == before


async def test_nobody_asks_or_blocks_themselves(ground):
    (lin,) = await _join(ground, "小林")
    for act in (people.ask_friend, people.block):
        with pytest.raises(FieldNotValid):
            await ground.db.run(lambda tx, act=act: act(tx, lin, lin))
    with pytest.raises(people.PersonUnknown):
        await ground.db.run(lambda tx: people.ask_friend(tx, lin, 404))


async def test_a_list_of_friends_has_an_end(ground, monkeypatch):
    lin, ming, yue = await _join(ground, "小林", "阿明", "月月")
    monkeypatch.setattr(actions, "FRIENDS_MAX", 1)
    await ground.db.run(lambda tx: people.ask_friend(tx, lin, ming))
    with pytest.raises(people.TooManyKept):
        await ground.db.run(lambda tx: people.ask_friend(tx, lin, yue))
    assert len(await _rows(ground, "people_friend")) == 2


# groups -------------------------------------------------------------------------------------------------------------
async def test_a_group_takes_friends_of_its_members_alone(ground):
    lin, ming, yue = await _join(ground, "小林", "阿明", "月月")
    await ground.db.run(lambda tx: people.befriend(tx, lin, ming))
    with pytest.raises(people.NotFriends):
        await ground.db.run(lambda tx: people.make_group(tx, lin, "家人", [ming, yue]))
    assert await _rows(ground, "people_group") == [] == await _rows(ground, "people_member")
    group = await ground.db.run(lambda tx: people.make_group(tx, lin, "家人", [ming]))
    assert await people.members(ground.db, group.id) == sorted([lin, ming])
    with pytest.raises(people.GroupUnknown):
        await ground.db.run(lambda tx: people.add_to_group(tx, group.id, yue, [ming]))
    await ground.db.run(lambda tx: people.befriend(tx, ming, yue))
    assert await ground.db.run(lambda tx: people.add_to_group(tx, group.id, ming, [yue])) == [yue]
    assert await ground.db.run(lambda tx: people.add_to_group(tx, group.id, ming, [yue])) == []
    await ground.db.run(lambda tx: people.leave_group(tx, group.id, lin))
    with pytest.raises(people.GroupUnknown):
        await people.get_group(ground.db, group.id, lin)


# addresses ----------------------------------------------------------------------------------------------------------
async def test_an_address_is_opened_for_its_owner_alone(ground):
    lin, ming = await _join(ground, "小林", "阿明")
    kept = await ground.db.run(lambda tx: people.add_address(tx, lin, ADDRESS))
    assert (kept.name, kept.phone, kept.detail) == ("林小满", "13812345678", "曙光路 15 号 3 幢 201")
    assert kept.region_name == "浙江省 杭州市 西湖区 北山街道" and kept.is_default
    for verb in (people.open_address, people.prefer_address, people.remove_address):
        with pytest.raises(people.AddressUnknown):
            await ground.db.run(lambda tx, verb=verb: verb(tx, ming, kept.id))
    with pytest.raises(people.AddressUnknown):
        await ground.db.run(lambda tx: people.change_address(tx, ming, kept.id, ADDRESS))
    assert await ground.db.run(lambda tx: people.open_address(tx, lin, kept.id)) == kept


async def test_an_address_moved_to_another_row_does_not_open(ground):
    lin, ming = await _join(ground, "小林", "阿明")
    lins = await ground.db.run(lambda tx: people.add_address(tx, lin, ADDRESS))
    mings = await ground.db.run(lambda tx: people.add_address(tx, ming, ADDRESS))
    moved = "UPDATE people_address SET sealed = (SELECT sealed FROM people_address WHERE id = $1) WHERE id = $2"
    await ground.db.run(lambda tx: tx.execute(moved, lins.id, mings.id))
    with pytest.raises(SealBroken):
        await ground.db.run(lambda tx: people.open_address(tx, ming, mings.id))


async def test_one_address_is_the_default_whatever_happens_to_it(ground):
    (lin,) = await _join(ground, "小林")

    async def defaults():
        opened = [
            await ground.db.run(lambda tx, i=i: people.open_address(tx, lin, i))
            for i in await people.address_ids(ground.db, lin)
        ]
        return [address.id for address in opened if address.is_default]

    first = await ground.db.run(lambda tx: people.add_address(tx, lin, ADDRESS))
    second = await ground.db.run(lambda tx: people.add_address(tx, lin, ADDRESS))
    assert await defaults() == [first.id]
    await asyncio.gather(
        *(ground.db.run(lambda tx, i=i: people.prefer_address(tx, lin, i)) for i in [first.id, second.id] * 5)
    )
    assert len(await defaults()) == 1
    await ground.db.run(lambda tx: people.prefer_address(tx, lin, second.id))
    third = await ground.db.run(lambda tx: people.add_address(tx, lin, ADDRESS))
    await ground.db.run(lambda tx: people.remove_address(tx, lin, second.id))
    assert await defaults() == [third.id], "the newest takes its place"
    sealed = await ground.db.fetchval("SELECT sealed FROM people_address WHERE id = $1", second.id)
    assert sealed == b"", "what is removed says nothing any more"
    await ground.db.run(lambda tx: people.remove_address(tx, lin, first.id))
    assert await defaults() == [third.id], "one that was not the default leaves it"
    await ground.db.run(lambda tx: people.remove_address(tx, lin, third.id))
    assert await people.address_ids(ground.db, lin) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"region_code": 330106}, "region_code"),  # a county that has streets is not fine enough
        ({"region_code": 330000}, "region_code"),
        ({"region_code": 999}, "region_code"),
        ({"region_code": -1}, "region_code"),
        ({"phone": "12345"}, "phone"),
        ({"name": ""}, "name"),
        ({"name": "长" * 41}, "name"),
        ({"detail": "近"}, "detail"),
        ({"detail": "长" * 121}, "detail"),
        ({"detail": "5 号\x07楼"}, "detail"),
    ],
)
async def test_an_address_that_no_parcel_finds_is_refused(ground, wrong, field):
    (lin,) = await _join(ground, "小林")
    kept = {"region_code": STREET, "name": "林小满", "phone": "13812345678", "detail": "曙光路 15 号", **wrong}
    with pytest.raises(FieldNotValid) as refused:
        await ground.db.run(lambda tx: people.add_address(tx, lin, people.NewAddress(**kept)))
    assert refused.value.facts["field"] == field
    assert await _rows(ground, "people_address") == []


def test_what_is_no_name_or_no_picture_of_ours_is_refused_by_the_field_it_was_written_in():
    assert verdict(rules.check_name, "") == fault("name", "length", min=1, max=model.NAME_CHARACTERS_MAX)
    assert verdict(rules.check_avatar, "https://elsewhere/a.png") == fault("avatar", "picture")
    assert verdict(rules.check_avatar, "../a", field="cover") == fault("cover", "picture")


def test_forty_signs_of_a_phone_are_looked_at_and_an_address_keeps_whether_it_comes_first():
    assert rules.phone("138" + " " * 29 + "00138000") == "13800138000"
    assert verdict(rules.phone, "138" + " " * 30 + "00138000") == fault("phone", "phone")
    for first in (True, False):
        asked = people.NewAddress(330106, " 安 ", "138-0013-8000", "北山路 1 号 2 室", is_default=first)
        assert rules.address(asked) == people.NewAddress(330106, "安", "13800138000", "北山路 1 号 2 室", first)


def test_a_region_does_not_say_its_city_twice():
    assert rules.region_name(["北京市", "北京市", "东城区", "东华门街道"]) == "北京市 东城区 东华门街道"
    assert rules.region_name(["重庆市", "县", "城口县", "葛城街道"]) == "重庆市 城口县 葛城街道"
    far = ["甲省", "乙市", "丙区", "乙市"]
    assert rules.region_name(far) == "甲省 乙市 丙区 乙市", "only what stands right before it is not said again"


# sign-ins -----------------------------------------------------------------------------------------------------------
async def _sign_in(ground, person_id, key="k"):
    return await people.let_in_once(
        ground.db,
        once(0, key, "POST /sign-in", {"who": person_id}),
        lambda tx: people.sign_in(tx, person_id, kind="cookie", how="demo"),
    )


async def test_a_token_opens_what_its_person_may_do_now(ground):
    (lin,) = await _join(ground, "小林")
    shop = await ground.db.run(lambda tx: people.open_shop(tx, people.NewShop("茶铺"), lin))
    _, token = await _sign_in(ground, lin)
    assert len(token) == 43, "256 bits"

    async def behind():
        return await people.person_of_token(ground.db, ground.keys, token, ground.clock.now())

    signed_in = await behind()
    assert (signed_in.person_id, signed_in.name) == (lin, "小林")
    assert signed_in.staff == {shop.id: people.Role.OWNER}
    await ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, lin, people.Role.OPERATOR))
    assert (await behind()).staff == {shop.id: people.Role.OWNER, people.PLATFORM: people.Role.OPERATOR}
    await ground.db.run(lambda tx: people.remove_staff(tx, shop.id, lin))
    await ground.db.run(lambda tx: people.remove_staff(tx, people.PLATFORM, lin))
    assert (await behind()).staff == {}, "a role ends with the next request"
    ground.clock.move(timedelta(days=30) - timedelta(seconds=1))
    assert await behind() is not None
    ground.clock.move(timedelta(seconds=1))
    assert await behind() is None
    assert await people.person_of_token(ground.db, ground.keys, "no such token", ground.clock.now()) is None


async def test_who_is_behind_a_token_is_one_statement_by_index(ground):
    (lin,) = await _join(ground, "小林")
    _, token = await _sign_in(ground, lin)
    said = []

    class Counted:
        async def fetch(self, sql, *values):
            said.append((sql, values))
            return await ground.db.fetch(sql, *values)

    assert await people.person_of_token(Counted(), ground.keys, token, ground.clock.now()) is not None
    assert len(said) == 1
    async with ground.db.pool.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in await conn.fetch("EXPLAIN " + said[0][0], *said[0][1]))
    assert "Seq Scan" not in plan, plan


async def test_who_is_behind_a_token_is_not_planned_anew_for_each_who_asks_alone(ground):
    """Planning it takes longer than looking: every request of a house that is not busy asks about one token."""
    (lin,) = await _join(ground, "小林")
    _, token = await _sign_in(ground, lin)
    await ground.db.pool.execute("SET plan_cache_mode = auto")  # as a house has it, and tests have not
    for _ in range(20):
        assert await people.person_of_token(ground.db, ground.keys, token, ground.clock.now()) is not None
    plans = await ground.db.fetchrow(
        """SELECT sum(generic_plans) AS kept, sum(custom_plans) AS made FROM pg_prepared_statements
            WHERE statement LIKE '%FROM people_sign_in s JOIN%' AND generic_plans + custom_plans > 1"""
    )
    assert (plans["kept"], plans["made"]) == (15, 5)


async def test_signing_out_ends_this_sign_in_or_all(ground):
    (lin,) = await _join(ground, "小林")
    tokens = [(await _sign_in(ground, lin, f"k{n}"))[1] for n in range(3)]
    assert len(set(tokens)) == 3

    async def living():
        return [
            place
            for place, token in enumerate(tokens)
            if await people.person_of_token(ground.db, ground.keys, token, ground.clock.now())
        ]

    await ground.db.run(lambda tx: people.sign_out(tx, tokens[1]))
    await ground.db.run(lambda tx: people.sign_out(tx, tokens[1]))
    assert await living() == [0, 2]
    await ground.db.run(lambda tx: people.sign_out_everywhere(tx, lin))
    assert await living() == []


async def test_the_oldest_sign_ins_make_room(ground):
    (lin,) = await _join(ground, "小林")
    tokens = []
    for n in range(model.SIGN_INS_MAX + 2):
        tokens.append((await _sign_in(ground, lin, f"k{n}"))[1])
        ground.clock.move(timedelta(seconds=1))
    assert await ground.db.fetchval("SELECT count(*) FROM people_sign_in") == model.SIGN_INS_MAX
    for token in tokens[:2]:
        assert await people.person_of_token(ground.db, ground.keys, token, ground.clock.now()) is None
    assert await people.person_of_token(ground.db, ground.keys, tokens[-1], ground.clock.now())


async def test_roles_fit_where_they_are_given(ground):
    (lin,) = await _join(ground, "小林")
    shop = await ground.db.run(lambda tx: people.open_shop(tx, people.NewShop("茶铺"), lin))
    before = await _rows(ground, "people_staff")
    for shop_id, role in ((shop.id, people.Role.OPERATOR), (people.PLATFORM, people.Role.OWNER)):
        with pytest.raises(FieldNotValid):
            await ground.db.run(lambda tx, s=shop_id, r=role: people.add_staff(tx, s, lin, r))
    with pytest.raises(people.ShopUnknown):
        await ground.db.run(lambda tx: people.add_staff(tx, 404, lin, people.Role.CLERK))
    assert await _rows(ground, "people_staff") == before


async def test_what_is_so_already_leaves_no_fact(ground):
    lin, ming = await _join(ground, "小林", "阿明")
    face = people.NewShop("茶铺")
    shop = await ground.db.run(lambda tx: people.open_shop(tx, face, lin))
    before = await _rows(ground, "outbox_fact")
    await ground.db.run(lambda tx: people.add_staff(tx, shop.id, lin, people.Role.OWNER))
    await ground.db.run(lambda tx: people.remove_staff(tx, shop.id, ming))
    assert await ground.db.run(lambda tx: people.change_shop(tx, shop.id, face)) == shop
    assert await _rows(ground, "outbox_fact") == before
    await ground.db.run(lambda tx: people.remove_staff(tx, shop.id, lin))
    assert await people.role_of(ground.db, shop.id, lin) is None
    assert len(await _rows(ground, "outbox_fact")) == len(before) + 1


async def test_a_face_is_not_given_to_a_shop_that_is_not_there(ground):
    with pytest.raises(people.ShopUnknown):
        await ground.db.run(lambda tx: people.change_shop(tx, 404, people.NewShop("茶铺")))


async def test_a_shop_can_opt_out_of_gifts(ground):
    (lin,) = await _join(ground, "小林")
    shop = await ground.db.run(lambda tx: people.open_shop(tx, people.NewShop("茶铺"), lin))
    assert shop.gifts_allowed
    await ground.db.run(lambda tx: people.change_shop(tx, shop.id, people.NewShop("茶铺", gifts_allowed=False)))
    assert not (await people.get_shop(ground.db, shop.id)).gifts_allowed


async def test_a_phone_belongs_to_one_person(ground):
    async def race(n):
        try:
            return await ground.db.run(lambda tx: people.join(tx, name=f"人{n}", phone="13812345678"))
        except people.PhoneTaken:
            return None

    joined = [person for person in await asyncio.gather(*map(race, range(10))) if person]
    assert len(joined) == 1
    assert await ground.db.fetchval("SELECT count(*) FROM people_person") == 1
    found = await people.person_by_phone(ground.db, people.phone_hash(ground.keys, "13812345678"))
    assert found == joined[0]
    assert await ground.db.run(lambda tx: people.phone_of(tx, joined[0].id)) == "13812345678"


async def test_who_reads_anothers_address_is_written_down_for_good(ground):
    (clerk,) = await _join(ground, "店员")
    await ground.db.run(lambda tx: people.note_address_read(tx, clerk, 7, "ship"))
    (row,) = await ground.db.fetch("SELECT reader_id, order_id, why FROM people_address_read")
    assert tuple(row.values()) == (clerk, 7, "ship")
    with pytest.raises(Exception, match="append-only"):
        await ground.db.run(lambda tx: tx.execute("DELETE FROM people_address_read"))

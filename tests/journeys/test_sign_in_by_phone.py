"""Codes by phone: exact tries, one message for every reason, nothing left that opens anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from dump import CODE, dump, found_in, with_a_findable_code

from renqing.books import people
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.once import KeyReused, once
from renqing.journeys.sign_in_by_phone import AskForCode, LetIn, SignInByPhone, send_a_code, sign_in_by_phone

PHONE = "13812345678"
_keys = count(1)


class Phones:
    """A message sender that remembers, and can be told to fall silent."""

    def __init__(self):
        self.sent = []
        self.silent = False

    async def send(self, phone, words):
        if self.silent:
            raise people.MessageNotSent(why="test")
        self.sent.append((phone, words))

    @property
    def code(self):
        return "".join(sign for sign in self.sent[-1][1] if sign.isdigit())[:6]


def key(body=None, name=None):
    return once(0, name or f"key-{next(_keys)}", "POST /v1/sign-ins", body)


async def ask(ground, phones, phone=PHONE, **more):
    return await send_a_code(ground, phones, AskForCode(phone, **more), key(phone))


async def let_in(ground, code, phone=PHONE, **more):
    return await sign_in_by_phone(ground, SignInByPhone(phone, code, **more), key([phone, code]))


async def _moved(ground):
    tables = ("people_person", "people_sign_in", "outbox_fact")
    return [await ground.db.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


def _wrong(code, n=1):
    return f"{(int(code) + n) % 1_000_000:06d}"


async def test_the_right_code_lets_a_newcomer_in_and_the_next_one_finds_them(ground):
    phones = Phones()
    sent = await ask(ground, phones, "+86 138 1234 5678")
    assert (sent.good_for_seconds, sent.again_after_seconds) == (300, 60)
    assert phones.sent[0][0] == PHONE
    first = await let_in(ground, phones.code, name="小林")
    assert first.is_new and first.expires_at == ground.clock.now() + timedelta(days=30)
    signed_in = await people.person_of_token(ground.db, ground.keys, first.token, ground.clock.now())
    assert (signed_in.person_id, signed_in.name) == (first.person_id, "小林")
    ground.clock.move(timedelta(seconds=60))
    await ask(ground, phones)
    second = await let_in(ground, phones.code, kind="bearer")
    assert (second.person_id, second.is_new) == (first.person_id, False)
    assert second.token != first.token


async def test_fifty_wrong_tries_at_once_cost_five_and_the_right_code_is_spent_with_them(ground):
    phones = Phones()
    await ask(ground, phones)
    before = await _moved(ground)
    answers = await asyncio.gather(
        *(let_in(ground, _wrong(phones.code, n)) for n in range(1, 51)), return_exceptions=True
    )
    assert Counter(type(answer) for answer in answers) == {people.CodeNotRight: 50}
    assert await ground.db.fetchval("SELECT tries_left FROM people_phone_code") == 0
    with pytest.raises(people.CodeNotRight):
        await let_in(ground, phones.code)
    assert await _moved(ground) == before


async def test_of_fifty_right_tries_at_once_one_gets_in(ground):
    phones = Phones()
    await ask(ground, phones)
    answers = await asyncio.gather(*(let_in(ground, phones.code) for _ in range(50)), return_exceptions=True)
    assert Counter(type(answer) for answer in answers) == {LetIn: 1, people.CodeNotRight: 49}
    assert (await _moved(ground))[:2] == [1, 1]


async def test_the_fifth_try_may_be_the_right_one_and_the_sixth_may_not(ground):
    for wrong, right in ((4, True), (5, False)):
        ground.clock.move(timedelta(seconds=60))
        phones = Phones()
        await ask(ground, phones)
        for n in range(wrong):
            with pytest.raises(people.CodeNotRight):
                await let_in(ground, _wrong(phones.code, n + 1))
        if right:
            assert (await let_in(ground, phones.code)).token
        else:
            with pytest.raises(people.CodeNotRight):
                await let_in(ground, phones.code)


async def test_a_code_lives_five_minutes_to_the_second(ground):
    phones = Phones()
    await ask(ground, phones)
    ground.clock.move(timedelta(minutes=5))
    with pytest.raises(people.CodeNotRight):
        await let_in(ground, phones.code)
    await ask(ground, phones)
    ground.clock.move(timedelta(minutes=5) - timedelta(microseconds=1))
    assert (await let_in(ground, phones.code)).is_new


async def test_a_new_code_ends_the_one_before_it(ground):
    phones = Phones()
    await ask(ground, phones)
    old = phones.code
    ground.clock.move(timedelta(seconds=60))
    await ask(ground, phones)
    assert old != phones.code
    with pytest.raises(people.CodeNotRight):
        await let_in(ground, old)
    assert (await let_in(ground, phones.code)).is_new


async def test_a_code_opens_only_the_phone_it_was_sent_to(ground):
    phones = Phones()
    await ask(ground, phones)
    lins = phones.code
    await ask(ground, phones, "13900000000")
    with pytest.raises(people.CodeNotRight):
        await let_in(ground, lins, "13900000000")


async def test_another_code_is_sent_after_a_minute_and_ten_times_a_day(ground):
    phones = Phones()
    await ask(ground, phones)
    ground.clock.move(timedelta(seconds=59))
    with pytest.raises(people.CodeSentJustNow) as wait:
        await ask(ground, phones)
    assert wait.value.facts == {"retry_after_seconds": 1}
    for _ in range(9):
        ground.clock.move(timedelta(seconds=60))
        await ask(ground, phones)
    ground.clock.move(timedelta(seconds=60))
    with pytest.raises(people.CodeSentJustNow) as wait:
        await ask(ground, phones)
    assert wait.value.facts["retry_after_seconds"] == 86_400 - 59 - 600
    ground.clock.move(timedelta(seconds=86_400 - 59 - 600))
    await ask(ground, phones)
    assert len(phones.sent) == 11


async def test_of_many_asks_at_once_one_sends_a_code(ground):
    phones = Phones()
    await asyncio.gather(*(ask(ground, phones) for _ in range(20)), return_exceptions=True)
    assert len(phones.sent) == 1


async def test_known_and_unknown_phones_hear_the_same(ground):
    phones = Phones()
    await ask(ground, phones)
    await let_in(ground, phones.code)
    ground.clock.move(timedelta(seconds=60))
    heard = {}
    for phone in (PHONE, "13900000000"):
        sent = await ask(ground, phones, phone)
        refusals = []
        for code in (_wrong(phones.code), "", "12345", "abcdef", "１２３４５６"):
            with pytest.raises(people.CodeNotRight) as refused:
                await let_in(ground, code, phone)
            refusals.append((type(refused.value), refused.value.facts))
        heard[phone] = (sent, phones.sent[-1][1].replace(phones.code, "?"), refusals)
    assert heard[PHONE] == heard["13900000000"]
    with pytest.raises(people.CodeNotRight) as never_asked:
        await let_in(ground, "123456", "13700000000")
    assert never_asked.value.facts == {}


async def test_a_repeat_gets_the_first_token_again_and_nothing_more(ground):
    phones = Phones()
    await ask(ground, phones)
    asked = SignInByPhone(PHONE, phones.code)
    first = await sign_in_by_phone(ground, asked, key([PHONE, phones.code], "same"))
    moved = await _moved(ground)
    assert await sign_in_by_phone(ground, asked, key([PHONE, phones.code], "same")) == first
    assert await _moved(ground) == moved
    with pytest.raises(KeyReused):
        await sign_in_by_phone(ground, asked, key("another body", "same"))
    ground.clock.move(timedelta(minutes=5))
    with pytest.raises(people.CodeNotRight):
        await sign_in_by_phone(ground, asked, key([PHONE, phones.code], "same"))


async def test_a_repeated_ask_sends_no_second_code(ground):
    phones = Phones()
    once_key = key(PHONE, "same")
    first = await send_a_code(ground, phones, AskForCode(PHONE), once_key)
    assert await send_a_code(ground, phones, AskForCode(PHONE), once_key) == first
    with pytest.raises(KeyReused):
        await send_a_code(ground, phones, AskForCode("13900000000"), key("13900000000", "same"))
    assert len(phones.sent) == 1


async def test_a_silent_carrier_is_not_called_sent(ground):
    phones = Phones()
    phones.silent = True
    asked = key(PHONE, "same")
    with pytest.raises(people.MessageNotSent):
        await send_a_code(ground, phones, AskForCode(PHONE), asked)
    phones.silent = False
    with pytest.raises(people.CodeSentJustNow):
        await send_a_code(ground, phones, AskForCode(PHONE), asked)
    ground.clock.move(timedelta(seconds=60))
    await send_a_code(ground, phones, AskForCode(PHONE), asked)
    assert (await let_in(ground, phones.code)).is_new


async def test_what_is_no_phone_or_no_name_is_refused_before_anything_moves(ground):
    phones = Phones()
    for phone in ("", "12345", "1" * 10_000, "'; DROP TABLE people_person; --"):
        with pytest.raises(FieldNotValid):
            await ask(ground, phones, phone)
    await ask(ground, phones)
    for more in ({"name": "a\x00b"}, {"name": "长" * 41}):
        with pytest.raises(FieldNotValid):
            await let_in(ground, phones.code, **more)
    with pytest.raises(FieldNotValid):
        await let_in(ground, "9" * 1_000)
    assert await ground.db.fetchval("SELECT tries_left FROM people_phone_code") == 5
    assert (await _moved(ground))[:2] == [0, 0]


async def test_a_stolen_copy_of_the_database_says_no_phone_code_or_token(ground):
    phones, ground = Phones(), with_a_findable_code(ground)
    await ask(ground, phones)
    entered = await let_in(ground, CODE, name="小林")
    said = await dump(ground)
    assert "小林" in said, "a canary that must be found, so that the others mean something"
    for canary in (PHONE, CODE, entered.token):
        assert found_in(said, canary) == []

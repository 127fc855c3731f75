"""Passwords: optional, compared with the same work for everybody, proven by a code when they change."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from dump import CODE, dump, found_in, with_a_findable_code

from renqing.books import people
from renqing.books.people import sign_ins
from renqing.foundation.errors import FieldNotValid, NotFound, TooMany
from renqing.foundation.ground import Ground
from renqing.foundation.limits import Limits
from renqing.foundation.once import once
from renqing.foundation.settings import Settings
from renqing.journeys.set_a_password import SetPassword, set_a_password
from renqing.journeys.sign_in_by_password import SignInByPassword, sign_in_by_password
from renqing.journeys.sign_in_by_phone import AskForCode, send_a_code
from renqing.journeys.sign_in_to_the_demo import SignInToTheDemo, sign_in_to_the_demo
from renqing.journeys.sign_out import sign_out, sign_out_everywhere
from renqing.providers.messages import SandboxMessages
from renqing.views.sandbox_phone import sandbox_phone

PHONE = "13812345678"
PASSWORD = "一只猫 sits on it"
_keys = count(1)


def key(body=None):
    return once(0, f"key-{next(_keys)}", "POST /v1/sign-ins", body)


@pytest.fixture
async def lin(ground):
    """Somebody with a phone and a password."""
    person = await ground.db.run(lambda tx: people.join(tx, name="小林", phone=PHONE))
    entered = await set_a_password(ground, SetPassword(person.id, await code(ground), PASSWORD), key())
    assert entered.person_id == person.id
    return person.id


async def code(ground, phone=PHONE):
    ground.clock.move(timedelta(seconds=60))
    await send_a_code(ground, SandboxMessages(ground.db), AskForCode(phone, "en"), key(phone))
    words = (await sandbox_phone(ground, phone))[0].words
    return next(word for word in words.replace(".", " ").split() if word.isdigit() and len(word) == 6)


async def alive(ground, token):
    return await people.person_of_token(ground.db, ground.keys, token, ground.clock.now()) is not None


async def test_a_password_lets_its_person_in(ground, lin):
    entered = await sign_in_by_password(ground, SignInByPassword("138 1234 5678", PASSWORD), key())
    assert entered.person_id == lin and await alive(ground, entered.token)


async def test_no_password_no_person_and_a_wrong_password_are_refused_alike(ground, lin, monkeypatch):
    await ground.db.run(lambda tx: people.join(tx, name="没有密码", phone="13900000000"))
    compared = []
    fits = sign_ins._fits
    monkeypatch.setattr(sign_ins, "_fits", lambda *said: compared.append(said) or fits(*said))
    before = await ground.db.fetchval("SELECT count(*) FROM people_sign_in")
    refusals = []
    for phone, password in ((PHONE, "wrong"), ("13900000000", PASSWORD), ("13700000000", PASSWORD), (PHONE, "")):
        with pytest.raises(people.SignInNotRight) as refused:
            await sign_in_by_password(ground, SignInByPassword(phone, password), key())
        refusals.append(refused.value.facts)
    assert refusals == [{}] * 4
    assert len(compared) == 4, "everybody costs one hashing"
    assert await ground.db.fetchval("SELECT count(*) FROM people_sign_in") == before
    assert lin


async def test_guesses_are_limited_a_phone(ground, lin, monkeypatch):
    async def never(*_):
        return False

    monkeypatch.setattr(people, "is_password", never)
    ground.limits = Limits()
    for _ in range(10):
        with pytest.raises(people.SignInNotRight):
            await sign_in_by_password(ground, SignInByPassword(PHONE, "guess"), key())
    with pytest.raises(TooMany) as many:
        await sign_in_by_password(ground, SignInByPassword(PHONE, PASSWORD), key())
    assert many.value.facts["retry_after_seconds"] > 0
    assert lin


async def test_a_new_password_needs_a_code_and_ends_what_the_old_one_opened(ground, lin):
    old = await sign_in_by_password(ground, SignInByPassword(PHONE, PASSWORD), key())
    right = await code(ground)
    with pytest.raises(people.CodeNotRight):
        await set_a_password(
            ground, SetPassword(lin, "000000" if right != "000000" else "1", "another long one"), key()
        )
    with pytest.raises(FieldNotValid):
        await set_a_password(ground, SetPassword(lin, right, "short"), key())
    assert await alive(ground, old.token)
    fresh = await set_a_password(ground, SetPassword(lin, right, "another long one"), key())
    assert await alive(ground, fresh.token) and not await alive(ground, old.token)
    with pytest.raises(people.SignInNotRight):
        await sign_in_by_password(ground, SignInByPassword(PHONE, PASSWORD), key())
    assert (await sign_in_by_password(ground, SignInByPassword(PHONE, "another long one"), key())).person_id == lin


async def test_a_password_that_is_changed_while_it_is_compared_lets_nobody_in(ground, lin, monkeypatch):
    right = await code(ground)
    is_password = people.is_password

    async def changed_meanwhile(password, hashed):
        fits = await is_password(password, hashed)
        await set_a_password(ground, SetPassword(lin, right, "another long one"), key())
        return fits

    monkeypatch.setattr(people, "is_password", changed_meanwhile)
    with pytest.raises(people.SignInNotRight):
        await sign_in_by_password(ground, SignInByPassword(PHONE, PASSWORD), key())
    assert await ground.db.fetchval("SELECT count(*) FROM people_sign_in") == 1, "the one that came with the change"


async def test_somebody_elses_code_sets_no_password(ground, lin):
    other = await ground.db.run(lambda tx: people.join(tx, name="阿明", phone="13900000000"))
    mings = await code(ground, "13900000000")
    with pytest.raises(people.CodeNotRight):
        await set_a_password(ground, SetPassword(lin, mings, "another long one"), key())
    assert other


async def test_a_stolen_copy_of_the_database_says_no_password_or_message(ground, lin):
    ground = with_a_findable_code(ground)
    entered = await sign_in_by_password(ground, SignInByPassword(PHONE, PASSWORD), key([PHONE, PASSWORD]))
    assert await code(ground) == CODE
    said = await dump(ground)
    assert "argon2id" in said
    for canary in (PASSWORD, PHONE, entered.token, CODE):
        assert found_in(said, canary) == []
    assert lin


async def test_signing_out_ends_here_or_everywhere(ground, lin):
    entered = [await sign_in_by_password(ground, SignInByPassword(PHONE, PASSWORD), key()) for _ in range(3)]
    await sign_out(ground, lin, entered[0].token)
    assert [await alive(ground, one.token) for one in entered] == [False, True, True]
    await sign_out_everywhere(ground, lin)
    await sign_out_everywhere(ground, lin)
    assert [await alive(ground, one.token) for one in entered] == [False] * 3


async def test_one_tap_is_for_the_demo_alone(ground, lin):
    def in_mode(mode):
        return Ground(ground.db, ground.clock, ground.ids, ground.keys, Settings(mode=mode))

    before = await ground.db.fetchval("SELECT count(*) FROM people_sign_in")
    for mode in ("production", "test"):
        with pytest.raises(NotFound):
            await sign_in_to_the_demo(in_mode(mode), SignInToTheDemo(lin), key())
    with pytest.raises(people.PersonUnknown):
        await sign_in_to_the_demo(in_mode("demo"), SignInToTheDemo(404), key())
    assert await ground.db.fetchval("SELECT count(*) FROM people_sign_in") == before
    entered = await sign_in_to_the_demo(in_mode("demo"), SignInToTheDemo(lin), key())
    assert await alive(ground, entered.token)
    with pytest.raises(NotFound):
        await sandbox_phone(in_mode("production"), PHONE)

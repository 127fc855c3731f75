"""Codes, passwords, sign-ins: the ways to prove who one is. Nothing here commits.

A token is made from a random seed with a key that is outside the database. What is kept of it is a keyed hash,
and, for a repeated request, the seed: neither opens anything without the key.
"""

from __future__ import annotations

import asyncio
import base64
import unicodedata
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from renqing.books.people import rules, sign_in_store, store
from renqing.books.people.actions import phone_hash
from renqing.books.people.model import (
    BEARER_LIVES,
    CODE_LIVES,
    CODE_RESENT_AFTER,
    CODE_TRIES,
    CODES_A_DAY,
    COOKIE_LIVES,
    CodeNotRight,
    CodeSentJustNow,
    NewSignIn,
    PersonChanged,
    PersonErased,
    PersonSignedIn,
    PersonSignedOut,
    PersonUnknown,
    SignInKind,
)
from renqing.foundation import outbox
from renqing.foundation.database import Database, Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.once import Once, recall, remember
from renqing.foundation.secrets import Keys

_HASHER: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_hashers: Final = ThreadPoolExecutor(2, "passwords")  # each hashing takes 64 MiB and a core


# codes ------------------------------------------------------------------------------------------------------------
async def issue_code(tx: Tx, digits: str) -> str:
    """A new code for a phone, known or not: it takes the place of the last. Raises CodeSentJustNow."""
    hashed = phone_hash(tx.keys, digits)
    code = tx.ids.code()
    if not await sign_in_store.put_code(
        tx,
        hashed,
        _code_hash(tx.keys, digits, code),
        tries=CODE_TRIES,
        lives=CODE_LIVES,
        again_after=CODE_RESENT_AFTER,
        a_day=CODES_A_DAY,
    ):
        until = await sign_in_store.code_waits_until(tx, hashed, again_after=CODE_RESENT_AFTER, a_day=CODES_A_DAY)
        raise CodeSentJustNow(retry_after_seconds=max(1, round((until - tx.now).total_seconds())))
    return code


async def try_code(tx: Tx, digits: str, code: str) -> bool:
    """Whether the code is right; it then is used up. A wrong one costs a try, so **commit either way**."""
    typed = unicodedata.normalize("NFKC", code).strip()
    return await sign_in_store.spend_try(tx, phone_hash(tx.keys, digits), _code_hash(tx.keys, digits, typed))


def _code_hash(keys: Keys, digits: str, code: str) -> bytes:
    return keys.keyed_hash("phone_code", f"{digits}:{code}")


# passwords --------------------------------------------------------------------------------------------------------
async def hash_password(text: str) -> str:
    """Hash a password with Argon2id (RFC 9106), beside the event loop. Raises FieldNotValid."""
    return await asyncio.get_running_loop().run_in_executor(_hashers, _HASHER.hash, rules.password(text))


async def is_password(text: str, hashed: str) -> bool:
    """Whether the password fits; an empty hash takes as long and never fits."""
    return await asyncio.get_running_loop().run_in_executor(_hashers, _fits, rules.password_as_hashed(text), hashed)


def _fits(bare: str, hashed: str) -> bool:
    try:
        _HASHER.verify(hashed or _nobodys_hash(), bare)
    except (VerificationError, InvalidHashError):
        return False
    return hashed != ""


@cache
def _nobodys_hash() -> str:
    """What a try for nobody is compared with, so that it takes as long."""
    return _HASHER.hash("nobody has this password")


async def set_password(tx: Tx, person_id: int, password_hash: str) -> None:
    """Keep a new password, and end every sign-in that was made before it."""
    await store.lock_people(tx, [person_id])
    await sign_in_store.set_password(tx, person_id, password_hash)
    await sign_in_store.delete_sign_ins(tx, person_id)
    await outbox.leave(tx, PersonChanged(subject_id=person_id, what=["password"]))


# erasure ----------------------------------------------------------------------------------------------------------
async def lock_to_erase(tx: Tx, person_id: int) -> None:
    """Nothing is added to somebody until this transaction ends. Raises PersonUnknown."""
    if not await sign_in_store.lock_person(tx, person_id):
        raise PersonUnknown


async def erase(tx: Tx, person_id: int, name: str, erased_at: datetime) -> None:
    """Forget a locked person: phone, password, sign-ins, friends, groups, roles, addresses. ``name`` takes theirs."""
    if await sign_in_store.erase(tx, person_id, name, erased_at):
        await outbox.leave(tx, PersonErased(subject_id=person_id, erased_at=erased_at))


# sign-ins ---------------------------------------------------------------------------------------------------------
async def sign_in(tx: Tx, person_id: int, *, kind: SignInKind, how: str, is_new: bool = False) -> NewSignIn:
    """Let somebody in. ``let_in_once`` makes the token from what is answered."""
    lives: timedelta = COOKIE_LIVES if kind == "cookie" else BEARER_LIVES
    made = NewSignIn(person_id, tx.ids.token(), kind, tx.now, tx.now + lives, is_new)
    await store.lock_people(tx, [person_id])
    await sign_in_store.insert_sign_in(tx, tx.keys.keyed_hash("sign_in", _token(tx.keys, made)), made)
    await outbox.leave(tx, PersonSignedIn(subject_id=person_id, how=how))
    return made


def _token(keys: Keys, made: NewSignIn) -> str:
    """The token of a sign-in, 256 bits: a repeated request gets the same one."""
    secret = keys.keyed_hash("sign_in_token", f"{made.person_id}:{made.kind}:{made.seed}")
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


async def let_in_once(
    db: Database, ask: Once, prove: Callable[[Tx], Awaitable[NewSignIn | Refusal]]
) -> tuple[NewSignIn, str]:
    """Run ``prove`` in one transaction, or answer as the first time while a code would live; with the token.

    A refused proof is **committed**, since a wrong try counts, and raised after it. It is not kept as an answer.
    """

    async def proved_once(tx: Tx) -> tuple[NewSignIn | Refusal, str]:
        known = (await recall(tx, [ask]))[0]
        if isinstance(known, Refusal):
            return known, ""
        if known is not None:
            kept = msgspec.json.decode(known, type=NewSignIn)
            return (kept, _token(tx.keys, kept)) if tx.now < kept.made_at + CODE_LIVES else (CodeNotRight(), "")
        made = await prove(tx)
        if isinstance(made, Refusal):
            return made, ""
        await remember(tx, [(ask, msgspec.json.encode(made).decode())])
        return made, _token(tx.keys, made)

    answer, token = await db.run(proved_once, actor=ask.subject)
    if isinstance(answer, Refusal):
        raise answer
    return answer, token


async def sign_out(tx: Tx, token: str) -> None:
    """End the sign-in of this token; one that has ended is no matter."""
    person_id = await sign_in_store.delete_sign_in(tx, tx.keys.keyed_hash("sign_in", token))
    if person_id is not None:
        await outbox.leave(tx, PersonSignedOut(subject_id=person_id, everywhere=False))


async def sign_out_everywhere(tx: Tx, person_id: int) -> None:
    """End every sign-in of a person."""
    await sign_in_store.delete_sign_ins(tx, person_id)
    await outbox.leave(tx, PersonSignedOut(subject_id=person_id, everywhere=True))

"""Sign in with a phone and a password, where the person has set one.

The hash is read, compared beside the event loop and outside any transaction (it takes 50 ms on purpose), and one
transaction then lets them in if the password is still that one. An unknown phone, or one without a password, is
compared with nobody's hash: the same words, and the same work. Tries are limited a phone and process; what stops a
guesser with many processes is the strength asked of a password and the limit by address at the door.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.limits import Rate
from renqing.foundation.once import Once
from renqing.journeys.sign_in_by_phone import LetIn

PASSWORD_TRIES = Rate("password_tries", count=10, window_seconds=900)


class SignInByPassword(msgspec.Struct, frozen=True):
    """A phone and its person's password."""

    phone: str
    password: str
    kind: people.SignInKind = "cookie"


async def sign_in_by_password(ground: Ground, ask: SignInByPassword, once: Once) -> LetIn:
    """Let somebody in. Raises FieldNotValid, TooMany, SignInNotRight."""
    phone_hash = people.phone_hash(ground.keys, people.phone(ask.phone))
    ground.limits.spend(PASSWORD_TRIES, phone_hash.hex())
    known = await people.password_of_phone(ground.db, phone_hash)
    person_id, hashed = known or (0, "")
    if not await people.is_password(ask.password, hashed):
        raise people.SignInNotRight

    async def prove(tx: Tx) -> people.NewSignIn | Refusal:
        if await people.password_of_phone(tx, phone_hash) != (person_id, hashed):
            return people.SignInNotRight()
        return await people.sign_in(tx, person_id, kind=ask.kind, how="password")

    made, token = await people.let_in_once(ground.db, once, prove)
    return LetIn(made.person_id, token, made.kind, made.expires_at, made.is_new)

"""Set or change one's password, proven by a code to one's own phone.

The code went out by ``send_a_code``. The new password is hashed beside the event loop; then one transaction spends
the code and keeps the hash. It ends every other sign-in and makes a new one for the asker, so that whoever was in
with the old password is out. A wrong code costs one of its tries, and changes nothing else.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once
from renqing.journeys.sign_in_by_phone import LetIn


class SetPassword(msgspec.Struct, frozen=True):
    """A code that came to the person's phone, and the password they want."""

    person_id: int
    code: str
    password: str
    kind: people.SignInKind = "cookie"


async def set_a_password(ground: Ground, ask: SetPassword, once: Once) -> LetIn:
    """Keep a password and answer the new sign-in. Raises FieldNotValid, CodeNotRight."""
    hashed = await people.hash_password(ask.password)

    async def prove(tx: Tx) -> people.NewSignIn | Refusal:
        digits = await people.phone_of(tx, ask.person_id)
        if digits is None or not await people.try_code(tx, digits, ask.code):
            return people.CodeNotRight()
        await people.set_password(tx, ask.person_id, hashed)
        return await people.sign_in(tx, ask.person_id, kind=ask.kind, how="phone")

    made, token = await people.let_in_once(ground.db, once, prove)
    return LetIn(made.person_id, token, made.kind, made.expires_at, made.is_new)

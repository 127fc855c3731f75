"""Be one of the demo world's people with one tap: in demo mode alone; elsewhere there is no such door.

One transaction makes a sign-in. An unknown person, or any other mode, is answered as a page that is not there.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import NotFound, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once
from renqing.journeys.sign_in_by_phone import LetIn


class SignInToTheDemo(msgspec.Struct, frozen=True):
    """Who to be."""

    person_id: int
    kind: people.SignInKind = "cookie"


async def sign_in_to_the_demo(ground: Ground, ask: SignInToTheDemo, once: Once) -> LetIn:
    """Be somebody of the demo world. Raises NotFound outside demo mode, PersonUnknown."""
    if not ground.settings.is_demo:
        raise NotFound

    async def prove(tx: Tx) -> people.NewSignIn | Refusal:
        return await people.sign_in(tx, ask.person_id, kind=ask.kind, how="demo")

    made, token = await people.let_in_once(ground.db, once, prove)
    return LetIn(made.person_id, token, made.kind, made.expires_at, made.is_new)

"""Sign in, or join, with a phone and a code: the same story for known and unknown phones.

``send_a_code``: one transaction puts a new code in the place of the last, whoever the phone belongs to; after the
commit the message goes out; a second transaction keeps the answer. When the message's carrier does not answer, the
person hears that it is not sure, and may ask for another code after a minute. When we die in between, a repeat is
told the same: wait, and ask again.

``sign_in_by_phone``: one transaction spends a try of the code. A wrong try is committed (that is how five tries stay
five, however many come at once) and answered with one message for every reason. With the right code the person of
the phone is let in; where there is none yet, they join.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.ids import CODE_DIGITS
from renqing.foundation.once import Once, recall, remember
from renqing.foundation.text import Language, say


class AskForCode(msgspec.Struct, frozen=True):
    """Where to send a code, and in which language to say it."""

    phone: str
    language: Language = "zh"


class CodeSent(msgspec.Struct, frozen=True):
    """A code is on its way, if the phone exists."""

    good_for_seconds: int
    again_after_seconds: int


class SignInByPhone(msgspec.Struct, frozen=True):
    """A phone and the code it got. ``name`` is for somebody who joins; empty is a name they may change later."""

    phone: str
    code: str
    kind: people.SignInKind = "cookie"
    name: str = ""
    language: Language = "zh"


class LetIn(msgspec.Struct, frozen=True):
    """Somebody is signed in: the token is told this once, and only its keyed hash is kept."""

    person_id: int
    token: str
    kind: people.SignInKind
    expires_at: datetime
    is_new: bool


async def send_a_code(ground: Ground, sender: people.MessageSender, ask: AskForCode, once: Once) -> CodeSent:
    """Send a code. Raises FieldNotValid, CodeSentJustNow, MessageNotSent."""
    digits = people.phone(ask.phone)
    sent = CodeSent(int(people.CODE_LIVES.total_seconds()), int(people.CODE_RESENT_AFTER.total_seconds()))
    code = await ground.db.run(lambda tx: _issue(tx, once, digits))
    if code is None:
        return sent
    minutes = sent.good_for_seconds // 60
    await sender.send(digits, say("message.sign_in_code", ask.language, code=code, minutes=minutes))
    await ground.db.run(lambda tx: remember(tx, [(once, msgspec.json.encode(sent).decode())]))
    return sent


async def _issue(tx: Tx, asked: Once, digits: str) -> str | None:
    known = (await recall(tx, [asked]))[0]
    if isinstance(known, Refusal):
        raise known
    return await people.issue_code(tx, digits) if known is None else None


async def sign_in_by_phone(ground: Ground, ask: SignInByPhone, once: Once) -> LetIn:
    """Let somebody in. Raises FieldNotValid, CodeNotRight."""
    digits = people.phone(ask.phone)
    if ask.name:
        people.check_name(ask.name)
    if len(ask.code) > CODE_DIGITS * 4:
        raise FieldNotValid(field="code", reason="length", min=CODE_DIGITS, max=CODE_DIGITS)
    made, token = await people.let_in_once(ground.db, once, lambda tx: _prove(tx, ask, digits))
    return LetIn(made.person_id, token, made.kind, made.expires_at, made.is_new)


async def _prove(tx: Tx, ask: SignInByPhone, digits: str) -> people.NewSignIn | Refusal:
    if not await people.try_code(tx, digits, ask.code):
        return people.CodeNotRight()
    person = await people.person_by_phone(tx, people.phone_hash(tx.keys, digits))
    is_new = person is None
    if person is None:
        name = ask.name or say("people.new_name", ask.language, n=tx.ids.code()[:4])
        person = await people.join(tx, name=name, phone=digits, language=ask.language)
    return await people.sign_in(tx, person.id, kind=ask.kind, how="phone", is_new=is_new)

"""The giver of a gift sent outside by link sets a word for it; who holds the link types it before anything else.

Setting: one transaction under the gift's lock; only while it is unpaid or waits, and only where nobody is named and no
group; of one that is drawn for, where everybody with the link may enter, and only until the draw is made. Who entered
before keeps entry and prize: a word set later lets nobody choose among entrants. A question passes the moderator as
every word for others does. Setting another word begins anew: who typed the old one types the new one.

Typing: one transaction in which the word is locked, so that tries are counted one after another; a wrong one is
committed, since it counts, and then refused. What opens, enters, claims, refuses or lengthens a gift asks whether
its word was typed (``open_a_gift``).
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.moderate import judged
from renqing.journeys.open_a_gift import find_and_lock
from renqing.social import draws, gifts, safe_words
from renqing.social.moderation import Suspect
from renqing.social.moderation.ports import Moderator


class LockAGift(msgspec.Struct, frozen=True):
    """Whose gift, and the word it waits for, with a question where it answers one; None: no word any more."""

    giver_id: int
    gift_id: int
    word: str | None
    question: str = ""


class Locked(msgspec.Struct, frozen=True):
    """Whether the gift waits for a word."""

    gift_id: int
    is_locked: bool


class TypeTheWord(msgspec.Struct, frozen=True):
    """Who holds which link, and what they type."""

    person_id: int
    token: str
    word: str


class Typed(msgspec.Struct, frozen=True):
    """What it came to."""

    gift_id: int
    is_right: bool
    left: int


async def lock_a_gift(ground: Ground, ask: LockAGift, once: Once, moderator: Moderator | None = None) -> Locked:
    """Raises GiftNotAvailable for who did not give it, SafeWordNotHere, FieldNotValid."""
    question = safe_words.check_question(ask.question)
    if question and await judged(ground, moderator, [Suspect("note", question)]):
        raise FieldNotValid(field="question", reason="held")
    return await run_once(ground.db, once, Locked, lambda tx: _lock(tx, ask, question))


async def _lock(tx: Tx, ask: LockAGift, question: str) -> Locked:
    gift = (await find_and_lock(tx, ask.giver_id, gift_id=ask.gift_id, token=None)).gift
    if gift.giver_id != ask.giver_id:
        raise gifts.GiftNotAvailable
    draw = (await draws.of_gifts(tx, [gift.id])).get(gift.id) if gift.mode == "draw" else None
    reason = gifts.why_no_word(gift)
    if draw is not None and not reason:
        reason = draws.why_no_word(guests_only=draw.guests_only, is_drawn=draw.drawn_at is not None)
    if reason:
        raise safe_words.SafeWordNotHere(reason=reason)
    if ask.word is None:
        await safe_words.take_off(tx, gift.id)
    else:
        await safe_words.put(tx, gift.id, gift.giver_id, safe_words.check_word(ask.word), question)
        await gifts.let_go_on(tx, gift)  # where its link went around, the word is the giver's answer
    return Locked(gift.id, ask.word is not None)


async def type_the_word(ground: Ground, ask: TypeTheWord, once: Once) -> Typed:
    """Raises GiftNotAvailable, GiftIsYourOwn, SafeWordWrong, SafeWordSpent, FieldNotValid."""
    typed = await run_once(ground.db, once, Typed, lambda tx: _type(tx, ask))
    if not typed.is_right:
        raise safe_words.SafeWordWrong(left=typed.left)
    return typed


async def _type(tx: Tx, ask: TypeTheWord) -> Typed:
    word = safe_words.check_word(ask.word)
    gift = (await gifts.by_tokens(tx, [ask.token])).get(ask.token)
    if gift is None or not gifts.is_claimable(gift, tx.now):
        raise gifts.GiftNotAvailable
    gifts.judge_recipient(gift, ask.person_id, in_its_group=True)
    tried = await safe_words.try_word(tx, gift.id, ask.person_id, word)
    return Typed(gift.id, tried.is_right, tried.left)

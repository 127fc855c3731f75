"""Who claimed a gift, or a share of it, thanks its giver: words, a picture or a voice, once.

The moderator is asked before the transaction, as for a gift; what it holds waits for an operator, and the rest is
said at once. Then one transaction: the asker has claimed it, the files are their own, the thanks are written down and
the giver is told. Whom the giver has blocked says their thanks all the same; the giver hears and sees nothing of them.
"""

from __future__ import annotations

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.moderate import Held, judged
from renqing.social import gifts, media, moderation, thanks
from renqing.social.moderation import Suspect
from renqing.social.moderation.ports import Moderator


class ThankTheGiver(msgspec.Struct, frozen=True, kw_only=True):
    """Who thanks for which gift, and with what. Ids are of the asker's own files."""

    person_id: int
    gift_id: int
    words: str = ""
    picture_id: int | None = None
    voice_id: int | None = None


class Thanked(msgspec.Struct, frozen=True):
    """It is said. ``waits``: a part of it waits for an operator."""

    gift_id: int
    waits: bool


async def thank_the_giver(
    ground: Ground, ask: ThankTheGiver, once: Once, moderator: Moderator | None = None
) -> Thanked:
    """Raises GiftNotAvailable for who has not claimed it, ThankedAlready, MediaUnknown, FieldNotValid."""
    words = thanks.check_said(ask.words, ask.picture_id, ask.voice_id)
    suspects = [
        Suspect("thanks", words),
        Suspect("thanks_picture", media_id=ask.picture_id),
        Suspect("thanks_voice", media_id=ask.voice_id),
    ]
    held = await judged(ground, moderator, suspects)
    return await run_once(ground.db, once, Thanked, lambda tx: _story(tx, ask, words, held))


async def _story(tx: Tx, ask: ThankTheGiver, words: str, held: Held) -> Thanked:
    gift = await gifts.by_id(tx, ask.gift_id)
    if gift is None or not await _has_it(tx, gift, ask.person_id):
        raise gifts.GiftNotAvailable
    pieces = {suspect.piece for suspect in held}
    shown = thanks.Thanks(
        gift_id=gift.id,
        person_id=ask.person_id,
        giver_id=gift.giver_id,
        words="" if "thanks" in pieces else words,
        picture_id=None if "thanks_picture" in pieces else ask.picture_id,
        voice_id=None if "thanks_voice" in pieces else ask.voice_id,
    )
    await thanks.say(tx, shown)
    files: dict[int | None, media.MediaKind] = {ask.picture_id: "picture", ask.voice_id: "voice"}
    await media.use(tx, ask.person_id, {file: kind for file, kind in files.items() if file is not None})
    await moderation.hold(tx, gift.id, ask.person_id, held)
    return Thanked(gift.id, bool(held))


async def _has_it(tx: Tx, gift: gifts.Gift, person_id: int) -> bool:
    if gift.shares == 1:
        return gift.claimed_by == person_id
    return await gifts.share_of_person(tx, gift.id, person_id) is not None

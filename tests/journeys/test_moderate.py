"""What was held waits for an operator: approved it stands where it was written for, refused it never does."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from household import worker_of
from town import Town, build_town, claim, give_paid

from renqing.books import people
from renqing.foundation.ground import Ground
from renqing.journeys.moderate import (
    ChangeTheWords,
    DecideAPiece,
    Decided,
    WordKept,
    change_the_words,
    decide_a_piece,
    judged,
)
from renqing.journeys.thank_the_giver import ThankTheGiver, thank_the_giver
from renqing.social import moderation, wrappings
from renqing.social.moderation import PieceDecidedAlready, PieceUnknown, Suspect, WordList
from renqing.social.wrappings import Wrapping

VOICE, VIDEO, COVER = 901, 902, 903


@pytest_asyncio.fixture
async def town(ground: Ground) -> Town:
    made = await build_town(ground)
    await ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, made.cai, people.Role.OPERATOR))
    return made


async def held(town: Town, gift_id: int, author_id: int, suspect: Suspect) -> int:
    """The id of a piece that waits."""
    await town.ground.db.run(lambda tx: moderation.hold(tx, gift_id, author_id, {suspect: "word"}))
    return int(await town.ground.db.fetchval("SELECT max(id) FROM moderation_piece"))


async def decide(town: Town, piece_id: int, verdict: Any, reason: str = "", by: int | None = None) -> Decided:
    ask = DecideAPiece(by or town.cai, piece_id, verdict, reason)
    return await decide_a_piece(town.ground, ask, town.key(ask.operator_id))


async def word(town: Town, text: str, *, is_on: bool, by: int | None = None) -> WordKept:
    ask = ChangeTheWords(by or town.cai, text, is_on)
    return await change_the_words(town.ground, ask, town.key(ask.operator_id))


async def facts(town: Town, kind: str) -> list[dict[str, Any]]:
    rows = await town.ground.db.fetch("SELECT payload FROM outbox_fact WHERE kind = $1 ORDER BY id", kind)
    return [dict(row["payload"]) for row in rows]


async def told(town: Town, person_id: int) -> list[tuple[str, str | None]]:
    """What somebody is told of decisions, with the reason."""
    await worker_of(town.ground).drain()
    rows = await town.ground.db.fetch(
        "SELECT kind, facts FROM notice_notice WHERE person_id = $1 AND kind LIKE '%piece%' ORDER BY id", person_id
    )
    return [(row["kind"], row["facts"].get("reason")) for row in rows]


async def stands(town: Town, gift_id: int) -> tuple[str, str, Wrapping | None]:
    """A gift's greeting and cover, and what lies in it."""
    row = await town.ground.db.fetchrow("SELECT greeting, cover FROM gift_gift WHERE id = $1", gift_id)
    assert row is not None
    return row["greeting"], row["cover"], await wrappings.of_gift(town.ground.db, gift_id)


@pytest.mark.parametrize(
    ("suspect", "greeting", "cover", "inside"),
    [
        (Suspect("greeting", "恭喜"), "恭喜", "thanks", None),
        (Suspect("cover", media_id=COVER), "", f"own-{COVER}", None),
        (Suspect("note", "信"), "", "thanks", {"note": "信"}),
        (Suspect("voice", media_id=VOICE), "", "thanks", {"voice_id": VOICE}),
        (Suspect("video", media_id=VIDEO), "", "thanks", {"video_id": VIDEO}),
    ],
    ids=lambda given: given.piece if isinstance(given, Suspect) else "",
)
async def test_an_approved_piece_goes_into_its_gift_and_a_refused_one_does_not(
    town: Town, suspect: Suspect, greeting: str, cover: str, inside: dict[str, Any] | None
):
    gift = await give_paid(town, town.an, town.bo, town.red, greeting="")
    before = await stands(town, gift.gift_id)
    refused = await held(town, gift.gift_id, town.an, suspect)
    await decide(town, refused, "refused", "广告")
    assert await stands(town, gift.gift_id) == before == ("", "thanks", None)
    approved = await held(town, gift.gift_id, town.an, suspect)
    assert await decide(town, approved, "approved") == Decided(approved, "approved")
    lies = inside and Wrapping(gift_id=gift.gift_id, giver_id=town.an, **inside)
    assert await stands(town, gift.gift_id) == (greeting, cover, lies)
    said = [(one["piece"], one["verdict"], one["reason"]) for one in await facts(town, "PieceDecided")]
    assert said == [(suspect.piece, "refused", "广告"), (suspect.piece, "approved", "")]
    assert await told(town, town.an) == [("gift_piece_refused", "广告"), ("gift_piece_approved", None)]


async def test_thanks_that_were_held_are_shown_and_told_once_with_the_first_piece_of_them(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    await claim(town, town.bo, gift.gift_id)
    await word(town, "加微信", is_on=True)
    said = ThankTheGiver(person_id=town.bo, gift_id=gift.gift_id, words="加微信吧")
    await thank_the_giver(town.ground, said, town.key(town.bo))
    assert await facts(town, "GiftThanked") == [], "there is nothing to see yet"
    [first] = await moderation.of_gift(town.ground.db, gift.gift_id)
    assert (first.piece, first.body, first.why) == ("thanks", "加微信吧", "加微信")
    await decide(town, first.id, "approved")
    assert await told(town, town.bo) == [("thanks_piece_approved", None)]
    assert len(await facts(town, "GiftThanked")) == 1
    await decide(town, await held(town, gift.gift_id, town.bo, Suspect("thanks_voice", media_id=VOICE)), "approved")
    await decide(town, await held(town, gift.gift_id, town.bo, Suspect("thanks_picture", media_id=COVER)), "approved")
    assert len(await facts(town, "GiftThanked")) == 1, "what comes later is seen beside the first"
    row = await town.ground.db.fetchrow("SELECT words, picture_id, voice_id FROM thanks_note")
    assert row is not None
    assert tuple(row.values()) == ("加微信吧", COVER, VOICE)


async def test_a_piece_is_decided_once_and_by_an_operator(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red, greeting="")
    piece = await held(town, gift.gift_id, town.an, Suspect("greeting", "恭喜"))
    with pytest.raises(PieceUnknown):
        await decide(town, piece, "approved", by=town.an)
    with pytest.raises(PieceUnknown):
        await decide(town, piece + 1, "approved")
    assert (await stands(town, gift.gift_id))[0] == ""
    await decide(town, piece, "approved")
    with pytest.raises(PieceDecidedAlready):
        await decide(town, piece, "refused", "广告")
    assert (await stands(town, gift.gift_id))[0] == "恭喜"
    [kept] = await moderation.of_gift(town.ground.db, gift.gift_id)
    assert (kept.state, kept.decided_by, kept.decided_at) == ("approved", town.cai, town.ground.clock.now())


async def test_a_word_holds_from_when_it_is_put_on_the_list_until_it_is_taken_off(town: Town):
    async def why() -> list[str]:
        return list((await judged(town.ground, None, [Suspect("greeting", "加 微 信")])).values())

    assert await why() == []
    with pytest.raises(PieceUnknown):
        await word(town, "加微信", is_on=True, by=town.an)
    assert await why() == []
    assert await word(town, " 加微信 ", is_on=True) == WordKept("加微信")
    assert await why() == ["加微信"]
    with pytest.raises(PieceUnknown):
        await word(town, "加微信", is_on=False, by=town.an)
    await word(town, "加微信", is_on=False)
    assert await why() == []


async def test_a_file_waits_for_a_look_only_where_the_operator_wants_it(town: Town):
    suspects = [Suspect("note", "信"), Suspect("voice", media_id=VOICE), Suspect("thanks_picture", media_id=COVER)]
    assert await WordList(town.ground.db).judge(suspects) == {}
    assert await WordList(town.ground.db, files_wait=True).judge(suspects) == {1: "file", 2: "file"}


async def test_what_somebody_wrote_leaves_the_queue_with_them(town: Town):
    gift = await give_paid(town, town.an, town.bo, town.red, greeting="")
    waits = await held(town, gift.gift_id, town.an, Suspect("greeting", "恭喜"))
    decided = await held(town, gift.gift_id, town.an, Suspect("note", "信"))
    others = await held(town, gift.gift_id, town.bo, Suspect("note", "谢"))
    await decide(town, decided, "refused", "广告")
    await town.ground.db.run(lambda tx: moderation.forget(tx, town.an))
    left = {one.id: one.body for one in await moderation.of_gift(town.ground.db, gift.gift_id)}
    assert waits not in left
    assert left == {decided: "", others: "谢"}

"""What was held of gifts, for operators to decide; and the words that hold it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, once_without_body, reader_of
from renqing.foundation.database import TextNotKept
from renqing.journeys.moderate import ChangeTheWords, DecideAPiece, change_the_words, decide_a_piece
from renqing.social.moderation import (
    REASON_CHARACTERS_MAX,
    WORD_CHARACTERS_MAX,
    Piece,
    PieceDecidedAlready,
    PieceUnknown,
    Verdict,
)
from renqing.views.moderation_desk import PieceRow, moderation_desk

allow(
    Audience.OPERATOR,
    "GET /v1/operator/moderation",
    "POST /v1/operator/moderation/{piece_id:str}/decision",
    "POST /v1/operator/moderation-words",
    "DELETE /v1/operator/moderation-words/{word:str}",
)

TAG = "operators: work"


class DecisionIn(Body, frozen=True, kw_only=True):
    """Approve, or refuse with a reason that its giver reads."""

    decision: Verdict
    reason: Annotated[str, msgspec.Meta(max_length=REASON_CHARACTERS_MAX * 4)] = ""


class ModerationWordIn(Body, frozen=True, kw_only=True):
    """What holds one of these waits for a look."""

    word: Annotated[str, msgspec.Meta(min_length=1, max_length=WORD_CHARACTERS_MAX * 4)]


class ModerationWord(msgspec.Struct, frozen=True):
    """The word as it is looked for."""

    word: str


class HeldPieceOut(msgspec.Struct, frozen=True):
    """Something that a giver put with a gift, held for a look. ``path`` shows its file."""

    id: str
    gift_id: str
    author: str
    piece: Piece
    body: str
    path: str
    why: str
    state: str
    reason: str
    made_at: datetime
    decided_by: str
    decided_at: datetime | None


class ModerationOut(msgspec.Struct, frozen=True):
    """What waits, the oldest first; what was decided, the latest first; the words."""

    waiting: list[HeldPieceOut]
    decided: list[HeldPieceOut]
    words: list[str]


class PieceDecidedOut(msgspec.Struct, frozen=True):
    """What was decided."""

    id: str
    decision: Verdict


@get("/v1/operator/moderation", tags=[TAG])
async def read_moderation(request: AnyRequest) -> ModerationOut:
    """The queue, what was decided lately, and the word list."""
    desk = await moderation_desk(house_of(request).ground, reader_of(request).person_id)
    return ModerationOut([_piece(row) for row in desk.waiting], [_piece(row) for row in desk.decided], desk.words)


def _piece(row: PieceRow) -> HeldPieceOut:
    return HeldPieceOut(**{**msgspec.structs.asdict(row), "id": str(row.id), "gift_id": str(row.gift_id)})


@post(
    "/v1/operator/moderation/{piece_id:str}/decision",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(PieceUnknown, PieceDecidedAlready),
)
async def decide(request: AnyRequest, piece_id: FromPath[str], data: JSONBody[DecisionIn]) -> PieceDecidedOut:
    """Decide about a piece, once. Approved, it goes into its gift as it was made; its giver is told either way."""
    ask = DecideAPiece(reader_of(request).person_id, id_in(piece_id), data.decision, data.reason)
    decided = await decide_a_piece(house_of(request).ground, ask, once_of(request, data))
    return PieceDecidedOut(str(decided.piece_id), decided.verdict)


@post("/v1/operator/moderation-words", tags=[TAG], status_code=HTTP_200_OK, refuses=(PieceUnknown,))
async def put_word(request: AnyRequest, data: JSONBody[ModerationWordIn]) -> ModerationWord:
    """Put a word on the list: it holds from the next gift on."""
    ask = ChangeTheWords(reader_of(request).person_id, data.word, is_on=True)
    return ModerationWord((await change_the_words(house_of(request).ground, ask, once_of(request, data))).word)


@delete(
    "/v1/operator/moderation-words/{word:str}",
    tags=[TAG],
    status_code=HTTP_200_OK,
    refuses=(PieceUnknown, TextNotKept),
)
async def take_word(request: AnyRequest, word: FromPath[str]) -> ModerationWord:
    """Take a word off the list."""
    ask = ChangeTheWords(reader_of(request).person_id, word, is_on=False)
    kept = await change_the_words(house_of(request).ground, ask, await once_without_body(request))
    return ModerationWord(kept.word)


routes = [read_moderation, decide, put_word, take_word]

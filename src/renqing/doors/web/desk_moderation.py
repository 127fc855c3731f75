"""An operator's queue: what was held of gifts, and the words that hold it."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, id_in
from renqing.doors.web.desk_frame import ground_of, operator_page
from renqing.doors.web.shell import deed, form_of, go, my_id
from renqing.foundation.errors import FieldNotValid, Refusal
from renqing.journeys.moderate import ChangeTheWords, DecideAPiece, change_the_words, decide_a_piece
from renqing.social.moderation import PieceDecidedAlready, Verdict
from renqing.views.moderation_desk import moderation_desk

allow(
    Audience.OPERATOR,
    "GET /desk/operator/moderation",
    "POST /desk/operator/moderation/words",
    "POST /desk/operator/moderation/{piece_id:str}",
)


@get("/desk/operator/moderation")
async def moderation_page(request: AnyRequest) -> Response[str]:
    """What waits for a look."""
    return await _desk(request)


async def _desk(request: AnyRequest, refusal: Refusal | None = None) -> Response[str]:
    seen = await moderation_desk(ground_of(request), my_id(request))
    return await operator_page(request, "desk/operator/moderation.html", "moderation", refusal, page=seen)


@post("/desk/operator/moderation/words")
async def words_page(request: AnyRequest) -> Response[str]:
    """A word onto the list, or off it."""
    form = await form_of(request)
    ask = ChangeTheWords(my_id(request), form.get("word", ""), is_on=form.get("on") == "1")
    try:
        await change_the_words(ground_of(request), ask, deed(request, form))
    except FieldNotValid as refusal:
        return await _desk(request, refusal)
    return go(request, "/desk/operator/moderation", "desk_words")


@post("/desk/operator/moderation/{piece_id:str}")
async def decide_page(request: AnyRequest, piece_id: FromPath[str]) -> Response[str]:
    """Approve, or refuse with a reason."""
    form = await form_of(request)
    verdict: Verdict = "approved" if form.get("verdict") == "approved" else "refused"
    ask = DecideAPiece(my_id(request), id_in(piece_id), verdict, form.get("reason", ""))
    try:
        await decide_a_piece(ground_of(request), ask, deed(request, form))
    except (FieldNotValid, PieceDecidedAlready) as refusal:
        return await _desk(request, refusal)
    return go(request, "/desk/operator/moderation", "desk_piece_decided")


routes = [moderation_page, words_page, decide_page]

"""A refund that the giver of a claimed gift asks for, and the one tap of who has it."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.gifts import sent_again
from renqing.doors.web.shell import deed, form_of, go, language_of, my_id
from renqing.doors.web.thanking import kept_page
from renqing.foundation.errors import Refusal
from renqing.journeys.ask_for_a_refund import AnswerARefundAsk, AskForARefund, answer_a_refund_ask, ask_for_a_refund
from renqing.social.gifts import GiftNotAvailable
from renqing.views.gift_page import KeptGift, gift_page

allow(
    Audience.PERSON,
    "POST /gifts/{gift_id:str}/refund-ask",
    "POST /gifts/{gift_id:str}/refund-ask/answer",
)


@post("/gifts/{gift_id:str}/refund-ask")
async def ask(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Ask who has it."""
    form, number = await form_of(request), id_in(gift_id)
    try:
        wanted = AskForARefund(my_id(request), number, form.get("sentence", ""))
        await ask_for_a_refund(house_of(request).ground, wanted, deed(request, form))
    except Refusal as refusal:
        return await sent_again(request, number, refusal)
    return go(request, f"/gifts/{number}", "refund_asked")


@post("/gifts/{gift_id:str}/refund-ask/answer")
async def answer(request: AnyRequest, gift_id: FromPath[str]) -> Response[str]:
    """Yes or no."""
    form, number = await form_of(request), id_in(gift_id)
    agrees = form.get("answer") == "yes"
    try:
        said = AnswerARefundAsk(my_id(request), number, agrees)
        await answer_a_refund_ask(house_of(request).ground, said, deed(request, form))
    except Refusal as refusal:
        found = await gift_page(house_of(request).ground, my_id(request), number)
        if not isinstance(found, KeptGift):
            raise GiftNotAvailable from refusal
        return await kept_page(request, found, problem=words_of(refusal, language_of(request)))
    return go(request, f"/gifts/{number}", "refund_agreed" if agrees else "refund_declined")


routes = [ask, answer]

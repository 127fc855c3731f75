"""A refund that the giver of a claimed gift asks for, and the one tap of who has it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, reader_of
from renqing.journeys.ask_for_a_refund import (
    AnswerARefundAsk,
    AskForARefund,
    RefundAskStands,
    answer_a_refund_ask,
    ask_for_a_refund,
)
from renqing.social.gifts import GiftNotAvailable
from renqing.trade.aftersales import (
    AftersaleNotYet,
    AftersaleOpen,
    AftersaleQuantityNotValid,
    AftersaleTooLate,
    TooManyCases,
)
from renqing.trade.refund_asks import RefundAskNotNow, RefundNotAsked
from renqing.views.refund_asks import RefundAskSeen

allow(
    Audience.PERSON,
    "POST /v1/gifts/{gift_id:str}/refund-ask",
    "POST /v1/gifts/{gift_id:str}/refund-ask/answer",
)


class RefundAskIn(Body, frozen=True, kw_only=True):
    """Why, as a ready sentence."""

    reason: Literal["late", "not_as_said", "another_gift", "other"]


class RefundAnswerIn(Body, frozen=True, kw_only=True):
    """Yes or no."""

    agrees: bool


class RefundAskStandsOut(msgspec.Struct, frozen=True):
    """How the ask stands; ``case_id`` is the after-sale that a yes opened, for who has the gift."""

    gift_id: str
    state: Literal["waiting", "agreed", "declined", "timed_out"]
    case_id: str | None


class RefundAskOut(msgspec.Struct, frozen=True):
    """A giver's ask for a refund. To its giver ``declined`` is a no or silence; ``case_id`` is for who has the gift."""

    state: Literal["waiting", "agreed", "declined"]
    reason: str
    answer_by: datetime
    case_id: str | None


def refund_ask_out(asked: RefundAskSeen | None) -> RefundAskOut | None:
    """An ask, for a program."""
    if asked is None:
        return None
    case_id = None if asked.case_id is None else str(asked.case_id)
    return RefundAskOut(asked.state, asked.reason, asked.answer_by, case_id)


@post(
    "/v1/gifts/{gift_id:str}/refund-ask",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(GiftNotAvailable, RefundAskNotNow),
)
async def ask(request: AnyRequest, gift_id: FromPath[str], data: JSONBody[RefundAskIn]) -> RefundAskStandsOut:
    """Ask who has a gift of yours for a refund, once. They agree or not; silence declines. The money would be yours."""
    wanted = AskForARefund(reader_of(request).person_id, id_in(gift_id), data.reason)
    return _out(await ask_for_a_refund(house_of(request).ground, wanted, once_of(request, data)))


@post(
    "/v1/gifts/{gift_id:str}/refund-ask/answer",
    tags=["giving"],
    status_code=HTTP_200_OK,
    refuses=(
        RefundNotAsked,
        RefundAskNotNow,
        AftersaleNotYet,
        AftersaleTooLate,
        AftersaleOpen,
        AftersaleQuantityNotValid,
        TooManyCases,
    ),
)
async def answer(request: AnyRequest, gift_id: FromPath[str], data: JSONBody[RefundAnswerIn]) -> RefundAskStandsOut:
    """Agree with one tap: an after-sale opens in your name, and the money goes to the giver. Or decline."""
    said = AnswerARefundAsk(reader_of(request).person_id, id_in(gift_id), data.agrees)
    return _out(await answer_a_refund_ask(house_of(request).ground, said, once_of(request, data)))


def _out(stands: RefundAskStands) -> RefundAskStandsOut:
    case_id = None if stands.case_id is None else str(stands.case_id)
    return RefundAskStandsOut(str(stands.gift_id), stands.state, case_id)


routes = [ask, answer]

"""A gift in return, on the pages: which gift is answered is kept beside whom it is for, until one is wrapped."""

from __future__ import annotations

from litestar import Response
from litestar.datastructures import Cookie

from renqing.doors.api.wire import AnyRequest
from renqing.doors.web.market import MEANT_SECONDS
from renqing.doors.web.shell import Form
from renqing.foundation.ids import parse_id

REPLY_COOKIE = "renqing_reply"  # whose gift the reader answers, and which


def mean_to_reply(response: Response[str], giver_id: int, gift_id: int) -> None:
    """The reader looks for something for who gave them this."""
    kept = f"{giver_id}.{gift_id}"
    response.cookies.append(Cookie(key=REPLY_COOKIE, value=kept, max_age=MEANT_SECONDS, httponly=True, samesite="lax"))


def reply_meant(request: AnyRequest, form: Form) -> int | None:
    """The gift that a wrapped one answers; none where it is for somebody else, or without a name."""
    who, _, gift_id = request.cookies.get(REPLY_COOKIE, "").partition(".")
    return parse_id(gift_id) if who and who == form.get("to") and "nameless" not in form else None


def replied(response: Response[str]) -> Response[str]:
    """It is answered: the next gift to them is one of its own."""
    response.delete_cookie(REPLY_COOKIE)
    return response

"""Report somebody: who is near, or whose gift one was sent."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import JSONBody

from renqing.books.people import PersonUnknown
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, Id, house_of, id_in, id_of, once_of, reader_of
from renqing.journeys.report_a_person import ReportAPerson, report_a_person
from renqing.social.holds import WORDS_CHARACTERS_MAX, NewReport, Reason

allow(Audience.PERSON, "POST /v1/reports")


class ReportIn(Body, frozen=True, kw_only=True):
    """Whom, why (``unwanted``, ``harassment``, ``fraud``, ``other``), in your words, and the gift it is about."""

    person_id: Id
    reason: Reason
    words: Annotated[str, msgspec.Meta(max_length=WORDS_CHARACTERS_MAX)] = ""
    gift_id: Id | None = None


class ReportOut(msgspec.Struct, frozen=True):
    """It was taken down; an operator looks at it. Whom it is about is not told."""

    id: str


@post("/v1/reports", tags=["friends"], refuses=(PersonUnknown,))
async def report_somebody(request: AnyRequest, data: JSONBody[ReportIn]) -> ReportOut:
    """Report somebody near you, or who sent you a gift. Saying it again changes your words."""
    new = NewReport(
        reporter_id=reader_of(request).person_id,
        about_id=id_in(data.person_id),
        reason=data.reason,
        words=data.words,
        gift_id=id_of(data.gift_id),
    )
    done = await report_a_person(house_of(request).ground, ReportAPerson(new), once_of(request, data))
    return ReportOut(str(done.report_id))


routes = [report_somebody]

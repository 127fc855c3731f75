"""What people report, and whom something holds: an operator decides and lifts. Which gifts wait for their givers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, Body, house_of, id_in, once_of, once_without_body, reader_of
from renqing.journeys.report_a_person import DecideAReport, LiftAHold, decide_a_report, lift_a_hold
from renqing.social.holds import HOLD_DAYS_MAX, HoldUnknown, ReportUnknown, Verdict
from renqing.views.operator_holds import operator_holds

TAG = "operators: work"
allow(
    Audience.OPERATOR,
    "GET /v1/operator/reports",
    "POST /v1/operator/reports/{report_id:str}/verdict",
    "GET /v1/operator/holds",
    "DELETE /v1/operator/holds/{hold_id:str}",
    "GET /v1/operator/waiting-gifts",
)


class VerdictIn(Body, frozen=True, kw_only=True):
    """``held``: for ``days`` they give nothing, or receive nothing (``verb``); or ``dismissed``."""

    verdict: Verdict
    days: Annotated[int, msgspec.Meta(ge=1, le=HOLD_DAYS_MAX)] = 7
    verb: Literal["give", "receive"] = "give"


class ReportLine(msgspec.Struct, frozen=True):
    """An open report. ``reporters``: how many people reported the same person."""

    id: str
    about_id: str
    about: str
    reporter: str
    reason: str
    words: str
    gift_id: str | None
    made_at: datetime
    reporters: int


class HoldLine(msgspec.Struct, frozen=True):
    """A hold that stands, from ``verb``. ``made_by`` empty: the rule itself."""

    id: str
    person_id: str
    person: str
    verb: str
    rule: str
    made_at: datetime
    made_by: str
    ends_at: datetime


class WaitingGiftLine(msgspec.Struct, frozen=True):
    """A gift that nobody claims for now: its link went around, so many opened it. It ends by its giver or ``until``."""

    gift_id: str
    reason: Literal["link_leaks"]
    openers: int
    since: datetime
    until: datetime


class DecidedOut(msgspec.Struct, frozen=True):
    """It is so."""

    id: str


@get("/v1/operator/reports", tags=[TAG])
async def list_reports(request: AnyRequest) -> list[ReportLine]:
    """Reports that wait for a verdict, the oldest first."""
    seen = await operator_holds(house_of(request).ground, reader_of(request).person_id)
    return [
        ReportLine(
            str(row.report_id),
            str(row.about_id),
            row.about,
            row.reporter,
            row.reason,
            row.words,
            None if row.gift_id is None else str(row.gift_id),
            row.made_at,
            row.reporters,
        )
        for row in seen.reports
    ]


@post("/v1/operator/reports/{report_id:str}/verdict", tags=[TAG], status_code=HTTP_200_OK, refuses=(ReportUnknown,))
async def decide_report(request: AnyRequest, report_id: FromPath[str], data: JSONBody[VerdictIn]) -> DecidedOut:
    """Decide about a report."""
    ask = DecideAReport(reader_of(request).person_id, id_in(report_id), data.verdict, data.days, data.verb)
    return DecidedOut(str((await decide_a_report(house_of(request).ground, ask, once_of(request, data))).id))


@get("/v1/operator/holds", tags=[TAG])
async def list_holds(request: AnyRequest) -> list[HoldLine]:
    """Whom something holds, the latest first."""
    seen = await operator_holds(house_of(request).ground, reader_of(request).person_id)
    return [
        HoldLine(
            str(row.hold_id), str(row.person_id), row.person, row.verb, row.rule, row.made_at, row.made_by, row.ends_at
        )
        for row in seen.holds
    ]


@get("/v1/operator/waiting-gifts", tags=[TAG])
async def list_waiting_gifts(request: AnyRequest) -> list[WaitingGiftLine]:
    """Gifts that wait for their givers, the longest first. Letting one go on is its giver's."""
    seen = await operator_holds(house_of(request).ground, reader_of(request).person_id)
    return [WaitingGiftLine(str(row.gift_id), "link_leaks", row.openers, row.since, row.until) for row in seen.waiting]


@delete("/v1/operator/holds/{hold_id:str}", tags=[TAG], status_code=HTTP_200_OK, refuses=(HoldUnknown,))
async def lift_hold(request: AnyRequest, hold_id: FromPath[str]) -> DecidedOut:
    """End a hold now."""
    ask = LiftAHold(reader_of(request).person_id, id_in(hold_id))
    return DecidedOut(str((await lift_a_hold(house_of(request).ground, ask, await once_without_body(request))).id))


routes = [list_reports, decide_report, list_holds, lift_hold, list_waiting_gifts]

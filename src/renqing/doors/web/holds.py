"""Reporting somebody, and the operator's desk where reports and holds are decided."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, house_of, id_in
from renqing.doors.problems import words_of
from renqing.doors.web.desk_frame import ground_of, operator_page
from renqing.doors.web.shell import Form, deed, form_of, go, language_of, my_id, page, whole
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.foundation.ids import parse_id
from renqing.journeys.report_a_person import (
    DecideAReport,
    LiftAHold,
    ReportAPerson,
    decide_a_report,
    lift_a_hold,
    report_a_person,
)
from renqing.social.holds import HOLD_DAYS_MAX, REASONS, WORDS_CHARACTERS_MAX, NewReport, Verb
from renqing.views.friends_page import person_page
from renqing.views.operator_holds import operator_holds

allow(Audience.PERSON, "GET /people/{person_id:str}/report", "POST /people/{person_id:str}/report")
allow(
    Audience.OPERATOR,
    "GET /desk/operator/holds",
    "POST /desk/operator/reports/{report_id:str}",
    "POST /desk/operator/holds/{hold_id:str}/lift",
)


# people ---------------------------------------------------------------------------------------------------------------
@get("/people/{person_id:str}/report")
async def report_page(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """What is wrong."""
    return await _report(request, id_in(person_id), {"gift": request.query_params.get("gift", "")})


async def _report(request: AnyRequest, person_id: int, form: Form, problem: str = "") -> Response[str]:
    found = await person_page(house_of(request).ground, my_id(request), person_id)
    values = {"person": found.person, "form": form, "reasons": REASONS, "words_max": WORDS_CHARACTERS_MAX}
    return await page(request, "report.html", status=422 if problem else 200, tab="me", problem=problem, **values)


@post("/people/{person_id:str}/report")
async def report(request: AnyRequest, person_id: FromPath[str]) -> Response[str]:
    """Take it down."""
    form, about_id = await form_of(request), id_in(person_id)
    try:
        reason = next((one for one in REASONS if one == form.get("reason")), None)
        if reason is None:
            raise FieldNotValid(field="reason", reason="unknown")
        new = NewReport(my_id(request), about_id, reason, form.get("words", ""), parse_id(form.get("gift", "")))
        await report_a_person(house_of(request).ground, ReportAPerson(new), deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _report(request, about_id, form, words_of(refusal, language_of(request)))
    return go(request, f"/people/{about_id}", "reported")


# the operator ---------------------------------------------------------------------------------------------------------
async def _holds(request: AnyRequest, refusal: Refusal | None = None) -> Response[str]:
    seen = await operator_holds(ground_of(request), my_id(request))
    return await operator_page(request, "desk/operator/holds.html", "holds", refusal, page=seen, days_max=HOLD_DAYS_MAX)


@get("/desk/operator/holds")
async def holds_page(request: AnyRequest) -> Response[str]:
    """Reports that wait, and holds that stand."""
    return await _holds(request)


@post("/desk/operator/reports/{report_id:str}")
async def decide(request: AnyRequest, report_id: FromPath[str]) -> Response[str]:
    """Hold whom it is about, or dismiss it."""
    form, number = await form_of(request), id_in(report_id)
    try:
        held = form.get("verdict") == "held"
        days = whole(form, "days", least=1, most=HOLD_DAYS_MAX) if held else 1
        verb: Verb = "receive" if form.get("verb") == "receive" else "give"
        ask = DecideAReport(my_id(request), number, "held" if held else "dismissed", days, verb)
        await decide_a_report(ground_of(request), ask, deed(request, form))
    except FieldNotValid as refusal:
        return await _holds(request, refusal)
    return go(request, "/desk/operator/holds", "desk_decided")


@post("/desk/operator/holds/{hold_id:str}/lift")
async def lift(request: AnyRequest, hold_id: FromPath[str]) -> Response[str]:
    """End it now."""
    form = await form_of(request)
    await lift_a_hold(ground_of(request), LiftAHold(my_id(request), id_in(hold_id)), deed(request, form))
    return go(request, "/desk/operator/holds", "desk_lifted")


routes = [report_page, report, holds_page, decide, lift]

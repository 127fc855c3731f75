"""How a refusal is told: one table from kinds to statuses, RFC 9457 problem details for programs, words for people."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR, HTTP_503_SERVICE_UNAVAILABLE

from renqing.foundation import errors
from renqing.foundation.batcher import BatcherFull
from renqing.foundation.database import DatabaseAway
from renqing.foundation.logs import log
from renqing.foundation.money import Money
from renqing.foundation.text import LANGUAGES, Language, best_language, knows, say
from renqing.trade.payments.ports import CallbackForged

LEFT_EARLY = "client disconnected prematurely"  # the framework's words, for what is not our fault
HTTP_499_CLIENT_LEFT = 499  # no standard has one: nobody reads it but the metrics
AWAY_RETRY_SECONDS = 2  # when to repeat what was neither yes nor no
PROBLEM = "application/problem+json; charset=utf-8"
LANGUAGE_COOKIE = "renqing_language"  # what was chosen on our pages

# The first kind that fits decides.
STATUSES: tuple[tuple[type[errors.Refusal], int], ...] = (
    (DatabaseAway, 503),
    (errors.NotSignedIn, 401),
    (CallbackForged, 401),
    (errors.NotFound, 404),
    (errors.NotAllowed, 403),
    (errors.NotValid, 422),
    (errors.TooMany, 429),
    (errors.NotSure, 503),
    (errors.NotNow, 409),
)


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details. ``code`` is stable; ``title`` says in the reader's language what to do."""

    type: str
    title: str
    status: int
    code: str
    facts: dict[str, Any] = {}


def status_of(kind: type[errors.Refusal]) -> int:
    """The HTTP status of a kind of refusal."""
    return next((status for known, status in STATUSES if issubclass(kind, known)), 400)


def words_of(refusal: errors.Refusal, language: Language) -> str:
    """What a refusal says to people: its own words, or its field's, with the facts filled in.

    Of a fact in both languages (``shop_zh``, ``shop_en``) the words name the reader's, ``shop``.
    """
    facts = {name: value for name, value in refusal.facts.items() if value is not None}
    facts |= {name[:-3]: facts[f"{name[:-3]}_{language}"] for name in [*facts] if name.endswith("_zh")}
    if "total" in facts and "currency" in facts:
        facts["amount"] = Money(facts["total"], facts["currency"]).text()
    if isinstance(refusal, errors.FieldNotValid):
        key = f"field.{facts.get('field')}.{facts.get('reason')}"
        if knows(key):
            return say(key, language, **facts)
        key = f"field_reason.{facts.get('reason')}"
        if knows(key):
            return say(key, language, **facts)
    key = f"error.{refusal.code}.{facts.get('reason')}"
    if knows(key):
        return say(key, language, **facts)
    return say(f"error.{refusal.code}", language, **facts)


def problem_of(refusal: errors.Refusal, language: Language) -> Problem:
    """A refusal as problem details. Ids in facts are decimal strings."""
    facts = {
        name: str(value) if name.endswith("_id") else value
        for name, value in refusal.facts.items()
        if value is not None
    }
    return Problem(
        type=f"/docs/errors#{refusal.code}",
        title=words_of(refusal, language),
        status=status_of(type(refusal)),
        code=refusal.code,
        facts=facts,
    )


def language_of(request: Request[Any, Any, Any]) -> Language:
    """What the reader chose on our pages, else their account's language, else what their client accepts.

    Programs carry no cookies; what a page asks for by itself answers in the language of the page.
    """
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    for language in LANGUAGES:
        if chosen == language:
            return language
    reader = getattr(request.state, "reader", None)
    return reader.language if reader is not None else best_language(request.headers.get("accept-language"))


def refusal_of(failure: Exception) -> errors.Refusal | None:
    """The refusal that a failure amounts to, or None for what is our own fault."""
    match failure:
        case errors.Refusal():
            return failure
        case BatcherFull():
            return errors.TooMany(limit="waiting", retry_after_seconds=1)
        case ValidationException():
            return _parameter_refused(failure)
        case NotFoundException():
            return errors.NotFound()
        case HTTPException() if failure.status_code < HTTP_500_INTERNAL_SERVER_ERROR or failure.detail == LEFT_EARLY:
            return RequestNotValid(why=failure.detail, status=min(failure.status_code, HTTP_499_CLIENT_LEFT))
        case _:
            return None


def _parameter_refused(failure: ValidationException) -> errors.Refusal:
    """Which part of the request does not fit its type: Litestar says it beside its own words."""
    wrong = failure.extra[0] if isinstance(failure.extra, list) and failure.extra else {}
    field = wrong.get("key") or next(iter(re.findall(r"parameter '([\w-]+)'", failure.detail)), "")
    if field in ("", "data"):
        return BodyNotValid(why="this route takes a JSON body")
    return ParameterNotValid(field=field, why=wrong.get("message", "it is missing"))


class BodyNotValid(errors.NotValid):
    """The body is not what this route takes: unknown or missing fields, wrong types, out of range.

    Facts: ``why`` and, where one can be named, the ``field`` by its path.
    """

    code = "body_not_valid"


class ParameterNotValid(errors.NotValid):
    """A part of the address is not what this route takes. Facts: ``field``, ``why``."""

    code = "parameter_not_valid"


class RequestNotValid(errors.NotValid):
    """The request itself is malformed: its method, media type or size. Fact: ``why``."""

    code = "request_not_valid"


class Told(NamedTuple):
    """A failure as it goes out."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    media_type: bytes = PROBLEM.encode()


def told(failure: Exception, language: Language, *, route: str) -> Told:
    """What a program is told of a failure. What is our own fault is logged and told without its insides."""
    refusal = refusal_of(failure)
    if refusal is None:
        log.error("request_failed", route=route, exc_info=failure)
        problem = Problem("/docs/errors#internal", say("error.internal", language), 500, "internal")
    else:
        problem = problem_of(refusal, language)
        if isinstance(refusal, RequestNotValid):
            problem = msgspec.structs.replace(problem, status=refusal.facts["status"])
    headers = []
    if refusal is not None and "retry_after_seconds" in refusal.facts:
        headers.append((b"retry-after", str(refusal.facts["retry_after_seconds"]).encode()))
    elif problem.status == HTTP_503_SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", str(AWAY_RETRY_SECONDS).encode()))
    if isinstance(refusal, errors.NotSignedIn):
        headers.append((b"www-authenticate", b"Bearer"))
    return Told(problem.status, headers, msgspec.json.encode(problem))


def answer_json(request: Request[Any, Any, Any], failure: Exception) -> Response[bytes]:
    """Tell a program what stopped it."""
    said = told(failure, language_of(request), route=request.scope.get("path_template", ""))
    headers = {name.decode(): value.decode() for name, value in said.headers}
    return Response(said.body, status_code=said.status, media_type=PROBLEM, headers=headers)

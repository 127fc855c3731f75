"""What waits and what is stuck: timers, facts, callbacks kept aside, payments nobody is sure of; and the check."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import (
    AnyRequest,
    Done,
    MoneyOut,
    house_of,
    id_in,
    once_without_body,
    reader_of,
)
from renqing.foundation.checks import CheckRun
from renqing.foundation.limits import Rate
from renqing.journeys.keep_a_check import KeepACheck, keep_a_check
from renqing.journeys.put_right import NothingSetAside, PutRight, run_a_timer_again, tell_a_fact_again
from renqing.views.check import check
from renqing.views.last_check import last_check
from renqing.views.operator_desk import (
    TimerRow,
    operator_callbacks,
    operator_doubts,
    operator_morning,
    operator_outbox,
    operator_timers,
)

allow(
    Audience.OPERATOR,
    "GET /v1/operator/desk",
    "GET /v1/operator/timers",
    "POST /v1/operator/timers/{timer_id:str}/run",
    "GET /v1/operator/outbox",
    "POST /v1/operator/outbox/{fact_id:str}/telling",
    "GET /v1/operator/callbacks",
    "GET /v1/operator/doubts",
    "GET /v1/operator/check",
    "POST /v1/operator/checks",
)

TAG = "operators: work"
CHECKS = Rate("checks", count=30, window_seconds=3600)  # a check walks whole tables


class OperatorDeskOut(msgspec.Struct, frozen=True):
    """What asks for an operator, and how the day goes."""

    set_aside: int
    overdue: int
    quarantined: int
    doubts: int
    out_of_balance: int
    orders_today: int
    amount_today: MoneyOut
    gifts_open: int
    people: int
    shops: int


class TimerKindOut(msgspec.Struct, frozen=True):
    """How many timers of a kind wait, are overdue or were set aside, and when the next is due."""

    kind: str
    errand: bool
    waiting: int
    overdue: int
    set_aside: int
    next_due_at: datetime | None


class TimerOut(msgspec.Struct, frozen=True):
    """A timer that an operator should see. ``key`` is the id of what it is about."""

    id: str
    kind: str
    key: str
    errand: bool
    due_at: datetime
    attempts: int
    last_error: str
    set_aside_at: datetime | None


class TimersOut(msgspec.Struct, frozen=True):
    """Timers by kind, those set aside and those overdue."""

    kinds: list[TimerKindOut]
    set_aside: list[TimerOut]
    overdue: list[TimerOut]


class FactRowOut(msgspec.Struct, frozen=True):
    """A fact that is not told yet."""

    id: str
    kind: str
    subject_id: str
    made_at: datetime
    next_at: datetime
    attempts: int
    last_error: str
    set_aside_at: datetime | None


class OutboxOut(msgspec.Struct, frozen=True):
    """How many facts wait and were set aside; those set aside first."""

    waiting: int
    set_aside: int
    oldest_at: datetime | None
    facts: list[FactRowOut]


class CallbackOut(msgspec.Struct, frozen=True):
    """A callback that changed nothing because something about it is wrong; ``why`` says what."""

    id: str
    channel: str
    event_id: str
    kind: str
    intent_id: str | None
    order_id: str | None
    why: str
    received_at: datetime


class DoubtOut(msgspec.Struct, frozen=True):
    """A payment or refund whose end the channel has not told."""

    what: str
    id: str
    order_id: str
    channel: str
    amount: MoneyOut
    since: datetime
    attempts: int
    next_at: datetime | None
    last_error: str


class DifferenceOut(msgspec.Struct, frozen=True):
    """A row that is not as it should be: what it is about, what it says, what first records say."""

    about: str
    has: str
    should: str


class FindingOut(msgspec.Struct, frozen=True):
    """What one invariant's query found. ``shown`` are the first of ``differences``."""

    id: str
    holds: bool
    differences: int
    shown: list[DifferenceOut]
    looked_at: int
    milliseconds: int


class CheckOut(msgspec.Struct, frozen=True):
    """A check: every total re-derived from first records. ``began_at`` none: the house was never checked."""

    clean: bool
    began_at: datetime | None
    milliseconds: int
    findings: list[FindingOut]


@get("/v1/operator/desk", tags=[TAG])
async def read_operator_desk(request: AnyRequest) -> OperatorDeskOut:
    """What asks for you today."""
    page = await operator_morning(house_of(request).ground, reader_of(request).person_id)
    return OperatorDeskOut(
        set_aside=page.set_aside,
        overdue=page.overdue,
        quarantined=page.quarantined,
        doubts=page.doubts,
        out_of_balance=page.out_of_balance,
        orders_today=page.orders_today,
        amount_today=MoneyOut(page.amount_today, page.currency),
        gifts_open=page.gifts_open,
        people=page.people,
        shops=page.shops,
    )


@get("/v1/operator/timers", tags=[TAG])
async def list_timers(request: AnyRequest) -> TimersOut:
    """Timers by kind, and those that need somebody."""
    page = await operator_timers(house_of(request).ground, reader_of(request).person_id)
    return TimersOut(
        kinds=[
            TimerKindOut(one.kind, one.errand, one.waiting, one.overdue, one.set_aside, one.next_due_at)
            for one in page.kinds
        ],
        set_aside=[_timer(row) for row in page.set_aside],
        overdue=[_timer(row) for row in page.overdue],
    )


def _timer(row: TimerRow) -> TimerOut:
    return TimerOut(
        id=str(row.id),
        kind=row.kind,
        key=str(row.key),
        errand=row.errand,
        due_at=row.due_at,
        attempts=row.attempts,
        last_error=row.last_error,
        set_aside_at=row.set_aside_at,
    )


@post("/v1/operator/timers/{timer_id:str}/run", tags=[TAG], status_code=HTTP_200_OK, refuses=(NothingSetAside,))
async def run_timer(request: AnyRequest, timer_id: FromPath[str]) -> Done:
    """Let a timer that was set aside run again."""
    ask = PutRight(reader_of(request).person_id, id_in(timer_id))
    await run_a_timer_again(house_of(request).ground, ask, await once_without_body(request))
    return Done()


@get("/v1/operator/outbox", tags=[TAG])
async def read_outbox(request: AnyRequest) -> OutboxOut:
    """Facts that wait to be told, and those that could not be."""
    page = await operator_outbox(house_of(request).ground, reader_of(request).person_id)
    facts = [
        FactRowOut(
            id=str(row.id),
            kind=row.kind,
            subject_id=str(row.subject_id),
            made_at=row.made_at,
            next_at=row.next_at,
            attempts=row.attempts,
            last_error=row.last_error,
            set_aside_at=row.set_aside_at,
        )
        for row in page.rows
    ]
    return OutboxOut(page.waiting, page.set_aside, page.oldest_at, facts)


@post("/v1/operator/outbox/{fact_id:str}/telling", tags=[TAG], status_code=HTTP_200_OK, refuses=(NothingSetAside,))
async def tell_again(request: AnyRequest, fact_id: FromPath[str]) -> Done:
    """Let a fact that was set aside be told again."""
    ask = PutRight(reader_of(request).person_id, id_in(fact_id))
    await tell_a_fact_again(house_of(request).ground, ask, await once_without_body(request))
    return Done()


@get("/v1/operator/callbacks", tags=[TAG])
async def list_callbacks(request: AnyRequest) -> list[CallbackOut]:
    """Callbacks kept aside: the channel signed them, and they do not fit what is booked."""
    rows = await operator_callbacks(house_of(request).ground, reader_of(request).person_id)
    return [
        CallbackOut(
            id=str(row.id),
            channel=row.channel,
            event_id=row.event_id,
            kind=row.kind,
            intent_id=None if row.intent_id is None else str(row.intent_id),
            order_id=None if row.order_id is None else str(row.order_id),
            why=row.why,
            received_at=row.received_at,
        )
        for row in rows
    ]


@get("/v1/operator/doubts", tags=[TAG])
async def list_doubts(request: AnyRequest) -> list[DoubtOut]:
    """Payments and refunds that nobody is sure of yet, the longest first."""
    rows = await operator_doubts(house_of(request).ground, reader_of(request).person_id)
    return [
        DoubtOut(
            what=row.what,
            id=str(row.id),
            order_id=str(row.order_id),
            channel=row.channel,
            amount=MoneyOut(row.amount, row.currency),
            since=row.since,
            attempts=row.attempts,
            next_at=row.next_at,
            last_error=row.last_error,
        )
        for row in rows
    ]


@get("/v1/operator/check", tags=[TAG])
async def read_check(request: AnyRequest) -> CheckOut:
    """What the last check found."""
    run = await last_check(house_of(request).ground, reader_of(request).person_id)
    return CheckOut(clean=False, began_at=None, milliseconds=0, findings=[]) if run is None else _check(run)


@post("/v1/operator/checks", tags=[TAG])
async def run_check(request: AnyRequest) -> CheckOut:
    """Re-derive every total from first records now. It reads whole tables: a few an hour."""
    ground, operator_id = house_of(request).ground, reader_of(request).person_id
    once = await once_without_body(request)
    ground.limits.spend(CHECKS, str(operator_id))
    run = await check(ground)
    await keep_a_check(ground, KeepACheck(run, operator_id), once)
    return _check(run)


def _check(run: CheckRun) -> CheckOut:
    return CheckOut(
        clean=run.is_clean,
        began_at=run.began_at,
        milliseconds=run.milliseconds,
        findings=[
            FindingOut(
                id=one.id,
                holds=one.holds,
                differences=one.differences,
                shown=[DifferenceOut(row.about, row.has, row.should) for row in one.shown],
                looked_at=one.looked_at,
                milliseconds=one.milliseconds,
            )
            for one in run.findings
        ],
    )


routes = [
    read_operator_desk,
    list_timers,
    run_timer,
    read_outbox,
    tell_again,
    list_callbacks,
    list_doubts,
    read_check,
    run_check,
]

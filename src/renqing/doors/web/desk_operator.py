"""An operator's desk: accounts and entries, what is in doubt, timers, the outbox, and the check."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, cursor_in, id_in
from renqing.doors.web.desk_frame import ground_of, offset_of, operator_page
from renqing.doors.web.shell import deed, form_of, go, language_of, my_id
from renqing.foundation.errors import Refusal
from renqing.foundation.ids import parse_id
from renqing.foundation.text import knows, say
from renqing.journeys.keep_a_check import KeepACheck, keep_a_check
from renqing.journeys.put_right import PutRight, run_a_timer_again, tell_a_fact_again
from renqing.views.check import check
from renqing.views.last_check import last_check
from renqing.views.operator_desk import (
    COUNTED_MAX,
    operator_callbacks,
    operator_doubts,
    operator_morning,
    operator_outbox,
    operator_timers,
)
from renqing.views.operator_ledger import (
    OWNER_KINDS,
    EntryUnknown,
    find_entry,
    latest_entries,
    ledger_account,
    ledger_accounts,
    ledger_entry,
)

allow(
    Audience.OPERATOR,
    "GET /desk/operator",
    "GET /desk/operator/find",
    "GET /desk/operator/accounts",
    "GET /desk/operator/accounts/{account_id:str}",
    "GET /desk/operator/entries/{entry_id:str}",
    "GET /desk/operator/doubts",
    "GET /desk/operator/timers",
    "POST /desk/operator/timers/{timer_id:str}/again",
    "GET /desk/operator/outbox",
    "POST /desk/operator/facts/{fact_id:str}/again",
    "GET /desk/operator/check",
    "POST /desk/operator/check",
)


@get("/desk/operator")
async def operator_morning_page(request: AnyRequest) -> Response[str]:
    """What asks for an operator."""
    return await _morning(request)


async def _morning(request: AnyRequest, refusal: Refusal | None = None) -> Response[str]:
    ground, reader = ground_of(request), my_id(request)
    seen = await operator_morning(ground, reader, offset_of(request))
    latest = await latest_entries(ground, reader)
    return await operator_page(
        request,
        "desk/operator/morning.html",
        "morning",
        refusal,
        page=seen,
        latest=latest,
        counted_max=COUNTED_MAX,
    )


@get("/desk/operator/find")
async def find_page(request: AnyRequest, q: FromQuery[str] = "") -> Response[str]:
    """To the entry of this number, or the first of this order's."""
    try:
        found = await find_entry(ground_of(request), my_id(request), parse_id(q.strip()) or 0)
    except EntryUnknown as unknown:
        return await _morning(request, unknown)
    return go(request, f"/desk/operator/entries/{found}")


@get("/desk/operator/accounts")
async def accounts_page(
    request: AnyRequest, owner: FromQuery[str] = "", after: FromQuery[str | None] = None
) -> Response[str]:
    """Every account of the ledger."""
    seen = await ledger_accounts(ground_of(request), my_id(request), owner, cursor_in(after))
    return await operator_page(request, "desk/operator/accounts.html", "accounts", page=seen, owner_kinds=OWNER_KINDS)


@get("/desk/operator/accounts/{account_id:str}")
async def ledger_account_page(
    request: AnyRequest, account_id: FromPath[str], after: FromQuery[str | None] = None
) -> Response[str]:
    """An account and its statement."""
    seen = await ledger_account(ground_of(request), my_id(request), id_in(account_id), after)
    return await operator_page(request, "desk/operator/account.html", "accounts", page=seen)


@get("/desk/operator/entries/{entry_id:str}")
async def entry_page(request: AnyRequest, entry_id: FromPath[str]) -> Response[str]:
    """An entry and all that its cause moved."""
    seen = await ledger_entry(ground_of(request), my_id(request), id_in(entry_id))
    return await operator_page(request, "desk/operator/entry.html", "accounts", page=seen)


@get("/desk/operator/doubts")
async def doubts_page(request: AnyRequest) -> Response[str]:
    """Payments and refunds in doubt, and callbacks in quarantine."""
    ground, reader = ground_of(request), my_id(request)
    return await operator_page(
        request,
        "desk/operator/doubts.html",
        "doubts",
        doubts=await operator_doubts(ground, reader),
        callbacks=await operator_callbacks(ground, reader),
    )


@get("/desk/operator/timers")
async def timers_page(request: AnyRequest) -> Response[str]:
    """Timers by kind, overdue and set aside."""
    seen = await operator_timers(ground_of(request), my_id(request))
    kinds = {row.kind for row in seen.kinds} | {row.kind for row in seen.set_aside + seen.overdue}
    language = language_of(request)
    names = {
        kind: say(f"desk.timer.{kind}", language) if knows(f"desk.timer.{kind}") else kind for kind in sorted(kinds)
    }
    return await operator_page(
        request, "desk/operator/timers.html", "timers", page=seen, names=names, counted_max=COUNTED_MAX
    )


@post("/desk/operator/timers/{timer_id:str}/again")
async def timer_again(request: AnyRequest, timer_id: FromPath[str]) -> Response[str]:
    """Hand a timer that was set aside back to the worker."""
    ask = PutRight(my_id(request), id_in(timer_id))
    await run_a_timer_again(ground_of(request), ask, deed(request, await form_of(request)))
    return go(request, "/desk/operator/timers", "desk_again")


@get("/desk/operator/outbox")
async def outbox_page(request: AnyRequest) -> Response[str]:
    """Facts that wait, and those that failed."""
    seen = await operator_outbox(ground_of(request), my_id(request))
    return await operator_page(request, "desk/operator/outbox.html", "outbox", page=seen, counted_max=COUNTED_MAX)


@post("/desk/operator/facts/{fact_id:str}/again")
async def fact_again(request: AnyRequest, fact_id: FromPath[str]) -> Response[str]:
    """Hand a fact that was set aside back to the worker."""
    ask = PutRight(my_id(request), id_in(fact_id))
    await tell_a_fact_again(ground_of(request), ask, deed(request, await form_of(request)))
    return go(request, "/desk/operator/outbox", "desk_again")


@get("/desk/operator/check")
async def check_page(request: AnyRequest) -> Response[str]:
    """What the last check found."""
    run = await last_check(ground_of(request), my_id(request))
    return await operator_page(request, "desk/operator/check.html", "check", run=run)


@post("/desk/operator/check")
async def check_now(request: AnyRequest) -> Response[str]:
    """Check the books now and keep what was found."""
    ground, form, reader = ground_of(request), await form_of(request), my_id(request)
    await last_check(ground, reader)
    await keep_a_check(ground, KeepACheck(await check(ground), reader), deed(request, form))
    return go(request, "/desk/operator/check", "desk_checked")


routes = [
    operator_morning_page,
    find_page,
    accounts_page,
    ledger_account_page,
    entry_page,
    doubts_page,
    timers_page,
    timer_again,
    outbox_page,
    fact_again,
    check_page,
    check_now,
]

"""A merchant's desk: what the shop pays for lateness, and what that has cost."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, cursor_in, id_in
from renqing.doors.web.desk_forms import amount_in, amount_out
from renqing.doors.web.desk_frame import ground_of, shop_page
from renqing.doors.web.rendering import percent_text
from renqing.doors.web.shell import Form, deed, form_of, go, my_id, whole
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.journeys.state_a_promise import StateAPromise, state_a_promise
from renqing.trade.lateness import HOURS_MAX, SHARE_BP_MAX, NewPromise
from renqing.views.lateness import ShopLateness, shop_lateness

_BASE = "/desk/shops/{shop_id:str}/lateness"
allow(Audience.STAFF, f"GET {_BASE}", f"POST {_BASE}")

PERCENT_DIGITS = 2


async def _desk(
    request: AnyRequest,
    shop_id: int,
    after: int | None = None,
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    seen = await shop_lateness(ground_of(request), my_id(request), shop_id, after)
    return await shop_page(
        request,
        seen.shop,
        "desk/lateness.html",
        "lateness",
        refusal,
        page=seen,
        typed=form if form is not None else _kept(seen),
    )


def _kept(seen: ShopLateness) -> Form:
    """The promise as it is typed; a good one to begin with where there is none."""
    if seen.promise is None:
        return {"share_percent": "5", "lowest_amount": "1", "highest_amount": "50", "grace_hours": "24"}
    return {
        "share_percent": percent_text(seen.promise.share_bp),
        "lowest_amount": amount_out(seen.promise.lowest_amount, seen.currency),
        "highest_amount": amount_out(seen.promise.highest_amount, seen.currency),
        "grace_hours": str(seen.promise.grace_hours),
    }


@get(_BASE)
async def desk(request: AnyRequest, shop_id: FromPath[str], after: FromQuery[str | None] = None) -> Response[str]:
    """What is promised, and what it has cost."""
    return await _desk(request, id_in(shop_id), cursor_in(after))


@post(_BASE)
async def keep(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """State it anew, or pay nothing any more."""
    form, number = await form_of(request), id_in(shop_id)
    try:
        ask = StateAPromise(my_id(request), number, _promise(form, ground_of(request).policy.currency))
        await state_a_promise(ground_of(request), ask, deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _desk(request, number, form=form, refusal=refusal)
    return go(request, f"/desk/shops/{number}/lateness", "desk_kept")


def _promise(form: Form, currency: str) -> NewPromise:
    if "pays" not in form:
        return NewPromise(0, 0, 0, 0)
    text = form.get("share_percent", "").strip().removesuffix("%").strip()
    whole_part, _, rest = text.partition(".")
    digits = whole_part + rest
    if not digits.isascii() or not digits.isdigit() or len(whole_part) > 3 or len(rest) > PERCENT_DIGITS:
        raise FieldNotValid(field="share_bp", reason="range", min=0, max=SHARE_BP_MAX)
    share_bp = int(whole_part or 0) * 100 + int(rest.ljust(PERCENT_DIGITS, "0") or 0)
    if not share_bp:
        raise FieldNotValid(field="share_bp", reason="range", min=0, max=SHARE_BP_MAX)
    lowest = form.get("lowest_amount", "").strip()
    return NewPromise(
        share_bp,
        amount_in(lowest, currency) if lowest else 0,
        amount_in(form.get("highest_amount", ""), currency),
        whole(form, "grace_hours", most=HOURS_MAX),
    )


routes = [desk, keep]

"""Webhooks on the desks: the programs that listen, how they fare, what went to each, and all of it again.

A merchant's pages and an operator's are the same with another frame. A secret is shown on the answer that makes it and
on no other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from renqing.books.people import PLATFORM
from renqing.doors.access import Audience, allow
from renqing.doors.api.wire import AnyRequest, cursor_in, id_in
from renqing.doors.web.desk_frame import ground_of, operator_page, shop_page
from renqing.doors.web.shell import Form, deed, form_of, go, many_of, my_id
from renqing.foundation.errors import FieldNotValid, NotFound, Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once
from renqing.journeys.keep_webhooks import (
    AddEndpoint,
    NameEndpoint,
    ReplayDeliveries,
    SwitchEndpoint,
    add_an_endpoint,
    remove_an_endpoint,
    replay_deliveries,
    rotate_a_secret,
    send_a_test_event,
    switch_an_endpoint,
)
from renqing.trade.webhooks import EVENTS, TEST, DeliveryState, NewEndpoint, for_owner
from renqing.views.shop_staff import ShopHead
from renqing.views.webhook_pages import webhook_deliveries, webhook_delivery, webhook_endpoints

allow(
    Audience.STAFF,
    "GET /desk/shops/{shop_id:str}/webhooks",
    "POST /desk/shops/{shop_id:str}/webhooks",
    "GET /desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}",
    "POST /desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}",
    "GET /desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}/deliveries/{delivery_id:str}",
    "POST /desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}/deliveries/{delivery_id:str}",
)
allow(
    Audience.OPERATOR,
    "GET /desk/operator/webhooks",
    "POST /desk/operator/webhooks",
    "GET /desk/operator/webhooks/{platform_endpoint_id:str}",
    "POST /desk/operator/webhooks/{platform_endpoint_id:str}",
    "GET /desk/operator/webhooks/{platform_endpoint_id:str}/deliveries/{platform_delivery_id:str}",
    "POST /desk/operator/webhooks/{platform_endpoint_id:str}/deliveries/{platform_delivery_id:str}",
)
Wanted = Literal["", "waiting", "delivered", "given_up"]


def _base(shop_id: int) -> str:
    return f"/desk/shops/{shop_id}/webhooks" if shop_id else "/desk/operator/webhooks"


async def _framed(
    request: AnyRequest, shop: ShopHead | None, template: str, refusal: Refusal | None, **values: Any
) -> Response[str]:
    values["base"] = _base(shop.id if shop else PLATFORM)
    if shop is None:
        return await operator_page(request, template, "webhooks", refusal, **values)
    return await shop_page(request, shop, template, "webhooks", refusal, **values)


# what both desks do --------------------------------------------------------------------------------------------------
async def _list(
    request: AnyRequest, shop_id: int, refusal: Refusal | None = None, secret: str = "", form: Form | None = None
) -> Response[str]:
    """The endpoints of an owner; a secret that was just made."""
    seen = await webhook_endpoints(ground_of(request), my_id(request), shop_id)
    kinds = [kind for kind in EVENTS if kind != TEST and for_owner(kind, is_platform=shop_id == PLATFORM)]
    return await _framed(
        request, seen.shop, "desk/webhooks.html", refusal, page=seen, kinds=kinds, secret=secret, form=form or {}
    )


async def _add(request: AnyRequest, shop_id: int) -> Response[str]:
    form = await form_of(request)
    types = await many_of(request, "types")
    new = NewEndpoint(form.get("url", "").strip(), form.get("description", ""), tuple(types))
    once = deed(request, {**form, "types": ",".join(types)})
    try:
        made = await add_an_endpoint(ground_of(request), AddEndpoint(my_id(request), shop_id, new), once)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _list(request, shop_id, refusal, form=form)
    return await _list(request, shop_id, secret=made.secret)


async def _one(
    request: AnyRequest,
    shop_id: int,
    endpoint_id: int,
    refusal: Refusal | None = None,
    **values: Any,
) -> Response[str]:
    """An endpoint and what went to it."""
    wanted, after = values.pop("wanted", ""), values.pop("after", None)
    state = DeliveryState(wanted) if wanted else None
    seen = await webhook_deliveries(
        ground_of(request), my_id(request), shop_id, endpoint_id, state=state, after=cursor_in(after)
    )
    standing = {"page": seen, "wanted": wanted, "secret": "", "whole": None}
    return await _framed(request, seen.shop, "desk/webhook.html", refusal, **{**standing, **values})


Deed = Callable[[Ground, NameEndpoint, Once], Awaitable[object]]


def _switch(*, on: bool) -> Deed:
    return lambda ground, at, once: switch_an_endpoint(ground, SwitchEndpoint(at, on), once)


_DEEDS: dict[str, Deed] = {
    "on": _switch(on=True),
    "pause": _switch(on=False),
    "test": send_a_test_event,
    "again": lambda ground, at, once: replay_deliveries(ground, ReplayDeliveries(at), once),
}


async def _do(request: AnyRequest, shop_id: int, endpoint_id: int) -> Response[str]:
    """One of the buttons of an endpoint's page."""
    form, ground = await form_of(request), ground_of(request)
    at, once, step = NameEndpoint(my_id(request), shop_id, endpoint_id), deed(request, form), form.get("step", "")
    try:
        if step == "rotate":
            made = await rotate_a_secret(ground, at, once)
            return await _one(request, shop_id, endpoint_id, secret=made.secret)
        if step == "remove":
            await remove_an_endpoint(ground, at, once)
            return go(request, _base(shop_id), "desk_webhook_removed")
        if step not in _DEEDS:
            raise FieldNotValid(field="step", reason="unknown")
        await _DEEDS[step](ground, at, once)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one(request, shop_id, endpoint_id, refusal)
    return go(request, f"{_base(shop_id)}/{endpoint_id}", "desk_webhook_done")


async def _whole(request: AnyRequest, shop_id: int, endpoint_id: int, delivery_id: int) -> Response[str]:
    """One delivery beside the others."""
    found = await webhook_delivery(ground_of(request), my_id(request), shop_id, endpoint_id, delivery_id)
    return await _one(request, shop_id, endpoint_id, whole=found)


async def _again(request: AnyRequest, shop_id: int, endpoint_id: int, delivery_id: int) -> Response[str]:
    form = await form_of(request)
    at = NameEndpoint(my_id(request), shop_id, endpoint_id)
    try:
        await replay_deliveries(ground_of(request), ReplayDeliveries(at, delivery_id=delivery_id), deed(request, form))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one(request, shop_id, endpoint_id, refusal)
    return go(request, f"{_base(shop_id)}/{endpoint_id}", "desk_webhook_done")


# a merchant's desk ---------------------------------------------------------------------------------------------------
@get("/desk/shops/{shop_id:str}/webhooks")
async def shop_webhooks(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """A shop's programs that listen."""
    return await _list(request, id_in(shop_id))


@post("/desk/shops/{shop_id:str}/webhooks")
async def add_shop_webhook(request: AnyRequest, shop_id: FromPath[str]) -> Response[str]:
    """Let a program listen; its secret is shown on this answer."""
    return await _add(request, id_in(shop_id))


@get("/desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}")
async def shop_webhook(
    request: AnyRequest,
    shop_id: FromPath[str],
    endpoint_id: FromPath[str],
    wanted: FromQuery[Wanted] = "",
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """An endpoint and what went to it."""
    return await _one(request, id_in(shop_id), id_in(endpoint_id), wanted=wanted, after=after)


@post("/desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}")
async def do_with_shop_webhook(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str]
) -> Response[str]:
    """Switch it, try it, send everything again, give it a new secret, or remove it."""
    return await _do(request, id_in(shop_id), id_in(endpoint_id))


@get("/desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}/deliveries/{delivery_id:str}")
async def shop_delivery(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str], delivery_id: FromPath[str]
) -> Response[str]:
    """One delivery: what was posted, and every try."""
    return await _whole(request, id_in(shop_id), id_in(endpoint_id), id_in(delivery_id))


@post("/desk/shops/{shop_id:str}/webhooks/{endpoint_id:str}/deliveries/{delivery_id:str}")
async def send_shop_delivery_again(
    request: AnyRequest, shop_id: FromPath[str], endpoint_id: FromPath[str], delivery_id: FromPath[str]
) -> Response[str]:
    """Send one delivery again."""
    return await _again(request, id_in(shop_id), id_in(endpoint_id), id_in(delivery_id))


# an operator's desk --------------------------------------------------------------------------------------------------
@get("/desk/operator/webhooks")
async def platform_webhooks(request: AnyRequest) -> Response[str]:
    """The platform's programs that listen."""
    return await _list(request, PLATFORM)


@post("/desk/operator/webhooks")
async def add_platform_webhook(request: AnyRequest) -> Response[str]:
    """Let a program listen; its secret is shown on this answer."""
    return await _add(request, PLATFORM)


@get("/desk/operator/webhooks/{platform_endpoint_id:str}")
async def platform_webhook(
    request: AnyRequest,
    platform_endpoint_id: FromPath[str],
    wanted: FromQuery[Wanted] = "",
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """An endpoint and what went to it."""
    return await _one(request, PLATFORM, id_in(platform_endpoint_id), wanted=wanted, after=after)


@post("/desk/operator/webhooks/{platform_endpoint_id:str}")
async def do_with_platform_webhook(request: AnyRequest, platform_endpoint_id: FromPath[str]) -> Response[str]:
    """Switch it, try it, send everything again, give it a new secret, or remove it."""
    return await _do(request, PLATFORM, id_in(platform_endpoint_id))


@get("/desk/operator/webhooks/{platform_endpoint_id:str}/deliveries/{platform_delivery_id:str}")
async def platform_delivery(
    request: AnyRequest, platform_endpoint_id: FromPath[str], platform_delivery_id: FromPath[str]
) -> Response[str]:
    """One delivery: what was posted, and every try."""
    return await _whole(request, PLATFORM, id_in(platform_endpoint_id), id_in(platform_delivery_id))


@post("/desk/operator/webhooks/{platform_endpoint_id:str}/deliveries/{platform_delivery_id:str}")
async def send_platform_delivery_again(
    request: AnyRequest, platform_endpoint_id: FromPath[str], platform_delivery_id: FromPath[str]
) -> Response[str]:
    """Send one delivery again."""
    return await _again(request, PLATFORM, id_in(platform_endpoint_id), id_in(platform_delivery_id))


routes = [
    shop_webhooks,
    add_shop_webhook,
    shop_webhook,
    do_with_shop_webhook,
    shop_delivery,
    send_shop_delivery_again,
    platform_webhooks,
    add_platform_webhook,
    platform_webhook,
    do_with_platform_webhook,
    platform_delivery,
    send_platform_delivery_again,
]

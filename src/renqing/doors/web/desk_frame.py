"""The frame of every desk page: the rail with what waits, and the page again where something stopped it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response

from renqing.doors.api.wire import AnyRequest, house_of, reader_of
from renqing.doors.problems import words_of
from renqing.doors.web.rendering import sayer
from renqing.doors.web.shell import language_of, page
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.money import SYMBOLS
from renqing.trade.shipping import CARRIERS
from renqing.views.shop_desk import shop_waits
from renqing.views.shop_staff import ShopHead

REFUSED = 422


def ground_of(request: AnyRequest) -> Ground:
    """What views and journeys stand on."""
    return house_of(request).ground


def offset_of(request: AnyRequest) -> timedelta:
    """How far the operator's clock is ahead of UTC."""
    return timedelta(minutes=ground_of(request).policy.utc_offset_minutes)


async def shop_page(
    request: AnyRequest, shop: ShopHead, template: str, place: str, /, refusal: Refusal | None = None, **values: Any
) -> Response[str]:
    """A page of a merchant's desk; with a refusal, the page again and what stopped it."""
    ground = ground_of(request)
    waits = await shop_waits(ground, shop)
    base = f"/desk/shops/{shop.id}"
    rail = [
        ("morning", "desk", base, 0),
        ("orders", "receipt", f"{base}/orders", waits.to_ship),
        ("parcels", "truck", f"{base}/parcels", 0),
        ("aftersales", "refund", f"{base}/aftersales", waits.to_answer),
        ("swaps", "swap", f"{base}/swaps", waits.swaps),
        ("products", "box", f"{base}/products", 0),
        ("codes", "qr", f"{base}/codes", 0),
        ("activities", "gift", f"{base}/activities", 0),
        ("vouchers", "qr", f"{base}/vouchers", 0),
        ("account", "wallet", f"{base}/account", 0),
        ("lateness", "clock", f"{base}/lateness", 0),
        ("webhooks", "link", f"{base}/webhooks", 0),
        ("shop", "settings", f"{base}/shop", 0),
    ]
    return await _page(request, template, place, rail, refusal, values)


async def operator_page(
    request: AnyRequest, template: str, place: str, /, refusal: Refusal | None = None, **values: Any
) -> Response[str]:
    """A page of an operator's desk; with a refusal, the page again and what stopped it."""
    base = "/desk/operator"
    rail = [
        ("morning", "desk", base, 0),
        ("accounts", "wallet", f"{base}/accounts", 0),
        ("doubts", "info", f"{base}/doubts", 0),
        ("balances", "refund", f"{base}/balances", 0),
        ("holds", "ban", f"{base}/holds", 0),
        ("timers", "clock", f"{base}/timers", 0),
        ("outbox", "send", f"{base}/outbox", 0),
        ("moderation", "note", f"{base}/moderation", 0),
        ("webhooks", "link", f"{base}/webhooks", 0),
        ("gift_policies", "gift", f"{base}/gift-policies", 0),
        ("charities", "heart", f"{base}/charities", 0),
        ("check", "shield", f"{base}/check", 0),
    ]
    return await _page(request, template, place, rail, refusal, values)


async def _page(
    request: AnyRequest,
    template: str,
    place: str,
    rail: list[tuple[str, str, str, int]],
    refusal: Refusal | None,
    values: dict[str, Any],
) -> Response[str]:
    currency = ground_of(request).policy.currency
    standing: dict[str, Any] = {
        "place": place,
        "rail": rail,
        "desks": other_desks(request),
        "carriers": CARRIERS,
        "currency": currency,
        "symbol": SYMBOLS[currency],
        "form": {},
        "wrong": {},
    }
    if refusal is not None:
        standing["problem"] = words_of(refusal, language_of(request))
    status = 200 if refusal is None else REFUSED
    return await page(request, template, status=status, **{**standing, **values})


def other_desks(request: AnyRequest) -> list[tuple[str, str]]:
    """Where else the reader works."""
    if len(reader_of(request).staff) < 2:
        return []
    return [(sayer(language_of(request))("desk.choose.title"), "/desk")]

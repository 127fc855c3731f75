"""JSON for apps under ``/v1``: one folder or file an audience. No rule, no SQL, no commit: parse, call, shape."""

from __future__ import annotations

from litestar import Router
from litestar.types import ControllerRouterHandler

from renqing.doors.api import demo, market, webhooks
from renqing.doors.api.merchants import activities, cards, codes, money, parcels, products, shop, stock
from renqing.doors.api.merchants import engravings as shop_engravings
from renqing.doors.api.merchants import lateness as shop_lateness
from renqing.doors.api.merchants import orders as shop_orders
from renqing.doors.api.merchants import pictures as shop_pictures
from renqing.doors.api.merchants import swaps as shop_swaps
from renqing.doors.api.merchants import vouchers as shop_vouchers
from renqing.doors.api.merchants import webhooks as shop_webhooks
from renqing.doors.api.operators import balances as kept_balances
from renqing.doors.api.operators import books, charities, gift_policies, holds, moderation, work
from renqing.doors.api.operators import webhooks as platform_webhooks
from renqing.doors.api.people import (
    addresses,
    aftersales,
    balances,
    buying,
    cart,
    chats,
    choices,
    days,
    draws,
    engravings,
    friends,
    fund_links,
    funds,
    gift_lists,
    gifts,
    giving,
    groups,
    hurries,
    keeping,
    lateness,
    leaks,
    me,
    media,
    moving,
    nameless,
    notices,
    orders,
    passing_on,
    peace,
    presents,
    quotes,
    receiving,
    refund_asks,
    reports,
    safe_words,
    schedules,
    sign_ins,
    surprises,
    swaps,
    thanking,
    vouchers,
    wishes,
    yearly,
)
from renqing.doors.api.people import cards as claim_cards
from renqing.doors.api.wire import JsonRequest

_PEOPLE = (
    sign_ins,
    me,
    peace,
    addresses,
    friends,
    reports,
    groups,
    quotes,
    cart,
    balances,
    buying,
    orders,
    hurries,
    leaks,
    lateness,
    giving,
    gift_lists,
    gifts,
    receiving,
    choices,
    engravings,
    nameless,
    surprises,
    draws,
    moving,
    keeping,
    passing_on,
    thanking,
    schedules,
    safe_words,
    presents,
    claim_cards,
    funds,
    fund_links,
    media,
    aftersales,
    refund_asks,
    swaps,
    vouchers,
    chats,
    wishes,
    days,
    yearly,
    notices,
)
_MERCHANTS = (
    shop,
    products,
    shop_engravings,
    shop_pictures,
    codes,
    activities,
    cards,
    stock,
    shop_orders,
    parcels,
    shop_swaps,
    shop_lateness,
    shop_vouchers,
    money,
    shop_webhooks,
)
_OPERATORS = (books, work, kept_balances, holds, charities, moderation, gift_policies, platform_webhooks)
_handlers: list[ControllerRouterHandler] = [
    handler for file in (market, *_PEOPLE, *_MERCHANTS, *_OPERATORS, webhooks, demo) for handler in file.routes
]

routes: list[ControllerRouterHandler] = [Router(path="/", route_handlers=_handlers, request_class=JsonRequest)]

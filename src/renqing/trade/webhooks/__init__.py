"""Webhooks: what happened, told to the programs of a shop or of the platform, signed, again until it is taken.

Promises:
1. A told fact that an endpoint listens for has its delivery there, written in the transaction that tells it (N1).
2. A delivery carries its id, its time and a signature over both and the body, by every secret in force (N5).
3. The deliveries of one subject reach one endpoint in order, numbered from 1 without a gap: the next waits until the
   former is delivered or given up (N5).
4. A delivery is tried 18 times over 4 days, then given up; what has ended can be replayed, for 180 days.
5. Endpoints do not wait for each other (N6): how much of one may be in the air is bounded, less for one that fails.
6. An endpoint that takes nothing for 4 days, or says that it is gone, is switched off and its owner told; what happens
   meanwhile is kept for it.
7. A secret is shown once and kept sealed; after a rotation the former signs beside it for a day.
8. An address that leads inside is refused when it is given, and each time it is called (``foundation/addresses.py``).
"""

from renqing.trade.webhooks.actions import (
    add_endpoint,
    change_endpoint,
    end_try,
    forget_the_old,
    get_endpoint,
    remove_endpoint,
    replay,
    rotate,
    switch,
    write_deliveries,
    write_test_event,
)
from renqing.trade.webhooks.events import (
    EVENTS,
    TEST,
    ActivityData,
    AftersaleData,
    Amount,
    DrawData,
    GiftData,
    GiftKeptData,
    GiftRefundedData,
    HurriedData,
    LuckyPackData,
    OrderClosedData,
    OrderData,
    ParcelData,
    PresentData,
    RefundAskData,
    RefundData,
    ScheduledData,
    SwapData,
    VoucherData,
    for_owner,
    schemas,
)
from renqing.trade.webhooks.model import (
    ENDPOINTS_MAX,
    FORGET_WEBHOOKS,
    KEPT_DAYS,
    PAGE_MAX,
    TRIES_MAX,
    WAITS,
    DeliveryState,
    DeliveryUnknown,
    Endpoint,
    EndpointOff,
    EndpointsEnough,
    EndpointState,
    EndpointUnknown,
    EventTypeUnknown,
    Lent,
    NewDelivery,
    NewEndpoint,
    Tried,
    UrlNotAllowed,
    WebhookDisabled,
)
from renqing.trade.webhooks.rules import sign
from renqing.trade.webhooks.sending_store import are_due, lend
from renqing.trade.webhooks.store import endpoints_of, take_turn

__all__ = [
    "ENDPOINTS_MAX",
    "EVENTS",
    "FORGET_WEBHOOKS",
    "KEPT_DAYS",
    "PAGE_MAX",
    "TEST",
    "TRIES_MAX",
    "WAITS",
    "ActivityData",
    "AftersaleData",
    "Amount",
    "DeliveryState",
    "DeliveryUnknown",
    "DrawData",
    "Endpoint",
    "EndpointOff",
    "EndpointState",
    "EndpointUnknown",
    "EndpointsEnough",
    "EventTypeUnknown",
    "GiftData",
    "GiftKeptData",
    "GiftRefundedData",
    "HurriedData",
    "Lent",
    "LuckyPackData",
    "NewDelivery",
    "NewEndpoint",
    "OrderClosedData",
    "OrderData",
    "ParcelData",
    "PresentData",
    "RefundAskData",
    "RefundData",
    "ScheduledData",
    "SwapData",
    "Tried",
    "UrlNotAllowed",
    "VoucherData",
    "WebhookDisabled",
    "add_endpoint",
    "are_due",
    "change_endpoint",
    "end_try",
    "endpoints_of",
    "for_owner",
    "forget_the_old",
    "get_endpoint",
    "lend",
    "remove_endpoint",
    "replay",
    "rotate",
    "schemas",
    "sign",
    "switch",
    "take_turn",
    "write_deliveries",
    "write_test_event",
]

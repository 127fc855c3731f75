"""An owner's endpoints with how they fare, and what went to each.

A shop's staff see their shop's; operators see the platform's own, and any one by its number, since it is they who are
asked why a shop's program hears nothing. A secret is in no view.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books.people import PLATFORM
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade.webhooks import PAGE_MAX, DeliveryState, DeliveryUnknown, EndpointUnknown
from renqing.views.operator_staff import check_operator
from renqing.views.shop_staff import ShopHead, shop_of_staff

COUNTED_MAX = 1_000
PAGE = 25


class EndpointHere(msgspec.Struct, frozen=True):
    """An endpoint and how it fares. ``waiting`` stops at ``COUNTED_MAX``."""

    id: int
    shop_id: int
    url: str
    description: str
    kinds: list[str]
    state: str
    why_disabled: str
    made_at: datetime
    failing_since: datetime | None
    former_until: datetime | None
    waiting: int
    delivered_at: datetime | None
    last_status: int
    last_why: str

    @property
    def fares(self) -> str:
        """One word: well, failing, new, or the state where it is not on."""
        if self.state != "on":
            return self.state
        if self.failing_since is not None:
            return "failing"
        return "well" if self.delivered_at else "new"


class Delivery(msgspec.Struct, frozen=True):
    """A delivery in its list."""

    id: int
    event_id: str
    kind: str
    subject_id: int
    n: int
    state: str
    tries: int
    next_at: datetime | None
    last_status: int
    last_why: str
    made_at: datetime
    delivered_at: datetime | None


class Try(msgspec.Struct, frozen=True):
    """One try. ``status`` 0: no answer, and ``why`` says what stopped it."""

    at: datetime
    status: int
    why: str
    milliseconds: int


class WholeDelivery(msgspec.Struct, frozen=True):
    """A delivery with exactly what was posted, and its tries, the latest first."""

    row: Delivery
    body: str
    tries: list[Try]


class Endpoints(msgspec.Struct, frozen=True):
    """An owner's endpoints. ``shop`` None: the platform's."""

    shop: ShopHead | None
    rows: list[EndpointHere]

    @property
    def may_change(self) -> bool:
        return self.shop is None or self.shop.is_owner


class Deliveries(msgspec.Struct, frozen=True):
    """A page of what went to an endpoint, the newest first. ``next_after`` is the cursor of the next one."""

    shop: ShopHead | None
    endpoint: EndpointHere
    rows: list[Delivery]
    next_after: int | None

    @property
    def may_change(self) -> bool:
        """Whether the reader decides about it: an operator decides about the platform's own."""
        return self.shop.is_owner if self.shop is not None else self.endpoint.shop_id == PLATFORM


_ENDPOINT = f"""
SELECT e.id, e.shop_id, e.url, e.description, e.kinds, e.state, e.why_disabled, e.made_at, e.failing_since,
       CASE WHEN e.former_until > $1 THEN e.former_until END,
       (SELECT count(*) FROM (SELECT 1 FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = 'waiting'
                               LIMIT {COUNTED_MAX}) AS x),
       l.delivered_at, coalesce(l.last_status, 0), coalesce(l.last_why, '')
  FROM webhook_endpoint e LEFT JOIN LATERAL (
         SELECT d.delivered_at, d.last_status, d.last_why FROM webhook_delivery d
          WHERE d.endpoint_id = e.id AND d.tries > 0 ORDER BY d.id DESC LIMIT 1) AS l ON true
 WHERE e.state <> 'removed'"""
_COLUMNS = """id, event_id, kind, subject_id, n, state, tries,
       CASE WHEN lent_until IS NULL THEN next_at END AS next_at, last_status, last_why, made_at, delivered_at"""
_PAGE = f"""SELECT {_COLUMNS} FROM webhook_delivery
 WHERE endpoint_id = $1 AND id < $2 AND ($3::text IS NULL OR state = $3) ORDER BY id DESC LIMIT $4"""


async def webhook_endpoints(ground: Ground, reader_id: int, shop_id: int) -> Endpoints:
    """An owner's endpoints, oldest first. Raises ShopUnknown, of the platform's NotFound, for who may not see them."""
    shop = await _owner(ground, reader_id, shop_id)
    rows = await ground.db.fetch(f"{_ENDPOINT} AND e.shop_id = $2 ORDER BY e.id", ground.clock.now(), shop_id)
    return Endpoints(shop, [_endpoint(row) for row in rows])


async def webhook_endpoint(ground: Ground, reader_id: int, shop_id: int, endpoint_id: int) -> EndpointHere:
    """One endpoint. Raises what ``webhook_endpoints`` raises, EndpointUnknown."""
    await _owner(ground, reader_id, shop_id)
    return await _find(ground, shop_id, endpoint_id)


async def webhook_deliveries(
    ground: Ground,
    reader_id: int,
    shop_id: int,
    endpoint_id: int,
    *,
    state: DeliveryState | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> Deliveries:
    """A page of what went to an endpoint. Raises what ``webhook_endpoint`` raises."""
    shop = await _owner(ground, reader_id, shop_id)
    endpoint = await _find(ground, shop_id, endpoint_id)
    size = max(1, min(limit, PAGE_MAX))
    before = 2**63 - 1 if after is None else after
    rows = await ground.db.fetch(_PAGE, endpoint_id, before, None if state is None else state.value, size + 1)
    made = [Delivery(*row.values()) for row in rows[:size]]
    return Deliveries(shop, endpoint, made, made[-1].id if len(rows) > size else None)


async def webhook_delivery(
    ground: Ground, reader_id: int, shop_id: int, endpoint_id: int, delivery_id: int
) -> WholeDelivery:
    """One delivery. Raises what ``webhook_endpoint`` raises, DeliveryUnknown."""
    await _owner(ground, reader_id, shop_id)
    await _find(ground, shop_id, endpoint_id)
    row = await ground.db.fetchrow(
        f"SELECT {_COLUMNS}, body FROM webhook_delivery WHERE id = $1 AND endpoint_id = $2", delivery_id, endpoint_id
    )
    if row is None:
        raise DeliveryUnknown
    *columns, body = row.values()
    tries = await ground.db.fetch(
        "SELECT at, status, why, milliseconds FROM webhook_try WHERE delivery_id = $1 ORDER BY loan DESC LIMIT $2",
        delivery_id,
        PAGE_MAX,
    )
    return WholeDelivery(Delivery(*columns), body, [Try(*one.values()) for one in tries])


async def _owner(ground: Ground, reader_id: int, shop_id: int) -> ShopHead | None:
    if shop_id != PLATFORM:
        return await shop_of_staff(ground.db, reader_id, shop_id)
    await check_operator(ground, reader_id)
    return None


async def _find(ground: Ground, shop_id: int, endpoint_id: int) -> EndpointHere:
    row = await ground.db.fetchrow(f"{_ENDPOINT} AND e.id = $2", ground.clock.now(), endpoint_id)
    if row is None or shop_id not in (row["shop_id"], PLATFORM):
        raise EndpointUnknown
    return _endpoint(row)


def _endpoint(row: Row) -> EndpointHere:
    return EndpointHere(*row.values())

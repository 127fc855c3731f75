"""A shop's orders: the lists by state, and one order with everything that its staff may know.

The recipient's address is in none of them: it is opened by ``read_an_address``, which writes the reading down. Who gave
a gift the shop knows by a name of its own alone (``shop_present``); who bought for themselves is met again only on the
parcel.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args

import msgspec

from renqing.books import people
from renqing.foundation.database import Row
from renqing.foundation.errors import NotValid
from renqing.foundation.ground import Ground
from renqing.social.greeting_cards import GreetingCard
from renqing.trade import aftersales, engravings, orders, shipping
from renqing.trade.aftersales import Case
from renqing.trade.orders import Line, OrderState, OrderUnknown
from renqing.trade.shipping import Parcel
from renqing.views.engraving_seen import EngravingSeen, engraving_to_make
from renqing.views.shop_present import PresentInfo, present_info
from renqing.views.shop_staff import ShopHead, shop_of_staff

PAGE = 25
PAGE_MAX = 100
Shelf = Literal["to_ship", "unclaimed", "on_the_way", "done", "ended", "all"]
SHELVES: tuple[Shelf, ...] = get_args(Shelf)
_STATES: dict[Shelf, tuple[OrderState, ...]] = {
    "to_ship": (OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED),
    "unclaimed": (OrderState.GIFT_TO_CLAIM,),
    "on_the_way": (OrderState.TO_RECEIVE,),
    "done": (OrderState.DONE,),
    "ended": (OrderState.REFUNDED, OrderState.CLOSED),
    "all": tuple(OrderState),
}
_ADDRESS_OPENS = frozenset({OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED, OrderState.TO_RECEIVE})


class ShelfNotValid(NotValid):
    """There is no such list of orders. Fact: ``shelf``."""

    code = "shelf_not_valid"


class OrderRow(msgspec.Struct, frozen=True):
    """An order in a list. ``late``: it should have left by now. Amounts in minor units of ``currency``."""

    order_id: int
    state: int
    purpose: str
    placed_at: datetime
    ship_from: datetime | None
    late: bool
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    lines: int
    pieces: int
    to_ship: int
    parcels: int
    cases_open: int
    total: int
    refunded: int
    currency: str
    note: str


class OrderPage(msgspec.Struct, frozen=True):
    """A page of a shop's orders. ``next_after`` is the cursor of the next one; ``on``: only what was paid that day."""

    shop: ShopHead
    shelf: Shelf
    on: date | None
    rows: list[OrderRow]
    next_after: int | None


class OrderMoney(msgspec.Struct, frozen=True):
    """Where an order's money stands, minor units: what came in, went back, went to the platform and to the shop."""

    currency: str
    goods: int
    freight: int
    total: int
    refunded: int
    fee: int
    shop: int
    fee_ppm: int
    settled: bool


class ShopOrder(msgspec.Struct, frozen=True):
    """One order for its shop. ``receive_by``: when it counts as received. ``blocked``: pieces that a case asks for.

    ``card`` is what to write for the giver and lay into the parcel, from when somebody has claimed it; ``engraving``
    what to make on the goods, of what somebody bought for themselves ``words`` by line; ``present`` what there is to
    read of the gift that it is.
    """

    shop: ShopHead
    order_id: int
    state: int
    purpose: str
    why_closed: str
    note: str
    region: str
    address_opens: bool
    placed_at: datetime
    paid_at: datetime | None
    ship_from: datetime | None
    ship_by: datetime | None
    late: bool
    received_at: datetime | None
    settled_at: datetime | None
    receive_by: datetime | None
    lines: list[Line]
    parcels: list[Parcel]
    cases: list[Case]
    blocked: dict[int, int]
    money: OrderMoney
    card: GreetingCard | None = None
    engraving: EngravingSeen | None = None
    present: PresentInfo | None = None
    words: dict[int, str] = {}


_CARD = """SELECT c.receiver_name, c.giver_name, c.message FROM gift_gift g JOIN greeting_card c ON c.gift_id = g.id
            WHERE g.order_id = $1"""
# Each state gives its own few along its index; the nearest of those are the page. What waits is read oldest first.
_SHELF = """(SELECT x.* FROM unnest($2::smallint[]) AS s(state) CROSS JOIN LATERAL (
          SELECT * FROM order_order WHERE shop_id = $1 AND state = s.state AND id {older} $3
           ORDER BY id {way} LIMIT $4) x ORDER BY x.id {way} LIMIT $4)"""
_DAY = """(SELECT * FROM order_order WHERE shop_id = $1 AND paid_at >= $5 AND paid_at < $6
             AND state = ANY ($2::smallint[]) AND id {older} $3 ORDER BY id {way} LIMIT $4)"""
_LIST = """
SELECT o.id, o.state, o.purpose, o.placed_at, o.ship_from, o.total_amount, o.refunded_amount, o.currency, o.note,
       f.product_id, f.title_zh, f.title_en, f.specs, f.picture, l.lines, l.pieces, l.to_ship,
       (SELECT count(*) FROM shipping_parcel p WHERE p.order_id = o.id) AS parcels,
       (SELECT count(*) FROM aftersale_case c WHERE c.order_id = o.id AND c.state IN ('MERCHANT_PROCESSING',
          'USER_WAIT_RETURN', 'MERCHANT_WAIT_RECEIPT', 'PLATFORM_REFUNDING')) AS cases_open
  FROM {some} o
  JOIN order_line f ON f.order_id = o.id AND f.n = (SELECT min(n) FROM order_line WHERE order_id = o.id)
  CROSS JOIN LATERAL (SELECT count(*) AS lines, sum(quantity) AS pieces, sum(quantity - shipped - cancelled) AS to_ship
                        FROM order_line WHERE order_id = o.id) l
 ORDER BY o.id {way}
"""


async def shop_orders(
    ground: Ground,
    reader_id: int,
    shop_id: int,
    shelf: str = "to_ship",
    after: int | None = None,
    *,
    on: date | None = None,
    offset: timedelta = timedelta(),
    limit: int = PAGE,
) -> OrderPage:
    """A page of a shop's orders; what is to ship comes oldest first, anything else newest first.

    ``on`` keeps what was paid on that day of a clock that is ``offset`` ahead of UTC.
    """
    shop = await shop_of_staff(ground.db, reader_id, shop_id)
    if shelf not in SHELVES:
        raise ShelfNotValid(shelf=shelf[:20])
    oldest_first = shelf == "to_ship"
    words = {"older": ">" if oldest_first else "<", "way": "ASC" if oldest_first else "DESC"}
    sql = _LIST.format(some=(_SHELF if on is None else _DAY).format(**words), **words)
    start = (0 if oldest_first else 2**63 - 1) if after is None else after
    size = max(1, min(limit, PAGE_MAX))
    day = [] if on is None else [datetime.combine(on, time(), UTC) + timedelta(days=days) - offset for days in (0, 1)]
    rows = await ground.db.fetch(sql, shop_id, [int(state) for state in _STATES[shelf]], start, size + 1, *day)
    made = [_row(ground, row) for row in rows[:size]]
    return OrderPage(shop, shelf, on, made, made[-1].order_id if len(rows) > size else None)


def late_before(ground: Ground) -> datetime:
    """What was to ship from before this instant is late now."""
    return ground.clock.now() - timedelta(hours=ground.policy.ship_within_hours)


def _row(ground: Ground, row: Row) -> OrderRow:
    waits = row["state"] in (OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED)
    return OrderRow(
        order_id=row["id"],
        state=row["state"],
        purpose=row["purpose"],
        placed_at=row["placed_at"],
        ship_from=row["ship_from"],
        late=waits and row["ship_from"] is not None and row["ship_from"] < late_before(ground),
        product_id=row["product_id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        specs=row["specs"],
        picture=row["picture"],
        lines=row["lines"],
        pieces=row["pieces"],
        to_ship=row["to_ship"] if waits else 0,
        parcels=row["parcels"],
        cases_open=row["cases_open"],
        total=row["total_amount"],
        refunded=row["refunded_amount"],
        currency=row["currency"].strip(),
        note=row["note"],
    )


async def shop_order(ground: Ground, reader_id: int, order_id: int) -> ShopOrder:
    """One order of a shop that the reader works for. Raises OrderUnknown for everybody else."""
    db, policy = ground.db, ground.policy
    row = await db.fetchrow("SELECT * FROM order_order WHERE id = $1", order_id)
    if row is None:
        raise OrderUnknown(order_id=order_id)
    try:
        shop = await shop_of_staff(db, reader_id, row["shop_id"])
    except people.ShopUnknown as unknown:
        raise OrderUnknown(order_id=order_id) from unknown
    state = OrderState(row["state"])
    cases = await aftersales.of_order(db, order_id)
    ship_by = row["ship_from"] + timedelta(hours=policy.ship_within_hours) if row["ship_from"] else None
    waits = state in (OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED)
    return ShopOrder(
        shop=shop,
        order_id=order_id,
        state=int(state),
        purpose=row["purpose"],
        why_closed=row["why_closed"],
        note=row["note"],
        region=await _region(ground, row["region_code"]) if state in _ADDRESS_OPENS else "",
        address_opens=state in _ADDRESS_OPENS,
        placed_at=row["placed_at"],
        paid_at=row["paid_at"],
        ship_from=row["ship_from"],
        ship_by=ship_by if waits else None,
        late=waits and ship_by is not None and ship_by < ground.clock.now(),
        received_at=row["received_at"],
        settled_at=row["settled_at"],
        receive_by=await db.fetchval("SELECT due_at FROM timer WHERE kind = 'receive_order' AND key = $1", order_id),
        lines=await orders.lines(db, order_id),
        parcels=(await shipping.of_orders(db, [order_id])).get(order_id, []),
        cases=cases,
        blocked={
            case.line_n: case.quantity
            for case in cases
            if case.state in aftersales.UNDECIDED and case.kind is aftersales.Kind.REFUND
        },
        money=await _money(ground, row),
        card=await _card(ground, row),
        engraving=await engraving_to_make(ground, row),
        present=await present_info(ground, row),
        words=await engravings.words_of_lines(db, order_id),
    )


async def _card(ground: Ground, row: Row) -> GreetingCard | None:
    """The card of the gift that this order, or a share of it, is; nobody's before it is claimed."""
    if row["purpose"] != "gift" or row["owner_id"] is None:
        return None
    found = await ground.db.fetchrow(_CARD, row["part_of"] or row["id"])
    return None if found is None else GreetingCard(*found.values())


async def _region(ground: Ground, region_code: int | None) -> str:
    """Province and city: what a clerk may know without opening the address."""
    if region_code is None:
        return ""
    return " ".join((await people.region_name(ground.db, region_code)).split()[:2])


async def _money(ground: Ground, row: Row) -> OrderMoney:
    """What the ledger says of this order: the shop's and the platform's postings of its entries."""
    booked = await ground.db.fetchrow(
        """SELECT coalesce(sum(p.amount) FILTER (WHERE a.owner_kind = 'shop'), 0)::bigint AS shop,
                  coalesce(sum(p.amount) FILTER (WHERE a.kind = 'fee'), 0)::bigint AS fee
           FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id JOIN ledger_account a ON a.id = p.account_id
           WHERE e.cause_kind = 'order' AND e.cause_id = $1""",
        row["id"],
    )
    assert booked is not None, "an aggregate always answers"
    return OrderMoney(
        currency=row["currency"].strip(),
        goods=row["goods_amount"],
        freight=row["freight_amount"],
        total=row["total_amount"],
        refunded=row["refunded_amount"],
        fee=booked["fee"],
        shop=booked["shop"],
        fee_ppm=row["fee_ppm"],
        settled=row["settled_at"] is not None,
    )

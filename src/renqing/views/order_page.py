"""An order for who gets its goods: what comes, where it is, what can still be done.

The owner sees everything of their own order. On a gift the owner is the recipient, and no amount has a place to
stand: ``paid`` is None; the same on a shop's present. A gift's giver is sent to the gift's own page. Everybody else
learns that there is no such order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.books import people
from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade import aftersales, engravings, orders, shipping
from renqing.trade.orders import OrderState, OrderUnknown
from renqing.views.behind_a_mask import NOBODY_SAID, masked_gifts
from renqing.views.veil import UNKNOWN, Hidden, veiled_orders


class LineHere(msgspec.Struct, frozen=True):
    """A line as it was bought. ``unit_price`` is None on a gift. ``may_ask``: an after-sale may be opened for it.

    ``words``: what is made on each piece of what somebody bought for themselves.
    """

    n: int
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    quantity: int
    shipped: int
    refunded: int
    unit_price: int | None
    may_ask: int
    words: str = ""


class Paid(msgspec.Struct, frozen=True):
    """What it costs, in minor units of ``currency``: for who pays."""

    goods: int
    freight: int
    total: int
    refunded: int
    currency: str


class ParcelHere(msgspec.Struct, frozen=True):
    """A parcel and the carrier's news, newest first."""

    carrier: str
    tracking_number: str
    state: str
    shipped_at: datetime
    delivered_at: datetime | None
    news: list[shipping.News]


class CaseHere(msgspec.Struct, frozen=True):
    """An after-sale of this order. ``amount`` is None on a gift: the money goes to its giver."""

    case_id: int
    line_n: int
    kind: str
    state: str
    quantity: int
    amount: int | None
    reason: str
    answer: str
    return_carrier: str
    return_tracking_number: str
    changed_at: datetime


class FromGift(msgspec.Struct, frozen=True):
    """The gift that this order came from."""

    gift_id: int
    giver: Person
    cover: str
    greeting: str


class FromShop(msgspec.Struct, frozen=True):
    """The activity of a shop that this order was taken from: nobody paid."""

    activity_id: int
    code: str
    cover: str
    greeting: str


class OrderPage(msgspec.Struct, frozen=True):
    """An order for its owner. ``surprise``: they may not know yet what it sends, nor from which shop."""

    order_id: int
    state: int
    why_closed: str
    shop_id: int
    shop_name_zh: str
    shop_name_en: str
    lines: list[LineHere]
    paid: Paid | None
    note: str
    destination: orders.Destination | None
    parcels: list[ParcelHere]
    cases: list[CaseHere]
    gift: FromGift | None
    placed_at: datetime
    pay_by: datetime
    paid_at: datetime | None
    ship_by: datetime | None
    received_at: datetime | None
    closed_at: datetime | None
    aftersales_until: datetime | None
    present: FromShop | None = None
    surprise: Hidden = ""


class GivenAway(msgspec.Struct, frozen=True):
    """An order that pays for a gift of the reader: the gift's page tells it."""

    gift_id: int


_ORDER = """
SELECT o.id, o.shop_id, o.payer_id, o.owner_id, o.purpose, o.state, o.why_closed, o.currency, o.goods_amount,
       o.freight_amount, o.total_amount, o.refunded_amount, o.note, o.placed_at, o.pay_by, o.paid_at, o.ship_from,
       o.received_at, o.closed_at, h.name_zh AS shop_name_zh, h.name_en AS shop_name_en,
       g.id AS gift_id, g.giver_id, g.cover, g.greeting
  FROM order_order o LEFT JOIN people_shop h ON h.id = o.shop_id
  LEFT JOIN gift_gift g ON g.order_id = coalesce(o.part_of, o.id)
 WHERE o.id = $1 AND (o.owner_id = $2 OR o.payer_id = $2)
"""


async def order_page(ground: Ground, reader_id: int, order_id: int) -> OrderPage | GivenAway:
    """An order of the reader's. Raises OrderUnknown."""
    row = await ground.db.fetchrow(_ORDER, order_id, reader_id)
    if row is None:
        raise OrderUnknown(order_id=order_id)
    if row["owner_id"] != reader_id:
        return GivenAway(row["gift_id"])
    is_gift = row["purpose"] != "self"
    lines = await orders.lines(ground.db, order_id)
    words = {} if is_gift else await engravings.words_of_lines(ground.db, order_id)
    cases = await aftersales.of_order(ground.db, order_id)
    parcels = (await shipping.of_orders(ground.db, [order_id])).get(order_id, [])
    asks_until = _aftersales_until(ground, row)
    page = OrderPage(
        order_id=row["id"],
        state=row["state"],
        why_closed=row["why_closed"],
        shop_id=row["shop_id"],
        shop_name_zh=row["shop_name_zh"],
        shop_name_en=row["shop_name_en"],
        lines=[
            _line(line, cases, words.get(line.n, ""), is_gift=is_gift, may=_may_ask(ground, row, asks_until))
            for line in lines
        ],
        paid=None if is_gift else _paid(row),
        note=row["note"],
        destination=await orders.destination(ground.db, ground.keys, order_id),
        parcels=[_parcel(parcel) for parcel in parcels],
        cases=[_case(case, is_gift=is_gift) for case in reversed(cases)],
        gift=await _gift(ground, row, reader_id) if row["purpose"] == "gift" else None,
        placed_at=row["placed_at"],
        pay_by=row["pay_by"],
        paid_at=row["paid_at"],
        ship_by=row["ship_from"] + timedelta(hours=ground.policy.ship_within_hours) if row["ship_from"] else None,
        received_at=row["received_at"],
        closed_at=row["closed_at"],
        aftersales_until=asks_until,
        present=await _present(ground, order_id) if row["purpose"] == "present" else None,
    )
    until = (await veiled_orders(ground.db, reader_id, [order_id])).get(order_id)
    return page if until is None else _veiled(page, until)


def _veiled(page: OrderPage, until: Hidden) -> OrderPage:
    """A surprise on its way: the parcels, and nothing of the things nor of their shop; nothing can be asked for it."""
    goods = msgspec.structs.asdict(UNKNOWN)
    left = all(line.shipped >= line.quantity - line.refunded for line in page.lines)
    back = all(line.refunded == line.quantity for line in page.lines)
    whole = msgspec.structs.replace(
        page.lines[0], **goods, quantity=1, shipped=int(left and not back), refunded=int(back), may_ask=0
    )
    return msgspec.structs.replace(page, lines=[whole], shop_id=0, shop_name_zh="", shop_name_en="", surprise=until)


def _aftersales_until(ground: Ground, row: Row) -> datetime | None:
    return row["received_at"] + timedelta(days=ground.policy.aftersale_within_days) if row["received_at"] else None


def _may_ask(ground: Ground, row: Row, until: datetime | None) -> bool:
    """Whether the order's state lets its owner open an after-sale; the journey judges it again."""
    if row["purpose"] == "present":
        return False
    if row["state"] not in (OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED, OrderState.TO_RECEIVE, OrderState.DONE):
        return False
    return until is None or ground.clock.now() < until


def _line(line: orders.Line, cases: list[aftersales.Case], words: str, *, is_gift: bool, may: bool) -> LineHere:
    waiting = any(case.line_n == line.n and case.state in aftersales.OPEN for case in cases)
    return LineHere(
        n=line.n,
        product_id=line.product_id,
        title_zh=line.title_zh,
        title_en=line.title_en,
        specs=line.specs,
        picture=line.picture,
        quantity=line.quantity,
        shipped=line.shipped,
        refunded=line.refunded,
        unit_price=None if is_gift else line.unit_price,
        may_ask=line.quantity - line.refunded if may and not waiting else 0,
        words=words,
    )


def _paid(row: Row) -> Paid:
    return Paid(
        row["goods_amount"], row["freight_amount"], row["total_amount"], row["refunded_amount"], row["currency"]
    )


def _parcel(parcel: shipping.Parcel) -> ParcelHere:
    news = sorted(parcel.events, key=lambda one: one.happened_at, reverse=True)
    return ParcelHere(
        parcel.carrier, parcel.tracking_number, parcel.state.value, parcel.shipped_at, parcel.delivered_at, news
    )


def _case(case: aftersales.Case, *, is_gift: bool) -> CaseHere:
    return CaseHere(
        case_id=case.id,
        line_n=case.line_n,
        kind=case.kind.value,
        state=case.state.value,
        quantity=case.quantity,
        amount=None if is_gift else case.amount,
        reason=case.reason,
        answer=case.answer,
        return_carrier=case.return_carrier,
        return_tracking_number=case.return_tracking_number,
        changed_at=case.changed_at,
    )


async def _present(ground: Ground, order_id: int) -> FromShop:
    row = await ground.db.fetchrow(
        """SELECT a.id, a.code, a.cover, a.greeting FROM activity_present t
             JOIN activity_activity a ON a.id = t.activity_id WHERE t.order_id = $1""",
        order_id,
    )
    assert row is not None, "a present was taken of an activity"
    return FromShop(*row.values())


async def _gift(ground: Ground, row: Row, reader_id: int) -> FromGift:
    is_masked = bool(await masked_gifts(ground.db, reader_id, [row["gift_id"]]))
    giver = NOBODY_SAID if is_masked else await people.get_person(ground.db, row["giver_id"])
    return FromGift(row["gift_id"], giver, row["cover"], row["greeting"])

"""Balances: what the house keeps for me because it could not go back, and what an operator sees of everybody's."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.foundation.ground import Ground
from renqing.trade import balances, payments
from renqing.views.operator_staff import check_operator

MINE_MAX = 50
ROUTES_MAX = 12
DESK_MAX = 200


class RouteHere(msgspec.Struct, frozen=True):
    """A payment of mine whose account money could go to: what it was for, and when I paid."""

    intent_id: int
    title_zh: str
    title_en: str
    paid_at: datetime
    is_named: bool


class MyBalance(msgspec.Struct, frozen=True):
    """A balance of mine with what it was paid for, and what happens next. Amounts in minor units.

    ``next_at``: when it is tried next; ``is_going``: a try is under way. ``how`` it went: refund or payout, once over.
    """

    id: int
    amount: int
    currency: str
    state: Literal["kept", "returned", "ended"]
    kept_at: datetime
    over_at: datetime | None
    order_id: int
    gift_id: int | None
    fund_id: int | None
    title_zh: str
    title_en: str
    named_intent_id: int | None
    next_at: datetime | None
    is_going: bool
    how: Literal["", "refund", "payout"]
    reason: str


class MyBalances(msgspec.Struct, frozen=True):
    """What is kept for me, by currency; each balance, kept ones first; where else it could go."""

    kept: dict[str, int]
    balances: list[MyBalance]
    routes: list[RouteHere]


class BalanceRow(msgspec.Struct, frozen=True):
    """A balance as an operator sees it: whose, since when, how often it was tried and what was said last."""

    id: int
    person_id: int
    person: str
    is_erased: bool
    order_id: int
    amount: int
    currency: str
    why: str
    kept_at: datetime
    tries: int
    last_why: str
    next_at: datetime | None
    is_going: bool


class BalancesDesk(msgspec.Struct, frozen=True):
    """What is kept for people, the oldest first; ``kept`` by currency over all of them."""

    kept: dict[str, int]
    count: int
    rows: list[BalanceRow]


# What was paid for: an order, or a share of a fund, whose goods are its gift's.
_GOODS = """
  LEFT JOIN fund_contribution c ON c.id = {order_id}
  LEFT JOIN order_line l ON l.order_id = coalesce(c.fund_id, {order_id}) AND l.n = 1"""
_MINE = f"""
SELECT b.id, b.amount, trim(b.currency) AS currency, b.state, b.kept_at, b.over_at, b.order_id, g.id AS gift_id,
       c.fund_id, coalesce(l.title_zh, '') AS title_zh, coalesce(l.title_en, '') AS title_en, b.named_intent_id,
       t.due_at AS next_at, coalesce(y.state = 'asked', false) AS is_going, coalesce(y.route, '') AS how, b.reason
  FROM balance_balance b {_GOODS.format(order_id="b.order_id")}
  LEFT JOIN gift_gift g ON g.order_id = b.order_id AND g.giver_id = b.person_id
  LEFT JOIN timer t ON t.kind = '{balances.RETURN_BALANCE}' AND t.key = b.id
  LEFT JOIN balance_try y ON y.balance_id = b.id AND y.state <> 'failed'
 WHERE b.person_id = $1 ORDER BY b.state <> 'kept', b.id DESC LIMIT $2
"""
_TITLES = f"""
SELECT o.id, coalesce(l.title_zh, '') AS title_zh, coalesce(l.title_en, '') AS title_en
  FROM unnest($1::bigint[]) AS o (id) {_GOODS.format(order_id="o.id")}
"""
_DESK = f"""
SELECT b.id, b.person_id, p.name AS person, e.person_id IS NOT NULL AS is_erased, b.order_id, b.amount,
       trim(b.currency) AS currency, b.why, b.kept_at,
       (SELECT count(*) FROM balance_try WHERE balance_id = b.id) AS tries,
       coalesce((SELECT why FROM balance_try WHERE balance_id = b.id AND state = 'failed' ORDER BY id DESC LIMIT 1), '')
         AS last_why,
       t.due_at AS next_at,
       EXISTS (SELECT 1 FROM balance_try WHERE balance_id = b.id AND state = 'asked') AS is_going
  FROM balance_balance b JOIN people_person p ON p.id = b.person_id
  LEFT JOIN people_erasure e ON e.person_id = b.person_id
  LEFT JOIN timer t ON t.kind = '{balances.RETURN_BALANCE}' AND t.key = b.id
 WHERE b.state = 'kept' ORDER BY b.id LIMIT $1
"""


async def kept_for(ground: Ground, reader_id: int) -> dict[str, int]:
    """What is kept for the reader, by currency; nothing for almost everybody."""
    rows = await ground.db.fetch(
        """SELECT trim(currency) AS currency, sum(amount)::bigint AS amount FROM balance_balance
           WHERE person_id = $1 AND state = 'kept' GROUP BY 1 ORDER BY 1""",
        reader_id,
    )
    return {row["currency"]: row["amount"] for row in rows}


async def my_balances(ground: Ground, reader_id: int) -> MyBalances:
    """The reader's own. Where else it could go: the payments they made last, each once."""
    rows = [MyBalance(*row.values()) for row in await ground.db.fetch(_MINE, reader_id, MINE_MAX)]
    waiting = [row for row in rows if row.state == "kept"]
    routes: list[RouteHere] = []
    if waiting:
        paid = await payments.paid_by(ground.db, reader_id, waiting[0].currency, ROUTES_MAX)
        titles = {row["id"]: row for row in await ground.db.fetch(_TITLES, [one.order_id for one in paid])}
        named = {row.named_intent_id for row in waiting}
        routes = [
            RouteHere(
                one.id,
                titles[one.order_id]["title_zh"],
                titles[one.order_id]["title_en"],
                one.captured_at,
                one.id in named,
            )
            for one in paid
            if one.captured_at is not None and one.order_id not in {row.order_id for row in waiting}
        ]
    return MyBalances(await kept_for(ground, reader_id), rows, routes)


async def operator_balances(ground: Ground, reader_id: int) -> BalancesDesk:
    """Raises NotFound for who is no operator."""
    await check_operator(ground, reader_id)
    sums = await ground.db.fetch(
        """SELECT trim(currency) AS currency, sum(amount)::bigint AS amount, count(*) AS n FROM balance_balance
           WHERE state = 'kept' GROUP BY 1 ORDER BY 1"""
    )
    rows = await ground.db.fetch(_DESK, DESK_MAX)
    return BalancesDesk(
        kept={row["currency"]: row["amount"] for row in sums},
        count=sum(row["n"] for row in sums),
        rows=[BalanceRow(*row.values()) for row in rows],
    )

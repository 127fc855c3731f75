"""A fund as who takes part sees it: how far it is, who is in, and what is one's own.

Whom it is for, strangers and who is blocked: there is no such fund. Amounts of others stand here only where the starter
let them be seen, or for the starter; the sum everybody sees. Who put something in sees it also after leaving the group.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import catalog, people
from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import funds, greeting_cards
from renqing.social.funds import Fund, FundState, FundUnknown
from renqing.social.greeting_cards import GreetingCard
from renqing.views.engraving_seen import EngravingSeen, engraving_ordered

LISTED_MAX = 60


class FundShare(msgspec.Struct, frozen=True):
    """What somebody has put in, all of it together. ``amount`` None: it is not for this reader."""

    person: Person
    amount: int | None
    is_mine: bool


class FundPage(msgspec.Struct, frozen=True):
    """A fund. Amounts in minor units; ``to`` None: whoever gets the link of the gift.

    ``waiting_id`` is a share of the reader's own that still wants to be paid; ``gift_id`` is for the starter. ``card``
    and ``engraving``: what its shop writes and makes for it, which everybody pays for.
    """

    fund_id: int
    starter: Person
    to: Person | None
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    cover: str
    target: int
    paid: int
    pending: int
    missing: int
    currency: str
    state: FundState
    ends_at: datetime
    hides_sums: bool
    hides_names: bool
    is_starter: bool
    is_open: bool
    shares: list[FundShare]
    mine: int
    waiting_id: int | None
    gift_id: int | None
    card: GreetingCard | None = None
    engraving: EngravingSeen | None = None


class FundCard(msgspec.Struct, frozen=True):
    """A fund in a list."""

    fund_id: int
    to: Person | None
    title_zh: str
    title_en: str
    product_id: int
    picture: str
    target: int
    paid: int
    currency: str
    state: FundState
    ends_at: datetime


_GOODS = """
SELECT l.product_id, l.title_zh, l.title_en, l.specs, l.picture, g.cover
  FROM order_line l JOIN gift_gift g ON g.order_id = l.order_id WHERE l.order_id = $1 AND l.n = 1
"""
_SHARES = """
SELECT p.id, p.name, p.avatar, p.language, sum(c.amount)::bigint AS amount
  FROM fund_contribution c JOIN people_person p ON p.id = c.person_id
 WHERE c.fund_id = $1 AND c.state IN ('paid', 'returned') GROUP BY p.id ORDER BY min(c.id)
"""
_WAITING = """
SELECT c.id FROM fund_contribution c JOIN payment_intent i ON i.order_id = c.id
 WHERE c.fund_id = $1 AND c.person_id = $2 AND c.state = 'open' AND i.state = 'open' ORDER BY c.id DESC LIMIT 1
"""
_MINE = f"""
SELECT f.id, p.id AS person_id, p.name, p.avatar, p.language, l.title_zh, l.title_en, l.product_id, l.picture,
       f.target, f.paid, f.currency, f.state, f.ends_at
  FROM fund_fund f JOIN order_line l ON l.order_id = f.id AND l.n = 1
  LEFT JOIN people_person p ON p.id = f.recipient_id
 WHERE f.recipient_id IS DISTINCT FROM $1
   AND (f.starter_id = $1
        OR f.id IN (SELECT fund_id FROM fund_contribution WHERE person_id = $1)
        OR (f.id IN (SELECT fund_id FROM fund_guest WHERE person_id = $1)
            OR f.group_id IN (SELECT group_id FROM people_member WHERE person_id = $1))
           AND NOT EXISTS (SELECT 1 FROM people_block b
                            WHERE (b.person_id, b.blocked_id) IN (($1, f.starter_id), (f.starter_id, $1))))
 ORDER BY f.state = 'open' DESC, f.id DESC LIMIT {LISTED_MAX}
"""
_GIVERS = """
SELECT p.id, p.name, p.avatar, p.language
  FROM fund_fund f JOIN fund_contribution c ON c.fund_id = f.id AND c.state = 'paid'
  JOIN people_person p ON p.id = c.person_id
 WHERE f.gift_id = $1 AND NOT f.hides_names AND c.person_id <> f.starter_id GROUP BY p.id ORDER BY min(c.id)
"""


async def fund_page(ground: Ground, reader_id: int, fund_id: int) -> FundPage:
    """A fund for who takes part. Raises FundUnknown."""
    fund = await funds.by_id(ground.db, fund_id)
    if fund is None:
        raise FundUnknown
    rows = await ground.db.fetch(_SHARES, fund_id)
    mine = sum(row["amount"] for row in rows if row["id"] == reader_id)
    if not mine and not await _takes_part(ground, fund, reader_id):
        raise FundUnknown
    goods = await ground.db.fetchrow(_GOODS, fund_id)
    assert goods is not None, "a fund has its order, line and gift"
    near = await people.get_people(ground.db, [one for one in (fund.starter_id, fund.recipient_id) if one])
    is_starter = reader_id == fund.starter_id
    shares = []
    for row in rows:
        seen = is_starter or row["id"] == reader_id or not fund.hides_sums
        shares.append(FundShare(_person(row), row["amount"] if seen else None, row["id"] == reader_id))
    return FundPage(
        fund_id=fund.id,
        starter=near[fund.starter_id],
        to=near.get(fund.recipient_id or 0),
        product_id=goods["product_id"],
        title_zh=goods["title_zh"],
        title_en=goods["title_en"],
        specs=list(goods["specs"]),
        picture=catalog.picture_of(goods["picture"]),
        cover=goods["cover"],
        target=fund.target,
        paid=fund.paid,
        pending=fund.pending,
        missing=fund.missing,
        currency=fund.currency,
        state=fund.state,
        ends_at=fund.ends_at,
        hides_sums=fund.hides_sums,
        hides_names=fund.hides_names,
        is_starter=is_starter,
        is_open=funds.is_open(fund, ground.clock.now()),
        shares=shares,
        mine=mine,
        waiting_id=await ground.db.fetchval(_WAITING, fund.id, reader_id),
        gift_id=fund.gift_id if is_starter else None,
        card=await greeting_cards.of_gift(ground.db, fund.gift_id),
        engraving=await engraving_ordered(ground, fund.id),
    )


async def _takes_part(ground: Ground, fund: Fund, reader_id: int) -> bool:
    is_asked = await funds.is_guest(ground.db, fund.id, reader_id)
    if fund.group_id is not None:
        is_asked = is_asked or bool(await people.members_among(ground.db, [(fund.group_id, reader_id)]))
    blocked = await people.either_blocks(ground.db, reader_id, fund.starter_id)
    return funds.takes_part(fund, reader_id, is_asked=is_asked, is_blocked=blocked)


async def my_funds(ground: Ground, reader_id: int) -> list[FundCard]:
    """The funds that somebody takes part in or may, open ones first."""
    rows = await ground.db.fetch(_MINE, reader_id)
    return [
        FundCard(
            fund_id=row["id"],
            to=None
            if row["person_id"] is None
            else Person(row["person_id"], row["name"], row["avatar"], row["language"]),
            title_zh=row["title_zh"],
            title_en=row["title_en"],
            product_id=row["product_id"],
            picture=catalog.picture_of(row["picture"]),
            target=row["target"],
            paid=row["paid"],
            currency=row["currency"],
            state=row["state"],
            ends_at=row["ends_at"],
        )
        for row in rows
    ]


async def fund_of(ground: Ground, gift_id: int) -> int | None:
    """The fund that pays for a gift, or None."""
    fund_id: int | None = await ground.db.fetchval("SELECT id FROM fund_fund WHERE gift_id = $1", gift_id)
    return fund_id


async def givers_of(ground: Ground, gift_id: int) -> list[Person]:
    """Who gives a gift beside its giver, where several paid for it and their names are on its card."""
    return [_person(row) for row in await ground.db.fetch(_GIVERS, gift_id)]


def _person(row: Row) -> Person:
    return Person(row["id"], row["name"], row["avatar"], row["language"])

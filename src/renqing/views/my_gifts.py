"""My gifts: what I gave and what I was given, newest first, a page at a time by the last id seen.

What was given to me shows nothing of what is inside until I opened it, and never an amount. A gift of somebody whom I
blocked is not in my list.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social.gifts import GiftState
from renqing.trade.orders import SEVERAL_SHOPS
from renqing.views.behind_a_mask import NOBODY_SAID, masked_gifts
from renqing.views.gift_going import Going, going
from renqing.views.veil import UNKNOWN, veiled_gifts

PAGE = 20
_BIGGEST = 2**63 - 1


class GiftGiven(msgspec.Struct, frozen=True):
    """A gift of mine. ``to`` is who it is meant for or who claimed it; None: whoever holds the link.

    ``pieces``: of a set so many, of which the titles name the first.
    """

    gift_id: int
    cover: str
    greeting: str
    title_zh: str
    title_en: str
    to: Person | None
    shares: int
    shares_claimed: int
    group: str
    total: int
    currency: str
    state: int
    ended_how: str
    opened_at: datetime | None
    expires_at: datetime | None
    made_at: datetime
    going: Going
    pieces: int = 1

    @property
    def is_over(self) -> bool:
        return self.state not in (GiftState.UNPAID, GiftState.SCHEDULED, GiftState.CLAIMABLE, GiftState.CLAIMED)


class GiftGot(msgspec.Struct, frozen=True):
    """A gift to me. ``greeting`` and titles are empty until it was opened; ``order_id`` once it is mine.

    ``pieces``: of a set so many, once it was opened.
    """

    gift_id: int
    order_id: int | None
    giver: Person
    cover: str
    greeting: str
    title_zh: str
    title_en: str
    state: int
    ended_how: str
    opened_at: datetime | None
    expires_at: datetime | None
    made_at: datetime
    going: Going
    pieces: int = 1

    @property
    def is_over(self) -> bool:
        return self.state not in (GiftState.CLAIMABLE, GiftState.CLAIMED)


class GiftsGiven(msgspec.Struct, frozen=True):
    """A page of what I gave; ``before`` asks for the next, None where there is none."""

    gifts: list[GiftGiven]
    before: int | None


class GiftsGot(msgspec.Struct, frozen=True):
    """A page of what I was given; ``before`` asks for the next, None where there is none."""

    gifts: list[GiftGot]
    before: int | None


# Of a set of several shops the part that is furthest behind tells; what was refunded waits for nothing. What somebody
# chose instead of what was given tells for itself, to both.
_GOING = """coalesce(t.state, o.state) AS order_state,
       CASE WHEN t.parts IS NULL THEN o.received_at ELSE t.received_at END AS received_at,
       CASE WHEN t.parts IS NULL THEN (SELECT bool_and(s.state = 'delivered') FROM shipping_parcel s
                                        WHERE s.order_id = o.id) ELSE t.delivered END AS delivered, g.pieces"""
_PARTS = f"""LEFT JOIN LATERAL (
         SELECT count(*) AS parts, min(p.id) AS first_id, min(p.state) AS state,
                CASE WHEN bool_and(p.received_at IS NOT NULL OR p.state = 200)
                     THEN max(p.received_at) END AS received_at,
                bool_and(p.state <> 30 OR (SELECT bool_and(s.state = 'delivered') FROM shipping_parcel s
                                            WHERE s.order_id = p.id)) AS delivered
           FROM (SELECT part_id FROM order_section WHERE order_id = g.order_id AND g.shop_id = {SEVERAL_SHOPS}
                 UNION ALL SELECT part_id FROM choice_choice WHERE order_id = g.order_id) c
           JOIN order_order p ON p.id = c.part_id HAVING count(*) > 0) t ON true"""

_GIVEN = f"""
SELECT g.id, g.cover, g.greeting, l.title_zh, l.title_en, g.state, g.ended_how, g.opened_at, g.expires_at, g.made_at,
       o.total_amount, o.currency, p.id AS person_id, p.name, p.avatar, p.language, {_GOING},
       g.shares, g.shares_claimed, coalesce(c.name, '') AS group_name
  FROM gift_gift g JOIN order_order o ON o.id = g.order_id JOIN order_line l ON l.order_id = g.order_id AND l.n = 1
  LEFT JOIN people_person p ON p.id = CASE WHEN g.passed_by IS NULL THEN coalesce(g.recipient_id, g.claimed_by)
                                           ELSE g.claimed_by END
  LEFT JOIN people_group c ON c.id = g.group_id
  {_PARTS}
 WHERE g.giver_id = $1 AND g.id < $2
 ORDER BY g.id DESC LIMIT $3
"""
# Meant for me, claimed by me from a link, or a share of one for many; each along its own index. What I claimed is
# claimed to me, however the rest of a gift for many goes. That a giver kept one is theirs to know.
_GOT = f"""
SELECT g.id, coalesce(t.first_id, m.order_id) AS order_id, g.cover, g.greeting, l.title_zh, l.title_en, g.opened_at,
       g.expires_at, g.made_at, CASE WHEN m.mine THEN 20 ELSE g.state END AS state,
       CASE WHEN m.mine THEN '' WHEN g.ended_how = 'kept' THEN 'withdrawn' ELSE g.ended_how END AS ended_how,
       p.id AS person_id, p.name, p.avatar, p.language, {_GOING}
  FROM (SELECT * FROM (SELECT id, order_id, claimed_by IS NOT NULL AS mine FROM gift_gift
                        WHERE recipient_id = $1 AND id < $2 AND claimable_at IS NOT NULL
                        ORDER BY id DESC LIMIT $3) meant
        UNION
        SELECT * FROM (SELECT id, order_id, true FROM gift_gift WHERE claimed_by = $1 AND id < $2
                        ORDER BY id DESC LIMIT $3) mine
        UNION
        SELECT * FROM (SELECT gift_id, order_id, true FROM gift_share WHERE person_id = $1 AND gift_id < $2
                        ORDER BY gift_id DESC LIMIT $3) shares) m
  JOIN gift_gift g ON g.id = m.id
  JOIN order_order o ON o.id = m.order_id
  JOIN people_person p ON p.id = g.giver_id
  {_PARTS}
  JOIN order_line l ON l.n = 1
   AND l.order_id = CASE WHEN g.shop_id = {SEVERAL_SHOPS} THEN m.order_id ELSE coalesce(t.first_id, m.order_id) END
 WHERE m.mine OR NOT EXISTS (SELECT 1 FROM people_block b WHERE b.person_id = $1 AND b.blocked_id = g.giver_id)
    OR EXISTS (SELECT 1 FROM mask_gift k WHERE k.gift_id = g.id AND k.shown_at IS NULL)
 ORDER BY g.id DESC LIMIT $3
"""


async def gifts_given(ground: Ground, reader_id: int, before: int | None = None) -> GiftsGiven:
    """What the reader gave."""
    rows = await ground.db.fetch(_GIVEN, reader_id, before or _BIGGEST, PAGE + 1)
    return GiftsGiven([_given(row) for row in rows[:PAGE]], _next(rows))


async def gifts_got(ground: Ground, reader_id: int, before: int | None = None) -> GiftsGot:
    """What the reader was given."""
    rows = await ground.db.fetch(_GOT, reader_id, before or _BIGGEST, PAGE + 1)
    ids = [row["id"] for row in rows]
    veiled = await veiled_gifts(ground.db, reader_id, ids)
    masked = await masked_gifts(ground.db, reader_id, ids)
    return GiftsGot(
        [_got(row, is_veiled=row["id"] in veiled, is_masked=row["id"] in masked) for row in rows[:PAGE]], _next(rows)
    )


def _next(rows: list[Row]) -> int | None:
    return rows[PAGE - 1]["id"] if len(rows) > PAGE else None


def _person(row: Row) -> Person:
    return Person(row["person_id"], row["name"], row["avatar"], row["language"])


def _going(row: Row) -> Going:
    if row["state"] != GiftState.CLAIMED:
        return ""
    return going(row["order_state"], received=row["received_at"] is not None, delivered=bool(row["delivered"]))


def _given(row: Row) -> GiftGiven:
    return GiftGiven(
        gift_id=row["id"],
        cover=row["cover"],
        greeting=row["greeting"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        to=None if row["person_id"] is None else _person(row),
        shares=row["shares"],
        shares_claimed=row["shares_claimed"],
        group=row["group_name"],
        total=row["total_amount"],
        currency=row["currency"],
        state=row["state"],
        ended_how=row["ended_how"],
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
        made_at=row["made_at"],
        going=_going(row),
        pieces=row["pieces"],
    )


def _got(row: Row, *, is_veiled: bool, is_masked: bool) -> GiftGot:
    seen = row["opened_at"] is not None
    titles = (UNKNOWN.title_zh, UNKNOWN.title_en) if is_veiled else (row["title_zh"], row["title_en"])
    return GiftGot(
        gift_id=row["id"],
        order_id=row["order_id"] if row["state"] == GiftState.CLAIMED else None,
        giver=NOBODY_SAID if is_masked else _person(row),
        cover=row["cover"],
        greeting=row["greeting"] if seen else "",
        title_zh=titles[0] if seen else "",
        title_en=titles[1] if seen else "",
        state=row["state"],
        ended_how=row["ended_how"],
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
        made_at=row["made_at"],
        going=_going(row),
        pieces=row["pieces"] if seen and not is_veiled else 1,
    )

"""Reports that wait for an operator, whom something holds at the moment, and gifts that wait for their givers."""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.foundation.ground import Ground
from renqing.views.operator_staff import check_operator

SHOWN_MAX = 200


class ReportRow(msgspec.Struct, frozen=True):
    """An open report, and how many people reported the same person so far."""

    report_id: int
    about_id: int
    about: str
    reporter: str
    reason: str
    words: str
    gift_id: int | None
    made_at: datetime
    reporters: int


class HoldRow(msgspec.Struct, frozen=True):
    """A hold that stands: who, from what, by which rule, until when. ``made_by`` empty: the rule itself."""

    hold_id: int
    person_id: int
    person: str
    verb: str
    rule: str
    made_at: datetime
    made_by: str
    ends_at: datetime


class WaitingGift(msgspec.Struct, frozen=True):
    """A gift that nobody claims for now, since so many opened its link; whose it is, is not the desk's to know."""

    gift_id: int
    openers: int
    since: datetime
    until: datetime


class HoldsDesk(msgspec.Struct, frozen=True):
    """The oldest reports first, the latest holds first, and first the gifts that wait longest."""

    reports: list[ReportRow]
    holds: list[HoldRow]
    waiting: list[WaitingGift]


_REPORTS = """
SELECT r.id, r.about_id, a.name AS about, w.name AS reporter, r.reason, r.words, r.gift_id, r.made_at,
       (SELECT count(DISTINCT o.reporter_id) FROM hold_report o
         WHERE o.about_id = r.about_id AND o.verdict <> 'dismissed') AS reporters
  FROM hold_report r JOIN people_person a ON a.id = r.about_id JOIN people_person w ON w.id = r.reporter_id
 WHERE r.decided_at IS NULL ORDER BY r.id LIMIT $1
"""
_HOLDS = """
SELECT h.id, h.person_id, p.name AS person, h.verb, h.rule, h.made_at, coalesce(m.name, '') AS made_by, h.ends_at
  FROM hold_hold h JOIN people_person p ON p.id = h.person_id LEFT JOIN people_person m ON m.id = h.made_by
 WHERE h.lifted_at IS NULL AND h.ends_at > $1 ORDER BY h.id DESC LIMIT $2
"""


_WAITING = """
SELECT g.id, (SELECT count(*) FROM hold_opener o WHERE o.gift_id = g.id) AS openers,
       coalesce(g.held_since, g.held_until) AS since, g.held_until
  FROM gift_gift g WHERE g.held_until > $1 AND g.state = 10 ORDER BY since, g.id LIMIT $2
"""


async def operator_holds(ground: Ground, reader_id: int) -> HoldsDesk:
    """Raises NotFound for who is no operator."""
    await check_operator(ground, reader_id)
    return HoldsDesk(
        reports=[ReportRow(*row.values()) for row in await ground.db.fetch(_REPORTS, SHOWN_MAX)],
        holds=[HoldRow(*row.values()) for row in await ground.db.fetch(_HOLDS, ground.clock.now(), SHOWN_MAX)],
        waiting=[WaitingGift(*row.values()) for row in await ground.db.fetch(_WAITING, ground.clock.now(), SHOWN_MAX)],
    )

"""The history of gifts between two people: what each gave that the other claimed, the latest first. No amounts.

It is for the two alone, and both hold it: whoever would rather have none switches it off in their peace, and it is
empty for both, as it is where a block stands between them; the other does not learn which of it is so. Who is erased is
nobody any more. A share is told by what was in it as it was given, never by the style that was chosen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.books import catalog, people
from renqing.books.people import Person, PersonUnknown
from renqing.foundation.ground import Ground
from renqing.social import peace
from renqing.views.veil import UNKNOWN, veiled_gifts

PAGE = 20


class GiftBetween(msgspec.Struct, frozen=True):
    """A gift that one gave and the other claimed. ``thanks``: the words that were said for it.

    ``reply_to``: the gift of the other's that it answers.
    """

    gift_id: int
    side: Literal["given", "got"]
    product_id: int
    title_zh: str
    title_en: str
    picture: str
    cover: str
    greeting: str
    thanks: str
    claimed_at: datetime
    reply_to: int | None


class GiftsBetween(msgspec.Struct, frozen=True):
    """A page of the history with somebody. ``is_off``: the reader has switched histories off.

    ``given`` and ``got`` count all of it; ``before`` asks for more, None where there is none.
    """

    person: Person
    gifts: list[GiftBetween]
    given: int
    got: int
    is_off: bool
    before: int | None


# What the other gave without a name is not the reader's to find under theirs.
_UNMASKED = "NOT EXISTS (SELECT 1 FROM mask_gift k WHERE k.gift_id = g.id AND k.shown_at IS NULL)"
# Each along its own index: gifts for one by who claimed them, shares by who has them.
_BETWEEN = f"""
 (SELECT g.id, g.giver_id, g.claimed_by AS taker_id, g.claimed_at, g.product_id
    FROM gift_gift g WHERE g.claimed_by = $1 AND g.giver_id = $2 AND {_UNMASKED}
   UNION ALL
  SELECT g.id, g.giver_id, g.claimed_by, g.claimed_at, g.product_id
    FROM gift_gift g WHERE g.claimed_by = $2 AND g.giver_id = $1
   UNION ALL
  SELECT g.id, g.giver_id, s.person_id, s.claimed_at, coalesce(t.product_id, g.product_id)
    FROM gift_share s JOIN gift_gift g ON g.id = s.gift_id
    LEFT JOIN gift_tier t ON t.gift_id = g.id AND s.n BETWEEN t.first_share AND t.first_share + t.shares - 1
   WHERE (s.person_id = $1 AND g.giver_id = $2 AND {_UNMASKED}) OR (s.person_id = $2 AND g.giver_id = $1))
"""
_PAGE = f"""
SELECT b.id, b.giver_id, b.claimed_at, b.product_id, p.title_zh, p.title_en, coalesce(p.pictures[1], '') AS picture,
       g.cover, g.greeting, g.reply_to, coalesce(n.words, '') AS thanks
  FROM {_BETWEEN} b JOIN gift_gift g ON g.id = b.id JOIN catalog_product p ON p.id = b.product_id
  LEFT JOIN thanks_note n ON n.gift_id = b.id AND n.person_id = b.taker_id
 WHERE b.id < $3 ORDER BY b.id DESC LIMIT $4
"""
_COUNTS = f"SELECT count(*) FILTER (WHERE giver_id = $1) AS given, count(*) AS gifts FROM {_BETWEEN} b"


async def gifts_between(ground: Ground, reader_id: int, person_id: int, before: int | None = None) -> GiftsBetween:
    """The reader's history with somebody near, or with whom they have one. Raises PersonUnknown for all others."""
    db = ground.db
    person = await people.get_person(db, person_id)
    counts = await db.fetchrow(_COUNTS, reader_id, person_id)
    assert counts is not None, "a question of counts has one row"
    near = await people.are_friends(db, reader_id, person_id) or await people.share_a_group(db, reader_id, person_id)
    if reader_id == person_id or not (near or counts["gifts"]) or await people.erased_among(db, [person_id]):
        raise PersonUnknown
    rules = await peace.rules_of(db, (reader_id, person_id))
    is_off = not rules.get(reader_id, peace.DEFAULT_RULE).shows_history
    is_shown = all(rule.shows_history for rule in rules.values())
    if not is_shown or await people.either_blocks(db, reader_id, person_id):
        return GiftsBetween(person, [], 0, 0, is_off, None)
    rows = await db.fetch(_PAGE, reader_id, person_id, before or 2**63 - 1, PAGE + 1)
    found = [
        GiftBetween(
            gift_id=row["id"],
            side="given" if row["giver_id"] == reader_id else "got",
            picture=catalog.picture_of(row["picture"]),
            **{name: row[name] for name in ("product_id", "title_zh", "title_en", "cover", "greeting", "thanks")},
            claimed_at=row["claimed_at"],
            reply_to=row["reply_to"],
        )
        for row in rows[:PAGE]
    ]
    veiled = await veiled_gifts(ground.db, reader_id, [one.gift_id for one in found])
    goods = {name: value for name, value in msgspec.structs.asdict(UNKNOWN).items() if name != "specs"}
    found = [msgspec.structs.replace(one, **goods) if one.gift_id in veiled else one for one in found]
    given = counts["given"]
    next_before = found[-1].gift_id if len(rows) > PAGE else None
    return GiftsBetween(person, found, given, counts["gifts"] - given, is_off, next_before)

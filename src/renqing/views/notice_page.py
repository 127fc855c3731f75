"""The inbox: notices with the names and goods they are about, looked up as they are now, in one statement.

What a giver's notice names is the product that was given; the style that was chosen is not read. A recipient's notice
names nobody's goods before the envelope is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.foundation.money import Money
from renqing.foundation.text import Language, say
from renqing.social import notices
from renqing.views.behind_a_mask import masked_gifts, masked_orders
from renqing.views.veil import UNKNOWN, veiled_orders

PAGE = 30
_ORDER_GOODS = frozenset({"order_paid", "order_closed", "order_shipped", "order_delivered", "order_received"})


_COUNTS = ("shares", "left", "taken", "hours", "entrants", "winners", "times", "openers")


class NoticeHere(msgspec.Struct, frozen=True):
    """A notice as its reader has it: ``title`` and ``body`` make its words."""

    notice_id: int
    kind: str
    link: str
    who: Person | None
    product_id: int | None
    product_zh: str
    product_en: str
    facts: dict[str, int | str]
    made_at: datetime
    is_read: bool
    shop_zh: str = ""
    shop_en: str = ""

    def title(self, language: Language) -> str:
        """The first line."""
        return say(f"notice.{self.kind}.title", language, **self._said(language))

    def body(self, language: Language) -> str:
        """The second line."""
        return say(f"notice.{self.kind}.body", language, **self._said(language))

    def _said(self, language: Language) -> dict[str, str]:
        product = (self.product_en if language == "en" else "") or self.product_zh
        said = {
            "who": self.who.name if self.who else say("notice.somebody", language),
            "shop": (self.shop_en if language == "en" else "") or self.shop_zh,
            "product": product or say("notice.something", language),
        }
        if "amount" in self.facts:
            said["amount"] = Money(int(self.facts["amount"]), str(self.facts["currency"])).text()
        if "reason" in self.facts:
            said["reason"] = str(self.facts["reason"])
        if "refusal" in self.facts:
            said["sentence"] = say(f"gift.refusal.{self.facts['refusal']}", language)
        if "why" in self.facts:
            said["why"] = say(f"yearly.why.{self.facts['why']}", language)
        if "state" in self.facts:
            said["state"] = say(f"aftersale.state.{self.facts['state']}", language)
        return said | {name: str(self.facts[name]) for name in _COUNTS if name in self.facts}


class NoticesPage(msgspec.Struct, frozen=True):
    """A page of the inbox, the newest first. ``newest`` is what "all read" goes up to; ``before`` asks for more."""

    notices: list[NoticeHere]
    unread: int
    newest: int
    before: int | None


# Goods of a gift come from the gift's product, for its giver alone; goods of an order from its first line. Where its
# recipient chose something else, who paid reads what they gave.
_PAGE = """
SELECT n.id, n.kind, n.facts, n.link, n.made_at, n.read_at,
       p.id AS who_id, p.name AS who_name, p.avatar AS who_avatar, p.language AS who_language,
       coalesce(g.product_id, l.product_id) AS product_id,
       coalesce(c.title_zh, l.title_zh, a.name, '') AS product_zh, coalesce(c.title_en, l.title_en, '') AS product_en,
       coalesce(h.name_zh, '') AS shop_zh, coalesce(h.name_en, '') AS shop_en
  FROM (SELECT * FROM notice_notice WHERE person_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3) n
  LEFT JOIN gift_gift g ON g.id = (n.facts->>'gift_id')::bigint AND g.giver_id = n.person_id
  LEFT JOIN catalog_product c ON c.id = g.product_id
  LEFT JOIN LATERAL (SELECT product_id, title_zh, title_en FROM order_line
                      WHERE order_id = coalesce(
                              (SELECT x.order_id FROM choice_choice x JOIN order_order o ON o.id = x.part_id
                                WHERE x.part_id = (n.facts->>'order_id')::bigint AND o.payer_id = n.person_id
                                  AND o.owner_id <> n.person_id), (n.facts->>'order_id')::bigint)
                      ORDER BY order_line.n LIMIT 1) l ON true
  LEFT JOIN activity_activity a ON a.id = (n.facts->>'activity_id')::bigint
  LEFT JOIN people_shop h ON h.id = a.shop_id
  LEFT JOIN people_person p
         ON p.id = coalesce((n.facts->>'who_id')::bigint, g.claimed_by,
                            CASE WHEN g.passed_by IS NULL THEN g.recipient_id END, -- else the claim tells who it is
                            (SELECT o.owner_id FROM order_order o
                              WHERE o.id = (n.facts->>'order_id')::bigint AND o.payer_id = n.person_id
                                AND o.owner_id <> n.person_id))
 ORDER BY n.id DESC
"""


async def notices_page(ground: Ground, reader_id: int, before: int | None = None) -> NoticesPage:
    """The reader's inbox, or what came before a notice."""
    rows = await ground.db.fetch(_PAGE, reader_id, 2**63 - 1 if before is None else before, PAGE + 1)
    veiled = await _veiled(ground, reader_id, rows)
    masked = await _masked(ground, reader_id, rows)
    here = [_here(row, is_veiled=row["id"] in veiled, is_masked=row["id"] in masked) for row in rows[:PAGE]]
    return NoticesPage(
        notices=here,
        unread=await notices.unread(ground.db, reader_id, ground.clock.now()),
        newest=here[0].notice_id if here else 0,
        before=here[-1].notice_id if len(rows) > PAGE else None,
    )


async def _veiled(ground: Ground, reader_id: int, rows: Sequence[Row]) -> set[int]:
    """The notices about what is a surprise to the reader yet."""
    of_order = {row["id"]: int(row["facts"]["order_id"]) for row in rows if "order_id" in row["facts"]}
    hidden = await veiled_orders(ground.db, reader_id, sorted(set(of_order.values())))
    return {notice_id for notice_id, order_id in of_order.items() if order_id in hidden}


async def _masked(ground: Ground, reader_id: int, rows: Sequence[Row]) -> set[int]:
    """The notices of gifts whose giver the reader may not know."""
    of_gift = {row["id"]: int(row["facts"]["gift_id"]) for row in rows if "gift_id" in row["facts"]}
    of_order = {row["id"]: int(row["facts"]["order_id"]) for row in rows if "order_id" in row["facts"]}
    hidden = await masked_gifts(ground.db, reader_id, list(of_gift.values()))
    orders = await masked_orders(ground.db, reader_id, sorted(set(of_order.values())))
    return {one for one, gift_id in of_gift.items() if gift_id in hidden} | {
        one for one, order_id in of_order.items() if order_id in orders
    }


def _here(row: Row, *, is_veiled: bool, is_masked: bool) -> NoticeHere:
    who = None
    if row["who_id"] is not None and not is_masked:
        who = Person(row["who_id"], row["who_name"], row["who_avatar"], row["who_language"])
    return NoticeHere(
        notice_id=row["id"],
        kind=row["kind"],
        link=row["link"],
        who=who,
        product_id=None if is_veiled else row["product_id"],
        product_zh=UNKNOWN.title_zh if is_veiled else row["product_zh"],
        product_en=UNKNOWN.title_en if is_veiled else row["product_en"],
        facts=row["facts"],
        made_at=row["made_at"],
        is_read=row["read_at"] is not None,
        shop_zh=row["shop_zh"],
        shop_en=row["shop_en"],
    )

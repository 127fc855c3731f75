"""What a shop reads of a gift with its order, as WeChat's order carries it (``order_present_info``), and nothing more.

People are pseudonyms of this shop's own, the same as in its programs' events. Of a gift without a name there is no
giver to read until they show themselves, and who is erased has none any more. The greeting is there where the gift's
policy lets its shop read it, once somebody has claimed it. Of a set each shop reads its own orders alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.books import people
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import gifts, masks
from renqing.trade import webhooks

ORDERS_MAX = 1_000
SendType = Literal["chat", "group", "link", "code"]
# WeChat's ``present_send_type``; its cards always stand in a chat, so that a link and a printed code have no number.
NUMBERS: dict[str, int] = {"chat": 0, "group": 1}


class PresentInfo(msgspec.Struct, frozen=True):
    """A gift as the shop of its order reads it. ``note``: the greeting, empty where it is not the shop's to read.

    ``giver`` and ``recipient`` are this shop's names for them. ``order_ids``: what claimed shares and parts of it are
    this shop's orders, ``orders`` of them, up to ``ORDERS_MAX`` named. ``paid_at``: when all of it was paid.
    ``is_b2c_free_present``: the shop's own activity ``activity_id`` gave it, and nobody paid.
    """

    gift_id: int | None
    note: str
    giver: str | None
    recipient: str | None
    send_type: SendType
    mode: str
    order_ids: list[int]
    orders: int
    paid_at: datetime | None
    is_b2c_free_present: bool = False
    activity_id: int | None = None

    @property
    def send_number(self) -> int | None:
        """WeChat's number of the way it was sent."""
        return NUMBERS.get(self.send_type)


_ORDERS = f"""
SELECT o.id, count(*) OVER () AS orders FROM (
   SELECT order_id AS id FROM gift_share WHERE gift_id = $1
   UNION SELECT part_id FROM order_section WHERE order_id = $2
   UNION SELECT part_id FROM choice_choice WHERE order_id = $2
   UNION SELECT $3::bigint) n
  JOIN order_order o ON o.id = n.id AND o.shop_id = $4
 ORDER BY o.id LIMIT {ORDERS_MAX}
"""


async def present_info(ground: Ground, order: Row) -> PresentInfo | None:
    """What the shop of this order reads of the gift that it is; None where it is none."""
    if order["purpose"] == "present":
        return await _of_activity(ground, order)
    if order["purpose"] != "gift":
        return None
    paid_as = order["part_of"] or order["id"]
    gift_id = await ground.db.fetchval("SELECT id FROM gift_gift WHERE order_id = $1", paid_as)
    gift = await gifts.by_id(ground.db, gift_id)
    assert gift is not None, "an order of a gift has its gift"
    rows = await ground.db.fetch(_ORDERS, gift.id, paid_as, order["id"], order["shop_id"])
    by_code = await ground.db.fetchval("SELECT EXISTS (SELECT 1 FROM code_gift WHERE gift_id = $1)", gift.id)
    policy = gift.policy or ground.policy
    reads_note = policy.gift_note_to_shop == "yes" and order["owner_id"] is not None
    masked = bool(await masks.worn_on(ground.db, [gift.id]))
    return PresentInfo(
        gift_id=gift.id,
        note=gift.greeting if reads_note else "",
        giver=None if masked else await _known_as(ground, order["shop_id"], gift.giver_id),
        recipient=await _known_as(ground, order["shop_id"], order["owner_id"]),
        send_type="code" if by_code else "chat" if gift.recipient_id else "group" if gift.group_id else "link",
        mode=gift.mode,
        order_ids=[row["id"] for row in rows],
        orders=rows[0]["orders"] if rows else 0,
        paid_at=await ground.db.fetchval("SELECT paid_at FROM order_order WHERE id = $1", paid_as),
    )


async def _of_activity(ground: Ground, order: Row) -> PresentInfo:
    row = await ground.db.fetchrow(
        """SELECT a.id, a.greeting, a.audience FROM activity_present t JOIN activity_activity a ON a.id = t.activity_id
            WHERE t.order_id = $1""",
        order["id"],
    )
    assert row is not None, "a present was taken of an activity"
    return PresentInfo(
        gift_id=None,
        note=row["greeting"],
        giver=None,
        recipient=await _known_as(ground, order["shop_id"], order["owner_id"]),
        send_type="group" if row["audience"] == "group" else "link",
        mode="present",
        order_ids=[order["id"]],
        orders=1,
        paid_at=None,
        is_b2c_free_present=True,
        activity_id=row["id"],
    )


async def _known_as(ground: Ground, shop_id: int, person_id: int | None) -> str | None:
    """Somebody as this shop knows them; nobody before there is one, and nobody once they are erased."""
    if person_id is None or await people.erased_among(ground.db, [person_id]):
        return None
    return webhooks.pseudonym(ground.keys, shop_id, person_id)

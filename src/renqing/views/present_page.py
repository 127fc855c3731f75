"""What a shop gives away, as whoever has its link sees it.

What it is, for whom, how many are left, and whether one is theirs. Looking changes nothing, and no price has a place
here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from renqing.books.catalog import picture_of
from renqing.foundation.ground import Ground
from renqing.social.activities import Activity, ActivityState, Audience, PresentNotAvailable, may_be_code, state_of

Standing = Literal["sign_in", "ready", "yours", "not_for_you", "not_yet", "paused", "gone"]


class PresentPage(msgspec.Struct, frozen=True):
    """An activity for one reader. ``standing`` says what they can do; ``order_id`` where a piece is theirs."""

    activity_id: int
    code: str
    shop_id: int
    shop_name_zh: str
    shop_name_en: str
    shop_logo: str
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    cover: str
    greeting: str
    audience: Audience
    group_name: str
    state: int
    why_over: str
    stock: int
    taken: int
    starts_at: datetime
    ends_at: datetime
    standing: Standing
    order_id: int | None

    @property
    def left(self) -> int:
        return self.stock - self.taken


_ACTIVITY = ", ".join(f"a.{name}" for name in Activity.__struct_fields__)
_PAGE = f"""
SELECT {_ACTIVITY}, h.name_zh AS shop_zh, h.name_en AS shop_en, h.logo, p.title_zh, p.title_en, p.pictures, s.specs,
       s.picture, coalesce(g.name, '') AS group_name, t.order_id,
       NOT EXISTS (SELECT 1 FROM people_staff w WHERE w.shop_id = a.shop_id AND w.person_id = $2)
         AND CASE a.audience
               WHEN 'link' THEN true
               WHEN 'customers' THEN
                 EXISTS (SELECT 1 FROM order_order o
                          WHERE o.payer_id = $2 AND o.shop_id = a.shop_id AND o.paid_at IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM order_order o
                             WHERE o.owner_id = $2 AND o.shop_id = a.shop_id AND o.ship_from IS NOT NULL)
               WHEN 'group' THEN
                 EXISTS (SELECT 1 FROM people_member m WHERE m.group_id = a.group_id AND m.person_id = $2)
               ELSE EXISTS (SELECT 1 FROM activity_guest u WHERE u.activity_id = a.id AND u.person_id = $2)
             END AS invited
  FROM activity_activity a JOIN people_shop h ON h.id = a.shop_id JOIN catalog_product p ON p.id = a.product_id
  JOIN catalog_sku s ON s.id = a.sku_id LEFT JOIN people_group g ON g.id = a.group_id
  LEFT JOIN activity_present t ON t.activity_id = a.id AND t.person_id = $2
 WHERE a.code = $1
"""
_BY_STATE: dict[ActivityState, Standing] = {
    ActivityState.NOT_STARTED: "not_yet",
    ActivityState.RUNNING: "ready",
    ActivityState.PAUSED: "paused",
    ActivityState.OVER: "gone",
    ActivityState.VOID: "gone",
}


async def present_page(ground: Ground, reader_id: int | None, code: str) -> PresentPage:
    """What a link leads to. Raises PresentNotAvailable."""
    row = await ground.db.fetchrow(_PAGE, code, reader_id or 0) if may_be_code(code) else None
    if row is None:
        raise PresentNotAvailable
    activity = Activity(*(row[name] for name in Activity.__struct_fields__))
    state = state_of(activity, ground.clock.now())
    return PresentPage(
        activity_id=activity.id,
        code=activity.code,
        shop_id=activity.shop_id,
        shop_name_zh=row["shop_zh"],
        shop_name_en=row["shop_en"],
        shop_logo=row["logo"],
        product_id=activity.product_id,
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        specs=list(row["specs"]),
        picture=picture_of(row["picture"], *row["pictures"]),
        cover=activity.cover,
        greeting=activity.greeting,
        audience=activity.audience,
        group_name=row["group_name"] if row["invited"] else "",
        state=int(state),
        why_over=activity.ended_how or ("time" if state is ActivityState.OVER else ""),
        stock=activity.stock,
        taken=activity.taken,
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        standing=_standing(state, row["order_id"], signed_in=reader_id is not None, invited=row["invited"]),
        order_id=row["order_id"],
    )


def _standing(state: ActivityState, order_id: int | None, *, signed_in: bool, invited: bool) -> Standing:
    """What comes first: one's own piece, then the end, then whom it is for, then when."""
    if order_id is not None:
        return "yours"
    if _BY_STATE[state] == "gone":
        return "gone"
    if not signed_in:
        return "sign_in"
    return _BY_STATE[state] if invited else "not_for_you"

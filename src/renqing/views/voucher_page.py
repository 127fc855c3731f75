"""Cards (卡包): the vouchers that somebody holds, and one with its code. Everybody else learns of no such voucher.

What was paid for a voucher stands nowhere here: on a gift that is its giver's to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from renqing.books.catalog import picture_of
from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.trade import vouchers
from renqing.views.behind_a_mask import NOBODY_SAID

PAGE = 20
_BIGGEST = 2**63 - 1

VoucherShelf = Literal["valid", "over"]


class VoucherCard(msgspec.Struct, frozen=True):
    """A voucher in the list. ``giver`` where it was a gift."""

    voucher_id: int
    order_id: int
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    shop_name_zh: str
    shop_name_en: str
    giver: Person | None
    state: vouchers.VoucherState
    why: str
    uses: int
    used: int
    issued_at: datetime
    expires_at: datetime

    @property
    def left(self) -> int:
        return self.uses - self.used


class VoucherPlace(msgspec.Struct, frozen=True):
    """Where it is redeemed. ``open`` False: the shop has closed that place."""

    location_id: int
    name: str
    place: str
    is_open: bool


class VoucherUse(msgspec.Struct, frozen=True):
    """A use that was redeemed."""

    n: int
    place: str
    used_at: datetime


class VoucherHere(msgspec.Struct, frozen=True):
    """A voucher for its holder. ``code`` in groups of four; empty once it is over. ``may_give_back``: some is left."""

    card: VoucherCard
    code: str
    places: list[VoucherPlace]
    uses: list[VoucherUse]
    may_give_back: bool
    unused: vouchers.Rest
    expired: vouchers.Rest


class VouchersPage(msgspec.Struct, frozen=True):
    """A page of vouchers; ``before`` asks for the next."""

    vouchers: list[VoucherCard]
    before: int | None


_MINE = """
SELECT v.id, v.order_id, l.product_id, l.title_zh, l.title_en, l.specs, l.picture, h.name_zh AS shop_zh,
       h.name_en AS shop_en, v.state, v.why, v.uses, v.used, v.issued_at, v.expires_at,
       p.id AS giver_id, p.name AS giver_name, p.avatar AS giver_avatar, p.language AS giver_language,
       EXISTS (SELECT 1 FROM order_order o JOIN gift_gift g ON g.order_id = coalesce(o.part_of, o.id)
                 JOIN mask_gift k ON k.gift_id = g.id AND k.shown_at IS NULL WHERE o.id = v.order_id) AS is_masked
  FROM voucher_voucher v JOIN order_line l ON l.order_id = v.order_id AND l.n = v.line_n
  JOIN people_shop h ON h.id = v.shop_id
  LEFT JOIN people_person p ON p.id = v.payer_id AND v.payer_id <> v.holder_id
 WHERE v.holder_id = $1"""
_PLACES = """
SELECT id, name, place, closed_at IS NULL AS is_open FROM voucher_location WHERE id = ANY($1) ORDER BY id
"""
_USES = """
SELECT u.n, l.name, u.used_at FROM voucher_use u JOIN voucher_location l ON l.id = u.location_id
 WHERE u.voucher_id = $1 ORDER BY u.n DESC
"""


async def my_vouchers(
    ground: Ground, reader_id: int, shelf: VoucherShelf = "valid", before: int | None = None
) -> VouchersPage:
    """The reader's vouchers: the good ones, or those that are over; the newest first."""
    sql = f"{_MINE} AND (v.state = 'valid') = $2 AND v.id < $3 ORDER BY v.id DESC LIMIT $4"
    rows = await ground.db.fetch(sql, reader_id, shelf == "valid", before or _BIGGEST, PAGE + 1)
    return VouchersPage([_card(row) for row in rows[:PAGE]], rows[PAGE - 1]["id"] if len(rows) > PAGE else None)


async def vouchers_of_order(ground: Ground, reader_id: int, order_id: int) -> list[VoucherCard]:
    """The reader's vouchers of an order, in their order."""
    rows = await ground.db.fetch(f"{_MINE} AND v.order_id = $2 ORDER BY v.line_n, v.piece", reader_id, order_id)
    return [_card(row) for row in rows]


async def voucher_here(ground: Ground, reader_id: int, voucher_id: int) -> VoucherHere:
    """A voucher of the reader's. Raises VoucherUnknown."""
    row = await ground.db.fetchrow(f"{_MINE} AND v.id = $2", reader_id, voucher_id)
    if row is None:
        raise vouchers.VoucherUnknown
    voucher = await vouchers.get(ground.db, voucher_id)
    terms = (await vouchers.terms_by_ids(ground.db, [voucher.terms_id]))[voucher.terms_id]
    is_good = voucher.state is vouchers.VoucherState.VALID and ground.clock.now() < voucher.expires_at
    code = await vouchers.code(ground.db, ground.keys, voucher_id) if is_good else None
    uses = await ground.db.fetch(_USES, voucher_id)
    return VoucherHere(
        card=_card(row),
        code=in_groups(code or ""),
        places=await places_of(ground, terms.location_ids),
        uses=[VoucherUse(*one.values()) for one in uses],
        may_give_back=is_good and terms.unused == "refunded" and vouchers.worth_of_rest(voucher) > 0,
        unused=terms.unused,
        expired=terms.expired,
    )


class VoucherPromise(msgspec.Struct, frozen=True):
    """What a product promises, for who looks at it."""

    uses: int
    valid_days: int | None
    valid_until: datetime | None
    unused: vouchers.Rest
    expired: vouchers.Rest
    places: list[VoucherPlace]
    unclaimed: str


async def voucher_promise(ground: Ground, product_id: int) -> VoucherPromise | None:
    """What a product promises where it is a voucher; the places that are open."""
    terms = (await vouchers.terms_of_products(ground.db, [product_id])).get(product_id)
    if terms is None:
        return None
    places = [place for place in await places_of(ground, terms.location_ids) if place.is_open]
    return VoucherPromise(
        terms.uses, terms.valid_days, terms.valid_until, terms.unused, terms.expired, places, terms.unclaimed
    )


async def places_of(ground: Ground, location_ids: Sequence[int]) -> list[VoucherPlace]:
    """Places by id, in the order they were opened."""
    rows = await ground.db.fetch(_PLACES, list(location_ids))
    return [VoucherPlace(*row.values()) for row in rows]


def in_groups(code: str) -> str:
    """A code as people read it to each other."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def _card(row: Row) -> VoucherCard:
    giver = None
    if row["giver_id"] is not None:
        known = Person(row["giver_id"], row["giver_name"], row["giver_avatar"], row["giver_language"])
        giver = NOBODY_SAID if row["is_masked"] else known
    return VoucherCard(
        voucher_id=row["id"],
        order_id=row["order_id"],
        product_id=row["product_id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        specs=list(row["specs"]),
        picture=picture_of(row["picture"]),
        shop_name_zh=row["shop_zh"],
        shop_name_en=row["shop_en"],
        giver=giver,
        state=vouchers.VoucherState(row["state"]),
        why=row["why"],
        uses=row["uses"],
        used=row["used"],
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
    )

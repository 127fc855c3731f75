"""What a fund's link shows to who has it, before they join.

Who is not signed in reads who collects, until when and how far it is, and neither what for nor for whom: it could be
they. Signed in, whom it is for and who is blocked find no link at all, and everybody else reads what those who take
part read, without the names.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import catalog, people
from renqing.books.people import Person
from renqing.foundation.ground import Ground
from renqing.social import funds
from renqing.social.funds import FundState, FundUnknown


class FundInvitation(msgspec.Struct, frozen=True):
    """A fund by its link. What it is for stays empty for who is not signed in; ``is_in``: they take part already."""

    fund_id: int | None
    starter: Person
    to: Person | None
    product_id: int | None
    title_zh: str
    title_en: str
    picture: str
    target: int
    paid: int
    currency: str
    state: FundState
    is_open: bool
    ends_at: datetime
    is_in: bool


_GOODS = "SELECT product_id, title_zh, title_en, picture FROM order_line WHERE order_id = $1 AND n = 1"


async def fund_by_link(ground: Ground, token: str, reader_id: int | None) -> FundInvitation:
    """Raises FundUnknown for every token that opens nothing for this reader: one answer for all."""
    fund = await funds.by_link(ground.db, ground.keys, token)
    if fund is None:
        raise FundUnknown
    known = False
    if reader_id is not None:
        is_blocked = await people.either_blocks(ground.db, reader_id, fund.starter_id)
        if not funds.takes_part(fund, reader_id, is_asked=True, is_blocked=is_blocked):
            raise FundUnknown
        known = True
    near = await people.get_people(ground.db, [one for one in (fund.starter_id, fund.recipient_id) if one])
    goods = await ground.db.fetchrow(_GOODS, fund.id) if known else None
    is_in = reader_id is not None and (
        reader_id == fund.starter_id or await funds.is_guest(ground.db, fund.id, reader_id)
    )
    return FundInvitation(
        fund_id=fund.id if known else None,
        starter=near[fund.starter_id],
        to=near.get(fund.recipient_id or 0) if known else None,
        product_id=goods["product_id"] if goods else None,
        title_zh=goods["title_zh"] if goods else "",
        title_en=goods["title_en"] if goods else "",
        picture=catalog.picture_of(goods["picture"]) if goods else "",
        target=fund.target,
        paid=fund.paid,
        currency=fund.currency,
        state=fund.state,
        is_open=funds.is_open(fund, ground.clock.now()),
        ends_at=fund.ends_at,
        is_in=is_in,
    )

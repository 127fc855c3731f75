"""Who started a fund makes a link of it, and whoever has the link joins those who are asked.

Making a link, a new one or none is the starter's, under the lock of the fund. Joining: under the same lock the link is
still living, the fund is open and has room, and who asks is neither whom the gift is for nor kept away by a block: for
those two there is no such link, in the words that every wrong one hears. From then on they take part as who was asked
by name. Looking changes nothing. Who has no account comes by a phone and its code, as a guest of a gift does.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import funds


class LinkAFund(msgspec.Struct, frozen=True):
    """The starter wants a new link, or (``on`` false) none."""

    starter_id: int
    fund_id: int
    on: bool = True


class FundLinked(msgspec.Struct, frozen=True):
    """Whether the fund can be joined by a link now. The link itself stands on the starter's page."""

    fund_id: int
    on: bool


class JoinAFund(msgspec.Struct, frozen=True):
    """Somebody has the link."""

    person_id: int
    token: str


class FundJoinedByLink(msgspec.Struct, frozen=True):
    """They take part."""

    fund_id: int


async def link_a_fund(ground: Ground, ask: LinkAFund, once: Once) -> FundLinked:
    """Raises FundUnknown for others than the starter, FundOver."""

    async def story(tx: Tx) -> FundLinked:
        fund = (await funds.lock(tx, [ask.fund_id])).get(ask.fund_id)
        if fund is None or fund.starter_id != ask.starter_id:
            raise funds.FundUnknown
        if ask.on:
            await funds.open_link(tx, fund)
        else:
            await funds.close_link(tx, fund)
        return FundLinked(fund.id, ask.on)

    return await run_once(ground.db, once, FundLinked, story)


async def join_a_fund(ground: Ground, ask: JoinAFund, once: Once) -> FundJoinedByLink:
    """Raises FundUnknown, FundOver, FundCrowded."""
    return await run_once(ground.db, once, FundJoinedByLink, lambda tx: _join(tx, ask))


async def _join(tx: Tx, ask: JoinAFund) -> FundJoinedByLink:
    found = await funds.by_link(tx, tx.keys, ask.token)
    if found is None:
        raise funds.FundUnknown
    fund = (await funds.lock(tx, [found.id]))[found.id]
    is_blocked = await people.either_blocks(tx, ask.person_id, fund.starter_id)
    still = await funds.by_link(tx, tx.keys, ask.token)  # it may have been switched off while we waited
    if still is None or not funds.takes_part(fund, ask.person_id, is_asked=True, is_blocked=is_blocked):
        raise funds.FundUnknown
    if ask.person_id != fund.starter_id:
        await funds.join(tx, fund, ask.person_id)
    return FundJoinedByLink(fund.id)

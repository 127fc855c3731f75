"""A lucky pack on its gift's page: who got what so far, who was luckiest, and what its order follows from.

Names are for its giver and the members of its group; who came by a link sees their own place, and of others only what
was dealt. Nobody sees what anything cost. Before it is over nobody sees what comes next: the seed is sealed.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from renqing.books import people
from renqing.books.people import Person
from renqing.foundation.ground import Ground
from renqing.social import gifts, lucky
from renqing.social.gifts import Gift
from renqing.views.gift_tiers import Goods, prize_in, tiers_seen


class Dealt(msgspec.Struct, frozen=True):
    """A voucher that was dealt. ``person`` None: the reader may not see who. ``goods`` None: all are the same."""

    place: int
    share: int
    goods: Goods | None
    person: Person | None
    is_mine: bool
    is_luckiest: bool
    claimed_at: datetime


class LuckySeen(msgspec.Struct, frozen=True):
    """A pack for one reader: ``dealt``, the latest first. ``seed`` and ``order`` (numbers of shares) once it is over.

    ``commitment`` is the SHA-256 of the seed, in hexadecimal as the seed is.
    """

    commitment: str
    is_over: bool
    seed: str | None
    order: list[int]
    dealt: list[Dealt]

    @property
    def luckiest(self) -> Dealt | None:
        return next((one for one in self.dealt if one.is_luckiest), None)

    @property
    def mine(self) -> Dealt | None:
        return next((one for one in self.dealt if one.is_mine), None)


_CLAIMED = "SELECT n, claimed_at FROM gift_share WHERE gift_id = $1"


async def lucky_seen(ground: Ground, gift: Gift, reader_id: int | None, *, sees_who: bool) -> LuckySeen | None:
    """The pack of a gift as this reader may see it; None where it has none."""
    pack = (await lucky.of_gifts(ground.db, [gift.id])).get(gift.id) if gift.mode == "lucky" else None
    if pack is None:
        return None
    order = [] if pack.seed is None else list(lucky.order_of(pack.seed, pack.shares))
    return LuckySeen(
        commitment=pack.commitment.hex(),
        is_over=pack.seed is not None,
        seed=None if pack.seed is None else pack.seed.hex(),
        order=order,
        dealt=await _dealt(ground, gift, order, reader_id, sees_who=sees_who),
    )


async def _dealt(ground: Ground, gift: Gift, order: list[int], reader_id: int | None, *, sees_who: bool) -> list[Dealt]:
    shares = {share.n: share for share in (await gifts.shares_of(ground.db, [gift.id]))[gift.id]}
    times = {row["n"]: row["claimed_at"] for row in await ground.db.fetch(_CLAIMED, gift.id)}
    # Before the seed is shown the places are those of the claims.
    came = [n for n in order if n in shares] or sorted(shares, key=lambda n: (times[n], shares[n].order_id))
    seen = [share.person_id for share in shares.values() if sees_who or share.person_id == reader_id]
    names = await people.get_people(ground.db, seen) if seen else {}
    tiers = await tiers_seen(ground.db, gift)
    worth = gifts.worths(gift, list(shares.values()), (await gifts.tiers_of(ground.db, [gift])).get(gift.id, []))
    best = lucky.luckiest([worth[n] for n in came]) if order else None
    dealt = [
        Dealt(
            place=place,
            share=n,
            goods=prize_in(tiers, tiers[0].goods, n) if tiers else None,
            person=names.get(shares[n].person_id),
            is_mine=shares[n].person_id == reader_id,
            is_luckiest=best == place - 1,
            claimed_at=times[n],
        )
        for place, n in enumerate(came, 1)
    ]
    return dealt[::-1]

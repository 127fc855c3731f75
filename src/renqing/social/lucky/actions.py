"""What can be done to lucky packs. Nothing here commits; whoever writes holds the locks of the gifts."""

from __future__ import annotations

from collections.abc import Mapping

from renqing.foundation.database import Tx
from renqing.foundation.ids import random_bytes
from renqing.foundation.outbox import leave
from renqing.social.lucky import rules, store
from renqing.social.lucky.model import SEED_BYTES, LuckyPackOver, NewPack


async def prepare(tx: Tx, pack: NewPack) -> None:
    """A pack whose gift waits for payment: the order of its vouchers is fixed from now on, and told to nobody."""
    seed = random_bytes(SEED_BYTES)
    await store.insert_pack(tx, pack, seed=seed, commitment=rules.commitment_of(seed))


async def show(tx: Tx, dealt: Mapping[int, Mapping[int, tuple[int, int]]]) -> None:
    """These packs are over; of each what was dealt: share number to (who, what it is worth). Leaves LuckyPackOver.

    One that was shown before stays as it is.
    """
    seeds = await store.seeds_of(tx, dealt) if dealt else {}
    if not seeds:
        return
    await store.set_shown(tx, {gift_id: seed for gift_id, (seed, _) in seeds.items()})
    packs = await store.of_gifts(tx, seeds)
    facts = []
    for gift_id, (seed, shares) in seeds.items():
        got = [dealt[gift_id][n] for n in rules.order_of(seed, shares) if n in dealt[gift_id]]
        best = rules.luckiest([worth for _, worth in got])
        facts.append(
            LuckyPackOver(
                subject_id=gift_id,
                gift_id=gift_id,
                giver_id=packs[gift_id].giver_id,
                shares=shares,
                dealt=len(got),
                luckiest_id=None if best is None else got[best][0],
            )
        )
    await leave(tx, *facts)

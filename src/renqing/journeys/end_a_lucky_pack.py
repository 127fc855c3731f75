"""A lucky pack is over: its last voucher is taken, or its gift ended before. A step that other journeys take.

Under the gift's lock: the seed that fixed its order is public from now on, and who was luckiest is told. A pack that
nobody could have grabbed at (not paid, called off before it came) keeps its seed.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Tx
from renqing.social import gifts, lucky
from renqing.social.gifts import Gift


async def end_lucky_packs(tx: Tx, over: Sequence[Gift]) -> None:
    """Show the packs among these locked gifts that are over; one that was shown before stays as it is."""
    packs = [gift for gift in over if gift.mode == "lucky"]
    if not packs:
        return
    shares = await gifts.shares_of(tx, [gift.id for gift in packs])
    tiers = await gifts.tiers_of(tx, packs)
    worth = {gift.id: gifts.worths(gift, shares[gift.id], tiers.get(gift.id, [])) for gift in packs}
    dealt = {
        gift_id: {share.n: (share.person_id, worth[gift_id][share.n]) for share in of_gift}
        for gift_id, of_gift in shares.items()
    }
    await lucky.show(tx, dealt)

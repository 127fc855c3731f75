"""The place is known: what of the sum that a giver allowed it costs more stays with the freight, the rest goes back.

Steps of whatever gives a gift's goods a place, in its transaction: a claim, a gift that its giver keeps, one that goes
to a charity. The order is locked and has an owner. What goes back is a refund of the order by the original route, once,
and a later refund of the order is less by it. Where something else was chosen instead, all of it is with what that cost
less, and goes back with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books import ledger
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.give_money_back import give_back_of_freight
from renqing.social import gifts
from renqing.social.gifts import CannotReceive
from renqing.trade import orders, surcharges
from renqing.trade.orders import Order


def check_not_too_dear(ground: Ground, gift: gifts.Gift, order: Order, fee: int, region: str) -> None:
    """Raises CannotReceive where the giver bears surcharges and has not allowed what this place costs more."""
    rule = (gift.policy or ground.policy).gift_surcharge
    is_one_parcel = gift.shares == 1 and order.shop_id != orders.SEVERAL_SHOPS and not order.by_voucher
    if is_one_parcel and surcharges.is_too_dear(fee, order.freight_amount, giver_bears=rule == "giver"):
        raise CannotReceive(reason="surcharge", hours=0, region=region)


async def settle_surcharges(tx: Tx, served: Sequence[tuple[int, Order, int]]) -> None:
    """Orders that have their place now: whose payment it was (id), the order the goods go with, the place's rate."""
    known = await surcharges.allowed_of_orders(tx, [paid_as for paid_as, _, _ in served]) if served else {}
    for paid_as, order, fee in served:
        allowed = known.get(paid_as)
        if allowed is not None:
            used = surcharges.needed(fee, order.freight_amount, allowed.allowed_amount)
            back = await surcharges.settle(tx, allowed, order.id, used)
            if back:
                verdict = await give_back_of_freight(tx, order, back)
                assert verdict is ledger.Verdict.POSTED, f"order {order.id} is in escrow, with its freight"


async def settle_by_choice(tx: Tx, chosen: Sequence[tuple[int, int]]) -> None:
    """Something else was chosen (whole order, its part): nothing of what was allowed is used, all goes back with it."""
    known = await surcharges.allowed_of_orders(tx, [whole for whole, _ in chosen])
    for whole, part in chosen:
        if whole in known:
            await surcharges.settle(tx, known[whole], part, 0)

"""Carts: what somebody means to buy, kept until they order it or take it out.

Promises:
1. A cart is its owner's alone: every verb is told whose it is, and what is in another cart is as absent as what is not.
2. Putting in adds up; a line stays between 1 and ``QUANTITY_MAX`` pieces and a cart at ``LINES_MAX`` lines, from
   however many devices at once.
3. Nothing leaves a cart by itself. What has changed since (price, off sale, sold out) is shown beside the line, which
   remembers the price that was seen.
4. What is ordered from a cart leaves it in the order's own transaction, exactly as it was ordered or not at all, so two
   devices that order the same lines make one order.
5. A cart holds no stock and promises no price. No money is in it, so there is nothing to check.

``cart_line`` is the room's only table, owned by ``person_id``; ``forget`` removes a person's.
"""

from renqing.trade.carts.actions import change, forget, judge_order, put_in, take_out
from renqing.trade.carts.model import (
    LINES_MAX,
    QUANTITY_MAX,
    CartChanged,
    CartFull,
    CartLineUnknown,
    InCart,
    Put,
    TooManyPieces,
)
from renqing.trade.carts.store import delete_lines

__all__ = [
    "LINES_MAX",
    "QUANTITY_MAX",
    "CartChanged",
    "CartFull",
    "CartLineUnknown",
    "InCart",
    "Put",
    "TooManyPieces",
    "change",
    "delete_lines",
    "forget",
    "judge_order",
    "put_in",
    "take_out",
]

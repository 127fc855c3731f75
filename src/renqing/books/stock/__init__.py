"""Stock: what is on hand, what is held for orders, and every movement. Where pieces are counted.

Promises:
1. On hand is what was received and returned, less what was shipped and written off (S1).
2. On hand less live holds is never below zero (S2); an order is held whole or not at all.
3. A hold ends exactly once: taken when its goods leave, or released (S3, S4).
4. Items are locked in id order, so baskets never block each other in a circle (S6).
"""

from renqing.books.stock.actions import (
    exchange_hold,
    hold,
    let_go,
    move_hold,
    put_back,
    receive,
    release,
    take,
    take_many,
    write_off,
)
from renqing.books.stock.model import HoldAsk, StockRanOut
from renqing.books.stock.store import available, levels, lock_items

__all__ = [
    "HoldAsk",
    "StockRanOut",
    "available",
    "exchange_hold",
    "hold",
    "let_go",
    "levels",
    "lock_items",
    "move_hold",
    "put_back",
    "receive",
    "release",
    "take",
    "take_many",
    "write_off",
]

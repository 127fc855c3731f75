"""Lucky packs (心意礼包, 拼手气): the vouchers of a gift for many, dealt in an order that chance fixed before.

Promises:
1. The order is fixed with the pack: it follows from a seed that is sealed with the house's keys while anything of it is
   offered, and whose hash is shown from the start. The schema takes no other seed.
2. Who comes first gets the voucher that stands first in that order, and so on: nothing else decides.
3. Once the pack is over its seed is public, and anybody can work out the order.
4. The luckiest is the first who got what was worth most; where all is worth the same, nobody is.
"""

from renqing.social.lucky.actions import prepare, show
from renqing.social.lucky.model import PACK_MAX, PACK_MIN, LuckyNeedsVouchers, NewPack, Pack
from renqing.social.lucky.rules import check_pack, commitment_of, luckiest, order_of
from renqing.social.lucky.store import of_gifts, orders_of

__all__ = [
    "PACK_MAX",
    "PACK_MIN",
    "LuckyNeedsVouchers",
    "NewPack",
    "Pack",
    "check_pack",
    "commitment_of",
    "luckiest",
    "of_gifts",
    "order_of",
    "orders_of",
    "prepare",
    "show",
]

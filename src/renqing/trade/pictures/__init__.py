"""Pictures: what a shop shows its products by, kept by this host.

Promises:
1. A picture that is kept is one that the host made itself, with nothing of where and by which device it was taken.
2. Its key names its bytes: a key never gets another picture, and equal bytes of one shop are one.
3. Nothing is dropped: what was ordered keeps the picture it was seen with.
"""

from renqing.trade.pictures.actions import check_room, keep
from renqing.trade.pictures.model import PICTURES_MAX, PicturesFull, ShopPicture, is_key, key_of
from renqing.trade.pictures.store import keys

__all__ = ["PICTURES_MAX", "PicturesFull", "ShopPicture", "check_room", "is_key", "keep", "key_of", "keys"]

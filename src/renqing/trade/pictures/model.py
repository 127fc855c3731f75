"""A shop's picture: its key, and how many a shop keeps. Pure."""

from __future__ import annotations

import re

import msgspec

from renqing.foundation.errors import TooMany

PICTURES_MAX = 5_000  # a shop's: at most a gigabyte or two
_DIGITS = 40
_KEY = re.compile(rf"shop/[1-9]\d{{0,18}}/[0-9a-f]{{{_DIGITS}}}\.jpg")


class PicturesFull(TooMany):
    """A shop keeps only so many pictures. Facts: ``max``."""

    code = "pictures_full"


class ShopPicture(msgspec.Struct, frozen=True):
    """A kept picture. ``key`` is what a product names, and where ``/media/`` shows it; sizes are pixels."""

    key: str
    shop_id: int
    bytes: int
    width: int
    height: int


def key_of(shop_id: int, digest: str) -> str:
    """The key of bytes by their SHA-256 in hexadecimal: long enough that no two pictures share one."""
    return f"shop/{shop_id}/{digest[:_DIGITS]}.jpg"


def is_key(key: str) -> bool:
    """Whether this may be the key of a shop's picture."""
    return _KEY.fullmatch(key) is not None

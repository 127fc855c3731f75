"""What may be written about a person, and how a friendship moves. Pure."""

from __future__ import annotations

import re
import unicodedata

from renqing.books.people.model import (
    DETAIL_CHARACTERS_MAX,
    DETAIL_CHARACTERS_MIN,
    FRIEND_MOVES,
    MIRROR,
    NAME_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MIN,
    FriendState,
    NewAddress,
)
from renqing.foundation.errors import FieldNotValid, NotNow
from renqing.foundation.lines import line

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)  # mainland China: GB/T numbering, 11 digits from 13 to 19
_PICTURE_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*){0,3}(\.(png|webp|jpg|svg))?", re.ASCII)
_BETWEEN_DIGITS = str.maketrans("", "", " -()\u00a0\u3000")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋－（）", "0123456789+-()")
_COUNTRY = ("+86", "0086")


class FriendMoveNotPossible(NotNow):
    """There is no such ask, or nothing to answer. Fact: ``verb``."""

    code = "friend_move_not_possible"


def phone(text: str, *, field: str = "phone") -> str:
    """The 11 digits of a mainland mobile number, however it was typed. Raises FieldNotValid."""
    bare = text[:40].translate(_FULL_WIDTH).translate(_BETWEEN_DIGITS)
    for prefix in _COUNTRY:
        bare = bare.removeprefix(prefix)
    if len(bare) == 13:
        bare = bare.removeprefix("86")
    if not _MOBILE.fullmatch(bare):
        raise FieldNotValid(field=field, reason="phone")
    return bare


def masked_phone(digits: str) -> str:
    """``138****5678``: enough to know one's own number by."""
    return f"{digits[:3]}****{digits[-4:]}"


def check_name(text: str) -> str:
    """A name to show. Raises FieldNotValid."""
    return line(text, field="name", most=NAME_CHARACTERS_MAX)


def check_avatar(key: str, *, field: str = "avatar") -> str:
    """A key of our own pictures, or empty: never an address elsewhere. Raises FieldNotValid."""
    if key and not _PICTURE_KEY.fullmatch(key):
        raise FieldNotValid(field=field, reason="picture")
    return key


def address(asked: NewAddress) -> NewAddress:
    """The address as it is kept. Raises FieldNotValid; the region is judged by the store."""
    return NewAddress(
        region_code=asked.region_code,
        name=line(asked.name, field="name", most=NAME_CHARACTERS_MAX),
        phone=phone(asked.phone),
        detail=line(asked.detail, field="detail", least=DETAIL_CHARACTERS_MIN, most=DETAIL_CHARACTERS_MAX),
        is_default=asked.is_default,
    )


def password(text: str) -> str:
    """A password worth hashing: length alone (NIST SP 800-63B 5.1.1.2). Raises FieldNotValid."""
    bare = password_as_hashed(text)
    if not PASSWORD_CHARACTERS_MIN <= len(bare) <= PASSWORD_CHARACTERS_MAX:
        raise FieldNotValid(field="password", reason="length", min=PASSWORD_CHARACTERS_MIN, max=PASSWORD_CHARACTERS_MAX)
    return bare


def password_as_hashed(text: str) -> str:
    """The same characters however a keyboard composed them."""
    return unicodedata.normalize("NFKC", text[: PASSWORD_CHARACTERS_MAX * 4])


def befriend(mine: FriendState | None, verb: str) -> tuple[FriendState | None, FriendState | None]:
    """My side and the other side after my ``verb``. Raises FriendMoveNotPossible."""
    if (mine, verb) not in FRIEND_MOVES:
        raise FriendMoveNotPossible(verb=verb)
    after = FRIEND_MOVES[mine, verb]
    return after, MIRROR[after]


# Names that divide nothing: an address reads 重庆市 城口县, not 重庆市 县 城口县.
_EMPTY_NAMES = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


def region_name(names: list[str]) -> str:
    """``浙江省 杭州市 西湖区 西溪街道`` from each level's name, the largest first; 北京市 is not said twice."""
    said: list[str] = []
    for part in names:
        if part not in _EMPTY_NAMES and part not in said[-1:]:
            said.append(part)
    return " ".join(said)

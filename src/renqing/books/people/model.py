"""People and what belongs to them: states, shapes and facts."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal, Protocol

import msgspec

from renqing.foundation.errors import NotAllowed, NotFound, NotNow, NotSure, TooMany
from renqing.foundation.facts import Fact
from renqing.foundation.text import Language

PLATFORM = 0  # the shop id of the platform itself: its staff are operators

NAME_CHARACTERS_MAX = 40
DETAIL_CHARACTERS_MIN = 2
DETAIL_CHARACTERS_MAX = 120
ADDRESSES_MAX = 50
FRIENDS_MAX = 5_000
GROUP_MEMBERS_MAX = 100
GROUPS_MAX = 500
SIGN_INS_MAX = 20

CODE_LIVES = timedelta(minutes=5)
CODE_RESENT_AFTER = timedelta(seconds=60)
CODE_TRIES = 5
CODES_A_DAY = 10  # with CODE_TRIES: 50 guesses a day at one in a million each
COOKIE_LIVES = timedelta(days=30)
BEARER_LIVES = timedelta(days=90)
PASSWORD_CHARACTERS_MIN = 8
PASSWORD_CHARACTERS_MAX = 128


class FriendState(StrEnum):
    """One side of a friendship; a row each side. No row: strangers."""

    ASKED = "asked"
    ASKED_ME = "asked_me"
    FRIENDS = "friends"


# What each side's row becomes by a verb of that side; None is no row. The other side moves to the mirror of it.
FRIEND_MOVES: dict[tuple[FriendState | None, str], FriendState | None] = {
    (None, "ask"): FriendState.ASKED,
    (FriendState.ASKED, "ask"): FriendState.ASKED,
    (FriendState.ASKED_ME, "ask"): FriendState.FRIENDS,  # two asks that cross are a yes
    (FriendState.FRIENDS, "ask"): FriendState.FRIENDS,
    (FriendState.ASKED_ME, "accept"): FriendState.FRIENDS,
    (FriendState.FRIENDS, "accept"): FriendState.FRIENDS,
    (FriendState.ASKED_ME, "decline"): None,
    (None, "decline"): None,
    (FriendState.ASKED, "unfriend"): None,
    (FriendState.FRIENDS, "unfriend"): None,
    (None, "unfriend"): None,
}
MIRROR: dict[FriendState | None, FriendState | None] = {
    None: None,
    FriendState.ASKED: FriendState.ASKED_ME,
    FriendState.ASKED_ME: FriendState.ASKED,
    FriendState.FRIENDS: FriendState.FRIENDS,
}


class Role(StrEnum):
    """What somebody may do for a shop; an operator does it for the platform."""

    OWNER = "owner"
    CLERK = "clerk"
    OPERATOR = "operator"


SignInKind = Literal["cookie", "bearer"]


class Person(msgspec.Struct, frozen=True):
    """Somebody as others see them. ``avatar`` is a picture's key, or empty: drawn from the name."""

    id: int
    name: str
    avatar: str
    language: Language


class SignedIn(msgspec.Struct, frozen=True):
    """Who is behind a token, and for which shops (``PLATFORM`` too) they work."""

    person_id: int
    name: str
    avatar: str
    language: Language
    staff: dict[int, Role]


class NewSignIn(msgspec.Struct, frozen=True):
    """A sign-in as it may be kept: its token is made from ``seed`` with a key outside the database."""

    person_id: int
    seed: str
    kind: SignInKind
    made_at: datetime
    expires_at: datetime
    is_new: bool = False


class Address(msgspec.Struct, frozen=True):
    """An opened address: for its owner's eyes and for the order it is given to."""

    id: int
    person_id: int
    region_code: int
    region_name: str
    name: str
    phone: str
    detail: str
    is_default: bool


class NewAddress(msgspec.Struct, frozen=True):
    """An address to keep: ``region_code`` is the finest division we know of there, usually a street's."""

    region_code: int
    name: str
    phone: str
    detail: str
    is_default: bool = False


class Shop(msgspec.Struct, frozen=True):
    """A shop of this platform. ``writes_cards``: it lays a card into a gift's parcel, for givers who want one."""

    id: int
    name_zh: str
    name_en: str
    brief_zh: str
    brief_en: str
    logo: str
    gifts_allowed: bool
    writes_cards: bool


class NewShop(msgspec.Struct, frozen=True):
    """A shop to open."""

    name_zh: str
    name_en: str = ""
    brief_zh: str = ""
    brief_en: str = ""
    logo: str = ""
    gifts_allowed: bool = True
    writes_cards: bool = False


class Group(msgspec.Struct, frozen=True):
    """A circle of people who know each other."""

    id: int
    name: str
    made_by: int


class PersonUnknown(NotFound):
    """There is no such person for this asker."""

    code = "person_unknown"


class ShopUnknown(NotFound):
    """There is no such shop."""

    code = "shop_unknown"


class GroupUnknown(NotFound):
    """There is no such group, or the asker is not in it."""

    code = "group_unknown"


class AddressUnknown(NotFound):
    """There is no such address, or it belongs to somebody else."""

    code = "address_unknown"


class CodeNotRight(NotAllowed):
    """Wrong, used, expired, tried too often or never sent: one message for every reason."""

    code = "code_not_right"


class CodeSentJustNow(TooMany):
    """A code was sent to this phone a moment ago. Fact: ``retry_after_seconds``."""

    code = "code_sent_just_now"


class MessageNotSent(NotSure):
    """The carrier of messages did not say that it took the message: it may arrive or not. Fact: ``why``."""

    code = "message_not_sent"


class SignInNotRight(NotAllowed):
    """Phone and password do not fit, or there is none: one message for every reason."""

    code = "sign_in_not_right"


class NotFriends(NotAllowed):
    """Only friends can be asked to this, and blocks look the same."""

    code = "not_friends"


class TooManyKept(NotNow):
    """A person's list is full. Facts: ``what``, ``max``."""

    code = "too_many_kept"


class MessageSender(Protocol):
    """What this room needs from outside: somebody who carries short messages to phones.

    Called between commits only; never logs what it carries.
    """

    async def send(self, phone: str, words: str) -> None:
        """Send ``words`` to a mainland mobile number of 11 digits. Raises MessageNotSent."""
        ...

    async def close(self) -> None:
        """Let go of what is open, at the end of the process."""
        ...


class PersonJoined(Fact, frozen=True, kw_only=True):
    """Somebody is new here."""

    kind: ClassVar[str] = "PersonJoined"


class PersonChanged(Fact, frozen=True, kw_only=True):
    """Somebody changed their name, avatar, language or password; ``what`` says which."""

    kind: ClassVar[str] = "PersonChanged"
    what: list[str]


class PersonErased(Fact, frozen=True, kw_only=True):
    """Somebody asked to be forgotten, and is: nothing personal of them is left but here and there their id."""

    kind: ClassVar[str] = "PersonErased"
    erased_at: datetime


class PersonSignedIn(Fact, frozen=True, kw_only=True):
    """Somebody signed in; ``how`` is phone, password or demo."""

    kind: ClassVar[str] = "PersonSignedIn"
    how: str


class PersonSignedOut(Fact, frozen=True, kw_only=True):
    """A sign-in ended, or every one of them."""

    kind: ClassVar[str] = "PersonSignedOut"
    everywhere: bool


class FriendAsked(Fact, frozen=True, kw_only=True):
    """``asker_id`` would like to be ``asked_id``'s friend."""

    kind: ClassVar[str] = "FriendAsked"
    asker_id: int
    asked_id: int


class FriendsMade(Fact, frozen=True, kw_only=True):
    """Two people are friends now: ``accepted_by`` said yes to ``asker_id``."""

    kind: ClassVar[str] = "FriendsMade"
    asker_id: int
    accepted_by: int


class FriendshipEnded(Fact, frozen=True, kw_only=True):
    """A friendship or an ask was taken back, declined or ended by a block. Nobody is told."""

    kind: ClassVar[str] = "FriendshipEnded"
    person_id: int
    friend_id: int
    why: Literal["unfriend", "decline", "block"]


class BlockChanged(Fact, frozen=True, kw_only=True):
    """Somebody was blocked or unblocked. Nobody is told."""

    kind: ClassVar[str] = "BlockChanged"
    blocked_id: int
    blocked: bool


class GroupChanged(Fact, frozen=True, kw_only=True):
    """A group was made, people came, or somebody left."""

    kind: ClassVar[str] = "GroupChanged"
    what: Literal["made", "joined", "left"]
    person_ids: list[int]


class AddressChanged(Fact, frozen=True, kw_only=True):
    """An address was kept, changed or removed; the fact never holds what it says."""

    kind: ClassVar[str] = "AddressChanged"
    person_id: int
    what: Literal["kept", "changed", "removed", "default"]


class ShopChanged(Fact, frozen=True, kw_only=True):
    """A shop was opened or changed."""

    kind: ClassVar[str] = "ShopChanged"
    what: list[str]


class StaffChanged(Fact, frozen=True, kw_only=True):
    """Somebody got a role at a shop (``role``), or lost it (None)."""

    kind: ClassVar[str] = "StaffChanged"
    person_id: int
    role: str | None

"""What somebody decides about gifts that come to them, and what is counted of those they give."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from renqing.foundation.errors import NotAllowed

FRIENDS_SHOWN_MIN = 3  # fewer would point at people
PEOPLE_SHOWN_MIN = 100
MINUTES_A_DAY = 1440
TIME_ZONE = "Asia/Shanghai"

GiftsFrom = Literal["near", "friends", "nobody"]
GIFTS_FROM: tuple[GiftsFrom, ...] = get_args(GiftsFrom)


class GiftTooDear(NotAllowed):
    """Whom it is for would rather have smaller gifts. The limit is theirs and not told."""

    code = "gift_too_dear"


class PeaceRule(msgspec.Struct, frozen=True):
    """Who may give somebody something: ``near`` are friends and the members of shared groups.

    ``gift_price_max`` in minor units, of one thing; None: whatever the house allows. Quiet from ``quiet_from`` to
    ``quiet_to``, minutes of the day in ``time_zone`` (an IANA name), also over midnight; None: never.
    ``is_counted``: friends may see, among others, that somebody of theirs gave a product. ``shows_history``: the gifts
    between somebody and each other person stand in a history that the two see. ``is_minor``: the account is a young
    person's, who takes no gifts here. ``takes_nameless``: friends may give without saying who they are.
    """

    gifts_from: GiftsFrom = "near"
    gift_price_max: int | None = None
    quiet_from: int | None = None
    quiet_to: int | None = None
    time_zone: str = TIME_ZONE
    is_counted: bool = False
    shows_history: bool = True
    is_minor: bool = False
    takes_nameless: bool = True


DEFAULT_RULE = PeaceRule()


class GivenBy(msgspec.Struct, frozen=True):
    """A gift, or a share, that was accepted."""

    product_id: int
    giver_id: int

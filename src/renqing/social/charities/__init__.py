"""Charities: a list that the platform keeps, to which who declines a gift may give it.

Promises:
1. A charity has an account that nobody signs in to; what is given to it is that account's order, sent to the address
   that the platform wrote down, and no giver or recipient ever reads that address.
2. One that was taken off the list takes nothing any more, and its address is forgotten; what it was given stays given.
"""

from renqing.social.charities.actions import add, end
from renqing.social.charities.model import (
    ABOUT_CHARACTERS_MAX,
    CHARITIES_MAX,
    NAME_CHARACTERS_MAX,
    Charity,
    CharityChanged,
    CharityUnknown,
    NewCharity,
    TooManyCharities,
)
from renqing.social.charities.store import listed, of_id

__all__ = [
    "ABOUT_CHARACTERS_MAX",
    "CHARITIES_MAX",
    "NAME_CHARACTERS_MAX",
    "Charity",
    "CharityChanged",
    "CharityUnknown",
    "NewCharity",
    "TooManyCharities",
    "add",
    "end",
    "listed",
    "of_id",
]

"""Masks: a gift whose giver would rather not say who they are, and says it later where they like.

Promises:
1. Until its giver takes the mask off, nobody but them and the platform reads who they are: no name, face or number.
2. Only a friend sends somebody one by name, and only to who takes such gifts; whoever wants none of a giver's says so
   at the gift, without learning whose it was.
3. Taking the mask off is for good.
"""

from renqing.social.masks.actions import forget, put_on, refuse_more, take_off
from renqing.social.masks.model import GiverShown, NamelessNotTaken
from renqing.social.masks.store import has_refused, worn_on

__all__ = [
    "GiverShown",
    "NamelessNotTaken",
    "forget",
    "has_refused",
    "put_on",
    "refuse_more",
    "take_off",
    "worn_on",
]

"""Surprises: what a parcel holds stays hidden from who gets it, until it is delivered or they say that they opened it.

Promises:
1. Before the reveal its recipient reads no name, picture, shop or price of the thing anywhere; the parcel's way they
   see.
2. It is revealed when everything has been delivered, where its giver wanted that; otherwise when its recipient says
   that they have opened it. What counts as received is no surprise any more, either way.
3. Its recipient may look sooner, of their own wish: nothing can be asked for about a thing that one may not know.
4. A reveal is one person's: another who has a share of the same gift is still surprised. Of a set each parcel is
   revealed by itself, or all of it at once.
"""

from renqing.social.surprises.actions import keep, reveal
from renqing.social.surprises.model import UNTILS, Standing, SurpriseRevealed, SurpriseWaits, Until
from renqing.social.surprises.rules import check_until, is_hidden
from renqing.social.surprises.store import ALL_OF_IT, of_gifts, revealed_to

__all__ = [
    "ALL_OF_IT",
    "UNTILS",
    "Standing",
    "SurpriseRevealed",
    "SurpriseWaits",
    "Until",
    "check_until",
    "is_hidden",
    "keep",
    "of_gifts",
    "reveal",
    "revealed_to",
]

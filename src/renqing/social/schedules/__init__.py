"""Schedules: a gift that is paid now comes to its recipient later, at a moment to the minute of a time zone.

Promises:
1. The moment is a wall clock's in an IANA zone. One that the clock shows twice is the first of the two; one that it
   leaps over is as much later as the clock leaps (RFC 5545).
2. It lies ahead when it is chosen, and no farther than the house allows.
3. Until then its giver moves it, sends the gift at once or calls it off; who it is for hears nothing of any of that.
4. It comes once, never before its moment, and after a night without power as soon as there is power again (G13).
"""

from renqing.social.schedules.actions import drop, forget, keep, move, start
from renqing.social.schedules.model import DELIVER_GIFT, GiftAlreadySent, Moment, Schedule
from renqing.social.schedules.rules import clock_of, moment_of, past_their_moment
from renqing.social.schedules.store import of_gift, of_gifts

__all__ = [
    "DELIVER_GIFT",
    "GiftAlreadySent",
    "Moment",
    "Schedule",
    "clock_of",
    "drop",
    "forget",
    "keep",
    "moment_of",
    "move",
    "of_gift",
    "of_gifts",
    "past_their_moment",
    "start",
]

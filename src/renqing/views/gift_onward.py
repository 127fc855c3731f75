"""Where a gift may go that its reader declines: to a charity of the list, or on to a friend of theirs."""

from __future__ import annotations

import msgspec

from renqing.books.people import Person
from renqing.foundation.ground import Ground
from renqing.social import charities, gifts
from renqing.social.charities import Charity
from renqing.views.buying_page import near_to


class Onward(msgspec.Struct, frozen=True):
    """The charities and friends to choose among; none where the gift's policy has none, or it moved on before."""

    charities: list[Charity] = []
    friends: list[Person] = []


def may_go_on(ground: Ground, gift: gifts.Gift, *, to_charity: bool, is_voucher: bool) -> bool:
    """Whether who declines this gift may choose where it goes. A charity has no use for a voucher's code."""
    if gift.shares > 1 or (to_charity and is_voucher):
        return False
    return not gifts.why_not_passed_on(gift, ground.policy, to_charity=to_charity)


async def onward_of(ground: Ground, reader_id: int, giver_id: int, *, to_charity: bool, to_friend: bool) -> Onward:
    """Whom to choose among. Whether the shop delivers to a charity is asked when it is chosen."""
    near = (await near_to(ground, reader_id))[0] if to_friend else []
    friends = [one.person for one in near if not one.through and one.person.id != giver_id]
    return Onward(await charities.listed(ground.db) if to_charity else [], friends)

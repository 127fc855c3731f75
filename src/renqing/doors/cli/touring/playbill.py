"""Every story of the tour by its name, in the order in which they are played."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from renqing.doors.cli.touring import stories
from renqing.doors.cli.touring.stage import Stage, Told
from renqing.doors.cli.touring.ways.code import by_code_and_card
from renqing.doors.cli.touring.ways.draw import drawn_in_a_group
from renqing.doors.cli.touring.ways.friend import to_one_friend
from renqing.doors.cli.touring.ways.fund import given_together
from renqing.doors.cli.touring.ways.group import to_a_group
from renqing.doors.cli.touring.ways.later import gift_comes_later
from renqing.doors.cli.touring.ways.lucky import lucky_pack
from renqing.doors.cli.touring.ways.present import shop_gives
from renqing.doors.cli.touring.ways.voucher import given_as_vouchers
from renqing.doors.cli.touring.ways.wish import wished_for

# The ten ways to give, which `renqing tour gifts` plays.
WAYS: Mapping[str, Callable[[Stage], Told]] = {
    "friend": to_one_friend,
    "group": to_a_group,
    "draw": drawn_in_a_group,
    "lucky": lucky_pack,
    "voucher": given_as_vouchers,
    "code": by_code_and_card,
    "present": shop_gives,
    "together": given_together,
    "later": gift_comes_later,
    "wish": wished_for,
}
STORIES: Mapping[str, Callable[[Stage], Told]] = {**stories.STORIES, **WAYS}
GROUPS: Mapping[str, tuple[str, ...]] = {"gifts": tuple(WAYS)}


def chosen(names: list[str]) -> list[str]:
    """Which stories these names ask for, each once; none: all."""
    asked = [story for name in names for story in GROUPS.get(name, (name,))]
    return list(dict.fromkeys(asked)) or list(STORIES)

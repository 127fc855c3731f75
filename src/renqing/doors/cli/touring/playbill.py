"""Every story of the tour by its name, in the order in which they are played."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from renqing.doors.cli.touring import stories
from renqing.doors.cli.touring.later import gift_comes_later
from renqing.doors.cli.touring.present import shop_gives_by_card
from renqing.doors.cli.touring.stage import Stage, Told

STORIES: Mapping[str, Callable[[Stage], Told]] = {
    **stories.STORIES,
    "later": gift_comes_later,
    "present": shop_gives_by_card,
}

"""A gift without a name, and what may stop one."""

from __future__ import annotations

from typing import ClassVar

from renqing.foundation.errors import NotAllowed
from renqing.foundation.facts import Fact


class NamelessNotTaken(NotAllowed):
    """Whom it is for takes no gifts without a name from this giver. It can be given with one."""

    code = "nameless_not_taken"


class GiverShown(Fact, frozen=True, kw_only=True):
    """A giver took their mask off: who has the gift, or a share of it, may know who they are."""

    kind: ClassVar[str] = "GiverShown"
    gift_id: int
    giver_id: int
    told_ids: list[int]

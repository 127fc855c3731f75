"""What every journey and view stands on, handed in by the roof."""

from __future__ import annotations

from dataclasses import dataclass, field

from renqing.foundation.clock import Clock
from renqing.foundation.database import Database
from renqing.foundation.ids import Ids
from renqing.foundation.limits import Limits
from renqing.foundation.secrets import Keys
from renqing.foundation.settings import Policy, Settings


@dataclass(slots=True)
class Ground:
    """The database with the clock, ids and keys that its transactions carry, and the operator's settings."""

    db: Database
    clock: Clock
    ids: Ids
    keys: Keys
    settings: Settings
    limits: Limits = field(default_factory=Limits)

    @property
    def policy(self) -> Policy:
        return self.settings.policy

"""What a card is, how often one may be tried, and what stops it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.foundation.errors import NotFound, NotNow, NotValid, TooMany

CARDS_MAX = 1_000  # of a batch; the schema holds it too
NUMBER_DIGITS = 12
PIN_DIGITS = 6
WRONG_MAX = 5  # at a card, until it is locked
LOCKED_FOR = timedelta(hours=1)
WRONG_OF_PERSON_MAX = 10  # at all cards, in COUNTED_FOR
COUNTED_FOR = timedelta(hours=1)


class BatchUnknown(NotFound):
    """There is no such batch of cards, or it is another shop's."""

    code = "card_batch_unknown"


class CardNotRight(NotValid):
    """There is no such card with this PIN. The same for a number that does not exist."""

    code = "card_not_right"


class CardLocked(TooMany):
    """Wrong PINs locked this card for a while. Facts: ``minutes``, ``retry_after_seconds``."""

    code = "card_locked"


class CardTriesSpent(TooMany):
    """This person typed too many wrong cards. Facts: ``minutes``, ``retry_after_seconds``."""

    code = "card_tries_spent"


class CardUsed(NotNow):
    """Somebody has used this card: it is used once."""

    code = "card_used"


class CardOneEach(NotNow):
    """The asker has used a card of this activity already; this one stays good for somebody else."""

    code = "card_one_each"


class Batch(msgspec.Struct, frozen=True):
    """Cards that were made together."""

    id: int
    activity_id: int
    shop_id: int
    made_by: int
    cards: int
    made_at: datetime


class Card(msgspec.Struct, frozen=True):
    """A card as it stands."""

    number: str
    activity_id: int
    pin_hash: bytes
    wrong: int
    locked_until: datetime | None
    used_by: int | None


class PrintedCard(msgspec.Struct, frozen=True):
    """A card with the PIN to print on it."""

    n: int
    number: str
    pin: str
    is_used: bool


class Tried(msgspec.Struct, frozen=True):
    """What a try came to: the card, where its PIN was right."""

    card: Card | None

"""What may stand on a card. Pure."""

from __future__ import annotations

from renqing.foundation.characters import count_characters
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.lines import line, text
from renqing.social.greeting_cards.model import MESSAGE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, GreetingCard

_SIGNS_MAX = 16  # of one character as its reader counts: a family of four in one emoji


def check_card(card: GreetingCard) -> GreetingCard:
    """The card as it is kept. Raises FieldNotValid for what is too long, hidden or has no message."""
    message = text(card.greeting_message, field="greeting_message", most=MESSAGE_CHARACTERS_MAX)
    if not message:
        raise FieldNotValid(field="greeting_message", reason="missing")
    return GreetingCard(_name(card.receiver_name, "receiver_name"), _name(card.giver_name, "giver_name"), message)


def _name(said: str, field: str) -> str:
    bare = line(said, field=field, least=0, most=NAME_CHARACTERS_MAX * _SIGNS_MAX)
    if count_characters(bare) > NAME_CHARACTERS_MAX:
        raise FieldNotValid(field=field, reason="too_long", max=NAME_CHARACTERS_MAX)
    return bare


def words_of(card: GreetingCard) -> str:
    """All that it says, for who judges words."""
    return "\n".join(one for one in (card.receiver_name, card.greeting_message, card.giver_name) if one)

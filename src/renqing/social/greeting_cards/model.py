"""What stands on a card. The names of its fields are WeChat Shop's, ``greeting_card_info``."""

from __future__ import annotations

import msgspec

NAME_CHARACTERS_MAX = 20
MESSAGE_CHARACTERS_MAX = 120  # what a hand writes legibly on a card of A6


class GreetingCard(msgspec.Struct, frozen=True):
    """A salutation, a message and a signature; only the message is always there."""

    receiver_name: str
    giver_name: str
    greeting_message: str

"""Thanks: what somebody says to the giver of a gift that they claimed. Words, a picture or a voice, once a gift.

Promises:
1. Who has claimed a gift, or a share of it, thanks for it once; nobody else does.
2. Thanks are shown to the giver and to who said them; nobody else has a page that holds them.
3. Their length is counted as the reader counts it.
"""

from renqing.social.thanks.actions import forget, note_shown, say
from renqing.social.thanks.model import (
    THANKS_CHARACTERS_MAX,
    GiftThanked,
    ThankedAlready,
    Thanks,
)
from renqing.social.thanks.rules import check_said
from renqing.social.thanks.store import put_in

__all__ = [
    "THANKS_CHARACTERS_MAX",
    "GiftThanked",
    "ThankedAlready",
    "Thanks",
    "check_said",
    "forget",
    "note_shown",
    "put_in",
    "say",
]

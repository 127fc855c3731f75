"""The moderator that comes with the house: words that its operators list, and whether files wait for a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from renqing.foundation.database import Database
from renqing.social.moderation import rules, store
from renqing.social.moderation.model import FILES, Suspect

FILE_WAITS = "file"  # why a file is held: nobody has looked at it


@dataclass(frozen=True, slots=True)
class WordList:
    """Reads the list anew each time: what an operator puts on it holds from the next gift on."""

    db: Database
    files_wait: bool = False

    async def judge(self, suspects: Sequence[Suspect]) -> dict[int, str]:
        has_text = any(suspect.text for suspect in suspects)
        words = await store.words(self.db) if has_text else []
        held = {}
        for place, suspect in enumerate(suspects):
            if suspect.piece in FILES:
                if self.files_wait:
                    held[place] = FILE_WAITS
            elif (word := rules.first_found(suspect.text, words)) is not None:
                held[place] = word
        return held

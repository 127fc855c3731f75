"""Leave: on this device, or on every device at once.

One transaction ends the sign-in (or all of them); from the next request on its token is nobody's. Ending one that
has ended is no matter, so a repeat is answered as the first time without a key of its own.
"""

from __future__ import annotations

from renqing.books import people
from renqing.foundation.ground import Ground


async def sign_out(ground: Ground, person_id: int, token: str) -> None:
    """End the sign-in of this token."""
    await ground.db.run(lambda tx: people.sign_out(tx, token), actor=person_id)


async def sign_out_everywhere(ground: Ground, person_id: int) -> None:
    """End every sign-in of a person: a phone was lost, a machine was shared."""
    await ground.db.run(lambda tx: people.sign_out_everywhere(tx, person_id), actor=person_id)

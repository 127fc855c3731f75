"""Who may act for a shop. A step that merchants' journeys take first.

Everybody else hears what they would hear if the thing did not exist.
"""

from __future__ import annotations

from renqing.books import people
from renqing.foundation.database import Database, Tx
from renqing.foundation.errors import NotAllowed, Refusal


class OwnersOnly(NotAllowed):
    """A clerk asks for what only the shop's owner decides."""

    code = "owners_only"


async def check_staff(tx: Database | Tx, shop_id: int, person_id: int, *, otherwise: Refusal) -> people.Role:
    """The role of somebody who works for the shop. Raises ``otherwise`` for everybody else."""
    role = await people.role_of(tx, shop_id, person_id)
    if role not in (people.Role.OWNER, people.Role.CLERK):
        raise otherwise
    return role


async def check_owner(tx: Tx, shop_id: int, person_id: int, *, otherwise: Refusal) -> None:
    """Only an owner of the shop passes. Raises OwnersOnly for a clerk and ``otherwise`` for everybody else."""
    if await check_staff(tx, shop_id, person_id, otherwise=otherwise) is not people.Role.OWNER:
        raise OwnersOnly

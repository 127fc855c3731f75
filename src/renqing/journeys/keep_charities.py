"""An operator keeps the list of charities: whom declined gifts may go to, and where those are sent.

Added: one transaction makes the charity's account, keeps its address there, sealed as everybody's, and puts it on the
list. Taken off: its address is forgotten; orders that were made keep what they were given, as any order does.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.put_right import check_operator
from renqing.social import charities


class AddACharity(msgspec.Struct, frozen=True):
    """What people read of it, and who takes parcels for it where."""

    operator_id: int
    new: charities.NewCharity
    address: people.NewAddress


class EndACharity(msgspec.Struct, frozen=True):
    """Which one comes off the list."""

    operator_id: int
    charity_id: int


class CharityKept(msgspec.Struct, frozen=True):
    """It is so."""

    charity_id: int


async def add_a_charity(ground: Ground, ask: AddACharity, once: Once) -> CharityKept:
    """Raises NothingSetAside for who is no operator, FieldNotValid, TooManyCharities."""
    return await run_once(ground.db, once, CharityKept, lambda tx: _add(tx, ask))


async def _add(tx: Tx, ask: AddACharity) -> CharityKept:
    await check_operator(tx, ask.operator_id)
    person = await people.join(tx, name=ask.new.name_zh)
    address = await people.add_address(tx, person.id, ask.address)
    return CharityKept((await charities.add(tx, ask.new, person.id, address.id, ask.operator_id)).id)


async def end_a_charity(ground: Ground, ask: EndACharity, once: Once) -> CharityKept:
    """Raises NothingSetAside for who is no operator, CharityUnknown."""
    return await run_once(ground.db, once, CharityKept, lambda tx: _end(tx, ask))


async def _end(tx: Tx, ask: EndACharity) -> CharityKept:
    await check_operator(tx, ask.operator_id)
    charity = await charities.end(tx, ask.charity_id)
    await people.remove_address(tx, charity.person_id, charity.address_id)
    return CharityKept(charity.id)

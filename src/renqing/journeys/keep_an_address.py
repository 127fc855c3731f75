"""Keep an address for things to come to, change it, prefer it, forget it.

Each is one transaction that locks its person, so one address is the default and no more are kept than the limit.
What an address says is sealed where it is kept and is in no answer that is kept for a repeated request: answers name
the address, and its owner's page opens it.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once


class KeepAddress(msgspec.Struct, frozen=True):
    """An address to keep."""

    person_id: int
    address: people.NewAddress


class ChangeAddress(msgspec.Struct, frozen=True):
    """What one of somebody's addresses shall say from now on."""

    person_id: int
    address_id: int
    address: people.NewAddress


class NameAddress(msgspec.Struct, frozen=True):
    """One of somebody's addresses."""

    person_id: int
    address_id: int


class AddressKept(msgspec.Struct, frozen=True):
    """The address as it can be named."""

    address_id: int


async def keep_an_address(ground: Ground, ask: KeepAddress, once: Once) -> AddressKept:
    """Keep a new address. Raises FieldNotValid, TooManyKept."""

    async def story(tx: Tx) -> AddressKept:
        return AddressKept((await people.add_address(tx, ask.person_id, ask.address)).id)

    return await run_once(ground.db, once, AddressKept, story)


async def change_an_address(ground: Ground, ask: ChangeAddress, once: Once) -> AddressKept:
    """Write an address anew; orders keep what they were given. Raises AddressUnknown, FieldNotValid."""

    async def story(tx: Tx) -> AddressKept:
        return AddressKept((await people.change_address(tx, ask.person_id, ask.address_id, ask.address)).id)

    return await run_once(ground.db, once, AddressKept, story)


async def prefer_an_address(ground: Ground, ask: NameAddress, once: Once) -> AddressKept:
    """Make an address the default. Raises AddressUnknown."""

    async def story(tx: Tx) -> AddressKept:
        await people.prefer_address(tx, ask.person_id, ask.address_id)
        return AddressKept(ask.address_id)

    return await run_once(ground.db, once, AddressKept, story)


async def forget_an_address(ground: Ground, ask: NameAddress, once: Once) -> AddressKept:
    """Forget what an address said. Raises AddressUnknown."""

    async def story(tx: Tx) -> AddressKept:
        await people.remove_address(tx, ask.person_id, ask.address_id)
        return AddressKept(ask.address_id)

    return await run_once(ground.db, once, AddressKept, story)

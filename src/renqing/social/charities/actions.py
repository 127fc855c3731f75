"""What can be done to the list of charities. Nothing here commits."""

from __future__ import annotations

from renqing.foundation.database import Tx
from renqing.foundation.lines import line, text
from renqing.foundation.outbox import leave
from renqing.social.charities import store
from renqing.social.charities.model import (
    ABOUT_CHARACTERS_MAX,
    CHARITIES_MAX,
    NAME_CHARACTERS_MAX,
    Charity,
    CharityChanged,
    CharityUnknown,
    NewCharity,
    TooManyCharities,
)


async def add(tx: Tx, new: NewCharity, person_id: int, address_id: int, operator_id: int) -> Charity:
    """Put a charity on the list, with the account that was made for it. Raises FieldNotValid, TooManyCharities."""
    await store.lock_list(tx)
    if len(await store.listed(tx)) >= CHARITIES_MAX:
        raise TooManyCharities(max=CHARITIES_MAX)
    charity = Charity(
        id=tx.ids.new(),
        person_id=person_id,
        address_id=address_id,
        name_zh=line(new.name_zh, field="name_zh", most=NAME_CHARACTERS_MAX),
        name_en=line(new.name_en, field="name_en", least=0, most=NAME_CHARACTERS_MAX),
        about_zh=text(new.about_zh, field="about_zh", most=ABOUT_CHARACTERS_MAX),
        about_en=text(new.about_en, field="about_en", most=ABOUT_CHARACTERS_MAX),
    )
    await store.insert(tx, charity, operator_id)
    await leave(tx, CharityChanged(subject_id=charity.id, charity_id=charity.id, what="added"))
    return charity


async def end(tx: Tx, charity_id: int) -> Charity:
    """Take a charity off the list. Raises CharityUnknown."""
    charity = await store.of_id(tx, charity_id)
    if charity is None or not await store.set_ended(tx, charity_id):
        raise CharityUnknown
    await leave(tx, CharityChanged(subject_id=charity_id, charity_id=charity_id, what="ended"))
    return charity

"""Which policy each shop's gifts are bought under: the operator's choice, a row a shop, 0 the platform's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from renqing.books.people import PLATFORM
from renqing.foundation.database import Database, Tx
from renqing.foundation.gift_policy import GiftPolicy, GiftPolicyChanges
from renqing.social.gifts.presets import Choice, chosen


async def choices_of(db: Database | Tx, shop_ids: Iterable[int]) -> dict[int, Choice]:
    """What was chosen for these shops and for the platform, where something was."""
    rows = await db.fetch(
        "SELECT shop_id, preset, changes FROM gift_policy WHERE shop_id = ANY($1)", sorted({PLATFORM, *shop_ids})
    )
    return {row["shop_id"]: choice_in(row["preset"], row["changes"]) for row in rows}


def choice_in(preset: str, changes: dict[str, Any]) -> Choice:
    """A choice as its row keeps it. What only a newer process knows of it is passed over."""
    known = {name: value for name, value in changes.items() if name in GiftPolicyChanges.__struct_fields__}
    return Choice(preset, msgspec.convert(known, GiftPolicyChanges))


async def policy_of_shop(db: Database | Tx, shop_id: int, house: GiftPolicy) -> GiftPolicy:
    """The policy that a gift of this shop is bought under now."""
    choices = await choices_of(db, [shop_id])
    return chosen(house, choices.get(PLATFORM), choices.get(shop_id))


async def put_choice(tx: Tx, shop_id: int, choice: Choice) -> None:
    """From now on this shop's gifts, or the platform's, are bought under this; those that were keep theirs."""
    await tx.execute(
        """INSERT INTO gift_policy (shop_id, preset, changes, chosen_by, chosen_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (shop_id) DO UPDATE SET preset = EXCLUDED.preset, changes = EXCLUDED.changes,
             chosen_by = EXCLUDED.chosen_by, chosen_at = EXCLUDED.chosen_at""",
        shop_id,
        choice.preset,
        msgspec.to_builtins(choice.changes),
        tx.actor,
        tx.now,
    )


async def drop_choice(tx: Tx, shop_id: int) -> bool:
    """This shop has the platform's again. False where nothing was chosen for it."""
    return await tx.execute("DELETE FROM gift_policy WHERE shop_id = $1", shop_id) == "DELETE 1"

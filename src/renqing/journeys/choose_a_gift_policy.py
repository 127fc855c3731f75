"""An operator chooses under which policy a shop's gifts are bought, or the platform's: a preset, and what is otherwise.

Steps, in one transaction: the operator is let in, everybody else hears that there is no such shop; the preset is known
and what is changed agrees with it; the choice is written over the former one. Gifts that were bought keep theirs.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.gift_policy import GiftPolicy, GiftPolicyChanges
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import gifts


class ChooseGiftPolicy(msgspec.Struct, frozen=True):
    """Which shop (``people.PLATFORM``: all that have no choice of their own). ``preset`` None: as if nobody chose."""

    operator_id: int
    shop_id: int
    preset: str | None
    changes: GiftPolicyChanges = GiftPolicyChanges()


class PolicyChosen(msgspec.Struct, frozen=True):
    """What holds for the shop's gifts from now on."""

    shop_id: int
    preset: str | None
    policy: GiftPolicy


async def choose_a_gift_policy(ground: Ground, ask: ChooseGiftPolicy, once: Once) -> PolicyChosen:
    """Raises ShopUnknown, FieldNotValid for an unknown preset and for times that disagree."""
    return await run_once(ground.db, once, PolicyChosen, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: ChooseGiftPolicy) -> PolicyChosen:
    if await people.role_of(tx, people.PLATFORM, ask.operator_id) is not people.Role.OPERATOR:
        raise people.ShopUnknown
    if ask.shop_id != people.PLATFORM:
        await people.get_shop(tx, ask.shop_id)
    choice = None if ask.preset is None else gifts.Choice(ask.preset, ask.changes)
    if choice is not None:
        gifts.policy_of_choice(ground.policy, choice)
    await gifts.choose_policy(tx, ask.shop_id, choice)
    return PolicyChosen(ask.shop_id, ask.preset, await gifts.policy_of_shop(tx, ask.shop_id, ground.policy))

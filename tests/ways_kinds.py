"""The kinds of histories that there are, and what is asked of each at its end."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from town import build_town
from ways_driver import WHERE_PEOPLE_CHOOSE, Driver
from ways_money import spending
from ways_moving import moving
from ways_vouchers import pouring

from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.foundation.ground import Ground
from renqing.social import gifts
from renqing.views.check import check

Begin = Callable[[Ground, int], Awaitable[Driver]]


async def giving(ground: Ground, seed: int) -> Driver:
    """All that is given, claimed, swapped, refused, funded and drawn."""
    return Driver(await build_town(ground), seed)


async def choosing(ground: Ground, seed: int) -> Driver:
    """People take one other thing of the shop instead."""
    town = await build_town(ground)
    choice = gifts.Choice("house", GiftPolicyChanges(gift_other="single"))
    await ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))
    return Driver(town, seed, WHERE_PEOPLE_CHOOSE)


async def moving_on(ground: Ground, seed: int) -> Driver:
    """Sets of several shops, and what is kept and passed on."""
    return await moving(await build_town(ground), seed)


async def with_vouchers(ground: Ground, seed: int) -> Driver:
    """A café's vouchers and its lucky packs."""
    return await pouring(await build_town(ground), seed)


async def with_money(ground: Ground, seed: int) -> Driver:
    """Freight that was allowed, funds, and accounts that are closed."""
    return await spending(await build_town(ground), seed)


KINDS: dict[str, Begin] = {
    "giving": giving,
    "choosing": choosing,
    "moving": moving_on,
    "vouchers": with_vouchers,
    "money": with_money,
}


async def all_of(driver: Driver, steps: int) -> Driver:
    """Play it to its end: then ``renqing check`` finds nothing, and nothing is left to tell or to give back."""
    await driver.play(steps)
    wrong = {found.id: found.shown for found in (await check(driver.town.ground)).findings if found.differences}
    driver.same("what the check finds wrong", wrong, {})
    left = await driver.town.ground.db.fetchrow(
        """SELECT (SELECT count(*) FROM outbox_fact WHERE told_at IS NULL) AS facts,
                  (SELECT count(*) FROM payment_refund WHERE state NOT IN ('done', 'kept')) AS refunds,
                  (SELECT count(*) FROM timer WHERE set_aside_at IS NOT NULL) AS set_aside,
                  (SELECT count(*) FROM timer WHERE due_at <= $1) AS due""",
        driver.now,
    )
    driver.same("what is left", dict(left or {}), {"facts": 0, "refunds": 0, "set_aside": 0, "due": 0})
    return driver


def plant(monkeypatch: Any, right: Any, wrong: Any) -> None:
    """Wherever our code names what is right, it does what is wrong."""
    for module in [one for name, one in list(sys.modules.items()) if name.startswith("renqing.")]:
        if getattr(module, right.__name__, None) is right:
            monkeypatch.setattr(module, right.__name__, wrong)

"""Under which policy gifts are bought: the presets side by side, and what was chosen for the platform and each shop."""

from __future__ import annotations

import msgspec

from renqing.books.people import PLATFORM, ShopUnknown, get_shop
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.ground import Ground
from renqing.social.gifts import HOUSE, PRESETS, Choice, choice_in, chosen, policy_of_choice, policy_of_shop
from renqing.views.operator_staff import check_operator

SHOPS_SHOWN_MAX = 500


class ShopPolicy(msgspec.Struct, frozen=True):
    """What holds for a shop (0: the platform). ``choice`` None: nothing was chosen for it."""

    shop_id: int
    name_zh: str
    name_en: str
    choice: Choice | None
    policy: GiftPolicy


class GiftPolicies(msgspec.Struct, frozen=True):
    """The presets as they come to in this house, the platform's own choice, and the shops'."""

    presets: dict[str, GiftPolicy]
    platform: ShopPolicy
    shops: list[ShopPolicy]

    def of(self, shop_id: int) -> ShopPolicy | None:
        """What holds for one of them."""
        return next((one for one in (self.platform, *self.shops) if one.shop_id == shop_id), None)


_SHOPS = """SELECT h.id, h.name_zh, h.name_en, w.preset, w.changes
              FROM people_shop h LEFT JOIN gift_policy w ON w.shop_id = h.id
             WHERE h.id <> $1 ORDER BY w.shop_id IS NULL, h.id LIMIT $2"""


async def gift_policies(ground: Ground, reader_id: int) -> GiftPolicies:
    """For operators. Raises NotFound for everybody else."""
    await check_operator(ground, reader_id)
    row = await ground.db.fetchrow("SELECT preset, changes FROM gift_policy WHERE shop_id = $1", PLATFORM)
    own = None if row is None else choice_in(row["preset"], row["changes"])
    platform = ShopPolicy(PLATFORM, "", "", own, chosen(ground.policy, own, None))
    shops = []
    for shop in await ground.db.fetch(_SHOPS, PLATFORM, SHOPS_SHOWN_MAX):
        choice = None if shop["preset"] is None else choice_in(shop["preset"], shop["changes"])
        policy = chosen(ground.policy, own, choice)
        shops.append(ShopPolicy(shop["id"], shop["name_zh"], shop["name_en"], choice, policy))
    presets = {name: policy_of_choice(ground.policy, Choice(name)) for name in PRESETS}
    return GiftPolicies({HOUSE: presets[HOUSE], **presets}, platform, shops)


async def gift_policy_of_shop(ground: Ground, shop_id: int) -> GiftPolicy:
    """What a gift of this shop would be bought under now, for everybody. Raises ShopUnknown."""
    if shop_id == PLATFORM:
        raise ShopUnknown
    await get_shop(ground.db, shop_id)
    return await policy_of_shop(ground.db, shop_id, ground.policy)

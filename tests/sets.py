"""A second shop in the town, and gifts of several things, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from town import Town, pay

from renqing.books import catalog, people, stock
from renqing.foundation.database import Tx
from renqing.journeys.give_a_gift import GiftPrepared, GiveAGift, give_a_gift
from renqing.trade import shipping
from renqing.trade.orders import Section, sections_of

TIN, BOX = 5_900, 2_500
CUP, GOLD, FREIGHT = 12_900, 19_900, 700


@dataclass(slots=True)
class Second:
    """A shop that sells tea: a tin of 59.00, a box of 25.00 and a jar of 59.00, ten of each."""

    shop_id: int
    owner_id: int
    tin: int
    box: int
    jar: int


async def open_second(town: Town, *, fee: int = 0, free_from: int | None = None) -> Second:
    """Another merchant's shop, whose parcels cost ``fee`` below ``free_from``."""

    async def story(tx: Tx) -> Second:
        owner = await people.join(tx, name="茶农")
        shop = await people.open_shop(tx, people.NewShop(name_zh="云茶社", name_en="Cloud Tea"), owner.id)
        await shipping.set_rate(
            tx, shop.id, shipping.Rate(region_code=shipping.EVERYWHERE, fee=fee, free_from=free_from)
        )
        category = await catalog.save_category(tx, catalog.CategoryDraft(name_zh="茶叶", name_en="Leaves"))
        tea = catalog.ProductDraft(
            shop_id=shop.id,
            category_id=category,
            title_zh="白毫银针",
            title_en="Silver needle",
            spec_names=("包装",),
            skus=tuple(
                catalog.SkuDraft(price=price, original_price=price, specs=(name,))
                for name, price in (("罐", TIN), ("盒", BOX), ("瓶", TIN))
            ),
        )
        tin, box, jar = (await catalog.save_product(tx, tea)).sku_ids
        await stock.receive(tx, [(tin, 10), (box, 10), (jar, 10)], "test", 2)
        return Second(shop.id, owner.id, tin, box, jar)

    return await town.ground.db.run(story)


async def held(town: Town, *skus: int) -> list[int]:
    """How many pieces of each are held."""
    levels = await stock.levels(town.ground.db, list(skus))
    return [levels[sku][1] for sku in skus]


def set_of(giver_id: int, recipient_id: int | None, *lines: tuple[int, int], **asked: Any) -> GiveAGift:
    """What is asked for: so many pieces of each style in one gift."""
    return GiveAGift(
        giver_id=giver_id,
        sku_id=lines[0][0],
        recipient_id=recipient_id,
        cover=asked.pop("cover", "thanks"),
        greeting=asked.pop("greeting", "一套心意"),
        open_for_hours=asked.pop("open_for_hours", 24),
        channel=asked.pop("channel", "sandbox"),
        lines=lines,
        **asked,
    )


async def give_set(
    town: Town, giver_id: int, recipient_id: int | None, *lines: tuple[int, int], **asked: Any
) -> GiftPrepared:
    """A set that waits for payment."""
    return await give_a_gift(town.ground, set_of(giver_id, recipient_id, *lines, **asked), town.key(giver_id))


async def give_set_paid(
    town: Town, giver_id: int, recipient_id: int | None, *lines: tuple[int, int], **asked: Any
) -> GiftPrepared:
    """A set that waits to be claimed."""
    prepared = await give_set(town, giver_id, recipient_id, *lines, **asked)
    await pay(town, prepared.intent_id, prepared.total)
    return prepared


async def parts_of(town: Town, gift: GiftPrepared) -> tuple[Section, ...]:
    """What each shop has of a set of several."""
    return (await sections_of(town.ground.db, [gift.order_id]))[gift.order_id]

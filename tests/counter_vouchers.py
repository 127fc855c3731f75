"""Vouchers over the counter, for tests: a shop with places, a pack of coffees, and what its clerks do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from town import Town, claim, give_paid, pay, raised

from renqing.books import catalog, stock
from renqing.foundation.database import Tx
from renqing.journeys.check_out import CheckOut, Placed, check_out
from renqing.journeys.end_a_voucher import GiveVoucherBack, VoucherGivenBack, give_a_voucher_back
from renqing.journeys.give_a_gift import GiftPrepared
from renqing.journeys.keep_vouchers import OpenLocation, SetTerms, open_a_location, set_voucher_terms
from renqing.journeys.redeem_a_voucher import (
    ExtendVoucher,
    RedeemVoucher,
    VoucherStands,
    extend_a_voucher,
    redeem_a_voucher,
)
from renqing.social import gifts
from renqing.trade import vouchers


class Cafe:
    """The town's shop as a café: one place, and a pack of coffees that is a voucher."""

    def __init__(self, town: Town, location_id: int, product_id: int, sku_id: int) -> None:
        self.town, self.location_id, self.product_id, self.sku_id = town, location_id, product_id, sku_id


async def open_cafe(town: Town, *, price: int = 10000, pieces: int = 20, **terms: Any) -> Cafe:
    """A place, a product, and its terms: five uses for 100.00, 90 days, all that is unused goes back."""
    place = await open_a_location(
        town.ground, OpenLocation(town.owner_id, town.shop_id, "湖滨店", "湖滨路 8 号"), town.key(town.owner_id)
    )

    async def make(tx: Tx) -> catalog.Saved:
        category = await tx.fetchval("SELECT min(id) FROM catalog_category")
        saved = await catalog.save_product(
            tx,
            catalog.ProductDraft(
                shop_id=town.shop_id,
                category_id=category,
                title_zh="手冲咖啡五杯券",
                title_en="Five pour-overs",
                skus=(catalog.SkuDraft(price=price, original_price=price),),
            ),
        )
        await stock.receive(tx, [(saved.sku_ids[0], pieces)], "test", 1)
        return saved

    saved = await town.ground.db.run(make)
    cafe = Cafe(town, place.id, saved.product_id, saved.sku_ids[0])
    await promise(cafe, **terms)
    return cafe


async def promise(cafe: Cafe, **changed: Any) -> vouchers.Terms:
    """The product's terms from now on."""
    asked = {"uses": 5, "valid_days": 90, "valid_until": None, "location_ids": (cafe.location_id,), **changed}
    new = vouchers.NewTerms(shop_id=cafe.town.shop_id, product_id=cafe.product_id, **asked)
    return await set_voucher_terms(
        cafe.town.ground, SetTerms(cafe.town.owner_id, new), cafe.town.key(cafe.town.owner_id)
    )


async def order_vouchers(cafe: Cafe, buyer_id: int, quantity: int = 1) -> Placed:
    """An order of vouchers that waits for its payment; it names no address."""
    ask = CheckOut(buyer_id, ((cafe.sku_id, quantity),), None, "sandbox")
    placed: Placed = raised((await check_out(cafe.town.ground, [(ask, cafe.town.key(buyer_id))]))[0])
    return placed


async def buy_vouchers(cafe: Cafe, buyer_id: int, quantity: int = 1) -> list[vouchers.Voucher]:
    """Vouchers that somebody bought for themselves."""
    placed = await order_vouchers(cafe, buyer_id, quantity)
    await pay(cafe.town, placed.intent_id, placed.total)
    return await of_order(cafe, placed.order_id)


async def of_order(cafe: Cafe, order_id: int) -> list[vouchers.Voucher]:
    """The vouchers of an order."""
    return (await vouchers.of_orders(cafe.town.ground.db, [order_id])).get(order_id, [])


async def code_of(cafe: Cafe, voucher: vouchers.Voucher) -> str:
    """What its holder shows."""
    code = await vouchers.code(cafe.town.ground.db, cafe.town.ground.keys, voucher.id)
    assert code is not None
    return code


async def redeem(cafe: Cafe, voucher: vouchers.Voucher, **asked: Any) -> VoucherStands:
    """The shop's owner redeems a use."""
    town = cafe.town
    ask = RedeemVoucher(
        clerk_id=asked.get("clerk_id", town.owner_id),
        shop_id=asked.get("shop_id", town.shop_id),
        location_id=asked.get("location_id", cafe.location_id),
        code=asked.get("code") or await code_of(cafe, voucher),
        use_n=asked.get("use_n"),
    )
    return await redeem_a_voucher(town.ground, ask, asked.get("key") or town.key(ask.clerk_id))


async def give_back(cafe: Cafe, holder_id: int, voucher: vouchers.Voucher) -> VoucherGivenBack:
    """Its holder gives back what is unused."""
    return await give_a_voucher_back(cafe.town.ground, GiveVoucherBack(holder_id, voucher.id), cafe.town.key(holder_id))


async def extend(cafe: Cafe, voucher: vouchers.Voucher, until: datetime, clerk_id: int | None = None) -> VoucherStands:
    """The shop gives it more time."""
    clerk = clerk_id or cafe.town.owner_id
    ask = ExtendVoucher(clerk, cafe.town.shop_id, voucher.id, until)
    return await extend_a_voucher(cafe.town.ground, ask, cafe.town.key(clerk))


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)


async def another_voucher(cafe: Cafe, *, price: int, pieces: int = 20, **terms: Any) -> int:
    """The style of another voucher of the café: good once, for 90 days, at its one place."""

    async def make(tx: Tx) -> catalog.Saved:
        category = await tx.fetchval("SELECT min(id) FROM catalog_category")
        style = catalog.SkuDraft(price=price, original_price=price)
        title = f"{price // 100} 元券"
        draft = catalog.ProductDraft(
            shop_id=cafe.town.shop_id, category_id=category, title_zh=title, title_en=title, skus=(style,)
        )
        saved = await catalog.save_product(tx, draft)
        await stock.receive(tx, [(saved.sku_ids[0], pieces)], "test", saved.product_id)
        return saved

    saved = await cafe.town.ground.db.run(make)
    asked = {"uses": 1, "valid_days": 90, "valid_until": None, "location_ids": (cafe.location_id,), **terms}
    new = vouchers.NewTerms(shop_id=cafe.town.shop_id, product_id=saved.product_id, **asked)
    owner = cafe.town.owner_id
    await set_voucher_terms(cafe.town.ground, SetTerms(owner, new), cafe.town.key(owner))
    return saved.sku_ids[0]


async def grabbed_at(cafe: Cafe) -> GiftPrepared:
    """A lucky pack of one large voucher and two small ones; two of the three are grabbed, the last lapses."""
    town = cafe.town
    small = await another_voucher(cafe, price=1000)
    tiers = ((cafe.sku_id, 1), (small, 2))
    pack = await give_paid(town, town.an, None, cafe.sku_id, shares=3, tiers=tiers, lucky=True, open_for_hours=1)
    token = await gifts.link_token(town.ground.db, town.ground.keys, pack.gift_id, town.an)
    for person in (town.bo, town.cai):
        await claim(town, person, None, token=token, address_id=None)
    return pack

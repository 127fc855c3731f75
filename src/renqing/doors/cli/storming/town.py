"""The town that every history begins in: a shop with three styles and a little stock, friends, and a stranger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from renqing.books import catalog, people, stock
from renqing.doors.cli.storming.asks import Cast
from renqing.doors.cli.storming.listening import Program
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.social import chats
from renqing.trade import shipping, webhooks

STREET = 330106109  # 浙江省 杭州市 西湖区: a street there
FAR_STREET = 650102002  # 新疆 乌鲁木齐市 天山区: the shop does not deliver there
FAR_PROVINCE = 650000
FREIGHT = 600
PIECES = 9
PRICES = (12_900, 12_900, 19_900)


@dataclass(frozen=True, slots=True)
class Town:
    """Ids of what there is."""

    cast: Cast
    shop_id: int
    group_id: int
    near: dict[int, int]
    far: dict[int, int]
    pieces: int = PIECES


async def build_town(ground: Ground) -> Town:
    """Make it in one transaction."""
    return await ground.db.run(lambda tx: _build(tx, ground.policy.platform_fee_ppm))


async def let_programs_listen(ground: Ground, shop_id: int) -> list[Program]:
    """The shop's program, and one of the platform's."""

    async def story(tx: Tx) -> list[Program]:
        programs = []
        for owner_id in (shop_id, people.PLATFORM):
            url = f"https://{owner_id}.storm.example.com/told"
            endpoint, secret = await webhooks.add_endpoint(tx, owner_id, webhooks.NewEndpoint(url), loopback=False)
            programs.append(Program(endpoint.id, url, secret, is_platform=owner_id == people.PLATFORM))
        return programs

    return await ground.db.run(story)


async def switch_on(ground: Ground, endpoint_ids: Sequence[int], *, replay: bool = False) -> None:
    """Their owners switch endpoints on, and have what was given up sent again where they ask for it."""

    async def story(tx: Tx) -> None:
        for endpoint_id in endpoint_ids:
            owner_id = await tx.fetchval("SELECT shop_id FROM webhook_endpoint WHERE id = $1", endpoint_id)
            endpoint = await webhooks.get_endpoint(tx, owner_id, endpoint_id)
            await webhooks.switch(tx, endpoint, on=True)
            given_up = await tx.fetch(
                "SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'given_up' ORDER BY id", endpoint_id
            )
            for row in given_up if replay else ():
                await webhooks.replay(tx, endpoint, since=endpoint.made_at, only=row["id"])

    await ground.db.run(story)


async def _build(tx: Tx, fee_ppm: int) -> Town:
    everybody = [(await people.join(tx, name=name)).id for name in ("安", "Bo", "蔡", "Stranger", "店主")]
    an, bo, cai, _, owner = everybody
    friends = [(an, bo), (an, cai), (bo, cai)]
    for one, other in friends:
        await people.befriend(tx, one, other)
    shop = await people.open_shop(tx, people.NewShop(name_zh="山茶铺", name_en="Camellia"), owner)
    for region, delivers in ((shipping.EVERYWHERE, True), (FAR_PROVINCE, False)):
        await shipping.set_rate(tx, shop.id, shipping.Rate(region, fee=FREIGHT if delivers else 0, delivers=delivers))
    skus = await _goods(tx, shop.id)
    await stock.receive(tx, [(sku, PIECES) for sku in skus], "stock_in", 1)
    near, far = {}, {}
    for person in everybody:
        here = people.NewAddress(STREET, "收件人", "13800000001", "文三路 1 号", is_default=True)
        there = people.NewAddress(FAR_STREET, "远方", "13800000002", "解放路 2 号")
        near[person] = (await people.add_address(tx, person, here)).id
        far[person] = (await people.add_address(tx, person, there)).id
    cast = Cast(
        people=tuple(everybody[:4]),
        friends=frozenset([*friends, *((other, one) for one, other in friends)]),
        members=frozenset((an, bo, cai)),
        owner=owner,
        prices=dict(zip(skus, PRICES, strict=True)),
        styles=frozenset(skus[:2]),
        freight=FREIGHT,
        fee_ppm=fee_ppm,
    )
    group = await people.make_group(tx, an, "喝茶的", [bo, cai])
    await chats.open_group(tx, group.id, [an, bo, cai])
    return Town(cast, shop.id, group.id, near, far)


async def _goods(tx: Tx, shop_id: int) -> tuple[int, ...]:
    tea = await catalog.save_category(tx, catalog.CategoryDraft(name_zh="茶", name_en="Tea"))
    skus = tuple(
        catalog.SkuDraft(price=price, original_price=price, specs=(name,))
        for name, price in zip(("红", "蓝", "金"), PRICES, strict=True)
    )
    draft = catalog.ProductDraft(
        shop_id=shop_id,
        category_id=tea,
        title_zh="青瓷杯",
        title_en="Celadon cup",
        spec_names=("颜色",),
        skus=skus,
    )
    return tuple((await catalog.save_product(tx, draft)).sku_ids)

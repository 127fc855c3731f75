"""A small town for tests: a shop with goods, three friends and a stranger, made through the rooms themselves."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from typing import Any

from renqing.books import catalog, people, stock
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, once
from renqing.journeys.check_out import CheckOut, Placed, check_out
from renqing.journeys.claim_a_gift import ClaimAGift, Claimed, claim_gifts
from renqing.journeys.enter_a_draw import EnterADraw, Entered, enter_draws
from renqing.journeys.give_a_gift import GiftPrepared, GiveAGift, give_a_gift
from renqing.journeys.take_a_payment import Heard, Taken, take_payments
from renqing.trade import shipping
from renqing.trade.payments.ports import PaymentNews

STREET = 330106109  # 浙江省 杭州市 西湖区: a street there
FAR_STREET = 650102002  # 新疆 乌鲁木齐市 天山区: the shop does not deliver there
_keys = count(1)


@dataclass(slots=True)
class Telling:
    """A story that may be told again: told anew under the same name, it asks with the same keys."""

    name: str
    keys: int = 0

    def next_key(self) -> str:
        self.keys += 1
        return f"{self.name}-{self.keys}"


telling_now: ContextVar[Telling | None] = ContextVar("telling_now", default=None)


@dataclass(slots=True)
class Town:
    """Who and what there is. Prices are fen."""

    ground: Ground
    shop_id: int
    owner_id: int
    product_id: int
    red: int  # 129.00, 10 in stock
    blue: int  # 129.00, 10 in stock
    dear: int  # 199.00, 10 in stock
    ring: int  # a jewellery product's SKU
    an: int
    bo: int
    cai: int
    stranger: int
    addresses: dict[int, int]
    far_address: int

    def key(self, person_id: int, body: Any = None) -> Once:
        """A fresh request key of a person; of a story that is told again, the one that it had."""
        telling = telling_now.get()
        return once(person_id, telling.next_key() if telling else f"key-{next(_keys)}", "test", body)


async def build_town(ground: Ground) -> Town:
    """Make the town in one transaction."""
    return await ground.db.run(lambda tx: _build(ground, tx))


async def _build(ground: Ground, tx: Tx) -> Town:
    persons = [(await people.join(tx, name=name)).id for name in ("安", "Bo", "蔡", "Stranger", "店主")]
    an, bo, cai, stranger, owner = persons
    for one, other in ((an, bo), (an, cai), (bo, cai)):
        await people.befriend(tx, one, other)
    shop = await people.open_shop(tx, people.NewShop(name_zh="山茶铺", name_en="Camellia"), owner)
    for region, delivers in ((shipping.EVERYWHERE, True), (650000, False)):
        rate = shipping.Rate(region_code=region, fee=0, free_from=None, delivers=delivers)
        await shipping.set_rate(tx, shop.id, rate)
    tea = await catalog.save_category(tx, catalog.CategoryDraft(name_zh="茶", name_en="Tea"))
    jewels = catalog.CategoryDraft(name_zh="珠宝", name_en="Gold", gift_forbidden="jewellery")
    gold = await catalog.save_category(tx, jewels)
    cup = await _product(tx, shop.id, tea, "青瓷杯", [("红", 12900), ("蓝", 12900), ("金", 19900)])
    ring = await _product(tx, shop.id, gold, "戒指", [("素", 50000)])
    addresses = {}
    for person in (an, bo, cai, stranger):
        kept = await people.add_address(
            tx, person, people.NewAddress(STREET, "收件人", "13800000001", "文三路 1 号", is_default=True)
        )
        addresses[person] = kept.id
    far = await people.add_address(tx, bo, people.NewAddress(FAR_STREET, "远方", "13800000002", "解放路 2 号"))
    red, blue, dear = cup.sku_ids
    await stock.receive(tx, [(sku, 10) for sku in (*cup.sku_ids, *ring.sku_ids)], "test", 1)
    return Town(
        ground,
        shop.id,
        owner,
        cup.product_id,
        red,
        blue,
        dear,
        ring.sku_ids[0],
        an,
        bo,
        cai,
        stranger,
        addresses,
        far.id,
    )


async def _product(
    tx: Tx, shop_id: int, category_id: int, title: str, skus: Sequence[tuple[str, int]]
) -> catalog.Saved:
    return await catalog.save_product(
        tx,
        catalog.ProductDraft(
            shop_id=shop_id,
            category_id=category_id,
            title_zh=title,
            title_en=f"{title} (en)",
            spec_names=("颜色",),
            skus=tuple(catalog.SkuDraft(price=price, original_price=price, specs=(name,)) for name, price in skus),
        ),
    )


async def place(town: Town, buyer_id: int, sku_id: int, quantity: int = 1) -> Placed:
    """An order that waits for payment."""
    ask = CheckOut(buyer_id, ((sku_id, quantity),), town.addresses[buyer_id], "sandbox")
    return raised((await check_out(town.ground, [(ask, town.key(buyer_id))]))[0])


async def give(town: Town, giver_id: int, recipient_id: int | None, sku_id: int, **wrapping: Any) -> GiftPrepared:
    """A gift that waits for payment."""
    ask = GiveAGift(
        giver_id=giver_id,
        sku_id=sku_id,
        recipient_id=recipient_id,
        cover=wrapping.get("cover", "thanks"),
        greeting=wrapping.get("greeting", "谢谢你"),
        open_for_hours=wrapping.get("open_for_hours", 24),
        channel="sandbox",
        group_id=wrapping.get("group_id"),
        shares=wrapping.get("shares", 1),
        tiers=wrapping.get("tiers", ()),
        draw=wrapping.get("draw"),
        lucky=wrapping.get("lucky", False),
        code=wrapping.get("code"),
        moment=wrapping.get("moment"),
        card=wrapping.get("card"),
        engraving=wrapping.get("engraving"),
        surprise=wrapping.get("surprise"),
        nameless=wrapping.get("nameless", False),
        surcharge_allowed=wrapping.get("surcharge_allowed", 0),
    )
    return await give_a_gift(town.ground, ask, town.key(giver_id))


async def pay(town: Town, intent_id: int, amount: int, *, event_id: str = "", currency: str = "CNY") -> Taken:
    """The channel's callback for a payment."""
    said = hears(intent_id, amount, event_id=event_id, currency=currency)
    return raised((await take_payments(town.ground, [said]))[0])


def hears(intent_id: int, amount: int, *, event_id: str = "", currency: str = "CNY", state: str = "paid") -> Heard:
    """A callback as the door hands it over."""
    news = PaymentNews(
        event_id=event_id or f"event-{next(_keys)}",
        kind="payment",
        intent_id=intent_id,
        refund_id=None,
        state=state,  # type: ignore[arg-type]
        amount=amount,
        currency=currency,
        channel_ref=f"ref-{intent_id}",
    )
    return Heard("sandbox", news, b"{}")


async def give_paid(town: Town, giver_id: int, recipient_id: int | None, sku_id: int, **wrapping: Any) -> GiftPrepared:
    """A gift that waits to be claimed."""
    prepared = await give(town, giver_id, recipient_id, sku_id, **wrapping)
    await pay(town, prepared.intent_id, prepared.total)
    return prepared


async def claim(town: Town, claimant_id: int, gift_id: int | None, **asked: Any) -> Claimed:
    """Claim a gift by its id, to the claimant's own address."""
    ask = ClaimAGift(claimant_id, asked.pop("address_id", town.addresses[claimant_id]), gift_id=gift_id, **asked)
    return raised((await claim_gifts(town.ground, [(ask, town.key(claimant_id))]))[0])


def raised(answer: Any) -> Any:
    """The answer, or its refusal raised."""
    if isinstance(answer, Exception):
        raise answer
    return answer


async def snapshot(ground: Ground) -> dict[str, Any]:
    """Every balance, stock level and state, to prove that a refusal moved nothing."""
    said: dict[str, Any] = {}
    for name, sql in {
        "accounts": "SELECT owner_kind, owner_id, kind, balance, held FROM ledger_account ORDER BY 1, 2, 3",
        "stock": "SELECT sku_id, on_hand, held FROM stock_item ORDER BY 1",
        "orders": "SELECT id, state, owner_id, refunded_amount, divided_amount FROM order_order ORDER BY 1",
        "gifts": "SELECT id, state, claimed_by, shares_claimed, opened_at FROM gift_gift ORDER BY 1",
        "shares": "SELECT gift_id, n, person_id, order_id FROM gift_share ORDER BY 1, 2",
        "draws": "SELECT gift_id, entrants, head, awarded, drawn_at FROM draw_draw ORDER BY 1",
        "awards": "SELECT gift_id, rank, prize, claimed_at, lapsed_at FROM draw_award ORDER BY 1, 2",
        "packs": "SELECT gift_id, shown_at FROM lucky_pack ORDER BY 1",
        "intents": "SELECT id, state, refunded_amount FROM payment_intent ORDER BY 1",
        "refunds": "SELECT id, state FROM payment_refund ORDER BY 1",
        "carts": "SELECT person_id, sku_id, quantity, price_seen FROM cart_line ORDER BY 1, 2",
        "facts": "SELECT count(*) FROM outbox_fact",
        "timers": "SELECT kind, key FROM timer ORDER BY 1, 2",
    }.items():
        said[name] = [tuple(row.values()) for row in await ground.db.fetch(sql)]
    return said


async def enter(town: Town, person_id: int, gift_id: int | None, **asked: Any) -> Entered:
    """Enter the draw of a gift, by its id or by ``token``."""
    ask = EnterADraw(person_id, gift_id, **asked)
    return raised((await enter_draws(town.ground, [(ask, town.key(person_id))]))[0])

"""Paying for lateness through the doors: programs and pages, and who of all reads which sum."""

from __future__ import annotations

from datetime import timedelta

from callers import buy, give

from renqing.books import catalog, stock
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.social import gifts
from renqing.trade import lateness

PROMISE = {"share_bp": 750, "lowest": 100, "highest": 5000, "grace_hours": 24}


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def promised(doors) -> str:
    owner = await doors.caller(doors.town.owner_id)
    path = f"/v1/shops/{doors.town.shop_id}/lateness-promise"
    said = await owner.ok("PUT", path, PROMISE)
    assert (said["promise"]["share_bp"], said["promise"]["within_hours"]) == (750, 72)
    return path


async def late(doors) -> None:
    """As if the shop had had its orders for three days longer."""
    await doors.settle()
    ago = timedelta(days=3)

    async def story(tx) -> None:
        await tx.execute("UPDATE order_order SET ship_from = ship_from - $1::interval WHERE ship_from IS NOT NULL", ago)
        await tx.execute(
            """UPDATE timer SET due_at = due_at - $1::interval, payload = jsonb_build_object('due_at',
                 to_jsonb((payload ->> 'due_at')::timestamptz - $1::interval)) WHERE kind = $2""",
            ago,
            lateness.PAY_FOR_LATENESS,
        )

    await doors.house.ground.db.run(story)
    await doors.settle()


async def claimed(doors, giver, recipient) -> tuple[str, str]:
    gift = await give(doors, giver, doors.town.bo, doors.town.red)
    asked = {"gift_id": gift["gift_id"], "address_id": str(doors.town.addresses[doors.town.bo])}
    await recipient.ok("POST", "/v1/gifts/claims", asked)
    return gift["gift_id"], gift["order_id"]


async def test_everybody_reads_what_a_shop_promises_and_its_owner_states_it(doors):
    an, nobody = (*await doors.callers(doors.town.an), await doors.caller())
    path = f"/v1/shops/{doors.town.shop_id}/lateness-promise"
    assert (await nobody.ok("GET", path))["promise"] is None
    await promised(doors)
    said = (await nobody.ok("GET", path))["promise"]
    assert {name: said[name] for name in ("share_bp", "grace_hours", "within_hours")} == {
        "share_bp": 750,
        "grace_hours": 24,
        "within_hours": 72,
    }
    assert said["highest"] == {"amount": 5000, "currency": "CNY"}
    assert await an.refused("PUT", path, PROMISE) == (404, "not_found")
    owner = await doors.caller(doors.town.owner_id)
    assert await owner.refused("PUT", path, {**PROMISE, "highest": 50}) == (422, "field_not_valid")
    assert (await owner.ok("PUT", path, {"share_bp": 0}))["promise"] is None
    assert await nobody.refused("GET", "/v1/shops/404/lateness-promise") == (404, "shop_unknown")


async def test_payer_recipient_and_shop_each_read_what_is_theirs(doors):
    an, bo, stranger, owner = await doors.callers(
        doors.town.an, doors.town.bo, doors.town.stranger, doors.town.owner_id
    )
    await promised(doors)
    gift, order = await claimed(doors, an, bo)
    path = f"/v1/orders/{order}/lateness"
    waits = await an.ok("GET", path)
    assert (waits["is_paid"], waits["late_paid"]["amount"]) == (False, 0)
    assert waits["due_at"] is not None
    await late(doors)
    assert (await an.ok("GET", path))["late_paid"] == {"amount": 967, "currency": "CNY"}
    seen = await bo.ok("GET", path)
    assert (seen["is_paid"], seen["late_paid"], seen["due_at"]) == (True, None, None)
    assert await stranger.refused("GET", path) == (404, "order_unknown")
    cost = await owner.ok("GET", f"/v1/shops/{doors.town.shop_id}/lateness")
    assert (cost["recent_orders"], cost["all_amount"]["amount"], cost["next_cursor"]) == (1, 967, None)
    assert [one["order_id"] for one in cost["orders"]] == [order]
    assert await an.refused("GET", f"/v1/shops/{doors.town.shop_id}/lateness") == (404, "not_found")
    sums = ("9.67", "¥9")  # not the bare digits: ids and moments have them too
    for caller, where, words, sees in (
        (an, f"/gifts/{gift}", "店铺赔了", True),
        (bo, f"/orders/{order}", "已经赔给送礼的人", False),
    ):
        body = (await page(doors, caller, where)).text
        assert words in body
        assert any(one in body for one in sums) is sees
    kinds = [one["kind"] for one in (await an.ok("GET", "/v1/notices"))["notices"]]
    assert "order_late_paid" in kinds


async def test_pages_say_what_is_promised_before_and_after_one_buys(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    product = f"/products/{doors.town.product_id}"
    assert "小时没发货，赔" not in (await page(doors, an, product)).text
    await promised(doors)
    assert "72 小时没发货，赔 7.5%" in (await page(doors, an, product)).text
    assert "Not sent within 72 hours: 7.5% back" in (await page(doors, an, product, language="en")).text
    bought = (await buy(doors, an, doors.town.blue)).removeprefix("/v1")
    assert "退你商品价的 7.5%" in (await page(doors, an, bought)).text
    waiting = await give(doors, an, doors.town.bo, doors.town.blue)
    assert "收下后 72 小时没发货" in (await page(doors, an, f"/gifts/{waiting['gift_id']}")).text
    _, order = await claimed(doors, an, bo)
    assert "店铺会赔给送礼的人" in (await page(doors, bo, f"/orders/{order}")).text
    await late(doors)
    assert "店铺赔了" in (await page(doors, an, bought)).text


async def test_the_owner_states_it_on_the_desk_and_a_slip_keeps_what_was_typed(doors):
    owner = await doors.caller(doors.town.owner_id)
    path = f"/desk/shops/{doors.town.shop_id}/lateness"
    assert "还没有赔付过" in (await page(doors, owner, path)).text
    typed = {"share_percent": "7.5", "lowest_amount": "1", "highest_amount": "50", "grace_hours": "24"}
    for wrong in (
        {"share_percent": "half"},
        {"share_percent": "50.01"},
        {"share_percent": "0"},
        {"share_percent": "7.555"},
        {"lowest_amount": "51"},
        {"highest_amount": ""},
        {"grace_hours": "800"},
    ):
        said = await page(doors, owner, path, {"pays": "1", **typed, **wrong})
        assert said.status_code == 422, wrong
        assert all(f'value="{one}"' in said.text for one in {**typed, **wrong}.values() if one)
    public = f"/v1/shops/{doors.town.shop_id}/lateness-promise"
    assert (await owner.ok("GET", public))["promise"] is None
    assert (await page(doors, owner, path, {"pays": "1", **typed})).status_code == 303
    assert (await owner.ok("GET", public))["promise"]["share_bp"] == 750
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    _, order = await claimed(doors, an, bo)
    await late(doors)
    assert order in (await page(doors, owner, path)).text
    assert (await page(doors, owner, path, typed)).status_code == 303
    assert (await owner.ok("GET", public))["promise"] is None


async def test_what_was_chosen_instead_is_hurried_and_paid_for_on_its_givers_page_and_named_for_its_shop(doors):
    town, ground = doors.town, doors.house.ground

    async def bowl(tx) -> int:
        category = await tx.fetchval("SELECT min(id) FROM catalog_category")
        sku = catalog.SkuDraft(price=9_900, original_price=9_900)
        made = await catalog.save_product(
            tx, catalog.ProductDraft(shop_id=town.shop_id, category_id=category, title_zh="碗", skus=(sku,))
        )
        await stock.receive(tx, [(made.sku_ids[0], 1)], "test", 9)
        await gifts.choose_policy(tx, town.shop_id, gifts.Choice("house", GiftPolicyChanges(gift_other="single")))
        return int(made.sku_ids[0])

    sku = await ground.db.run(bowl)
    an, bo, owner = await doors.callers(town.an, town.bo, town.owner_id)
    await promised(doors)
    gift = await give(doors, an, town.bo, town.red)
    asked = {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.bo])}
    part = (await bo.ok("POST", "/v1/gifts/claims", {**asked, "instead": [{"sku_id": str(sku)}]}))["order_id"]
    assert part != gift["order_id"]
    assert "前没发货，退你商品价的 7.5%" in (await page(doors, an, f"/gifts/{gift['gift_id']}")).text
    await late(doors)
    seen = (await page(doors, an, f"/gifts/{gift['gift_id']}")).text
    assert "店铺赔了 ¥7.42" in seen and "催一下商家" in seen
    info = await owner.ok("GET", f"/v1/shops/{town.shop_id}/orders/{part}")
    assert info["order_present_info"]["order_ids"] == [part]

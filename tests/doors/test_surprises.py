"""A surprise through the doors: nothing that its recipient can read tells what it is, before its time."""

from __future__ import annotations

from typing import Any

import pytest
from callers import give, page, ship
from reading import all_that_reads
from sets import open_second

from renqing.books import catalog, people, stock
from renqing.foundation.text import say
from renqing.trade import engravings

# The name, the style, the picture, the shop and the price of what is given, and what stands on it and on its card.
CANARIES = (
    "canary-title",
    "canary-style",
    "canary-picture",
    "canary-shop",
    "777.77",
    "77777",
    "canary-words",
    "canary-card",
)


async def stage(doors: Any) -> int:
    """A product that is all canaries, of a shop that writes cards and engraves; its style."""
    town = doors.town

    async def story(tx: Any) -> int:
        category = await tx.fetchval("SELECT min(id) FROM catalog_category")
        face = people.NewShop("canary-shop", "canary-shop", writes_cards=True)
        await people.change_shop(tx, town.shop_id, face)
        sku = catalog.SkuDraft(
            price=77777, original_price=77777, specs=("canary-style",), picture="canary-picture.webp"
        )
        other = catalog.SkuDraft(price=77777, original_price=77777, specs=("canary-style-2",))
        draft = catalog.ProductDraft(
            shop_id=town.shop_id,
            category_id=category,
            title_zh="canary-title",
            title_en="canary-title",
            spec_names=("颜色",),
            pictures=("canary-picture.webp",),
            skus=(sku, other),
        )
        saved = await catalog.save_product(tx, draft)
        await engravings.keep_terms(tx, town.shop_id, saved.product_id, engravings.Terms(20))
        await stock.receive(tx, [(sku_id, 5) for sku_id in saved.sku_ids], "test", 1)
        return int(saved.sku_ids[0])

    return int(await doors.house.ground.db.run(story))


async def leave_the_market(doors: Any) -> None:
    """Nothing of the shop stands in the market any more: what is read of it is read of the gift."""
    products = [row["id"] for row in await doors.house.ground.db.fetch("SELECT id FROM catalog_product")]
    await doors.house.ground.db.run(lambda tx: catalog.take_off_sale(tx, doors.town.shop_id, products))


class Given:
    """A surprise of an's for bo, in front of whoever reads."""

    def __init__(self, doors: Any, gift: dict[str, str], order_id: str) -> None:
        self.doors, self.gift, self.order_id = doors, gift, order_id

    async def read_by(self, person_id: int, canaries: tuple[str, ...] = CANARIES) -> dict[str, str]:
        """Which doors told something of it, and how many were asked."""
        reader = await self.doors.caller(person_id)
        threads = (await reader.ok("GET", "/v1/threads"))["threads"]
        thread = {"thread_id": threads[0]["id"]} if threads else {}
        ids = {"gift_id": self.gift["gift_id"], "order_id": self.order_id, "line_n": "1", **thread}
        ids["person_id"] = str(self.doors.town.an)
        told, asked = {}, 0
        for language in ("zh", "en"):
            async for door, said in all_that_reads(self.doors, reader, ids, language=language):
                asked += 1
                bare = said.replace(self.gift["gift_id"], "").replace(self.order_id, "")
                if any(canary in bare for canary in canaries):
                    told[door] = next(canary for canary in canaries if canary in bare)
        assert asked > 100, asked
        return told


async def given(doors: Any, until: str) -> Given:
    sku_id = await stage(doors)
    an = await doors.caller(doors.town.an)
    card = {"greeting_message": "canary-card"}
    words = {"custom_type": 1, "custom_word": "canary-words"}
    extras = {"surprise": until, "greeting_card_info": card, "custom_info": words}
    gift = await give(doors, an, doors.town.bo, sku_id, **extras)
    await leave_the_market(doors)
    return Given(doors, gift, gift["order_id"])


async def claim(doors: Any, here: Given) -> None:
    bo = await doors.caller(doors.town.bo)
    which = {"gift_id": here.gift["gift_id"]}
    await bo.ok("POST", "/v1/gifts/openings", which)
    await doors.settle()
    assert await here.read_by(doors.town.bo) == {}
    address = str(doors.town.addresses[doors.town.bo])
    await bo.ok("POST", "/v1/gifts/claims", {**which, "address_id": address})
    await doors.settle()


@pytest.mark.parametrize("until", ["delivered", "opened"])
async def test_nothing_that_its_recipient_reads_tells_what_it_is_before_its_time(doors, until):
    here = await given(doors, until)
    bo, owner = await doors.callers(doors.town.bo, doors.town.owner_id)
    assert await here.read_by(doors.town.bo) == {}, "closed"
    await claim(doors, here)
    assert await here.read_by(doors.town.bo) == {}, "claimed"
    parcel = await ship(doors, here.order_id, "SF77001")
    await doors.settle()
    assert await here.read_by(doors.town.bo) == {}, "shipped"
    order = await bo.ok("GET", f"/v1/orders/{here.order_id}")
    assert order["surprise"] == until and order["parcels"][0]["tracking_number"] == "SF77001", "its way is no secret"
    path = f"/v1/shops/{doors.town.shop_id}/parcels/{parcel['parcel_id']}/news"
    await owner.ok("POST", path, {"state": "delivered", "place": "杭州"})
    await doors.settle()
    told = await here.read_by(doors.town.bo)
    assert bool(told) is (until == "delivered"), told
    seen = await here.read_by(doors.town.an)
    assert "GET /v1/gifts/{gift_id:str} 200" in seen, "its giver knows what they gave"
    if until == "opened":
        await bo.ok("POST", f"/v1/gifts/{here.gift['gift_id']}/reveal")
        await doors.settle()
        assert "GET /v1/orders/{order_id:str} 200" in await here.read_by(doors.town.bo)
        notices = (await (await doors.caller(doors.town.an)).ok("GET", "/v1/notices"))["notices"]
        assert notices[0]["kind"] == "surprise_revealed"


async def test_of_a_set_each_parcel_tells_nothing_of_itself_before_its_time(doors):
    sku_id, tea = await stage(doors), await open_second(doors.town)
    leaves = ("云茶社", "Cloud Tea", "白毫银针", "Silver needle")
    an, bo, owner = await doors.callers(doors.town.an, doors.town.bo, doors.town.owner_id)
    lines = [{"sku_id": str(sku_id), "quantity": 2}, {"sku_id": str(tea.tin), "quantity": 1}]
    gift = await give(doors, an, doors.town.bo, sku_id, lines=lines, surprise="delivered")
    await leave_the_market(doors)
    await doors.house.ground.db.run(
        lambda tx: tx.execute("UPDATE catalog_product SET on_sale = false WHERE shop_id = $1", tea.shop_id)
    )
    here = Given(doors, gift, gift["order_id"])
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    address = str(doors.town.addresses[doors.town.bo])
    far = {"gift_id": gift["gift_id"], "address_id": str(doors.town.far_address)}
    assert "canary" not in str(await bo.ok("POST", "/v1/gifts/reach-lookups", far)), "nor does a place refuse by name"
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    await doors.settle()
    parts = (await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["parts"]
    assert [part["shop_id"] for part in parts] == ["0", "0"]
    here.order_id = parts[0]["order_id"]
    parcel = await ship(doors, here.order_id, "SF77002")
    assert await here.read_by(doors.town.bo, (*CANARIES, *leaves)) == {}
    path = f"/v1/shops/{doors.town.shop_id}/parcels/{parcel['parcel_id']}/news"
    await owner.ok("POST", path, {"state": "delivered", "place": "杭州"})
    await doors.settle()
    assert "GET /v1/orders/{order_id:str} 200" in await here.read_by(doors.town.bo)
    assert await here.read_by(doors.town.bo, leaves) == {}, "the other shop's parcel is hidden yet"
    here.order_id = parts[1]["order_id"]
    shown = (await page(doors, bo, f"/orders/{here.order_id}")).text
    assert f'action="/orders/{here.order_id}/reveal"' in shown and "Cloud Tea" not in shown
    assert (await page(doors, bo, f"/orders/{here.order_id}/reveal", {})).status_code == 303
    await doors.settle()
    assert (await bo.ok("GET", f"/v1/orders/{here.order_id}"))["shop_name_en"] == "Cloud Tea"
    notices = (await an.ok("GET", "/v1/notices"))["notices"]
    assert notices[0]["kind"] == "surprise_part_revealed"


async def test_what_needs_to_know_it_is_refused_until_its_recipient_looks(doors):
    here = await given(doors, "opened")
    bo = await doors.caller(doors.town.bo)
    await claim(doors, here)
    asked = {"order_id": here.order_id, "reason": "坏了"}
    assert await bo.refused("POST", "/v1/aftersales", asked) == (409, "surprise_waits")
    swap = f"/v1/orders/{here.order_id}/swap"
    assert (await bo.ok("GET", swap))["choices"] == []
    assert await bo.refused("POST", swap, {"sku_id": "1"}) == (409, "surprise_waits")
    assert (await page(doors, bo, f"/gifts/{here.gift['gift_id']}/return")).headers["location"] == "/"
    shown = (await page(doors, bo, f"/gifts/{here.gift['gift_id']}")).text
    assert say("surprise.reveal.opened", "zh") in shown
    done = await page(doors, bo, f"/gifts/{here.gift['gift_id']}/reveal", {})
    assert done.headers["location"] == f"/gifts/{here.gift['gift_id']}"
    case = await bo.ok("POST", "/v1/aftersales", asked)
    assert case["id"]
    stranger = await doors.caller(doors.town.stranger)
    assert await stranger.refused("POST", f"/v1/gifts/{here.gift['gift_id']}/reveal") == (404, "gift_not_available")


async def test_a_refund_that_its_giver_asks_for_tells_nothing_either(doors):
    here = await given(doors, "opened")
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    await claim(doors, here)
    path = f"/v1/gifts/{here.gift['gift_id']}/refund-ask"
    await an.ok("POST", path, {"reason": (await _reasons(doors))[0]})
    await doors.settle()
    await bo.ok("POST", f"{path}/answer", {"agrees": True})
    await doors.settle()
    assert (await bo.ok("GET", "/v1/aftersales"))["cases"]
    assert await here.read_by(doors.town.bo) == {}


async def _reasons(doors: Any) -> list[str]:
    schema = doors.document["components"]["schemas"]["RefundAskIn"]["properties"]["reason"]
    return list(schema["enum"])


async def test_people_hide_it_on_the_wrapping_desk(doors):
    an = await doors.caller(doors.town.an)
    assert "留个惊喜" in (await page(doors, an, f"/wrap?sku={doors.town.red}")).text
    form = {"sku": str(doors.town.red), "to": str(doors.town.bo), "cover": "thanks", "hours": "24"}
    form |= {"expected_total": "12900"}
    odd = await page(doors, an, "/wrap", {**form, "surprise": "never"})
    assert odd.status_code == 409
    assert (await page(doors, an, "/wrap", {**form, "surprise": "delivered"})).status_code == 303
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["surprise"] == "delivered"
    assert say("surprise.sent.delivered", "zh") in (await page(doors, an, f"/gifts/{gift}")).text
    lines = f"{doors.town.red}:2"
    assert "留个惊喜" in (await page(doors, an, f"/wrap/set?lines={lines}")).text
    form |= {"lines": lines, "expected_total": "25800", "surprise": "opened"}
    assert (await page(doors, an, "/wrap/set", form)).status_code == 303
    assert [one["pieces"] for one in (await an.ok("GET", "/v1/gifts/sent"))["gifts"]] == [2, 1]

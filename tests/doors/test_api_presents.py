"""What shops give away over HTTP and on the pages: made, handed out, taken, chosen for, stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from callers import buy
from open_house import Caller


def wanted(doors: Any, **asked: Any) -> dict[str, Any]:
    now = doors.house.ground.clock.now()
    ends_at = (now + timedelta(days=1)).isoformat()
    return {"name": "店庆", "sku_id": str(doors.town.red), "stock": 2, "ends_at": ends_at, **asked}


def base_of(doors: Any) -> str:
    return f"/v1/shops/{doors.town.shop_id}/activities"


async def taken(doors: Any, caller: Caller, code: str) -> tuple[int, str]:
    asked = {"address_id": str(doors.town.addresses.get(caller.person_id, 1))}
    return await caller.refused("POST", f"/v1/presents/{code}/taking", asked)


async def test_a_present_is_made_handed_out_taken_and_shipped(doors):
    town = doors.town
    owner, an, nobody = await doors.callers(town.owner_id, town.an, 0)
    made = await owner.ok("POST", base_of(doors), wanted(doors, greeting="谢谢你们"), key="giveaway")
    assert made["url"].endswith(f"/p/{made['code']}")
    path = f"/v1/presents/{made['code']}"
    seen = await nobody.ok("GET", path)
    assert (seen["standing"], seen["left"], seen["state"], seen["is_b2c_free_present"]) == ("sign_in", 2, 2, True)
    assert "price" not in str(seen) and "amount" not in str(seen)
    assert (await an.ok("GET", path))["standing"] == "ready"
    address = {"address_id": str(town.addresses[town.an])}
    taking = await an.ok("POST", f"{path}/taking", address)
    assert await an.ok("POST", f"{path}/taking", address) == taking
    mine = await an.ok("GET", f"/v1/orders/{taking['order_id']}")
    assert (mine["kind"], mine["state"], mine["present"]["code"]) == ("present", 20, made["code"])
    assert "amount" not in str(mine) and mine["lines"][0]["may_ask"] == 0
    (card,) = (await an.ok("GET", "/v1/orders"))["orders"]
    assert (card["kind"], card["giver_name"]) == ("gift", "山茶铺")
    (line,) = (await owner.ok("GET", base_of(doors)))["activities"]
    assert (line["taken"], line["left"], line["to_ship"], line["state"]) == (1, 1, 1, 2)
    shipping = {"carrier": "SF", "tracking_number": "SF70007"}
    await owner.ok("POST", f"/v1/shops/{town.shop_id}/orders/{taking['order_id']}/parcels", shipping)
    asked = {"order_id": taking["order_id"], "reason": "碎了"}
    assert await an.refused("POST", "/v1/aftersales", asked) == (409, "aftersale_nothing_paid")
    assert (await an.ok("GET", path))["standing"] == "yours"


async def test_what_is_over_paused_or_for_others_is_told_apart(doors):
    town = doors.town
    owner, an, bo = await doors.callers(town.owner_id, town.an, town.bo)
    made = await owner.ok("POST", base_of(doors), wanted(doors, stock=1))
    steps = f"{base_of(doors)}/{made['id']}/steps"
    assert (await owner.ok("POST", steps, {"step": "pause"}))["state"] == 3
    assert await taken(doors, an, made["code"]) == (409, "present_paused")
    assert (await owner.ok("POST", steps, {"step": "resume"}))["state"] == 2
    assert await taken(doors, owner, made["code"]) == (403, "present_not_for_you")
    address = {"address_id": str(town.addresses[town.an])}
    await an.ok("POST", f"/v1/presents/{made['code']}/taking", address)
    assert await taken(doors, bo, made["code"]) == (409, "present_gone")
    assert await owner.refused("POST", steps, {"step": "stop"}) == (409, "activity_over")
    assert await taken(doors, an, "nothing") == (404, "present_not_available")
    assert await an.refused("GET", "/v1/presents/%00") == (404, "present_not_available")
    later = wanted(doors, starts_at=(doors.house.ground.clock.now() + timedelta(hours=1)).isoformat())
    made = await owner.ok("POST", base_of(doors), later)
    assert await taken(doors, an, made["code"]) == (409, "present_not_yet")


async def test_customers_are_chosen_by_their_orders_and_told(doors):
    town = doors.town
    owner, an, bo = await doors.callers(town.owner_id, town.an, town.bo)
    order = (await buy(doors, an, town.blue)).rpartition("/")[2]
    made = await owner.ok("POST", base_of(doors), wanted(doors, audience="chosen"))
    guests = f"{base_of(doors)}/{made['id']}/guests"
    chosen = await owner.ok("POST", guests, {"order_ids": [order, "404"]})
    assert (chosen["chosen"], chosen["not_reached"]) == ([order], ["404"])
    await doors.settle()
    first = (await an.ok("GET", "/v1/notices"))["notices"][0]
    assert (first["kind"], first["title"]) == ("present_offered", "山茶铺送你一份礼物")
    assert await taken(doors, bo, made["code"]) == (403, "present_not_for_you")
    assert (await an.ok("GET", f"/v1/presents/{made['code']}"))["standing"] == "ready"
    assert (await owner.ok("GET", f"{base_of(doors)}/{made['id']}"))["guests"] == 1


async def test_bad_activities_are_refused_with_what_is_wrong(doors):
    town = doors.town
    owner, an = await doors.callers(town.owner_id, town.an)
    now = doors.house.ground.clock.now()
    for asked, refusal in (
        ({"stock": 11}, (409, "activity_stock_short")),
        ({"stock": 0}, (422, "body_not_valid")),
        ({"ends_at": (now - timedelta(hours=1)).isoformat()}, (422, "field_not_valid")),
        ({"starts_at": (now + timedelta(days=2)).isoformat()}, (422, "field_not_valid")),
        ({"sku_id": str(town.ring)}, (403, "gift_not_allowed")),
        ({"sku_id": "404"}, (409, "offer_over")),
        ({"audience": "group"}, (422, "field_not_valid")),
        ({"audience": "group", "group_id": "404"}, (404, "group_unknown")),
        ({"cover": "own-1"}, (422, "field_not_valid")),
    ):
        assert await owner.refused("POST", base_of(doors), wanted(doors, **asked)) == refusal, asked
    assert await an.refused("POST", base_of(doors), wanted(doors)) == (404, "not_found")
    assert await owner.refused("GET", f"{base_of(doors)}/404") == (404, "activity_unknown")

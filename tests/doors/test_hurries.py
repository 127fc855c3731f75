"""Hurrying a late shop through the doors: programs, pages, and what the shop's program hears."""

from __future__ import annotations

from callers import buy, give


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def make_late(doors) -> None:
    """As if the shop had had the order for three days."""
    late = "UPDATE order_order SET ship_from = ship_from - interval '3 days' WHERE ship_from IS NOT NULL"
    await doors.house.ground.db.run(lambda tx: tx.execute(late))


async def claimed(doors, an, bo) -> tuple[str, str]:
    gift = await give(doors, an, doors.town.bo, doors.town.red)
    asked = {"gift_id": gift["gift_id"], "address_id": str(doors.town.addresses[doors.town.bo])}
    await bo.ok("POST", "/v1/gifts/claims", asked)
    return gift["gift_id"], gift["order_id"]


async def test_programs_hurry_a_late_shop_and_its_programs_hear_it(doors):
    an, bo, stranger = await doors.callers(doors.town.an, doors.town.bo, doors.town.stranger)
    _, order = await claimed(doors, an, bo)
    path = f"/v1/orders/{order}/hurry"
    assert await an.refused("POST", path) == (409, "hurry_not_now")
    assert not (await bo.ok("GET", path))["may"]
    await make_late(doors)
    assert (await bo.ok("GET", path))["may"]
    assert await an.ok("POST", path) == {"order_id": order, "times": 1}
    assert await bo.refused("POST", path) == (409, "hurry_not_now")
    for method in ("GET", "POST"):
        assert await stranger.refused(method, path) == (404, "order_unknown")
    await doors.settle()
    owner = await doors.caller(doors.town.owner_id)
    assert (await owner.ok("GET", "/v1/notices"))["notices"][0]["kind"] == "order_hurried"


async def test_people_hurry_from_the_gifts_page_and_from_the_orders(doors):
    an, bo = await doors.callers(doors.town.an, doors.town.bo)
    gift, order = await claimed(doors, an, bo)
    assert "催一下商家" not in (await page(doors, an, f"/gifts/{gift}")).text
    await make_late(doors)
    for caller, path in ((an, f"/gifts/{gift}"), (bo, f"/orders/{order}")):
        assert "催一下商家" in (await page(doors, caller, path)).text
        assert "Hurry the shop" in (await page(doors, caller, path, language="en")).text
    done = await page(doors, an, f"/orders/{order}/hurry", {})
    assert done.headers["location"] == f"/orders/{order}"
    assert (await page(doors, an, f"/orders/{order}")).headers["location"] == f"/gifts/{gift}"
    for caller, path in ((an, f"/gifts/{gift}"), (bo, f"/orders/{order}")):
        assert "已经催过" in (await page(doors, caller, path)).text
    again = await page(doors, bo, f"/orders/{order}/hurry", {})
    assert again.status_code == 409 and "明天再来" in again.text


async def test_an_order_for_oneself_is_hurried_on_its_page(doors):
    an = await doors.caller(doors.town.an)
    path = (await buy(doors, an, doors.town.red)).removeprefix("/v1")
    await make_late(doors)
    assert "催一下商家" in (await page(doors, an, path)).text

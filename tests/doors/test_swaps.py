"""Another style through the doors: the recipient's program and page ask, the shop's program and desk answer."""

from __future__ import annotations

from callers import give


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def claimed(doors, an, bo) -> str:
    town = doors.town
    gift = await give(doors, an, town.bo, town.red)
    asked = {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.bo])}
    return (await bo.ok("POST", "/v1/gifts/claims", asked))["order_id"]


async def test_programs_ask_and_answer(doors):
    town = doors.town
    an, bo, owner = await doors.callers(town.an, town.bo, town.owner_id)
    order = await claimed(doors, an, bo)
    here = await bo.ok("GET", f"/v1/orders/{order}/swap")
    assert here["state"] == 0 and [one["sku_id"] for one in here["choices"]] == [str(town.blue)]
    assert "12900" not in str(here) and "amount" not in str(here)
    asked = await bo.ok("POST", f"/v1/orders/{order}/swap", {"sku_id": str(town.blue)})
    assert (asked["state"], (await bo.ok("GET", f"/v1/orders/{order}/swap"))["wanted"]) == (3, ["蓝"])
    assert await an.refused("GET", f"/v1/orders/{order}/swap") == (404, "order_unknown")
    shop = f"/v1/shops/{town.shop_id}"
    waiting = await owner.ok("GET", f"{shop}/swaps")
    assert [(one["order_id"], one["wanted"]) for one in waiting] == [(order, ["蓝"])]
    parcel = {"carrier": "SF", "tracking_number": "SF7001"}
    assert await owner.refused("POST", f"{shop}/orders/{order}/parcels", parcel) == (409, "swap_waits")
    done = await owner.ok("POST", f"{shop}/orders/{order}/swap-answers", {"verdict": "approve"})
    assert (done["state"], done["why"]) == (4, "")
    again = {"verdict": "reject"}
    assert await owner.refused("POST", f"{shop}/orders/{order}/swap-answers", again) == (409, "swap_not_now")
    assert await bo.refused("DELETE", f"/v1/orders/{order}/swap") == (409, "swap_not_now")
    assert await owner.ok("GET", f"{shop}/swaps") == []


async def test_people_ask_and_take_back_on_their_order(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    order = await claimed(doors, an, bo)
    for language, words in (("zh", "想换一款？"), ("en", "Rather another style?")):
        assert words in (await page(doors, bo, f"/orders/{order}", language=language)).text
    assert (await page(doors, bo, f"/orders/{order}/swap", {"sku": str(town.dear)})).status_code == 409
    assert (await page(doors, bo, f"/orders/{order}/swap", {"sku": str(town.blue)})).status_code == 303
    seen = (await page(doors, bo, f"/orders/{order}")).text
    assert "换款申请等店铺答复" in seen and "想换成：蓝" in seen
    assert (await page(doors, bo, f"/orders/{order}/swap/take-back", {})).status_code == 303
    assert "你取消了换款" in (await page(doors, bo, f"/orders/{order}")).text
    assert (await page(doors, bo, f"/orders/{order}/swap/take-back", {})).status_code == 409


async def test_a_shop_answers_on_its_desk(doors):
    town = doors.town
    an, bo, owner = await doors.callers(town.an, town.bo, town.owner_id)
    base = f"/desk/shops/{town.shop_id}/swaps"
    assert "没有等待答复的换款申请" in (await page(doors, owner, base)).text
    order = await claimed(doors, an, bo)
    await bo.ok("POST", f"/v1/orders/{order}/swap", {"sku_id": str(town.blue)})
    for path in (base, f"/desk/orders/{order}"):
        seen = (await page(doors, owner, path)).text
        assert "红 → 蓝" in seen and "新款可用 10 件" in seen
    assert "Send the other" in (await page(doors, owner, base, language="en")).text
    assert (await page(doors, owner, f"/desk/orders/{order}/swap", {"verdict": "dance"})).status_code == 422
    answered = await page(doors, owner, f"/desk/orders/{order}/swap", {"verdict": "agree"})
    assert answered.headers["location"] == f"/desk/orders/{order}"
    assert (await page(doors, owner, f"/desk/orders/{order}/swap", {"verdict": "agree"})).status_code == 422
    assert "店铺同意换款" in (await page(doors, bo, f"/orders/{order}")).text
    assert (await page(doors, bo, base)).status_code == 404

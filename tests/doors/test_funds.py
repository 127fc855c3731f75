"""Giving together through the doors: programs and pages, three browsers at one fund."""

from __future__ import annotations

from datetime import timedelta
from typing import Any


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def start(doors: Any, an: Any, **more: Any) -> dict[str, Any]:
    town = doors.town
    asked = {"sku_id": str(town.red), "recipient_id": str(town.bo), "guest_ids": [str(town.cai)]}
    ends_at = (doors.house.ground.clock.now() + timedelta(days=2)).isoformat()
    return await an.ok("POST", "/v1/funds", {**asked, "ends_at": ends_at, "expected_total": 12900, **more})


async def share(doors: Any, caller: Any, fund_id: str, amount: int, **more: Any) -> dict[str, Any]:
    one = await caller.ok("POST", f"/v1/funds/{fund_id}/shares", {"amount": amount, **more})
    await doors.pay(caller, one["contribution_id"])
    return one


async def test_programs_give_together(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    begun = await start(doors, an, greeting="生日快乐")
    fund, path = begun["fund_id"], f"/v1/funds/{begun['fund_id']}"
    assert begun["target"] == {"amount": 12900, "currency": "CNY"}
    assert [one["id"] for one in (await cai.ok("GET", "/v1/funds"))["funds"]] == [fund]
    assert (await bo.ok("GET", "/v1/funds"))["funds"] == []
    assert await bo.refused("GET", path) == (404, "fund_unknown")
    one = await cai.ok("POST", f"{path}/shares", {"amount": 5000})
    state = await cai.ok("GET", f"/v1/orders/{one['contribution_id']}/payment")
    assert (state["purpose"], state["standing"], state["total"]["amount"]) == ("fund", "waiting", 5000)
    seen = await an.ok("GET", path)
    assert (seen["paid"]["amount"], seen["pending"]["amount"], seen["missing"]["amount"]) == (0, 5000, 7900)
    assert (await cai.ok("GET", path))["waiting_id"] == one["contribution_id"]
    await doors.pay(cai, one["contribution_id"])
    last = await share(doors, an, fund, 9000, capped=True)
    assert last["amount"]["amount"] == 7900
    await doors.settle()
    seen = await cai.ok("GET", path)
    assert (seen["state"], seen["gift_id"]) == ("full", None)
    assert [(one["person"]["name"], one["amount"]["amount"]) for one in seen["shares"]] == [("蔡", 5000), ("安", 7900)]
    envelope = await bo.ok("GET", f"/v1/gifts/{begun['gift_id']}")
    assert (envelope["giver"]["name"], [one["name"] for one in envelope["givers"]]) == ("安", ["蔡"])
    assert "amount" not in str(envelope)
    assert await cai.refused("POST", f"{path}/shares", {"amount": 1}) == (409, "fund_over")


async def test_bad_input_is_refused_each_with_its_reason(doors):
    town = doors.town
    an, cai = await doors.callers(town.an, town.cai)
    fund = (await start(doors, an))["fund_id"]
    for amount, reason in ((0, "nothing"), (12901, "over_rest")):
        said = await cai.call("POST", f"/v1/funds/{fund}/shares", body={"amount": amount})
        assert (said.status, said.body["facts"]["reason"]) == (422, reason)
    asked = {"sku_id": str(town.red), "recipient_id": str(town.bo), "guest_ids": [str(town.cai)]}
    past = (doors.house.ground.clock.now() - timedelta(hours=1)).isoformat()
    said = await an.call("POST", "/v1/funds", body={**asked, "ends_at": past})
    assert (said.status, said.body["facts"]["reason"]) == (422, "past")
    ahead = (doors.house.ground.clock.now() + timedelta(days=1)).isoformat()
    nothing = await an.call("POST", "/v1/funds", body={**asked, "ends_at": ahead, "expected_total": 0})
    assert nothing.status == 409 and nothing.code == "total_changed"
    nobody = await an.call("POST", "/v1/funds", body={**asked, "ends_at": ahead, "guest_ids": []})
    assert (nobody.status, nobody.body["facts"]["reason"]) == (422, "one_of_two")


async def test_sums_and_names_are_hidden_where_the_starter_wants_it(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    begun = await start(doors, an, hides_sums=True, hides_names=True)
    await share(doors, an, begun["fund_id"], 4000)
    seen = await cai.ok("GET", f"/v1/funds/{begun['fund_id']}")
    assert [one["amount"] for one in seen["shares"]] == [None] and seen["paid"]["amount"] == 4000
    await share(doors, cai, begun["fund_id"], 8900)
    seen = await an.ok("GET", f"/v1/funds/{begun['fund_id']}")
    assert [one["amount"]["amount"] for one in seen["shares"]] == [4000, 8900]
    assert (await bo.ok("GET", f"/v1/gifts/{begun['gift_id']}"))["givers"] == []


async def test_three_browsers_at_one_fund(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    for language, words in (("zh", "和谁一起"), ("en", "Together with")):
        assert words in (await page(doors, an, f"/together?sku={town.red}", language=language)).text
    form = {"sku": str(town.red), "to": str(town.bo), "who": "guests", "days": "7", "cover": "birthday"}
    form |= {"greeting": "生日快乐", "expected_total": "12900"}
    nobody = await page(doors, an, "/together", form)
    assert nobody.status_code == 409 and "选一个群，或者选几个人" in nobody.text
    owner = await doors.caller(town.owner_id)
    await owner.ok("PUT", f"/v1/shops/{town.shop_id}/products/{town.product_id}/engraving", {"characters_max": 8})
    form |= {"engraving": "words", f"guest-{town.cai}": "1"}
    long = await page(doors, an, "/together", {**form, "custom_word": "一二三四五六七八九"})
    assert long.status_code == 409 and "最多刻 8 个字" in long.text and "一二三四五六七八九" in long.text
    form |= {"custom_word": "<i>小波</i>"[:8], "surprise": "delivered"}
    path = (await page(doors, an, "/together", form)).headers["location"]
    assert "&lt;i&gt;" in (await page(doors, cai, path)).text
    assert (await cai.ok("GET", f"/v1{path}"))["custom_info"]["custom_type"] == 1
    assert (await page(doors, bo, path)).status_code == 404
    for language, words in (("zh", "一起送给"), ("en", "Together for")):
        assert words in (await page(doors, cai, path, language=language)).text
    assert "一起送给" in (await page(doors, cai, "/funds")).text
    assert "还没有一起送的礼物" in (await page(doors, bo, "/funds")).text
    wrong = await page(doors, cai, f"{path}/put-in", {"amount": "0"})
    assert wrong.status_code == 409 and "金额要大于零" in wrong.text
    cashier = await page(doors, cai, f"{path}/put-in", {"amount": "50"})
    assert cashier.status_code == 303 and "/funds/" not in cashier.headers["location"]
    assert "继续付我那份" in (await page(doors, cai, path)).text
    contribution = (await cai.ok("GET", f"/v1{path}"))["waiting_id"]
    await doors.pay(cai, contribution)
    assert (await page(doors, cai, f"/paying/{contribution}")).headers["location"] == path
    assert '<progress class="fund__bar" max="12900" value="5000"' in (await page(doors, an, path)).text
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    assert f'href="{path}"' in (await page(doors, an, f"/gifts/{gift}")).text
    one = await an.ok("POST", f"/v1{path}/shares", {"amount": 7900})
    await doors.pay(an, one["contribution_id"])
    assert (
        "凑齐了" in (await page(doors, an, path)).text and f'href="/gifts/{gift}"' in (await page(doors, an, path)).text
    )
    await doors.settle()
    envelope = (await page(doors, bo, f"/gifts/{gift}")).text
    assert "一起送" in envelope and "会退回给一起送的每个人" in envelope


async def test_the_starter_calls_it_off_on_its_page(doors):
    town = doors.town
    an, cai = await doors.callers(town.an, town.cai)
    path = f"/funds/{(await start(doors, an))['fund_id']}"
    await share(doors, cai, path.rpartition("/")[2], 100)
    assert (await page(doors, cai, f"{path}/call-off", {})).status_code == 404
    assert (await page(doors, an, f"{path}/call-off", {})).headers["location"] == path
    await doors.settle()
    seen = (await page(doors, cai, path)).text
    assert "发起人取消了" in seen and "原路退回" in seen
    assert (await page(doors, an, f"{path}/call-off", {})).status_code == 409
    assert await an.refused("POST", f"/v1{path}/call-off") == (409, "fund_over")

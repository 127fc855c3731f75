"""Gift policies through the doors: an operator's program and desk choose, everybody may read what holds for a shop."""

from __future__ import annotations

import pytest_asyncio

from renqing.books import people


@pytest_asyncio.fixture
async def operator(doors):
    await doors.house.ground.db.run(
        lambda tx: people.add_staff(tx, people.PLATFORM, doors.town.cai, people.Role.OPERATOR)
    )
    return await doors.caller(doors.town.cai)


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})


async def test_a_program_of_an_operator_chooses_and_everybody_reads(doors, operator):
    shop = str(doors.town.shop_id)
    body = {"preset": "wechat", "changes": {"gift_undo_minutes": 0}}
    chosen = await operator.ok("PUT", f"/v1/operator/shops/{shop}/gift-policy", body)
    assert (chosen["shop_id"], chosen["preset"], chosen["policy"]["gift_withdraw"]) == (shop, "wechat", "never")
    anybody = await doors.caller(doors.town.an)
    held = await anybody.ok("GET", f"/v1/shops/{shop}/gift-policy")
    assert held == chosen["policy"] and held["gift_undo_minutes"] == 0
    platform = await operator.ok("PUT", "/v1/operator/gift-policy", {"preset": "jd"})
    assert (platform["shop_id"], platform["policy"]["gift_style"]) == (None, "as_given")
    listed = await operator.ok("GET", "/v1/operator/gift-policies")
    assert [one["preset"] for one in listed["shops"]] == ["wechat"] and set(listed["presets"]) >= {"house", "goody"}
    dropped = await operator.ok("DELETE", f"/v1/operator/shops/{shop}/gift-policy")
    assert (dropped["preset"], dropped["policy"]["gift_style"]) == (None, "as_given")
    assert await operator.refused("PUT", "/v1/operator/gift-policy", {"preset": "myspace"}) == (422, "field_not_valid")
    assert await operator.refused("PUT", "/v1/operator/shops/404/gift-policy", {"preset": "jd"}) == (
        404,
        "shop_unknown",
    )
    assert await anybody.refused("GET", "/v1/shops/404/gift-policy") == (404, "shop_unknown")


async def test_an_operator_mixes_on_the_desk(doors, operator):
    base, shop = "/desk/operator/gift-policies", doors.town.shop_id
    for language, words in (("zh", "未选择"), ("en", "None chosen")):
        seen = (await page(doors, operator, base, language=language)).text
        assert words in seen and "KakaoTalk" in seen and "policy.gift" not in seen
    form = {
        "shop": str(shop),
        "preset": "wechat",
        "gift_undo_minutes": "5",
        "gift_withdraw": "",
        "gift_style": "as_given",
    }
    assert (await page(doors, operator, base, form)).headers["location"] == f"{base}?shop={shop}"
    row = await doors.house.ground.db.fetchrow("SELECT preset, changes FROM gift_policy WHERE shop_id = $1", shop)
    assert (row["preset"], row["changes"]) == ("wechat", {"gift_undo_minutes": 5, "gift_style": "as_given"})
    seen = (await page(doors, operator, f"{base}?shop={shop}")).text
    assert 'value="wechat" selected' in seen and 'value="5"' in seen
    refused = await page(doors, operator, base, {**form, "gift_undo_minutes": "600"})
    assert refused.status_code == 422 and 'value="600"' in refused.text and "不在允许的范围内" in refused.text
    assert (await page(doors, operator, base, {"shop": str(shop), "preset": ""})).status_code == 303
    assert await doors.house.ground.db.fetchval("SELECT count(*) FROM gift_policy") == 0
    assert (await page(doors, operator, f"{base}?shop=404")).status_code == 404
    owner = await doors.caller(doors.town.owner_id)
    assert (await page(doors, owner, base)).status_code == 404


async def test_the_wrapping_desk_says_what_the_shops_policy_allows(doors, operator):
    giver = await doors.caller(doors.town.an)
    await operator.ok("PUT", "/v1/operator/gift-policy", {"preset": "wechat"})
    seen = (await page(doors, giver, f"/wrap?sku={doors.town.red}")).text
    assert "送出 2 分钟后就不能收回了" in seen and 'value="72"' not in seen

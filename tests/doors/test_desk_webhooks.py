"""The desks' pages of webhooks: add one, see its secret once, send again, switch it, remove it."""

from __future__ import annotations

import re
from itertools import count

from renqing.books import people

_keys = count(1)
URL = "https://hooks.example.com/till"


async def page(doors, caller, path, form=None, language="zh"):
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    return await doors.client.post(path, headers=headers, data={"once": f"form-{next(_keys)}", **form})


async def test_an_owner_keeps_a_webhook_on_the_desk(doors):
    town, ground = doors.town, doors.house.ground
    owner = await doors.caller(town.owner_id)
    base = f"/desk/shops/{town.shop_id}/webhooks"
    assert "还没有程序在听" in (await page(doors, owner, base)).text
    refused = await page(doors, owner, base, {"url": "https://10.0.0.1/", "description": "收银"})
    assert refused.status_code == 422 and "内部网络" in refused.text and 'value="https://10.0.0.1/"' in refused.text
    made = await page(doors, owner, base, {"url": URL, "description": "收银", "types": ["order.paid", "gift.paid"]})
    secret = re.findall(r"whsec_[\w+/=]+", made.text)
    assert made.status_code == 200 and len(secret) == 1
    listed = (await page(doors, owner, base)).text
    assert URL in listed and secret[0] not in listed and "gift.opened" not in listed
    row = await ground.db.fetchrow("SELECT id, kinds FROM webhook_endpoint")
    assert row["kinds"] == ["order.paid", "gift.paid"]
    here = f"{base}/{row['id']}"
    assert (await page(doors, owner, here, {"step": "pause"})).headers["location"] == here
    assert "已暂停" in (await page(doors, owner, here)).text
    refused = await page(doors, owner, here, {"step": "test"})
    assert refused.status_code == 422 and "没有打开" in refused.text
    assert (await page(doors, owner, here, {"step": "dance"})).status_code == 422
    await page(doors, owner, here, {"step": "on"})
    await page(doors, owner, here, {"step": "test"})
    await ground.db.pool.execute("UPDATE webhook_delivery SET state = 'given_up', next_at = NULL, last_why = 'dns'")
    delivery = await ground.db.fetchval("SELECT id FROM webhook_delivery")
    for language, words in (("zh", "已放弃"), ("en", "Given up")):
        seen = (await page(doors, owner, f"{here}?wanted=given_up", language=language)).text
        assert words in seen and "webhook.test" in seen and "desk.webhook." not in seen
    assert "webhook.test" in (await page(doors, owner, f"{here}/deliveries/{delivery}")).text
    assert (await page(doors, owner, f"{here}/deliveries/{delivery}", {})).status_code == 303
    assert await ground.db.fetchval("SELECT state FROM webhook_delivery") == "waiting"
    await page(doors, owner, here, {"step": "again"})
    fresh = re.findall(r"whsec_[\w+/=]+", (await page(doors, owner, here, {"step": "rotate"})).text)
    assert len(fresh) == 1 and fresh != secret
    assert "旧密钥有效到" in (await page(doors, owner, here)).text
    assert (await page(doors, owner, here, {"step": "remove"})).headers["location"] == base
    assert (await page(doors, owner, here)).status_code == 404


async def test_an_operator_keeps_the_platforms_own_and_looks_at_a_shops(doors):
    town, ground = doors.town, doors.house.ground
    person = await ground.db.run(lambda tx: people.join(tx, name="平台"))
    await ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, person.id, people.Role.OPERATOR))
    operator, owner = await doors.callers(person.id, town.owner_id)
    base = "/desk/operator/webhooks"
    assert "gift.opened" in (await page(doors, operator, base)).text
    assert "whsec_" in (await page(doors, operator, base, {"url": URL})).text
    await page(doors, owner, f"/desk/shops/{town.shop_id}/webhooks", {"url": f"{URL}/shop"})
    rows = {row["shop_id"]: row["id"] for row in await ground.db.fetch("SELECT id, shop_id FROM webhook_endpoint")}
    assert f"{URL}/shop" not in (await page(doors, operator, base)).text
    shops = f"{base}/{rows[town.shop_id]}"
    seen = await page(doors, operator, shops)
    assert seen.status_code == 200 and "更换密钥" not in seen.text
    assert (await page(doors, operator, shops, {"step": "remove"})).status_code == 404
    own = f"{base}/{rows[people.PLATFORM]}"
    assert "更换密钥" in (await page(doors, operator, own)).text
    await page(doors, operator, own, {"step": "test"})
    delivery = await ground.db.fetchval("SELECT id FROM webhook_delivery")
    assert (await page(doors, operator, f"{own}/deliveries/{delivery}")).status_code == 200
    assert (await page(doors, operator, f"{own}/deliveries/{delivery}", {})).status_code == 303


async def test_a_clerk_sees_and_does_not_decide(doors):
    town, ground = doors.town, doors.house.ground
    clerk = await ground.db.run(lambda tx: people.join(tx, name="店员"))
    await ground.db.run(lambda tx: people.add_staff(tx, town.shop_id, clerk.id, people.Role.CLERK))
    owner, caller = await doors.callers(town.owner_id, clerk.id)
    base = f"/desk/shops/{town.shop_id}/webhooks"
    await page(doors, owner, base, {"url": URL})
    here = f"{base}/{await ground.db.fetchval('SELECT id FROM webhook_endpoint')}"
    assert "由店主管理" in (await page(doors, caller, base)).text
    await page(doors, owner, here, {"step": "test"})
    await ground.db.pool.execute("UPDATE webhook_delivery SET state = 'given_up', next_at = NULL")
    delivery = await ground.db.fetchval("SELECT id FROM webhook_delivery")
    for path, form in ((here, {"step": "remove"}), (base, {"url": URL}), (f"{here}/deliveries/{delivery}", {})):
        answer = await page(doors, caller, path, form)
        assert answer.status_code == 422 and "店主" in answer.text, path
    assert "重发</button>" not in (await page(doors, caller, here)).text

"""More freight for a far place, on pages and in the API: allowed, refused in words, and told without a place."""

from __future__ import annotations

from typing import Any

from callers import page

from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.social import gifts
from renqing.trade import shipping


async def far(doors: Any, fee: int, **changes: Any) -> None:
    """Where the recipient lives costs so much, and the shop's gifts have these rules."""
    town, db = doors.town, doors.house.ground.db
    await db.run(lambda tx: shipping.set_rate(tx, town.shop_id, shipping.Rate(330000, fee=fee)))
    choice = gifts.Choice("house", GiftPolicyChanges(**changes))
    await db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))


async def given(doors: Any, **more: Any) -> tuple[Any, Any, dict[str, Any]]:
    town = doors.town
    an, bo = await doors.caller(town.an), await doors.caller(town.bo)
    asked = {"sku_id": str(town.red), "recipient_id": str(town.bo), **more}
    gift = await an.ok("POST", "/v1/gifts", asked)
    await doors.pay(an, gift["order_id"])
    return an, bo, gift


async def test_what_was_allowed_is_paid_used_and_comes_back_and_the_giver_reads_no_place(doors: Any) -> None:
    await far(doors, 800)
    an, bo, gift = await given(doors, surcharge_allowed=1_500, expected_total=14_400)
    assert gift["total"]["amount"] == 14_400
    seen = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert seen["surcharge"] == {"allowed": {"amount": 1_500, "currency": "CNY"}, "needed": None}
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    told = await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert "surcharge" not in told and "1500" not in str(told)
    address = str(doors.town.addresses[doors.town.bo])
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    await doors.settle()
    seen = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert seen["surcharge"]["needed"] is True and "330106" not in str(seen) and "浙江" not in str(seen)
    (line,) = [line for line in await doors.channel.statement() if line.kind == "refund"]
    assert -line.amount == 700
    html = (await page(doors, an, f"/gifts/{gift['gift_id']}", language="en")).text
    assert "The extra freight was needed" in html and "浙江" not in html
    order = (await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["order_id"]
    assert "¥" not in (await page(doors, bo, f"/orders/{order}", language="en")).text


async def test_a_place_that_costs_more_than_was_allowed_is_refused_before_and_at_the_claim(doors: Any) -> None:
    await far(doors, 800, gift_surcharge="giver", gift_surcharge_max_minor=5_000)
    _, bo, gift = await given(doors, surcharge_allowed=700)
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    asked = {"gift_id": gift["gift_id"], "region_code": 330106109}
    found = await bo.ok("POST", "/v1/gifts/reach-lookups", asked)
    assert (found["delivers"], found["reason"]) == (False, "surcharge") and "没有同意多付" in found["words"]
    for language, right, wrong in (
        ("zh", "运费更高", "不送这里"),
        ("en", "costs more to send to", "not delivered here"),
    ):
        shown = (await page(doors, bo, f"/gifts/{gift['gift_id']}", language=language)).text
        assert right in shown, "beside the address, before it is chosen"
        assert shown.count(wrong) == 1, "the other one is where the shop goes nowhere"
    address = str(doors.town.addresses[doors.town.bo])
    claim = {"gift_id": gift["gift_id"], "address_id": address}
    assert await bo.refused("POST", "/v1/gifts/claims", claim) == (409, "cannot_receive")
    state = await doors.house.ground.db.fetchval("SELECT state FROM gift_gift WHERE id = $1", int(gift["gift_id"]))
    assert state == 10, "it waits, and another address takes it"


async def test_the_desk_offers_it_as_one_tick_and_takes_it_with_the_gift(doors: Any) -> None:
    town = doors.town
    an = await doors.caller(town.an)
    assert "surcharge_allowed" not in (await page(doors, an, f"/wrap?sku={town.red}")).text
    await far(doors, 800)
    html = (await page(doors, an, f"/wrap?sku={town.red}", language="en")).text
    assert 'name="surcharge_allowed" value="800"' in html and "Up to ¥8 more" in html
    form = {"sku": str(town.red), "to": str(town.bo), "cover": "thanks", "greeting": "", "hours": "24"}
    form |= {"expected_total": "12900", "surcharge_allowed": "800"}
    assert (await page(doors, an, "/wrap", form)).status_code == 303
    assert await doors.house.ground.db.fetchval("SELECT max(total_amount) FROM order_order") == 13_700
    by_link = {**form, "to": "link", "shares": "1"}
    assert (await page(doors, an, "/wrap", by_link)).status_code == 303
    assert (await page(doors, an, "/wrap", {**by_link, "shares": "2"})).status_code == 409
    assert await doors.house.ground.db.fetchval("SELECT count(*) FROM surcharge_allowed") == 2
    assert (await page(doors, an, "/wrap", {**form, "surcharge_allowed": "999999"})).status_code == 409
    assert (await page(doors, an, "/wrap", {**form, "surcharge_allowed": "much"})).status_code == 409


async def test_too_much_is_refused_by_name(doors: Any) -> None:
    town = doors.town
    an = await doors.caller(town.an)
    asked = {"sku_id": str(town.red), "recipient_id": str(town.bo), "surcharge_allowed": 5_001}
    status, code = await an.refused("POST", "/v1/gifts", asked)
    assert status in (400, 422) and code == "field_not_valid"

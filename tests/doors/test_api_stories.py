"""The main stories over HTTP: real sockets, a real bank, and every answer held to the OpenAPI document."""

from __future__ import annotations

import asyncio

from callers import buy, give, make_operator, ship
from counter import books

FEE = 129_00 * 5 // 100


async def test_a_program_waits_for_the_money_in_one_request(doors):
    an = await doors.caller(doors.town.an)
    asked = {"lines": [{"sku_id": str(doors.town.red)}], "address_id": str(doors.town.addresses[an.person_id])}
    placed = await an.ok("POST", "/v1/orders", asked)
    path = f"/v1/orders/{placed['order_id']}/payment?wait_seconds="
    assert (await an.ok("GET", f"{path}0"))["standing"] == "waiting"
    waiting = asyncio.create_task(an.ok("GET", f"{path}20"))
    await doors.pay(an, placed["order_id"])
    async with asyncio.timeout(20):
        assert (await waiting)["standing"] == "paid"
    too_long = await an.call("GET", f"{path}21")
    assert too_long.status == 422


async def test_somebody_buys_for_themselves_and_the_shop_gets_its_money(doors):
    town = doors.town
    an, owner = await doors.callers(town.an, town.owner_id)
    quote = await an.ok("GET", f"/v1/quotes/order?sku_id={town.red}")
    assert (quote["total"], quote["delivers"]) == ({"amount": 129_00, "currency": "CNY"}, True)
    order = await buy(doors, an, town.red, expected_total=129_00)
    order_id = order.rpartition("/")[2]
    assert (await an.ok("GET", f"{order}/payment"))["standing"] == "paid"
    assert await books(town) == {
        "clearing": (-129_00, 0),
        "escrow": (129_00, 0),
    }
    waiting = await owner.ok("GET", f"/v1/shops/{town.shop_id}/orders")
    assert [row["id"] for row in waiting["orders"]] == [order_id]
    address = await owner.ok("POST", f"/v1/shops/{town.shop_id}/orders/{order_id}/address-readings", {})
    assert address["name"] == "收件人"
    parcel = await ship(doors, order_id, "SF1001")
    assert parcel["state"] == 30
    news = f"/v1/shops/{town.shop_id}/parcels/{parcel['parcel_id']}/news"
    for state in ("in_transit", "delivered"):
        await owner.ok("POST", news, {"state": state, "place": "杭州"})
    seen = await an.ok("GET", order)
    assert (seen["kind"], seen["state"], seen["paid"]["total"]["amount"]) == ("bought", 30, 129_00)
    assert [one["state"] for one in seen["parcels"][0]["news"]] == ["delivered", "in_transit", "shipped"]
    assert (await an.ok("POST", f"{order}/receipt"))["state"] == 100
    await doors.settle()
    assert await books(town) == {"clearing": (-129_00, 0), "shop": (129_00 - FEE, 0), "fee": (FEE, 0)}
    account = await owner.ok("GET", f"/v1/shops/{town.shop_id}/account")
    assert account["balance"]["amount"] == 129_00 - FEE and account["coming"]["amount"] == 0
    assert [line["cause_id"] for line in account["lines"]] == [order_id]
    mine = await an.ok("GET", "/v1/me/account")
    assert [line["amount"]["amount"] for line in mine["lines"]] == [-129_00, 129_00]
    kinds = [notice["kind"] for notice in (await an.ok("GET", "/v1/notices"))["notices"]]
    assert kinds == ["order_delivered", "order_shipped", "order_paid"]


async def test_a_gift_by_link_is_opened_restyled_claimed_shipped_and_received(doors):
    town = doors.town
    an, bo, owner = await doors.callers(town.an, town.bo, town.owner_id)
    nobody = await doors.caller()
    gift = await give(doors, an, None, town.red)
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert (sent["kind"], sent["state"], sent["total"]["amount"]) == ("sent", 10, 129_00)
    token = sent["link_token"]
    for caller in (nobody, bo):
        looked = await caller.ok("POST", "/v1/gifts/lookups", {"token": token})
        assert looked["kind"] == "envelope" and looked["opened_at"] is None
    assert await an.ok("POST", "/v1/gifts/lookups", {"token": token}) == {"kind": "your_own", "id": gift["gift_id"]}
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})
    inside = await bo.ok("POST", "/v1/gifts/lookups", {"token": token})
    assert (inside["kind"], inside["greeting"], inside["product"]["specs"]) == ("open", "谢谢你", ["红"])
    assert [style["sku_id"] for style in inside["styles"]] == [str(town.red), str(town.blue)]
    claimed = await bo.ok(
        "POST",
        "/v1/gifts/claims",
        {"token": token, "address_id": str(town.addresses[town.bo]), "sku_id": str(town.blue)},
    )
    await doors.settle()
    parcel = await ship(doors, claimed["order_id"], "SF2001")
    await owner.ok("POST", f"/v1/shops/{town.shop_id}/parcels/{parcel['parcel_id']}/news", {"state": "delivered"})
    order = await bo.ok("GET", f"/v1/orders/{claimed['order_id']}")
    assert (order["kind"], order["lines"][0]["product"]["specs"]) == ("gift", ["蓝"])
    for_giver = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert (for_giver["going"], for_giver["claimed_by"]["name"]) == ("delivered", "Bo")
    assert for_giver["product"]["specs"] == ["红"] and for_giver["link_token"] is None
    assert await an.ok("GET", f"/v1/orders/{gift['order_id']}") == {"kind": "given", "gift_id": gift["gift_id"]}
    await bo.ok("POST", f"/v1/orders/{claimed['order_id']}/receipt")
    assert await books(town) == {"clearing": (-129_00, 0), "shop": (129_00 - FEE, 0), "fee": (FEE, 0)}
    assert (await bo.ok("GET", "/v1/me/account"))["lines"] == []


async def test_a_gift_between_friends_shows_in_chat_and_is_declined_kindly(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red)
    threads = (await bo.ok("GET", "/v1/threads"))["threads"]
    assert [(thread["person"]["name"], thread["unread"]) for thread in threads] == [("安", 1)]
    thread = await bo.ok("GET", f"/v1/threads/{threads[0]['id']}")
    card = thread["messages"][0]["gift"]
    assert (card["id"], card["word"], card["greeting"]) == (gift["gift_id"], "waiting", "")
    await bo.ok("POST", f"/v1/threads/{threads[0]['id']}/reading", {"n": thread["last_n"]})
    assert (await bo.ok("GET", "/v1/notices/unread")) == {"notices": 1, "chats": 0, "gifts": 1}
    await bo.ok("POST", "/v1/gifts/refusals", {"gift_id": gift["gift_id"], "sentence": "have_one"})
    await doors.settle()
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert (sent["state"], sent["ended_how"], sent["refusal"]) == (250, "refused", "have_one")
    assert sent["refunded"]["amount"] == 129_00 and sent["refund_done"]
    assert await books(town) == {}
    assert [notice["kind"] for notice in (await an.ok("GET", "/v1/notices"))["notices"]] == [
        "gift_refunded",
        "gift_refused",
    ]
    said = await bo.ok("POST", "/v1/messages", {"person_id": str(town.an), "body": "谢谢，心意领了"})
    assert (said["thread_id"], said["n"]) == (threads[0]["id"], 2)


async def test_a_gift_that_nobody_claims_goes_back_when_its_time_is_over(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red, open_for_hours=2)
    await doors.pass_time(hours=1)
    assert (await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["kind"] == "envelope"
    await doors.pass_time(hours=1)
    assert await bo.refused("GET", f"/v1/gifts/{gift['gift_id']}") == (404, "gift_not_available")
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert (sent["state"], sent["refund_done"], sent["refunded"]["amount"]) == (181, True, 129_00)
    assert await books(town) == {}


async def test_the_giver_takes_a_gift_back_until_it_is_opened(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red)
    taken = await an.ok("POST", f"/v1/gifts/{gift['gift_id']}/withdrawal")
    assert taken == {"gift_id": gift["gift_id"], "refund": {"amount": 129_00, "currency": "CNY"}}
    await doors.settle()
    assert await books(town) == {}
    later = await give(doors, an, town.bo, town.red)
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": later["gift_id"]})
    assert await an.refused("POST", f"/v1/gifts/{later['gift_id']}/withdrawal") == (409, "gift_withdrawal_late")


async def test_the_recipient_returns_a_gift_and_its_giver_gets_the_money(doors):
    town = doors.town
    an, bo, owner = await doors.callers(town.an, town.bo, town.owner_id)
    gift = await give(doors, an, town.bo, town.red)
    asked = {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.bo])}
    order_id = (await bo.ok("POST", "/v1/gifts/claims", asked))["order_id"]
    await ship(doors, order_id, "SF3001")
    await bo.ok("POST", f"/v1/orders/{order_id}/receipt")
    asked = {"order_id": order_id, "kind": "return", "reason": "碎了"}
    assert await an.refused("POST", "/v1/aftersales", asked) == (404, "order_unknown")
    case = await bo.ok("POST", "/v1/aftersales", asked)
    assert case["state"] == "MERCHANT_PROCESSING"
    shop_case = f"/v1/shops/{town.shop_id}/aftersales/{case['id']}"
    stands = await owner.ok("POST", f"{shop_case}/answer", {"verdict": "agree", "answer": "请寄回"})
    assert (stands["state"], stands["amount"]["amount"]) == ("USER_WAIT_RETURN", 129_00)
    await bo.ok("POST", f"/v1/aftersales/{case['id']}/return", {"carrier": "YTO", "tracking_number": "YT123456"})
    await owner.ok("POST", f"{shop_case}/answer", {"verdict": "agree", "back_to_stock": True})
    await doors.settle()
    mine = (await bo.ok("GET", "/v1/aftersales"))["cases"]
    assert [(one["kind_of_order"], one["state"]) for one in mine] == [("gift", "MERCHANT_RETURN_SUCCESS")]
    assert (await owner.ok("GET", shop_case))["state"] == "MERCHANT_RETURN_SUCCESS"
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert (sent["aftersale"], sent["refunded"]["amount"], sent["refund_done"]) == (
        "MERCHANT_RETURN_SUCCESS",
        129_00,
        True,
    )
    assert await books(town) == {}
    assert (await bo.ok("GET", "/v1/me/account"))["lines"] == []


async def test_an_order_that_nobody_pays_closes_and_its_payer_may_close_it_sooner(doors):
    town = doors.town
    an = await doors.caller(town.an)
    asked = {"lines": [{"sku_id": str(town.red), "quantity": 2}], "address_id": str(town.addresses[town.an])}
    first = (await an.ok("POST", "/v1/orders", asked))["order_id"]
    assert await an.ok("POST", f"/v1/orders/{first}/cancellation") == {"closed": True}
    second = (await an.ok("POST", "/v1/orders", asked))["order_id"]
    await doors.pass_time(minutes=16)
    shown = (await an.ok("GET", "/v1/orders"))["orders"]
    assert [(one["id"], one["state"], one["why_closed"]) for one in shown] == [
        (second, 250, "unpaid"),
        (first, 250, "cancelled"),
    ]
    assert await an.refused("POST", f"/v1/orders/{second}/payments", {}) == (409, "payment_over")


async def test_an_operator_follows_every_fen_and_checks_the_house(doors):
    town = doors.town
    an = await doors.caller(town.an)
    order = await buy(doors, an, town.red)
    operator = await make_operator(doors)
    accounts = await operator.ok("GET", "/v1/operator/accounts")
    assert accounts["totals"] == [{"accounts": 3, "sum": {"amount": 0, "currency": "CNY"}}]
    held = next(one for one in accounts["accounts"] if one["kind"] == "escrow")
    statement = await operator.ok("GET", f"/v1/operator/accounts/{held['id']}")
    entry = await operator.ok("GET", f"/v1/operator/entries/{statement['lines'][0]['entry_id']}")
    assert sum(posting["amount"]["amount"] for posting in entry["postings"]) == 0
    assert entry["entry"]["cause_id"] == order.rpartition("/")[2]
    assert {"payment", "fact", "stock_hold"} <= {thing["what"] for thing in entry["moved"]}
    found = await operator.ok("POST", "/v1/operator/checks")
    # X2 says what is so: a test's database does not wait for its disk.
    assert {one["id"] for one in found["findings"] if not one["holds"]} <= {"X2"} and len(found["findings"]) >= 24
    assert await operator.ok("GET", "/v1/operator/check") == found
    for path in ("desk", "timers", "outbox", "callbacks", "doubts"):
        await operator.ok("GET", f"/v1/operator/{path}")

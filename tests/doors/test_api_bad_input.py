"""What must be refused, over HTTP: each with its status and code, in the reader's language, and nothing moved."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import httpx
import msgspec
import pytest
from bankside import SECRET
from callers import buy, give
from town import snapshot

from renqing.books import catalog, people
from renqing.providers.sandbox_channel.wire import CALLBACK_ID, CALLBACK_SIGNATURE, CALLBACK_TIMESTAMP
from renqing.views.check import check


async def stays(doors, caller, method, path, body=None, *, status, code, **asked):
    """Refused so, and everything is as it was; the refusal."""
    ground = doors.house.ground
    before = await snapshot(ground)
    answer = await caller.call(method, path, body=body, **asked)
    assert (answer.status, answer.code) == (status, code), answer.body
    assert await snapshot(ground) == before
    assert answer.body["type"] == f"/docs/errors#{code}"
    return answer.body


@pytest.fixture
async def an(doors):
    return await doors.caller(doors.town.an)


@pytest.fixture
async def bo(doors):
    return await doors.caller(doors.town.bo)


async def _product(doors, price, category=None):
    """A product of the shop; its SKU."""
    town, ground = doors.town, doors.house.ground

    async def story(tx):
        kind = category or await catalog.save_category(tx, catalog.CategoryDraft(name_zh="器", name_en="Ware"))
        draft = catalog.ProductDraft(
            shop_id=town.shop_id,
            category_id=kind,
            title_zh="壶",
            skus=(catalog.SkuDraft(price=price, original_price=price),),
        )
        return (await catalog.save_product(tx, draft)).sku_ids[0]

    return await ground.db.run(story)


# gifts that may not be -----------------------------------------------------------------------------------------------
async def test_a_price_above_the_cap_is_no_gift(doors, an):
    dear = await _product(doors, 1_000_001)
    said = await stays(doors, an, "POST", "/v1/gifts", {"sku_id": str(dear)}, status=403, code="gift_not_allowed")
    assert said["facts"]["reason"] == "price"


async def test_a_forbidden_category_is_no_gift(doors, an):
    asked = {"sku_id": str(doors.town.ring)}
    said = await stays(doors, an, "POST", "/v1/gifts", asked, status=403, code="gift_not_allowed")
    assert said["facts"] == {"reason": "category", "category": "jewellery"}
    assert said["title"].startswith("珠宝首饰")


async def test_a_product_or_a_shop_that_opted_out_is_no_gift(doors, an):
    town, ground = doors.town, doors.house.ground
    await ground.db.run(lambda tx: catalog.allow_gifts(tx, town.shop_id, [town.product_id], allowed=False))
    asked = {"sku_id": str(town.red)}
    said = await stays(doors, an, "POST", "/v1/gifts", asked, status=403, code="gift_not_allowed")
    assert said["facts"]["reason"] == "merchant"
    await ground.db.run(
        lambda tx: people.change_shop(tx, town.shop_id, people.NewShop(name_zh="山茶铺", gifts_allowed=False))
    )
    said = await stays(doors, an, "POST", "/v1/gifts", asked, status=403, code="gift_not_allowed")
    assert said["facts"]["reason"] == "shop"


async def test_nobody_gives_to_themselves_or_to_a_stranger(doors, an):
    town = doors.town
    asked = {"sku_id": str(town.red), "recipient_id": str(town.an)}
    await stays(doors, an, "POST", "/v1/gifts", asked, status=403, code="gift_is_your_own")
    for recipient in (town.stranger, 404):
        asked = {"sku_id": str(town.red), "recipient_id": str(recipient)}
        await stays(doors, an, "POST", "/v1/gifts", asked, status=403, code="recipient_not_reachable")


WRAPPINGS = [
    ({"greeting": "好" * 101}, "greeting"),
    ({"cover": "skulls"}, "cover"),
    ({"open_for_hours": 0}, "open_for_hours"),
    ({"open_for_hours": 721}, "open_for_hours"),
]


async def test_a_wrapping_outside_its_limits_is_refused(doors, an):
    for wrapping, field in WRAPPINGS:
        asked = {"sku_id": str(doors.town.red), **wrapping}
        said = await stays(doors, an, "POST", "/v1/gifts", asked, status=422, code="field_not_valid")
        assert said["facts"]["field"] == field


# claims that do not win ----------------------------------------------------------------------------------------------
async def test_nobody_claims_their_own_gift_or_somebody_elses(doors, an, bo):
    town = doors.town
    cai = await doors.caller(town.cai)
    gift = await give(doors, an, town.bo, town.red)
    token = (await an.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["link_token"]
    for caller, code in ((an, "gift_is_your_own"), (cai, "gift_not_for_you")):
        for path, more in (
            ("claims", {"address_id": str(town.addresses[caller.person_id])}),
            ("openings", {}),
            ("refusals", {"sentence": "have_one"}),
        ):
            await stays(doors, caller, "POST", f"/v1/gifts/{path}", {"token": token, **more}, status=403, code=code)
    by_id = {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.cai])}
    await stays(doors, cai, "POST", "/v1/gifts/claims", by_id, status=404, code="gift_not_available")


async def test_unknown_used_expired_and_withdrawn_links_say_the_same(doors, an, bo):
    town = doors.town
    address = {"address_id": str(town.addresses[town.bo])}
    tokens = []
    for _ in range(3):
        gift = await give(doors, an, None, town.red)
        tokens.append((await an.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["link_token"])
        last = gift
    await bo.ok("POST", "/v1/gifts/claims", {"token": tokens[0], **address})
    await an.ok("POST", f"/v1/gifts/{last['gift_id']}/withdrawal")
    await doors.pass_time(hours=25)
    cai = await doors.caller(town.cai)
    titles = set()
    for token in (*tokens, "never-was"):
        for path, more in (
            ("lookups", {}),
            ("openings", {}),
            ("claims", {"address_id": str(town.addresses[town.cai])}),
            ("refusals", {"sentence": "have_one"}),
        ):
            asked = {"token": token, **more}
            said = await stays(doors, cai, "POST", f"/v1/gifts/{path}", asked, status=404, code="gift_not_available")
            titles.add(json.dumps(said))
    assert len(titles) == 1


async def test_another_style_must_be_offered_at_the_gifts_price_and_be_there(doors, an, bo):
    town = doors.town
    gift = await give(doors, an, town.bo, town.red)
    claim = {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.bo])}
    for sku in (town.dear, town.ring, 404):
        asked = {**claim, "sku_id": str(sku)}
        await stays(doors, bo, "POST", "/v1/gifts/claims", asked, status=422, code="style_not_offered")
    cai = await doors.caller(town.cai)
    await cai.ok(
        "POST",
        "/v1/orders",
        {"lines": [{"sku_id": str(town.blue), "quantity": 10}], "address_id": str(town.addresses[town.cai])},
    )
    asked = {**claim, "sku_id": str(town.blue)}
    await stays(doors, bo, "POST", "/v1/gifts/claims", asked, status=409, code="stock_ran_out")
    assert (await bo.ok("POST", "/v1/gifts/claims", claim))["gift_id"] == gift["gift_id"]


async def test_an_undeliverable_or_foreign_address_takes_nothing(doors, an, bo):
    town = doors.town
    gift = await give(doors, an, town.bo, town.red)
    asked = {"gift_id": gift["gift_id"], "address_id": str(town.far_address)}
    said = await stays(doors, bo, "POST", "/v1/gifts/claims", asked, status=409, code="gift_undeliverable")
    assert "新疆" in said["title"]
    asked = {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.an])}
    await stays(doors, bo, "POST", "/v1/gifts/claims", asked, status=404, code="address_unknown")
    order = {"lines": [{"sku_id": str(town.red)}], "address_id": str(town.far_address)}
    await stays(doors, bo, "POST", "/v1/orders", order, status=409, code="not_delivered")


# bodies --------------------------------------------------------------------------------------------------------------
def _order(doors, **more):
    town = doors.town
    return {"lines": [{"sku_id": str(town.red), "quantity": 1}], "address_id": str(town.addresses[town.an]), **more}


BODIES = [
    ({"price": 1}, None),
    ({"status": 100, "owner_id": "1", "role": "operator"}, None),
    ({"expected_total": -1}, "expected_total"),
    ({"expected_total": 2**63}, "expected_total"),
    ({"expected_total": 10**400}, "expected_total"),
    ({"expected_total": 129.5}, "expected_total"),
    ({"expected_total": "12900"}, "expected_total"),
    ({"expected_total": True}, "expected_total"),
    ({"address_id": 7}, "address_id"),
    ({"address_id": "-7"}, "address_id"),
    ({"address_id": "0x7"}, "address_id"),
    ({"address_id": "7" * 20}, "address_id"),
    ({"lines": []}, "lines"),
    ({"lines": [{"sku_id": "1", "quantity": 0}]}, "lines[0].quantity"),
    ({"lines": [{"sku_id": "1", "quantity": -3}]}, "lines[0].quantity"),
    ({"lines": [{"sku_id": "1", "quantity": 2**64}]}, "lines[0].quantity"),
    ({"lines": [{"sku_id": "1", "cost": 0}]}, "lines[0]"),
    ({"lines": {"sku_id": "1"}}, "lines"),
    ({"note": "a\0b"}, "note"),
    ({"note": "长" * 201}, "note"),
    ({"note": None}, "note"),
]


async def test_a_body_that_is_not_what_the_route_takes_is_refused(doors, an):
    for change, field in BODIES:
        asked = _order(doors, **change)
        said = await stays(doors, an, "POST", "/v1/orders", asked, status=422, code="body_not_valid")
        assert said["facts"].get("field") == field and said["facts"]["why"], (change, said)


NO_JSON = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"{}"',
    b"\xff\xfe\x00{",
    b'{"lines": \xed\xa0\x80}',
    b'{"note": "\xed\xa0\x80"}',
    b'{"note": "\\ud800"}',
    b'{"note": "\\u0000"}',
    b'{"note": "x\x00y"}',
    b'{"note": NaN}',
    b"[" * 100_000,
    b'{"note": ' + b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"lines":' + b'[{"lines":' * 20_000,
    b'{"note": "\\u0000", "deep": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    b"{} {}",
]


async def test_what_is_no_json_is_refused_and_breaks_nothing(doors, an):
    for raw in NO_JSON:
        await stays(doors, an, "POST", "/v1/orders", raw=raw, status=422, code="body_not_valid")


async def test_a_huge_body_and_another_media_type_are_refused(doors, an):
    huge = b'{"note": "' + b"x" * 1_100_000 + b'"}'
    await stays(doors, an, "POST", "/v1/orders", raw=huge, status=413, code="request_not_valid")
    form = {"content-type": "application/x-www-form-urlencoded"}
    asked = json.dumps(_order(doors)).encode()
    await stays(doors, an, "POST", "/v1/orders", raw=asked, headers=form, status=415, code="request_not_valid")


async def test_a_deed_without_a_body_takes_none(doors, an):
    placed = await an.ok("POST", "/v1/orders", _order(doors))
    path = f"/v1/orders/{placed['order_id']}/cancellation"
    await stays(doors, an, "POST", path, {"refund": 1}, status=422, code="body_not_valid")
    assert await an.ok("POST", path, {}) == {"closed": True}


ADDRESSES = [
    ("/v1/products?limit=0", 422, "parameter_not_valid"),
    ("/v1/products?limit=many", 422, "parameter_not_valid"),
    ("/v1/products?limit=99999999999999999999", 422, "parameter_not_valid"),
    ("/v1/products?cursor=p.1.x", 422, "cursor_not_valid"),
    (f"/v1/products?cursor=p.{9**25}.1", 422, "cursor_not_valid"),
    ("/v1/products?query=%00", 200, None),
    ("/v1/products?query=%ED%A0%80", 200, None),
    ("/v1/products?category=-1", 404, "not_found"),
    ("/v1/products?category=9223372036854775807", 404, "category_not_found"),
    ("/v1/products/9223372036854775808", 404, "not_found"),
    ("/v1/products/1e3", 404, "not_found"),
    ("/v1/products/%00", 404, "not_found"),
    ("/v1/products/٣", 404, "not_found"),
    ("/v1/orders?cursor=zzz", 422, "cursor_not_valid"),
    ("/v1/orders?shelf=mine", 422, "parameter_not_valid"),
    ("/v1/regions?parent=-1", 422, "parameter_not_valid"),
    ("/v1/threads?cursor=1.1.1", 422, "cursor_not_valid"),
    ("/v1/threads?cursor=99999999999999999.1", 200, None),
    ("/v1/me/account?cursor=1", 422, "cursor_not_valid"),
    ("/v1/quotes/order", 422, "parameter_not_valid"),
    ("/v1/nothing/here", 404, "not_found"),
    ("/v1/orders/", 200, None),
    ("/V1/orders", 404, "not_found"),
]


async def test_what_stands_in_an_address_is_judged_too(doors, an):
    for path, status, code in ADDRESSES:
        answer = await an.get(path)
        assert answer.status == status, (path, answer.body)
        assert code is None or answer.code == code, (path, answer.body)


# keys ----------------------------------------------------------------------------------------------------------------
async def test_a_repeated_request_is_answered_as_the_first_time_and_another_body_is_refused(doors, an):
    first = await an.ok("POST", "/v1/orders", _order(doors), key="once")
    again = await an.ok("POST", "/v1/orders", _order(doors), key="once")
    assert first == again
    other = _order(doors, note="more")
    await stays(doors, an, "POST", "/v1/orders", other, key="once", status=422, code="key_reused")
    path = f"/v1/orders/{first['order_id']}/cancellation"
    await stays(doors, an, "POST", path, key="once", status=422, code="key_reused")
    bo = await doors.caller(doors.town.bo)
    theirs = {**_order(doors), "address_id": str(doors.town.addresses[doors.town.bo])}
    assert (await bo.ok("POST", "/v1/orders", theirs, key="once"))["order_id"] != first["order_id"]


async def test_a_write_without_a_key_or_with_a_broken_one_is_refused(doors, an):
    await stays(doors, an, "POST", "/v1/orders", _order(doors), key="", status=422, code="key_missing")
    for key in ("x" * 256, "tab\tin", "é"):
        headers = {"idempotency-key": key.encode()}
        asked = _order(doors)
        await stays(doors, an, "POST", "/v1/orders", asked, key="", headers=headers, status=422, code="key_not_valid")


async def test_a_deed_that_may_be_repeated_still_holds_its_key_to_its_body(doors, an):
    placed = await an.ok("POST", "/v1/orders", _order(doors))
    path = f"/v1/orders/{placed['order_id']}/payments"
    first = await an.ok("POST", path, {}, key="pay")
    assert await an.ok("POST", path, {}, key="pay") == first
    await stays(doors, an, "POST", path, {"return_path": "/orders"}, key="pay", status=422, code="key_reused")


async def test_a_total_that_changed_is_told_and_nothing_is_ordered(doors, an):
    asked = _order(doors, expected_total=1)
    said = await stays(doors, an, "POST", "/v1/orders", asked, status=409, code="total_changed")
    assert "¥129.00" in said["title"]


# callbacks -----------------------------------------------------------------------------------------------------------
def signed(event, *, secret=SECRET, stamp=None, **headers):
    """A callback as the bank would send it: its body and headers."""
    raw = msgspec.json.encode(event)
    when = str(int(stamp if stamp is not None else time.time()))
    said = f"{event['id']}.{when}.".encode() + raw
    signature = base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()
    return raw, {CALLBACK_ID: event["id"], CALLBACK_TIMESTAMP: when, CALLBACK_SIGNATURE: f"v1,{signature}", **headers}


async def _waiting(doors, an):
    """An order whose payment the bank knows of; its intent."""
    placed = await an.ok("POST", "/v1/orders", _order(doors))
    ready = await an.ok("POST", f"/v1/orders/{placed['order_id']}/payments", {})
    intent = ready["payment_id"]
    event = {
        "id": "evt_1",
        "kind": "payment",
        "intent_id": intent,
        "refund_id": None,
        "state": "paid",
        "amount": 129_00,
        "currency": "CNY",
        "channel_ref": "ref",
        "made_at_ms": 1,
    }
    return placed["order_id"], event


async def _hear(doors, raw, headers):
    nobody = await doors.caller()
    return await nobody.call("POST", "/callbacks/payments/sandbox", raw=raw, key="", headers=headers)


async def test_a_callback_that_the_channel_did_not_sign_moves_nothing(doors, an):
    _, event = await _waiting(doors, an)
    good, headers = signed(event)
    forged = [
        (good, {}),
        (good, {**headers, CALLBACK_SIGNATURE: ""}),
        (good, {**headers, CALLBACK_SIGNATURE: "v1,AAAA"}),
        (good.replace(b"12900", b"12901"), headers),
        (good + b" ", headers),
        (good, {**headers, CALLBACK_ID: "evt_2"}),
        signed(event, secret="somebody else's"),
        signed(event, stamp=time.time() - 301),
        signed(event, stamp=time.time() + 900),
        signed({**event, "state": "paid", "amount": "12900"}),
    ]
    before = await snapshot(doors.house.ground)
    for raw, sent in forged:
        answer = await _hear(doors, raw, sent)
        assert (answer.status, answer.code) == (401, "callback_forged"), answer.body
        assert "facts" not in answer.body, "a forger learns only that it was refused"
    assert await snapshot(doors.house.ground) == before
    assert await doors.house.ground.db.fetchval("SELECT count(*) FROM payment_callback") == 0


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": 128_99}, 422, "callback_amount_differs"),
        ({"currency": "USD"}, 422, "callback_amount_differs"),
        ({"intent_id": "404"}, 404, "callback_order_unknown"),
        ({"kind": "refund", "refund_id": "404", "state": "done"}, 404, "callback_order_unknown"),
    ],
)
async def test_a_signed_callback_that_does_not_fit_is_kept_aside_and_moves_nothing(doors, an, change, status, code):
    order_id, event = await _waiting(doors, an)
    before = await snapshot(doors.house.ground)
    answer = await _hear(doors, *signed({**event, **change}))
    assert (answer.status, answer.code) == (status, code), answer.body
    assert await snapshot(doors.house.ground) == before
    assert (await an.ok("GET", f"/v1/orders/{order_id}/payment"))["standing"] == "waiting"
    kept = await doors.house.ground.db.fetch("SELECT verdict FROM payment_callback")
    assert [row["verdict"] for row in kept] == ["quarantined"]


async def test_an_unknown_channel_has_no_door(doors):
    nobody = await doors.caller()
    answer = await nobody.call("POST", "/callbacks/payments/other", raw=b"{}", key="")
    assert (answer.status, answer.code) == (404, "not_found")


# from elsewhere ------------------------------------------------------------------------------------------------------
async def test_a_write_from_another_site_is_refused_before_anybody_looks(doors, an):
    for origin in (
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        doors.url.replace("127.0.0.1", "127.0.0.1.evil"),
    ):
        answer = await doors.client.post(
            "/v1/orders",
            json=_order(doors),
            headers={"authorization": f"Bearer {an.token}", "idempotency-key": "x", "origin": origin},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    own = {"authorization": f"Bearer {an.token}", "idempotency-key": "x", "origin": doors.url}
    assert (await doors.client.post("/v1/orders", json=_order(doors), headers=own)).status_code == 201


async def test_what_is_refused_is_said_in_the_readers_language(doors):
    nobody = await doors.caller(language="en")
    assert (await nobody.get("/v1/products/404")).body["title"].startswith("There is no such product")
    assert (
        (await (await doors.caller(language="zh-CN")).get("/v1/products/404")).body["title"].startswith("没有这件商品")
    )


async def test_personal_answers_are_kept_by_nobody_and_every_answer_wears_its_shield(doors, an):
    for path in ("/v1/me", "/v1/products", "/v1/nothing"):
        headers = (await an.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["x-content-type-options"] == "nosniff"


async def test_after_everything_was_refused_the_books_still_agree(doors, an, bo):
    await buy(doors, an, doors.town.red)
    for path, asked in (("/v1/orders", {"lines": []}), ("/v1/gifts", {"sku_id": "0"}), ("/v1/aftersales", {})):
        async with httpx.AsyncClient(base_url=doors.url, trust_env=False) as stranger:
            assert (await stranger.post(path, json=asked)).status_code in (401, 422)
    found = await check(doors.house.ground)
    assert {one.id for one in found.findings if not one.holds} <= {"X2"}

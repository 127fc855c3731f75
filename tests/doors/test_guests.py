"""A guest opens a link and claims with a phone and its code, and nothing else; later they are that same person."""

from __future__ import annotations

import re

from callers import give, page, ship
from open_house import Caller
from town import STREET

PHONE = "13912345678"
ADDRESS = {"region_code": STREET, "name": "客人", "phone": PHONE, "detail": "文三路 9 号"}


async def code_on(doors):
    said = await Caller(doors).ok("GET", f"/v1/demo/phones/{PHONE}")
    return re.findall(r"\d{6}", said[0]["words"])[0]


async def linked(doors, an):
    """A gift that only a link names, with its token."""
    gift = (await give(doors, an, None, doors.town.red))["gift_id"]
    return gift, (await an.ok("GET", f"/v1/gifts/{gift}"))["link_token"]


async def come_in(doors):
    """Somebody types a phone and the code that it got; whether they are new."""
    nobody = Caller(doors)
    await nobody.ok("POST", "/v1/sign-in-codes", {"phone": PHONE})
    made = await nobody.ok("POST", "/v1/sign-ins", {"phone": PHONE, "code": await code_on(doors)})
    return Caller(doors, made["token"], person_id=int(made["person_id"])), made["is_new"]


async def test_a_guest_claims_with_phone_and_code_alone_and_sees_that_gift_and_nothing_else(doors):
    (an,) = await doors.callers(doors.town.an)
    gift, token = await linked(doors, an)
    assert (await Caller(doors).ok("POST", "/v1/gifts/lookups", {"token": token}))["kind"] == "envelope"
    guest, is_new = await come_in(doors)
    assert is_new
    await guest.ok("POST", "/v1/gifts/openings", {"token": token})
    where = (await guest.ok("POST", "/v1/addresses", ADDRESS))["id"]
    claimed = await guest.ok("POST", "/v1/gifts/claims", {"token": token, "address_id": where})
    assert [one["id"] for one in (await guest.ok("GET", "/v1/gifts/received"))["gifts"]] == [gift]
    assert [one["id"] for one in (await guest.ok("GET", "/v1/orders"))["orders"]] == [claimed["order_id"]]
    assert (await guest.ok("GET", "/v1/friends"))["friends"] == []
    assert (await guest.ok("GET", "/v1/gifts/sent"))["gifts"] == []
    await ship(doors, claimed["order_id"], "SF9001")
    seen = await guest.ok("GET", f"/v1/orders/{claimed['order_id']}")
    assert [parcel["tracking_number"] for parcel in seen["parcels"]] == ["SF9001"]


async def test_the_same_phone_is_the_same_person_later_and_may_be_erased_once_nothing_waits(doors):
    (an,) = await doors.callers(doors.town.an)
    gift, token = await linked(doors, an)
    guest, _ = await come_in(doors)
    where = (await guest.ok("POST", "/v1/addresses", ADDRESS))["id"]
    order = (await guest.ok("POST", "/v1/gifts/claims", {"token": token, "address_id": where}))["order_id"]
    await Caller(doors).ok("POST", "/v1/demo/clock", {"seconds": 61})
    again, is_new = await come_in(doors)
    assert (again.person_id, is_new) == (guest.person_id, False)
    await again.ok("PATCH", "/v1/me", {"name": "不再是客人"})
    assert (await again.ok("GET", "/v1/gifts/received"))["gifts"][0]["id"] == gift
    assert (await again.refused("POST", "/v1/me/erasure", {"name": "不再是客人"}))[0] == 409
    await ship(doors, order, "SF9002")
    await again.ok("POST", f"/v1/orders/{order}/receipt")
    await Caller(doors).ok("POST", "/v1/demo/clock", {"seconds": 61})
    await again.ok("POST", "/v1/sign-in-codes", {"phone": PHONE})
    asked = {"name": "不再是客人", "code": await code_on(doors)}
    await again.ok("POST", "/v1/me/erasure", asked)
    assert (await again.get("/v1/me")).status == 401


async def test_the_link_leads_a_guest_through_a_phone_and_a_code_to_the_gift(doors):
    (an,) = await doors.callers(doors.town.an)
    _, token = await linked(doors, an)
    nobody = Caller(doors)
    for language, words in (("zh", "用手机号拆开"), ("en", "Open it with your phone")):
        shut = (await page(doors, nobody, "/g/look", {"token": token}, language=language)).text
        assert words in shut and 'href="/sign-in?next=/g"' in shut
    assert "只要手机号和验证码" in (await page(doors, nobody, "/sign-in?next=/g")).text
    sent = await page(doors, nobody, "/sign-in/code", {"phone": PHONE, "next": "/g"})
    assert 'name="code"' in sent.text
    form = {"phone": PHONE, "code": await code_on(doors), "next": "/g"}
    let_in = await page(doors, nobody, "/sign-in/phone", form)
    assert let_in.headers["location"] == "/g"
    guest = Caller(doors, let_in.cookies["renqing"])
    await page(doors, guest, "/g/open", {"token": token})
    address = {"region_code": str(STREET), "address_name": "客人", "address_phone": PHONE, "address_detail": "9 号"}
    claimed = await page(doors, guest, "/g/claim", {"token": token, "address": "new", **address})
    assert claimed.status_code == 303
    assert (await page(doors, guest, claimed.headers["location"])).status_code == 200


async def test_a_wrong_code_lets_nobody_in_and_the_gift_stays_shut(doors):
    (an,) = await doors.callers(doors.town.an)
    gift, token = await linked(doors, an)
    nobody = Caller(doors)
    await nobody.ok("POST", "/v1/sign-in-codes", {"phone": PHONE})
    wrong = {"phone": PHONE, "code": f"{(int(await code_on(doors)) + 1) % 1_000_000:06d}"}
    assert await nobody.refused("POST", "/v1/sign-ins", wrong) == (403, "code_not_right")
    asked = {"token": token, "address_id": "1"}
    assert (await nobody.refused("POST", "/v1/gifts/claims", asked))[0] == 401
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["state"] == 10

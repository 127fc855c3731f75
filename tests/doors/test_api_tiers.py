"""A gift in tiers over HTTP and on its pages: what each side is shown, and what does not add up."""

from __future__ import annotations

from typing import Any

from callers import give


async def test_the_tiers_are_shown_once_the_gift_is_open_and_count_down(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    gift = await _given(doors, an)
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert counts(sent) == [("金", 1, 0), ("红", 2, 0)]
    token = {"token": sent["link_token"]}
    closed = await bo.ok("POST", "/v1/gifts/lookups", token, key="")
    assert (closed["kind"], closed["many"]["tiers"]) == ("envelope", []), "what is inside is not told from outside"
    await bo.ok("POST", "/v1/gifts/openings", token)
    address = (await bo.ok("POST", "/v1/addresses", ADDRESS))["id"]
    claimed = await bo.ok("POST", "/v1/gifts/claims", {**token, "address_id": address})
    seen = await cai.ok("POST", "/v1/gifts/lookups", token, key="")
    assert counts(seen) == [("金", 1, 1), ("红", 2, 0)]
    mine = await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert (mine["kind"], mine["product"]["specs"]) == ("claimed", ["金"])
    order = await bo.ok("GET", f"/v1/orders/{claimed['order_id']}")
    assert order["lines"][0]["product"]["specs"] == ["金"]
    page = await doors.client.get(f"/gifts/{gift['gift_id']}", headers={"cookie": f"renqing={an.token}"})
    assert page.status_code == 200
    assert page.text.count('class="tier') >= 2


async def test_tiers_that_do_not_add_up_are_refused_and_say_how(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    asked: dict[str, Any] = {"sku_id": str(town.dear), "shares": 4, "tiers": tiers(town)}
    answer = await an.post("/v1/gifts", asked)
    assert (answer.status, answer.code) == (422, "field_not_valid")
    assert (answer.body["facts"]["sum"], answer.body["facts"]["shares"]) == (3, 4)
    assert "3 份，不是 4 份" in answer.body["title"]
    many = [{"sku_id": str(n), "shares": 1} for n in range(1, 12)]
    assert await an.refused("POST", "/v1/gifts", {**asked, "tiers": many}) == (422, "body_not_valid")
    more = [{"sku_id": str(town.dear), "shares": 1}, {"sku_id": str(town.red), "shares": 11}]
    assert await an.refused("POST", "/v1/gifts", {**asked, "shares": 12, "tiers": more}) == (409, "stock_ran_out")
    assert (await an.ok("GET", "/v1/gifts/sent"))["gifts"] == []


ADDRESS = {"region_code": 330106109, "name": "收件人", "phone": "13800000072", "detail": "文三路 1 号"}


def tiers(town: Any) -> list[dict[str, Any]]:
    """One large, two small."""
    return [{"sku_id": str(town.dear), "shares": 1}, {"sku_id": str(town.red), "shares": 2}]


async def _given(doors: Any, giver: Any) -> Any:
    return await give(doors, giver, None, doors.town.dear, shares=3, tiers=tiers(doors.town))


def counts(page: Any) -> list[tuple[str, int, int]]:
    """Each tier's style, its shares and how many of them are claimed."""
    return [(tier["product"]["specs"][0], tier["shares"], tier["claimed"]) for tier in page["many"]["tiers"]]

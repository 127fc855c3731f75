"""A lucky pack over HTTP and on its pages: what each side is shown, and what is refused."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest_asyncio
from callers import give
from counter_vouchers import Cafe, another_voucher, open_cafe


@pytest_asyncio.fixture
async def cafe(doors) -> Cafe:
    return await open_cafe(doors.town)


async def packed(doors: Any, cafe: Cafe, giver: Any) -> dict[str, Any]:
    """A paid pack of one large voucher and one small one."""
    small = await another_voucher(cafe, price=1000)
    tiers = [{"sku_id": str(cafe.sku_id), "shares": 1}, {"sku_id": str(small), "shares": 1}]
    return dict(await give(doors, giver, None, cafe.sku_id, shares=2, tiers=tiers, lucky=True))


async def page_text(doors: Any, reader: Any, path: str) -> str:
    answer = await doors.client.get(path, headers={"cookie": f"renqing={reader.token}"})
    assert answer.status_code == 200
    return str(answer.text)


async def test_the_commitment_is_shown_before_and_the_seed_after_and_they_agree(doors, cafe):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    gift = await packed(doors, cafe, an)
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    before = sent["many"]["lucky"]
    assert (before["seed"], before["order"], before["dealt"]) == (None, [], [])
    token = {"token": sent["link_token"]}
    assert (await bo.ok("POST", "/v1/gifts/lookups", token, key=""))["many"]["lucky"] is None
    for who in (bo, cai):
        await who.ok("POST", "/v1/gifts/openings", token)
        await who.ok("POST", "/v1/gifts/claims", token)
    after = (await an.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["many"]["lucky"]
    seed = bytes.fromhex(after["seed"])
    assert hashlib.sha256(seed).hexdigest() == after["commitment"] == before["commitment"]
    score = {n: hmac.new(seed, f"renqing-lucky-1|{n}".encode(), hashlib.sha256).hexdigest() for n in (1, 2)}
    assert after["order"] == sorted(score, key=lambda n: score[n])
    assert [one["share"] for one in reversed(after["dealt"])] == after["order"]
    assert [one["luckiest"] for one in after["dealt"]].count(True) == 1
    mine = (await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}"))["many"]["lucky"]
    assert [(one["mine"], one["person"] is None) for one in mine["dealt"]] == [(False, True), (True, False)]
    for reader in (an, bo):
        text = await page_text(doors, reader, f"/gifts/{gift['gift_id']}")
        assert after["seed"] in text and "手气最佳" in text
    assert "¥" not in await page_text(doors, bo, f"/gifts/{gift['gift_id']}"), "nobody who got one sees a price"


async def test_what_is_no_pack_is_refused_and_says_why(doors, cafe):
    town = doors.town
    (an,) = await doors.callers(town.an)
    asked: dict[str, Any] = {"sku_id": str(cafe.sku_id), "shares": 2, "lucky": True}
    assert await an.refused("POST", "/v1/gifts", {**asked, "sku_id": str(town.red)}) == (403, "lucky_needs_vouchers")
    for wrong in ({"shares": 1}, {"shares": 101}, {"shares": 1, "recipient_id": str(town.bo)}):
        assert await an.refused("POST", "/v1/gifts", {**asked, **wrong}) == (422, "field_not_valid")
    assert (await an.ok("GET", "/v1/gifts/sent"))["gifts"] == []

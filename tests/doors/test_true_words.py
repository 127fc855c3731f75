"""Pages say what is so of the thing they show: a voucher has no parcel, a set's goods come before its freight."""

from __future__ import annotations

from datetime import timedelta

import pytest
from callers import give, page
from counter_vouchers import open_cafe, promise
from sets import open_second

POSTED = ("看物流", "包裹", "发货", "运费", "寄给我")


async def test_a_voucher_that_was_given_is_followed_nowhere(doors):
    town = doors.town
    cafe = await open_cafe(town)
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, town.bo, cafe.sku_id))["gift_id"]
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift})
    kept, sent = await page(doors, bo, f"/gifts/{gift}"), await page(doors, an, f"/gifts/{gift}")
    assert "看券" in kept.text and "什么时候用、在哪家店用" in sent.text
    assert [words for words in POSTED if words in kept.text + sent.text] == []


async def test_a_voucher_that_its_giver_keeps_lies_in_their_cards(doors):
    town = doors.town
    cafe = await open_cafe(town)
    (an,) = await doors.callers(town.an)
    gift = (await give(doors, an, town.bo, cafe.sku_id))["gift_id"]
    asking = (await page(doors, an, f"/gifts/{gift}/keep")).text
    kept = await page(doors, an, f"/gifts/{gift}/keep", {"address": "none"})
    mine = (await page(doors, an, f"/gifts/{gift}")).text
    order = (await page(doors, an, kept.headers["location"].partition("?")[0])).text
    assert "放进我的卡包" in asking and 'href="/vouchers"' in mine and "看我的券" in mine
    assert [words for words in POSTED if words in asking + mine + order] == []


async def test_vouchers_that_all_were_claimed_are_sent_by_nobody(doors):
    town = doors.town
    cafe = await open_cafe(town)
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    gift = (await give(doors, an, None, cafe.sku_id, shares=2))["gift_id"]
    token = (await an.ok("GET", f"/v1/gifts/{gift}"))["link_token"]
    for one in (bo, cai):
        await one.ok("POST", "/v1/gifts/claims", {"token": token})
    sent = (await page(doors, an, f"/gifts/{gift}")).text
    assert "每张券都在领到的人的卡包里" in sent
    assert [words for words in POSTED if words in sent] == []


@pytest.mark.parametrize(("unclaimed", "said"), [("refunded", "全额退回"), ("returned_for_use", "回到送礼人的卡包")])
async def test_a_product_says_what_becomes_of_a_voucher_that_nobody_claims(doors, unclaimed, said):
    cafe = await open_cafe(doors.town)
    await promise(cafe, unclaimed=unclaimed)
    shown = (await page(doors, await doors.caller(), f"/products/{cafe.product_id}")).text
    assert said in shown and "只有这一款" in shown
    assert ("全额退回" in shown) == (unclaimed == "refunded")


async def test_a_product_says_that_it_can_be_engraved(doors):
    town = doors.town
    nobody, owner = await doors.caller(), await doors.caller(town.owner_id)
    path = f"/products/{town.product_id}"
    assert "刻" not in (await page(doors, nobody, path)).text
    for terms, words in (
        ({"characters_max": 8, "script": "any", "takes_pictures": True}, "送礼可刻字、刻图"),
        ({"characters_max": 8, "script": "any", "takes_pictures": False}, "送礼可刻字"),
        ({"characters_max": 0, "script": "any", "takes_pictures": True}, "送礼可刻图"),
    ):
        await owner.ok("PUT", f"/v1/shops/{town.shop_id}{path}/engraving", terms)
        assert f"{words}</li>" in (await page(doors, nobody, path)).text


async def test_a_sets_giver_reads_what_is_in_it_before_what_its_way_costs(doors):
    town = doors.town
    tea = await open_second(town, fee=700)
    (an,) = await doors.callers(town.an)
    lines = [{"sku_id": str(sku)} for sku in (town.red, tea.tin)]
    gift = (await give(doors, an, town.bo, town.red, lines=lines))["gift_id"]
    sent = (await page(doors, an, f"/gifts/{gift}")).text
    assert 0 < sent.index("白毫银针") < sent.index("运费") < sent.index("实付")


async def test_a_draw_that_is_made_is_sent_to_nobody_any_more(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    soon = (doors.house.ground.clock.now() + timedelta(hours=1)).isoformat()
    draw = {"draw_at": soon, "entrants_max": 1}
    gift = (await give(doors, an, None, town.red, draw=draw))["gift_id"]
    before = (await page(doors, an, f"/gifts/{gift}")).text
    token = (await an.ok("GET", f"/v1/gifts/{gift}"))["link_token"]
    await bo.ok("POST", "/v1/gifts/entries", {"token": token})
    await doors.settle()
    after = (await page(doors, an, f"/gifts/{gift}")).text
    assert "data-gift-link" in before and "data-gift-link" not in after

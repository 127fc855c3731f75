"""Something else instead of what was given, through the doors: programs, pages, and who reads what of it."""

from __future__ import annotations

import re
from typing import Any

from callers import give, page
from open_house import Caller, OpenHouse

from renqing.books import catalog, stock
from renqing.foundation.database import Tx
from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.social import gifts
from renqing.views.gift_choices import PAGE

AMOUNT = re.compile(r"\b(9934|99\.34|12900|129\.00|29\.66|2966)\b")


def read_in(pages: list[Any]) -> str:
    """What people read on pages: the words, without what is around them."""
    return " ".join(re.sub(r"<[^>]+>", "", one.text) for one in pages)


async def offers(doors: OpenHouse, rule: str, **changes: Any) -> None:
    """Gifts of the shop are bought under this rule from now on."""
    choice = gifts.Choice("house", GiftPolicyChanges(gift_other=rule, **changes))
    await doors.house.ground.db.run(lambda tx: gifts.choose_policy(tx, doors.town.shop_id, choice))


async def stocked(doors: OpenHouse, *wares: tuple[str, int]) -> list[int]:
    """Other products of the shop (title, price), five of each; their styles."""

    async def story(tx: Tx) -> list[int]:
        category = await catalog.save_category(tx, catalog.CategoryDraft(name_zh="器", name_en="Ware"))
        drafts = [
            catalog.ProductDraft(
                shop_id=doors.town.shop_id,
                category_id=category,
                title_zh=title,
                title_en=title,
                skus=(catalog.SkuDraft(price=price, original_price=price),),
            )
            for title, price in wares
        ]
        skus = [saved.sku_ids[0] for saved in await catalog.save_products(tx, drafts)]
        await stock.receive(tx, [(sku, 5) for sku in skus], "test", 9)
        return skus

    return await doors.house.ground.db.run(story)


async def opened(doors: OpenHouse, giver: Caller, reader: Caller) -> str:
    """A gift that its recipient has opened."""
    gift = (await give(doors, giver, reader.person_id, doors.town.red))["gift_id"]
    await reader.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    return str(gift)


async def test_programs_choose_one_thing_without_a_price(doors):
    town = doors.town
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    bowl, _urn = await stocked(doors, ("canary-bowl", 9_934), ("canary-urn", 12_901))
    before = await opened(doors, an, bo)
    assert (await bo.ok("GET", f"/v1/gifts/{before}"))["other"] == "disabled"
    asked = {"gift_id": before}
    assert await bo.refused("POST", "/v1/gifts/choice-lookups", asked) == (409, "other_not_offered")
    await offers(doors, "single")
    gift = await opened(doors, an, bo)
    assert (await bo.ok("GET", f"/v1/gifts/{gift}"))["other"] == "single"
    found = await bo.ok("POST", "/v1/gifts/choice-lookups", {"gift_id": gift})
    assert [one["sku_id"] for one in found["things"]] == [str(bowl), str(town.blue)]
    assert all(one["price"] is None for one in found["things"])
    assert (found["value"], found["freight"], found["free_from"], found["after"]) == (None, None, None, None)
    assert await cai.refused("POST", "/v1/gifts/choice-lookups", {"gift_id": gift}) == (404, "gift_not_available")
    claim = {"gift_id": gift, "address_id": str(town.addresses[town.bo])}
    other_style = {**claim, "instead": [{"sku_id": str(bowl)}], "sku_id": str(town.blue)}
    assert await bo.refused("POST", "/v1/gifts/claims", other_style) == (422, "field_not_valid")
    assert await bo.refused("POST", "/v1/gifts/claims", {**claim, "instead": [{"sku_id": "1"}]}) == (
        422,
        "other_not_within",
    )
    claimed = await bo.ok("POST", "/v1/gifts/claims", {**claim, "instead": [{"sku_id": str(bowl)}]})
    kept = await bo.ok("GET", f"/v1/gifts/{gift}")
    assert (kept["kind"], kept["order_id"]) == ("claimed", claimed["order_id"])
    assert (kept["product"]["title_en"], kept["chosen"][0]["quantity"]) == ("canary-bowl", 1)
    assert await bo.refused("POST", "/v1/gifts/choice-lookups", {"gift_id": gift}) == (404, "gift_not_available")


async def test_its_recipient_reads_no_amount_and_its_giver_not_what_it_is(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    (bowl,) = await stocked(doors, ("canary-bowl", 9_934))
    for told, seen in (("no", False), ("yes", True)):
        await offers(doors, "single", gift_other_told=told)
        gift = await opened(doors, an, bo)
        looked = await bo.ok("POST", "/v1/gifts/choice-lookups", {"gift_id": gift})
        picker = read_in([await page(doors, bo, f"/gifts/{gift}")])
        assert "canary-bowl" in picker and not AMOUNT.search(picker + str(looked))
        form = {"address": str(town.addresses[town.bo]), "sku": str(town.red), "instead": str(bowl)}
        assert (await page(doors, bo, f"/gifts/{gift}/claim", form)).status_code == 303
        await doors.settle()
        order = (await bo.ok("GET", f"/v1/gifts/{gift}"))["order_id"]
        its = [await page(doors, bo, path) for path in (f"/gifts/{gift}", f"/orders/{order}", "/gifts", "/orders")]
        read = [await bo.ok("GET", path) for path in (f"/v1/gifts/{gift}", f"/v1/orders/{order}", "/v1/gifts/received")]
        everything = read_in(its) + "".join(str(one) for one in read)
        assert "canary-bowl" in everything and not AMOUNT.search(everything)
        sent = await an.ok("GET", f"/v1/gifts/{gift}")
        assert (sent["chose_other"], sent["refunded"]["amount"], sent["total"]["amount"]) == (True, 2_966, 12_900)
        its = [await page(doors, an, path) for path in (f"/gifts/{gift}", "/gifts?side=given", "/notices", "/orders")]
        read = [await an.ok("GET", path) for path in (f"/v1/gifts/{gift}", "/v1/gifts/sent", "/v1/notices")]
        everything = read_in(its) + "".join(str(one) for one in read)
        assert ("canary-bowl" in everything) is seen
        assert "换成了别的商品" in its[0].text and AMOUNT.search(read_in(its[:1])), "its giver reads what went back"


async def test_its_giver_hears_of_the_parcel_by_what_they_gave_and_not_by_what_it_is(doors):
    town = doors.town
    an, bo, shop = await doors.callers(town.an, town.bo, town.owner_id)
    (bowl,) = await stocked(doors, ("canary-bowl", 9_934))
    await offers(doors, "single", gift_other_told="no")
    gift = await opened(doors, an, bo)
    asked = {"gift_id": gift, "address_id": str(town.addresses[town.bo]), "instead": [{"sku_id": str(bowl)}]}
    order = (await bo.ok("POST", "/v1/gifts/claims", asked))["order_id"]
    parcel = {"carrier": "SF", "tracking_number": "SF70001"}
    await shop.ok("POST", f"/v1/shops/{town.shop_id}/orders/{order}/parcels", parcel)
    await doors.settle()
    told = (await an.ok("GET", "/v1/notices"))["notices"]
    assert "gift_shipped" in [one["kind"] for one in told] and "canary-bowl" not in str(told)
    assert "canary-bowl" not in (await page(doors, an, "/notices")).text
    assert "canary-bowl" in str(await bo.ok("GET", "/v1/notices")), "who chose it reads what it is"


async def test_several_things_have_their_prices_and_the_value(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    bowl, spoon = await stocked(doors, ("bowl", 9_000), ("spoon", 1_950))
    await offers(doors, "multiple")
    gift = await opened(doors, an, bo)
    found = await bo.ok("POST", "/v1/gifts/choice-lookups", {"gift_id": gift})
    assert found["value"] == {"amount": 12_900, "currency": "CNY"}
    assert {one["sku_id"]: one["price"]["amount"] for one in found["things"]} == {
        str(spoon): 1_950,
        str(bowl): 9_000,
        str(town.blue): 12_900,
    }
    shown = read_in([await page(doors, bo, f"/gifts/{gift}")])
    assert "90.00" in shown and "129.00" in shown
    where = {"address": str(town.addresses[town.bo])}
    too_much = {**where, f"instead-{bowl}": "1", f"instead-{spoon}": "3"}
    refused = await page(doors, bo, f"/gifts/{gift}/claim", too_much, language="en")
    assert refused.status_code == 409 and "more than the gift is worth" in refused.text
    assert 'value="3"' in refused.text, "what was typed stays"
    odd = await page(doors, bo, f"/gifts/{gift}/claim", {**where, f"instead-{bowl}": "-1"}, language="en")
    assert odd.status_code == 409
    chosen = {**where, f"instead-{bowl}": "1", f"instead-{spoon}": "2", f"instead-{town.blue}": "0"}
    assert (await page(doors, bo, f"/gifts/{gift}/claim", chosen)).status_code == 303
    kept = (await page(doors, bo, f"/gifts/{gift}")).text
    assert "spoon" in kept and "× 2" in kept
    parts = (await bo.ok("GET", f"/v1/gifts/{gift}"))["chosen"]
    assert [(one["product"]["title_en"], one["quantity"]) for one in parts] == [("bowl", 1), ("spoon", 2)]


async def test_a_link_s_holder_chooses_too_and_pages_through_a_long_shelf(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    skus = await stocked(doors, *((f"ware {n}", 5_000 + n) for n in range(PAGE + 3)))
    await offers(doors, "single")
    sent = await give(doors, an, None, town.red)
    token = (await an.ok("GET", f"/v1/gifts/{sent['gift_id']}"))["link_token"]
    await bo.ok("POST", "/v1/gifts/openings", {"token": token})
    first = await bo.ok("POST", "/v1/gifts/choice-lookups", {"token": token})
    assert len(first["things"]) == PAGE
    rest = await bo.ok("POST", "/v1/gifts/choice-lookups", {"token": token, "after": first["after"]})
    listed = [one["sku_id"] for one in (*first["things"], *rest["things"])]
    assert (listed, rest["after"]) == ([str(sku) for sku in (*reversed(skus), town.blue)], None)
    more = await page(doors, bo, "/g/choices", {"token": token, "after": first["after"]})
    assert more.status_code == 200 and f'value="{skus[0]}"' in more.text and f'value="{skus[-1]}"' not in more.text
    form = {"token": token, "address": str(town.addresses[town.bo]), "instead": str(skus[0])}
    assert (await page(doors, bo, "/g/claim", form)).status_code == 303
    assert (await page(doors, bo, f"/gifts/{sent['gift_id']}/choices", {})).status_code == 404


async def test_the_shop_ships_what_was_chosen_and_the_giver_sees_it_go(doors):
    town = doors.town
    an, bo, owner = await doors.callers(town.an, town.bo, town.owner_id)
    (bowl,) = await stocked(doors, ("canary-bowl", 9_934))
    await offers(doors, "single")
    gift = await opened(doors, an, bo)
    claim = {"gift_id": gift, "address_id": str(town.addresses[town.bo]), "instead": [{"sku_id": str(bowl)}]}
    order = (await bo.ok("POST", "/v1/gifts/claims", claim))["order_id"]
    shop = f"/v1/shops/{town.shop_id}"
    seen = await owner.ok("GET", f"{shop}/orders/{order}")
    assert "canary-bowl" in str(seen)
    await owner.ok("POST", f"{shop}/orders/{order}/parcels", {"carrier": "SF", "tracking_number": "SF778899"})
    assert (await an.ok("GET", f"/v1/gifts/{gift}"))["going"] == "shipped"
    (card, *_) = (await an.ok("GET", "/v1/gifts/sent"))["gifts"]
    assert card["going"] == "shipped"
    (card, *_) = (await bo.ok("GET", "/v1/gifts/received"))["gifts"]
    assert (card["going"], card["order_id"], card["title_en"]) == ("shipped", order, "canary-bowl")

"""Several things in one gift through the doors: what each side is shown, what each shop sees, what makes no set."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest
from callers import give, page
from outside import listen
from sets import open_second

from renqing.books import people
from renqing.trade import engravings

ADDRESS = {"region_code": 330106109, "name": "收件人", "phone": "13800000072", "detail": "文三路 1 号"}


def lines(*wanted: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"sku_id": str(sku), "quantity": quantity} for sku, quantity in wanted]


async def test_a_set_across_shops_is_given_claimed_and_followed_part_by_part(doors):
    town = doors.town
    tea = await open_second(town, fee=700)
    an, bo, cups, leaves = await doors.callers(town.an, town.bo, town.owner_id, tea.owner_id)
    wanted = lines((town.red, 1), (tea.tin, 2))
    gift = await give(doors, an, town.bo, town.red, lines=wanted)
    assert gift["total"]["amount"] == 12_900 + 2 * 5_900 + 700
    path = f"/v1/gifts/{gift['gift_id']}"
    sent = await an.ok("GET", path)
    assert inside(sent) == [("Camellia", [("红", 1)]), ("Cloud Tea", [("罐", 2)])]
    assert [(part["order_id"], part["going"]) for part in sent["parts"]] == [(None, ""), (None, "")]
    closed = await bo.ok("GET", path)
    assert closed["kind"] == "envelope"
    assert "parts" not in closed, "what is inside is not told from outside"
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    opened = await bo.ok("GET", path)
    assert inside(opened) == inside(sent)
    assert "amount" not in str(opened["parts"]), "no amount for who gets it"
    for owner, shop in ((cups, town.shop_id), (leaves, tea.shop_id)):
        assert (await owner.ok("GET", f"/v1/shops/{shop}/orders", None))["orders"] == []
    address = (await bo.ok("POST", "/v1/addresses", ADDRESS))["id"]
    claimed = await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    kept = await bo.ok("GET", path)
    first, second = [part["order_id"] for part in kept["parts"]]
    assert claimed["order_id"] == kept["order_id"] == first
    for owner, other, shop, order in ((cups, leaves, town.shop_id, first), (leaves, cups, tea.shop_id, second)):
        (row,) = (await owner.ok("GET", f"/v1/shops/{shop}/orders"))["orders"]
        assert row["id"] == order
        seen = await owner.ok("GET", f"/v1/shops/{shop}/orders/{order}")
        assert len(seen["lines"]) == 1, "its own part alone"
        assert (await other.get(f"/v1/shops/{shop}/orders/{order}")).status == 404
        assert (await owner.get(f"/v1/shops/{shop}/orders/{gift['order_id']}")).status == 404
        mine = await bo.ok("GET", f"/v1/orders/{order}")
        assert mine["gift"]["id"] == gift["gift_id"]
    parcel = {"carrier": "SF", "tracking_number": "SF70001"}
    await leaves.ok("POST", f"/v1/shops/{tea.shop_id}/orders/{second}/parcels", parcel)
    sent = await an.ok("GET", path)
    assert [part["going"] for part in sent["parts"]] == ["to_ship", "shipped"]
    assert sent["going"] == "to_ship", "as far as the one furthest behind"
    card = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]
    assert (card["pieces"], card["going"]) == (3, "to_ship")
    card = (await bo.ok("GET", "/v1/gifts/received"))["gifts"][0]
    assert (card["pieces"], card["order_id"]) == (3, first)


async def test_each_shop_hears_of_its_part_and_the_platform_of_all_of_it(doors):
    town = doors.town
    tea = await open_second(town)
    for owner in (town.shop_id, tea.shop_id, people.PLATFORM):
        await listen(town, owner)
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red, lines=lines((town.red, 1), (tea.tin, 2)))
    address = (await bo.ok("POST", "/v1/addresses", ADDRESS))["id"]
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    await doors.settle()
    heard: dict[int, list[str]] = {}
    rows = await doors.house.ground.db.fetch(
        """SELECT e.shop_id, d.kind, d.body::jsonb #>> '{data,shop_id}' AS about
             FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id ORDER BY d.id"""
    )
    for row in rows:
        heard.setdefault(row["shop_id"], []).append(row["kind"])
        assert row["shop_id"] in (people.PLATFORM, int(row["about"])), "a shop hears of nothing but its own"
    assert heard[town.shop_id] == heard[tea.shop_id] == ["order.to_ship"]
    assert heard[people.PLATFORM].count("order.to_ship") == 2
    assert {"order.paid", "gift.paid", "gift.claimed"} <= set(heard[people.PLATFORM])


async def test_what_makes_no_set_is_refused_and_says_why(doors):
    town = doors.town
    tea = await open_second(town)
    (an,) = await doors.callers(town.an)
    asked: dict[str, Any] = {"sku_id": str(town.red), "lines": lines((town.red, 1), (tea.tin, 1))}
    many = await an.post("/v1/gifts", {**asked, "shares": 2})
    assert (many.status, many.code, many.body["facts"]["reason"]) == (403, "set_not_offered", "shares")
    assert "只有一份" in many.body["title"]
    first = await an.post("/v1/gifts", {**asked, "sku_id": str(tea.tin)})
    assert (first.status, first.code, first.body["facts"]["reason"]) == (422, "field_not_valid", "first")
    twice = {**asked, "lines": lines((town.red, 1), (town.red, 2))}
    assert await an.refused("POST", "/v1/gifts", twice) == (422, "field_not_valid")
    none = {**asked, "lines": lines((town.red, 0))}
    assert await an.refused("POST", "/v1/gifts", none) == (422, "body_not_valid")
    short = {**asked, "lines": lines((town.red, 1), (tea.tin, 11))}
    assert await an.refused("POST", "/v1/gifts", short) == (409, "stock_ran_out")
    assert await an.refused("POST", "/v1/gifts", {**asked, "from_cart": True}) == (409, "cart_changed")
    assert (await an.ok("GET", "/v1/gifts/sent"))["gifts"] == []


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_shop_that_does_not_deliver_is_named(doors, language):
    town = doors.town
    tea = await open_second(town)
    an, bo = await doors.callers(town.an, town.bo)
    bo.language = language
    gift = await give(doors, an, town.bo, town.red, lines=lines((town.red, 1), (tea.tin, 1)))
    asked = {"gift_id": gift["gift_id"], "address_id": str(town.far_address)}
    answer = await bo.post("/v1/gifts/claims", asked)
    assert (answer.status, answer.code) == (409, "set_undeliverable")
    assert answer.body["facts"]["shop_en"] == "Camellia"


async def test_a_set_of_one_thing_too_many_has_no_swap_and_no_ask_for_a_refund(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red, lines=lines((town.red, 2)))
    address = (await bo.ok("POST", "/v1/addresses", ADDRESS))["id"]
    claimed = await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": address})
    assert claimed["order_id"] == gift["order_id"]
    sent = await an.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert not sent["may_ask_refund"]
    asked = {"reason": "changed_mind"}
    path = f"/v1/gifts/{gift['gift_id']}/refund-ask"
    answer = await an.post(path, asked)
    assert answer.status in (409, 422), answer.body


def inside(seen: Any) -> list[tuple[str, list[tuple[str, int]]]]:
    """What is in a set, by shop."""
    return [
        (part["shop_name_en"], [(line["product"]["specs"][0], line["quantity"]) for line in part["lines"]])
        for part in seen["parts"]
    ]


# pages ---------------------------------------------------------------------------------------------------------------
async def test_what_is_chosen_in_the_cart_is_wrapped_as_one_gift_and_followed_on_its_pages(doors):
    town = doors.town
    tea = await open_second(town, fee=700)
    an, bo = await doors.callers(town.an, town.bo)
    for sku, pieces in ((town.red, 1), (tea.tin, 2), (town.dear, 1)):
        await an.ok("POST", "/v1/cart/lines", {"sku_id": str(sku), "quantity": pieces})
    assert "/wrap/set" in (await page(doors, an, "/cart")).text
    for language, words in (("zh", "2 家店各自发货"), ("en", "2 shops each send a parcel")):
        desk = await page(doors, an, f"/wrap/set?sku={town.red}&sku={tea.tin}", language=language)
        assert desk.status_code == 200
        assert words in desk.text
    form = {"lines": lines_on(desk), "from": "cart", "to": str(town.bo), "hours": "24", "cover": "thanks"}
    changed = await page(doors, an, "/wrap/set", {**form, "expected_total": "1"})
    assert changed.status_code == 409
    assert "¥254" in changed.text, "the total as it is now"
    paying = await page(doors, an, "/wrap/set", {**form, "expected_total": "25400", "greeting": "都是给你的"})
    assert paying.status_code == 303
    (left,) = [line["sku_id"] for shop in (await an.ok("GET", "/v1/cart"))["shops"] for line in shop["lines"]]
    assert left == str(town.dear)
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    await doors.pay(an, (await an.ok("GET", f"/v1/gifts/{gift}"))["order_id"])
    assert "礼物里有 3 件" in (await page(doors, an, f"/gifts/{gift}")).text
    closed = (await page(doors, bo, f"/gifts/{gift}")).text
    assert "白毫银针" not in closed
    await page(doors, bo, f"/gifts/{gift}/open", {})
    opened = (await page(doors, bo, f"/gifts/{gift}")).text
    assert all(words in opened for words in ("山茶铺", "云茶社", "白毫银针", "× 2", "都是给你的"))
    assert "¥" not in opened, "no price for who gets it"
    far = await page(doors, bo, f"/gifts/{gift}/claim", {"address": str(town.far_address)})
    assert far.status_code == 409
    assert "山茶铺暂时不送到" in far.text
    reach = await page(doors, bo, f"/gifts/{gift}/reach", {"address": str(town.far_address)})
    assert "山茶铺不送到" in reach.text
    claimed = await page(doors, bo, f"/gifts/{gift}/claim", {"address": str(town.addresses[town.bo])})
    assert claimed.headers["location"].startswith(f"/gifts/{gift}")
    parts = (await bo.ok("GET", f"/v1/gifts/{gift}"))["parts"]
    kept = (await page(doors, bo, f"/gifts/{gift}")).text
    assert all(f"/orders/{part['order_id']}" in kept for part in parts)
    for part in parts:
        assert (await page(doors, bo, f"/orders/{part['order_id']}")).status_code == 200
        to_gift = await page(doors, an, f"/orders/{part['order_id']}")
        assert to_gift.headers["location"] == f"/gifts/{gift}", "its giver is led to the gift"
    assert (await page(doors, an, f"/gifts/{gift}")).text.count('tag--amber">准备发货') == 2
    assert "另有 2 件" in (await page(doors, an, "/gifts?side=given")).text


async def test_several_pieces_of_one_thing_have_their_desk_and_one_piece_its_own(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    more = await page(doors, an, f"/wrap?sku={town.red}&quantity=2")
    assert more.headers["location"] == f"/wrap/set?lines={town.red}:2"
    desk = await page(doors, an, more.headers["location"])
    assert (desk.status_code, lines_on(desk)) == (200, f"{town.red}:2")
    assert "¥258" in desk.text
    one = await page(doors, an, f"/wrap/set?lines={town.red}:1")
    assert one.headers["location"] == f"/wrap?sku={town.red}"
    assert (await page(doors, an, "/wrap/set")).headers["location"] == "/cart"
    assert (await page(doors, an, "/wrap/set?lines=7:2")).status_code == 404


async def test_a_desk_says_which_line_cannot_be_given_and_goes_no_further(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    for language, words in (("zh", "“戒指”放不进这套礼物"), ("en", "cannot be in this gift")):
        desk = await page(doors, an, f"/wrap/set?lines={town.red}:1,{town.ring}:1", language=language)
        assert words in desk.text
    form = {"lines": f"{town.red}:1,{town.ring}:1", "to": str(town.bo), "hours": "24", "cover": "thanks"}
    answer = await page(doors, an, "/wrap/set", {**form, "expected_total": "62900"})
    assert answer.status_code == 409
    gone = await page(doors, an, "/wrap/set", {**form, "lines": "7:1,8:1", "expected_total": "1"})
    assert gone.status_code == 409
    assert (await an.ok("GET", "/v1/gifts/sent"))["gifts"] == []


def lines_on(desk: Any) -> str:
    """The lines as a desk would ask for them."""
    found = re.search(r'name="lines" value="([^"]*)"', desk.text)
    assert found is not None
    return found[1]


async def test_a_set_in_return_says_on_its_envelope_what_it_is(doors):
    town = doors.town
    tea = await open_second(town)
    an, bo = await doors.callers(town.an, town.bo)
    former = (await give(doors, bo, town.an, town.red))["gift_id"]
    await an.ok("POST", "/v1/gifts/claims", {"gift_id": former, "address_id": str(town.addresses[town.an])})
    form = {"lines": f"{town.red}:1,{tea.tin}:1", "to": str(town.bo), "hours": "24", "expected_total": "18800"}
    held = {"cookie": f"renqing={an.token}; renqing_reply={town.bo}.{former}", "accept": "text/html"}
    sent = await doors.client.post("/wrap/set", headers=held, data={"once": "in-return", **form, "cover": "thanks"})
    assert sent.status_code == 303
    assert 'renqing_reply=""' in sent.headers["set-cookie"]
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    await doors.pay(an, (await an.ok("GET", f"/v1/gifts/{gift}"))["order_id"])
    assert (await bo.ok("GET", f"/v1/gifts/{gift}"))["is_reply"] is True


async def test_another_style_of_what_is_in_a_set_is_offered_taken_and_seen_by_who_may_see_it(doors):
    town = doors.town
    tea = await open_second(town)
    an, bo, cups, leaves = await doors.callers(town.an, town.bo, town.owner_id, tea.owner_id)
    gift = await give(doors, an, town.bo, town.red, lines=lines((town.red, 1), (tea.tin, 2), (town.dear, 1)))
    path = f"/v1/gifts/{gift['gift_id']}"
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    offered = (await bo.ok("GET", path))["set_styles"]
    said = [(one["sku_id"], [(style["sku_id"], style["stock"]) for style in one["styles"]]) for one in offered]
    assert said == [
        (str(town.red), [(str(town.red), "plenty"), (str(town.blue), "plenty")]),
        (str(tea.tin), [(str(tea.tin), "plenty"), (str(tea.jar), "plenty")]),
    ]
    assert "amount" not in str(offered), "no price for who gets it"
    claim = {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.bo])}
    dear = {"given_sku_id": str(town.red), "sku_id": str(town.dear)}
    assert await bo.refused("POST", "/v1/gifts/claims", {**claim, "styles": [dear]}) == (422, "style_not_offered")
    jar = {"given_sku_id": str(tea.tin), "sku_id": str(tea.jar)}
    twice = await bo.refused("POST", "/v1/gifts/claims", {**claim, "styles": [jar, jar]})
    assert twice == (422, "field_not_valid")
    await bo.ok("POST", "/v1/gifts/claims", {**claim, "styles": [jar]})
    kept, sent = await bo.ok("GET", path), await an.ok("GET", path)
    assert inside(kept) == [("Camellia", [("红", 1), ("金", 1)]), ("Cloud Tea", [("瓶", 2)])]
    assert inside(sent) == [("Camellia", [("红", 1), ("金", 1)]), ("Cloud Tea", [("罐", 2)])]
    first, second = [part["order_id"] for part in kept["parts"]]
    seen = await leaves.ok("GET", f"/v1/shops/{tea.shop_id}/orders/{second}")
    assert [line["sku_id"] for line in seen["lines"]] == [str(tea.jar)]
    others = await cups.ok("GET", f"/v1/shops/{town.shop_id}/orders/{first}")
    assert "瓶" not in str(others)
    assert "瓶" not in str(await an.ok("GET", "/v1/notices")), "that another was taken, and not which"


async def test_the_styles_of_a_set_are_chosen_on_the_page_of_the_claim(doors):
    town = doors.town
    tea = await open_second(town)
    an, bo = await doors.callers(town.an, town.bo)
    gift = (await give(doors, an, town.bo, town.red, lines=lines((town.red, 1), (tea.tin, 2))))["gift_id"]
    await page(doors, bo, f"/gifts/{gift}/open", {})
    for language, words in (("zh", "可以换一款，共 2 款可选"), ("en", "Another style? 2 to choose")):
        opened = await page(doors, bo, f"/gifts/{gift}", language=language)
        assert opened.text.count(f"data-set-styles-said>{words}") == 2
        assert f'name="style-{tea.tin}" value="{tea.jar}"' in opened.text
        assert "¥" not in opened.text
    where = {"address": str(town.addresses[town.bo])}
    odd = {**where, f"style-{tea.tin}": str(town.blue), f"style-{town.red}": str(town.blue)}
    wrong = await page(doors, bo, f"/gifts/{gift}/claim", odd)
    assert wrong.status_code == 409
    assert re.search(rf'name="style-{town.red}" value="{town.blue}" checked', wrong.text), (
        "what was chosen stays chosen"
    )
    form = {**where, f"style-{tea.tin}": str(tea.jar), f"style-{town.red}": str(town.red)}
    claimed = await page(doors, bo, f"/gifts/{gift}/claim", form)
    assert claimed.headers["location"].startswith(f"/gifts/{gift}")
    kept, sent = (await page(doors, bo, f"/gifts/{gift}")).text, (await page(doors, an, f"/gifts/{gift}")).text
    assert ("瓶" in kept, "瓶" in sent, "罐" in sent) == (True, False, True)


async def test_words_in_the_cart_go_on_a_gift_of_that_thing_alone_and_are_said_to_stay_behind_beside_others(doors):
    town = doors.town
    tea = await open_second(town)
    an, bo = await doors.callers(town.an, town.bo)
    await doors.house.ground.db.run(
        lambda tx: engravings.keep_terms(tx, town.shop_id, town.product_id, engravings.Terms(8))
    )
    await an.ok("POST", "/v1/cart/lines", {"sku_id": str(town.red), "quantity": 2, "custom_word": "小安"})
    await an.ok("POST", "/v1/cart/lines", {"sku_id": str(tea.tin), "quantity": 1})
    for language, words in (("zh", "不会带过来"), ("en", "stay behind")):
        both = (await page(doors, an, f"/wrap/set?sku={town.red}&sku={tea.tin}", language=language)).text
        assert words in both and "小安" in both and 'name="custom_word"' not in both
    alone = await page(doors, an, f"/wrap/set?sku={town.red}")
    assert re.search(r'name="custom_word" value="小安" checked', alone.text)
    form = {"lines": lines_on(alone), "from": "cart", "to": str(town.bo), "hours": "24", "cover": "thanks"}
    wrong = await page(doors, an, "/wrap/set", {**form, "expected_total": "1"})
    assert re.search(r'name="custom_word" value="小安">', wrong.text), "who took the words off finds them off"
    await page(doors, an, "/wrap/set", {**form, "expected_total": "25800", "custom_word": "小安"})
    gift = (await an.ok("GET", "/v1/gifts/sent"))["gifts"][0]["id"]
    sent = await an.ok("GET", f"/v1/gifts/{gift}")
    assert sent["custom_info"]["custom_word"] == "小安"
    await doors.pay(an, sent["order_id"])
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift})
    assert "小安" in (await page(doors, bo, f"/gifts/{gift}")).text


async def test_words_that_a_product_takes_no_more_are_not_offered(doors):
    town = doors.town
    (an,) = await doors.callers(town.an)
    keep = partial(engravings.keep_terms, shop_id=town.shop_id, product_id=town.product_id)
    await doors.house.ground.db.run(lambda tx: keep(tx, terms=engravings.Terms(8)))
    await an.ok("POST", "/v1/cart/lines", {"sku_id": str(town.red), "quantity": 2, "custom_word": "小安"})
    await doors.house.ground.db.run(lambda tx: keep(tx, terms=engravings.Terms(0, takes_pictures=True)))
    desk = (await page(doors, an, f"/wrap/set?sku={town.red}")).text
    assert "不会带过来" in desk and 'name="custom_word"' not in desk


async def test_a_set_of_one_shop_that_began_at_a_printed_code_is_credited_to_it_and_one_of_several_is_not(doors):
    town = doors.town
    tea = await open_second(town)
    an, owner = await doors.callers(town.an, town.owner_id)
    base = f"/v1/shops/{town.shop_id}/gift-codes"
    code = (await owner.ok("POST", base, {"product_id": str(town.product_id), "place": "门口"}))["code"]
    scanned = {"cookie": f"renqing={an.token}; renqing_code={code}.{town.shop_id}", "accept": "text/html"}
    found = {}
    for wanted, total in (
        (f"{town.red}:1,{town.dear}:1", 32_800),
        (f"{town.red}:1,{tea.tin}:1", 18_800),
    ):
        desk = (await doors.client.get(f"/wrap/set?lines={wanted}", headers=scanned)).text
        said = re.search(r'name="code" value="(\w+)"', desk)
        found[wanted] = said[1] if said else ""
        form = {"lines": wanted, "to": str(town.bo), "hours": "24", "cover": "thanks", "code": found[wanted]}
        answer = await page(doors, an, "/wrap/set", {**form, "expected_total": str(total)})
        assert answer.status_code == 303
    assert list(found.values()) == [code, ""]
    assert await doors.house.ground.db.fetchval("SELECT count(*) FROM code_gift") == 1

"""The desks as their people use them: pages that answer, forms that do, and nothing for anybody else."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx
import pytest
from counter import add_clerk, ask_for, buy, buy_lines, case_state, gift_to, order_state, receive, send_back, ship
from household import build_test_house
from litestar import Litestar
from town import Town, build_town, claim, give_paid, hears, place

from renqing.books import people, stock
from renqing.doors.access import ACCESS, guard
from renqing.doors.web import pages
from renqing.doors.web.rendering import sayer
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.journeys.take_a_payment import take_payments
from renqing.main import readings_on, routes_of
from renqing.social import gifts
from renqing.trade import shipping
from renqing.trade.orders import OrderState

HTML = {"accept": "text/html"}


class Desk:
    """A browser of each person, on one server."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._app = Litestar(
            route_handlers=pages.routes,
            guards=[guard],
            exception_handlers={Exception: pages.answer_failure},
            openapi_config=None,
            debug=False,
            logging_config=None,
        )
        for method, path, handler in routes_of(self._app):
            handler.opt.setdefault("audience", ACCESS[method, path])
        self._app.state.house = build_test_house(town.ground)
        self._app.state.readings = readings_on(town.ground)
        self._tokens: dict[int, str] = {}

    async def _browser(self, person_id: int | None, language: str) -> httpx.AsyncClient:
        cookies = {"renqing_language": language}
        if person_id is not None:
            if person_id not in self._tokens:

                async def prove(tx):
                    return await people.sign_in(tx, person_id, kind="cookie", how="test")

                asked = once(person_id, f"in-{person_id}", "test", None)
                _, self._tokens[person_id] = await people.let_in_once(self.town.ground.db, asked, prove)
            cookies["renqing"] = self._tokens[person_id]
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://house", cookies=cookies, headers=HTML)

    async def get(self, person_id: int | None, path: str, language: str = "zh") -> httpx.Response:
        async with await self._browser(person_id, language) as browser:
            return await browser.get(path)

    async def post(self, person_id: int, path: str, key: str = "", **form: object) -> httpx.Response:
        async with await self._browser(person_id, "zh") as browser:
            once_key = key or f"form-{self.town.ground.ids.new()}"
            return await browser.post(path, data={"once": once_key, **form})


class Fields(HTMLParser):
    """What a form would send if nobody changed it."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._action, self._inside = action, False
        self._area = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("action") == self._action
        if not self._inside or ("name" not in given and tag != "option"):
            return
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.sent[given["name"]] = given.get("value") or ""
        elif tag == "textarea":
            self._area = given["name"]
            self.sent[self._area] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.sent):
            self.sent[self._select] = given.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = ""
        if tag == "select":
            self._select = ""

    def handle_data(self, data):
        if self._area:
            self.sent[self._area] += data


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
async def desk(town: Town) -> Desk:
    return Desk(town)


async def _busy(town: Town) -> dict[str, int]:
    """A shop in the middle of everything, and an operator with something to do."""
    town_order = await buy_lines(town, town.an, ((town.red, 2), (town.dear, 1)))
    sent = await gift_to(town, town.an, town.bo, town.blue)
    await ship(town, sent)
    done = await buy(town, town.an, town.red)
    await ship(town, done.order_id)
    await receive(town, town.an, done.order_id)
    case = await ask_for(town, town.an, done.order_id, "return")
    refund = await ask_for(town, town.an, town_order.order_id)
    unpaid = await place(town, town.an, town.red)
    await take_payments(town.ground, [hears(unpaid.intent_id, unpaid.total + 1)])
    db = town.ground.db
    await db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.cai, people.Role.OPERATOR))
    await db.run(
        lambda tx: tx.execute(
            """INSERT INTO timer (id, kind, key, due_at, made_at, attempts, set_aside_at, last_error)
               VALUES (7, 'expire_gift', 7, $1, $1, 12, $1, 'x')""",
            tx.now,
        )
    )
    fact = await db.fetchval("SELECT min(id) FROM outbox_fact")
    await db.run(lambda tx: tx.execute("UPDATE outbox_fact SET set_aside_at = $2 WHERE id = $1", fact, tx.now))
    return {
        "order": town_order.order_id,
        "sent": sent,
        "done": done.order_id,
        "case": case.case_id,
        "refund": refund.case_id,
        "entry": await db.fetchval("SELECT id FROM ledger_entry WHERE kind = 'order_settled'"),
        "account": await db.fetchval("SELECT id FROM ledger_account WHERE owner_kind = 'shop'"),
        "fact": fact,
    }


def _shop_pages(town: Town, at: dict[str, int]) -> list[str]:
    base = f"/desk/shops/{town.shop_id}"
    return [
        base,
        f"{base}/orders",
        f"{base}/orders?shelf=all&on=2026-11-23",
        f"/desk/orders/{at['order']}",
        f"/desk/orders/{at['sent']}",
        f"/desk/orders/{at['done']}",
        f"{base}/parcels",
        f"{base}/aftersales",
        f"{base}/aftersales?wanted=all",
        f"/desk/aftersales/{at['case']}",
        f"/desk/aftersales/{at['refund']}",
        f"{base}/products",
        f"{base}/products?wanted=low",
        f"{base}/products/new",
        f"{base}/products/{town.product_id}",
        f"{base}/account",
        f"{base}/shop",
    ]


def _operator_pages(at: dict[str, int]) -> list[str]:
    base = "/desk/operator"
    return [
        base,
        f"{base}/accounts",
        f"{base}/accounts?owner=shop",
        f"{base}/accounts/{at['account']}",
        f"{base}/entries/{at['entry']}",
        f"{base}/doubts",
        f"{base}/timers",
        f"{base}/outbox",
        f"{base}/check",
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_of_a_desk_answers_in_both_languages(town: Town, desk: Desk, language: str) -> None:
    at = await _busy(town)
    asked = [(town.owner_id, path) for path in _shop_pages(town, at)]
    asked += [(town.cai, path) for path in _operator_pages(at)]
    for person, path in asked:
        answer = await desk.get(person, path, language)
        assert answer.status_code == 200, path
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text
        assert not re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|https?://", answer.text), path
        assert not re.search(r"desk\.[a-z_]+\.|\{[a-z_]+\}(?!\"|')", re.sub(r"data-\w+=\"[^\"]*\"", "", answer.text)), (
            path
        )


async def test_a_desk_is_not_there_for_anybody_else(town: Town, desk: Desk) -> None:
    at = await _busy(town)
    neighbour = await town.ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="邻家"), town.bo))
    assert neighbour.id != town.shop_id
    for path in _shop_pages(town, at):
        for person in (town.an, town.bo, town.stranger, town.cai):
            assert (await desk.get(person, path)).status_code == 404, (person, path)
        assert (await desk.get(None, path)).headers["location"].startswith("/sign-in"), path
    for path in _operator_pages(at):
        for person in (town.an, town.owner_id, town.stranger):
            assert (await desk.get(person, path)).status_code == 404, (person, path)
    before = await town.ground.db.fetchval("SELECT count(*) FROM once_answer")
    for path in (
        f"/desk/orders/{at['order']}/ship",
        f"/desk/orders/{at['order']}/address",
        f"/desk/aftersales/{at['case']}/answer",
        f"/desk/shops/{town.shop_id}/products",
        f"/desk/shops/{town.shop_id}/products/{town.product_id}",
        f"/desk/shops/{town.shop_id}/products/{town.product_id}/stock",
        f"/desk/shops/{town.shop_id}/shop",
        f"/desk/shops/{town.shop_id}/shop/freight",
        "/desk/operator/timers/7/again",
        f"/desk/operator/facts/{at['fact']}/again",
        "/desk/operator/check",
    ):
        for person in (town.an, town.bo, town.stranger):
            answer = await desk.post(
                person,
                path,
                verdict="agree",
                carrier="SF",
                tracking_number="SF9001",
                sku=str(town.red),
                quantity="1",
                region_code="0",
                fee="1",
                name_zh="x",
                category_id="1",
            )
            assert answer.status_code == 404, (person, path)
    assert await town.ground.db.fetchval("SELECT count(*) FROM once_answer") == before
    assert await town.ground.db.fetchval("SELECT count(*) FROM people_address_read") == 0


async def test_the_way_to_a_desk_leads_where_one_works(town: Town, desk: Desk) -> None:
    assert (await desk.get(town.owner_id, "/desk")).headers["location"] == f"/desk/shops/{town.shop_id}"
    assert (await desk.get(town.an, "/desk")).status_code == 404
    await town.ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, town.cai, people.Role.OPERATOR))
    assert (await desk.get(town.cai, "/desk")).headers["location"] == "/desk/operator"
    await add_clerk(town, town.cai)
    both = await desk.get(town.cai, "/desk")
    assert both.status_code == 200 and "/desk/operator" in both.text and f"/desk/shops/{town.shop_id}" in both.text


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_order_that_was_shared_out_stands_on_the_desk_as_any_other(
    town: Town, desk: Desk, language: str
) -> None:
    gift = await give_paid(town, town.an, None, town.red, shares=2)
    token = await gifts.link_token(town.ground.db, town.ground.keys, gift.gift_id, town.an)
    for person in (town.bo, town.cai):
        await claim(town, person, None, token=token)
    assert await order_state(town, gift.order_id) == 110
    said = {"zh": "已拆成别的订单", "en": "In other orders"}[language]
    for path in (f"/desk/shops/{town.shop_id}/orders?shelf=all", f"/desk/orders/{gift.order_id}"):
        answer = await desk.get(town.owner_id, path, language)
        assert (answer.status_code, said in answer.text) == (200, True), path


def test_every_state_of_an_order_has_its_words_on_the_desk() -> None:
    for language in ("zh", "en"):
        say = sayer(language)
        assert all(say(f"desk.order.{int(state)}") for state in OrderState)


async def test_an_order_is_shipped_from_its_page_once(town: Town, desk: Desk) -> None:
    order = await buy(town, town.an, town.red, 2)
    path = f"/desk/orders/{order.order_id}"
    wrong = await desk.post(town.owner_id, f"{path}/ship", carrier="SF", tracking_number="?")
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.text and 'value="?"' in wrong.text
    for _ in range(2):
        part = await desk.post(
            town.owner_id, f"{path}/ship", "same", carrier="SF", tracking_number="SF 1001", **{"line-1": "1"}
        )
        assert (part.status_code, part.headers["location"]) == (303, path)
    assert await order_state(town, order.order_id) == 21
    assert (await desk.post(town.owner_id, f"{path}/ship", carrier="YTO", tracking_number="YT1002")).status_code == 303
    assert await order_state(town, order.order_id) == 30
    assert await town.ground.db.fetchval("SELECT count(*) FROM shipping_parcel") == 2
    late = await desk.post(town.owner_id, f"{path}/ship", carrier="YTO", tracking_number="YT1003")
    assert late.status_code == 422


async def test_a_parcel_is_tracked_and_corrected_from_its_order(town: Town, desk: Desk) -> None:
    order = await buy(town, town.an, town.red)
    parcel = (await ship(town, order.order_id)).parcel_id
    form = {"order": str(order.order_id)}
    mended = await desk.post(
        town.owner_id, f"/desk/parcels/{parcel}/correct", carrier="jd", tracking_number="JD1", **form
    )
    assert mended.status_code == 422
    mended = await desk.post(
        town.owner_id, f"/desk/parcels/{parcel}/correct", carrier="jd", tracking_number="JD1001", **form
    )
    assert mended.status_code == 303
    told = await desk.post(town.owner_id, f"/desk/parcels/{parcel}/track", state="delivered", place="杭州", **form)
    assert told.status_code == 303
    known = await shipping.get(town.ground.db, parcel)
    assert known is not None and (known.state, known.tracking_number) == ("delivered", "JD1001")
    odd = await desk.post(town.owner_id, f"/desk/parcels/{parcel}/track", state="lost", **form)
    assert odd.status_code == 422


async def test_an_address_is_shown_when_it_was_asked_for_and_written_down(town: Town, desk: Desk) -> None:
    order_id = await gift_to(town, town.an, town.bo, town.red)
    path = f"/desk/orders/{order_id}"
    assert "13800000001" not in (await desk.get(town.owner_id, path)).text
    opened = await desk.post(town.owner_id, f"{path}/address")
    assert opened.status_code == 200
    assert "13800000001" in opened.text and "文三路" in opened.text
    assert "13800000001" not in (await desk.get(town.owner_id, path)).text
    assert await town.ground.db.fetchval("SELECT count(*) FROM people_address_read") == 1
    kept = await town.ground.db.fetchval("SELECT count(*) FROM once_answer WHERE answer LIKE '%13800000001%'")
    assert kept == 0
    await ship(town, order_id)
    await receive(town, town.bo, order_id)
    closed = await desk.post(town.owner_id, f"{path}/address")
    assert closed.status_code == 422 and "13800000001" not in closed.text


async def test_aftersales_are_answered_from_their_page(town: Town, desk: Desk) -> None:
    order = await buy(town, town.an, town.red)
    await ship(town, order.order_id)
    case = (await ask_for(town, town.an, order.order_id, "return")).case_id
    path = f"/desk/aftersales/{case}/answer"
    silent = await desk.post(town.owner_id, path, verdict="reject", answer="")
    assert silent.status_code == 422 and await case_state(town, case) == "MERCHANT_PROCESSING"
    assert (await desk.post(town.owner_id, path, verdict="agree", answer="请寄回")).status_code == 303
    await send_back(town, town.an, case)
    done = await desk.post(town.owner_id, path, verdict="agree", back_to_stock="1")
    assert done.status_code == 303
    assert await case_state(town, case) == "PLATFORM_REFUNDING"
    assert await stock.levels(town.ground.db, [town.red]) == {town.red: (10, 0)}
    again = await desk.post(town.owner_id, path, verdict="agree")
    assert again.status_code == 422


async def test_a_product_form_that_nobody_changed_changes_nothing(town: Town, desk: Desk) -> None:
    path = f"/desk/shops/{town.shop_id}/products/{town.product_id}"
    before = await town.ground.db.fetchrow("SELECT * FROM catalog_product WHERE id = $1", town.product_id)
    form = Fields((await desk.get(town.owner_id, path)).text, path).sent
    assert form["sku-0-price"] == "129.00" and form["title_zh"] == "青瓷杯"
    saved = await desk.post(town.owner_id, path, **form)
    assert (saved.status_code, saved.headers["location"]) == (303, path)
    assert await town.ground.db.fetchrow("SELECT * FROM catalog_product WHERE id = $1", town.product_id) == before


async def test_a_product_is_edited_and_what_is_wrong_stays_typed(town: Town, desk: Desk) -> None:
    path = f"/desk/shops/{town.shop_id}/products/{town.product_id}"
    form = Fields((await desk.get(town.owner_id, path)).text, path).sent
    for price in ("12,9x", "-1", "1.234", "", "99999999999999", "１２"):
        wrong = await desk.post(town.owner_id, path, **(form | {"sku-0-price": price, "title_zh": "新名字"}))
        assert wrong.status_code == 422, price
        assert "新名字" in wrong.text
    too_long = await desk.post(town.owner_id, path, **(form | {"title_zh": "长" * 121}))
    assert too_long.status_code == 422
    edited = form | {"title_zh": "青瓷茶杯", "sku-0-price": "119.5", "sku-3-specs": "绿", "sku-3-price": "139"}
    del edited["giftable"]
    assert (await desk.post(town.owner_id, path, **edited)).status_code == 303
    row = await town.ground.db.fetchrow("SELECT title_zh, giftable FROM catalog_product WHERE id = $1", town.product_id)
    assert tuple(row.values()) == ("青瓷茶杯", False)
    skus = await town.ground.db.fetch(
        "SELECT specs, price, original_price FROM catalog_sku WHERE product_id = $1 ORDER BY place, id", town.product_id
    )
    assert [tuple(sku.values()) for sku in skus] == [
        (["红"], 11950, 12900),
        (["蓝"], 12900, 12900),
        (["金"], 19900, 19900),
        (["绿"], 13900, 13900),
    ]
    stale = await desk.post(town.owner_id, path, **(edited | {"title_zh": "别人的名字"}))
    assert stale.status_code == 422  # it was loaded before the last save


async def test_a_product_is_made_and_stocked(town: Town, desk: Desk) -> None:
    base = f"/desk/shops/{town.shop_id}/products"
    form = Fields((await desk.get(town.owner_id, f"{base}/new")).text, base).sent
    made = await desk.post(town.owner_id, base, **(form | {"title_zh": "竹盘", "sku-0-price": "58"}))
    assert made.status_code == 303
    path = made.headers["location"]
    sku = await town.ground.db.fetchval("SELECT max(id) FROM catalog_sku")
    assert (await desk.post(town.owner_id, f"{path}/stock", what="in", sku=str(sku), quantity="12")).status_code == 303
    assert (await desk.post(town.owner_id, f"{path}/stock", what="out", sku=str(sku), quantity="2")).status_code == 303
    assert await stock.levels(town.ground.db, [sku]) == {sku: (10, 0)}
    for quantity in ("0", "-1", "x", "11", "99999999999"):
        refused = await desk.post(town.owner_id, f"{path}/stock", what="out", sku=str(sku), quantity=quantity)
        assert refused.status_code == 422, quantity
    assert await stock.levels(town.ground.db, [sku]) == {sku: (10, 0)}


async def test_ticked_products_are_switched_together(town: Town, desk: Desk) -> None:
    path = f"/desk/shops/{town.shop_id}/products/switch"
    nothing = await desk.post(town.owner_id, path, what="off", wanted="on_sale")
    assert nothing.status_code == 422
    rows = await town.ground.db.fetch("SELECT id FROM catalog_product")
    ticked = [str(row["id"]) for row in rows]
    assert (await desk.post(town.owner_id, path, what="off", wanted="on_sale", product=ticked)).status_code == 303
    assert await town.ground.db.fetchval("SELECT count(*) FROM catalog_product WHERE on_sale") == 0
    assert (await desk.post(town.owner_id, path, what="no_gifts", wanted="all", product=ticked)).status_code == 303
    assert await town.ground.db.fetchval("SELECT count(*) FROM catalog_product WHERE giftable") == 0


async def test_an_owner_sets_freight_and_face_and_a_clerk_does_not(town: Town, desk: Desk) -> None:
    await add_clerk(town, town.bo)
    base = f"/desk/shops/{town.shop_id}/shop"
    rate = {"region_code": "0", "finer": "3301", "fee": "6", "free_from": "99.00"}
    assert (await desk.post(town.bo, f"{base}/freight", **rate)).status_code == 422
    assert (await desk.post(town.owner_id, f"{base}/freight", **rate)).status_code == 303
    quote = await shipping.quote(town.ground.db, town.shop_id, 330106109, 9899)
    assert (quote.fee, (await shipping.quote(town.ground.db, town.shop_id, 330106109, 9900)).fee) == (600, 0)
    for wrong in ({"finer": "123456"}, {"fee": "x"}, {"finer": "１"}, {"free_from": "-1"}):
        assert (await desk.post(town.owner_id, f"{base}/freight", **(rate | wrong))).status_code == 422, wrong
    dropped = await desk.post(town.owner_id, f"{base}/freight/drop", region_code="330100")
    assert dropped.status_code == 303
    assert (await shipping.quote(town.ground.db, town.shop_id, 330106109, 1)).fee == 0
    face = {"name_zh": "新山茶铺", "name_en": "Camellia"}
    assert (await desk.post(town.bo, base, **face)).status_code == 422
    assert (await desk.post(town.owner_id, base, **face)).status_code == 303
    row = await town.ground.db.fetchrow("SELECT name_zh, gifts_allowed FROM people_shop WHERE id = $1", town.shop_id)
    assert tuple(row.values()) == ("新山茶铺", False)


async def test_an_operator_puts_right_checks_and_finds(town: Town, desk: Desk) -> None:
    at = await _busy(town)
    assert (await desk.post(town.cai, "/desk/operator/timers/7/again")).status_code == 303
    assert (await desk.post(town.cai, f"/desk/operator/facts/{at['fact']}/again")).status_code == 303
    assert (await desk.post(town.cai, "/desk/operator/timers/7/again")).status_code == 404
    assert (await desk.post(town.cai, "/desk/operator/check")).status_code == 303
    assert "M3" in (await desk.get(town.cai, "/desk/operator/check")).text
    by_order = await desk.get(town.cai, f"/desk/operator/find?q={at['done']}")
    first = await town.ground.db.fetchval("SELECT min(id) FROM ledger_entry WHERE cause_id = $1", at["done"])
    assert by_order.headers["location"] == f"/desk/operator/entries/{first}"
    for nothing in ("424242", "", "x", "9" * 30):
        assert (await desk.get(town.cai, f"/desk/operator/find?q={nothing}")).status_code == 422

"""What pages answer: both languages, the words for what went wrong, forms that repeat harmlessly, files that keep."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from channel import FakeChannel
from counter import buy
from household import build_test_house
from litestar import Litestar
from town import Town, build_town, claim, give_paid, pay, place, snapshot

from renqing.books import people
from renqing.doors.access import ACCESS, Audience, guard
from renqing.doors.web import pages
from renqing.doors.web.rendering import STATIC_FOLDER, hue, money, money_text, spaced, static_url
from renqing.doors.web.shell import own_path
from renqing.foundation.ground import Ground
from renqing.foundation.once import once
from renqing.foundation.text import catalogue
from renqing.main import readings_on, routes_of
from renqing.social import chats
from renqing.social.peace import GivenBy, PeaceRule, count_given, keep_rule, rule_of

BROWSER = {"accept": "text/html"}


class Pages:
    """A browser of each person, without scripts, on one server."""

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
        self._app.state.house = build_test_house(town.ground, FakeChannel())
        self._app.state.readings = readings_on(town.ground)
        self._tokens: dict[int, str] = {}
        self.scanned: dict[str, str] = {}  # cookies that a scan left in every browser

    async def call(
        self, method: str, path: str, who: int | None = None, *, language: str = "zh", **asked: object
    ) -> httpx.Response:
        cookies = {"renqing_language": language, **self.scanned}
        if who is not None:
            if who not in self._tokens:

                async def prove(tx):
                    return await people.sign_in(tx, who, kind="cookie", how="test")

                asked_once = once(who, f"in-{who}", "test", None)
                _, self._tokens[who] = await people.let_in_once(self.town.ground.db, asked_once, prove)
            cookies["renqing"] = self._tokens[who]
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://house", cookies=cookies, headers=BROWSER
        ) as browser:
            return await browser.request(method, path, **asked)  # type: ignore[arg-type]

    async def get(self, path: str, who: int | None = None, **asked: object) -> httpx.Response:
        return await self.call("GET", path, who, **asked)

    async def post(self, path: str, who: int | None = None, *, key: str = "", **form: object) -> httpx.Response:
        sent = {"once": key or f"form-{self.town.ground.ids.new()}", **form}
        return await self.call("POST", path, who, data=sent)

    async def still(self, who: int) -> dict[str, object]:
        """How everything stands, with this person signed in."""
        await self.get("/me", who)
        return await snapshot(self.town.ground)


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


@pytest.fixture
async def web(town: Town) -> Pages:
    return Pages(town)


def lacks(html: str) -> list[str]:
    """What must not stand in a page of ours: inline script or style, and addresses of other hosts."""
    found = re.findall(r"<[^>]+\sstyle=[^>]*>|<style|<script(?![^>]*\ssrc=)[^>]*>|\son[a-z]+=\"", html)
    return found + re.findall(r"(?:src|href|action)=\"(https?://(?!house)[^\"]+)\"", html)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_answers_in_both_languages_without_inline_script_or_style(web, town, language):
    gift = await give_paid(town, town.an, town.bo, town.red)
    mine = await give_paid(town, town.bo, town.an, town.red)
    await claim(town, town.an, mine.gift_id)
    order = await place(town, town.an, town.red)
    paths = [
        "/", "/search?q=杯", "/search?q=zzzz", f"/products/{town.product_id}", f"/buy?sku={town.red}&quantity=2",
        f"/wrap?sku={town.red}", f"/paying/{order.order_id}", f"/orders/{order.order_id}", "/orders",
        "/orders?shelf=to_pay",
        "/gifts", "/gifts?side=given", f"/gifts/{gift.gift_id}", f"/gifts/{mine.gift_id}", f"/orders/{mine.order_id}",
        f"/orders/{mine.order_id}/aftersales/1", "/g", "/chats", "/notices", "/me", "/me/account", "/me/password",
        "/me/peace",
        "/friends",
        f"/people/{town.bo}", f"/people/{town.bo}/chat", "/blocked", "/groups/new", "/addresses", "/addresses/new",
        f"/addresses/{town.addresses[town.an]}", f"/products/{town.product_id}/tell",
    ]  # fmt: skip
    for path in paths:
        answer = await web.get(path, town.an, language=language)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-300:])
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text, path
        assert lacks(answer.text) == [], path


async def test_what_needs_somebody_leads_to_the_way_in_and_back(web, town):
    answer = await web.get(f"/orders?shelf=to_pay&x={town.red}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next=/orders%3Fshelf%3Dto_pay%26x%3D{town.red}"
    assert (await web.post("/buy", sku=town.red)).headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "javascript:alert(1)",
        "",
        "/a\r\nSet-Cookie: x",
    ],
)
def test_a_sign_in_leads_back_into_this_house_alone(given):
    assert own_path(given) == "/"


def test_a_way_back_keeps_its_query():
    assert own_path("/wrap?sku=12&to=3") == "/wrap?sku=12&to=3"


async def test_what_is_somebody_elses_is_not_there(web, town):
    gift = await give_paid(town, town.an, town.bo, town.red)
    order = await place(town, town.an, town.red)
    address = town.addresses[town.an]
    before = await web.still(town.cai)
    for path in (
        f"/gifts/{gift.gift_id}",
        f"/orders/{order.order_id}",
        f"/paying/{order.order_id}",
        f"/addresses/{address}",
    ):
        answer = await web.get(path, town.cai)
        assert answer.status_code == 404, path
        assert "文三路" not in answer.text and "¥129" not in answer.text
    for path in (f"/gifts/{gift.gift_id}/withdraw", f"/orders/{order.order_id}/cancel", f"/addresses/{address}/forget"):
        assert (await web.post(path, town.cai)).status_code == 404, path
    assert await snapshot(town.ground) == before


async def test_the_same_form_sent_twice_orders_once(web, town):
    form = {
        "sku": town.red, "quantity": 1, "address": town.addresses[town.an], "expected_total": 12900, "note": "",
    }  # fmt: skip
    answers = [await web.post("/buy", town.an, key="one", **form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert await town.ground.db.fetchval("SELECT count(*) FROM order_order") == 1


async def test_a_total_that_changed_is_said_and_nothing_is_ordered(web, town):
    before = await web.still(town.an)
    form = {"sku": town.red, "quantity": 1, "address": town.addresses[town.an], "expected_total": 1}
    answer = await web.post("/buy", town.an, **form)
    assert answer.status_code == 409 and 'role="alert"' in answer.text
    assert await snapshot(town.ground) == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"greeting": "长" * 101}, "100"),
        ({"cover": "mona-lisa"}, ""),
        ({"hours": "0"}, ""),
        ({"hours": "-1"}, ""),
        ({"expected_total": "1"}, ""),
        ({"to": "1"}, ""),
        ({"sku": "1"}, ""),
    ],
    ids=lambda one: str(one)[:30],
)
async def test_a_gift_that_cannot_be_wrapped_says_why_and_changes_nothing(web, town, changes, told):
    before = await web.still(town.an)
    form = {
        "sku": town.red, "to": town.bo, "cover": "thanks", "greeting": "谢谢", "hours": 24, "expected_total": 12900,
    }  # fmt: skip
    answer = await web.post("/wrap", town.an, **{**form, **changes})
    assert answer.status_code in (404, 409), answer.status_code
    assert told in answer.text
    assert await snapshot(town.ground) == before


async def test_jewellery_is_not_offered_as_a_gift(web, town):
    answer = await web.get(f"/wrap?sku={town.ring}", town.an)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/products/")
    product = await web.get(answer.headers["location"], town.an)
    assert 'data-purpose="gift"' not in product.text
    assert catalogue()["gift_refusal.category"]["zh"][:8] in product.text.replace("\u2009", "")


async def test_a_review_of_four_stars_has_four_full_ones_and_an_empty_one(web, town):
    product = await town.ground.db.fetchval("SELECT product_id FROM catalog_sku WHERE id = $1", town.red)
    row = "INSERT INTO catalog_review (id, product_id, author, stars, body, made_at) VALUES (71, $1, 'An', 4, '', $2)"
    await town.ground.db.run(lambda tx: tx.execute(row, product, tx.now))
    shown = (await web.get(f"/products/{product}")).text
    assert (shown.count("#star-full"), shown.count('#star"')) == (4, 1)


async def test_a_gift_opens_claims_and_leads_to_its_order_by_plain_forms(web, town):
    gift = await give_paid(town, town.an, town.bo, town.red, greeting="惊喜")
    path = f"/gifts/{gift.gift_id}"
    assert "惊喜" not in (await web.get(path, town.bo)).text
    assert (await web.post(f"{path}/open", town.bo)).headers["location"] == path
    assert "惊喜" in (await web.get(path, town.bo)).text
    far = await web.post(f"{path}/claim", town.bo, address=town.far_address, sku=town.blue)
    assert far.status_code == 409 and 'role="alert"' in far.text
    done = await web.post(f"{path}/claim", town.bo, address=town.addresses[town.bo], sku=town.blue)
    assert done.status_code == 303 and done.headers["location"] == path
    assert (
        await town.ground.db.fetchval("SELECT sku_id FROM order_line WHERE order_id = $1", gift.order_id) == town.blue
    )


async def test_a_link_is_looked_at_without_opening_and_its_token_is_in_no_answer(web, town):
    gift = await give_paid(town, town.an, None, town.red)
    sent = (await web.get(f"/gifts/{gift.gift_id}", town.an)).text
    token = re.search(r'value="http[^"]*/g#([^"]+)"', sent)
    assert token is not None
    seen = await web.call("POST", "/g/look", town.bo, data={"token": token[1]}, headers={"hx-request": "true"})
    assert seen.status_code == 200 and "安" in seen.text
    assert token[1] not in seen.text
    assert await town.ground.db.fetchval("SELECT opened_at FROM gift_gift WHERE id = $1", gift.gift_id) is None
    wrong = await web.call("POST", "/g/look", town.bo, data={"token": "x" * 32}, headers={"hx-request": "true"})
    assert wrong.status_code == 404


async def test_the_demos_pages_are_not_there_outside_a_demo(web, town):
    assert not town.ground.settings.is_demo
    for method, path in (("GET", "/demo"), ("POST", "/demo/be"), ("POST", "/demo/clock"), ("POST", "/demo/switches")):
        assert ACCESS[method, path] is Audience.DEMO
        assert (await web.call(method, path, data={})).status_code == 404, path
    home = (await web.get("/", town.an)).text
    assert "/demo" not in home


async def test_a_name_that_means_harm_is_shown_and_not_run(web, town):
    await web.post("/me/name", town.an, name='<img src=x onerror="x">')
    page = (await web.get("/me", town.an)).text
    assert "<img src=x" not in page and "&lt;img src=x" in page


async def test_our_files_are_kept_for_a_year_and_nothing_else_is_a_file(web):
    answer = await web.get(static_url("css/tokens.css"))
    assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    for path in ("../pages.py", "..%2fpages.py", "css/../../pages.py", "css", "nothing.css"):
        assert (await web.get(f"/static/x/{path}")).status_code == 404, path
    assert (await web.get("/media/../pages.py")).status_code == 404
    assert (await web.get("/favicon.ico")).status_code == 200


def test_every_word_a_template_says_is_in_the_catalogue():
    known = catalogue()
    for file in sorted((STATIC_FOLDER.parent / "templates").rglob("*.html")):
        said = re.findall(r"\bt\('([a-z_A-Z0-9.]+)'[,)]", file.read_text("utf-8"))
        assert [key for key in said if key not in known] == [], file.name


def test_what_stopped_somebody_is_said_once_a_page():
    """The frame says it on top of every page; one that says it beside its form keeps the frame from it."""
    templates = STATIC_FOLDER.parent / "templates"
    for file in sorted(templates.glob("*.html")):
        page = file.read_text("utf-8")
        said = page + "".join(
            (templates / part).read_text("utf-8") for part in re.findall(r'{% include "(\w+_part\.html)" %}', page)
        )
        if file.name != "base.html" and '{% extends "base.html" %}' in page and "problem_note(problem)" in said:
            assert "{% block problem %}" in page, file.name


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("送给Maya", "送给\u2009Maya"),
        ("24小时内", "24\u2009小时内"),
        ("付¥129吧", "付\u2009¥129\u2009吧"),
        ("只有中文，标点也不加。", "只有中文，标点也不加。"),
        ("only English", "only English"),
    ],
)
def test_chinese_and_latin_are_set_apart_by_a_thin_space(given, meant):
    assert spaced(given) == meant


@pytest.mark.parametrize(
    ("amount", "currency", "short"),
    [
        (12900, "CNY", "¥129"),
        (12950, "CNY", "¥129.50"),
        (-5, "CNY", "-¥0.05"),
        (123456789, "CNY", "¥1,234,567.89"),
        (500, "JPY", "¥500"),
    ],
)
def test_amounts_are_whole_where_they_are_whole(amount, currency, short):
    assert money_text(amount, currency) == short
    assert re.sub(r"<[^>]+>", "", str(money(amount, currency))).removesuffix(".00") == short


def test_hues_spread_over_ids_made_one_after_another():
    seen = [hue((250_000_000_000 + second * 1000 << 22) | second % 7) for second in range(240)]
    assert len(set(seen)) == 24 and max(seen.count(one) for one in set(seen)) < 30


async def test_a_gift_for_many_is_wrapped_for_a_group_and_shown_to_each_side(web, town):
    async def story(tx):
        group = await people.make_group(tx, town.an, "Cousins", [town.bo, town.cai])
        await chats.open_group(tx, group.id, [town.an, town.bo, town.cai])
        return group.id

    group_id = await town.ground.db.run(story)
    assert "Cousins" in (await web.get(f"/wrap?sku={town.red}", town.an)).text
    form = {"sku": town.red, "to": f"group-{group_id}", "cover": "thanks", "greeting": "", "hours": "24"}
    wrong = await web.post("/wrap", town.an, **form, shares="3", expected_total="1")
    assert wrong.status_code == 409, "the sum is judged for all shares"
    wrapped = await web.post("/wrap", town.an, **form, shares="2", expected_total="12900")
    assert wrapped.status_code == 303
    gift = await town.ground.db.fetchrow(
        """SELECT g.id, g.shares, g.group_id, i.id AS intent_id, i.amount FROM gift_gift g
           JOIN payment_intent i ON i.order_id = g.order_id"""
    )
    assert (gift["shares"], gift["group_id"], gift["amount"]) == (2, group_id, 25_800)
    await pay(town, gift["intent_id"], gift["amount"])
    assert "0 / 2" in (await web.get(f"/gifts/{gift['id']}", town.bo)).text
    await claim(town, town.bo, gift["id"])
    for who in (town.an, town.bo, town.cai):
        answer = await web.get(f"/gifts/{gift['id']}", who)
        assert answer.status_code == 200 and "1 / 2" in answer.text and lacks(answer.text) == []
    assert (await web.get(f"/gifts/{gift['id']}", town.stranger)).status_code == 404
    assert "1 / 2" in (await web.get("/gifts?side=given", town.an)).text


async def test_the_peace_page_keeps_a_rule_and_keeps_what_was_typed_where_it_is_wrong(web, town):
    form = {"gifts_from": "friends", "gift_price_max": "88.5", "is_quiet": "1", "quiet_from": "22:30"}
    form |= {"quiet_to": "07:00", "is_counted": "1", "shows_history": "1", "takes_nameless": "1"}
    form |= {"time_zone": "Europe/Berlin"}
    for wrong, words in (
        ({"quiet_to": "25:00"}, "22:30"),
        ({"quiet_to": "22:30"}, "同一时刻"),
        ({"gift_price_max": "many"}, "看不懂"),
        ({"gifts_from": "enemies"}, "没有这个选项"),
    ):
        refused = await web.post("/me/peace", town.an, **{**form, **wrong})
        assert refused.status_code == 422 and 'value="22:30"' in refused.text, wrong
        assert words in refused.text, wrong
        assert await rule_of(town.ground.db, town.an) == PeaceRule()
    kept = await web.post("/me/peace", town.an, **form)
    assert (kept.status_code, kept.headers["location"]) == (303, "/me/peace")
    rule = PeaceRule("friends", 8_850, 22 * 60 + 30, 7 * 60, "Europe/Berlin", is_counted=True)
    assert await rule_of(town.ground.db, town.an) == rule
    again = (await web.get("/me/peace", town.an)).text
    assert 'value="88.50"' in again and 'value="07:00"' in again and again.count(" checked") == 5
    await web.post("/me/peace", town.an, **{**form, "is_quiet": "", "gift_price_max": "", "shows_history": ""})
    now = await rule_of(town.ground.db, town.an)
    assert now.quiet_from is None and not now.shows_history


async def test_what_friends_gave_stands_on_the_product_and_on_the_home_of_their_friend(web, town):
    async def story(tx):
        for n in range(3):
            friend = await people.join(tx, name=f"友{n}", phone=f"1390000{n:04d}")
            await people.befriend(tx, town.an, friend.id)
            await keep_rule(tx, friend.id, PeaceRule(is_counted=True))
            await count_given(tx, [GivenBy(town.product_id, friend.id), GivenBy(town.product_id, friend.id)])
        await count_given(tx, [GivenBy(town.product_id, giver) for giver in range(10_000, 50_000)])

    await town.ground.db.run(story)
    page = (await web.get(f"/products/{town.product_id}", town.an)).text
    assert spaced("3位朋友送过6次") in page and spaced("4万多人送过") in page and "友1" not in page
    english = (await web.get(f"/products/{town.product_id}", town.bo, language="en")).text
    assert "over 40,000 people gave this" in english and "friends gave this" not in english
    assert "朋友都在送" in (await web.get("/", town.an)).text and "朋友都在送" not in (await web.get("/", town.bo)).text


async def test_a_scan_leads_to_the_product_and_its_gift_is_credited_to_the_code(web, town):
    base = f"/desk/shops/{town.shop_id}/codes"
    made = await web.post(base, town.owner_id, product=town.product_id, place="收银台", guide=town.owner_id)
    sheet = (await web.get(made.headers["location"], town.owner_id)).text
    letters = re.search(r"http://[^<\s\"]+/c/([a-z0-9]+)", sheet)[1]
    assert "<svg" in sheet and "青瓷杯" in sheet and lacks(sheet) == []
    scan = await web.get(f"/c/{letters}", town.an)
    assert scan.headers["location"] == f"/products/{town.product_id}"
    cookie = scan.cookies["renqing_code"]
    assert cookie == f"{letters}.{town.shop_id}"
    web.scanned = {"renqing_code": cookie}
    desk = (await web.get(f"/wrap?sku={town.red}", town.an)).text
    assert f'name="code" value="{letters}"' in desk
    web.scanned = {"renqing_code": f"{letters}.404"}
    other = (await web.get(f"/wrap?sku={town.red}", town.an)).text
    assert 'name="code" value=""' in other, "another shop's scan credits nobody here"
    form = {"sku": town.red, "to": town.bo, "cover": "thanks", "greeting": "", "hours": 24, "expected_total": 12900}
    await web.post("/wrap", town.an, **form, code=letters)
    assert await town.ground.db.fetchval("SELECT count(*) FROM code_gift") == 1
    assert (await web.get("/c/nothing", town.an)).status_code == 404
    wrong = await web.post(base, town.owner_id, product=town.product_id, place="长" * 41)
    assert wrong.status_code == 422 and "长长" in wrong.text
    ended = await web.post(f"{made.headers['location']}/end", town.owner_id)
    assert ended.headers["location"] == base and "已停用" in (await web.get(base, town.owner_id)).text


async def test_somebody_is_reported_from_their_page_and_an_operator_decides_on_the_desk(web, town):
    async def story(tx):
        operator = (await people.join(tx, name="平台")).id
        await people.add_staff(tx, people.PLATFORM, operator, people.Role.OPERATOR)
        return operator

    operator = await town.ground.db.run(story)
    assert f'href="/people/{town.an}/report"' in (await web.get(f"/people/{town.an}", town.bo)).text
    form = (await web.get(f"/people/{town.an}/report", town.bo)).text
    assert "对方不会知道" in form and lacks(form) == []
    wrong = await web.post(f"/people/{town.an}/report", town.bo, reason="dull", words="别再送了")
    assert wrong.status_code == 422 and "别再送了" in wrong.text
    done = await web.post(f"/people/{town.an}/report", town.bo, reason="unwanted", words="别再送了")
    assert done.headers["location"] == f"/people/{town.an}"
    assert (await web.post(f"/people/{town.an}/report", town.stranger, reason="other")).status_code == 404
    desk = (await web.get("/desk/operator/holds", operator)).text
    assert "别再送了" in desk and lacks(desk) == []
    report = re.search(r'action="(/desk/operator/reports/\d+)"', desk)[1]
    assert (await web.post(report, operator, verdict="held", days="0")).status_code == 422
    await web.post(report, operator, verdict="held", days="3")
    desk = (await web.get("/desk/operator/holds", operator)).text
    await web.post(re.search(r'action="(/desk/operator/holds/\d+/lift)"', desk)[1], operator)
    assert "没有人被暂停" in (await web.get("/desk/operator/holds", operator)).text


async def test_a_shop_gives_away_from_its_desk_and_who_has_the_link_takes_one(web, town):
    base = f"/desk/shops/{town.shop_id}/activities"
    empty = (await web.get(base, town.owner_id)).text
    assert "还没有活动" in empty and lacks(empty) == []
    ends = (town.ground.clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    asked = {"name": "店庆", "sku": town.red, "stock": 2, "audience": "link", "cover": "thanks", "greeting": "谢谢"}
    for wrong, said in (
        ({"ends": "2020-01-01T00:00"}, "已经过去"),
        ({"starts": ends, "ends": ends}, "开始时间之后"),
        ({"ends": "tomorrow"}, "不能为空"),
        ({"ends": ends, "stock": "11"}, "10"),
        ({"ends": ends, "audience": "x"}, ""),
    ):
        refused = await web.post(base, town.owner_id, **{**asked, **wrong})
        assert refused.status_code == 422 and said in refused.text, (wrong, said)
    made = await web.post(base, town.owner_id, **asked, ends=ends)
    here = made.headers["location"]
    desk = (await web.get(here, town.owner_id)).text
    code = re.search(r"http://[^<\s\"]+/p/([\w-]+)", desk)[1]
    assert "<svg" in desk and lacks(desk) == []
    shown = (await web.get(f"/p/{code}", town.an)).text
    assert spaced("山茶铺送你一份礼物") in shown and "¥" not in shown and lacks(shown) == []
    assert f"/sign-in?next=/p/{code}" in (await web.get(f"/p/{code}")).text
    taken = await web.post(f"/p/{code}/take", town.an, address=town.addresses[town.an])
    order = (await web.get(taken.headers["location"], town.an)).text
    assert spaced("山茶铺送的") in order and "¥" not in order and "申请" not in order
    assert "是你的了" in (await web.get(f"/p/{code}", town.an)).text
    far = await web.post(f"/p/{code}/take", town.bo, address=town.far_address)
    assert far.status_code == 409 and f'action="/p/{code}/take"' in far.text
    for step, said in (("pause", "已暂停"), ("resume", "进行中"), ("stop", "已终止")):
        done = await web.post(f"{here}/step", town.owner_id, step=step)
        assert done.headers["location"] == here and said in (await web.get(here, town.owner_id)).text
    assert (await web.post(f"{here}/step", town.owner_id, step="stop")).status_code == 422
    assert "店铺结束了" in (await web.get(f"/p/{code}", town.bo)).text
    assert (await web.get("/p/nothing", town.an)).status_code == 404
    rows = (await web.get(base, town.owner_id)).text
    assert "1 / 2" in rows and "已终止" in rows
    orders = (await web.get(f"/desk/shops/{town.shop_id}/orders", town.owner_id)).text
    assert "店铺赠礼" in orders


async def test_customers_are_chosen_on_the_desk_by_the_numbers_of_their_orders(web, town):
    base = f"/desk/shops/{town.shop_id}/activities"
    bought = await buy(town, town.an, town.blue)
    ends = (town.ground.clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    asked = {"name": "老顾客", "sku": town.red, "stock": 1, "audience": "chosen", "cover": "thanks", "ends": ends}
    here = (await web.post(base, town.owner_id, **asked)).headers["location"]
    wrong = await web.post(f"{here}/guests", town.owner_id, order_ids="一号")
    assert wrong.status_code == 422 and "只填数字" in wrong.text and "一号" in wrong.text
    chosen = await web.post(f"{here}/guests", town.owner_id, order_ids=f"{bought.order_id}，404")
    assert chosen.headers["location"] == here
    code = re.search(r"/p/([\w-]+)", (await web.get(here, town.owner_id)).text)[1]
    assert "收下礼物" in (await web.get(f"/p/{code}", town.an)).text
    assert "留给别人的" in (await web.get(f"/p/{code}", town.bo)).text

"""The pages as people use them: real browsers on a running house, on a phone and at a desk, in both languages.

Every test ends by asking each browser what it met: a console error or a request that left the house fails it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import DESK, PHONE, Reader, Street, find_chromium, launch, running_house
from browsing import come_by_phone, pay, pay_plainly, scratch, stage_in, words, wrap
from playwright.sync_api import Browser, Route, expect, sync_playwright

from renqing.doors.cli.touring.stage import Stage
from renqing.providers.postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(300)
# A browser's story takes ten seconds: each size and each language in every run, each with each in the long one.
_LONG = [pytest.param(*one, marks=pytest.mark.long) for one in ((PHONE, "en"), (DESK, "zh"))]
EVERYWHERE = pytest.mark.parametrize(("size", "language"), [(PHONE, "zh"), (DESK, "en"), *_LONG], ids=str)
GIVER, FRIEND = "小林", "桃子"


@pytest.fixture(scope="module")
def chromium() -> str:
    with sync_playwright() as playwright:
        found = find_chromium(playwright)
    if found is None:
        pytest.skip("no Chromium on this machine: install one, or name it in RENQING_CHROMIUM")
    return found


@pytest.fixture(scope="module")
def house_url(chromium: str, postgres: EmbeddedPostgres) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="renqing-pages-"))
    with running_house(postgres, folder) as url:
        yield url


@pytest.fixture(scope="module")
def browser(chromium: str, house_url: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright, chromium)
        yield started
        started.close()


@pytest.fixture
def street(browser: Browser, house_url: str) -> Iterator[Street]:
    here = Street(house_url, browser)
    yield here
    try:
        for reader in here.readers:
            reader.check()
    finally:
        here.close()


def test_both_sides_of_a_gift(street: Street) -> None:
    """One giver, one friend, all four ways of looking, one after another in the same chat."""
    for size, language in ((PHONE, "zh"), (PHONE, "en"), (DESK, "zh"), (DESK, "en")):
        giver = street.reader(size, language).become(GIVER)
        friend = street.reader(size, language).become(FRIEND)
        greeting = f"{language}-{size[0]}"
        wrap(giver, to=FRIEND, greeting=greeting)
        expect(giver.page.locator("#gift-sent h2").first).to_contain_text(FRIEND)

        friend.go("/chats").locator(".thread", has_text=GIVER).first.click()
        card = friend.page.locator(".gift-card").last
        expect(card).not_to_contain_text(greeting)  # a closed envelope tells nothing of its inside
        card.click()
        expect(friend.page.get_by_role("heading", level=1).last).to_contain_text(GIVER)
        assert greeting not in friend.page.content()
        friend.page.locator(".unopened__act").click()
        expect(friend.page.locator("[data-letter-greeting]")).to_have_text(greeting)
        assert "¥" not in friend.page.locator("#gift").inner_text(), "a recipient sees no amount"
        friend.page.locator("form[action$='/claim'] button[type=submit]").click()
        expect(friend.page.get_by_text(words(friend, "gift.kept.title"))).to_be_visible()

        claimed = words(giver, "gift.sent.claimed", name=FRIEND)
        expect(giver.page.locator("#gift-sent h2").first).to_have_text(claimed)  # without a reload
        friend.page.locator("a[href^='/orders/']").click()
        expect(friend.page.locator("#order h2").first).to_have_text(words(friend, "order.state.20"))
        assert "¥" not in friend.page.locator("#order").inner_text()


def test_three_browsers_enter_a_draw_scratch_and_check_it(street: Street) -> None:
    """All three at once by one link; two prizes. One scratches, one uses the keyboard, one asked for less motion."""
    giver = street.reader().become(GIVER)
    wrap(giver, to=None, greeting="抽到就是缘分", shares=2, entrants_max=3)
    link = giver.page.locator("[data-copy-source]").input_value()
    entrants = [
        street.reader().become(FRIEND),
        street.reader(language="en").become("阿哲"),
        street.reader(DESK, reduced_motion="reduce").become("苏苏"),
    ]
    for entrant in entrants:
        entrant.page.goto(link)
        entrant.page.locator(".unopened__act, form[action$='/enter'] button").first.wait_for()
        if entrant.page.locator(".unopened__act").count():
            entrant.page.locator(".unopened__act").click()
    for entrant in entrants:
        expect(entrant.page.locator(".draw__until")).to_be_visible()
        entrant.page.locator("form[action$='/enter'] button").click()
        entrant.page.wait_for_url("**/gifts/*")
    for entrant in entrants:
        expect(entrant.page.locator("[data-scratch]")).to_be_visible(timeout=30_000)  # without a reload
        expect(entrant.page.locator("form[action$='/claim']").filter(visible=True)).to_have_count(0)
    scratch(entrants[0])
    entrants[1].page.locator("[data-scratch-show]").focus()
    entrants[1].page.keyboard.press("Enter")
    entrants[2].page.locator("[data-scratch-show]").click()
    won = 0
    for entrant in entrants:
        title = entrant.page.locator(".scratch__title")
        expect(entrant.page.locator(".scratch__foil")).to_have_count(0)
        if title.inner_text() == words(entrant, "draw.won.title"):
            won += 1
            entrant.page.locator("form[action$='/claim'] button.btn--main").click()
            expect(entrant.page.get_by_text(words(entrant, "gift.kept.title"))).to_be_visible()
        else:
            expect(title).to_have_text(words(entrant, "draw.lost.title"))
            expect(entrant.page.locator("form[action$='/claim']")).to_have_count(0)
        entrant.go(entrant.page.locator(".draw__fair a").get_attribute("href") or "")
        expect(entrant.page.locator("[data-conclusion]")).to_have_text(words(entrant, "audit.agrees"))
        expect(entrant.page.locator(".steps .is-right")).to_have_count(3)
    assert won == 2
    expect(giver.page.locator("#gift-sent h2").first).to_have_text(words(giver, "gift.many.all"))


def test_an_audit_that_does_not_add_up_says_so(street: Street) -> None:
    """The page believes no list: with another winner in the record than the seed names, it shows where."""
    giver = street.reader().become(GIVER)
    wrap(giver, to=None, greeting="验一验", shares=2, entrants_max=2)
    link = giver.page.locator("[data-copy-source]").input_value()
    for name in (FRIEND, "阿哲"):
        entrant = street.reader().become(name)
        entrant.page.goto(link)
        entrant.page.locator(".unopened__act, form[action$='/enter'] button").first.wait_for()
        if entrant.page.locator(".unopened__act").count():
            entrant.page.locator(".unopened__act").click()
        entrant.page.locator("form[action$='/enter'] button").click()
        entrant.page.wait_for_url("**/gifts/*")
    expect(giver.page.locator(".winners li")).to_have_count(2, timeout=30_000)
    audit = giver.page.locator(".draw__fair a").get_attribute("href") or ""

    def bent(route: Route) -> None:
        record = route.fetch().json()
        first, second = record["winners"]
        first["entry_n"], second["entry_n"] = second["entry_n"], first["entry_n"]
        route.fulfill(json=record)

    reader = street.reader(language="en")
    reader.page.route(re.compile(r"/v1/draws/[0-9a-f]+$"), bent)
    page = reader.go(audit)
    expect(page.locator("[data-conclusion]")).to_have_text(words(reader, "audit.differs"))
    expect(page.locator("[data-step=order]")).to_have_class(re.compile("is-wrong"))
    expect(page.locator("[data-step=seed]")).to_have_class(re.compile("is-right"))


def test_a_gift_for_many_fills_its_slots(street: Street) -> None:
    """By link, for who comes first: the giver's page counts while they come."""
    giver = street.reader().become(GIVER)
    wrap(giver, to=None, greeting="人人有份", shares=2)
    link = giver.page.locator("[data-copy-source]").input_value()
    expect(giver.page.locator(".slots .slot")).to_have_count(2)

    friend = street.reader(language="en").become(FRIEND)
    friend.page.goto(link)
    friend.page.locator(".unopened__act").click()
    expect(friend.page.locator("[data-letter-greeting]")).to_have_text("人人有份")
    expect(friend.page.locator(".gift-open")).to_contain_text(words(friend, "gift.many.count", claimed=0, shares=2))
    expect(friend.page.locator(".refuse")).to_have_count(0)
    friend.page.locator("form[action$='/claim'] button.btn--main").click()
    friend.page.wait_for_url("**/gifts/*")
    expect(friend.page.locator(".stage")).to_contain_text(words(friend, "gift.many.count", claimed=1, shares=2))

    expect(giver.page.locator("#gift-sent")).to_contain_text(words(giver, "gift.many.count", claimed=1, shares=2))
    expect(giver.page.locator(".slots .avatar")).to_have_count(1)


@pytest.mark.parametrize(("size", "language"), [(PHONE, "zh"), (DESK, "en")], ids=str)
def test_a_cart_is_filled_from_the_sheet_changed_and_ordered(
    street: Street, size: tuple[int, int], language: str
) -> None:
    reader = street.reader(size, language).become("老周")
    page = reader.page
    for place in (0, 1):
        reader.go("/search?q=茶").locator(".goods").nth(place).click()
        page.locator(".dock [data-purpose=self]").click()
        page.locator("#sku-sheet [data-to-cart]").click()
        expect(page.get_by_text(words(reader, "told.cart_put"))).to_be_visible()
        assert "once=" not in page.url
    expect(page.locator("[data-count=cart]:visible").first).to_have_text("2")
    page.locator("a[href='/cart']:visible").first.click()
    lines = page.locator(".cart-line")
    expect(lines).to_have_count(2)
    first = page.locator("[data-cart-shop]").first.locator(".cart-line").first
    before = page.locator("[data-cart-order]").first.inner_text()
    first.locator("[data-cart-step='1']").click()
    expect(first.locator("input[type=number]")).to_have_value("2")
    expect(page.locator("[data-cart-order]").first).not_to_have_text(before)
    page.locator("[data-cart-shop]").first.locator("input[type=checkbox]").first.uncheck()
    unchosen = page.locator("[data-cart-order]").first.inner_text()
    page.locator("[data-cart-shop]").first.locator("input[type=checkbox]").first.check()
    expect(page.locator("[data-cart-order]").first).not_to_have_text(unchosen)
    page.locator("[data-cart-order]").first.click()
    page.wait_for_url("**/cart/order?*")
    page.locator("[data-address-choice] input[type=radio]").first.check()
    page.locator("form[action='/cart/order'] button[type=submit]").click()
    pay(reader)
    expect(page.get_by_text(words(reader, "order.state.20")).first).to_be_visible()
    left = reader.go("/cart").locator(".cart-line")
    while left.count():
        left.first.locator("form[action$='/out'] button").click()
        page.wait_for_function(f"document.querySelectorAll('.cart-line').length < {left.count()}")
    expect(page.get_by_text(words(reader, "cart.empty.title"))).to_be_visible()


@EVERYWHERE
def test_buying_for_oneself_with_a_new_address(street: Street, size: tuple[int, int], language: str) -> None:
    reader = street.reader(size, language).become("老周")
    page = reader.go("/search?q=茶")
    page.locator(".goods").first.click()
    page.locator(".dock [data-purpose=self]").click()
    page.locator("#sku-sheet [data-more]").click()
    page.locator("#sku-sheet [data-for=self]").click()
    page.wait_for_url("**/buy?*")
    page.locator("[data-new-address]").check()
    page.locator("[name=address_name]").fill("周先生")
    page.locator("[name=address_phone]").fill("13900000000")
    page.locator("[name=address_detail]").fill("文三路 1 号")
    for step, place in enumerate(("浙江省", "杭州市", "西湖区", "西溪街道")):
        page.locator("[data-step]").nth(step).select_option(label=place)
    page.locator("form[action='/buy'] button[type=submit]").click()
    pay(reader)
    assert re.search(r"/orders/\d+$", page.url)
    expect(page.locator("#order h2").first).to_have_text(words(reader, "order.state.20"))
    expect(page.locator("#order")).to_contain_text("西溪街道")
    expect(page.locator("#order")).to_contain_text("× 2")


@EVERYWHERE
def test_a_link_opens_after_signing_in_and_may_be_declined_kindly(
    street: Street, size: tuple[int, int], language: str
) -> None:
    giver = street.reader(size, language).become("Maya")
    wrap(giver, to=None, greeting="hello")
    link = giver.page.locator("[data-copy-source]").input_value()
    path, _, token = link.partition("#")
    assert path == f"{street.url}/g" and len(token) >= 32

    stranger = street.reader(size, language)
    asked: list[str] = []
    stranger.page.on("request", lambda request: asked.append(request.url))
    stranger.page.goto(link)
    stranger.page.locator(".unopened__act").click()
    phone = f"1370000{size[0]:04}" if language == "zh" else f"1360000{size[0]:04}"
    come_by_phone(street, stranger, phone)
    stranger.page.wait_for_url("**/g")  # the envelope waited behind the sign-in
    stranger.page.locator(".unopened__act").click()
    expect(stranger.page.locator("[data-letter-greeting]")).to_have_text("hello")
    assert not [url for url in asked if token in url.partition("#")[0]], "a token travels in bodies alone"

    stranger.page.locator(".refuse summary").click()
    stranger.page.locator(".refuse input[value=have_one]").check()
    stranger.page.locator(".refuse button[type=submit]").click()
    stranger.page.wait_for_url("**/gifts")
    expect(giver.page.locator("#gift-sent h2").first).to_have_text(
        words(giver, "gift.sent.ended.refused", name=words(giver, "gift.they"))
    )
    expect(giver.page.locator("#gift-sent")).to_contain_text(words(giver, "gift.refusal.have_one"))

    stranger.expect(404)
    stranger.page.goto("about:blank")
    stranger.page.goto(link)
    expect(stranger.page.get_by_text(words(stranger, "gift.gone.title"))).to_be_visible()


@EVERYWHERE
def test_two_people_talk_and_see_it_at_once(street: Street, size: tuple[int, int], language: str) -> None:
    one, other = street.reader(size, language).become("小林"), street.reader(size, language).become("阿哲")
    one.go("/friends").locator("a", has_text="阿哲").first.click()
    one.page.locator("main a.btn[href*='chat']").click()
    said = f"在吗 {language} {size[0]}"
    one.page.locator("[data-write] textarea").fill(said)
    one.page.keyboard.press("Enter")
    expect(one.page.locator(".said--mine .said__bubble").last).to_have_text(said)

    other.go("/chats").locator(".thread", has_text="小林").first.click()
    expect(other.page.locator(".said__bubble").last).to_have_text(said)
    other.page.locator("[data-write] textarea").fill(f"在 {said}")
    other.page.locator("[data-write] button").click()
    expect(one.page.locator(".said__bubble").last).to_have_text(f"在 {said}")
    assert one.page.locator(".said__bubble", has_text=f"在 {said}").count() == 1, "a message is shown once"


def test_a_product_shown_to_a_friend_is_a_card_that_leads_there(street: Street) -> None:
    one = street.reader().become("小林")
    one.go("/search?q=茶").locator(".goods").first.click()
    one.page.wait_for_url("**/products/*")
    path = urlsplit(one.page.url).path
    one.go(f"{path}/tell").locator("form button", has_text="阿哲").first.click()
    one.page.wait_for_url("**/chats/*")
    card = one.page.locator(".goods-card").last
    assert card.get_attribute("href") == path


@pytest.mark.parametrize("size", [PHONE, DESK], ids=str)
def test_language_and_light_are_the_readers_choice(street: Street, size: tuple[int, int]) -> None:
    reader = street.reader(size)
    page = reader.go("/me")
    page.locator("button[name=language][value=en]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 19, 15)"
    page.locator("button[name=language][value=zh]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("button[name=theme][value=auto]").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_the_envelope_opens_at_once_where_less_motion_is_asked(street: Street) -> None:
    giver = street.reader().become("小林")
    wrap(giver, to="苏苏", greeting="静")
    gift = urlsplit(giver.page.url).path
    friend = street.reader(reduced_motion="reduce").become("苏苏")
    friend.go(gift).locator(".unopened__act").click()
    expect(friend.page.locator("[data-letter-greeting]")).to_have_text("静")
    assert friend.page.locator(".petals, .is-opening, .is-rising").count() == 0
    friend.page.reload()  # never twice: what is open stays open
    expect(friend.page.locator("[data-letter-greeting]")).to_have_text("静")
    assert friend.page.locator("[data-envelope]").count() == 0


def test_a_gift_can_be_bought_without_scripts(street: Street) -> None:
    reader = street.reader(java_script_enabled=False).become("Henrik")
    page = reader.go("/search?q=茶")
    page.locator(".goods").first.click()
    page.locator("select[name=sku]").select_option(index=0)
    page.locator("#sku-sheet [data-for=gift]").click()
    page.locator("textarea[name=greeting]").fill("plain")
    page.locator("input[name=to][value=link]").check()
    page.locator(".wrap-page button[type=submit]").last.click()
    pay_plainly(reader)
    expect(page.locator("#gift-sent")).to_contain_text("plain")


def test_what_stops_an_order_is_said_in_the_page_and_what_was_typed_stays(street: Street) -> None:
    reader = street.reader().become("老周")
    page = reader.go("/search?q=茶")
    page.locator(".goods").first.click()
    page.locator(".dock [data-purpose=self]").click()
    page.locator("#sku-sheet [data-for=self]").click()
    page.locator("[data-new-address]").check()
    page.locator("[name=address_name]").fill("周先生")
    page.locator("[name=address_phone]").fill("12")
    page.locator("[name=address_detail]").fill("文三路 1 号")
    for step, place in enumerate(("浙江省", "杭州市", "西湖区", "西溪街道")):
        page.locator("[data-step]").nth(step).select_option(label=place)
    reader.expect(409)
    page.locator("form[action='/buy'] button[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.locator("[name=address_detail]").input_value() == "文三路 1 号"


# the ten ways to give: one at least of each, what stood before made by programs --------------------------------------
@pytest.fixture(scope="module")
def stage(house_url: str) -> Stage:
    return stage_in(house_url)


def test_a_set_of_two_shops_goes_from_the_cart_to_one_friend(street: Street, stage: Stage) -> None:
    players, other = stage.players, stage.company.other
    for sku in (players.given_sku, other.wares[0].sku_id):
        players.giver.post("/v1/cart/lines", {"sku_id": sku, "quantity": 1})
    giver = street.reader(language="en").be(players.giver.person_id)
    page = giver.go("/cart")
    page.locator("[data-cart-set] button").click()
    page.locator(".person", has_text=players.recipient.name).locator("input").check()
    page.locator("textarea[name=greeting]").fill("one of each")
    page.locator("[data-submit-words]").click()
    pay(giver)
    expect(page.locator(".set-part")).to_have_count(2)
    friend = street.reader().be(players.recipient.person_id)
    friend.go(urlsplit(page.url).path).locator(".unopened__act").click()
    expect(friend.page.locator(".set-part")).to_have_count(2)
    friend.page.locator("form[action$='/claim'] button.btn--main").click()
    expect(friend.page.locator(".set-part a[href^='/orders/']")).to_have_count(2)
    expect(page.locator("#gift-sent .set-part .tag")).to_have_count(2)  # without a reload


def test_three_browsers_take_the_tiers_of_a_group_while_its_chat_counts(street: Street, stage: Stage) -> None:
    players, company = stage.players, stage.company
    tiers = [{"sku_id": players.given_sku, "shares": 1}, {"sku_id": players.other_sku, "shares": 2}]
    gift = stage.give(recipient_id=None, group_id=company.group_id, shares=3, tiers=tiers)
    giver = street.reader().be(players.giver.person_id)
    chat = next(one for one in players.giver.get("/v1/friends")["groups"] if one["id"] == company.group_id)["thread_id"]
    giver.go(f"/chats/{chat}")
    members = _open_all(street, stage, gift["gift_id"])
    for member in members:
        member.page.locator("form[action$='/claim'] button.btn--main").click(no_wait_after=True)
    for member in members:
        expect(member.page.get_by_text(words(member, "gift.kept.title"))).to_be_visible()
    counted = words(giver, "gift.many.count", claimed=3, shares=3)
    expect(giver.page.locator(f".gift-card[href='/gifts/{gift['gift_id']}']")).to_contain_text(counted, timeout=15_000)
    giver.go(f"/gifts/{gift['gift_id']}")
    expect(giver.page.locator(".slots .avatar")).to_have_count(3)
    giver.go("/gifts?side=given")
    beyond = """rows => rows.flatMap(row => [...row.querySelectorAll('.stack *')].map(one =>
        one.getBoundingClientRect().right - row.getBoundingClientRect().right)).filter(px => px > 0).length"""
    assert giver.page.locator(".gift-row").evaluate_all(beyond) == 0, "a row keeps within its card"


def test_three_browsers_grab_at_a_lucky_pack_and_check_its_order(street: Street, stage: Stage) -> None:
    company, ways = stage.company, stage.company.street
    tiers = [{"sku_id": ways.dear.sku_id, "shares": 1}, {"sku_id": ways.cheap.sku_id, "shares": 2}]
    more = {"recipient_id": None, "group_id": company.group_id, "shares": 3, "tiers": tiers, "lucky": True}
    gift = stage.give(sku_id=ways.dear.sku_id, **more)
    members = _open_all(street, stage, gift["gift_id"])
    for member in members:
        member.page.locator("form[action$='/claim'] button.btn--main").click(no_wait_after=True)
    for member in members:
        expect(member.page.locator(".lucky-best")).to_be_visible(timeout=15_000)  # without a reload
        expect(member.page.locator(".lucky-list li")).to_have_count(3)
        member.page.locator(".lucky-fair summary").click()
        expect(member.page.locator("[data-lucky-verdict]")).to_have_text(words(member, "lucky.fair.right"))


def test_three_browsers_pay_for_one_gift_and_the_last_pays_what_is_missing(street: Street, stage: Stage) -> None:
    players, company = stage.players, stage.company
    now = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"])
    fund = players.giver.post(
        "/v1/funds",
        {
            "sku_id": players.given_sku,
            "recipient_id": players.recipient.person_id,
            "ends_at": (now + timedelta(hours=2)).isoformat(),
            "guest_ids": [one.person_id for one in company.friends],
        },
    )
    link = players.giver.post(f"/v1/funds/{fund['fund_id']}/link")["link_token"]
    payers = [street.reader().be(one.person_id) for one in (players.giver, company.friends[0])]
    payers.append(join_by_link(street, link))
    target = players.giver.get(f"/v1/funds/{fund['fund_id']}")["target"]["amount"] // 100
    for payer, yuan in zip(payers, (str(target // 4), str(target // 3), "9999"), strict=True):
        payer.go(f"/funds/{fund['fund_id']}").locator("input[name=amount]").fill(yuan)
    for payer in payers:
        payer.page.locator("form:has(input[name=amount]) button").click()
        pay(payer)
    expect(payers[2].page.locator(".fund + .card .row", has_text=words(payers[2], "fund.me"))).to_have_count(1)
    expect(payers[2].page.locator(".fund")).to_contain_text(words(payers[2], "fund.state.full"))
    expect(payers[2].page.locator(".card .row .money")).to_have_count(3)
    friend = street.reader(language="en").be(players.recipient.person_id)
    page = friend.go(f"/gifts/{fund['gift_id']}")
    for one in (players.giver, company.friends[0]):
        expect(page.locator("main")).to_contain_text(one.name)


def join_by_link(street: Street, token: str) -> Reader:
    """Somebody without an account, on a phone that was never here, takes part by a fund's link."""
    newcomer = street.reader()
    asked: list[str] = []
    newcomer.page.on("request", lambda request: asked.append(request.url))
    page = newcomer.go(f"/f#{token}")
    page.get_by_role("link", name=words(newcomer, "fund.link.sign_in")).click()
    come_by_phone(street, newcomer, "13500000077")
    page.wait_for_url("**/f")  # what the link was for waited behind the sign-in
    page.get_by_role("button", name=words(newcomer, "fund.link.join")).click()
    page.wait_for_url("**/funds/*")
    assert not [url for url in asked if token in url.partition("#")[0]], "a token travels in bodies alone"
    return newcomer


def test_a_voucher_is_shown_on_a_phone_and_redeemed_at_a_desk(street: Street, stage: Stage) -> None:
    players, shop = stage.players, stage.company.street
    gift = stage.give(sku_id=shop.pack.sku_id)
    friend = street.reader().be(players.recipient.person_id)
    friend.go(f"/gifts/{gift['gift_id']}").locator(".unopened__act").click()
    friend.page.locator("form[action$='/claim'] button.btn--main").click()
    expect(friend.page.get_by_text(words(friend, "gift.kept.title"))).to_be_visible()
    friend.go("/vouchers").locator(".voucher").first.click()
    code = friend.page.locator(".voucher-card__letters").inner_text()
    clerk = street.reader(DESK, language="en").be(shop.staff.person_id)
    clerk.go(f"/desk/shops/{shop.shop_id}/vouchers").locator("[name=voucher_code]").fill(code.lower())
    clerk.page.locator("[data-scan-form] .btn--main").click()
    clerk.page.locator("form[action$='/redeem'] .btn--main").click()
    clerk.page.wait_for_url("**/vouchers*")
    expect(friend.page.locator(".voucher-use--gone")).to_have_count(1, timeout=15_000)  # without a reload


def test_a_printed_code_begins_a_gift_and_a_card_with_its_pin_takes_one(street: Street, stage: Stage) -> None:
    players = stage.players
    shop = f"/v1/shops/{players.shop_id}"
    rows = players.shop.get(f"{shop}/products", limit=50)["products"]
    product_id = next(row["id"] for row in rows if row["title_zh"] == players.product_zh)
    code = players.shop.post(f"{shop}/gift-codes", {"product_id": product_id, "place": "door"})
    scanner = street.reader(language="en").be(players.giver.person_id)
    scanner.go(f"/c/{code['code']}").locator(".dock [data-purpose=gift]").click()
    scanner.page.locator("#sku-sheet [data-for=gift]").click()
    scanner.page.locator(".person--link input").check()
    scanner.page.locator("[data-submit-words]").click()
    pay(scanner)
    keeper = street.reader(DESK).be(players.shop.person_id)
    row = keeper.go(f"/desk/shops/{players.shop_id}/codes").locator("tr", has_text=code["code"])
    expect(row.locator("td.num").first).to_have_text("1")

    ends = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"]) + timedelta(days=1)
    asked = {"name": "card", "sku_id": players.given_sku, "stock": 1, "ends_at": ends.isoformat()}
    base = f"{shop}/activities/{players.shop.post(f'{shop}/activities', {**asked, 'audience': 'cards'})['id']}"
    batch = players.shop.post(f"{base}/card-batches", {"cards": 1})["id"]
    (card,) = players.shop.get(f"{base}/card-batches/{batch}")
    friend = street.reader().be(stage.company.friend.person_id)
    page = friend.go(f"/card?number={card['number']}")
    friend.expect(422)
    for pin in (f"{(int(card['pin']) + 1) % 10**6:06d}", card["pin"]):
        page.locator("[name=pin]").fill(pin)
        page.locator("form[action='/card'] button").click()
    page.locator("form[action$='/take'] .btn--main").click()
    page.wait_for_url("**/orders/*")


def test_what_a_shop_gives_away_is_taken_by_its_link_and_then_gone(street: Street, stage: Stage) -> None:
    players, friends = stage.players, stage.company.friends
    ends = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"]) + timedelta(days=1)
    asked = {"name": "tea", "sku_id": players.given_sku, "stock": 1, "ends_at": ends.isoformat()}
    code = players.shop.post(f"/v1/shops/{players.shop_id}/activities", asked)["code"]
    first, late = (street.reader().be(one.person_id) for one in friends)
    first.go(f"/p/{code}").locator("form[action$='/take'] .btn--main").click()
    first.page.wait_for_url("**/orders/*")
    assert "¥" not in first.page.locator("main").inner_text()
    expect(late.go(f"/p/{code}").locator(".present__words")).to_contain_text(words(late, "present.none_left"))
    expect(late.page.locator("form[action$='/take']")).to_have_count(0)


def test_a_wish_is_seen_asked_about_and_given_tomorrow(street: Street, stage: Stage) -> None:
    """Ways nine and ten: the friend's list, "have it already?", and a gift that is paid now and comes at its minute."""
    players, other = stage.players, stage.company.other
    ware = other.wares[-1]
    friend = street.reader(language="en").be(players.recipient.person_id)
    friend.go(f"/products/{ware.product_id}").locator("form[action='/wishes/wish'] button").click()
    expect(friend.page.locator(".round--on")).to_be_visible()
    giver = street.reader().be(players.giver.person_id)
    giver.go(f"/people/{players.recipient.person_id}").locator(".wish-list").first.click()
    giver.page.locator(".wish .btn--main").first.click()
    giver.page.locator(".dock [data-purpose=gift]").click()
    giver.page.locator("#sku-sheet [data-for=gift]").click()
    giver.page.locator(".person", has_text=players.recipient.name).locator("input").check()
    giver.page.locator("[data-ask-have-it]").click()
    told = words(giver, "wrap.have_it.wished", name="{name}").replace("{name}", players.recipient.name)
    expect(giver.page.locator("[data-have-it-answer]")).to_have_text(told)
    giver.page.locator("details:has([name=nameless]) > summary").click()
    giver.page.locator("[name=nameless]").check()
    expect(giver.page.locator("[data-letter-sign]")).to_be_hidden()  # the preview signs for nobody either
    giver.page.locator("[name=nameless]").uncheck()
    giver.page.locator("[name=when][value=later]").check()
    giver.page.locator("[data-submit-words]").click()
    pay(giver)
    expect(giver.page.locator(".coming")).to_be_visible()
    path = urlsplit(giver.page.url).path
    friend.expect(404)
    friend.go(path)
    expect(friend.page.locator(".unopened__act")).to_have_count(0)
    stage.move_on(48)
    expect(giver.page.locator(".coming")).to_have_count(0)  # it came, without a reload
    friend.go(path)
    expect(friend.page.locator(".unopened__act")).to_be_visible()


def _open_all(street: Street, stage: Stage, gift_id: str) -> list[Reader]:
    """Three members of a group, each with a browser of their own, before the open gift."""
    members = [street.reader().be(one.person_id) for one in (stage.players.recipient, *stage.company.friends)]
    for member in members:
        member.go(f"/gifts/{gift_id}")
        member.page.locator(".unopened__act, form[action$='/claim']").first.wait_for()
        if member.page.locator(".unopened__act").count():
            member.page.locator(".unopened__act").click()
        member.page.locator("form[action$='/claim'] button.btn--main").wait_for()
    return members


def test_an_unclaimed_gift_comes_back_when_its_time_is_over(street: Street) -> None:
    giver = street.reader().become("小林")
    wrap(giver, to="老周", greeting="等你")
    panel = street.reader().go("/demo")
    panel.locator("input[name=seconds][value='86400'] + button").click()
    panel.wait_for_load_state()
    expect(giver.page.locator("#gift-sent h2").first).to_have_text(words(giver, "gift.sent.ended.expired", name="老周"))
    expect(giver.page.locator("#gift-sent .jade").first).to_be_visible(timeout=60_000)  # the money is back

"""The pages as people use them: real browsers on a running house, on a phone and at a desk, in both languages.

Every test ends by asking each browser what it met: a console error or a request that left the house fails it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import DESK, PHONE, Reader, Street, find_chromium, launch, running_house
from playwright.sync_api import Browser, Route, expect, sync_playwright

from renqing.doors.web.rendering import sayer
from renqing.providers.postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(300)
EVERYWHERE = pytest.mark.parametrize(
    ("size", "language"), [(PHONE, "zh"), (PHONE, "en"), (DESK, "zh"), (DESK, "en")], ids=str
)
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


def words(reader: Reader, key: str, **facts: object) -> str:
    """What the page says, in the reader's language; white space as a locator sees it."""
    return sayer("zh" if reader.language == "zh" else "en")(key, **facts)


def pay(reader: Reader) -> None:
    """At the cashier, pay and come back."""
    reader.page.wait_for_url("**/cashier/**")
    reader.page.locator("form button").first.click()
    reader.page.wait_for_url(lambda url: url.startswith((f"{reader.url}/gifts/", f"{reader.url}/orders/")))


def wrap(
    reader: Reader, *, to: str | None, greeting: str, product: str = "", shares: int = 1, entrants_max: int = 0
) -> str:
    """From the market to a paid gift; the path of its page."""
    page = reader.go(f"/search?q={product}" if product else "/")
    page.locator(".goods").first.click()
    page.wait_for_url("**/products/*")
    page.locator(".dock [data-purpose=gift]").click()
    page.locator("#sku-sheet [data-for=gift]").click()
    page.wait_for_url("**/wrap?*")
    page.locator("input[name=cover][value=birthday]").check()
    page.locator("textarea[name=greeting]").fill(greeting)
    expect(page.locator("[data-letter-greeting]")).to_have_text(greeting)
    choice = page.locator(".person", has_text=to) if to else page.locator(".person--link")
    choice.locator("input").check()
    if shares > 1:
        page.locator("[name=shares]").fill(str(shares))
    if entrants_max:
        page.locator(".chip", has_text=words(reader, "wrap.way.draw")).click()
        page.locator("[name=entrants_max]").fill(str(entrants_max))
    if to:
        expect(page.locator("[data-consequence]")).to_contain_text(to)
        expect(page.locator("[data-submit-words]")).to_contain_text(to)
    page.locator("[data-submit-words]").click()
    pay(reader)
    return urlsplit(page.url).path


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
    _scratch(entrants[0])
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


def _scratch(reader: Reader) -> None:
    """With a finger, or what stands for one, back and forth over the card until it gives way."""
    reader.page.locator("[data-scratch]").scroll_into_view_if_needed()
    box = reader.page.locator("[data-scratch]").bounding_box()
    assert box is not None
    reader.page.mouse.move(box["x"] + 8, box["y"] + 12)
    reader.page.mouse.down()
    for turn in range(8):
        across = box["width"] - 8 if turn % 2 == 0 else 8
        reader.page.mouse.move(box["x"] + across, box["y"] + 12 + turn * (box["height"] - 24) / 7, steps=10)
    reader.page.mouse.up()


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
    stranger.page.wait_for_url(re.compile("/sign-in"))
    phone = f"1370000{size[0]:04}" if language == "zh" else f"1360000{size[0]:04}"
    stranger.page.locator("[name=phone]").fill(phone)
    stranger.page.locator("form[action='/sign-in/code'] button").click()
    stranger.page.locator("[name=code]").wait_for()
    stranger.page.locator("[name=code]").fill(read_code(street, phone))
    stranger.page.locator("form[action='/sign-in/phone'] button").click()
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


def read_code(street: Street, phone: str) -> str:
    """The code on the sandbox's phone, read on the demo's panel."""
    panel = street.reader().go(f"/demo?phone={phone}")
    found = re.search(r"\b(\d{6})\b", panel.locator(".note--dusk").first.inner_text())
    assert found is not None, "the code did not arrive"
    return found[1]


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


def pay_plainly(reader: Reader) -> None:
    """Pay, and look again until the news has arrived: nothing moves by itself without scripts."""
    reader.page.wait_for_url("**/cashier/**")
    reader.page.locator("form button").first.click()
    for _ in range(40):
        if "/paying/" not in reader.page.url:
            return
        reader.page.wait_for_timeout(250)
        reader.page.reload()
    raise AssertionError("the payment was not heard of")


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


def test_an_unclaimed_gift_comes_back_when_its_time_is_over(street: Street) -> None:
    giver = street.reader().become("小林")
    wrap(giver, to="老周", greeting="等你")
    panel = street.reader().go("/demo")
    panel.locator("input[name=seconds][value='86400'] + button").click()
    panel.wait_for_load_state()
    expect(giver.page.locator("#gift-sent h2").first).to_have_text(words(giver, "gift.sent.ended.expired", name="老周"))
    expect(giver.page.locator("#gift-sent .jade").first).to_be_visible(timeout=60_000)  # the money is back

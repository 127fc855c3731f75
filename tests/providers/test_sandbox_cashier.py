"""The sandbox's cashier page: plainly not real money, paid once, and nothing on it comes from elsewhere."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from bankside import PAID, Bankside, bankside
from playwright.async_api import Browser, async_playwright

from renqing.providers.sandbox_channel.bank import cashier


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Bankside]:
    async with bankside(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome") or playwright.chromium.executable_path
        if shutil.which(program) is None:
            pytest.skip("no Chromium on this machine")
        opened = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        await opened.close()


async def _page_of(town: Bankside, intent_id: int, amount: int = PAID, currency: str = "CNY") -> str:
    opened = await town.channel.open(town.ask(intent_id, amount, currency))
    return urlsplit(opened.cashier_url).path


async def test_the_page_says_what_is_paid_and_that_it_is_not_money(town: Bankside) -> None:
    path = await _page_of(town, 7)
    chinese = await town.raw("GET", path)
    english = await town.raw("GET", path, headers={"accept-language": "en-GB,zh;q=0.5"})
    asked = await town.raw("GET", f"{path}?lang=en", headers={"accept-language": "zh-CN"})
    assert "沙盒收银台 · 不是真钱" in chinese.text and "确认支付 ¥129.00" in chinese.text
    assert "not real money" in english.text and "Pay ¥129.00" in english.text
    assert asked.text == english.text
    assert 'lang="zh-CN"' in chinese.text and 'lang="en"' in english.text


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "¥12,900"), ("EUR", "€129.00"), ("XTS", "12,900")])
async def test_every_currency_is_shown_in_its_own_digits(town: Bankside, currency: str, shown: str) -> None:
    page = (await town.raw("GET", await _page_of(town, 7, PAID, currency))).text
    assert shown in page.replace("\n", "")


async def test_the_page_carries_no_script_no_style_and_lets_nothing_in(town: Bankside) -> None:
    said = await town.raw("GET", await _page_of(town, 7))
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", said.text)
    policy = said.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert f"form-action 'self' {town.shop.url}" in policy
    assert said.headers["cache-control"] == "no-store" and said.headers["referrer-policy"] == "no-referrer"
    assert said.headers["x-content-type-options"] == "nosniff"


async def test_words_of_the_merchant_stay_words(town: Bankside) -> None:
    ask = town.ask(7)
    said = {
        "intent_id": "7",
        "amount": 1,
        "currency": "CNY",
        "description": '<img src=x onerror="1">&{{ 7*7 }}',
        "notify_url": ask.notify_url,
        "return_url": 'http://shop/back?"><script>',
    }
    await town.channel._ask("open", "POST", "/v1/payments", said, dict)
    path = (await town.channel.open(town.ask(7, 1))).cashier_url.removeprefix("http://cashier.test")
    page = (await town.raw("GET", path)).text
    assert "<img" not in page and "<script" not in page and "{{ 7*7 }}" in page


async def test_paying_at_the_page_moves_the_money_once_and_leads_back(town: Bankside) -> None:
    path = await _page_of(town, 7)
    answers = await asyncio.gather(*(town.raw("POST", path) for _ in range(10)))
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, f"{town.shop.url}/back")}
    assert [line.amount for line in await town.channel.statement()] == [PAID]
    again = await town.raw("GET", path)
    assert "已支付" in again.text and "<form" not in again.text


async def test_a_payment_that_was_closed_meanwhile_is_not_paid(town: Bankside) -> None:
    path = await _page_of(town, 7)
    await town.channel.close(7)
    answer = await town.raw("POST", f"{path}?lang=en", follow_redirects=True)
    assert "Closed, nothing was paid" in answer.text and "<form" not in answer.text
    assert await town.channel.statement() == []


async def test_a_page_opens_only_with_its_own_address(town: Bankside) -> None:
    path = await _page_of(town, 7)
    other = await _page_of(town, 8)
    ref, _, key = path.rpartition("/")[2].partition(".")
    wrong = [
        f"/cashier/{ref}",
        f"/cashier/{ref}.",
        f"/cashier/{ref}.{key[:-1]}",
        f"/cashier/{ref}.{other.rpartition('.')[2]}",
        f"/cashier/7.{key}",
        "/cashier/%ff.%00",
        "/cashier",
        "/",
        "/../cashier.html",
        "/a/b/c",
    ]
    answers = [await town.raw(method, page) for page in wrong for method in ("GET", "POST")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text.replace("../", "") for answer in answers}) == 1, "every one says the same"
    assert (await town.channel.query(7)).state == "open"
    assert cashier.ref_of([b"another"], f"{ref}.{key}") is None


@pytest.mark.parametrize("size", [(375, 812), (1440, 900)])
@pytest.mark.parametrize(("language", "tap"), [("zh-CN", "确认支付"), ("en-GB", "Pay")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_person_pays_with_one_tap(
    town: Bankside, browser: Browser, size: tuple[int, int], language: str, tap: str, scheme: str
) -> None:
    path = await _page_of(town, 7, 123_456_789)
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=language, color_scheme=scheme
    )
    page = await context.new_page()
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    await page.goto(town.url + path)
    button = page.get_by_role("button", name=tap)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for target in (button, page.locator("main a").first, page.locator("nav a")):
        box = await target.bounding_box()
        assert box is not None and box["height"] >= 44
    ratio = await page.evaluate(CONTRAST)
    assert ratio >= 4.5, f"the worst text pair has a contrast of {ratio:.2f}"
    await button.click()
    await page.wait_for_url(f"{town.shop.url}/back")
    assert (await town.channel.query(7)).state == "paid"
    assert not said and asked == {urlsplit(town.url).netloc, urlsplit(town.shop.url).netloc}
    await context.close()


# The least contrast of any text on the page against the colour behind it (WCAG 2.2).
CONTRAST = """() => {
  const rgb = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(node).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const worst = [...document.querySelectorAll('body *')]
    .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()))
    .map(node => [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a))
    .map(([high, low]) => (high + 0.05) / (low + 0.05));
  return Math.min(...worst);
}"""

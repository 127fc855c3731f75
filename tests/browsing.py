"""What several tests of pages do alike: words as a reader sees them, paying, wrapping, and a gift that is there."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
from browser import Reader, Street
from playwright.sync_api import expect

from renqing.doors.cli.touring.company import gather_company
from renqing.doors.cli.touring.players import gather
from renqing.doors.cli.touring.stage import Stage
from renqing.doors.web.rendering import sayer


def words(reader: Reader, key: str, **facts: object) -> str:
    """What the page says, in the reader's language; white space as a locator sees it."""
    return sayer("zh" if reader.language == "zh" else "en")(key, **facts)


def pay(reader: Reader) -> None:
    """At the cashier, pay and come back."""
    reader.page.wait_for_url("**/cashier/**")
    reader.page.locator("form button").first.click()
    reader.page.wait_for_url(
        lambda url: url.startswith(tuple(f"{reader.url}/{at}/" for at in ("gifts", "orders", "funds")))
    )


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


def scratch(reader: Reader) -> None:
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


def read_code(street: Street, phone: str) -> str:
    """The code on the sandbox's phone, read on the demo's panel."""
    panel = street.reader().go(f"/demo?phone={phone}")
    found = re.search(r"\b(\d{6})\b", panel.locator(".note--dusk").first.inner_text())
    assert found is not None, "the code did not arrive"
    return found[1]


def come_by_phone(street: Street, reader: Reader, phone: str) -> None:
    """Sign in with a phone and the code that came to it: who was never here is somebody from then on."""
    page = reader.page
    page.wait_for_url(re.compile("/sign-in"))
    page.locator("[name=phone]").fill(phone)
    page.locator("form[action='/sign-in/code'] button").click()
    page.locator("[name=code]").wait_for()
    page.locator("[name=code]").fill(read_code(street, phone))
    page.locator("form[action='/sign-in/phone'] button").click()


def stage_in(url: str) -> Stage:
    """The tour's people with their programs: what a test needs to be there is made without a browser."""
    client = httpx.Client(base_url=url, timeout=15, trust_env=False, headers={"accept-language": "zh"})
    players = gather(client)
    return Stage(players, gather_company(client, players))

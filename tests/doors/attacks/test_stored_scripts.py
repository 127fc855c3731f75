"""Scripts in every text that anybody writes, on every page that shows it: shown as they were typed, never run.

Each text carries a tag with an attribute of ours. A page's markup is read as a browser reads it: wherever that
attribute stands on a tag, a text got out of its place.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from callers import give, ship
from world import World, build_world, fill

from renqing.books import catalog
from renqing.doors.access import Audience
from renqing.main import routes_of

MARK = "data-canary"
# Short ones first: a name has 40 characters. Each gets out of another place.
PAYLOADS = {
    "out of a tag's content": f"<b {MARK}>x</b><script>x()</script>",
    "out of a quoted value": f'"><b {MARK} onclick=x() ',
    "out of a value in single quotes": f"'><i {MARK}></i>",
    "out of a title, a text area, a template": f"</textarea></title></template><b {MARK}>{{{{7*7}}}}",
    "an address": "javascript:alert(1)//data-canary",
    "what turns and hides text": f"\u202e<svg/{MARK} onload=x()>\u200b&lt;b {MARK}&gt;",
}
LEADS = ("href", "formaction", "src", "action", "xlink:href", "hx-get", "hx-post", "data", "poster", "background")
READERS = ("giver", "recipient", "member", "clerk", "operator")
LED_BY_NOTHING = ("/static", "/media", "/metrics", "/v1/", "/callbacks", "/openapi", "/healthz", "/readyz", "/favicon")


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what could run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            said = (value or "").strip().lower()
            if name.startswith("on") or name in (MARK, "srcdoc"):
                self.found.append(f"<{tag} {name}>")
            if name in LEADS and said.startswith(("javascript:", "data:text", "vbscript:", "//")):
                self.found.append(f"<{tag} {name}={value}>")
            if name == "style":
                self.found.append(f"<{tag} style>")
        if tag in ("iframe", "object", "embed", "base", "link", "meta", "script"):
            named = dict(attrs)
            ours = str(named.get("src") or named.get("href") or "").startswith("/static/")
            if tag not in ("meta", "link", "script") or (tag != "meta" and not ours):
                self.found.append(f"<{tag}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


async def everybody_writes(world: World, payload: str) -> set[str]:
    """The payload in every text of this world that a door takes; the fields that took it."""
    doors, town = world.doors, world.doors.town
    an, bo = await doors.callers(town.an, town.bo)
    owner = await doors.caller(town.owner_id)
    shop = f"/v1/shops/{town.shop_id}"
    product = f"{shop}/products/{town.product_id}"
    kept = await owner.ok("GET", product)
    body = {name: kept[name] for name in ("title_zh", "category_id", "spec_names", "skus") if name in kept}
    body["skus"] = [
        {name: one[name] for name in ("id", "price", "original_price", "specs") if name in one} for one in kept["skus"]
    ]
    address = {"region_code": 330106109, "name": payload[:40], "phone": "13800000071", "detail": payload[:120]}
    tries = [
        ("name", an, "PATCH", "/v1/me", {"name": payload[:40]}),
        ("name", bo, "PATCH", "/v1/me", {"name": payload[:40]}),
        ("avatar", an, "PATCH", "/v1/me", {"avatar": payload[:100]}),
        ("address", an, "POST", "/v1/addresses", address),
        ("group", an, "POST", "/v1/groups", {"name": payload[:40], "person_ids": [str(town.bo), str(town.cai)]}),
        ("chat", an, "POST", "/v1/messages", {"person_id": str(town.bo), "body": payload}),
        ("chat", bo, "POST", "/v1/messages", {"person_id": str(town.an), "body": payload}),
        ("wish list", an, "POST", "/v1/wish-lists", {"name": payload[:40], "seen_by": "friends"}),
        ("shop", owner, "PUT", shop, {"name_zh": payload[:40], "name_en": payload[:40], "brief_zh": payload[:200]}),
        ("logo", owner, "PUT", shop, {"name_zh": "铺", "logo": payload}),
    ]
    texts: dict[str, Any] = {"title_zh": payload[:120], "title_en": payload[:200], "brief_zh": payload[:200]}
    texts |= {"detail_zh": payload, "detail_en": payload, "unit": payload[:10], "pictures": [payload]}
    texts["attributes"] = [[payload[:20], payload[:40]]]
    tries += [(f"product {name}", owner, "PUT", product, {**body, name: value}) for name, value in texts.items()]
    taken = set()
    for field, caller, method, path, asked in tries:
        answer = await caller.call(method, path, body=asked)
        assert answer.status < 500, (field, answer.body)
        taken |= {field} if answer.status < 300 else set()
    gift = await give(doors, an, town.bo, town.blue, greeting=payload[:100])
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.bo])})
    parcel = await ship(doors, gift["order_id"], "SF6001")
    news = {"state": "in_transit", "place": payload[:120], "happened_at": "2026-01-01T00:00:00Z"}
    await owner.call("POST", f"{shop}/parcels/{parcel['parcel_id']}/news", body=news)
    case = await bo.ok("POST", "/v1/aftersales", {"order_id": gift["order_id"], "reason": payload[:200]})
    await owner.ok("POST", f"{shop}/aftersales/{case['id']}/answer", {"verdict": "reject", "answer": payload[:200]})
    asked = {"lines": [{"sku_id": str(town.dear)}], "address_id": str(town.addresses[town.an]), "note": payload[:200]}
    order = (await an.ok("POST", "/v1/orders", asked))["order_id"]
    await imported(world, payload)
    await doors.settle()
    mine = {"order_id": gift["order_id"], "gift_id": gift["gift_id"], "case_id": case["id"]}
    world.ids |= {name: value for name, value in mine.items() if payload and name != "order_id"} | {"order_id": order}
    return taken


async def imported(world: World, payload: str) -> None:
    """What an import brings and no door takes: categories, brands, reviews."""
    town = world.doors.town

    async def write(tx: Any) -> None:
        await catalog.save_category(tx, catalog.CategoryDraft(name_zh=payload[:40], name_en=payload[:40]))
        await tx.execute(
            """INSERT INTO catalog_review (id, product_id, author, body, reply, made_at)
               VALUES ($1, $2, $3, $3, $3, $4)""",
            tx.ids.new(),
            town.product_id,
            payload,
            tx.now,
        )

    await world.doors.house.ground.db.run(write)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
async def test_what_somebody_wrote_is_shown_and_never_run(doors, payload):
    world = await build_world(doors)
    taken = await everybody_writes(world, payload)
    assert "logo" not in taken and "avatar" not in taken, "a picture is a file of ours"
    assert "chat" in taken
    assert {"name", "group", "shop"} <= taken or "\u202e" in payload, "only a name that turns text is refused"
    seen = pages = 0
    for method, path, handler in routes_of(doors.app):
        if method != "GET" or path.startswith(LED_BY_NOTHING) or handler.opt["audience"] is Audience.HOUSE:
            continue
        for role in READERS:
            answer = await world.call(role, "GET", fill(path, world.ids), is_page=True, says={"q": payload})
            assert answer.status_code < 500, (role, path)
            if not answer.headers.get("content-type", "").startswith("text/html") or answer.status_code != 200:
                continue
            reader = Reader()
            reader.feed(answer.text)
            assert not reader.found, (role, path, reader.found)
            assert f"{MARK}>49" not in answer.text, "a text is not a template"
            seen += any(payload.strip()[:12] in text for text in reader.text)
            pages += 1
    assert pages > 100
    assert seen > 5, "the texts do stand on the pages"


async def test_what_programs_are_answered_is_never_taken_for_a_page(doors):
    world = await build_world(doors)
    await everybody_writes(world, PAYLOADS["out of a tag's content"])
    for method, path, _ in routes_of(doors.app):
        if method == "GET" and path.startswith("/v1/") and path != "/v1/live":
            answer = await world.call("giver", "GET", fill(path, world.ids), is_page=False)
            assert "json" in answer.headers["content-type"], path
            assert answer.headers["x-content-type-options"] == "nosniff", path

"""Addresses that somebody gives: nobody is led to them, and no process of ours asks them for anything."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from callers import give
from world import build_world, fill

import renqing
from renqing.books import people
from renqing.doors.files.plain_csv import read_plain_csv
from renqing.journeys.import_a_catalogue import ImportACatalogue, import_a_catalogue
from renqing.main import routes_of

EXAMPLE = Path(__file__).parents[3] / "docs/examples/catalogue.csv"
ELSEWHERE = (
    "//evil.example/",
    "///evil.example",
    "https://evil.example/",
    "https:evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "%2f%2fevil.example",
    "/%2f/evil.example",
    "/@evil.example",
    "@evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "/x\r\nLocation: https://evil.example",
    "/x%0d%0aSet-Cookie:%20a=b",
    "/me\nSet-Cookie: a=b",
    "/sign-in?next=//evil.example",
    "https://еvil.example",
    ".evil.example",
    "/..//evil.example",
    "\u2044\u2044evil.example",
    " //evil.example",
    "\x00//evil.example",
)
# Pages that do lead on where a form says; every other one is tried with a few, lest it begins to.
LED_BY_WHAT_IS_SAID = ("/sign-in", "/settings", "/notices", "/demo", "/desk/shops/{shop_id:str}/products/switch")
WAYS_ON = ("next", "back", "link", "wanted", "return_path", "url", "to", "order")
# The files that may open a connection, and where each takes its address from.
CLIENTS = {
    "providers/gateway_messages.py": "RENQING_MESSAGES_URL",
    "providers/sandbox_channel/lean_http.py": "RENQING_SANDBOX_URL, and the shop's own callback address",
    "doors/cli/tour.py": "the operator's command line",
    "doors/cli/touring/company.py": "the operator's command line",
    "doors/cli/touring/players.py": "the operator's command line",
    "doors/cli/touring/programs.py": "the operator's command line",
    "providers/outside.py": "who registers a webhook: the one guarded way out, see tests/providers/test_outside.py",
    "doors/cli/storming/kills.py": "the server that it started",
    "doors/cli/up.py": "the server that it started",
}
NETWORK = {
    "httpx",
    "http.client",
    "urllib.request",
    "aiohttp",
    "requests",
    "ftplib",
    "smtplib",
    "socket.create_connection",
}


def as_a_browser_reads(base: str, location: str) -> str:
    """The address that a browser goes to: it strips what surrounds it, drops tabs and newlines, turns backslashes."""
    said = location.strip(" \x00\t\r\n").translate({ord(sign): None for sign in "\t\r\n"}).replace("\\", "/")
    return urljoin(base, said)


async def test_no_page_leads_where_its_form_or_address_says(doors):
    world = await build_world(doors)
    led = 0
    for method, path, _ in routes_of(doors.app):
        if path.startswith(("/v1/", "/callbacks", "/static", "/media", "/metrics")) or "sign-out" in path:
            continue
        for place in ELSEWHERE if path.startswith(LED_BY_WHAT_IS_SAID) else ELSEWHERE[:2]:
            said = dict.fromkeys(WAYS_ON, place) | {"sku": world.ids["sku_id"]}
            for role in ("giver", "anonymous") if method == "GET" else ("giver",):
                doors.house.ground.limits.__init__()
                answer = await world.call(role, method, fill(path, world.ids), is_page=True, says=said)
                where = f"{role} {method} {path} {place!r}"
                assert answer.status_code < 500, where
                assert not [one for one in answer.headers.get_list("set-cookie") if one.startswith("a=")], where
                for name in ("location", "hx-redirect"):
                    if name in answer.headers:
                        led += 1
                        target = urlsplit(as_a_browser_reads(doors.url + path, answer.headers[name]))
                        ours = (doors.url, doors.house.settings.sandbox_url)
                        assert f"{target.scheme}://{target.netloc}" in ours, f"{where}: {answer.headers[name]}"
    assert led > 100


async def test_a_way_in_leads_back_into_this_house_alone(doors):
    for place in ELSEWHERE:
        shown = await doors.client.get("/sign-in", params={"next": place}, headers={"accept": "text/html"})
        assert shown.status_code == 200
        assert f'value="{place}"' not in shown.text or place.startswith("/")


def test_only_known_files_open_connections_and_to_the_operators_addresses_alone():
    found = set()
    source = Path(renqing.__file__).parent
    for file in source.rglob("*.py"):
        place = file.relative_to(source).as_posix()
        if place.startswith("doors/cli/benching/") or place == "doors/cli/bench.py":
            continue  # loads the server that it started itself
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module or ""}
            elif isinstance(node, ast.Attribute):
                names = {"socket.create_connection"} if node.attr in ("create_connection", "open_connection") else set()
            else:
                continue
            if names & NETWORK:
                found.add(place)
    assert found == CLIENTS.keys(), "say where a client takes its addresses from, or ask nobody"


class Trap:
    """An address that counts who comes."""

    def __init__(self) -> None:
        self.visits = 0

    async def visited(self, _reader: Any, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


async def test_no_address_that_somebody_gives_is_ever_asked(doors, tmp_path):
    """Pictures of products, of an import, of people and shops, words in chats and notes: all name a trap."""
    trap = Trap()
    server = await asyncio.start_server(trap.visited, "127.0.0.1", 0)
    at = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x.png"
    town, owner = doors.town, await doors.caller(doors.town.owner_id)
    an, bo = await doors.callers(town.an, town.bo)
    path = f"/v1/shops/{town.shop_id}/products/{town.product_id}"
    product = await owner.ok("GET", path)
    for field, value in (
        ("pictures", [at]),
        ("detail_zh", f'<img src="{at}"><a href="{at}">x</a><link rel=preload href="{at}">'),
        ("brief_zh", at),
    ):
        body = {name: product[name] for name in ("title_zh", "category_id", "spec_names", "skus") if name in product}
        await owner.put(path, {**body, field: value})
    await an.call("PATCH", "/v1/me", body={"avatar": at})
    await an.call("PATCH", "/v1/me", body={"name": at[:40]})
    await an.ok("POST", "/v1/messages", {"person_id": str(town.bo), "body": at})
    await give(doors, an, town.bo, town.red, greeting=at)
    await owner.call("PUT", f"/v1/shops/{town.shop_id}", body={"name_zh": "铺", "logo": at})
    file = tmp_path / "catalogue.csv"
    rows = EXAMPLE.read_text(encoding="utf-8").replace("emoji/1f375.webp", at)
    file.write_text(rows, encoding="utf-8")
    assert at in rows
    ask = ImportACatalogue(read_plain_csv(file, "CNY"), new_shop=people.NewShop("进口铺", logo=""))
    await import_a_catalogue(doors.house.ground, ask)
    for page in ("/", f"/products/{town.product_id}", "/chats", "/gifts", "/me"):
        for caller in (an, bo):
            await doors.client.get(page, headers={"cookie": f"renqing={caller.token}", "accept": "text/html"})
    await doors.settle()
    assert trap.visits == 0
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    assert await reader.read() == b""
    writer.close()
    assert trap.visits == 1, "the trap works"
    server.close()


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil", "https://evil.example", "/x y", "/?a=b", "/é", "/" + "a" * 300]
)
async def test_the_cashier_is_told_no_way_back_but_into_this_house(doors, path):
    an = await doors.caller(doors.town.an)
    asked = {"lines": [{"sku_id": str(doors.town.red)}], "address_id": str(doors.town.addresses[doors.town.an])}
    order = (await an.ok("POST", "/v1/orders", asked))["order_id"]
    refused = await an.refused("POST", f"/v1/orders/{order}/payments", {"return_path": path})
    assert refused == (422, "body_not_valid")

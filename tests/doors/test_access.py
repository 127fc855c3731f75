"""Who may come through which door: every route, page or interface, against everybody who may not.

A row a route and a route a row; then a matrix that is made from the routes themselves. Whoever is not meant is refused,
hears the same as if the thing did not exist, and nothing has moved. A new route with an id that ``subjects.py`` does
not know fails until somebody says whose it is. Ids in bodies, forms, queries and cursors: ``test_access_swaps.py``.
"""

from __future__ import annotations

import re
import warnings

import httpx
from callers import give, ship
from litestar.exceptions import LitestarDeprecationWarning
from moved import everything, moved
from open_house import open_house
from subjects import ABSENT, OWNED_IDS, OWNERS_ONLY, ROLES, outsiders
from world import World, build_world, fill, names_in

from renqing.books import people
from renqing.doors.access import ACCESS, Audience
from renqing.doors.api.openapi import doors_of
from renqing.foundation.settings import Settings
from renqing.foundation.text import say
from renqing.main import create_app, routes_of

NOBODY = {"anonymous", "erased"}  # a token of somebody erased is nobody's
OWNERS_WORDS = say("error.owners_only", "zh")
CANARIES = {
    "canary-address-of-an": {"giver"},
    "canary-address-of-bo": {"recipient"},
    "canary-greeting-unopened": {"giver"},
    "canary-greeting-claimed": {"giver", "recipient"},
    "canary-words-of-a-chat": {"giver", "recipient"},
    "canary-note-of-an-order": {"giver", "clerk"},
    "canary-reason-of-a-case": {"recipient", "clerk"},
    "canary-of-a-held-note": {"giver", "operator"},
    "canary-of-an-endpoint": {"clerk", "operator"},
    "13800000071": {"giver"},
    "13800000072": {"recipient"},
}


# the table -----------------------------------------------------------------------------------------------------------
async def test_every_route_has_its_row_and_every_row_its_route(doors):
    routes = {(method, path) for method, path, _ in routes_of(doors.app)}
    assert routes == set(ACCESS), routes ^ set(ACCESS)
    for method, path, handler in routes_of(doors.app):
        assert handler.opt["audience"] is ACCESS[method, path]


def test_no_handler_is_declared_as_litestar_will_soon_not_read_it():
    """What comes by path or query says so (``FromPath``, ``FromQuery``): the inferred style ends with Litestar 3."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", LitestarDeprecationWarning)
        create_app(Settings(mode="demo"))
    old = [str(one.message) for one in said if issubclass(one.category, LitestarDeprecationWarning)]
    assert not old, old


async def test_every_interface_is_in_the_document_with_what_it_can_answer(doors):
    documented = {
        (method.upper(), path) for path, operations in doors.document["paths"].items() for method in operations
    }
    assert documented == {(door.method, door.path) for door in doors_of(doors.app)}
    assert len(documented) > 100
    names = [operation["operationId"] for one in doors.document["paths"].values() for operation in one.values()]
    assert len(names) == len(set(names))
    assert not [name for name in doors.document["components"]["schemas"] if "." in name or "_" in name]
    for path, operations in doors.document["paths"].items():
        for method, operation in operations.items():
            has_key = any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ()))
            is_read = method == "get" or path.endswith("lookups") or path == "/callbacks/payments/{channel}"
            assert has_key is not is_read, f"{method} {path}"
            signed_in = operation["x-audience"] in ("person", "staff", "operator")
            assert ("401" in operation["responses"]) is (signed_in or path.startswith("/callbacks")), f"{method} {path}"


# the matrix ----------------------------------------------------------------------------------------------------------
def plain(answer: httpx.Response, path: str) -> tuple[int, str]:
    """What was answered, without what differs between any two answers: the address itself, keys, the time."""
    said = answer.text.replace(path, "(path)")
    said = re.sub(r"data-now=\"\d+\"", "", said)
    return answer.status_code, re.sub(r"[A-Za-z0-9_-]{30,}|\d{6,}", "#", said)


async def test_who_is_not_meant_is_refused_learns_nothing_and_moves_nothing(doors):
    world = await build_world(doors)
    absent = {**world.ids, **dict.fromkeys(OWNED_IDS, ABSENT)}
    before = await everything(doors.house.ground)
    for role in ROLES:
        tried = 0
        for method, path, handler in routes_of(doors.app):
            if role not in outsiders(path, handler.opt["audience"]):
                continue
            await try_door(world, role, method, path, absent)
            tried += 1
            if method != "GET":
                assert not moved(before, await everything(doors.house.ground)), f"{role}: {method} {path}"
        assert tried > 40, role
        assert not moved(before, await everything(doors.house.ground)), role


async def try_door(world: World, role: str, method: str, path: str, absent: dict[str, str]) -> None:
    """Somebody who is not meant comes to a door, and to the same door of what is not there."""
    is_page = not path.startswith("/v1/")
    there, nowhere = fill(path, world.ids), fill(path, absent)
    answer = await world.call(role, method, there, is_page=is_page)
    where = f"{role}: {method} {path} -> {answer.status_code} {answer.text[:300]}"
    if role in NOBODY and is_page:
        is_shown_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert is_shown_in or answer.status_code == 401, where
        return
    # 409: a part of a page that is told why it was not done.
    assert answer.status_code in ((401, 403, 404, 409, 422) if is_page else (401, 403, 404, 422)), where
    if role in NOBODY:
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), where
    twin = await world.call(role, method, nowhere, is_page=is_page)
    assert plain(answer, there) == plain(twin, nowhere), f"{where}\nfor what is not there: {twin.text[:300]}"


async def test_what_somebody_can_read_holds_nothing_that_is_not_theirs(doors):
    world = await build_world(doors)
    for role in ROLES:
        read = set()
        for method, path, _ in routes_of(doors.app):
            if method != "GET" or path in ("/v1/live", "/metrics") or {"version", "file"} & set(names_in(path)):
                continue
            answer = await world.call(role, method, fill(path, world.ids), is_page=not path.startswith("/v1/"))
            assert answer.status_code < 500, f"{role}: {path} {answer.text[:300]}"
            if answer.status_code == 200:
                read.add(path)
            for canary, meant_for in CANARIES.items():
                assert role in meant_for or canary not in answer.text, f"{role} reads {canary} in {path}"
            assert role == "giver" or world.link_token not in answer.text, f"{role} reads the link's token in {path}"
        assert {"/v1/products", "/", "/docs"} <= read
        assert role in NOBODY or {"/v1/me", "/v1/orders", "/orders", "/v1/notices"} <= read


async def test_insiders_do_read_what_is_theirs(doors):
    world = await build_world(doors)
    for method, path, handler in routes_of(doors.app):
        if method != "GET" or not names_in(path) or path.startswith(("/static", "/media")):
            continue
        out = outsiders(path, handler.opt["audience"])
        for role in set(ROLES) - out if out else ():
            answer = await world.call(role, "GET", fill(path, world.ids), is_page=not path.startswith("/v1/"))
            assert answer.status_code in (200, 303), f"{role}: {path} {answer.status_code} {answer.text[:200]}"


async def test_a_recipient_reads_no_amount_and_a_giver_no_address_or_style(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    gift = await give(doors, an, town.bo, town.red, greeting="好")
    asked = {"gift_id": gift["gift_id"], "address_id": str(town.addresses[town.bo]), "sku_id": str(town.blue)}
    await bo.ok("POST", "/v1/gifts/openings", {"gift_id": gift["gift_id"]})
    opened = await bo.ok("GET", f"/v1/gifts/{gift['gift_id']}")
    assert opened["kind"] == "open" and "12900" not in str(opened) and "129.00" not in str(opened)
    await bo.ok("POST", "/v1/gifts/claims", asked)
    await ship(doors, gift["order_id"], "SF5001")
    await bo.ok("POST", "/v1/aftersales", {"order_id": gift["order_id"], "reason": "碎了"})
    await doors.settle()
    for path in (
        "/v1/gifts/{gift_id}",
        "/v1/gifts/received",
        "/v1/orders/{order_id}",
        "/v1/orders",
        "/v1/aftersales",
        "/v1/notices",
        "/v1/threads",
        "/v1/me/account",
    ):
        said = str(await bo.ok("GET", path.format(**gift)))
        assert "12900" not in said and "129.00" not in said, path
    for page in ("/gifts/{gift_id}", "/orders/{order_id}", "/gifts", "/orders", "/notices"):
        said = (await doors.client.get(page.format(**gift), headers={"cookie": f"renqing={bo.token}"})).text
        assert "129" not in re.sub(r"\d{6,}", "", said), page
    for path in ("/v1/gifts/{gift_id}", "/v1/gifts/sent", "/v1/notices", "/v1/threads", "/v1/orders/{order_id}"):
        said = str(await an.ok("GET", path.format(**gift)))
        assert "文三路" not in said and "13800000001" not in said and "蓝" not in said, path
    for page in ("/gifts/{gift_id}", "/gifts", "/notices"):
        said = (await doors.client.get(page.format(**gift), headers={"cookie": f"renqing={an.token}"})).text
        assert "文三路" not in said and "13800000001" not in said and "蓝" not in said, page


async def test_other_methods_slashes_and_cases_open_nothing(doors):
    world = await build_world(doors)
    for method, path, handler in routes_of(doors.app):
        if method != "GET" or handler.opt["audience"] not in (Audience.STAFF, Audience.OPERATOR):
            continue
        there = fill(path, world.ids)
        headers = {"authorization": f"Bearer {world.tokens['stranger']}", "x-http-method-override": "GET"}
        for other, spelled in (
            ("OPTIONS", there),
            ("HEAD", there),
            ("TRACE", there),
            ("GET", there + "/"),
            ("GET", there.upper()),
            ("GET", there.replace("/", "//", 2)),
        ):
            answer = await doors.client.request(other, spelled, headers=headers)
            assert answer.status_code in (204, 401, 403, 404, 405), (other, spelled)


async def test_a_role_ends_with_the_next_request_and_a_sign_in_with_its_end(doors):
    town = doors.town
    world = await build_world(doors)
    clerk = await doors.caller(town.cai)
    ground = doors.house.ground
    await ground.db.run(lambda tx: people.add_staff(tx, town.shop_id, town.cai, people.Role.CLERK))
    await clerk.ok("GET", f"/v1/shops/{town.shop_id}/orders")
    await ground.db.run(lambda tx: people.remove_staff(tx, town.shop_id, town.cai))
    assert await clerk.refused("GET", f"/v1/shops/{town.shop_id}/orders") == (404, "not_found")
    await clerk.ok("DELETE", "/v1/sign-ins/current")
    assert await clerk.refused("GET", "/v1/me") == (401, "not_signed_in")
    one, other = await doors.callers(town.an, town.an)
    await one.ok("DELETE", "/v1/sign-ins")
    for caller in (one, other):
        answer = await caller.get("/v1/me")
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert world.tokens["giver"]


async def test_a_clerk_does_not_decide_what_the_owner_decides(doors):
    world = await build_world(doors)
    before = await everything(doors.house.ground)
    owners = set()
    for method, path, handler in routes_of(doors.app):
        if handler.opt["audience"] is not Audience.STAFF or method == "GET":
            continue
        is_page, where = not path.startswith("/v1/"), f"{method} {path}"
        said = world.named if is_page else None
        answer = await world.call("clerk", method, fill(path, world.ids), is_page=is_page, says=said)
        if OWNERS_WORDS in answer.text:
            owners.add(where)
            assert answer.status_code in (403, 409, 422), where
            assert not moved(before, await everything(doors.house.ground)), where
        else:
            assert answer.status_code < 500 and answer.status_code not in (401, 403, 404), (where, answer.text)
            before = await everything(doors.house.ground)
    assert owners == OWNERS_ONLY


async def test_a_demos_doors_are_in_no_other_house(database_url, tmp_path):
    async with open_house(database_url, tmp_path, mode="test") as doors:
        nobody = await doors.client.get("/v1/unheard-of", headers={"accept": "application/json"})
        for method, path, handler in routes_of(doors.app):
            if handler.opt["audience"] is Audience.DEMO:
                answer = await doors.client.request(
                    method,
                    fill(path, {"phone": "13800000001"}),
                    json={} if method == "POST" else None,
                    headers={"accept": "application/json", "idempotency-key": "x"},
                )
                assert (answer.status_code, answer.json()) == (404, nobody.json()), f"{method} {path}"


async def test_metrics_are_for_the_operators_own_machines(doors):
    assert (await doors.client.get("/metrics")).status_code == 200
    for header in ("x-forwarded-for", "forwarded", "x-real-ip"):
        assert (await doors.client.get("/metrics", headers={header: "10.0.0.7"})).status_code == 404
    for path in ("/healthz", "/readyz"):
        assert (await doors.client.get(path)).status_code == 200

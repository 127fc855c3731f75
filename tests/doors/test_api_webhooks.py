"""Webhooks from outside: a program of a shop's is told over a real socket, and nobody reads or changes another's."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from callers import buy
from receiver import verify

from renqing.books import people
from renqing.trade.webhooks import EVENTS

PLACE = "/v1/operator/webhook-endpoints"


class Till:
    """A shop's own program, on a socket of this machine: takes what it verifies, answers as it is told."""

    def __init__(self) -> None:
        self.secrets: list[str] = []
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        self.heard: list[dict] = []
        self.url = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        self.heard.append(verify(self.secrets, headers, body))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def open_till():
    till = Till()
    server = await asyncio.start_server(till, "127.0.0.1", 0)
    till.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/renqing"
    try:
        yield till
    finally:
        server.close()


def hooks(doors) -> str:
    return f"/v1/shops/{doors.town.shop_id}/webhook-endpoints"


async def owner_and_clerk(doors):
    town, ground = doors.town, doors.house.ground
    clerk = await ground.db.run(lambda tx: people.join(tx, name="店员"))
    await ground.db.run(lambda tx: people.add_staff(tx, town.shop_id, clerk.id, people.Role.CLERK))
    return await doors.callers(town.owner_id, clerk.id)


async def other_merchant(doors):
    ground = doors.house.ground
    person = await ground.db.run(lambda tx: people.join(tx, name="别家"))
    shop = await ground.db.run(lambda tx: people.open_shop(tx, people.NewShop(name_zh="别家铺"), person.id))
    return await doors.caller(person.id), f"/v1/shops/{shop.id}/webhook-endpoints"


async def operator_of(doors):
    ground = doors.house.ground
    person = await ground.db.run(lambda tx: people.join(tx, name="平台"))
    await ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, person.id, people.Role.OPERATOR))
    return await doors.caller(person.id)


async def test_a_shops_program_hears_verifies_is_looked_up_and_told_again(doors):
    owner, clerk = await owner_and_clerk(doors)
    an = await doors.caller(doors.town.an)
    async with open_till() as till:
        made = await owner.ok("POST", hooks(doors), {"url": till.url, "description": "收银", "types": ["order.paid"]})
        till.secrets = [made["secret"]]
        order_id = (await buy(doors, an, doors.town.red)).rpartition("/")[2]
        await doors.settle()
        (said,) = till.heard
        assert (said["type"], said["data"]["order_id"], said["sequence"]) == ("order.paid", order_id, 1)
        endpoint = f"{hooks(doors)}/{made['endpoint_id']}"
        seen = await clerk.ok("GET", endpoint)
        assert (seen["state"], seen["waiting"], seen["types"]) == ("on", 0, ["order.paid"]) and seen[
            "last_delivered_at"
        ]
        assert [one["id"] for one in await clerk.ok("GET", hooks(doors))] == [made["endpoint_id"]]
        (row,) = (await clerk.ok("GET", f"{endpoint}/deliveries", params={"wanted": "delivered"}))["deliveries"]
        whole = await clerk.ok("GET", f"{endpoint}/deliveries/{row['id']}")
        assert json.loads(whole["body"]) == said and [one["status"] for one in whole["tries"]] == [204]
        assert (await clerk.ok("GET", f"{endpoint}/deliveries", params={"wanted": "waiting"}))["deliveries"] == []
        assert (await owner.ok("POST", f"{endpoint}/deliveries/{row['id']}/replays"))["deliveries"] == 1
        await doors.settle()
        asked = {"since": "2026-01-01T00:00:00Z"}
        assert (await owner.ok("POST", f"{endpoint}/replays", asked))["deliveries"] == 1
        await owner.ok("POST", f"{endpoint}/test-events")
        await doors.settle()
        assert sorted(one["type"] for one in till.heard) == ["order.paid"] * 3 + ["webhook.test"]
        fresh = await owner.ok("POST", f"{endpoint}/secret-rotations")
        till.secrets = [fresh["secret"]]
        await owner.ok("POST", f"{endpoint}/test-events")
        await doors.settle()
        assert len(till.heard) == 5 and (await owner.ok("GET", endpoint))["former_secret_until"]
        await owner.ok("PUT", endpoint, {"url": till.url, "on": False})
        assert await owner.refused("POST", f"{endpoint}/test-events") == (409, "webhook_endpoint_off")
        await owner.ok("DELETE", endpoint)
        assert await owner.refused("GET", endpoint) == (404, "webhook_endpoint_unknown")
        assert await owner.ok("GET", hooks(doors)) == []


async def test_pages_of_deliveries_follow_each_other(doors):
    owner = await doors.caller(doors.town.owner_id)
    async with open_till() as till:
        made = await owner.ok("POST", hooks(doors), {"url": till.url})
        till.secrets, endpoint = [made["secret"]], f"{hooks(doors)}/{made['endpoint_id']}"
        for _ in range(3):
            await owner.ok("POST", f"{endpoint}/test-events")
        await doors.settle()
        first = await owner.ok("GET", f"{endpoint}/deliveries", params={"limit": 2})
        rest = await owner.ok("GET", f"{endpoint}/deliveries", params={"limit": 2, "cursor": first["next_cursor"]})
        assert (len(first["deliveries"]), len(rest["deliveries"]), rest["next_cursor"]) == (2, 1, None)
        assert await owner.refused("GET", f"{endpoint}/deliveries?cursor=x") == (422, "cursor_not_valid")
        assert await owner.refused("GET", f"{endpoint}/deliveries?wanted=x") == (422, "parameter_not_valid")


async def test_what_a_program_did_not_take_is_told_as_it_was(doors):
    owner = await doors.caller(doors.town.owner_id)
    async with open_till() as till:
        till.answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
        made = await owner.ok("POST", hooks(doors), {"url": till.url})
        till.secrets, endpoint = [made["secret"]], f"{hooks(doors)}/{made['endpoint_id']}"
        await owner.ok("POST", f"{endpoint}/test-events")
        await doors.settle()
        (row,) = (await owner.ok("GET", f"{endpoint}/deliveries"))["deliveries"]
        assert (row["state"], row["tries"], row["last_status"]) == ("waiting", 1, 302) and row["next_try_at"]
        assert (await owner.ok("GET", endpoint))["failing_since"]


async def test_a_secret_is_told_once_and_stands_nowhere_in_the_database(doors):
    owner, clerk = await owner_and_clerk(doors)
    body = {"url": "https://hooks.example.com/x"}
    made = await owner.ok("POST", hooks(doors), body, key="the-same")
    assert await owner.ok("POST", hooks(doors), body, key="the-same") == made
    endpoint = f"{hooks(doors)}/{made['endpoint_id']}"
    fresh = await owner.ok("POST", f"{endpoint}/secret-rotations")
    assert fresh["secret"] != made["secret"]
    for caller in (owner, clerk):
        for path in (hooks(doors), endpoint, f"{endpoint}/deliveries"):
            said = json.dumps(await caller.ok("GET", path))
            assert "whsec_" not in said and made["secret"][6:] not in said
    for table in ("once_answer", "webhook_endpoint", "outbox_fact", "webhook_delivery"):
        rows = await doors.house.ground.db.fetch(f"SELECT t::text AS said FROM {table} t")
        for secret in (made["secret"][6:], fresh["secret"][6:]):
            found = (secret, secret.encode().hex())
            assert not [row for row in rows if any(form in row["said"] for form in found)], table


async def test_another_shop_learns_changes_and_replays_nothing(doors):
    owner = await doors.caller(doors.town.owner_id)
    other, theirs = await other_merchant(doors)
    made = await owner.ok("POST", hooks(doors), {"url": "https://hooks.example.com/x"})
    await owner.ok("PUT", f"{hooks(doors)}/{made['endpoint_id']}", {"url": "https://hooks.example.com/x", "on": False})
    ground = doors.house.ground
    delivery = 404
    body = {"url": "https://evil.example.com/x"}
    since = {"since": "2026-01-01T00:00:00Z"}
    before = [tuple(row) for row in await ground.db.fetch("SELECT * FROM webhook_endpoint")]
    for base, code in ((hooks(doors), "shop_unknown"), (theirs, "webhook_endpoint_unknown")):
        endpoint = f"{base}/{made['endpoint_id']}"
        for method, path, asked in (
            ("GET", endpoint, None),
            ("PUT", endpoint, body),
            ("DELETE", endpoint, None),
            ("POST", f"{endpoint}/secret-rotations", None),
            ("POST", f"{endpoint}/test-events", None),
            ("POST", f"{endpoint}/replays", since),
            ("GET", f"{endpoint}/deliveries", None),
            ("GET", f"{endpoint}/deliveries/{delivery}", None),
            ("POST", f"{endpoint}/deliveries/{delivery}/replays", None),
        ):
            assert await other.refused(method, path, asked) == (404, code), (method, path)
    assert await other.refused("POST", hooks(doors), body) == (404, "shop_unknown")
    assert [tuple(row) for row in await ground.db.fetch("SELECT * FROM webhook_endpoint")] == before
    assert await ground.db.fetchval("SELECT count(*) FROM webhook_delivery") == 0


async def test_a_clerk_reads_and_its_owner_decides(doors):
    owner, clerk = await owner_and_clerk(doors)
    made = await owner.ok("POST", hooks(doors), {"url": "https://hooks.example.com/x"})
    endpoint = f"{hooks(doors)}/{made['endpoint_id']}"
    await clerk.ok("GET", endpoint)
    for method, path, asked in (
        ("POST", hooks(doors), {"url": "https://evil.example.com/x"}),
        ("PUT", endpoint, {"url": "https://evil.example.com/x"}),
        ("POST", f"{endpoint}/secret-rotations", None),
        ("DELETE", endpoint, None),
    ):
        assert await clerk.refused(method, path, asked) == (403, "owners_only")


async def test_the_platform_has_its_own_and_looks_at_a_shops_without_changing_it(doors):
    owner, operator = await doors.caller(doors.town.owner_id), await operator_of(doors)
    an = await doors.caller(doors.town.an)
    shops = await owner.ok("POST", hooks(doors), {"url": "https://hooks.example.com/x"})
    await owner.ok("PUT", f"{hooks(doors)}/{shops['endpoint_id']}", {"url": "https://hooks.example.com/x", "on": False})
    async with open_till() as till:
        made = await operator.ok("POST", PLACE, {"url": till.url, "types": ["gift.opened", "order.paid"]})
        till.secrets = [made["secret"]]
        await buy(doors, an, doors.town.red)
        await doors.settle()
        assert [one["type"] for one in till.heard] == ["order.paid"]
        assert [one["id"] for one in await operator.ok("GET", PLACE)] == [made["endpoint_id"]]
        seen = await operator.ok("GET", f"{PLACE}/{shops['endpoint_id']}")
        assert (seen["shop_id"], seen["state"], seen["waiting"]) == (str(doors.town.shop_id), "paused", 1)
        (row,) = (await operator.ok("GET", f"{PLACE}/{shops['endpoint_id']}/deliveries"))["deliveries"]
        await operator.ok("GET", f"{PLACE}/{shops['endpoint_id']}/deliveries/{row['id']}")
        unknown = (404, "webhook_endpoint_unknown")
        assert await operator.refused("DELETE", f"{PLACE}/{shops['endpoint_id']}") == unknown
        assert await operator.refused("POST", f"{PLACE}/{shops['endpoint_id']}/secret-rotations") == unknown
        assert (await operator.ok("POST", f"{PLACE}/{made['endpoint_id']}/replays", {"since": "2026-01-01T00:00:00Z"}))[
            "deliveries"
        ] == 1
        delivery = (await operator.ok("GET", f"{PLACE}/{made['endpoint_id']}/deliveries"))["deliveries"][0]["id"]
        again = f"{PLACE}/{made['endpoint_id']}/deliveries/{delivery}/replays"
        assert (await operator.ok("POST", again))["deliveries"] == 0, "it waits already"
        assert await operator.refused("POST", again.replace(delivery, "404")) == (404, "webhook_delivery_unknown")
        await operator.ok("PUT", f"{PLACE}/{made['endpoint_id']}", {"url": till.url})
        await operator.ok("POST", f"{PLACE}/{made['endpoint_id']}/test-events")
        await operator.ok("DELETE", f"{PLACE}/{made['endpoint_id']}")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example.com/", "scheme"),
        ("https://169.254.169.254/latest/meta-data/", "inside"),
        ("https://[::ffff:10.0.0.1]/", "inside"),
        ("https://127.1/", "host"),
        ("https://2130706433/", "host"),
        ("https://user@hooks.example.com/", "characters"),
        ("https://hooks.example.com:5432/", "port"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "scheme"),
    ],
)
async def test_an_address_that_leads_inside_is_refused_with_its_reason_and_words(doors, url, reason):
    owner = await doors.caller(doors.town.owner_id)
    answer = await owner.post(hooks(doors), {"url": url})
    assert (answer.status, answer.code, answer.body["facts"]) == (422, "webhook_url_not_allowed", {"reason": reason})
    assert await doors.house.ground.db.fetchval("SELECT count(*) FROM webhook_endpoint") == 0


async def test_a_body_that_says_more_than_it_may_is_refused(doors):
    owner = await doors.caller(doors.town.owner_id)
    made = await owner.ok("POST", hooks(doors), {"url": "https://hooks.example.com/x"})
    endpoint = f"{hooks(doors)}/{made['endpoint_id']}"
    for more in (
        *({"shop_id": "0"}, {"secret": "whsec_AAAA"}, {"state": "on"}, {"id": "1"}, {"failing_since": None}),
        *({"kinds": []}, {"kinds_since": "2000-01-01T00:00:00Z"}, {"types": ["x" * 41]}, {"types": "all"}, {"on": 1}),
    ):
        for method, path in (("POST", hooks(doors)), ("PUT", endpoint)):
            asked = {"url": "https://hooks.example.com/y", **more}
            assert await owner.refused(method, path, asked) == (422, "body_not_valid"), more
    for types in (["gift.opened"], ["gift.stolen"]):
        asked = {"url": "https://hooks.example.com/y", "types": types}
        assert await owner.refused("POST", hooks(doors), asked) == (422, "webhook_event_type_unknown")
    assert len(await owner.ok("GET", hooks(doors))) == 1


async def test_the_event_types_are_published_with_their_schemas(doors):
    nobody = await doors.caller()
    types = await nobody.ok("GET", "/v1/webhook-event-types")
    assert [one["type"] for one in types] == list(EVENTS)
    assert all(one["schema"]["properties"]["data"]["$ref"].startswith("#/$defs/") for one in types)
    said = json.dumps(types)
    assert not [word for word in ("phone", "address", "recipient_name", "detail", "greeting") if f'"{word}"' in said]

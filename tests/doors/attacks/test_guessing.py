"""Guessing what opens something: the same words, status and time for whatever does not open, and few tries."""

from __future__ import annotations

import ast
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from callers import give, make_operator
from open_house import Caller

import renqing
from renqing.books import people
from renqing.foundation.clock import SystemClock
from renqing.foundation.ids import NodeIds

TOKEN_BITS_MIN = 160
PAIRS = 150
# How often of two that cost the same the one costs more: half, give or take. With 150 pairs five standard deviations
# are 0.2; what one more question to the database costs shows as 0.9 and more. CPU time is compared and not the clock's,
# which on a machine with neighbours says more about them.
FAIR = (0.29, 0.71)

Ask = Callable[[], Awaitable[Any]]


async def dearer_share(one: Ask, other: Ask, pairs: int = PAIRS) -> float:
    """Of pairs asked one after the other, each first in every second: how often the one cost more."""
    dearer = 0
    for n in range(pairs):
        took = {}
        for ask in (one, other) if n % 2 else (other, one):
            began = time.process_time()
            await ask()
            took[ask] = time.process_time() - began
        dearer += took[one] > took[other]
    return dearer / pairs


def looks_at(caller: Caller, token: str) -> Ask:
    async def look() -> None:
        caller.doors.house.ground.limits.__init__()
        await caller.post("/v1/gifts/lookups", {"token": token}, key="")

    return look


async def links_of(doors: Any) -> dict[str, str]:
    """A link of each kind that does not open any more, and one that does."""
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    links, gifts = {}, {}
    for name in ("claimed", "refused", "withdrawn", "expired"):
        gifts[name] = await give(doors, an, None, town.red)
        links[name] = (await an.ok("GET", f"/v1/gifts/{gifts[name]['gift_id']}"))["link_token"]
    address = {"address_id": str(town.addresses[town.bo])}
    await bo.ok("POST", "/v1/gifts/claims", {"token": links["claimed"], **address})
    await bo.ok("POST", "/v1/gifts/refusals", {"token": links["refused"], "sentence": "have_one"})
    await an.ok("POST", f"/v1/gifts/{gifts['withdrawn']['gift_id']}/withdrawal")
    await doors.pass_time(hours=25)
    live = await give(doors, an, None, town.red)
    links["live"] = (await an.ok("GET", f"/v1/gifts/{live['gift_id']}"))["link_token"]
    return links


async def test_a_link_that_is_over_cannot_be_told_from_one_that_never_was(doors):
    links = await links_of(doors)
    live = links.pop("live")
    nobody = await doors.caller()
    never = "A" * len(live)
    cut_off_or_changed = {"cut": live[:-1], "longer": live + "A", "other case": live.swapcase(), "turned": live[::-1]}
    said = {}
    for name, token in {**links, **cut_off_or_changed, "never": never}.items():
        answer = await nobody.post("/v1/gifts/lookups", {"token": token}, key="")
        assert answer.status == 404, name
        said[name] = (answer.status, str(answer.body), sorted(answer.headers.keys()))
    assert len({str(one) for one in said.values()}) == 1, said
    page = {
        name: re.sub(
            r"[A-Za-z0-9_-]{30,}|data-now=\"\d+\"",
            "#",
            (await doors.client.post("/g/look", data={"token": token}, headers={"accept": "text/html"})).text,
        )
        for name, token in {**links, "never": never}.items()
    }
    assert len(set(page.values())) == 1


async def test_a_link_that_is_over_costs_the_same_time_as_one_that_never_was(doors):
    links = await links_of(doors)
    live = links.pop("live")
    nobody = await doors.caller()
    never = looks_at(nobody, "A" * len(live))
    assert await dearer_share(looks_at(nobody, live), never) > FAIR[1], "the instrument sees what does differ"
    for name, token in links.items():
        assert FAIR[0] < await dearer_share(looks_at(nobody, token), never) < FAIR[1], name


async def test_a_sign_in_that_is_over_costs_the_same_time_as_one_that_never_was(doors):
    town, ground = doors.town, doors.house.ground
    gone, old = await doors.callers(town.an, town.an)
    await gone.ok("DELETE", "/v1/sign-ins/current")
    await ground.db.run(
        lambda tx: tx.execute(
            "UPDATE people_sign_in SET expires_at = $1 WHERE token_hash = $2",
            tx.now,
            tx.keys.keyed_hash("sign_in", old.token),
        )
    )
    never = Caller(doors, "A" * len(old.token))
    said = {str((await one.get("/v1/me")).body) for one in (gone, old, never)}
    assert len(said) == 1
    for one in (gone, old):
        share = await dearer_share(lambda one=one: one.get("/v1/me"), lambda: never.get("/v1/me"))
        assert FAIR[0] < share < FAIR[1]


async def test_somebody_elses_order_costs_the_same_time_as_one_that_is_not_there(doors):
    town = doors.town
    an, stranger = await doors.callers(town.an, town.stranger)
    asked = {"lines": [{"sku_id": str(town.red)}], "address_id": str(town.addresses[town.an])}
    order = (await an.ok("POST", "/v1/orders", asked))["order_id"]
    foreign, absent = f"/v1/orders/{order}", f"/v1/orders/{int(order) - 1}"
    said = [str((await stranger.get(path)).body).replace(path[-18:], "#") for path in (foreign, absent)]
    assert said[0] == said[1]
    share = await dearer_share(lambda: stranger.get(foreign), lambda: stranger.get(absent))
    assert FAIR[0] < share < FAIR[1]
    share = await dearer_share(lambda: an.get(foreign), lambda: an.get(absent))
    assert share > FAIR[1], "the instrument sees what does differ"


async def test_a_phone_that_nobody_has_is_answered_as_one_that_somebody_has(doors):
    """The words are the same, and so is the work: a password is hashed for nobody too."""
    ground, town = doors.house.ground, doors.town
    hashed = await people.hash_password("a long password")

    async def give_phone(tx: Any) -> None:
        person = await people.join(tx, name="有人", phone="13800000055")
        await people.set_password(tx, person.id, hashed)

    await ground.db.run(give_phone)
    nobody = await doors.caller()
    took: dict[str, list[float]] = {"13800000055": [], "13800000056": []}
    said = set()
    for _ in range(8):
        for phone, times in took.items():
            ground.limits.__init__()
            began = time.process_time()
            answer = await nobody.post("/v1/sign-ins/by-password", {"phone": phone, "password": "not that one"})
            times.append(time.process_time() - began)
            said.add((answer.status, str(answer.body)))
    assert len(said) == 1, said
    known, unknown = (statistics.median(times) for times in took.values())
    assert 0.7 < known / unknown < 1.4, (known, unknown)
    codes = [await nobody.post("/v1/sign-in-codes", {"phone": phone}) for phone in took]
    assert str(codes[0].body) == str(codes[1].body) and codes[0].status == codes[1].status
    assert town.an


def test_what_opens_something_is_too_long_to_be_guessed():
    """A million guesses at 160 bits hit once in 10^42 tries; nothing that opens something is shorter."""
    ids = NodeIds(1)
    tokens = {ids.token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    for token in tokens:
        assert len(token) * 6 >= TOKEN_BITS_MIN and re.fullmatch(r"[A-Za-z0-9_-]+", token)
    signs = [sign for token in tokens for sign in token]
    assert len(set(signs)) == 64
    most = max(signs.count(sign) for sign in set(signs)) / len(signs)
    assert most < 1.3 / 64, "no sign is likelier than the others"
    assert SystemClock().now()


# limits --------------------------------------------------------------------------------------------------------------
async def _codes(doors: Any, n: int) -> Any:
    return await (await doors.caller()).post("/v1/sign-in-codes", {"phone": f"138100{n:05d}"})


async def _sign_ins(doors: Any, n: int) -> Any:
    return await (await doors.caller()).post("/v1/sign-ins", {"phone": f"138100{n:05d}", "code": "000000"})


async def _passwords(doors: Any, n: int) -> Any:
    asked = {"phone": "13810000001", "password": f"not that one {n}"}
    return await (await doors.caller()).post("/v1/sign-ins/by-password", asked)


async def _looks(doors: Any, n: int) -> Any:
    return await (await doors.caller()).post("/v1/gifts/lookups", {"token": f"{n:032d}"}, key="")


async def _messages(doors: Any, n: int) -> Any:
    return await doors.an.post("/v1/messages", {"person_id": str(doors.town.bo), "body": f"{n}"})


async def _asks(doors: Any, n: int) -> Any:
    return await doors.an.post("/v1/friend-asks", {"phone": f"138200{n:05d}"})


async def _checks(doors: Any, _n: int) -> Any:
    return await doors.operator.post("/v1/operator/checks", None)


async def _have_it_asks(doors: Any, _n: int) -> Any:
    return await doors.an.get(f"/v1/people/{doors.town.bo}/have-it/{doors.town.product_id}")


async def _files(doors: Any, n: int) -> Any:
    return await doors.an.call("POST", "/v1/media", raw=b"no picture %d" % n, params={"kind": "picture"})


async def _voucher_codes(doors: Any, n: int) -> Any:
    asked = {"voucher_code": f"{n:016d}", "location_id": "1"}
    keeper = await doors.caller(doors.town.owner_id)
    return await keeper.post(f"/v1/shops/{doors.town.shop_id}/voucher-lookups", asked, key="")


LIMITS: dict[str, Callable[[Any, int], Awaitable[Any]]] = {
    "codes_from_address": _codes,
    "sign_ins_from_address": _sign_ins,
    "password_tries": _passwords,
    "gift_looks_from_address": _looks,
    "messages": _messages,
    "friend_asks": _asks,
    "checks": _checks,
    "have_it_asks": _have_it_asks,
    "media_tries": _files,
    "voucher_codes_from_address": _voucher_codes,
}


def rates() -> dict[str, int]:
    """Every rate that the source names, and its count."""
    found = {}
    for file in Path(renqing.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rate" and node.args:
                name = getattr(node.args[0], "value", None)
                counts = [one.value.value for one in node.keywords if one.arg == "count"]
                if isinstance(name, str) and counts:
                    found[name] = counts[0]
    return found


def test_every_rate_has_its_try():
    assert rates().keys() == LIMITS.keys()


@pytest.mark.parametrize("name", LIMITS)
async def test_one_more_than_a_rate_allows_is_refused_and_told_when(doors, name):
    doors.an = await doors.caller(doors.town.an)
    doors.operator = await make_operator(doors)
    doors.house.ground.limits.__init__()
    count = rates()[name]
    began = time.monotonic()
    answers = [await LIMITS[name](doors, n) for n in range(count)]
    assert 429 not in {answer.status for answer in answers}
    refilled = int((time.monotonic() - began) * count / 60) + 1  # the fastest window is a minute
    answers = [await LIMITS[name](doors, count + n) for n in range(refilled + 1)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused, name
    assert refused[0].body["facts"]["limit"] == name
    assert int(refused[0].headers["retry-after"]) >= 1

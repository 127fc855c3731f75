"""Forms as no page sends them: fields missing, empty, doubled, or of somebody who would like to decide more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from moved import everything, moved
from subjects import outsiders
from world import FORM, World, build_world, callers_of, fill

from renqing.doors.access import Audience
from renqing.main import routes_of
from renqing.views.check import check

# What nobody may say of themselves, or of what they buy.
HOSTILE: dict[str, Any] = {
    "price": 1,
    "amount": 1,
    "total": 1,
    "total_amount": 1,
    "unit_price": 1,
    "status": "paid",
    "state": 100,
    "owner_id": "1",
    "payer_id": "1",
    "claimed_by": "1",
    "giver_id": "1",
    "role": "operator",
    "is_operator": True,
    "fee_ppm": 0,
    "commission_rate": 0,
    "paid_at": "2026-01-01T00:00:00Z",
    "balance": 10**9,
    "popularity": 10**9,
    "shop_id": "1",
    "id": "1",
    "__proto__": {},
}
PAGES_ROLES = ("giver", "recipient", "member", "clerk", "operator")


def posts_of(doors: Any) -> Iterator[tuple[str, Any]]:
    """Every form of a page."""
    for method, path, handler in routes_of(doors.app):
        if method == "POST" and not path.startswith(("/v1/", "/callbacks")):
            yield path, handler


async def test_a_form_may_lack_any_field_and_is_answered(doors):
    world = await build_world(doors)
    for path, handler in posts_of(doors):
        for role in PAGES_ROLES:
            if role in outsiders(path, handler.opt["audience"]):
                continue
            for form in ({}, dict.fromkeys(FORM, ""), dict.fromkeys(FORM, "\N{FACE WITH TEARS OF JOY}" * 300)):
                doors.house.ground.limits.__init__()  # what is tried here is not how often
                headers = {"cookie": f"renqing={world.tokens[role]}", "accept": "text/html"}
                answer = await doors.client.post(fill(path, world.ids), data=form, headers=headers)
                assert answer.status_code < 500, (role, path, form)


@pytest.mark.parametrize("path", ["/sign-in/code", "/sign-in/phone", "/sign-in/password", "/demo/be", "/g/look"])
async def test_a_form_of_nobody_may_lack_any_field_too(doors, path):
    for form in ({}, {"phone": ""}, {"phone": "13800000001"}, {"once": "x"}, {"code": "123456", "once": "y"}):
        answer = await doors.client.post(path, data=form, headers={"accept": "text/html"})
        assert answer.status_code < 500, form


async def test_a_body_takes_no_field_that_decides_what_its_sender_may_not(doors):
    world = await build_world(doors)
    callers = await callers_of(doors, world)
    before, tried = await everything(doors.house.ground), 0
    for template, operations in doors.document["paths"].items():
        for method, operation in operations.items():
            path = template.format(**world.ids)
            usual = world.body_of(method.upper(), path)
            if usual is None or method == "get" or operation["x-audience"] == "channel":
                continue
            caller = callers.get(operation["x-audience"], callers["person"])
            for body, field in with_more(usual, known_fields(doors.document, operation)):
                doors.house.ground.limits.__init__()
                answer = await caller.call(method.upper(), path, body=body)
                assert (answer.status, answer.code) == (422, "body_not_valid"), (method, path, field, answer.body)
                tried += 1
    assert tried > 800
    assert not moved(before, await everything(doors.house.ground))


def known_fields(document: Any, operation: Any) -> set[str]:
    """The fields that a route's body has at its top."""
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return set(document["components"]["schemas"][name]["properties"])


def with_more(usual: dict[str, Any], known: set[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """A body with one field too many, at its top and inside its lists."""
    for field, value in HOSTILE.items():
        if field not in known:
            yield {**usual, field: value}, field
    for name, inside in usual.items():
        if isinstance(inside, list) and inside and isinstance(inside[0], dict):
            yield {**usual, name: [{**inside[0], "unit_price_minor": 1}]}, f"{name}[]"


async def test_a_page_hears_no_field_that_decides_what_its_reader_may_not(doors):
    """Pages pass over what they do not ask for: nobody rises, no price falls, and the books agree."""
    world = await build_world(doors)
    ruled = ("people_staff", "catalog_sku", "catalog_product", "shipping_rate", "people_shop", "stock_movement")
    before = await everything(doors.house.ground)
    for path, handler in posts_of(doors):
        if handler.opt["audience"] not in (Audience.PERSON, Audience.ANYONE) or re.search(r"sign-(in|out)", path):
            continue
        if path.endswith("/give-back"):
            continue  # a voucher that its holder gives back is a piece in stock again, as it should be
        for role in ("giver", "recipient", "member"):
            said = {**world.named, **{name: str(value) for name, value in HOSTILE.items()}}
            doors.house.ground.limits.__init__()
            answer = await world.call(role, "POST", fill(path, world.ids), is_page=True, says=said)
            assert answer.status_code < 500, (role, path)
    await doors.settle()
    changed = {*ruled} & {*moved(before, await everything(doors.house.ground))}
    assert not changed
    assert {one.id for one in (await check(doors.house.ground)).findings if not one.holds} <= {"X2"}
    await assert_prices_are_the_catalogues(world)


async def assert_prices_are_the_catalogues(world: World) -> None:
    wrong = await world.doors.house.ground.db.fetch(
        "SELECT l.order_id FROM order_line l JOIN catalog_sku s ON s.id = l.sku_id WHERE l.unit_price <> s.price"
    )
    assert not wrong

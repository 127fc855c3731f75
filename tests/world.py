"""A town with something of everybody's in it, and requests of everybody about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
from callers import buy, give, ship

from renqing.books import people


def names_in(path: str) -> list[str]:
    """The ids that a route's path has."""
    return re.findall(r"\{(\w+):", path)


def fill(path: str, ids: dict[str, str]) -> str:
    """The path of these things."""
    return re.sub(r"\{(\w+):\w+\}", lambda found: ids[found[1]], path)


@dataclass
class World:
    """A town with something of everybody's in it."""

    doors: Any
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    link_token: str = ""

    async def call(self, role: str, method: str, path: str, *, is_page: bool) -> httpx.Response:
        """A request of somebody's program or browser, with something that fits in its body."""
        headers = {"accept-language": "en", "idempotency-key": f"{role} {method} {path}"[:200]}
        token = self.tokens.get(role)
        if token:
            headers |= {"cookie": f"renqing={token}"} if is_page else {"authorization": f"Bearer {token}"}
        if is_page:
            return await self.doors.client.request(
                method, path, headers={**headers, "accept": "text/html"}, data=FORM if method == "POST" else None
            )
        body = self.body_of(method, path) if method != "GET" else None
        return await self.doors.client.request(method, path, headers=headers, json=body)

    def body_of(self, method: str, path: str) -> Any:
        """A body that the route takes, about things of this world."""
        document = self.doors.document
        for template, operations in document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
                asked = operations[method.lower()].get("requestBody")
                return (
                    None if asked is None else self._value(document, asked["content"]["application/json"]["schema"], "")
                )
        return None

    def _value(self, document: Any, schema: dict[str, Any], name: str) -> Any:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") == "object":
            wanted = [
                *schema.get("required", ()),
                *(one for one in ("gift_id", "thread_id") if one in schema["properties"]),
            ]
            return {one: self._value(document, schema["properties"][one], one) for one in dict.fromkeys(wanted)}
        if "anyOf" in schema:
            return self._value(document, schema["anyOf"][0], name)
        if schema.get("type") == "array":
            return [self._value(document, schema["items"], name.removesuffix("s"))]
        if schema.get("type") in ("integer", "boolean"):
            return schema.get("minimum", 1) or 1
        return self.ids.get(name) or FORM.get(name) or self.link_token


FORM = {
    "once": "a-key-of-a-form",
    "body": "words",
    "name": "Somebody",
    "phone": "13800000099",
    "code": "123456",
    "password": "a long password",
    "carrier": "SF",
    "tracking_number": "SF90909",
    "sentence": "have_one",
    "reason": "broken",
    "verdict": "reject",
    "answer": "no",
    "quantity": "1",
    "kind": "refund",
    "why": "ship",
    "state": "delivered",
    "what": "sale",
    "on": "1",
}


async def build_world(doors: Any) -> World:
    """Everybody has something, through the doors themselves."""
    town, ground = doors.town, doors.house.ground
    made = await ground.db.run(lambda tx: _people(tx, town))
    roles = {"giver": town.an, "recipient": town.bo, "stranger": town.stranger, **made["roles"]}
    callers = {role: await doors.caller(person_id) for role, person_id in roles.items()}
    an, bo = callers["giver"], callers["recipient"]
    world = World(doors, tokens={role: caller.token for role, caller in callers.items()})
    addresses = {}
    for caller, of, phone in ((an, "an", "13800000071"), (bo, "bo", "13800000072")):
        asked = {"region_code": 330106109, "name": "收件人", "phone": phone, "detail": f"canary-address-of-{of}"}
        addresses[of] = (await caller.ok("POST", "/v1/addresses", {**asked, "is_default": True}))["id"]
    town.addresses |= {town.an: int(addresses["an"]), town.bo: int(addresses["bo"])}
    await an.ok("POST", "/v1/cart/lines", {"sku_id": str(town.red)})
    order = (await buy(doors, an, town.red, note="canary-note-of-an-order")).rpartition("/")[2]
    claimed = await give(doors, an, town.bo, town.red, greeting="canary-greeting-claimed")
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": claimed["gift_id"], "address_id": addresses["bo"]})
    parcel = await ship(doors, claimed["order_id"], "SF4001")
    waiting = await give(doors, an, town.bo, town.blue, greeting="canary-greeting-unopened")
    world.link_token = (await an.ok("GET", f"/v1/gifts/{waiting['gift_id']}"))["link_token"]
    asked = {"order_id": claimed["order_id"], "reason": "canary-reason-of-a-case"}
    case = await bo.ok("POST", "/v1/aftersales", asked)
    said = await an.ok("POST", "/v1/messages", {"person_id": str(town.bo), "body": "canary-words-of-a-chat"})
    group = await an.ok("POST", "/v1/groups", {"name": "我们", "person_ids": [str(town.bo)]})
    await doors.settle()
    notice = (await an.ok("GET", "/v1/notices"))["notices"][0]["id"]
    operator = callers["operator"]
    account = (await operator.ok("GET", "/v1/operator/accounts"))["accounts"][0]["id"]
    entry = (await operator.ok("GET", f"/v1/operator/accounts/{account}"))["lines"][0]["entry_id"]
    aside = await ground.db.run(_set_aside)
    world.ids = {
        "order_id": order,
        "gift_id": waiting["gift_id"],
        "thread_id": said["thread_id"],
        "group_id": group["id"],
        "notice_id": notice,
        "address_id": addresses["an"],
        "case_id": case["id"],
        "parcel_id": parcel["parcel_id"],
        "shop_id": str(town.shop_id),
        "product_id": str(town.product_id),
        "sku_id": str(town.red),
        "person_id": str(town.bo),
        "account_id": account,
        "entry_id": entry,
        "timer_id": str(aside["timer"]),
        "fact_id": str(aside["fact"]),
        "category_id": str(made["category"]),
        "region_code": "330000",
        "channel": "sandbox",
        "phone": "13800000099",
        "line_n": "1",
        "version": "x",
        "file": "x",
    }
    return world


async def _people(tx: Any, town: Any) -> dict[str, Any]:
    merchant, clerk, operator = [(await people.join(tx, name=name)).id for name in ("别家", "店员", "平台")]
    await people.open_shop(tx, people.NewShop(name_zh="别家铺"), merchant)
    await people.add_staff(tx, town.shop_id, clerk, people.Role.CLERK)
    await people.add_staff(tx, people.PLATFORM, operator, people.Role.OPERATOR)
    category = await tx.fetchval("SELECT min(id) FROM catalog_category")
    return {"roles": {"other_merchant": merchant, "clerk": clerk, "operator": operator}, "category": category}


async def _set_aside(tx: Any) -> dict[str, int]:
    """A timer and a fact that failed too often."""
    timer = await tx.fetchval(
        """UPDATE timer SET set_aside_at = $1
            WHERE id = (SELECT min(id) FROM timer WHERE kind = 'receive_order') RETURNING id""",
        tx.now,
    )
    fact = await tx.fetchval(
        """UPDATE outbox_fact SET set_aside_at = $1, told_at = NULL
            WHERE id = (SELECT min(id) FROM outbox_fact) RETURNING id""",
        tx.now,
    )
    return {"timer": timer, "fact": fact}

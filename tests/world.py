"""A town with something of everybody's in it, and requests of everybody about it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
from callers import buy, give, ship
from counter_vouchers import buy_vouchers, code_of, open_cafe
from open_house import Caller
from recordings import webm

from renqing.books import catalog, people, stock
from renqing.social import activities, cards, charities, holds, moderation
from renqing.trade import codes, webhooks

NOWHERE = "https://hooks.example.com/nowhere"  # of a paused endpoint: nothing is sent


def names_in(path: str) -> list[str]:
    """The ids that a route's path has."""
    return re.findall(r"\{(\w+):", path)


def fill(path: str, ids: dict[str, str]) -> str:
    """The path of these things."""
    return re.sub(r"\{(\w+):\w+\}", lambda found: ids[found[1]], path)


_asked = count(1)
FILES = (
    "cover_picture",
    "cover_picture_id",
    "voice",
    "voice_id",
    "video",
    "video_id",
    "picture_id",
    "thanks_picture",
    "custom_img",
    "custom_img_id",
)


def said_instead(body: Any, says: dict[str, Any]) -> Any:
    """A body whose fields of these names say something else, wherever in it they stand."""
    if isinstance(body, dict):
        return {
            name: _in_its_shape(inside, says[name]) if name in says else said_instead(inside, says)
            for name, inside in body.items()
        }
    return [said_instead(one, says) for one in body] if isinstance(body, list) else body


def _in_its_shape(inside: Any, value: Any) -> Any:
    return [value] if isinstance(inside, list) and not isinstance(value, list) else value


@dataclass
class World:
    """A town with something of everybody's in it."""

    doors: Any
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    link_token: str = ""
    claimed_order: str = ""  # the order of the claimed gift: the recipient's case is about it
    foreign_shop: dict[str, str] = field(default_factory=dict)  # the other merchant's shop, product and style

    @property
    def named(self) -> dict[str, str]:
        """What the fields of bodies, forms and queries name here."""
        named = {**self.ids, "order": self.claimed_order, "about_id": self.ids["gift_id"], "gift": self.ids["gift_id"]}
        named |= dict.fromkeys(FILES, self.ids["media_id"])
        named |= {"location": self.ids["location_id"], "location_ids": self.ids["location_id"]}
        named |= {"thread": self.ids["thread_id"], "address": self.ids["address_id"]}
        named |= dict.fromkeys(("person", "to", "friend", "person_ids", "recipient_id"), self.ids["person_id"])
        named |= dict.fromkeys(("product", "product_ids"), self.ids["product_id"])
        return {**named, **dict.fromkeys(("sku", "id"), self.ids["sku_id"])}

    async def call(
        self, role: str, method: str, path: str, *, is_page: bool, says: dict[str, Any] | None = None
    ) -> httpx.Response:
        """A request of somebody's program or browser, with something that fits in its body.

        ``says``: what its fields of these names say instead, at any depth; a page's query says it too.
        """
        headers = {"accept-language": "en", "idempotency-key": f"asked-{next(_asked)}"}
        token = self.tokens.get(role)
        if token:
            headers |= {"cookie": f"renqing={token}"} if is_page else {"authorization": f"Bearer {token}"}
        if is_page:
            form = {**FORM, "once": f"asked-{next(_asked)}", **(says or {})} if method == "POST" else None
            headers["accept"] = "text/html"
            query = says if method == "GET" else None
            return await self.doors.client.request(method, path, headers=headers, data=form, params=query)
        body = said_instead(self.body_of(method, path, says or {}), says or {}) if method != "GET" else None
        query = says if method == "GET" else None
        return await self.doors.client.request(method, path, headers=headers, json=body, params=query)

    def body_of(self, method: str, path: str, also: Collection[str] = ()) -> Any:
        """A body that the route takes, about things of this world; with these of its fields that it can do without."""
        document = self.doors.document
        for template, operations in document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in operations:
                asked = operations[method.lower()].get("requestBody")
                said = {} if asked is None else asked["content"].get("application/json", {})
                return self._value(document, said["schema"], "", also) if said else None
        return None

    def _value(self, document: Any, schema: dict[str, Any], name: str, also: Collection[str] = ()) -> Any:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") == "object":
            wanted = [
                *schema.get("required", ()),
                *(one for one in ("gift_id", "thread_id", *also) if one in schema["properties"]),
            ]
            return {one: self._value(document, schema["properties"][one], one) for one in dict.fromkeys(wanted)}
        if "anyOf" in schema:
            return self._value(document, schema["anyOf"][0], name)
        if schema.get("type") == "array":
            return [self._value(document, schema["items"], name.removesuffix("s"))]
        if schema.get("type") in ("integer", "boolean"):
            return schema["type"] == "boolean" or schema.get("minimum", 1) or 1
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
    "step": "pause",
    "since": "2026-11-27T00:00:00Z",
    "url": "https://hooks.example.com/other",
    "on": "1",
    "stock": "1",
    "audience": "link",
    "cards": "1",
    "number": "000000000000",
    "pin": "000000",
    "cover": "thanks",
    "ends": "2026-12-24T18:00",
    "ends_at": "2026-12-24T10:00:00Z",
    "starts": "",
    "month": "12",
    "day": "24",
    "days_before": "3",
    "sum": "990",
    "at": "09:00",
}


async def build_world(doors: Any) -> World:
    """Everybody has something, through the doors themselves."""
    town, ground = doors.town, doors.house.ground
    made = await ground.db.run(lambda tx: _people(tx, town))
    roles = {"giver": town.an, "recipient": town.bo, "member": town.cai, "stranger": town.stranger}
    roles |= made["roles"] | {"erased": await ground.db.run(lambda tx: _old_friend(tx, town))}
    callers = {role: await doors.caller(person_id) for role, person_id in roles.items()}
    an, bo = callers["giver"], callers["recipient"]
    world = World(doors, foreign_shop=made["theirs"], tokens={role: caller.token for role, caller in callers.items()})
    addresses = {}
    for caller, of, phone in ((an, "an", "13800000071"), (bo, "bo", "13800000072")):
        asked = {"region_code": 330106109, "name": "收件人", "phone": phone, "detail": f"canary-address-of-{of}"}
        addresses[of] = (await caller.ok("POST", "/v1/addresses", {**asked, "is_default": True}))["id"]
    town.addresses |= {town.an: int(addresses["an"]), town.bo: int(addresses["bo"])}
    await an.ok("POST", "/v1/cart/lines", {"sku_id": str(town.red)})
    wishes = await an.ok("POST", "/v1/wish-lists", {"name": "canary-wishes", "seen_by": "nobody"})
    await an.ok("POST", "/v1/wishes", {"product_id": str(town.product_id), "list_id": wishes["id"]})
    order = (await buy(doors, an, town.red, note="canary-note-of-an-order")).rpartition("/")[2]
    claimed = await give(doors, an, town.bo, town.red, greeting="canary-greeting-claimed")
    await bo.ok("POST", "/v1/gifts/claims", {"gift_id": claimed["gift_id"], "address_id": addresses["bo"]})
    listening, platforms = [await _listen(doors, owner) for owner in (town.shop_id, people.PLATFORM)]
    parcel = await ship(doors, claimed["order_id"], "SF4001")
    waiting = await give(doors, an, town.bo, town.blue, greeting="canary-greeting-unopened")
    world.link_token = (await an.ok("GET", f"/v1/gifts/{waiting['gift_id']}"))["link_token"]
    world.claimed_order = claimed["order_id"]
    asked = {"order_id": claimed["order_id"], "reason": "canary-reason-of-a-case"}
    case = await bo.ok("POST", "/v1/aftersales", asked)
    said = await an.ok("POST", "/v1/messages", {"person_id": str(town.bo), "body": "canary-words-of-a-chat"})
    group = await an.ok("POST", "/v1/groups", {"name": "我们", "person_ids": [str(town.bo), str(town.cai)]})
    await callers["erased"].ok("POST", "/v1/me/erasure", {"name": "故人"})
    await doors.settle()
    notice = (await an.ok("GET", "/v1/notices"))["notices"][0]["id"]
    operator = callers["operator"]
    account = (await operator.ok("GET", "/v1/operator/accounts"))["accounts"][0]["id"]
    entry = (await operator.ok("GET", f"/v1/operator/accounts/{account}"))["lines"][0]["entry_id"]
    aside = await ground.db.run(lambda tx: _set_aside(tx, town))
    world.ids = {
        "order_id": order,
        "gift_id": waiting["gift_id"],
        "thread_id": said["thread_id"],
        "group_id": group["id"],
        "notice_id": notice,
        "address_id": addresses["an"],
        "list_id": wishes["id"],
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
        **await _trouble(ground, town),
        "piece_id": str(aside["piece"]),
        "category_id": str(made["category"]),
        "region_code": "330000",
        "channel": "sandbox",
        "phone": "13800000099",
        "line_n": "1",
        **await _print(ground, town),
        **await _cards(town),
        "endpoint_id": str(listening),
        "platform_endpoint_id": str(platforms),
        **await _deliveries(ground, listening, platforms),
        **await _collect(doors, an, town),
        **dict.fromkeys(("commitment", "word", "version", "file"), "x"),
    }
    return world


async def _kept(doors: Any, giver: Caller, recipient: Caller) -> dict[str, str]:
    """Money of the giver's that cannot go back: the account that they paid a declined gift with is gone."""
    town, db = doors.town, doors.house.ground.db
    await db.run(lambda tx: stock.receive(tx, [(town.blue, 1)], "test", 9))
    gift = await give(doors, giver, town.bo, town.blue)
    intent_id = await db.fetchval("SELECT id FROM payment_intent WHERE order_id = $1", int(gift["order_id"]))
    await doors.channel.switch({"refunds": "closed"}, intent_id)
    await recipient.ok("POST", "/v1/gifts/refusals", {"gift_id": gift["gift_id"], "sentence": "have_one"})
    await doors.settle()
    page = await giver.ok("GET", "/v1/me/balances")
    balance = page["balances"][0]["id"]
    return {"balance_id": balance, "kept_balance_id": balance, "route_id": page["routes"][0]["route_id"]}


async def _trouble(ground: Any, town: Any) -> dict[str, str]:
    """A report of the giver about the recipient, and a hold on a stranger."""

    async def story(tx: Any) -> dict[str, str]:
        reported = await holds.report(tx, holds.NewReport(town.an, town.bo, "other", "canary-words-of-a-report"))
        await holds.hold(tx, holds.NewHold(town.stranger, "pay", "card_testing", tx.now + timedelta(hours=1)))
        return {"report_id": str(reported), "hold_id": str(await tx.fetchval("SELECT max(id) FROM hold_hold"))}

    made: dict[str, str] = await ground.db.run(story)
    return made


async def _print(ground: Any, town: Any) -> dict[str, str]:
    """A gift code of the shop's."""
    new = codes.NewCode(town.shop_id, town.product_id, "")
    made = await ground.db.run(lambda tx: codes.make_code(tx, town.owner_id, new))
    return {"gift_code_id": str(made.id), "gift_code": made.code, **await _set_aside_to_give(ground, town)}


async def _set_aside_to_give(ground: Any, town: Any) -> dict[str, str]:
    """Two pieces that the shop gives to who has a card, and a card."""
    now = ground.clock.now()

    async def story(tx: Any) -> activities.Activity:
        new = activities.NewActivity(
            id=tx.ids.new(),
            shop_id=town.shop_id,
            made_by=town.owner_id,
            name="canary-of-an-activity",
            product_id=town.product_id,
            sku_id=town.dear,
            stock=2,
            audience="cards",
            group_id=None,
            cover="thanks",
            greeting="",
            starts_at=now,
            ends_at=now + timedelta(days=1),
        )
        made = await activities.make(tx, new)
        await stock.hold(tx, [stock.HoldAsk(made.id, ((town.dear, 2),))])
        return made

    made = await ground.db.run(story)
    batch = await ground.db.run(lambda tx: cards.issue(tx, made.id, town.shop_id, town.owner_id, 1))
    return {"activity_id": str(made.id), "present_code": made.code, "batch_id": str(batch.id)}


async def _cards(town: Any) -> dict[str, str]:
    """A place of the shop's, and a voucher of the giver's."""
    cafe = await open_cafe(town)
    (voucher,) = await buy_vouchers(cafe, town.an)
    code = await code_of(cafe, voucher)
    return {"location_id": str(cafe.location_id), "voucher_id": str(voucher.id), "voucher_code": code}


async def _collect(doors: Any, giver: Caller, town: Any) -> dict[str, str]:
    """A fund of the giver's and the member's for the recipient, who may know nothing of it; and a file, and a day."""
    ends_at = (doors.house.ground.clock.now() + timedelta(days=3)).isoformat()
    asked = {"sku_id": str(town.dear), "recipient_id": str(town.bo), "guest_ids": [str(town.cai)]}
    begun = await giver.ok("POST", "/v1/funds", {**asked, "ends_at": ends_at})
    charity = await doors.house.ground.db.run(lambda tx: _charity(tx, town))
    about = {"person_id": str(town.bo), "name": "canary-of-a-noted-day", "month": 12, "day": 24}
    day = {"day_id": (await giver.ok("POST", "/v1/days", about))["id"]}
    every_year = {**day, "person_id": str(town.bo), "sku_id": str(town.red), "total_max": 99_000}
    day["rule_id"] = (await giver.ok("POST", "/v1/yearly-gifts", every_year))["id"]
    day |= await _kept(doors, giver, await doors.caller(town.bo))
    return {**await _file(giver), **day, "fund_id": begun["fund_id"], "charity_id": str(charity)}


async def _charity(tx: Any, town: Any) -> int:
    """A charity of the platform's list."""
    person = await people.join(tx, name="善")
    address = people.NewAddress(330106109, "善", "13800000073", "canary-address-of-a-charity", is_default=True)
    kept = await people.add_address(tx, person.id, address)
    return (await charities.add(tx, charities.NewCharity("善", "善"), person.id, kept.id, town.owner_id)).id


async def _file(giver: Caller) -> dict[str, str]:
    """A voice that waits to be put with a gift, and a link that nobody signed."""
    voice = await giver.ok("POST", "/v1/media", raw=webm(500), params={"kind": "voice"})
    return {"media_id": voice["id"], "until": "1", "signature": "x"}


async def _listen(doors: Any, owner: int) -> int:
    """A program of a shop's or the platform's that hears of the parcel, and of nothing before it."""
    await doors.settle()
    ground, new = doors.house.ground, webhooks.NewEndpoint(NOWHERE, "canary-of-an-endpoint" if owner else "")
    endpoint, _ = await ground.db.run(lambda tx: webhooks.add_endpoint(tx, owner, new, loopback=True))
    await ground.db.run(lambda tx: webhooks.switch(tx, endpoint, on=False))
    return int(endpoint.id)


async def _deliveries(ground: Any, listening: int, platforms: int) -> dict[str, str]:
    """What waits for each of the two."""
    first = "SELECT min(id) FROM webhook_delivery WHERE endpoint_id = $1"
    named = {"delivery_id": listening, "platform_delivery_id": platforms}
    return {name: str(await ground.db.fetchval(first, endpoint)) for name, endpoint in named.items()}


async def _people(tx: Any, town: Any) -> dict[str, Any]:
    merchant, clerk, operator = [(await people.join(tx, name=name)).id for name in ("别家", "店员", "平台")]
    shop = await people.open_shop(tx, people.NewShop(name_zh="别家铺"), merchant)
    await people.add_staff(tx, town.shop_id, clerk, people.Role.CLERK)
    await people.add_staff(tx, people.PLATFORM, operator, people.Role.OPERATOR)
    category = await tx.fetchval("SELECT min(id) FROM catalog_category")
    goods = await catalog.save_product(
        tx,
        catalog.ProductDraft(
            shop_id=shop.id,
            category_id=category,
            title_zh="别家的杯",
            spec_names=(),
            skus=(catalog.SkuDraft(price=100, original_price=100, specs=()),),
        ),
    )
    theirs = {"shop_id": shop.id, "product_id": goods.product_id, "sku_id": goods.sku_ids[0]}
    return {
        "theirs": {name: str(one) for name, one in theirs.items()},
        "roles": {"other_merchant": merchant, "clerk": clerk, "operator": operator},
        "category": category,
    }


async def _old_friend(tx: Any, town: Any) -> int:
    """A friend of everybody's, who is erased before the tests begin and keeps the token that they had."""
    person = await people.join(tx, name="故人")
    for other in (town.an, town.bo):
        await people.befriend(tx, person.id, other)
    return person.id


async def _set_aside(tx: Any, town: Any) -> dict[str, int]:
    """A timer and a fact that failed too often, and a note that a moderator held."""
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
    held = {moderation.Suspect("note", "canary-of-a-held-note"): "canary"}
    await moderation.hold(tx, 1, town.an, held)
    piece = await tx.fetchval("SELECT max(id) FROM moderation_piece")
    return {"timer": timer, "fact": fact, "piece": piece}


async def callers_of(doors: Any, world: World) -> dict[str, Caller]:
    """Who gets furthest with a route, by its audience."""
    return {
        "person": Caller(doors, world.tokens["giver"]),
        "staff": await doors.caller(doors.town.owner_id),
        "operator": Caller(doors, world.tokens["operator"]),
    }

"""Who sees what of a gift: every cell of ``docs/gifting-visibility.md``, read as everybody in every state of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from callers import give
from open_house import Caller, OpenHouse, open_house
from world import names_in

from renqing.books import people
from renqing.doors.access import Audience
from renqing.foundation.gift_policy import GiftPolicyChanges, Other
from renqing.main import routes_of
from renqing.social import gifts
from renqing.trade import shipping

DOC = (Path(__file__).parents[2] / "docs" / "gifting-visibility.md").read_text(encoding="utf-8")
STORIES = ("friend", "group", "surprise", "nameless", "chosen")
STATES = ("waiting", "opened", "claimed", "shipped", "delivered", "refunded")
SUBJECTS = ("giver", "recipient", "another", "stranger", "shop", "platform")
MAY_KNOCK = {"shop": {Audience.STAFF, Audience.PERSON}, "platform": {Audience.OPERATOR, Audience.PERSON}}
NOT_OF_GIFTS = re.compile(  # no gift and no order is read there, in any state
    "/(static|media|kept|docs|openapi|regions|live|demo|healthz|readyz|metrics|favicon|search|categories|regions|quotes|cart"
    "|buy|wrap|together|wish|peace|password|erase|report|card|voucher|codes|activities|webhook|gift-polic|rates|blocks|new"
    "|blocked|sign-in|shop$|schedule|readdress|swap|products|find|check|have-it|outbox|doubts)"
)
TITLES = {
    "friend": "A gift to a friend",
    "group": "A gift to a group",
    "surprise": "A surprise for a friend",
    "nameless": "A gift by link without a name",
    "chosen": "A gift for which something else is chosen",
}
ADDRESS = r"canary-addressee|13899990077|canary-street"
# What must be found of each thing, and what must not, of each story.
CANARIES = {
    "friend": {
        "What is inside": "canary-cup",
        "The price paid": r"\b12347\b|\b123\.47\b|\b17218\b|\b172\.18\b",
        "The greeting": "canary-greeting-friend",
        "The recipient's address, its name and phone": ADDRESS,
        "Who gives it": "canary-giver",
        "Who takes it": "canary-receiver",
        "The style that was chosen": "canary-style",
        "The parcel and its number": "SF77001",
        "Where the parcel is": "canary-place-friend",
        "Why it went back": "canary-reason-friend",
        "How much went back": r"\b12347\b|\b123\.47\b|\b14571\b|\b145\.71\b",
        "More freight that was allowed for a far place": r"\b4871\b|\b48\.71\b",
        "What of it came back": r"\b2224\b|\b22\.24\b",
    },
    "group": {
        "What is inside": "canary-pot",
        "The price paid": r"\b30862\b|\b308\.62\b|\b15431\b|\b154\.31\b",
        "The greeting": "canary-greeting-group",
        "The recipient's address, its name and phone": ADDRESS,
        "Who gives it": "canary-giver",
        "Who takes it": "canary-receiver",
        "The parcel and its number": "SF77002",
        "Where the parcel is": "canary-place-group",
        "Why it went back": "canary-reason-group",
        "How much went back": r"\b15431\b|\b154\.31\b",
    },
    "surprise": {
        "What is inside": "canary-jug",
        "The price paid": r"\b19753\b|\b197\.53\b",
        "The greeting": "canary-greeting-surprise",
        "The recipient's address, its name and phone": ADDRESS,
        "Who gives it": "canary-giver",
        "The parcel and its number": "SF77003",
        "Where the parcel is": "canary-place-surprise",
        "Why it went back": "canary-reason-surprise",
    },
    "nameless": {
        "What is inside": "canary-bowl",
        "The greeting": "canary-greeting-nameless",
        "The recipient's address, its name and phone": ADDRESS,
        "Who gives it": "canary-mask",
        "The parcel and its number": "SF77004",
        "Where the parcel is": "canary-place-nameless",
        "Why it went back": "canary-reason-nameless",
    },
    "chosen": {
        "What was given": "canary-mug",
        "What it cost": r"\b27413\b|\b274\.13\b",
        "What is chosen instead": "canary-choice",
        "What that costs": r"\b9871\b|\b98\.71\b",
        "What it costs less, which goes back": r"\b17542\b|\b175\.42\b",
        "The greeting": "canary-greeting-chosen",
        "The recipient's address, its name and phone": ADDRESS,
        "Who gives it": "canary-giver",
        "Who takes it": "canary-receiver",
        "The parcel and its number": "SF77005",
        "Where the parcel is": "canary-place-chosen",
        "Why it went back": "canary-reason-chosen",
    },
}
OF_THE_ORDER = {  # after the claim the recipient and the shop look at the order, not at the gift
    "The recipient's address, its name and phone",
    "The style that was chosen",
    "The parcel and its number",
    "Where the parcel is",
    "Why it went back",
    "How much went back",
}


def cells(story: str) -> list[tuple[str, str, str]]:
    """Each cell of a story's table: what, who, from when."""
    _, _, below = DOC.partition(f"## {TITLES[story]}\n")
    rows = re.findall(r"^\| (?!What \||---)(.+?) \| (.+) \|$", below.partition("\n## ")[0], re.MULTILINE)
    return [
        (what, subject, since)
        for what, said in rows
        for subject, since in zip(SUBJECTS, said.split(" | "), strict=True)
        if since != "—"
    ]


ADDRESS_FIELD = "The recipient's address, its name and phone"
PAID = 12_347
ALLOWED, NEEDED = 4_871, 2_647
CHOSEN, COST = 9_871, 27_413
SUMS = {  # at least
    "How much went back": PAID,
    "What of it came back": ALLOWED - NEEDED,
    "What it costs less, which goes back": COST - CHOSEN,
}
OF_WHAT_WAS_GIVEN = {"What was given", "What it cost"}  # of which something else was chosen: the shop has both orders
TO_CLAIM = 12  # WeChat Shop's number of a gift's order that nobody has claimed
WENT = ("shipped", "delivered", "received", "refunded")


class Town:
    """Four gifts of one giver and one of nobody that is named; everything that may leak has a name of its own."""

    def __init__(self, doors: OpenHouse) -> None:
        self.doors, self.town = doors, doors.town
        self.callers: dict[str, Caller] = {}
        self.gift: dict[str, str] = {}
        self.order: dict[str, str] = {}
        self.case: dict[str, str] = {}
        self.parcel: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.whole: dict[str, str] = {}  # the order that paid for each; a share becomes another
        self.been: set[str] = set()
        self.masked: Caller
        self.link = ""

    async def build(self) -> None:
        town, ground = self.town, self.doors.house.ground

        async def story(tx: Any) -> tuple[int, int]:
            operator = (await people.join(tx, name="operator")).id
            await people.add_staff(tx, people.PLATFORM, operator, people.Role.OPERATOR)
            return operator, (await people.join(tx, name="canary-mask")).id

        operator, masked = await ground.db.run(story)
        self.masked = await self.doors.caller(masked)
        who = (town.an, town.bo, town.cai, town.stranger, town.owner_id, operator)
        self.callers = dict(zip(SUBJECTS, await self.doors.callers(*who), strict=True))
        await self._name("UPDATE people_person SET name = $2 WHERE id = $1", (town.an, "canary-giver"))
        await self._name("UPDATE people_person SET name = $2 WHERE id = $1", (town.bo, "canary-receiver"))
        rate = shipping.Rate(330000, fee=NEEDED)
        await ground.db.run(lambda tx: shipping.set_rate(tx, town.shop_id, rate))
        await self._give_all()
        kept = {"region_code": 330106109, "name": "canary-addressee", "phone": "13899990077", "detail": "canary-street"}
        self.ids |= {
            "shop_id": str(town.shop_id),
            "product_id": str(town.product_id),
            "sku_id": str(town.red),
            "line_n": "1",
            "address_id": (await self.callers["recipient"].ok("POST", "/v1/addresses", kept))["id"],
        }

    async def _name(self, sql: str, *values: tuple[Any, ...]) -> None:
        for value in values:
            await self.doors.house.ground.db.pool.execute(sql, *value)

    async def _give_all(self) -> None:
        """What was ordered keeps its name and price; the shelf has others by now, so a leak is no coincidence."""
        town, giver = self.town, self.callers["giver"]
        group = await giver.ok("POST", "/v1/groups", {"name": "cousins", "person_ids": [str(town.bo), str(town.cai)]})
        self.ids["group_id"] = group["id"]
        goods = (("friend", "canary-cup", PAID), ("group", "canary-pot", 15_431), ("surprise", "canary-jug", 19_753))
        goods = (*goods, ("chosen", "canary-mug", COST))
        for story, title, price in (*goods, ("nameless", "canary-bowl", 23_981)):
            await self._offer_other("single" if story == "chosen" else "disabled")
            for sku in (town.red, town.blue):
                await self._set_shelf(title, sku, price)
            more = {"greeting": f"canary-greeting-{story}", "open_for_hours": 700}
            if story == "friend":
                more["surcharge_allowed"] = ALLOWED
            if story == "group":
                more |= {"group_id": group["id"], "shares": 2}
            if story == "surprise":
                more["surprise"] = "delivered"
            if story == "nameless":
                more["nameless"], giver = True, self.masked
            to = town.bo if story in ("friend", "surprise", "chosen") else None
            gift = await give(self.doors, giver, to, town.red, **more)
            self.gift[story], self.order[story] = gift["gift_id"], gift["order_id"]
        self.link = (await giver.ok("GET", f"/v1/gifts/{self.gift['nameless']}"))["link_token"]
        self.whole = dict(self.order)
        for sku in (town.red, town.blue):
            await self._set_shelf("on the shelf", sku, 777)

    async def _offer_other(self, rule: Other) -> None:
        """From now on gifts are bought under this rule for something else at the claim."""
        choice = gifts.Choice("house", GiftPolicyChanges(gift_other=rule))
        await self.doors.house.ground.db.run(lambda tx: gifts.choose_policy(tx, self.town.shop_id, choice))

    async def _set_shelf(self, title: str, sku: int, price: int) -> None:
        await self._name(
            "UPDATE catalog_product SET title_zh = $2, title_en = $2 WHERE id = $1", (self.town.product_id, title)
        )
        await self._name("UPDATE catalog_sku SET price = $2, original_price = $2 WHERE id = $1", (sku, price))

    # the life of each ------------------------------------------------------------------------------------------------
    async def go_on_to(self, state: str) -> None:
        self.been.add(state)
        if state == "waiting":
            return
        for story in STORIES:
            await getattr(self, f"_be_{state}")(story)
        await self.doors.settle()

    async def _be_opened(self, story: str) -> None:
        await self.callers["recipient"].ok("POST", "/v1/gifts/openings", self._which(story))

    def _which(self, story: str) -> dict[str, str]:
        return {"token": self.link} if story == "nameless" else {"gift_id": self.gift[story]}

    async def _be_claimed(self, story: str) -> None:
        asked = self._which(story) | {"address_id": self.ids["address_id"]}
        if story == "friend":
            await self._name("UPDATE catalog_sku SET specs = $2 WHERE id = $1", (self.town.blue, ["canary-style"]))
            asked["sku_id"] = str(self.town.blue)
        if story == "chosen":
            await self._set_shelf("canary-choice", self.town.blue, CHOSEN)
            asked["instead"] = [{"sku_id": str(self.town.blue)}]
        claimed = await self.callers["recipient"].ok("POST", "/v1/gifts/claims", asked)
        self.order[story] = claimed["order_id"]
        await self._set_shelf("on the shelf", self.town.blue, 777)
        await self._name("UPDATE catalog_sku SET specs = $2 WHERE id = $1", (self.town.blue, ["no longer so"]))

    async def _be_shipped(self, story: str) -> None:
        number = f"SF7700{STORIES.index(story) + 1}"
        path = f"/v1/shops/{self.town.shop_id}/orders/{self.order[story]}"
        read = await self.callers["shop"].ok("POST", f"{path}/address-readings", {"why": "ship"})
        assert re.search(ADDRESS, str(read)), "the shop reads where to send it, and that it did is written down"
        parcel = await self.callers["shop"].ok("POST", f"{path}/parcels", {"carrier": "SF", "tracking_number": number})
        self.parcel[story] = parcel["parcel_id"]

    async def _be_delivered(self, story: str) -> None:
        news = {"state": "delivered", "place": f"canary-place-{story}", "happened_at": "2026-01-01T00:00:00Z"}
        path = f"/v1/shops/{self.town.shop_id}/parcels/{self.parcel[story]}/news"
        await self.callers["shop"].ok("POST", path, news)

    async def _be_refunded(self, story: str) -> None:
        await self.callers["recipient"].ok("POST", f"/v1/orders/{self.order[story]}/receipt")
        asked = {"order_id": self.order[story], "reason": f"canary-reason-{story}"}
        case = await self.callers["recipient"].ok("POST", "/v1/aftersales", asked)
        self.case[story] = case["id"]
        path = f"/v1/shops/{self.town.shop_id}/aftersales/{case['id']}/answer"
        await self.callers["shop"].ok("POST", path, {"verdict": "agree", "answer": "ok"})

    # reading all of it -----------------------------------------------------------------------------------------------
    def _ids(self, story: str) -> dict[str, str]:
        known = {"gift_id": self.gift, "order_id": self.order, "case_id": self.case, "parcel_id": self.parcel}
        return self.ids | {name: ids[story] for name, ids in known.items() if story in ids}

    async def read(self, subject: str) -> dict[str, str]:
        """Everything that somebody may read about these gifts, by its address."""
        caller, found = self.callers[subject], {}
        person = {"giver": "bo", "another": "an"}.get(subject, "an")
        more = {"person_id": str(getattr(self.town, person)), **(await self._threads(caller))}
        for method, path, handler in routes_of(self.doors.app):
            audience = handler.opt["audience"]
            if method != "GET" or NOT_OF_GIFTS.search(path) or audience not in self._may_knock(subject):
                continue
            for story in STORIES:
                for ids in (self._ids(story) | more, self._ids(story) | more | {"order_id": self.whole[story]}):
                    if set(names_in(path)) <= set(ids):
                        there = re.sub(r"\{(\w+):\w+\}", lambda name, ids=ids: ids[name[1]], path)
                        if there not in found:
                            found[there] = await self._text(caller, there)
        return found

    @staticmethod
    def _may_knock(subject: str) -> set[Audience]:
        return MAY_KNOCK.get(subject, {Audience.PERSON, Audience.ANYONE})

    @staticmethod
    async def _threads(caller: Caller) -> dict[str, str]:
        threads = (await caller.ok("GET", "/v1/threads"))["threads"]
        return {"thread_id": threads[0]["id"]} if threads else {}

    async def _text(self, caller: Caller, path: str) -> str:
        """What is answered, without the digits of ids that might look like an amount, and with no thousands commas."""
        headers = {"accept-language": "en"}
        if path.startswith("/v1/"):
            headers["authorization"] = f"Bearer {caller.token}"
        else:
            headers |= {"cookie": f"renqing={caller.token}", "accept": "text/html"}
        answer: httpx.Response = await self.doors.client.get(path, headers=headers)
        assert answer.status_code < 500, (path, answer.text[:300])
        said = re.sub(r'data-now="\d+"', "", answer.text).replace("13899990077", "canary-addressee")
        said = re.sub(r"[A-Za-z0-9_=-]{30,}|\d{6,}", "#", said) + re.sub(r"<[^>]+>", "", said)
        return said if answer.status_code == 200 else ""

    # what has no name to look for: how it stands ----------------------------------------------------------------------
    async def stands(self, story: str, what: str, subject: str) -> bool:
        """Whether the place where somebody looks for it says that it is so."""
        if what in {"That it went back", "That it is on its way"} | set(SUMS):
            return await self._of_the_order(story, what, subject)
        if subject == "shop":
            return self.order[story] != self.whole[story] or (await self._order(story, subject))["state"] != TO_CLAIM
        return self._is_said(what, await self.callers[subject].ok("GET", f"/v1/gifts/{self.gift[story]}"), subject)

    @staticmethod
    def _is_said(what: str, seen: Any, subject: str) -> bool:
        if what == "How many are claimed":
            return bool(seen["many"]["claimed"] == 1)
        if what == "Who has claimed of it":
            return [one["name"] for one in seen["many"]["claimers"]] == ["canary-receiver"]
        if what == "That it was opened":
            return bool(seen["opened_at"]) if subject == "giver" else seen["kind"] != "envelope"
        is_other = what == "That it is something else"
        if subject == "giver":
            return bool(seen["chose_other" if is_other else "claimed_at"])
        return seen["kind"] == "claimed" and (bool(seen["chosen"]) or not is_other)

    async def _of_the_order(self, story: str, what: str, subject: str) -> bool:
        if subject == "giver":
            seen = await self.callers["giver"].ok("GET", f"/v1/gifts/{self.gift[story]}")
            if what in SUMS:
                return seen["refunded"]["amount"] >= SUMS[what]
            return bool(seen["aftersale"]) if what == "That it went back" else seen["going"] in WENT
        if subject == "recipient" and "claimed" not in self.been:
            return False
        order = await self._order(story, subject)
        if what in SUMS:
            return order["money"]["refunded"]["amount"] >= (SUMS[what] if story == "friend" else 1)
        return bool(order["cases"] if what == "That it went back" else order["parcels"])

    async def _order(self, story: str, subject: str) -> Any:
        path = f"/orders/{self.order[story]}"
        path = f"/v1/shops/{self.town.shop_id}{path}" if subject == "shop" else f"/v1{path}"
        return await self.callers[subject].ok("GET", path)

    def place(self, story: str, what: str, subject: str) -> str:
        """The address at which somebody looks for something."""
        if subject == "shop":
            return f"/orders/{(self.whole if what in OF_WHAT_WAS_GIVEN else self.order)[story]}"
        if subject == "recipient" and what in OF_THE_ORDER:
            return f"/orders/{self.order[story]}"
        return f"/gifts/{self.gift[story]}"


@pytest_asyncio.fixture
async def doors(database_url, tmp_path):
    async with open_house(database_url, tmp_path) as opened:
        yield opened


def is_due(since: str, state: str) -> bool:
    return since != "never" and STATES.index(state) >= STATES.index(since)


async def test_every_cell_of_the_table_holds_in_every_state(doors):
    town = Town(doors)
    await town.build()
    wrong: list[str] = []
    before: dict[str, str] = {}
    for state in STATES:
        await town.go_on_to(state)
        read = {subject: await town.read(subject) for subject in SUBJECTS}
        assert all(len([text for text in texts.values() if text]) > 20 for texts in read.values())
        for story in STORIES:
            for what, subject, since in cells(story):
                wrong += await judge(town, state, story, (what, subject, since), read[subject])
        if state == "opened":
            wrong += [
                f"the shop hears of the opening in {path}" for path in before if before[path] != read["shop"][path]
            ]
        before = read["shop"]
    assert wrong == [], "\n".join(wrong)


async def judge(town: Town, state: str, story: str, cell: tuple[str, str, str], read: dict[str, str]) -> list[str]:
    """What is wrong with a cell in a state: something is read too soon, or by who never should, or is not there."""
    what, subject, since = cell
    where = f"{state}: {what} of {TITLES[story]}, {subject}"
    canary = CANARIES[story].get(what)
    if canary is None and since == "never":  # of what has no name: the shop reads the same as before
        return []
    if canary is None or (what in SUMS and since != "never"):  # what one paid is as much, and sums add up
        stands = await town.stands(story, what, subject)
        return [] if stands is is_due(since, state) else [f"{where}: {stands}"]
    found = [path for path, text in read.items() if re.search(canary, text)]
    if not is_due(since, state):
        is_their_own = what == ADDRESS_FIELD and subject == "recipient"  # to choose from, before the claim
        return [] if is_their_own else [f"{where}: read in {path}" for path in found]
    place = town.place(story, what, subject)
    return [] if any(path.endswith(place) for path in found) else [f"{where}: not in {place}, {found}"]


def test_the_tables_name_everybody_and_every_state():
    for story in STORIES:
        named = cells(story)
        assert len(named) > 30
        unasked = {"giver"} if story == "nameless" else set()
        assert {subject for _, subject, _ in named} == set(SUBJECTS) - unasked
        assert {since for _, _, since in named} <= {*STATES, "never"}
        assert set(CANARIES[story]) <= {what for what, _, _ in named}

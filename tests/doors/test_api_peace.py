"""One's peace over HTTP, and what friends gave of a product."""

from __future__ import annotations

from renqing.books import people
from renqing.social import peace
from renqing.social.peace import GivenBy, PeaceRule

NOTHING_DECIDED = {
    "gifts_from": "near",
    "gift_price_max": None,
    "quiet_from": None,
    "quiet_to": None,
    "time_zone": "Asia/Shanghai",
    "is_counted": False,
    "shows_history": True,
    "is_minor": False,
    "takes_nameless": True,
}


async def test_a_rule_is_kept_and_held_against_a_giver(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    assert await bo.ok("GET", "/v1/peace") == NOTHING_DECIDED
    rule = {**NOTHING_DECIDED, "gift_price_max": 100, "quiet_from": 1320, "quiet_to": 480, "is_counted": True}
    assert await bo.ok("PUT", "/v1/peace", rule, key="rule") == rule
    assert await bo.ok("GET", "/v1/peace") == rule
    wanted = {"sku_id": str(town.red), "recipient_id": str(town.bo)}
    refusal = await an.post("/v1/gifts", wanted)
    assert (refusal.status, refusal.code) == (403, "gift_too_dear") and "100" not in str(refusal.body)
    await bo.ok("PUT", "/v1/peace", {"gifts_from": "nobody"})
    assert await an.refused("POST", "/v1/gifts", wanted) == (403, "recipient_not_reachable")
    assert (await an.ok("GET", "/v1/peace")) == NOTHING_DECIDED, "everybody's own"


async def test_what_is_no_rule_changes_nothing(doors):
    (an,) = await doors.callers(doors.town.an)
    for body, code in (
        ({"gifts_from": "enemies"}, "body_not_valid"),
        ({"quiet_from": 1440, "quiet_to": 1}, "body_not_valid"),
        ({"gift_price_max": -1}, "body_not_valid"),
        ({"gift_price_max": 0}, "field_not_valid"),
        ({"person_id": "1"}, "body_not_valid"),
        ({"quiet_from": 60}, "field_not_valid"),
        ({"quiet_from": 60, "quiet_to": 60}, "field_not_valid"),
        ({"time_zone": "Mars/Base"}, "field_not_valid"),
    ):
        assert await an.refused("PUT", "/v1/peace", body) == (422, code)
    assert await an.ok("GET", "/v1/peace") == NOTHING_DECIDED


async def test_what_three_friends_gave_is_said_of_a_product(doors):
    town = doors.town

    async def story(tx):
        for n in range(3):
            friend = await people.join(tx, name=f"友{n}", phone=f"1390000{n:04d}")
            await people.befriend(tx, town.an, friend.id)
            await peace.keep_rule(tx, friend.id, PeaceRule(is_counted=True))
            await peace.count_given(tx, [GivenBy(town.product_id, friend.id)])

    await town.ground.db.run(story)
    an, bo = await doors.callers(town.an, town.bo)
    path = f"/v1/products/{town.product_id}/given"
    assert await an.ok("GET", path) == {"friends": 3, "friends_times": 3, "people": 0}
    assert await bo.ok("GET", path) == {"friends": 0, "friends_times": 0, "people": 0}
    assert await an.ok("GET", "/v1/friends-giving") == {"product_ids": [str(town.product_id)]}
    assert await bo.ok("GET", "/v1/friends-giving") == {"product_ids": []}

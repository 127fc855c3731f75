"""Wish lists over HTTP: kept, shared with whom one chooses, asked about before paying."""

from __future__ import annotations


async def test_a_wish_is_made_seen_by_a_friend_and_kept_from_a_stranger(doors):
    town = doors.town
    an, bo, stranger = await doors.callers(town.an, town.bo, town.stranger)
    body = {"product_id": str(town.product_id), "sku_id": str(town.blue), "note": "蓝的"}
    made = await an.ok("POST", "/v1/wishes", body, key="wish")
    assert await an.ok("POST", "/v1/wishes", body, key="wish") == made
    path = f"/v1/wish-lists/{made['list_id']}"
    assert await an.ok("GET", "/v1/wish-lists") == {
        "lists": [{"id": made["list_id"], "name": "我的心愿", "seen_by": "friends", "wishes": 1}],
        "asking_allowed": True,
    }
    seen = await bo.ok("GET", path)
    (wish,) = seen["wishes"]
    assert (seen["owner"]["name"], wish["note"], wish["sku_id"]) == ("安", "蓝的", str(town.blue))
    assert wish["price_min"] == {"amount": 12900, "currency": "CNY"}
    assert (await bo.ok("GET", f"/v1/people/{town.an}/wish-lists"))["lists"][0]["id"] == made["list_id"]
    absent = await stranger.get("/v1/wish-lists/404")
    hidden = await stranger.get(path)
    assert (hidden.status, hidden.body) == (absent.status, absent.body) == (404, absent.body)
    assert await stranger.ok("GET", f"/v1/people/{town.an}/wish-lists") == {"lists": []}


async def test_a_list_is_changed_marked_and_removed_by_its_owner(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    made = await an.ok("POST", "/v1/wish-lists", {"name": "新家", "seen_by": "everybody"})
    path, wish = f"/v1/wish-lists/{made['id']}", f"/v1/wish-lists/{made['id']}/wishes/{town.product_id}"
    await an.ok("POST", "/v1/wishes", {"product_id": str(town.product_id), "list_id": made["id"]})
    await an.ok("PATCH", path, {"name": "厨房", "seen_by": "friends"})
    await an.ok("PUT", f"{wish}/at-home", {"at_home": True})
    seen = await bo.ok("GET", path)
    assert (seen["name"], seen["seen_by"], seen["wishes"][0]["at_home"]) == ("厨房", "friends", True)
    asked = f"/v1/people/{town.an}/have-it/{town.product_id}"
    assert await bo.ok("GET", asked) == {"answer": "yes", "is_wished": False}
    assert await an.ok("PUT", "/v1/wish-lists/asking", {"allowed": False}) == {"allowed": False}
    assert (await bo.ok("GET", asked))["answer"] == "not_told"
    for method, where, body in (("DELETE", wish, None), ("DELETE", path, None)):
        assert await bo.refused(method, where, body) == (404, "wish_list_unknown")
        await an.ok(method, where, body)
    assert await bo.refused("GET", path) == (404, "wish_list_unknown")


async def test_what_is_no_wish_is_refused(doors):
    town = doors.town
    an, stranger = await doors.callers(town.an, town.stranger)
    for body, said in (
        ({"product_id": "404"}, (404, "product_not_found")),
        ({"product_id": str(town.product_id), "list_id": "404"}, (404, "wish_list_unknown")),
        ({"product_id": str(town.product_id), "sku_id": str(town.ring)}, (422, "field_not_valid")),
        ({"product_id": str(town.product_id), "note": "长" * 101}, (422, "body_not_valid")),
        ({"product_id": str(town.product_id), "owner_id": str(town.bo)}, (422, "body_not_valid")),
    ):
        assert await an.refused("POST", "/v1/wishes", body) == said
    assert await an.refused("POST", "/v1/wish-lists", {"name": "a", "seen_by": "enemies"}) == (422, "body_not_valid")
    assert await an.refused("POST", "/v1/wish-lists", {"name": "\u0001"}) == (422, "field_not_valid")
    assert (await an.ok("GET", "/v1/wish-lists"))["lists"] == []
    asked = f"/v1/people/{town.an}/have-it/{town.product_id}"
    assert await stranger.refused("GET", asked) == (404, "person_unknown")

"""Reports and holds over HTTP and on the pages."""

from __future__ import annotations

from callers import make_operator


async def test_somebody_is_reported_held_and_freed(doors):
    town = doors.town
    an, bo = await doors.callers(town.an, town.bo)
    operator = await make_operator(doors)
    made = await bo.ok("POST", "/v1/reports", {"person_id": str(town.an), "reason": "unwanted", "words": "够了"})
    (line,) = await operator.ok("GET", "/v1/operator/reports")
    assert (line["id"], line["about"], line["words"], line["reporters"]) == (made["id"], "安", "够了", 1)
    await operator.ok("POST", f"/v1/operator/reports/{made['id']}/verdict", {"verdict": "held", "days": 2})
    wanted = {"sku_id": str(town.red), "recipient_id": str(town.bo)}
    assert await an.refused("POST", "/v1/gifts", wanted) == (409, "on_hold")
    (held,) = await operator.ok("GET", "/v1/operator/holds")
    assert (held["person"], held["verb"], held["rule"]) == ("安", "give", "operator")
    await operator.ok("DELETE", f"/v1/operator/holds/{held['id']}")
    await an.ok("POST", "/v1/gifts", wanted)
    assert await operator.refused("DELETE", f"/v1/operator/holds/{held['id']}") == (404, "hold_unknown")
    again = await operator.refused("POST", f"/v1/operator/reports/{made['id']}/verdict", {"verdict": "dismissed"})
    assert again == (404, "report_unknown")


async def test_what_is_no_report_is_refused(doors):
    town = doors.town
    an, stranger = await doors.callers(town.an, town.stranger)
    assert await stranger.refused("POST", "/v1/reports", {"person_id": str(town.an), "reason": "fraud"}) == (
        404,
        "person_unknown",
    )
    for body, code in (
        ({"person_id": str(town.bo), "reason": "dull"}, "body_not_valid"),
        ({"person_id": str(town.bo), "reason": "fraud", "words": "长" * 501}, "body_not_valid"),
        ({"person_id": str(town.an), "reason": "fraud"}, "field_not_valid"),
    ):
        assert await an.refused("POST", "/v1/reports", body) == (422, code)

"""Money that could not go back, on pages and in the API: what is kept, where else it may go, and an operator's end."""

from __future__ import annotations

from typing import Any

from callers import buy, give, make_operator, page
from open_house import Caller


async def kept(doors: Any) -> tuple[Caller, dict[str, Any], int]:
    """A giver whose declined gift could not be refunded: who they are, their page, and the payment."""
    town, db = doors.town, doors.house.ground.db
    an, bo = await doors.caller(town.an), await doors.caller(town.bo)
    await buy(doors, an, town.red)
    gift = await give(doors, an, town.bo, town.blue)
    intent_id = await db.fetchval("SELECT id FROM payment_intent WHERE order_id = $1", int(gift["order_id"]))
    await doors.channel.switch({"refunds": "closed"}, intent_id)
    await bo.ok("POST", "/v1/gifts/refusals", {"gift_id": gift["gift_id"], "sentence": "have_one"})
    await doors.settle()
    return an, await an.ok("GET", "/v1/me/balances"), intent_id


async def html_of(doors: Any, caller: Caller, path: str) -> str:
    answer = await page(doors, caller, path, language="en")
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.text)


async def test_its_person_reads_what_is_kept_and_sends_it_to_the_account_of_another_payment(doors: Any) -> None:
    an, told, intent_id = await kept(doors)
    (one,) = told["balances"]
    assert told["kept"] == [one["amount"]] and (one["state"], one["is_going"], one["how"]) == ("kept", False, None)
    assert one["gift_id"] and one["next_at"] > one["kept_at"] and one["title_zh"]
    html = await html_of(doors, an, "/me/balances")
    assert f"/me/balances/{one['id']}/route" in html and "kept for you" in await html_of(doors, an, "/me")
    sent = f"/gifts/{one['gift_id']}"
    assert (await an.ok("GET", f"/v1{sent}"))["refund_kept"]
    assert 'href="/me/balances">The money could not go back' in await html_of(doors, an, sent)
    assert str(intent_id) not in [route["route_id"] for route in told["routes"]], "that one is gone"
    (route,) = told["routes"]
    await an.ok("POST", f"/v1/me/balances/{one['id']}/route", {"route_id": route["route_id"]})
    await doors.settle()
    (over,) = (await an.ok("GET", "/v1/me/balances"))["balances"]
    assert (over["state"], over["how"]) == ("returned", "payout") and over["over_at"]
    given = await an.ok("GET", f"/v1{sent}")
    assert given["refund_done"] and not given["refund_kept"]
    (line,) = [line for line in await doors.channel.statement() if line.kind == "payout"]
    assert (line.intent_id, -line.amount) == (route["route_id"], one["amount"]["amount"])
    assert "kept for you" not in await html_of(doors, an, "/me")
    again = await an.refused("POST", f"/v1/me/balances/{one['id']}/route", {"route_id": route["route_id"]})
    assert again == (409, "balance_over")


async def test_an_operator_sees_it_and_ends_it_with_a_reason_that_its_person_reads(doors: Any) -> None:
    an, told, _ = await kept(doors)
    operator, (one,) = await make_operator(doors), told["balances"]
    desk = await operator.ok("GET", "/v1/operator/balances")
    assert desk["kept"] == told["kept"] and [row["id"] for row in desk["balances"]] == [one["id"]]
    assert (desk["balances"][0]["why"], desk["balances"][0]["tries"]) == ("closed", 0)
    ending = f"/v1/operator/balances/{one['id']}/end"
    for body in ({}, {"reason": ""}, {"reason": "x" * 201}, {"reason": "   "}):
        assert (await operator.refused("POST", ending, body))[0] in (400, 422)
    assert (await an.refused("POST", ending, {"reason": "mine"}))[0] == 404
    assert f"/desk/operator/balances/{one['id']}/end" in await html_of(doors, operator, "/desk/operator/balances")
    await operator.ok("POST", ending, {"reason": "paid by bank transfer, reference 42"})
    assert "paid by bank transfer, reference 42" in await html_of(doors, an, "/me/balances")
    (over,) = (await an.ok("GET", "/v1/me/balances"))["balances"]
    assert (over["state"], over["how"]) == ("ended", "by_hand")
    assert (await operator.ok("GET", "/v1/operator/balances"))["balances"] == []


async def test_who_erases_themselves_reads_what_happens_to_what_is_kept(doors: Any) -> None:
    an, _, _ = await kept(doors)
    assert "under a number without your name" in await html_of(doors, an, "/me/erase")

"""Together: three pay for one gift, to the last fen; another fund stays short, and everybody has their share back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.books import bought, gone_back, paid, together
from renqing.doors.cli.touring.programs import Program, wait_for
from renqing.doors.cli.touring.stage import Stage, Told

_OVER = (409, "fund_over")
_HOURS = 2


def given_together(stage: Stage) -> Told:
    """Reached: who comes last pays what is missing, and the envelope names everybody. Short: all shares go back."""
    players, company = stage.players, stage.company
    payers = {"giver": players.giver, "friend": company.friend, "third": company.third}
    full = _begin(stage)
    target = full["target"]["amount"]
    shares = {"friend": target // 3, "giver": target // 4, "third": target}  # the last asks for more than is missing
    put = {name: _put_in(stage, payers[name], full, amount) for name, amount in shares.items()}
    amounts = {name: amount for name, (_, amount) in put.items()}
    said = " + ".join(map(stage.money, amounts.values()))
    stage.saw(
        players.giver, "fund_full", right=sum(amounts.values()) == target, target=stage.money(target), shares=said
    )
    gift = {"gift_id": full["gift_id"], "order_id": full["fund_id"]}
    stage.unwrap(gift, players.recipient)
    givers = {one["id"] for one in players.recipient.get(f"/v1/gifts/{gift['gift_id']}")["givers"]}
    right = givers | {players.giver.person_id} == {one.person_id for one in payers.values()}
    stage.saw(players.recipient, "fund_givers", right=right, n=len(payers))
    order_id = stage.claim(gift)
    stage.hand_over(order_id, players.recipient)

    short = _begin(stage)
    contribution, amount = _put_in(stage, company.friend, short, target // 3)
    stage.move_on(_HOURS)
    state = wait_for("fund", lambda: _ended(company.friend, short))
    stage.saw(players.giver, "fund_short", right=state == "short")
    late = company.third.refusal_of("POST", f"/v1/funds/{short['fund_id']}/shares", {"amount": 100})
    stage.saw(company.third, "fund_late", right=late == _OVER)
    _came_back(stage, company.friend, contribution, amount)
    should = together(
        *(paid(amount, name, "fund") for name, amount in amounts.items()),
        bought(target),
        stage.due(order_id),
        paid(amount, "friend", "fund"),
        gone_back(amount, "friend", "fund"),
    )
    orders = [full["fund_id"], *(one for one, _ in put.values()), short["fund_id"], contribution]
    return stage.summed_up("together", orders, should)


def _begin(stage: Stage) -> dict[str, Any]:
    """The giver asks two friends to give something together."""
    players, company = stage.players, stage.company
    now = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"])
    fund: dict[str, Any] = players.giver.post(
        "/v1/funds",
        {
            "sku_id": players.given_sku,
            "ends_at": (now + timedelta(hours=_HOURS)).isoformat(),
            "recipient_id": players.recipient.person_id,
            "guest_ids": [one.person_id for one in company.friends],
            "cover": "birthday",
            "greeting": words("tour.greeting"),
        },
    )
    stage.saw(players.giver, "fund_begun", target=stage.money(fund["target"]["amount"]))
    return fund


def _put_in(stage: Stage, who: Program, fund: dict[str, Any], amount: int) -> tuple[str, int]:
    """Somebody puts so much in, or what is missing where that is less; their share and how much it was."""
    share = who.post(f"/v1/funds/{fund['fund_id']}/shares", {"amount": amount, "capped": True})
    paid_now = share["amount"]["amount"]
    stage.pay(who, share["contribution_id"], paid_now)
    seen = who.get(f"/v1/funds/{fund['fund_id']}")
    missing = stage.money(seen["missing"]["amount"])
    stage.saw(who, "fund_stands", right=seen["mine"]["amount"] == paid_now, missing=missing)
    return str(share["contribution_id"]), paid_now


def _ended(guest: Program, fund: dict[str, Any]) -> str | None:
    seen = guest.get(f"/v1/funds/{fund['fund_id']}")
    return None if seen["state"] == "open" else str(seen["state"])


def _came_back(stage: Stage, who: Program, contribution: str, amount: int) -> None:
    """Wait until the channel has given the share back; who put it in sees that nothing of it is here any more."""
    wait_for("refund", lambda: stage.is_back([contribution], amount))
    lines = who.get("/v1/me/account", limit=100)["lines"]
    left = sum(line["amount"]["amount"] for line in lines if line["cause_id"] == contribution)
    stage.saw(who, "back", right=left == 0, amount=stage.money(amount))

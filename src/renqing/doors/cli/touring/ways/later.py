"""A birthday that a friend shows, and a rule for every year: paid today, there that morning, played over HTTP alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.programs import wait_for
from renqing.doors.cli.touring.stage import Stage, Told
from renqing.doors.cli.touring.stories import sold

_SCHEDULED, _CLAIMABLE = 5, 10  # ours, and WeChat's
_GONE = (404, "gift_not_available")
_ZONE = ZoneInfo("Asia/Shanghai")
_DAYS = 2


def gift_comes_later(stage: Stage) -> Told:
    """A rule proposes, its giver says yes and pays: the friend sees nothing before, then it comes by itself."""
    players = stage.players
    before = players.recipient.get("/v1/days")["birthday"]
    now = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"])
    _birthday(stage, now.astimezone(_ZONE).date() + timedelta(days=_DAYS))
    rule, comes = _rule(stage)
    total = players.giver.get(rule)["choice"]["total"]["amount"]
    gift = players.giver.post(f"{rule}/giving", {"expected_total": total})
    stage.pay(players.giver, gift["order_id"], total)
    path = f"/v1/gifts/{gift['gift_id']}"
    sent = players.giver.get(path)
    right = sent["state"] == _SCHEDULED and sent["link_token"] is None
    stage.saw(players.giver, "scheduled", right=right, at=f"{comes.astimezone(_ZONE):%Y-%m-%d %H:%M}")
    early = players.recipient.refusal_of("GET", path)
    stage.saw(players.recipient, "nothing_yet", right=early == _GONE)
    stage.move_on(ceil((comes - now) / timedelta(hours=1)))

    def look() -> dict[str, Any] | None:
        seen: dict[str, Any] = players.giver.get(path)
        return seen if seen["state"] == _CLAIMABLE else None

    stage.saw(players.giver, "came", right=wait_for("gift", look)["deliver_at"] is None)
    stage.open_envelope(gift)
    order_id = stage.claim(gift)
    stage.recipient_sees_no_amount(order_id)
    stage.ship_and_receive(order_id, players.recipient, players.given_style)
    players.giver.post(f"{rule}/end")
    if before is None:
        players.recipient.delete("/v1/me/birthday")
    else:
        players.recipient.put("/v1/me/birthday", {**before["day"], "is_shown": before["is_shown"]})
    return stage.told("later", order_id, sold)


def _birthday(stage: Stage, on: date) -> None:
    """The friend shows their birthday to friends, and to nobody else."""
    players, recipient = stage.players, stage.players.recipient
    recipient.put("/v1/me/birthday", {"month": on.month, "day": on.day, "is_shown": True})
    stage.saw(recipient, "birthday_shown", month=on.month, day=on.day)
    coming = [one for one in players.giver.get("/v1/days")["coming"] if one["person"]["id"] == recipient.person_id]
    right = [(one["on"], one["day_id"]) for one in coming] == [(on.isoformat(), None)]
    stage.saw(players.giver, "birthday_coming", right=right, who=recipient.name, n=_DAYS)
    strangers = str(players.shop.get("/v1/days")["coming"])
    stage.saw(players.shop, "birthday_hidden", right=recipient.person_id not in strangers)


def _rule(stage: Stage) -> tuple[str, datetime]:
    """The giver's rule for every year: made paused, looked through, activated; its path, and when its gift comes."""
    giver = stage.players.giver
    asked = {
        "person_id": stage.players.recipient.person_id,
        "sku_id": stage.players.given_sku,
        "total_max": 2 * stage.players.price,
        "greeting": words("tour.greeting"),
    }
    made = giver.post("/v1/yearly-gifts", asked)
    path = f"/v1/yearly-gifts/{made['id']}"
    ahead = giver.get(path)
    right = made["state"] == "paused" and ahead["choice"]["sku_id"] == stage.players.given_sku
    total = stage.money(ahead["choice"]["total"]["amount"])
    stage.saw(giver, "rule_looked_through", right=right, total=total, n=len(ahead["times"]))
    giver.post(f"{path}/activation")

    def proposed() -> dict[str, Any] | None:
        proposal: dict[str, Any] | None = giver.get(path)["rule"]["proposal"]
        return proposal

    proposal = wait_for("proposal", proposed)
    stage.saw(giver, "rule_proposes", right=proposal["state"] == "waiting" and proposal["order_id"] is None)
    return path, datetime.fromisoformat(proposal["comes_at"])

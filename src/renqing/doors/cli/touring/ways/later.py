"""A birthday that a friend shows: something that is paid today and comes that morning, played over HTTP alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from renqing.doors.cli.touring.programs import wait_for
from renqing.doors.cli.touring.stage import Stage, Told
from renqing.doors.cli.touring.stories import sold

_SCHEDULED, _CLAIMABLE = 5, 10  # ours, and WeChat's
_GONE = (404, "gift_not_available")
_ZONE = ZoneInfo("Asia/Shanghai")
_DAYS = 2


def gift_comes_later(stage: Stage) -> Told:
    """Shown to friends alone; paid now for that day: the friend sees nothing before, then it comes by itself."""
    players = stage.players
    now = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"]).astimezone(_ZONE)
    on = _birthday(stage, now.date() + timedelta(days=_DAYS))
    wall = f"{on:%Y-%m-%d}T09:00"
    gift = stage.give(deliver_at=wall, deliver_zone=_ZONE.key, cover="birthday")
    path = f"/v1/gifts/{gift['gift_id']}"
    sent = players.giver.get(path)
    stage.saw(players.giver, "scheduled", right=sent["state"] == _SCHEDULED and sent["link_token"] is None, at=wall)
    early = players.recipient.refusal_of("GET", path)
    stage.saw(players.recipient, "nothing_yet", right=early == _GONE)
    comes = datetime.fromisoformat(wall).replace(tzinfo=_ZONE)
    stage.move_on(ceil((comes - now) / timedelta(hours=1)))

    def look() -> dict[str, Any] | None:
        seen: dict[str, Any] = players.giver.get(path)
        return seen if seen["state"] == _CLAIMABLE else None

    stage.saw(players.giver, "came", right=wait_for("gift", look)["deliver_at"] is None)
    stage.open_envelope(gift)
    order_id = stage.claim(gift)
    stage.recipient_sees_no_amount(order_id)
    stage.ship_and_receive(order_id, players.recipient, players.given_style)
    return stage.told("later", order_id, sold)


def _birthday(stage: Stage, on: date) -> date:
    """The friend shows their birthday to friends, and hides it again; when it comes, as the giver reads it."""
    players = stage.players
    recipient = players.recipient
    before = recipient.get("/v1/days")["birthday"]
    recipient.put("/v1/me/birthday", {"month": on.month, "day": on.day, "is_shown": True})
    stage.saw(recipient, "birthday_shown", month=on.month, day=on.day)
    coming = [one for one in players.giver.get("/v1/days")["coming"] if one["person"]["id"] == recipient.person_id]
    right = [(one["on"], one["day_id"]) for one in coming] == [(on.isoformat(), None)]
    stage.saw(players.giver, "birthday_coming", right=right, who=recipient.name, n=_DAYS)
    strangers = str(players.shop.get("/v1/days")["coming"])
    stage.saw(players.shop, "birthday_hidden", right=recipient.person_id not in strangers)
    if before is None:
        recipient.delete("/v1/me/birthday")
    else:
        recipient.put("/v1/me/birthday", {**before["day"], "is_shown": before["is_shown"]})
    return on

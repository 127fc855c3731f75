"""A gift that is paid today and comes tomorrow, played over HTTP alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from renqing.doors.cli.touring.programs import wait_for
from renqing.doors.cli.touring.stage import Stage, Told
from renqing.doors.cli.touring.stories import sold

_SCHEDULED, _CLAIMABLE = 5, 10  # ours, and WeChat's
_GONE = (404, "gift_not_available")
DAY_SECONDS = 86_400


def gift_comes_later(stage: Stage) -> Told:
    """Paid now for tomorrow: the friend sees nothing before; then it comes by itself and is claimed as any other."""
    players = stage.players
    now = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"])
    wall = f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}"
    gift = stage.give(deliver_at=wall, deliver_zone="UTC")
    path = f"/v1/gifts/{gift['gift_id']}"
    sent = players.giver.get(path)
    stage.saw(players.giver, "scheduled", right=sent["state"] == _SCHEDULED and sent["link_token"] is None, at=wall)
    early = players.recipient.refusal_of("GET", path)
    stage.saw(players.recipient, "nothing_yet", right=early == _GONE)
    players.nobody.post("/v1/demo/clock", {"seconds": DAY_SECONDS})
    stage.saw(players.operator, "day_passed")

    def look() -> dict[str, Any] | None:
        seen: dict[str, Any] = players.giver.get(path)
        return seen if seen["state"] == _CLAIMABLE else None

    stage.saw(players.giver, "came", right=wait_for("gift", look)["deliver_at"] is None)
    stage.open_envelope(gift)
    order_id = stage.claim(gift)
    stage.recipient_sees_no_amount(order_id)
    stage.ship_and_receive(order_id, players.recipient, players.given_style)
    return stage.told("later", order_id, sold)

"""A shop gives something away by a link: not a fen moves, and what nobody took is in stock again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from renqing.doors.cli.plain import words
from renqing.doors.cli.touring.programs import wait_for
from renqing.doors.cli.touring.stage import Stage, Told, holds_amount

_OVER = 4  # WeChat's number of an activity whose time is over
_STOCK, _HOURS = 3, 2
_GONE = (404, "present_not_available"), (409, "present_gone")


def shop_gives(stage: Stage) -> Told:
    """Three set aside; one is taken, once; the time is over, a late guest gets none, and two are free again."""
    players = stage.players
    base = f"/v1/shops/{players.shop_id}/activities"
    now = datetime.fromisoformat(players.nobody.get("/v1/demo/clock")["now"])
    free = _free(stage)
    asked = {"name": words("tour.present.name"), "sku_id": players.given_sku, "stock": _STOCK, "audience": "link"}
    made = players.shop.post(base, {**asked, "ends_at": (now + timedelta(hours=_HOURS)).isoformat()})
    stage.saw(players.shop, "set_aside", right=_free(stage) == free - _STOCK, n=_STOCK)
    path = f"/v1/presents/{made['code']}"
    seen = players.recipient.get(path)
    right = seen["standing"] == "ready" and seen["is_b2c_free_present"] and not holds_amount(seen)
    stage.saw(players.recipient, "present_seen", right=right, product=players.product)
    where = {"address_id": players.recipient_address}
    order_id = str(players.recipient.post(f"{path}/taking", where)["order_id"])
    order = players.recipient.get(f"/v1/orders/{order_id}")
    stage.saw(players.recipient, "present_taken", right=order["kind"] == "present" and not holds_amount(order))
    again = players.recipient.post(f"{path}/taking", where)["order_id"]
    stage.saw(players.recipient, "present_once", right=again == order_id)
    stage.ship_and_receive(order_id, players.recipient, players.given_style)
    stage.move_on(_HOURS)

    def over() -> dict[str, Any] | None:
        activity: dict[str, Any] = players.shop.get(f"{base}/{made['id']}")
        return activity if activity["state"] == _OVER else None

    left = wait_for("present", over)["left"]
    late = players.giver.refusal_of("POST", f"{path}/taking", {"address_id": players.giver_address})
    stage.saw(players.giver, "present_late", right=late in _GONE)
    wait_for("stock", lambda: True if _free(stage) == free - 1 else None)
    stage.saw(players.shop, "stock_free", right=left == _STOCK - 1, left=left)
    lines = players.recipient.get("/v1/me/account", limit=100)["lines"]
    stage.saw(players.recipient, "paid_nothing", right=all(line["cause_id"] != order_id for line in lines))
    return stage.told("present", order_id, lambda _paid: {})


def _free(stage: Stage) -> int:
    """How many pieces of the style its shop could sell."""
    players = stage.players
    products = players.shop.get(f"/v1/shops/{players.shop_id}/products", limit=50)["products"]
    product_id = next(one["id"] for one in products if one["title_zh"] == players.product_zh)
    form = players.shop.get(f"/v1/shops/{players.shop_id}/products/{product_id}")
    sku = next(one for one in form["skus"] if one["id"] == players.given_sku)
    return int(sku["on_hand"] - sku["held"])

"""What people's and merchants' programs do first in many tests, over HTTP."""

from __future__ import annotations

from typing import Any

from open_house import Caller, OpenHouse

from renqing.books import people


async def buy(doors: OpenHouse, buyer: Caller, sku_id: int, **more: Any) -> str:
    """A paid order for oneself; its path."""
    asked = {"lines": [{"sku_id": str(sku_id)}], "address_id": str(doors.town.addresses[buyer.person_id]), **more}
    placed = await buyer.ok("POST", "/v1/orders", asked)
    await doors.pay(buyer, placed["order_id"])
    return f"/v1/orders/{placed['order_id']}"


async def give(doors: OpenHouse, giver: Caller, recipient_id: int | None, sku_id: int, **more: Any) -> dict[str, Any]:
    """A paid gift."""
    asked = {"sku_id": str(sku_id), "cover": "thanks", "greeting": "谢谢你", **more}
    if recipient_id:
        asked["recipient_id"] = str(recipient_id)
    gift = await giver.ok("POST", "/v1/gifts", asked)
    await doors.pay(giver, gift["order_id"])
    return gift


async def ship(doors: OpenHouse, order_id: str, number: str) -> dict[str, Any]:
    """The owner of the shop ships everything."""
    owner = await doors.caller(doors.town.owner_id)
    shop = f"/v1/shops/{doors.town.shop_id}"
    asked = {"carrier": "SF", "tracking_number": number}
    return await owner.ok("POST", f"{shop}/orders/{order_id}/parcels", asked)


async def make_operator(doors: OpenHouse) -> Caller:
    """The town's stranger runs the platform from now on."""
    from_town = doors.town.stranger
    await doors.house.ground.db.run(lambda tx: people.add_staff(tx, people.PLATFORM, from_town, people.Role.OPERATOR))
    return await doors.caller(from_town)


async def page(
    doors: OpenHouse, caller: Caller, path: str, form: dict[str, str] | None = None, language: str = "zh"
) -> Any:
    """What somebody's browser is answered: a page, or what a form leads to."""
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    if form is None:
        return await doors.client.get(path, headers=headers)
    once = f"form-{doors.house.ground.ids.new()}"
    return await doors.client.post(path, headers=headers, data={"once": once, **form})

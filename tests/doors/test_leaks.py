"""A gift whose link went around, through the doors: who holds the link reads that it waits, its giver lets it go on."""

from __future__ import annotations

from typing import Any

import msgspec
from callers import give, make_operator, page


async def look(doors: Any, caller: Any, link: dict[str, str], language: str) -> Any:
    """What stands behind a link for who is signed in."""
    headers = {"cookie": f"renqing={caller.token}; renqing_language={language}", "accept": "text/html"}
    return await doors.client.post("/g/look", data=link, headers=headers)


async def test_a_gift_whose_link_went_around_says_so_to_both_sides_until_its_giver_lets_it_go_on(doors):
    town, ground = doors.town, doors.house.ground
    policy = msgspec.structs.replace(ground.settings.policy, abuse_link_openers_max=1)
    ground.settings = msgspec.structs.replace(ground.settings, policy=policy)
    an, bo, cai = await doors.callers(town.an, town.bo, town.cai)
    gift = await give(doors, an, None, town.red)
    path = f"/v1/gifts/{gift['gift_id']}"
    sent = await an.ok("GET", path)
    assert sent["held_until"] is None
    link = {"token": sent["link_token"]}
    for person in (bo, cai):
        await person.ok("POST", "/v1/gifts/openings", link)
    until = (await an.ok("GET", path))["held_until"]
    assert (await bo.ok("POST", "/v1/gifts/lookups", link))["held_until"] == until is not None
    claim = {**link, "address_id": str(town.addresses[town.bo])}
    assert await bo.refused("POST", "/v1/gifts/claims", claim) == (409, "gift_held_back")
    for words, language in (("正在等", "zh"), ("Waiting for", "en")):
        closed = await doors.client.post("/g/look", data=link, headers={"cookie": f"renqing_language={language}"})
        assert words in closed.text, "on the envelope, before anybody says who they are"
        shown = (await look(doors, bo, link, language)).text
        assert words in shown and "/g/claim" not in shown and "/g/refuse" not in shown, "nobody types an address"
    operator = await make_operator(doors)
    (line,) = await operator.ok("GET", "/v1/operator/waiting-gifts")
    assert (line["gift_id"], line["reason"], line["openers"]) == (gift["gift_id"], "link_leaks", 2)
    assert line["since"] < line["until"] == until
    for words, language in (("等送礼人点头", "zh"), ("wait for their giver", "en")):
        desk = (await page(doors, operator, "/desk/operator/holds", language=language)).text
        assert words in desk and gift["gift_id"] in desk and "安" not in desk, "and not whose it is"
    for words, language in (("让大家领", "zh"), ("let them claim", "en")):
        assert words in (await page(doors, an, f"/gifts/{gift['gift_id']}", language=language)).text
    assert await bo.refused("POST", f"{path}/going-on") == (404, "gift_not_available")
    gone = await page(doors, an, f"/gifts/{gift['gift_id']}/going-on", {})
    assert gone.headers["location"].startswith(f"/gifts/{gift['gift_id']}")
    assert "让大家领" not in (await page(doors, an, f"/gifts/{gift['gift_id']}")).text
    assert (await an.ok("GET", path))["held_until"] is None
    assert await operator.ok("GET", "/v1/operator/waiting-gifts") == []
    assert "/g/claim" in (await look(doors, bo, link, "zh")).text
    await an.ok("POST", f"{path}/going-on")
    await bo.ok("POST", "/v1/gifts/claims", claim)

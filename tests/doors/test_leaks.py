"""A gift whose link went around, through the doors: who holds the link reads that it waits, its giver lets it go on."""

from __future__ import annotations

import msgspec
from callers import give, page


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
    for words, language in (("让大家领", "zh"), ("let them claim", "en")):
        assert words in (await page(doors, an, f"/gifts/{gift['gift_id']}", language=language)).text
    assert await bo.refused("POST", f"{path}/going-on") == (404, "gift_not_available")
    gone = await page(doors, an, f"/gifts/{gift['gift_id']}/going-on", {})
    assert gone.headers["location"].startswith(f"/gifts/{gift['gift_id']}")
    assert "让大家领" not in (await page(doors, an, f"/gifts/{gift['gift_id']}")).text
    assert (await an.ok("GET", path))["held_until"] is None
    await an.ok("POST", f"{path}/going-on")
    await bo.ok("POST", "/v1/gifts/claims", claim)

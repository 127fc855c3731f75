"""What a shop reads of a gift with its order: its number, how it was sent, pseudonyms, the greeting by policy alone."""

from __future__ import annotations

import pytest
from counter import receive, ship
from household import worker_of
from outside import FakeOutside, listen
from presents import offered, take
from sets import give_set_paid, open_second, parts_of
from town import claim, give_paid

from renqing.foundation.gift_policy import GiftPolicyChanges
from renqing.journeys.erase_a_person import EraseMe, erase_a_person
from renqing.journeys.keep_gift_codes import MakeACode, make_a_gift_code
from renqing.social import gifts, masks
from renqing.trade.codes import NewCode

GREETING = "canary-greeting-for-two"


async def reads(doors, order_id, owner_id=None, shop_id=None):
    """What the shop's program reads of the gift that an order is."""
    caller = await doors.caller(owner_id or doors.town.owner_id)
    said = await caller.ok("GET", f"/v1/shops/{shop_id or doors.town.shop_id}/orders/{order_id}")
    return said["order_present_info"]


async def desk(doors, order_id) -> str:
    """Its page at the desk."""
    owner = await doors.caller(doors.town.owner_id)
    headers = {"cookie": f"renqing={owner.token}; renqing_language=zh", "accept": "text/html"}
    return (await doors.client.get(f"/desk/orders/{order_id}", headers=headers)).text


async def by_link(doors, gift) -> str:
    return await gifts.link_token(doors.town.ground.db, doors.town.ground.keys, gift.gift_id, doors.town.an)


async def test_the_shop_knows_giver_and_recipient_by_names_of_its_own_and_its_programs_hear_the_same(doors):
    town, outside = doors.town, FakeOutside()
    await listen(town)
    gift = await give_paid(town, town.an, town.bo, town.red, greeting=GREETING)
    waiting = await reads(doors, gift.order_id)
    assert (waiting["gift_id"], waiting["recipient"], waiting["order_ids"]) == (
        str(gift.gift_id),
        None,
        [str(gift.order_id)],
    )
    await claim(town, town.bo, gift.gift_id)
    await worker_of(town.ground, outside=outside).drain()
    seen = await reads(doors, gift.order_id)
    (told,) = [post.said["data"] for post in outside.heard if post.type == "gift.claimed"]
    assert (seen["giver"], seen["recipient"]) == (told["giver"], told["recipient"])
    assert seen["giver"] == waiting["giver"] and seen["giver"].startswith("per_")
    assert not {str(town.an), str(town.bo)} & set(map(str, seen.values()))
    again = await give_paid(town, town.an, town.cai, town.blue)
    assert (await reads(doors, again.order_id))["giver"] == seen["giver"]
    assert seen["paid_at"] is not None and not seen["is_b2c_free_present"]
    said = await desk(doors, gift.order_id)
    assert seen["giver"] in said and str(gift.gift_id) in said and GREETING not in said


async def test_another_shop_knows_them_by_other_names_and_reads_its_own_orders_alone(doors):
    town = doors.town
    second = await open_second(town)
    gift = await give_set_paid(town, town.an, town.bo, (town.red, 1), (second.tin, 1))
    await claim(town, town.bo, gift.gift_id)
    mine, theirs = await parts_of(town, gift)
    first = await reads(doors, mine.part_id)
    other = await reads(doors, theirs.part_id, second.owner_id, second.shop_id)
    assert first["gift_id"] == other["gift_id"] == str(gift.gift_id)
    assert first["giver"] != other["giver"] and first["recipient"] != other["recipient"]
    assert (first["order_ids"], other["order_ids"]) == ([str(mine.part_id)], [str(theirs.part_id)])


async def test_the_greeting_is_the_shops_to_read_where_the_policy_lets_it_and_once_it_is_claimed(doors):
    town = doors.town
    private = await give_paid(town, town.an, town.bo, town.red, greeting=GREETING)
    choice = gifts.Choice("house", GiftPolicyChanges(gift_note_to_shop="yes"))
    await town.ground.db.run(lambda tx: gifts.choose_policy(tx, town.shop_id, choice))
    shown = await give_paid(town, town.an, town.bo, town.blue, greeting=GREETING)
    for gift in (private, shown):
        assert (await reads(doors, gift.order_id))["present_note"] == ""
        await claim(town, town.bo, gift.gift_id)
    assert (await reads(doors, private.order_id))["present_note"] == ""
    assert (await reads(doors, shown.order_id))["present_note"] == GREETING
    assert GREETING in await desk(doors, shown.order_id) and GREETING not in await desk(doors, private.order_id)
    an = await doors.caller(town.an)
    headers = {"cookie": f"renqing={an.token}; renqing_language=zh", "accept": "text/html"}
    assert "商家会看到" in (await doors.client.get(f"/wrap?sku={town.red}", headers=headers)).text


@pytest.mark.parametrize(
    ("asked", "way", "number"), [({}, "link", None), ({"group": True}, "group", 1), ({"code": True}, "code", None)]
)
async def test_it_says_how_the_gift_was_sent(doors, asked, way, number):
    town = doors.town
    wrapping = {}
    if "group" in asked:
        an = await doors.caller(town.an)
        group = await an.ok("POST", "/v1/groups", {"name": "我们", "person_ids": [str(town.bo), str(town.cai)]})
        wrapping = {"group_id": int(group["id"]), "shares": 2}
    if "code" in asked:
        new = MakeACode(town.owner_id, NewCode(town.shop_id, town.product_id, "收银台"))
        wrapping = {"code": (await make_a_gift_code(town.ground, new, town.key(town.owner_id))).code}
    gift = await give_paid(town, town.an, None, town.red, **wrapping)
    seen = await reads(doors, gift.order_id)
    assert (seen["send_type"], seen["present_send_type"]) == (way, number)
    named = await give_paid(town, town.an, town.bo, town.red)
    chat = await reads(doors, named.order_id)
    assert (chat["send_type"], chat["present_send_type"], chat["mode"]) == ("chat", 0, "first_come")


async def test_of_a_gift_for_many_every_order_names_all_of_them_in_one_answer(doors):
    town = doors.town
    gift = await give_paid(town, town.an, None, town.red, shares=3)
    token = await by_link(doors, gift)
    first, second = [(await claim(town, one, None, token=token)).order_id for one in (town.bo, town.cai)]
    names = sorted(str(one) for one in (gift.order_id, first, second))
    for order in (first, second):
        seen = await reads(doors, order)
        assert set(seen["order_ids"]) >= {str(first), str(second)} and set(seen["order_ids"]) <= set(names)
        assert seen["orders"] == len(seen["order_ids"]) and seen["paid_at"] is not None
    assert (await reads(doors, first))["recipient"] != (await reads(doors, second))["recipient"]


async def test_who_gives_without_a_name_has_none_for_the_shop_either_until_they_show_themselves(doors):
    town = doors.town
    gift = await give_paid(town, town.an, town.bo, town.red, nameless=True)
    await claim(town, town.bo, gift.gift_id)
    assert (await reads(doors, gift.order_id))["giver"] is None
    assert "不公开" in await desk(doors, gift.order_id)
    await town.ground.db.run(lambda tx: masks.take_off(tx, gift.gift_id, town.an, [town.bo]))
    assert (await reads(doors, gift.order_id))["giver"] is not None


async def test_who_is_erased_has_no_name_any_more(doors):
    town = doors.town
    order = await give_paid(town, town.an, town.cai, town.red)
    await claim(town, town.cai, order.gift_id)
    await ship(town, order.order_id)
    await receive(town, town.cai, order.order_id)
    await erase_a_person(town.ground, EraseMe(town.an, "安"))
    seen = await reads(doors, order.order_id)
    assert seen["giver"] is None and seen["recipient"] is not None


async def test_a_shops_own_present_says_that_nobody_paid(doors):
    town = doors.town
    made = await offered(town)
    taken = await take(town, town.bo, made.code)
    seen = await reads(doors, taken.order_id)
    assert (seen["is_b2c_free_present"], seen["activity_id"]) == (True, str(made.activity_id))
    assert (seen["gift_id"], seen["giver"], seen["present_note"]) == (None, None, "谢谢你们")

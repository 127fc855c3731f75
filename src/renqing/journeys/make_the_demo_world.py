"""A world to walk around in: six shops, their goods, and fifteen people who know each other.

One transaction makes all of it through the rooms' own verbs: people with their addresses, friendships and circles,
then shops with their staff, freight, promises and goods, and what of that is vouchers or takes an engraving. The first
person's phone tells whether it is there already: then nothing happens, whatever people have done in it since. When a
step fails there is no world at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from renqing.books import catalog, people
from renqing.books.catalog import Catalogue
from renqing.books.people import PLATFORM, NewAddress, NewShop, Role
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.demo.reading import (
    SHOPS,
    SOURCE,
    DemoPeople,
    catalogue_of,
    people_of_the_demo,
    picture_key,
    shelf,
)
from renqing.journeys.import_a_catalogue import ImportACatalogue, take_over
from renqing.trade import engravings, lateness, shipping, vouchers

Say = Callable[[str], None]


async def make_the_demo_world(ground: Ground, say: Say) -> None:
    """Make the demo world where it is not there yet. ``say`` hears names and numbers as they come in."""
    demo = people_of_the_demo()
    if await ground.db.run(lambda tx: _is_there(tx, demo)):
        return
    now, currency = ground.clock.now(), ground.policy.currency
    goods = {shop: catalogue_of(shop, now, currency) for shop in SHOPS}
    await ground.db.run(lambda tx: _story(ground, tx, demo, goods, say))


async def _story(ground: Ground, tx: Tx, demo: DemoPeople, goods: Mapping[str, Catalogue], say: Say) -> None:
    await catalog.lock_source(tx, SOURCE)  # a second start waits here, and then finds it made
    if await _is_there(tx, demo):
        return
    ids = await _people(tx, demo)
    say(" ".join(person.name for person in demo.person))
    for shop, catalogue in goods.items():
        count = await _shop(ground, tx, shop, catalogue, demo, ids)
        say(f"{shelf(shop).shop.logo} {' '.join(shelf(shop).shop.names)} · {count}")


async def _is_there(tx: Tx, demo: DemoPeople) -> bool:
    phone = people.phone_hash(tx.keys, demo.person[0].phone)
    return await people.person_by_phone(tx, phone) is not None


async def _people(tx: Tx, demo: DemoPeople) -> dict[str, int]:
    """Everybody, with their addresses, friends and circles; their ids by their names in the file."""
    ids: dict[str, int] = {}
    for person in demo.person:
        avatar = picture_key(person.avatar)
        joined = await people.join(tx, name=person.name, phone=person.phone, avatar=avatar, language=person.language)
        ids[person.id] = joined.id
        if person.operator:
            await people.add_staff(tx, PLATFORM, joined.id, Role.OPERATOR)
        if person.address is not None:
            place = person.address
            kept = NewAddress(place.region, place.name, person.phone, place.detail, is_default=True)
            await people.add_address(tx, joined.id, kept)
    for one, others in demo.friends.items():
        for other in others:
            await people.befriend(tx, ids[one], ids[other])
    for group in demo.group:
        await people.make_group(tx, ids[group.made_by], group.name, [ids[member] for member in group.members])
    return ids


async def _shop(
    ground: Ground, tx: Tx, key: str, catalogue: Catalogue, demo: DemoPeople, ids: Mapping[str, int]
) -> int:
    """A shop with its staff, freight, promise and goods; how many products it has."""
    shop, staff = shelf(key).shop, demo.staff[key]
    (name_zh, name_en), (brief_zh, brief_en) = shop.names, shop.briefs
    logo = picture_key(shop.logo)
    face = NewShop(name_zh, name_en, brief_zh, brief_en, logo, writes_cards=shop.writes_cards)
    opened = await people.open_shop(tx, face, ids[staff.owner])
    for clerk in staff.clerks:
        await people.add_staff(tx, opened.id, ids[clerk], Role.CLERK)
    everywhere = shipping.Rate(shipping.EVERYWHERE, shop.freight.fee, shop.freight.free_from)
    await shipping.set_rate(tx, opened.id, everywhere)
    for region in shop.too_far:
        await shipping.set_rate(tx, opened.id, shipping.Rate(region, delivers=False))
    if shop.lateness is not None:
        said = shop.lateness
        promise = lateness.NewPromise(said.share_bp, said.lowest, said.highest, said.grace_hours)
        await lateness.state(tx, opened.id, ids[staff.owner], promise, ground.policy.ship_within_hours)
    new = (await take_over(tx, ImportACatalogue(catalogue, shop_id=opened.id))).products_new
    product_of = await catalog.products_of_source(tx, opened.id, SOURCE)
    for product in shelf(key).product:
        if product.engraving is not None:
            await engravings.keep_terms(tx, opened.id, product_of[product.id], product.engraving)
    await _vouchers(tx, key, opened.id, ids[staff.owner], product_of)
    return new


async def _vouchers(tx: Tx, key: str, shop_id: int, owner_id: int, product_of: Mapping[str, int]) -> None:
    """The shop's places, and what those of its goods promise that are vouchers."""
    places = [await vouchers.open_a_location(tx, shop_id, owner_id, *place) for place in shelf(key).shop.places]
    for product in shelf(key).product:
        promised = product.voucher
        if promised is None:
            continue
        new = vouchers.NewTerms(
            shop_id=shop_id,
            product_id=product_of[product.id],
            uses=promised.uses,
            valid_days=promised.days,
            valid_until=None,
            location_ids=tuple(place.id for place in places),
            expired=promised.expired,
            unclaimed=promised.unclaimed,
        )
        await vouchers.set_terms(tx, new, owner_id)

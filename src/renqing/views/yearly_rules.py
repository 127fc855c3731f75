"""Yearly rules as who made them sees them, and what a new one could be made of."""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.books.catalog import picture_of
from renqing.books.people import Person
from renqing.foundation.database import Row
from renqing.foundation.ground import Ground
from renqing.social import days, wishes, yearly
from renqing.social.days import Day, NotedDay
from renqing.social.wishes import WishList
from renqing.social.yearly import Proposal, Rule
from renqing.trade import shipping, vouchers


class RuleHere(msgspec.Struct, frozen=True):
    """A rule with what it names. ``day`` None: it is not to be seen at present; ``note`` empty: a birthday."""

    rule: Rule
    friend: Person
    note: str
    day: Day | None
    product_id: int | None
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    list_name: str
    last: Proposal | None


class RuleDesk(msgspec.Struct, frozen=True):
    """What a rule for a friend can be made of: their birthday where they show it, notes, lists, a style.

    ``total``: what the style costs with its freight.
    """

    friend: Person
    birthday: Day | None
    notes: list[NotedDay]
    lists: list[WishList]
    sku_id: int | None
    product_id: int | None
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    total: int


_GOODS = """
SELECT s.id, s.product_id, p.shop_id, p.title_zh, p.title_en, s.specs, s.price, coalesce(s.picture, '') AS picture,
       p.pictures
  FROM catalog_sku s JOIN catalog_product p ON p.id = s.product_id WHERE s.id = ANY ($1)
"""
_LISTS = "SELECT id, name FROM wish_list WHERE id = ANY ($1)"


async def yearly_rules(ground: Ground, giver_id: int) -> list[RuleHere]:
    """All rules of somebody that go on or may."""
    return await _shown(ground, await yearly.rules_of(ground.db, giver_id), giver_id)


async def yearly_rule(ground: Ground, giver_id: int, rule_id: int) -> RuleHere:
    """One of them, ended or not. Raises RuleUnknown."""
    return (await _shown(ground, [await yearly.rule_by_id(ground.db, giver_id, rule_id)], giver_id))[0]


async def _shown(ground: Ground, rules: list[Rule], giver_id: int) -> list[RuleHere]:
    friend_ids = sorted({rule.friend_id for rule in rules})
    friends = await people.get_people(ground.db, friend_ids)
    near = set(await people.friends_of(ground.db, giver_id)) & set(friend_ids)
    shown = await days.shown_birthdays(ground.db, near) if near else {}
    notes = {one.id: one for one in await days.notes_of(ground.db, giver_id)}
    goods = {row["id"]: row for row in await ground.db.fetch(_GOODS, [rule.sku_id for rule in rules if rule.sku_id])}
    lists = await ground.db.fetch(_LISTS, [rule.list_id for rule in rules if rule.list_id])
    names = {row["id"]: row["name"] for row in lists}
    last = await yearly.proposals_of(ground.db, [rule.id for rule in rules])
    found = []
    for rule in rules:
        note = notes.get(rule.note_id or 0)
        row = goods.get(rule.sku_id or 0)
        found.append(
            RuleHere(
                rule=rule,
                friend=friends[rule.friend_id],
                note=note.name if note else "",
                day=note.day if note else None if rule.note_id else shown.get(rule.friend_id),
                product_id=row["product_id"] if row else None,
                title_zh=row["title_zh"] if row else "",
                title_en=row["title_en"] if row else "",
                specs=list(row["specs"]) if row else [],
                picture=picture_of(row["picture"], *row["pictures"]) if row else "",
                list_name=names.get(rule.list_id or 0, ""),
                last=last.get(rule.id),
            )
        )
    return found


async def _freight(ground: Ground, row: Row) -> int:
    """Its shop's usual one; none where it is a voucher, which is not sent."""
    if await vouchers.terms_of_products(ground.db, [row["product_id"]]):
        return 0
    return (await shipping.quote(ground.db, row["shop_id"], None, row["price"])).fee


async def rule_desk(ground: Ground, giver_id: int, friend_id: int, sku_id: int | None) -> RuleDesk:
    """What a rule could be made of. Raises PersonUnknown for who is no friend."""
    if friend_id not in await people.friends_of(ground.db, giver_id):
        raise people.PersonUnknown
    row = await ground.db.fetchrow(_GOODS, [sku_id]) if sku_id else None
    lists = await wishes.lists_of(ground.db, friend_id)
    return RuleDesk(
        friend=await people.get_person(ground.db, friend_id),
        birthday=(await days.shown_birthdays(ground.db, [friend_id])).get(friend_id),
        notes=[one for one in await days.notes_of(ground.db, giver_id) if one.friend_id == friend_id],
        lists=[one for one in lists if wishes.may_see(one.seen_by, is_owner=False, are_friends=True, is_blocked=False)],
        sku_id=row["id"] if row else None,
        product_id=row["product_id"] if row else None,
        title_zh=row["title_zh"] if row else "",
        title_en=row["title_en"] if row else "",
        specs=list(row["specs"]) if row else [],
        picture=picture_of(row["picture"], *row["pictures"]) if row else "",
        total=row["price"] + (await _freight(ground, row)) if row else 0,
    )

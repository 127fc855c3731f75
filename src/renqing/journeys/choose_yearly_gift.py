"""What a yearly rule would give as things stand now, when, and for how much. A step of other journeys; it only reads.

The friend is still a friend and takes such a gift, by the same rules as a gift that is wrapped by hand; the thing is on
sale, may be given and is in stock; price and freight are within the rule's sum. Of a wish list it is the wish that has
waited longest, of those that its owner still wishes for, lets the giver see, and was not given by this rule before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from renqing.books import catalog, people, stock
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.journeys.give_a_gift import check_recipient
from renqing.journeys.give_a_set import check_giftable
from renqing.social import days, gifts, peace, wishes, yearly
from renqing.social.yearly import NextTime, Proposal, Rule, Why
from renqing.trade import shipping, vouchers

TIMES_SHOWN = 3
_DATES_LOOKED_AT = 8  # more than what is shown, since some may be over or done


class Choice(msgspec.Struct, frozen=True):
    """What would be given: ``total`` with freight, in minor units of ``currency``."""

    sku_id: int
    product_id: int
    title_zh: str
    title_en: str
    specs: list[str]
    picture: str
    total: int
    currency: str


async def day_of(tx: Tx, rule: Rule) -> days.Day | None:
    """The day of a rule, as long as its giver may know of it."""
    if rule.note_id is not None:
        try:
            return (await days.note_by_id(tx, rule.giver_id, rule.note_id)).day
        except days.DayUnknown:
            return None
    if not await people.are_friends(tx, rule.giver_id, rule.friend_id):
        return None
    return (await days.shown_birthdays(tx, [rule.friend_id])).get(rule.friend_id)


async def times_of(tx: Tx, rule: Rule) -> list[NextTime]:
    """When a rule gives next, by the clock where its friend is; nothing where the day is not to be known."""
    day = await day_of(tx, rule)
    if day is None:
        return []
    zone = (await peace.rule_of(tx, rule.friend_id)).time_zone
    here = tx.now.astimezone(ZoneInfo(zone)).date()
    dates = days.next_dates(day, here, _DATES_LOOKED_AT)
    return yearly.next_times(dates, rule.comes_at, zone, tx.now, await yearly.years_of(tx, rule.id))[:TIMES_SHOWN]


async def choose(ground: Ground, tx: Tx, rule: Rule) -> Choice | Why:
    """What a rule would give now, or why nothing."""
    if rule.sku_id is not None:
        return await _judge(ground, tx, rule, await _offer(tx, rule.sku_id))
    near: Why = "no_wish"
    given = await yearly.given_products(tx, rule.id)
    for product_id, sku_id in await _wishes(tx, rule):
        if product_id in given:
            continue
        for offer in await _styles(tx, product_id, sku_id):
            found = await _judge(ground, tx, rule, offer)
            if isinstance(found, Choice) or found == "unreachable":
                return found
            near = found
    return near


async def choose_again(ground: Ground, tx: Tx, rule: Rule, proposal: Proposal) -> Choice | Why:
    """What was proposed, as things stand now."""
    assert proposal.sku_id is not None, "what is proposed is of a style"
    return await choose(ground, tx, msgspec.structs.replace(rule, sku_id=proposal.sku_id, list_id=None))


async def _offer(tx: Tx, sku_id: int) -> catalog.Offer | None:
    return (await catalog.offers(tx, [sku_id])).get(sku_id)


async def _styles(tx: Tx, product_id: int, sku_id: int | None) -> Sequence[catalog.Offer | None]:
    """The wished style, or any: the least dear first."""
    if sku_id is not None:
        return [await _offer(tx, sku_id)]
    return sorted(await catalog.styles(tx, product_id), key=lambda one: (one.price, one.sku_id))


async def _wishes(tx: Tx, rule: Rule) -> list[tuple[int, int | None]]:
    """What is wished for on the rule's list, as far as its giver sees it."""
    assert rule.list_id is not None, "without a list there is a style"
    try:
        wanted = await wishes.list_by_id(tx, rule.list_id)
    except wishes.WishListUnknown:
        return []
    are_friends = await people.are_friends(tx, rule.giver_id, rule.friend_id)
    is_blocked = await people.either_blocks(tx, rule.giver_id, rule.friend_id)
    if wanted.owner_id != rule.friend_id or not wishes.may_see(
        wanted.seen_by, is_owner=False, are_friends=are_friends, is_blocked=is_blocked
    ):
        return []
    return await wishes.still_wished(tx, rule.list_id)


async def _judge(ground: Ground, tx: Tx, rule: Rule, offer: catalog.Offer | None) -> Choice | Why:
    """Whether the rule may give this: by the order in which its giver would want to know."""
    if offer is None or not offer.on_sale:
        return "off_sale"
    refusal = await _refusal(ground, tx, rule, offer)
    if refusal is not None:
        return refusal
    total = offer.price + await _freight(tx, offer)
    if offer.currency != rule.currency or total > rule.total_max:
        return "price"
    if (await stock.available(tx, [offer.sku_id])).get(offer.sku_id, 0) < 1:
        return "out_of_stock"
    return Choice(
        offer.sku_id,
        offer.product_id,
        offer.title_zh,
        offer.title_en,
        list(offer.specs),
        catalog.picture_of(offer.picture),
        total,
        offer.currency,
    )


async def _refusal(
    ground: Ground, tx: Tx, rule: Rule, offer: catalog.Offer
) -> Literal["unreachable", "too_dear", "not_a_gift"] | None:
    if not await people.are_friends(tx, rule.giver_id, rule.friend_id):
        return "unreachable"
    try:
        await check_recipient(tx, rule.giver_id, rule.friend_id, None, offer.price)
        await check_giftable(tx, [offer], {offer.shop_id: await gifts.policy_of_shop(tx, offer.shop_id, ground.policy)})
    except gifts.RecipientNotReachable:
        return "unreachable"
    except peace.GiftTooDear:
        return "too_dear"
    except gifts.GiftNotAllowed:
        return "not_a_gift"
    return None


async def _freight(tx: Tx, offer: catalog.Offer) -> int:
    if await vouchers.terms_of_products(tx, [offer.product_id]):
        return 0
    return (await shipping.quote(tx, offer.shop_id, None, offer.price)).fee

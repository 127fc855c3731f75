"""A shop's staff set goods aside to be given away, choose people for them, pause, and stop; and time ends what is left.

Making one, in one transaction: who works for the shop is let in and not held; the style is the shop's own, on sale,
not of a kind that may not be given, and worth no more than the house allows; a group is the maker's own; the pieces
are held like an order's, all or none. What the greeting says was judged by a moderator before: a shop is told at once,
since its words are for a crowd.

Chosen people are the shop's customers, named by their orders, since a shop knows nobody else and no name. Those who
take gifts from nobody, or from friends alone, who want nothing so dear, or who blocked the asker are passed over, and
the shop learns no more of them than of an order that is not its own. For each chosen person a piece is kept.

However an activity ends, what nobody took is free again in the same transaction, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, assert_never

import msgspec

from renqing.books import catalog, people, stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.foundation.timers import Timer
from renqing.journeys.ask_the_staff import check_staff
from renqing.journeys.check_out import OfferOver
from renqing.journeys.moderate import suspected
from renqing.social import activities, gifts, holds, peace, wrappings
from renqing.social.moderation.ports import Moderator
from renqing.trade import orders, vouchers

Step = Literal["pause", "resume", "stop"]


class MakeAnActivity(msgspec.Struct, frozen=True, kw_only=True):
    """Which pieces, for whom, from when to when. ``starts_at`` None: now."""

    staff_id: int
    shop_id: int
    name: str
    sku_id: int
    stock: int
    audience: activities.Audience
    ends_at: datetime
    starts_at: datetime | None = None
    group_id: int | None = None
    cover: str = gifts.COVERS[0]
    greeting: str = ""


class ActivityMade(msgspec.Struct, frozen=True):
    """It is there; ``code`` is its public link's."""

    activity_id: int
    code: str


class MoveAnActivity(msgspec.Struct, frozen=True):
    """Pause it, let it go on, or stop it for good."""

    staff_id: int
    shop_id: int
    activity_id: int
    step: Step


class ActivityStands(msgspec.Struct, frozen=True):
    """WeChat's number of its state now."""

    activity_id: int
    state: int


class ChoosePeople(msgspec.Struct, frozen=True):
    """Who shall have a piece: whom these orders of the shop came to."""

    staff_id: int
    shop_id: int
    activity_id: int
    orders: tuple[int, ...]


class PeopleChosen(msgspec.Struct, frozen=True):
    """The orders whose people are chosen, now or before; those of the others are not reached, for whatever reason."""

    activity_id: int
    chosen: list[int]
    not_reached: list[int]


async def make_an_activity(
    ground: Ground, ask: MakeAnActivity, once: Once, moderator: Moderator | None = None
) -> ActivityMade:
    """Raises ShopUnknown, OnHold, OfferOver, GiftNotAllowed, GroupUnknown, StockShort, ActivitiesFull, VouchersApart.

    FieldNotValid for words that a moderator holds, and whatever is outside its limits.
    """
    held = await suspected(ground, moderator, ask.greeting.strip(), wrappings.Extras())
    return await run_once(ground.db, once, ActivityMade, lambda tx: _make(ground, tx, ask, is_held=bool(held)))


async def _make(ground: Ground, tx: Tx, ask: MakeAnActivity, *, is_held: bool) -> ActivityMade:
    await check_staff(tx, ask.shop_id, ask.staff_id, otherwise=people.ShopUnknown())
    await holds.check_free(tx, ask.staff_id, "give")
    offer = (await catalog.offers(tx, [ask.sku_id])).get(ask.sku_id)
    if offer is None or offer.shop_id != ask.shop_id or not offer.on_sale:
        raise OfferOver(sku_id=ask.sku_id)
    if is_held:
        raise FieldNotValid(field="greeting", reason="not_suitable")
    if await vouchers.terms_of_products(tx, [offer.product_id]):
        raise vouchers.VouchersApart  # a present goes its way in a parcel
    new = activities.check_new(_new(tx, ask, offer.product_id), tx.now)
    _check_gift(offer, new.cover, await gifts.policy_of_shop(tx, ask.shop_id, ground.policy), ground)
    if new.group_id is not None:
        await people.get_group(tx, new.group_id, ask.staff_id)
    made = await activities.make(tx, new)
    if any(await stock.hold(tx, [stock.HoldAsk(made.id, ((made.sku_id, made.stock),))])):
        raise activities.StockShort(free=(await stock.available(tx, [made.sku_id]))[made.sku_id])
    return ActivityMade(made.id, made.code)


def _new(tx: Tx, ask: MakeAnActivity, product_id: int) -> activities.NewActivity:
    return activities.NewActivity(
        id=tx.ids.new(),
        shop_id=ask.shop_id,
        made_by=ask.staff_id,
        name=ask.name,
        product_id=product_id,
        sku_id=ask.sku_id,
        stock=ask.stock,
        audience=ask.audience,
        group_id=ask.group_id,
        cover=ask.cover,
        greeting=ask.greeting,
        starts_at=ask.starts_at or tx.now,
        ends_at=ask.ends_at,
    )


def _check_gift(offer: catalog.Offer, cover: str, policy: GiftPolicy, ground: Ground) -> None:
    """A shop's switches are for what others buy and give; the platform's kinds and limit are for everybody."""
    if cover not in gifts.COVERS:
        raise FieldNotValid(field="cover", reason="unknown")
    reason = catalog.may_be_gift(
        giftable=True,
        shop_allows=True,
        forbidden=gifts.may_not(policy, offer.gift_forbidden),
        original_price=offer.original_price,
        price_max=ground.policy.present_price_max_minor,
    )
    if reason:
        raise gifts.GiftNotAllowed(reason=reason, category=offer.gift_forbidden)


async def choose_people(ground: Ground, ask: ChoosePeople, once: Once) -> PeopleChosen:
    """Raises ShopUnknown, ActivityUnknown, OnHold, ActivityOver, NotForChosen, ActivityFull, FieldNotValid."""
    return await run_once(ground.db, once, PeopleChosen, lambda tx: _choose(tx, ask))


async def _choose(tx: Tx, ask: ChoosePeople) -> PeopleChosen:
    activity = await _own(tx, ask.shop_id, ask.staff_id, ask.activity_id)
    await holds.check_free(tx, ask.staff_id, "give")
    asked = list(dict.fromkeys(ask.orders))
    if not 1 <= len(asked) <= activities.GUESTS_MAX:
        raise FieldNotValid(field="orders", reason="count", max=activities.GUESTS_MAX)
    known = await orders.by_ids(tx, asked)
    person_of = {one.id: one.owner_id or one.payer_id for one in known.values() if one.shop_id == ask.shop_id}
    welcome = await _welcome(tx, activity, ask.staff_id, sorted(set(person_of.values())))
    chosen = [order_id for order_id in asked if person_of.get(order_id) in welcome]
    await activities.invite(tx, activity, [person_of[order_id] for order_id in chosen])
    return PeopleChosen(activity.id, chosen, [order_id for order_id in asked if order_id not in chosen])


async def _welcome(tx: Tx, activity: activities.Activity, staff_id: int, asked: Sequence[int]) -> set[int]:
    """Those of these people who let a gift of this shop in."""
    offers = await catalog.offers(tx, [activity.sku_id])
    customers = await orders.customers_among(tx, [(activity.shop_id, guest) for guest in asked])
    staff = await people.staff_among(tx, [(activity.shop_id, guest) for guest in asked])
    rules = await peace.rules_of(tx, asked)
    pairs = [pair for guest in asked for pair in ((guest, staff_id), (staff_id, guest))]
    blocked = {person for pair in await people.blocks_among(tx, pairs) for person in pair}
    gone = await people.erased_among(tx, asked)
    return {
        guest
        for guest in asked
        if (activity.shop_id, guest) in customers - staff
        and guest not in blocked | gone
        and _lets_in(rules.get(guest, peace.DEFAULT_RULE), offers[activity.sku_id].price)
    }


def _lets_in(rule: peace.PeaceRule, price: int) -> bool:
    """A shop is near its customers, and nobody's friend."""
    return peace.lets_in(rule, are_friends=False) and (rule.gift_price_max is None or price <= rule.gift_price_max)


async def move_an_activity(ground: Ground, ask: MoveAnActivity, once: Once) -> ActivityStands:
    """Raises ShopUnknown, ActivityUnknown, ActivityOver."""
    return await run_once(ground.db, once, ActivityStands, lambda tx: _move(tx, ask))


async def _move(tx: Tx, ask: MoveAnActivity) -> ActivityStands:
    activity = await _own(tx, ask.shop_id, ask.staff_id, ask.activity_id)
    match ask.step:
        case "pause":
            await activities.pause(tx, activity)
        case "resume":
            await activities.resume(tx, activity)
        case "stop":
            if activity.ends_at <= tx.now:  # time has ended it: its deadline writes that down
                raise activities.ActivityOver
            await _end(tx, [activity], "stopped")
        case never:
            assert_never(never)
    after = await activities.get(tx, activity.id)
    return ActivityStands(after.id, int(activities.state_of(after, tx.now)))


async def _own(tx: Tx, shop_id: int, staff_id: int, activity_id: int) -> activities.Activity:
    """An activity of a shop that the asker works for, locked."""
    await check_staff(tx, shop_id, staff_id, otherwise=people.ShopUnknown())
    activity = (await activities.lock_many(tx, [activity_id])).get(activity_id)
    if activity is None or activity.shop_id != shop_id:
        raise activities.ActivityUnknown
    return activity


async def _end(tx: Tx, locked: Sequence[activities.Activity], how: Literal["time", "stopped"]) -> None:
    ended = await activities.end(tx, locked, how)
    if how == "stopped" and not ended:
        raise activities.ActivityOver
    await stock.release(tx, [activity.id for activity in ended])


async def end_due_activities(_ground: Ground, tx: Tx, due: Sequence[Timer]) -> None:
    """The worker's deadline: the time of activities is over, and what nobody took is free again."""
    locked = await activities.lock_many(tx, [timer.key for timer in due])
    await _end(tx, [activity for activity in locked.values() if activity.ends_at <= tx.now], "time")

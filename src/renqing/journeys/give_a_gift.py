"""Give a friend something, the members of a group, or anybody who gets the link.

One transaction: each SKU is on sale and may be given (by the policy of its shop, which the gift keeps, and by the
shop's and the merchant's switches); the recipient is a friend or shares a group with the giver, takes such gifts, and
neither has blocked the other, or the group is the giver's own; the wrapping is within its limits, and what is put with
it is the giver's own; tiers are of one shop and make up the shares; a set of several pieces, of one shop or of several,
is one share (``give_a_set``); stock is held, for all shares or none; a draw lies behind the gift's coming and leaves
winners time; order, gift, payment and the secret seed of a draw or a lucky pack are written. What a moderator, asked
before, held of the giver's words and files is left out and waits for an operator. The giver pays next; the gift can be
claimed once the money is there. Freight is the shop's rate for a place not known yet, once a share: each goes its own
way. When a step refuses, nothing has changed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from renqing.books import catalog, people, stock
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.answer_a_gift import check_reply
from renqing.journeys.check_out import OfferOver, TotalChanged, intent_for, line_of, voucher_terms
from renqing.journeys.engrave_a_gift import engrave_in, judged_engraving
from renqing.journeys.give_a_set import (
    SetAsked,
    check_giftable,
    order_of_set,
    same_price,
    take_from_cart,
    things_of_set,
)
from renqing.journeys.keep_a_surprise import hide_in
from renqing.journeys.moderate import Held, suspected, without
from renqing.journeys.send_a_gift_later import schedule_for
from renqing.journeys.wear_a_mask import mask_in
from renqing.journeys.write_a_card import judged_card, write_card
from renqing.social import draws, gifts, holds, lucky, media, moderation, peace, schedules, wrappings
from renqing.social.greeting_cards import GreetingCard
from renqing.social.moderation.ports import Moderator
from renqing.trade import codes, orders, payments, shipping, surcharges, vouchers
from renqing.trade.engravings import Engraving


class DrawAsked(msgspec.Struct, frozen=True):
    """The shares are drawn at ``draw_at``, or as soon as ``entrants_max`` have entered, among who may take the gift.

    ``guest_ids``: among these people alone.
    """

    draw_at: datetime
    entrants_max: int | None = None
    guest_ids: tuple[int, ...] | None = None


class GiveAGift(msgspec.Struct, frozen=True):
    """What to give to whom: to ``recipient_id``, the first members of ``group_id``, or whoever holds the link.

    ``shares`` equal ones, one a person; or in ``tiers`` (style, shares), the first of which is of ``sku_id``: who
    comes first gets a share of the first tier, as long as there are any, then of the next. ``open_for_hours`` None:
    as long as the shop's policy says. ``lines``: a set, so many pieces of each style in its one share, the first of
    which is of ``sku_id``; ``from_cart``: what is given is in the giver's cart, and leaves it with the gift.

    ``lucky``: the shares are vouchers, and chance fixes in which order they are dealt.

    ``moment``: it comes then, and not once it is paid. ``pay_by`` None: as soon as any order.

    ``expected_total`` in minor units is what the giver saw; another total refuses the gift. ``code``: the printed gift
    code that it began at, of the same shop. ``card``: what the shop writes on paper and lays into each parcel.
    ``engraving``: what it makes on the product. ``surprise``: until when its recipient does not know what it is.
    ``nameless``: nor from whom, until its giver says so. ``reply_to``: the gift that it answers.
    ``surcharge_allowed``: so much more is paid with the freight, for a place that costs more; what is not needed comes
    back. ``expected_total`` has it in it.
    """

    giver_id: int
    sku_id: int
    recipient_id: int | None
    cover: str
    greeting: str
    open_for_hours: int | None
    channel: str
    expected_total: int | None = None
    group_id: int | None = None
    shares: int = 1
    tiers: tuple[tuple[int, int], ...] = ()
    draw: DrawAsked | None = None
    lucky: bool = False
    code: str | None = None
    extras: wrappings.Extras = wrappings.Extras()
    moment: schedules.Moment | None = None
    pay_by: datetime | None = None
    card: GreetingCard | None = None
    engraving: Engraving | None = None
    surprise: str | None = None
    lines: tuple[tuple[int, int], ...] = ()
    from_cart: bool = False
    nameless: bool = False
    reply_to: int | None = None
    surcharge_allowed: int = 0


class GiftPrepared(msgspec.Struct, frozen=True):
    """A wrapped gift that waits for its payment. ``total`` in minor units of ``currency``."""

    gift_id: int
    order_id: int
    intent_id: int
    total: int
    currency: str
    pay_by: datetime


async def give_a_gift(ground: Ground, ask: GiveAGift, once: Once, moderator: Moderator | None = None) -> GiftPrepared:
    """Raises GiftNotAllowed, RecipientNotReachable, GiftTooDear, GroupUnknown, StockRanOut, OfferOver, TotalChanged.

    OnHold, CodeUnknown, MediaUnknown, SetNotOffered, CartChanged, LuckyNeedsVouchers. FieldNotValid for a wrapping,
    shares or lines outside their limits, tiers that do not add up, a code of another shop, a moment that is over or too
    far, and a draw that is over before it begins or ends too late for its winners.
    """
    asked = wrappings.check_extras(ask.extras)
    held = await suspected(ground, moderator, ask.greeting.strip(), asked)
    card = await judged_card(ground, moderator, ask.card)
    engraving = await judged_engraving(ground, moderator, ask.engraving)
    ask = msgspec.structs.replace(ask, card=card, engraving=engraving)
    return await run_once(ground.db, once, GiftPrepared, lambda tx: give_in(ground, tx, ask, held))


async def give_in(ground: Ground, tx: Tx, ask: GiveAGift, held: Held) -> GiftPrepared:
    """The same in a transaction that does more."""
    await holds.check_free(tx, ask.giver_id, "give")
    greeting = ask.greeting.strip()
    offer = (await catalog.offers(tx, [ask.sku_id])).get(ask.sku_id)
    if offer is None or not offer.on_sale:
        raise OfferOver(sku_id=ask.sku_id)
    of_set = await order_of_set(ground, tx, _set_of(ask)) if ask.lines else None
    policy = await gifts.policy_of_shop(tx, offer.shop_id if of_set is None else of_set.shop_id, ground.policy)
    hours = policy.gift_open_for_hours if ask.open_for_hours is None else ask.open_for_hours
    gifts.check_wrapping(cover=ask.cover, greeting=greeting, open_for_hours=hours, policy=policy)
    gifts.check_shares(ask.shares, ask.recipient_id, ground.policy)
    extras = without(wrappings.check_extras(ask.extras), held)
    gift_id = tx.ids.new()
    schedule = await _schedule(ground, tx, ask, gift_id)
    draw = await _new_draw(ground, tx, ask, gift_id, hours, schedule) if ask.draw else None
    _check_surcharge(ask, policy)
    order, tiers, terms = (of_set, (), []) if of_set else await _new_order(ground, tx, ask, gift_id, policy)
    _check_luck(ask, by_voucher=bool(terms))
    worth = order.goods_amount if of_set else order.lines[0].unit_price
    await check_recipient(tx, ask.giver_id, ask.recipient_id, ask.group_id, worth)
    await check_reply(tx, ask.reply_to, ask.giver_id, ask.recipient_id, nameless=ask.nameless)
    if ask.from_cart:
        await take_from_cart(tx, ask.giver_id, ask.lines or ask.tiers or ((ask.sku_id, ask.shares),))
    lines = tuple((line.sku_id, line.quantity) for line in order.lines)
    verdict = (await stock.hold(tx, [stock.HoldAsk(order.id, lines)]))[0]
    if verdict is not None:
        raise verdict
    gift = msgspec.structs.replace(
        _new_gift(ask, gift_id, order, policy),
        cover=wrappings.cover_of(ask.cover, extras),
        greeting="" if any(suspect.piece == "greeting" for suspect in held) else greeting,
        open_for_seconds=hours * 3600,
        tiers=tiers,
        equal_skus=await same_price(tx, order.lines[0]) if order.pieces == 1 else None,
        set_things=await things_of_set(ground, tx, order) if ask.lines and order.pieces > 1 else (),
    )
    intent = intent_for(tx, order, ask.channel)
    await orders.place(tx, [order])
    await surcharges.allow(tx, order.id, ask.surcharge_allowed)
    await vouchers.record_sold(tx, [(order.id, one) for one in terms])
    await gifts.prepare(tx, gift)
    if draw is not None:
        await draws.prepare(tx, draw)
    if ask.lucky:
        await lucky.prepare(tx, lucky.NewPack(gift.id, gift.giver_id, gift.shares))
    if schedule is not None:
        await schedules.keep(tx, schedule)
    await _put_with(tx, gift, ask.extras, extras)
    await _order_with(tx, ask, gift, order)
    await moderation.hold(tx, gift.id, gift.giver_id, held)
    await payments.open_intents(tx, [intent])
    if ask.code is not None:
        await _credit(tx, ask.code, gift)
    return GiftPrepared(gift.id, order.id, intent.id, order.total_amount, order.currency, order.pay_by)


def _set_of(ask: GiveAGift) -> SetAsked:
    is_shared = ask.shares != 1 or bool(ask.tiers) or ask.draw is not None
    return SetAsked(ask.giver_id, ask.lines, ask.sku_id, ask.channel, is_shared, ask.expected_total, ask.pay_by)


def _new_gift(ask: GiveAGift, gift_id: int, order: orders.NewOrder, policy: GiftPolicy) -> gifts.NewGift:
    """The gift that an order pays for, as it was asked for."""
    line = order.lines[0]
    return gifts.NewGift(
        id=gift_id,
        order_id=order.id,
        giver_id=ask.giver_id,
        recipient_id=ask.recipient_id,
        shop_id=order.shop_id,
        product_id=line.product_id,
        sku_id=line.sku_id,
        unit_price=line.unit_price,
        currency=order.currency,
        cover=ask.cover,
        greeting=ask.greeting,
        open_for_seconds=0,
        group_id=ask.group_id,
        shares=ask.shares,
        policy=policy,
        mode="lucky" if ask.lucky else "first_come" if ask.draw is None else "draw",
        scheduled=ask.moment is not None,
        pieces=order.pieces if ask.lines else 1,
        reply_to=ask.reply_to,
    )


def _check_surcharge(ask: GiveAGift, policy: GiftPolicy) -> None:
    is_one_parcel = ask.shares == 1 and len(ask.tiers) <= 1 and not (ask.lines or ask.draw)
    most = policy.gift_surcharge_max_minor
    surcharges.check_allowed(ask.surcharge_allowed, most, is_one_parcel=is_one_parcel)


def _check_luck(ask: GiveAGift, *, by_voucher: bool) -> None:
    if ask.lucky:
        is_named, is_drawn = ask.recipient_id is not None, ask.draw is not None
        lucky.check_pack(ask.shares, is_named=is_named, is_drawn=is_drawn, by_voucher=by_voucher)


async def _credit(tx: Tx, letters: str, gift: gifts.NewGift) -> None:
    """The gift began at a printed code of its shop; an ended one credits nobody."""
    code = await codes.by_code(tx, letters)
    if code.shop_id != gift.shop_id:
        raise FieldNotValid(field="code", reason="other_shop")
    if code.ended_at is None:
        await codes.credit(tx, code, gift.id)


async def _order_with(tx: Tx, ask: GiveAGift, gift: gifts.NewGift, order: orders.NewOrder) -> None:
    """What its shop makes and writes for it, and what its recipient may not know yet."""
    await engrave_in(tx, ask.engraving, order)
    await mask_in(tx, gift, nameless=ask.nameless)
    await hide_in(tx, gift, ask.surprise, ask.engraving, voucher=order.by_voucher)
    await write_card(
        tx,
        ask.card,
        gift_id=gift.id,
        giver_id=gift.giver_id,
        shop_id=gift.shop_id,
        by_voucher=order.by_voucher,
    )


async def _put_with(tx: Tx, gift: gifts.NewGift, asked: wrappings.Extras, extras: wrappings.Extras) -> None:
    """The giver's own picture, voice, video and note go with the gift; what is held of them is used too."""
    files: dict[int | None, media.MediaKind] = {
        asked.cover_picture_id: "picture",
        asked.voice_id: "voice",
        asked.video_id: "video",
    }
    await media.use(tx, gift.giver_id, {file: kind for file, kind in files.items() if file is not None})
    await wrappings.keep(tx, wrappings.wrapping_of(gift.id, gift.giver_id, extras))


async def _new_order(
    ground: Ground, tx: Tx, ask: GiveAGift, gift_id: int, policy: GiftPolicy
) -> tuple[orders.NewOrder, tuple[gifts.Tier, ...], list[vouchers.Terms]]:
    """The order that pays for it, a line a tier; the tiers where there are more than one; what its vouchers promise."""
    wanted = ask.tiers or ((ask.sku_id, ask.shares),)
    if wanted[0][0] != ask.sku_id:
        raise FieldNotValid(field="tiers", reason="first")
    spans = gifts.spans(wanted, ask.shares)
    offers = await _offers(tx, [sku_id for sku_id, _ in wanted], policy)
    lines = tuple(
        line_of(offer, n, shares) for n, (offer, (_, shares)) in enumerate(zip(offers, wanted, strict=True), 1)
    )
    terms = voucher_terms(lines, await vouchers.terms_of_products(tx, [line.product_id for line in lines]), tx.now)
    quotes = await shipping.quotes(tx, [shipping.QuoteAsk(offer.shop_id, None, offer.price) for offer in offers])
    if terms and ask.surcharge_allowed:
        raise FieldNotValid(field="surcharge_allowed", reason="one_parcel")
    freights = [0 if terms else quote.fee * line.quantity for quote, line in zip(quotes, lines, strict=True)]
    order = orders.NewOrder(
        id=tx.ids.new(),
        shop_id=offers[0].shop_id,
        payer_id=ask.giver_id,
        purpose="gift",
        currency=offers[0].currency,
        lines=lines,
        freight_amount=sum(freights) + ask.surcharge_allowed,
        fee_ppm=ground.policy.platform_fee_ppm,
        pay_by=ask.pay_by or tx.now + timedelta(minutes=ground.policy.pay_within_minutes),
        by_voucher=bool(terms),
    )
    if ask.expected_total is not None and ask.expected_total != order.total_amount:
        raise TotalChanged(total=order.total_amount, currency=order.currency)
    if len(lines) == 1:
        return order, (), terms
    made = [_tier(gift_id, line, span, freight) for line, span, freight in zip(lines, spans, freights, strict=True)]
    return order, tuple(made), terms


def _tier(gift_id: int, line: orders.Line, span: range, freight: int) -> gifts.Tier:
    return gifts.Tier(
        gift_id=gift_id,
        n=line.n,
        first_share=span.start,
        shares=len(span),
        product_id=line.product_id,
        sku_id=line.sku_id,
        unit_price=line.unit_price,
        goods_amount=line.amount,
        freight_amount=freight,
    )


async def _offers(tx: Tx, sku_ids: list[int], policy: GiftPolicy) -> list[catalog.Offer]:
    """What is offered of each style: all on sale, all of one shop, each allowed as a gift."""
    known = await catalog.offers(tx, sorted(set(sku_ids)))
    for sku_id in sku_ids:
        if sku_id not in known or not known[sku_id].on_sale:
            raise OfferOver(sku_id=sku_id)
    offers = [known[sku_id] for sku_id in sku_ids]
    if len({(offer.shop_id, offer.currency) for offer in offers}) > 1:
        raise FieldNotValid(field="tiers", reason="one_shop")
    await check_giftable(tx, offers, {offers[0].shop_id: policy})
    return offers


async def _schedule(ground: Ground, tx: Tx, ask: GiveAGift, gift_id: int) -> schedules.Schedule | None:
    """When it comes; None: once it is paid."""
    if ask.moment is None:
        return None
    return await schedule_for(ground, tx, gift_id, ask.giver_id, ask.recipient_id, ask.moment)


async def _new_draw(
    ground: Ground, tx: Tx, ask: GiveAGift, gift_id: int, open_for_hours: int, schedule: schedules.Schedule | None
) -> draws.NewDraw:
    """The draw of these shares: for many, in time, and among people who can be given to."""
    assert ask.draw is not None, "a draw was asked for"
    if ask.recipient_id is not None:
        raise FieldNotValid(field="recipient_id", reason="draw_for_many")
    if ask.group_id is not None and ask.draw.guest_ids is not None:
        raise FieldNotValid(field="guest_ids", reason="one_of")
    begins, open_for = tx.now if schedule is None else schedule.deliver_at, timedelta(hours=open_for_hours)
    draws.check_times(ask.draw.draw_at, begins, open_for, ground.policy, comes_later=schedule is not None)
    entrants_max = draws.check_size(ask.draw.entrants_max, ask.shares, ask.draw.guest_ids)
    await check_near(tx, ask.giver_id, ask.draw.guest_ids or ())
    return draws.NewDraw(gift_id, ask.giver_id, ask.shares, ask.draw.draw_at, entrants_max, ask.draw.guest_ids)


async def check_near(tx: Tx, giver_id: int, guest_ids: tuple[int, ...]) -> None:
    """Every guest is near, lets such givers in, and no block stands between; one answer for all."""
    if giver_id in guest_ids:
        raise gifts.GiftIsYourOwn
    friends = await people.friends_among(tx, giver_id, guest_ids) if guest_ids else set()
    rules = await peace.rules_of(tx, guest_ids)
    welcome = [
        (guest in friends or await people.share_a_group(tx, giver_id, guest))
        and peace.lets_in(rules.get(guest, peace.DEFAULT_RULE), are_friends=guest in friends)
        for guest in guest_ids
    ]
    pairs = [pair for guest in guest_ids for pair in ((giver_id, guest), (guest, giver_id))]
    if not all(welcome) or (pairs and await people.blocks_among(tx, pairs)):
        raise gifts.RecipientNotReachable


async def check_recipient(tx: Tx, giver_id: int, recipient_id: int | None, group_id: int | None, price: int) -> None:
    """Friends, members of a shared group and own groups can be given to; strangers, blocks and rules look the same."""
    if group_id is not None:
        if recipient_id is not None:
            raise FieldNotValid(field="recipient_id", reason="one_of_two")
        await people.get_group(tx, group_id, giver_id)
    if recipient_id is None:
        return
    if recipient_id == giver_id:
        raise gifts.GiftIsYourOwn
    are_friends = await people.are_friends(tx, giver_id, recipient_id)
    near = are_friends or await people.share_a_group(tx, giver_id, recipient_id)
    rule = await peace.rule_of(tx, recipient_id)
    if (
        not near
        or not peace.lets_in(rule, are_friends=are_friends)
        or await people.either_blocks(tx, giver_id, recipient_id)
    ):
        raise gifts.RecipientNotReachable
    if rule.gift_price_max is not None and price > rule.gift_price_max:
        raise peace.GiftTooDear

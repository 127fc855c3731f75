"""What may be answered about gifts, and what is so afterwards: for one, or for many with a share each."""

from __future__ import annotations

from datetime import datetime

from renqing.doors.cli.storming import turns
from renqing.doors.cli.storming.asks import FOUND, Ask, Cast, Outcome, no, place, yes
from renqing.doors.cli.storming.model import CLAIMABLE, CLAIMED, TO_SHIP, Gift, Order, Piece, World, changed


def give(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    """Stock is held for every share, or for none."""
    if ask.other is not None and (ask.shares > 1 or ask.to_group):
        return no(world, "field_not_valid")
    if ask.to_group and ask.who not in cast.members:
        return no(world, "group_unknown")
    if ask.other == ask.who:
        return no(world, "gift_is_your_own")
    if ask.other is not None and (ask.who, ask.other) not in cast.friends:
        return no(world, "recipient_not_reachable")
    ((sku, _),) = ask.lines
    if world.free(sku) < ask.shares:
        return no(world, "stock_ran_out")
    gift = Gift(0, ask.other, ask.quantity, sku, ask.shares, ask.to_group)
    pieces = (Piece(sku, ask.shares, cast.prices[sku]),)
    freight = cast.freight * ask.shares  # each share goes its own way
    return place(world, Order(0, ask.who, None, pieces, freight, now + turns.PAY_WITHIN, gift=gift))


def _sees(cast: Cast, gift: Gift, order: Order, ask: Ask) -> bool:
    """By id a gift is found by who gave it, for whom it is and who has of it; by its link while the link lives."""
    if ask.token:
        return gift.state == CLAIMABLE or ask.token == FOUND
    is_for_them = gift.to_group and ask.who in cast.members
    return is_for_them or ask.who in (order.payer, gift.recipient, gift.claimed_by, *gift.claimers)


def _not_for(cast: Cast, gift: Gift, order: Order, who: int) -> str:
    if who == order.payer:
        return "gift_is_your_own"
    is_for_others = gift.recipient not in (None, who) or (gift.to_group and who not in cast.members)
    return "gift_not_for_you" if is_for_others else ""


def _waits(gift: Gift, now: datetime) -> bool:
    return gift.state == CLAIMABLE and gift.expires_at is not None and now < gift.expires_at


def open_gift(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    """The first who opens it is told of."""
    order = world.orders[ask.order]
    gift = order.gift
    if gift is None or not _sees(cast, gift, order, ask):
        return no(world, "gift_not_available")
    why = _not_for(cast, gift, order, ask.who) or ("" if _waits(gift, now) else "gift_not_available")
    opened = changed(gift, opened=True, told_opened=gift.told_opened or not gift.opened)
    return no(world, why) if why else yes(world, changed(order, gift=opened))


def claim(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    """Who has it has it; else the whole gift goes to its winner, or one share of it."""
    order = world.orders[ask.order]
    gift = order.gift
    if gift is None or not _sees(cast, gift, order, ask):
        return no(world, "gift_not_available")
    if ask.who == gift.claimed_by or ask.who in gift.claimers:
        after = world.fork()
        return [("ok", after)]
    why = _not_for(cast, gift, order, ask.who) or ("" if _waits(gift, now) else "gift_not_available")
    why = why or ("gift_undeliverable" if ask.is_far else "")
    wanted = ask.lines[0][0] if ask.lines else gift.sku
    why = why or ("" if wanted == gift.sku else _style(cast, world, gift, wanted))
    if why:
        return no(world, why)
    if gift.shares > 1:
        whole, share = turns.share_out(order, ask.who)
        ((code, after),) = place(world, share)
        after.put(whole)
        return [(code, after)]
    (piece,) = order.pieces
    got = changed(gift, state=CLAIMED, claimed_by=ask.who, opened=True)  # who has it has opened it
    return yes(world, changed(order, state=TO_SHIP, owner=ask.who, gift=got, pieces=(changed(piece, sku=wanted),)))


def _style(cast: Cast, world: World, gift: Gift, wanted: int) -> str:
    """Shares come as they were given; else another style of the same product may be there."""
    if gift.shares > 1 or not cast.styles >= {wanted, gift.sku}:
        return "style_not_offered"
    return "" if world.free(wanted) >= 1 else "stock_ran_out"


def refuse(cast: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    """A gift for many is not declined by one of them."""
    order = world.orders[ask.order]
    gift = order.gift
    if gift is None or not _sees(cast, gift, order, ask):
        return no(world, "gift_not_available")
    why = _not_for(cast, gift, order, ask.who)
    if not why and gift.shares > 1 and gift.state == CLAIMABLE:
        why = "shared_gift_stays"
    why = why or ("" if _waits(gift, now) else "gift_not_available")
    return no(world, why) if why else yes(world, turns.end_gift(order, "refused"))


def withdraw(_: Cast, world: World, ask: Ask, now: datetime) -> list[Outcome]:
    """Its giver takes it back until somebody opens it."""
    order = world.orders[ask.order]
    gift = order.gift
    if gift is None or order.payer != ask.who or not _waits(gift, now):
        return no(world, "gift_not_available")
    return no(world, "gift_withdrawal_late") if gift.opened else yes(world, turns.end_gift(order, "withdrawn"))

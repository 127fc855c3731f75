"""Who declines a gift lets it go to a charity of the platform's list, or on to a friend, where its policy does.

One transaction under the locks of order and gift, so that it races with a claim, a refusal and the deadline to one
winner. To a charity: the gift is the charity's at once, with the address that the platform keeps for it; the shop is
asked whether it delivers there. To a friend: once a gift, closed again, with its whole time and a link anew; the
friend takes gifts from who passes it on, as with any gift, and stands in no block with its giver. Nothing is paid or
refunded. The giver is told the kind sentence and where it went: the charity by its name, the friend not before they
claim it.
"""

from __future__ import annotations

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import FieldNotValid
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.journeys.check_out import destination_of
from renqing.journeys.give_a_gift import check_recipient
from renqing.journeys.give_a_set import worth_of
from renqing.journeys.open_a_gift import find_and_lock
from renqing.journeys.settle_a_surcharge import check_not_too_dear, settle_surcharges
from renqing.social import charities, gifts, holds, masks
from renqing.trade import orders, shipping


class PassAGiftOn(msgspec.Struct, frozen=True):
    """Who declines which gift with which sentence (``gifts.REFUSALS``), and where it goes: exactly one of the two."""

    person_id: int
    sentence: str
    gift_id: int | None = None
    token: str | None = None
    charity_id: int | None = None
    friend_id: int | None = None


class PassedOn(msgspec.Struct, frozen=True):
    """What the one who declined is told."""

    gift_id: int


async def pass_a_gift_on(ground: Ground, ask: PassAGiftOn, once: Once) -> PassedOn:
    """Raises what forbids a refusal, GiftNotPassedOn, CharityUnknown, GiftUndeliverable, RecipientNotReachable.

    GiftTooDear, OnHold.
    """
    return await run_once(ground.db, once, PassedOn, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: PassAGiftOn) -> PassedOn:
    if ask.sentence not in gifts.REFUSALS:
        raise FieldNotValid(field="sentence", reason="unknown")
    if (ask.charity_id is None) == (ask.friend_id is None):
        raise FieldNotValid(field="charity_id", reason="one_of_two")
    found = await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=ask.token)
    gifts.judge_recipient(found.gift, ask.person_id, in_its_group=found.in_its_group)
    found.check_word()
    gifts.check_not_held(found.gift, tx.now)
    is_charity = ask.charity_id is not None
    gifts.judge_pass_on(found.gift, ask.person_id, tx.now, ground.policy, to_charity=is_charity)
    if is_charity:
        await _to_charity(ground, tx, found.gift, ask)
    else:
        await _to_friend(ground, tx, found.gift, ask)
    return PassedOn(found.gift.id)


async def _to_friend(ground: Ground, tx: Tx, gift: gifts.Gift, ask: PassAGiftOn) -> None:
    if await masks.worn_on(tx, [gift.id]):
        raise gifts.GiftNotPassedOn(reason="nameless")  # which friend is refused would say whose it is
    friend_id = ask.friend_id or 0
    await holds.check_free(tx, ask.person_id, "give")
    await check_recipient(tx, ask.person_id, friend_id, None, await worth_of(tx, gift))
    if friend_id == gift.giver_id or await people.either_blocks(tx, gift.giver_id, friend_id):
        raise gifts.RecipientNotReachable  # nobody is told of a block
    await gifts.pass_on(tx, gift, ask.person_id, friend_id, ground.policy, is_charity=False, refusal=ask.sentence)


async def _to_charity(ground: Ground, tx: Tx, gift: gifts.Gift, ask: PassAGiftOn) -> None:
    charity = await charities.of_id(tx, ask.charity_id or 0)
    if charity is None:
        raise charities.CharityUnknown
    order = (await orders.lock_many(tx, [gift.order_id]))[gift.order_id]
    if order.by_voucher:
        raise gifts.GiftNotPassedOn(reason="voucher")
    address = await people.open_address(tx, charity.person_id, charity.address_id)
    quote = await shipping.quote(tx, gift.shop_id, address.region_code, gift.unit_price)
    if not quote.delivers:
        raise gifts.GiftUndeliverable(region=charity.name_zh)
    check_not_too_dear(ground, gift, order, quote.fee, charity.name_zh)
    to = charity.person_id
    passed = await gifts.pass_on(tx, gift, ask.person_id, to, ground.policy, is_charity=True, refusal=ask.sentence)
    await gifts.claim(tx, [gifts.Claim(passed, to, another_style=False, n=1, claimed=1, order_id=order.id)])
    await orders.assign_to_recipient(tx, [(order, to, destination_of(address))])
    owned = (await orders.lock_many(tx, [order.id]))[order.id]
    await settle_surcharges(tx, [(order.id, owned, quote.fee)])

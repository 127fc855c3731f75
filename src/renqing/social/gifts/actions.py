"""What can be done to gifts. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.facts import Fact
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.outbox import leave
from renqing.foundation.settings import Policy
from renqing.foundation.timers import Deadline, drop_all, drop_timers, set_timers
from renqing.social.gifts import policy_store, rules, store
from renqing.social.gifts.model import (
    EXPIRE_GIFT,
    REMIND_GIFT,
    Claim,
    Ending,
    Gift,
    GiftClaimed,
    GiftExpired,
    GiftExtended,
    GiftKept,
    GiftOpened,
    GiftPassedOn,
    GiftPolicyChosen,
    GiftReaddressed,
    GiftReadyToClaim,
    GiftRefunded,
    GiftRefused,
    GiftReminded,
    GiftReplied,
    GiftStyleTaken,
    GiftWithdrawn,
    NewGift,
    Reminder,
    StyleTaken,
)
from renqing.social.gifts.presets import Choice


async def choose_policy(tx: Tx, shop_id: int, choice: Choice | None) -> None:
    """A shop's gifts, or with 0 the platform's, are bought under this from now on; None: as before anybody chose."""
    if choice is not None:
        await policy_store.put_choice(tx, shop_id, choice)
    elif not await policy_store.drop_choice(tx, shop_id):
        return
    changes = {} if choice is None else msgspec.to_builtins(choice.changes)
    preset = None if choice is None else choice.preset
    await leave(tx, GiftPolicyChosen(subject_id=shop_id, shop_id=shop_id, preset=preset, changes=changes))


async def prepare(tx: Tx, gift: NewGift) -> None:
    """A wrapped gift whose order waits for payment."""
    await store.insert_gift(tx, gift)


async def make_claimable(tx: Tx, gifts: Sequence[Gift]) -> None:
    """Locked gifts are paid and are to come now: their time to be claimed begins. Leaves GiftReadyToClaim."""
    if not gifts:
        return
    await store.set_claimable(tx, gifts, [tx.ids.token() for _ in gifts])
    await set_timers(tx, [deadline for gift in gifts for deadline in _deadlines(_begun(gift, tx))])
    await leave(
        tx,
        *(
            GiftReadyToClaim(
                subject_id=gift.id,
                gift_id=gift.id,
                giver_id=gift.giver_id,
                recipient_id=gift.recipient_id,
                group_id=gift.group_id,
                scheduled=gift.scheduled,
            )
            for gift in gifts
        ),
        *(_replied(gift, gift.reply_to, gift.recipient_id) for gift in gifts if gift.reply_to and gift.recipient_id),
    )


def _replied(gift: Gift, reply_to: int, giver_id: int) -> GiftReplied:
    return GiftReplied(
        subject_id=reply_to, gift_id=reply_to, reply_gift_id=gift.id, replied_by=gift.giver_id, giver_id=giver_id
    )


async def let_wait(tx: Tx, gifts: Sequence[Gift]) -> None:
    """Locked gifts are paid and come later."""
    if not gifts:
        return
    await store.set_scheduled(tx, [gift.id for gift in gifts])


def _begun(gift: Gift, tx: Tx) -> Gift:
    """A gift whose whole time begins now."""
    ends = tx.now + timedelta(seconds=gift.open_for_seconds)
    return msgspec.structs.replace(gift, claimable_at=tx.now, expires_at=ends)


def _deadlines(gift: Gift) -> list[Deadline]:
    """The end of a gift whose time begins, and its first reminder."""
    assert gift.expires_at is not None, "a gift that waits has a deadline"
    first = rules.first_reminder(gift)
    return [Deadline(EXPIRE_GIFT, gift.id, gift.expires_at), *([_reminding(gift, first)] if first else [])]


def _reminding(gift: Gift, reminder: Reminder) -> Deadline:
    return Deadline(REMIND_GIFT, gift.id, rules.reminder_at(gift, reminder), {"reminder": reminder})


async def remind(tx: Tx, gift: Gift, reminder: Reminder, told_ids: Sequence[int]) -> None:
    """A locked gift's reminder fell due: it is said now, or later where there is more time. Leaves GiftReminded.

    ``told_ids`` are those it waits for, of one that only a link names its giver.
    """
    said, following = rules.reminder_now(gift, reminder, tx.now)
    if following is not None:
        await set_timers(tx, [_reminding(gift, following)])
    if said is not None and told_ids:
        ids = {"subject_id": gift.id, "gift_id": gift.id, "giver_id": gift.giver_id}
        await leave(tx, GiftReminded(**ids, reminder=said, told_ids=list(told_ids)))


async def extend(tx: Tx, gift: Gift, person_id: int, house: GiftPolicy) -> Gift:
    """Its recipient takes more time for a locked gift. Leaves GiftExtended. Raises MoreTimeNotOffered."""
    more = rules.judge_more_time(gift, person_id, tx.now, house)
    assert gift.expires_at is not None, "a gift that can be claimed has a deadline"
    longer = msgspec.structs.replace(gift, expires_at=gift.expires_at + more, more_seconds=int(more.total_seconds()))
    await store.set_extended(tx, longer)
    await set_timers(tx, [Deadline(EXPIRE_GIFT, gift.id, gift.expires_at + more)])
    hours = longer.more_seconds // 3600
    fact = GiftExtended(
        subject_id=gift.id, gift_id=gift.id, giver_id=gift.giver_id, recipient_id=gift.recipient_id, hours=hours
    )
    await leave(tx, fact)
    return longer


async def readdress(tx: Tx, gift: Gift, house: GiftPolicy, *, recipient_id: int | None, group_id: int | None) -> None:
    """A locked gift is for somebody else from now on: closed, with a new link and its whole time anew.

    Leaves GiftReaddressed. Raises GiftNotAvailable, GiftStaysWhereItIs.
    """
    rules.judge_readdress(gift, tx.now, house, to_person=recipient_id is not None)
    await store.set_readdressed(tx, gift, tx.ids.token(), recipient_id, group_id)
    moved = msgspec.structs.replace(_begun(gift, tx), recipient_id=recipient_id, group_id=group_id)
    await drop_timers(tx, REMIND_GIFT, [gift.id])
    await set_timers(tx, _deadlines(moved))
    fact = GiftReaddressed(
        subject_id=gift.id,
        gift_id=gift.id,
        giver_id=gift.giver_id,
        recipient_id=recipient_id,
        group_id=group_id,
        former_id=gift.recipient_id,
    )
    await leave(tx, fact)


async def pass_on(
    tx: Tx, gift: Gift, person_id: int, to_id: int, house: GiftPolicy, *, is_charity: bool, refusal: str
) -> Gift:
    """Who declines a locked gift passes it on: closed, with its whole time anew. Answers it as it is now.

    Leaves GiftPassedOn. Raises as ``rules.judge_pass_on``.
    """
    rules.judge_pass_on(gift, person_id, tx.now, house, to_charity=is_charity)
    await store.set_readdressed(tx, gift, tx.ids.token(), to_id, None, passed_by=person_id)
    await drop_timers(tx, REMIND_GIFT, [gift.id])
    moved = msgspec.structs.replace(
        _begun(gift, tx), recipient_id=to_id, group_id=None, opened_at=None, passed_by=person_id, more_seconds=0
    )
    await set_timers(tx, _deadlines(moved))
    fact = GiftPassedOn(
        subject_id=gift.id,
        gift_id=gift.id,
        giver_id=gift.giver_id,
        passed_by=person_id,
        passed_to=to_id,
        is_charity=is_charity,
        refusal=refusal,
    )
    await leave(tx, fact)
    return moved


async def open_envelope(tx: Tx, gift: Gift, person_id: int, *, in_its_group: bool) -> None:
    """Somebody who may claim it opens a locked gift. Leaves GiftOpened the first time."""
    rules.judge_claim(gift, person_id, tx.now, in_its_group=in_its_group)
    if await store.set_opened(tx, gift.id):
        await leave(tx, GiftOpened(subject_id=gift.id, gift_id=gift.id, giver_id=gift.giver_id))


async def hold_back(tx: Tx, gift: Gift, hours: int) -> None:
    """The link of a locked gift went around: it waits for its giver, for so long at most."""
    await store.set_held(tx, gift.id, rules.held_until(gift, tx.now, hours))


async def let_go_on(tx: Tx, gift: Gift) -> None:
    """The giver of a locked gift lets it be claimed by whoever has its link."""
    await store.set_held(tx, gift.id, None)


async def note_entered(tx: Tx, gift_ids: Sequence[int]) -> None:
    """Somebody entered the draw of these locked gifts: they are open."""
    await store.set_opened_many(tx, gift_ids)


async def claim(tx: Tx, claims: Sequence[Claim]) -> None:
    """Shares of locked gifts are claimed; ``rules.judge_claim`` said yes. Leaves GiftClaimed for each."""
    if not claims:
        return
    of_many = [claim for claim in claims if claim.gift.shares > 1]
    last = {claim.gift.id: claim for claim in claims}  # of each gift the last: it counts all that are claimed
    await store.write_claims(
        tx,
        [(one.gift.id, one.claimant_id, one.gift.shares, one.claimed) for one in last.values()],
        [(one.gift.id, one.n, one.claimant_id, one.order_id) for one in of_many],
    )
    done = [one.gift.id for one in last.values() if not one.left]
    if done:
        await drop_all(tx, _timers_of(done))
    await leave(tx, *(_claimed(claim) for claim in claims))
    await leave(tx, *(_style_taken(claim, taken) for claim in claims for taken in claim.styles))


def _timers_of(gift_ids: Sequence[int]) -> list[tuple[str, int]]:
    return [(kind, gift_id) for kind in (EXPIRE_GIFT, REMIND_GIFT) for gift_id in gift_ids]


def _claimed(claim: Claim) -> GiftClaimed:
    return GiftClaimed(
        subject_id=claim.gift.id,
        gift_id=claim.gift.id,
        giver_id=claim.gift.giver_id,
        claimed_by=claim.claimant_id,
        shop_id=claim.gift.shop_id,
        another_style=claim.another_style,
        shares=claim.gift.shares,
        left=claim.left,
        another_thing=claim.another_thing,
    )


def _style_taken(claim: Claim, taken: StyleTaken) -> GiftStyleTaken:
    return GiftStyleTaken(
        subject_id=claim.gift.id,
        gift_id=claim.gift.id,
        claimed_by=claim.claimant_id,
        shop_id=claim.gift.shop_id,
        given_sku_id=taken.given_sku_id,
        sku_id=taken.sku_id,
    )


async def end(tx: Tx, gifts: Sequence[Gift], ending: Ending, policy: Policy, *, refusal: str = "") -> None:
    """Locked gifts end unclaimed. Leaves what happened. Raises GiftNotAvailable, GiftWithdrawalLate."""
    if not gifts:
        return
    states = {rules.judge_end(gift, ending, tx.now, policy) for gift in gifts}
    assert len(states) == 1, "one ending, one state"
    await store.set_ended(tx, [gift.id for gift in gifts], states.pop(), ending, refusal)
    await drop_all(tx, _timers_of([gift.id for gift in gifts]))
    await leave(tx, *(fact for gift in gifts for fact in _facts_of_end(gift, ending, refusal)))


def _facts_of_end(gift: Gift, ending: Ending, refusal: str) -> list[Fact]:
    about = {"subject_id": gift.id, "gift_id": gift.id, "giver_id": gift.giver_id}
    match ending:
        case "refused":
            return [GiftRefused(**about, refusal=refusal)]
        case "expired" | "nobody_left":
            return [GiftExpired(**about, recipient_id=gift.recipient_id, shares=gift.shares, left=gift.left)]
        case "withdrawn":
            return [GiftWithdrawn(**about, recipient_id=gift.recipient_id)]
        case "called_off":  # who it was for never heard of it
            return [GiftWithdrawn(**about, recipient_id=None)]
        case _:  # unpaid: nobody had heard of it; kept: told with the orders that it became
            return []


async def keep(tx: Tx, gift: Gift, order_ids: Sequence[int], policy: Policy) -> None:
    """The giver of a locked gift has what nobody claimed, as these orders. Leaves GiftKept. Raises as ``end`` does."""
    await end(tx, [gift], "kept", policy)
    fact = GiftKept(
        subject_id=gift.id,
        gift_id=gift.id,
        giver_id=gift.giver_id,
        recipient_id=gift.recipient_id,
        shares=gift.shares,
        left=gift.left,
        kept_order_ids=list(order_ids),
    )
    await leave(tx, fact)


async def record_refunds(tx: Tx, amounts: dict[int, tuple[int, str]]) -> None:
    """Refunds of orders (id: amount, currency) are done: gifts among them that ended know it. Leaves GiftRefunded."""
    gifts = await store.set_refunded(tx, list(amounts)) if amounts else []
    await leave(
        tx,
        *(
            GiftRefunded(
                subject_id=gift.id,
                gift_id=gift.id,
                giver_id=gift.giver_id,
                amount=amounts[gift.order_id][0],
                currency=amounts[gift.order_id][1],
            )
            for gift in gifts
        ),
    )

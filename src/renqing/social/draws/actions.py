"""What can be done to draws. Nothing here commits; whoever writes holds the locks of the gifts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from renqing.foundation.database import Tx
from renqing.foundation.ids import random_bytes
from renqing.foundation.outbox import leave
from renqing.foundation.settings import Policy
from renqing.foundation.timers import Deadline, drop_all, drop_timers, set_timers
from renqing.social.draws import rules, store
from renqing.social.draws.model import (
    DRAW_GIFT,
    LAPSE_AWARDS,
    NONCE_BYTES,
    REMIND_ENTRANTS,
    REMIND_WINNERS,
    REMINDED_AT_ONCE_MAX,
    SEED_BYTES,
    Award,
    Draw,
    DrawOpened,
    EntrantsReminded,
    Entry,
    GiftAwarded,
    GiftDrawn,
    GiftEntryJoined,
    NewDraw,
    Reminder,
    WinnersReminded,
)

_TAG = "draw entry"
_KINDS = (DRAW_GIFT, LAPSE_AWARDS, REMIND_ENTRANTS, REMIND_WINNERS)


async def prepare(tx: Tx, draw: NewDraw) -> None:
    """A draw whose gift waits for payment: its seed exists from now on, and is told to nobody."""
    seed = random_bytes(SEED_BYTES)
    commitment = rules.commitment_of(seed)
    head = rules.first_head(commitment, draw.prizes, draw.draw_at, draw.entrants_max)
    await store.insert_draw(tx, draw, seed=seed, commitment=commitment, head=head)


async def open_for_entries(tx: Tx, gift_ids: Sequence[int], of_groups: Collection[int] = ()) -> None:
    """The gifts of these draws are there. Leaves DrawOpened for those that are for chosen guests.

    ``of_groups``: those of them that are for a group's members.
    """
    draws = await store.of_gifts(tx, gift_ids)
    await set_timers(tx, [Deadline(DRAW_GIFT, draw.gift_id, draw.draw_at) for draw in draws.values()])
    firsts = {
        draw.gift_id: rules.first_reminder(
            tx.now, draw.draw_at, by_link=not draw.guests_only and draw.gift_id not in of_groups
        )
        for draw in draws.values()
        if draw.draw_at > tx.now
    }
    await set_timers(
        tx,
        [
            _reminding(gift_id, tx.now, draws[gift_id].draw_at, first)
            for gift_id, first in firsts.items()
            if first is not None
        ],
    )
    guests = await store.guests_of(tx, list(draws)) if draws else {}
    await leave(
        tx,
        *(
            DrawOpened(subject_id=gift_id, gift_id=gift_id, giver_id=draws[gift_id].giver_id, guest_ids=asked)
            for gift_id, asked in guests.items()
        ),
    )


def _reminding(gift_id: int, begins: datetime, draw_at: datetime, reminder: Reminder) -> Deadline:
    at = rules.reminder_at(begins, draw_at, reminder)
    return Deadline(REMIND_ENTRANTS, gift_id, at, {"reminder": reminder})


async def remind_entrants(
    tx: Tx, draw: Draw, begins: datetime, reminder: Reminder, told_ids: Sequence[int] | None
) -> None:
    """A draw's reminder fell due whose gift is locked: it is said now, and the next one set. Leaves EntrantsReminded.

    ``told_ids``: who of a group has not entered, or its giver where a link alone leads to it; None: its chosen guests.
    """
    said, following = rules.reminder_now(begins, draw.draw_at, reminder, tx.now)
    if following is not None:
        await set_timers(tx, [_reminding(draw.gift_id, begins, draw.draw_at, following)])
    if said is None:
        return
    told = await store.guests_without_entry(tx, draw.gift_id) if told_ids is None else list(told_ids)
    if told:
        ids = {"subject_id": draw.gift_id, "gift_id": draw.gift_id, "giver_id": draw.giver_id}
        await leave(tx, EntrantsReminded(**ids, reminder=said, told_ids=told))


async def remind_winners(tx: Tx, draw: Draw) -> None:
    """Winners of a draw whose gift is locked have not claimed: so many at a time are reminded. Leaves WinnersReminded.

    Who is left, and whoever is due later, is the next look's.
    """
    due = await store.due_reminders(tx, draw.gift_id, REMINDED_AT_ONCE_MAX)
    told: dict[Reminder, list[int]] = {"half": [], "end": []}
    following: dict[int, tuple[Reminder, datetime] | None] = {}
    for one in due:
        said, then = rules.reminder_now(one.awarded_at, one.claim_by, one.reminder, tx.now)
        following[one.rank] = then and (then, rules.reminder_at(one.awarded_at, one.claim_by, then))
        if said is not None:
            told[said].append(one.person_id)
    if following:
        await store.set_reminders(tx, draw.gift_id, following)
    ids = {"subject_id": draw.gift_id, "gift_id": draw.gift_id, "giver_id": draw.giver_id}
    await leave(tx, *(WinnersReminded(**ids, reminder=what, told_ids=who) for what, who in told.items() if who))
    await _look_again(tx, draw.gift_id)


async def _look_again(tx: Tx, gift_id: int) -> None:
    """The next reminder of any winner who waits."""
    at = await store.next_reminder(tx, gift_id)
    if at is not None:
        await set_timers(tx, [Deadline(REMIND_WINNERS, gift_id, at)])


def entry_of(tx: Tx, draw: Draw, person_id: int, nonce: bytes | None) -> tuple[Draw, Entry]:
    """The next entry of a draw, and the draw with it. Raises DrawOver, DrawFull. Nothing is written yet."""
    rules.judge_entry(draw, tx.now)
    n = draw.entrants + 1
    tag = tx.keys.keyed_hash(_TAG, f"{draw.gift_id}:{person_id}")
    nonce = nonce or random_bytes(NONCE_BYTES)
    head = rules.next_head(draw.head, n, tag, nonce)
    return (
        msgspec.structs.replace(draw, entrants=n, head=head),
        Entry(draw.gift_id, n, person_id, tag, nonce, head),
    )


async def enter(tx: Tx, entries: Sequence[Entry], draws: Sequence[Draw]) -> None:
    """Write entries, and their draws as they are with them; a full one falls due at once. Leaves GiftEntryJoined."""
    if not entries:
        return
    await store.write_entries(tx, entries, draws)
    await set_timers(tx, [Deadline(DRAW_GIFT, draw.gift_id, tx.now) for draw in draws if draw.is_full])
    giver = {draw.gift_id: draw.giver_id for draw in draws}
    await leave(
        tx,
        *(
            GiftEntryJoined(subject_id=one.gift_id, gift_id=one.gift_id, giver_id=giver[one.gift_id], entrants=one.n)
            for one in entries
        ),
    )


async def make(tx: Tx, draw: Draw, gift_expires_at: datetime, policy: Policy) -> list[Award]:
    """Draw: the seed is public, the first of its order have the prizes. Leaves GiftDrawn, and GiftAwarded for each."""
    seed = await store.open_seed(tx, draw.gift_id)
    await store.set_drawn(tx, draw.gift_id, seed)
    await drop_timers(tx, REMIND_ENTRANTS, [draw.gift_id])
    prizes = list(range(1, min(draw.prizes, draw.entrants) + 1))
    drawn = GiftDrawn(
        subject_id=draw.gift_id,
        gift_id=draw.gift_id,
        giver_id=draw.giver_id,
        entrants=draw.entrants,
        winners=len(prizes),
    )
    await leave(tx, drawn)
    return await _award(tx, msgspec.structs.replace(draw, seed=seed), prizes, gift_expires_at, policy)


async def pass_on(tx: Tx, draw: Draw, gift_expires_at: datetime, policy: Policy) -> bool:
    """Awards whose time is over lapse, and the next in the seed's order have their chance, as far as there are any.

    False where nobody is left who could claim anything.
    """
    waiting = await store.waiting_awards(tx, [draw.gift_id])
    over = rules.lapsed(waiting, tx.now)
    if over:
        await store.set_lapsed(tx, draw.gift_id, [award.rank for award in over])
    new = await _award(tx, draw, [award.prize for award in over], gift_expires_at, policy)
    left = [award for award in (*waiting, *new) if award not in over]
    if left:
        await set_timers(tx, [Deadline(LAPSE_AWARDS, draw.gift_id, min(award.claim_by for award in left))])
    return bool(left)


async def _award(tx: Tx, draw: Draw, prizes: Sequence[int], gift_expires_at: datetime, policy: Policy) -> list[Award]:
    """Give these prizes to the next in the seed's order."""
    assert draw.seed is not None, "only what is drawn is awarded"
    if not prizes or draw.awarded == draw.entrants:
        return []
    claim_by = rules.claim_by(tx.now, gift_expires_at, policy)
    numbers = rules.order_of(draw.seed, draw.head, draw.entrants)[draw.awarded : draw.awarded + len(prizes)]
    person = await store.people_of(tx, draw.gift_id, numbers)
    awards = [
        Award(draw.gift_id, draw.awarded + place, n, person[n], prize, claim_by)
        for place, (n, prize) in enumerate(zip(numbers, prizes, strict=False), 1)
    ]
    await store.insert_awards(tx, draw.gift_id, awards, rules.reminder_at(tx.now, claim_by, "half"))
    await set_timers(tx, [Deadline(LAPSE_AWARDS, draw.gift_id, claim_by)])
    await _look_again(tx, draw.gift_id)
    await leave(
        tx,
        *(
            GiftAwarded(
                subject_id=award.gift_id,
                gift_id=award.gift_id,
                giver_id=draw.giver_id,
                winner_id=award.person_id,
                prize=award.prize,
            )
            for award in awards
        ),
    )
    return awards


async def claim(tx: Tx, claimed: Sequence[tuple[int, int]]) -> None:
    """Winners (gift, person) have claimed; a draw whose every award is claimed is looked at once more."""
    if not claimed:
        return
    await store.set_claimed(tx, claimed)
    touched = {gift_id for gift_id, _ in claimed}
    waiting = {award.gift_id for award in await store.waiting_awards(tx, sorted(touched))}
    await set_timers(tx, [Deadline(LAPSE_AWARDS, gift_id, tx.now) for gift_id in sorted(touched - waiting)])


async def end(tx: Tx, gift_ids: Sequence[int]) -> None:
    """These gifts are over: nothing more falls due for their draws."""
    if gift_ids:
        await drop_all(tx, [(kind, gift_id) for gift_id in gift_ids for kind in _KINDS])

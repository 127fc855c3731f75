"""The recipient opens the envelope: the giver learns that it was opened, once.

Looking at the envelope changes nothing (a link preview opens nothing); opening is a deed. A gift that cannot be
claimed any more cannot be opened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, run_once
from renqing.social import draws, gifts, holds, masks, peace, safe_words
from renqing.trade import orders


class OpenAGift(msgspec.Struct, frozen=True):
    """Which gift: by its id for the recipient it names, or by the link's token."""

    person_id: int
    gift_id: int | None = None
    token: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """The gift that is open now."""

    gift_id: int


async def open_a_gift(ground: Ground, ask: OpenAGift, once: Once) -> Opened:
    """Raises GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, SafeWordNeeded."""
    return await run_once(ground.db, once, Opened, lambda tx: _story(ground, tx, ask))


async def _story(ground: Ground, tx: Tx, ask: OpenAGift) -> Opened:
    found = await find_and_lock(tx, ask.person_id, gift_id=ask.gift_id, token=ask.token)
    if not found.is_asked:
        raise gifts.GiftNotForYou
    found.check_word()
    await gifts.open_envelope(tx, found.gift, ask.person_id, in_its_group=found.in_its_group)
    await _note_opener(ground, tx, found.gift, ask.person_id)
    return Opened(found.gift.id)


async def _note_opener(ground: Ground, tx: Tx, gift: gifts.Gift, person_id: int) -> None:
    """Of a gift that only a link names, how many people it goes around among; a draw is meant to.

    Where that is too many it waits for its giver, who is told, unless there is a word to it.
    """
    if gift.recipient_id is not None or gift.group_id is not None or gift.mode == "draw":
        return
    assert gift.claimable_at is not None, "what is opened is there to be claimed"
    leaked = await holds.note_opener(
        tx,
        gift.id,
        gift.giver_id,
        person_id,
        link_since=gift.claimable_at,
        shares=gift.shares,
        openers_max=ground.policy.abuse_link_openers_max,
    )
    if leaked and await safe_words.standing(tx, gift.id, None) is None:
        await gifts.hold_back(tx, gift, ground.policy.abuse_link_hold_hours)


class Found(msgspec.Struct, frozen=True):
    """A gift that a person may see. ``in_its_group``: it is for the members of a group, and they are one.

    ``is_asked`` is False only for a draw among chosen guests, of whom they are none. ``needs_word``: it is sent outside
    with a safe word that they have not typed.
    """

    gift: gifts.Gift
    in_its_group: bool
    is_asked: bool = True
    needs_word: bool = False

    def check_word(self) -> None:
        """Whether this person may do something with it at all. Raises SafeWordNeeded."""
        if self.needs_word:
            raise safe_words.SafeWordNeeded


async def find_and_lock(tx: Tx, person_id: int, *, gift_id: int | None, token: str | None) -> Found:
    """The gift a person may see, its order and itself locked.

    By id its giver finds it, who it is for and who claimed it; by token whoever holds it. Raises GiftNotAvailable.
    """
    (found,) = await find_many(tx, [(person_id, gift_id, token)])
    if found is None:
        raise gifts.GiftNotAvailable
    await orders.lock_many(tx, [found.gift.order_id])
    (locked,) = await gifts.lock_of_orders(tx, [found.gift.order_id])
    is_giver = token is None and locked.giver_id == person_id
    if locked.way != found.gift.way and not is_giver:  # it moved on meanwhile: only its giver finds it all the same
        raise gifts.GiftNotAvailable
    needs_word = bool(await closed_to(tx, [(locked, person_id)]))
    return Found(locked, found.in_its_group, found.is_asked, needs_word)


async def find_many(tx: Tx, asked: Sequence[tuple[int, int | None, str | None]]) -> list[Found | None]:
    """For each (person, id, token) the gift they may see, not locked; None where there is none for them."""
    by_token = await gifts.by_tokens(tx, (token for _, _, token in asked if token is not None))
    by_id = await gifts.by_ids(tx, (gift_id for _, gift_id, token in asked if token is None and gift_id is not None))
    there = [by_id.get(gift_id or 0) if token is None else by_token.get(token) for _, gift_id, token in asked]
    members = await people.members_among(
        tx,
        [
            (gift.group_id, person_id)
            for gift, (person_id, _, _) in zip(there, asked, strict=True)
            if gift is not None and gift.group_id is not None
        ],
    )
    held = await gifts.shares_held(
        tx,
        [
            (gift.id, person_id)
            for gift, (person_id, _, token) in zip(there, asked, strict=True)
            if gift is not None and token is None and gift.shares > 1
        ],
    )
    drawn = [
        (gift.id, person_id, token is not None)
        for gift, (person_id, _, token) in zip(there, asked, strict=True)
        if gift is not None and gift.mode == "draw"
    ]
    known = await _known_to_draws(
        tx, [(gift_id, person_id) for gift_id, person_id, _ in drawn], {(g, p) for g, p, by_link in drawn if by_link}
    )
    unwelcome = await _unwelcome(tx, asked, there, held)
    found: list[Found | None] = []
    for gift, (person_id, _, token) in zip(there, asked, strict=True):
        if gift is None or (token is None and (gift.id, person_id) in unwelcome):
            found.append(None)
            continue
        in_its_group = (gift.group_id, person_id) in members
        has_a_share = (gift.id, person_id) in held or known.get((gift.id, person_id), False)
        may = token is not None or gifts.may_find(gift, person_id, in_its_group=in_its_group, has_a_share=has_a_share)
        is_asked = known.get((gift.id, person_id)) is not False or person_id == gift.giver_id
        found.append(Found(gift, in_its_group, is_asked) if may else None)
    return found


async def _unwelcome(
    tx: Tx,
    asked: Sequence[tuple[int, int | None, str | None]],
    there: Sequence[gifts.Gift | None],
    held: Collection[tuple[int, int]],
) -> set[tuple[int, int]]:
    """Which (gift, person) asked for by an id is of somebody whom they have blocked, and not theirs already.

    To them it is not there, and to its giver it is as if nobody had come: neither learns of the block. Of a gift
    without a name a block would say whose it is, so it stays there.
    """
    pairs = {
        (gift, person_id)
        for gift, (person_id, _, token) in zip(there, asked, strict=True)
        if gift is not None and token is None and person_id not in (gift.giver_id, gift.claimed_by)
    }
    worn = await masks.worn_on(tx, [gift.id for gift, _ in pairs])
    pairs = {pair for pair in pairs if pair[0].id not in worn}
    blocks = await people.blocks_among(tx, [(person_id, gift.giver_id) for gift, person_id in pairs]) if pairs else ()
    return {
        (gift.id, person_id)
        for gift, person_id in pairs
        if (person_id, gift.giver_id) in blocks and (gift.id, person_id) not in held
    }


async def closed_to(tx: Tx, asked: Sequence[tuple[gifts.Gift, int]]) -> set[tuple[int, int]]:
    """Of gifts with who asks, those (gift, person) whose safe word was not typed.

    Only a gift that a link alone names has one. Who has entered a draw is in: no word that is set later puts them out.
    """
    named_by_link = [
        (gift.id, person_id)
        for gift, person_id in asked
        if gift.recipient_id is None and gift.group_id is None and person_id not in (gift.giver_id, gift.claimed_by)
    ]
    closed = await safe_words.closed_to(tx, named_by_link)
    drawn = {gift.id for gift, _ in asked if gift.mode == "draw"}
    return closed - (await draws.entries_among(tx, [pair for pair in closed if pair[0] in drawn])).keys()


async def kept_from(tx: Tx, person_ids: Iterable[int]) -> dict[int, gifts.CannotReceive]:
    """Who of these can take no gift at the moment, and why: one statement a rule, however many there are."""
    wanted = sorted(set(person_ids))
    if not wanted:
        return {}
    rules = await peace.rules_of(tx, wanted)
    held = await holds.held_among(tx, wanted, "receive", tx.now)
    reasons = {
        person_id: gifts.why_not_receive(
            is_minor=rules.get(person_id, peace.DEFAULT_RULE).is_minor,
            held_hours=held[person_id].facts["hours"] if person_id in held else 0,
        )
        for person_id in {*rules, *held}
    }
    return {person_id: reason for person_id, reason in reasons.items() if reason is not None}


async def _known_to_draws(
    tx: Tx, pairs: Sequence[tuple[int, int]], by_link: Collection[tuple[int, int]]
) -> dict[tuple[int, int], bool]:
    """Of these (gift, person) those whom a draw knows, as a guest or with an entry; False: it does not ask them.

    Not asked about ``by_link`` where the draw is open to whoever has the link: nothing hangs on it.
    """
    if not pairs:
        return {}
    asked = await draws.of_gifts(tx, [gift_id for gift_id, _ in pairs])
    pairs = [pair for pair in pairs if asked[pair[0]].guests_only or pair not in by_link]
    known = {*await draws.entries_among(tx, pairs), *await draws.guests_among(tx, pairs)}
    closed = {pair: False for pair in pairs if asked[pair[0]].guests_only}
    return closed | dict.fromkeys(known, True)

"""Somebody enters the draw of a gift, and gets a receipt that nobody can take back.

One transaction, told for many entries at once: the gifts are locked (their orders stay as they are), so that an entry
and the draw race to one order of things by our clock; who gave the gift, who is not of its group or not among its
guests, who has not typed its safe word where it is sent outside with one, and who is blocked does not enter; everybody
else has one entry. The receipt is the entry's number, the hash
that stands for the person in this draw, the chance they added, and the head of the chain with their entry in it. Who
asks again gets the same receipt. Where as many have entered as may, the draw falls due at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.books import people
from renqing.foundation.database import Tx
from renqing.foundation.errors import Refusal
from renqing.foundation.ground import Ground
from renqing.foundation.once import Once, remember, told_before
from renqing.journeys.open_a_gift import Found, closed_to, find_many, kept_from
from renqing.social import draws, gifts, safe_words


class EnterADraw(msgspec.Struct, frozen=True):
    """Which draw, by its gift's id or link; ``nonce``: 32 hexadecimal digits of the entrant's own chance, or ours."""

    person_id: int
    gift_id: int | None = None
    token: str | None = None
    nonce: str | None = None


class Entered(msgspec.Struct, frozen=True):
    """The receipt: hashes in hexadecimal. ``commitment`` is the draw's public name."""

    gift_id: int
    n: int
    tag: str
    nonce: str
    head: str
    commitment: str


class _Table(msgspec.Struct):
    """What a batch of entries is judged on, and what it has entered so far."""

    gift_of: dict[int, gifts.Gift]
    draw_of: dict[int, draws.Draw]
    entry_of: dict[tuple[int, int], draws.Entry]
    blocks: set[tuple[int, int]]
    closed: set[tuple[int, int]]
    kept: dict[int, gifts.CannotReceive]
    new: list[draws.Entry] = []


async def enter_draws(ground: Ground, asks: Sequence[tuple[EnterADraw, Once]]) -> list[Entered | Exception]:
    """For each ask its receipt, or the refusal.

    GiftNotAvailable, GiftNotForYou, GiftIsYourOwn, CannotReceive, NoDraw, SafeWordNeeded, DrawOver, DrawFull,
    FieldNotValid.
    """
    return await ground.db.run(lambda tx: _story(tx, asks))


async def _story(tx: Tx, asks: Sequence[tuple[EnterADraw, Once]]) -> list[Entered | Exception]:
    answers = await told_before(tx, [once for _, once in asks], Entered)
    fresh = [place for place in range(len(asks)) if place not in answers]
    sought = [(ask.person_id, ask.gift_id, ask.token) for ask in (asks[place][0] for place in fresh)]
    there = {place: one for place, one in zip(fresh, await find_many(tx, sought), strict=True) if one is not None}
    found = {place: one for place, one in there.items() if one.gift.mode == "draw"}
    answers |= {place: gifts.GiftNotAvailable() for place in fresh if place not in there}
    answers |= {place: draws.NoDraw() for place in there if place not in found}
    table = await _set_table(tx, [(asks[place][0].person_id, one.gift) for place, one in found.items()])
    entered: dict[int, Entered] = {}
    for place, one in found.items():
        try:
            entered[place] = _judge(tx, table, one, asks[place][0])
        except Refusal as refusal:
            answers[place] = refusal
    await _write(tx, table)
    await remember(tx, [(asks[place][1], msgspec.json.encode(answer).decode()) for place, answer in entered.items()])
    answers |= entered
    return [answers[place] for place in range(len(asks))]


async def _set_table(tx: Tx, wanted: Sequence[tuple[int, gifts.Gift]]) -> _Table:
    """Read what judging the entries needs, and lock what they are for: one statement each, however many there are.

    What no other entry changes is read first, so that nobody waits for the gift while it is being read.
    """
    pairs = {pair for person_id, gift in wanted for pair in ((person_id, gift.giver_id), (gift.giver_id, person_id))}
    blocks = await people.blocks_among(tx, sorted(pairs)) if pairs else set()
    closed = await closed_to(tx, [(gift, person_id) for person_id, gift in wanted])
    kept = await kept_from(tx, [person_id for person_id, _ in wanted])
    locked = await gifts.lock_many(tx, [gift.id for _, gift in wanted]) if wanted else {}
    known = await draws.of_gifts(tx, locked)
    entries = await draws.entries_among(tx, [(gift.id, person_id) for person_id, gift in wanted])
    return _Table(locked, known, entries, blocks, closed, kept)


def _judge(tx: Tx, table: _Table, found: Found, ask: EnterADraw) -> Entered:
    """The entry of this ask, made or known. Raises what refuses it."""
    gift, draw = table.gift_of[found.gift.id], table.draw_of[found.gift.id]
    known = table.entry_of.get((gift.id, ask.person_id))
    if known is None:
        nonce = draws.nonce_in(ask.nonce)
        if {(ask.person_id, gift.giver_id), (gift.giver_id, ask.person_id)} & table.blocks:
            raise gifts.GiftNotAvailable  # as if it were not there: nobody is told of a block
        if not found.is_asked:
            raise gifts.GiftNotForYou
        gifts.judge_claim(gift, ask.person_id, tx.now, in_its_group=found.in_its_group)
        if (gift.id, ask.person_id) in table.closed:
            raise safe_words.SafeWordNeeded
        if ask.person_id in table.kept:
            raise table.kept[ask.person_id]
        table.draw_of[gift.id], known = draws.entry_of(tx, draw, ask.person_id, nonce)
        table.entry_of[gift.id, ask.person_id] = known
        table.new.append(known)
    return Entered(gift.id, known.n, known.tag.hex(), known.nonce.hex(), known.head.hex(), draw.commitment.hex())


async def _write(tx: Tx, table: _Table) -> None:
    if not table.new:
        return
    touched = sorted({entry.gift_id for entry in table.new})
    await draws.enter(tx, table.new, [table.draw_of[gift_id] for gift_id in touched])
    closed = [gift_id for gift_id in touched if table.gift_of[gift_id].opened_at is None]
    if closed:
        await gifts.note_entered(tx, closed)

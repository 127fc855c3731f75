"""The safe words room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from renqing.foundation.database import Database, Tx
from renqing.social.safe_words.model import Standing


class Kept(msgspec.Struct, frozen=True):
    """A word with its tries, locked."""

    word_hash: bytes
    wrong_mine: int
    wrong_all: int
    is_open: bool


async def put(tx: Tx, gift_id: int, giver_id: int, word_hash: bytes, question: str) -> None:
    """Keep a gift's word, and no try at another."""
    await tx.execute(
        """INSERT INTO safe_word_lock (gift_id, giver_id, word_hash, question, set_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (gift_id) DO UPDATE
             SET word_hash = excluded.word_hash, question = excluded.question, set_at = excluded.set_at""",
        gift_id,
        giver_id,
        word_hash,
        question,
        tx.now,
    )
    await tx.execute("DELETE FROM safe_word_try WHERE gift_id = $1", gift_id)


async def delete(tx: Tx, gift_id: int) -> None:
    """A gift's word is gone, and every try at it."""
    await tx.execute("DELETE FROM safe_word_lock WHERE gift_id = $1", gift_id)
    await tx.execute("DELETE FROM safe_word_try WHERE gift_id = $1", gift_id)


async def lock(tx: Tx, gift_id: int, person_id: int) -> Kept | None:
    """A gift's word, locked, so that tries at it are counted one after another; None where there is none."""
    word_hash = await tx.fetchval("SELECT word_hash FROM safe_word_lock WHERE gift_id = $1 FOR UPDATE", gift_id)
    if word_hash is None:
        return None
    row = await tx.fetchrow(
        """SELECT coalesce(sum(wrong), 0)::int AS all_of_them,
                  coalesce(sum(wrong) FILTER (WHERE person_id = $2), 0)::int AS mine,
                  coalesce(bool_or(passed_at IS NOT NULL) FILTER (WHERE person_id = $2), false) AS passed
             FROM safe_word_try WHERE gift_id = $1""",
        gift_id,
        person_id,
    )
    assert row is not None, "an aggregate always answers"
    return Kept(word_hash, row["mine"], row["all_of_them"], row["passed"])


async def note(tx: Tx, gift_id: int, person_id: int, *, is_right: bool) -> None:
    """Count a try."""
    await tx.execute(
        """INSERT INTO safe_word_try AS t (gift_id, person_id, wrong, passed_at)
           VALUES ($1, $2, CASE WHEN $3 THEN 0 ELSE 1 END, CASE WHEN $3 THEN $4::timestamptz END)
           ON CONFLICT (gift_id, person_id) DO UPDATE
             SET wrong = t.wrong + excluded.wrong, passed_at = coalesce(t.passed_at, excluded.passed_at)""",
        gift_id,
        person_id,
        is_right,
        tx.now,
    )


async def closed_to(tx: Tx, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these (gift, person) wait for a word that the person has not typed."""
    if not pairs:
        return set()
    locked = await tx.fetch(
        "SELECT gift_id FROM safe_word_lock WHERE gift_id = ANY($1::bigint[])", sorted({gift for gift, _ in pairs})
    )
    ids = {row["gift_id"] for row in locked}
    waiting = [pair for pair in pairs if pair[0] in ids]
    if not waiting:
        return set()
    passed = await tx.fetch(
        """SELECT t.gift_id, t.person_id FROM safe_word_try t
             JOIN unnest($1::bigint[], $2::bigint[]) AS a(g, p) ON t.gift_id = a.g AND t.person_id = a.p
            WHERE t.passed_at IS NOT NULL""",
        [gift_id for gift_id, _ in waiting],
        [person_id for _, person_id in waiting],
    )
    return set(waiting) - {(row["gift_id"], row["person_id"]) for row in passed}


async def standing(db: Database | Tx, gift_id: int, person_id: int | None) -> Standing | None:
    """How a gift's word stands for somebody; None where there is no word."""
    row = await db.fetchrow(
        """SELECT l.question,
                  (SELECT coalesce(sum(wrong), 0)::int FROM safe_word_try t WHERE t.gift_id = l.gift_id) AS n,
                  EXISTS (SELECT 1 FROM safe_word_try t WHERE t.gift_id = l.gift_id AND t.person_id = $2
                             AND t.passed_at IS NOT NULL) AS is_open
             FROM safe_word_lock l WHERE l.gift_id = $1""",
        gift_id,
        person_id,
    )
    return None if row is None else Standing(row["question"], row["n"], row["is_open"])


async def clear_of(tx: Tx, giver_id: int) -> None:
    """The questions that somebody asked are gone."""
    await tx.execute("UPDATE safe_word_lock SET question = '' WHERE giver_id = $1", giver_id)

"""The holds room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from renqing.foundation.database import Database, Tx
from renqing.social.holds.model import NewHold, NewReport, OnHold, Verb, Verdict
from renqing.social.holds.rules import hours_left

COUNTED_MAX = 1_000  # of accounts with one phone in one gift


async def held_among(db: Database | Tx, person_ids: Iterable[int], verb: Verb, now: datetime) -> dict[int, OnHold]:
    """Who of these may not do this now, with the hold that takes longest."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (person_id) person_id, rule, ends_at FROM hold_hold
           WHERE person_id = ANY ((SELECT $1::bigint[])::bigint[]) AND lifted_at IS NULL AND ends_at > $2 AND verb = $3
           ORDER BY person_id, ends_at DESC""",
        list(person_ids),
        now,
        verb,
    )
    return {
        row["person_id"]: OnHold(reason=row["rule"], verb=verb, hours=hours_left(row["ends_at"], now)) for row in rows
    }


async def put_hold(tx: Tx, new: NewHold) -> bool:
    """Write a hold, unless the same rule holds this person as long already. Two at once write one."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('holds:' || $1::bigint, 16))", new.person_id)
    done = await tx.execute(
        """INSERT INTO hold_hold (id, person_id, verb, rule, made_at, made_by, ends_at)
           SELECT $1, $2, $3, $4, $5, $6, $7
           WHERE NOT EXISTS (SELECT 1 FROM hold_hold WHERE person_id = $2 AND verb = $3 AND rule = $4
                                AND lifted_at IS NULL AND ends_at >= $7)""",
        tx.ids.new(),
        new.person_id,
        new.verb,
        new.rule,
        tx.now,
        new.made_by,
        new.ends_at,
    )
    return done == "INSERT 0 1"


async def set_lifted(tx: Tx, hold_id: int, operator_id: int) -> bool:
    """A living hold is lifted. False where there is none."""
    done = await tx.execute(
        "UPDATE hold_hold SET lifted_at = $3, lifted_by = $2 WHERE id = $1 AND lifted_at IS NULL AND ends_at > $3",
        hold_id,
        operator_id,
        tx.now,
    )
    return done == "UPDATE 1"


async def put_report(tx: Tx, new: NewReport) -> tuple[int, bool]:
    """Keep a report, or what it says now; its id, and whether it is new."""
    row = await tx.fetchrow(
        """INSERT INTO hold_report (id, reporter_id, about_id, gift_id, reason, words, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (reporter_id, about_id) WHERE decided_at IS NULL
           DO UPDATE SET gift_id = excluded.gift_id, reason = excluded.reason, words = excluded.words
           RETURNING id, id = $1 AS is_new""",
        tx.ids.new(),
        new.reporter_id,
        new.about_id,
        new.gift_id,
        new.reason,
        new.words,
        tx.now,
    )
    assert row is not None, "an insert answers its row"
    return row["id"], row["is_new"]


async def reporters_since(tx: Tx, about_id: int, since: datetime) -> int:
    """How many people reported somebody, without those reports that an operator dismissed."""
    return int(
        await tx.fetchval(
            """SELECT count(DISTINCT reporter_id) FROM hold_report
               WHERE about_id = $1 AND made_at >= $2 AND verdict <> 'dismissed'""",
            about_id,
            since,
        )
    )


async def set_decided(tx: Tx, report_id: int, operator_id: int, verdict: Verdict) -> int | None:
    """An open report is decided; whom it is about, or None where there is none."""
    about_id: int | None = await tx.fetchval(
        """UPDATE hold_report SET decided_at = $4, decided_by = $2, verdict = $3
           WHERE id = $1 AND decided_at IS NULL RETURNING about_id""",
        report_id,
        operator_id,
        verdict,
        tx.now,
    )
    return about_id


async def put_guises(tx: Tx, guises: Iterable[tuple[int, bytes, int]]) -> None:
    """Write which account (subject, mark, person) had something sent where; once each."""
    rows = sorted(set(guises))
    await tx.execute(
        """INSERT INTO hold_guise (subject_id, mark, person_id, made_at)
           SELECT s, m, p, $4 FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS t(s, m, p)
           ON CONFLICT DO NOTHING""",
        [subject for subject, _, _ in rows],
        [mark for _, mark, _ in rows],
        [person for _, _, person in rows],
        tx.now,
    )


async def accounts_beside(tx: Tx, person_ids: Sequence[int], since: datetime) -> dict[int, int]:
    """For each how many accounts, theirs counted, had shares of one gift sent to one phone: the most of any since then.

    No more than ``COUNTED_MAX`` are counted, so that many guises cost no more than a few.
    """
    rows = await tx.fetch(
        f"""SELECT mine.person_id, max(g.n)::int AS accounts FROM hold_guise mine
             CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
                  SELECT 1 FROM hold_guise WHERE subject_id = mine.subject_id AND mark = mine.mark
                   LIMIT {COUNTED_MAX}) beside) g
             WHERE mine.person_id = ANY((SELECT $1::bigint[])::bigint[]) AND mine.made_at >= $2
             GROUP BY mine.person_id""",
        list(person_ids),
        since,
    )
    return {row["person_id"]: row["accounts"] for row in rows}


async def put_opener(tx: Tx, gift_id: int, person_id: int, since: datetime, most: int) -> int:
    """Somebody opened a locked gift by its link; how many have since then, 0 where they had done so before.

    No more than ``most`` are counted: a link that goes around costs who opens it no more than another.
    """
    done = await tx.execute(
        """INSERT INTO hold_opener (gift_id, person_id, opened_at) VALUES ($1, $2, $3)
           ON CONFLICT (gift_id, person_id) DO UPDATE SET opened_at = excluded.opened_at
            WHERE hold_opener.opened_at < $4""",
        gift_id,
        person_id,
        tx.now,
        since,
    )
    if done == "INSERT 0 0":
        return 0
    return int(
        await tx.fetchval(
            """SELECT count(*) FROM (
                 SELECT 1 FROM hold_opener WHERE gift_id = $1 AND opened_at >= $2 LIMIT $3) opened""",
            gift_id,
            since,
            most,
        )
    )


async def clear_guises(tx: Tx, person_id: int) -> None:
    """Nothing says any more where this person had something sent, or what they opened."""
    await tx.execute("DELETE FROM hold_guise WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM hold_opener WHERE person_id = $1", person_id)


async def clear_words(tx: Tx, person_id: int) -> None:
    """Nothing is left of what this person wrote."""
    await tx.execute("UPDATE hold_report SET words = '' WHERE reporter_id = $1 AND words <> ''", person_id)

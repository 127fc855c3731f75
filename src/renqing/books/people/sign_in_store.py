"""The SQL of proofs (codes, passwords, sign-ins) and of erasure. The rest of this room's SQL is in ``store.py``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from renqing.books.people.model import SIGN_INS_MAX, NewSignIn, Role, SignedIn
from renqing.books.people.store import Reads
from renqing.foundation.database import Row, Tx
from renqing.foundation.secrets import Keys


async def put_code(
    tx: Tx, phone_hash: bytes, code_hash: bytes, *, tries: int, lives: timedelta, again_after: timedelta, a_day: int
) -> bool:
    """Put a new code in the place of the last one. False where the last one is too young, or the day has its fill."""
    row = await tx.fetchrow(
        """INSERT INTO people_phone_code AS c (phone_hash, code_hash, tries_left, sent_at, expires_at, counted_from)
           VALUES ($1, $2, $3, $4, $5, $4)
           ON CONFLICT (phone_hash) DO UPDATE SET
             code_hash = EXCLUDED.code_hash, tries_left = EXCLUDED.tries_left, sent_at = EXCLUDED.sent_at,
             expires_at = EXCLUDED.expires_at,
             sent_today = CASE WHEN c.counted_from <= $7 THEN 1 ELSE c.sent_today + 1 END,
             counted_from = CASE WHEN c.counted_from <= $7 THEN $4 ELSE c.counted_from END
           WHERE c.sent_at <= $6 AND (c.counted_from <= $7 OR c.sent_today < $8)
           RETURNING 1""",
        phone_hash,
        code_hash,
        tries,
        tx.now,
        tx.now + lives,
        tx.now - again_after,
        tx.now - timedelta(days=1),
        a_day,
    )
    return row is not None


async def code_waits_until(tx: Tx, phone_hash: bytes, *, again_after: timedelta, a_day: int) -> datetime:
    """When the next code may be sent to a phone that just had one."""
    row = await tx.fetchrow(
        "SELECT sent_at, sent_today, counted_from FROM people_phone_code WHERE phone_hash = $1", phone_hash
    )
    assert row is not None, "only a phone that has a code is told to wait"
    soonest: datetime = row["sent_at"] + again_after
    if row["sent_today"] >= a_day:
        soonest = max(soonest, row["counted_from"] + timedelta(days=1))
    return soonest


async def spend_try(tx: Tx, phone_hash: bytes, code_hash: bytes) -> bool:
    """Count one try, exactly: the right code is used up by it, a wrong one costs one of the tries that are left."""
    right = await tx.fetchval(
        """UPDATE people_phone_code
           SET tries_left = CASE WHEN code_hash = $2 THEN 0 ELSE tries_left - 1 END
           WHERE phone_hash = $1 AND tries_left > 0 AND expires_at > $3
           RETURNING code_hash = $2""",
        phone_hash,
        code_hash,
        tx.now,
    )
    return bool(right)


async def password_of_phone(tx: Reads, phone_hash: bytes) -> tuple[int, str] | None:
    """Whose phone this is, and the hash of their password (empty where they set none)."""
    row = await tx.fetchrow("SELECT id, password_hash FROM people_person WHERE phone_hash = $1", phone_hash)
    return None if row is None else (row["id"], row["password_hash"] or "")


async def set_password(tx: Tx, person_id: int, password_hash: str) -> None:
    """Write the hash of somebody's password."""
    await tx.execute("UPDATE people_person SET password_hash = $2 WHERE id = $1", person_id, password_hash)


async def insert_sign_in(tx: Tx, token_hash: bytes, sign_in: NewSignIn) -> None:
    """Write a sign-in, and end this person's expired and oldest ones beyond ``SIGN_INS_MAX``."""
    await tx.execute(
        """DELETE FROM people_sign_in WHERE person_id = $1 AND (expires_at <= $2 OR token_hash IN (
             SELECT token_hash FROM people_sign_in
             WHERE person_id = $1 ORDER BY made_at DESC, token_hash OFFSET $3))""",
        sign_in.person_id,
        tx.now,
        SIGN_INS_MAX - 1,
    )
    await tx.execute(
        """INSERT INTO people_sign_in (token_hash, person_id, kind, made_at, expires_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (token_hash) DO NOTHING""",
        token_hash,
        sign_in.person_id,
        sign_in.kind,
        sign_in.made_at,
        sign_in.expires_at,
    )


async def delete_sign_in(tx: Tx, token_hash: bytes) -> int | None:
    """End one sign-in; whose it was, or None where it had ended."""
    person_id: int | None = await tx.fetchval(
        "DELETE FROM people_sign_in WHERE token_hash = $1 RETURNING person_id", token_hash
    )
    return person_id


async def delete_sign_ins(tx: Tx, person_id: int) -> None:
    """End every sign-in of a person."""
    await tx.execute("DELETE FROM people_sign_in WHERE person_id = $1", person_id)


async def people_of_tokens(db: Reads, keys: Keys, tokens: Sequence[str], now: datetime) -> list[SignedIn | None]:
    """Who is behind each token, with their roles as of now: one statement, by index, for all who ask at once.

    Nothing is kept between two asks: a sign-in that was ended is nobody's from the next request on.
    """
    hashes = [keys.keyed_hash("sign_in", token) for token in tokens]
    rows = await db.fetch(
        """SELECT s.token_hash, p.id, p.name, p.avatar, p.language, r.shops, r.roles
           FROM people_sign_in s JOIN people_person p ON p.id = s.person_id
           CROSS JOIN LATERAL (SELECT array_agg(t.shop_id) AS shops, array_agg(t.role) AS roles
                               FROM people_staff t WHERE t.person_id = p.id) r
           WHERE s.token_hash = ANY((SELECT $1::bytea[])::bytea[]) AND s.expires_at > $2""",
        hashes,
        now,
    )
    found = {row["token_hash"]: _signed_in(row) for row in rows}
    return [found.get(hashed) for hashed in hashes]


def _signed_in(row: Row) -> SignedIn:
    staff = {shop: Role(role) for shop, role in zip(row["shops"] or (), row["roles"] or (), strict=True)}
    return SignedIn(row["id"], row["name"], row["avatar"], row["language"], staff)


async def person_of_token(db: Reads, keys: Keys, token: str, now: datetime) -> SignedIn | None:
    """Who is behind one token."""
    return (await people_of_tokens(db, keys, [token], now))[0]


# erasure ----------------------------------------------------------------------------------------------------------
# Each statement forgets a part of the person $1. Addresses and orders keep the province, which shops add up by.
_FORGET = (
    "DELETE FROM people_phone_code c USING people_person p WHERE p.id = $1 AND c.phone_hash = p.phone_hash",
    "DELETE FROM sandbox_message m USING people_person p WHERE p.id = $1 AND m.phone_hash = p.phone_hash",
    "DELETE FROM people_sign_in WHERE person_id = $1",
    """DELETE FROM people_friend f USING people_friend mine WHERE mine.person_id = $1
          AND f.person_id = mine.friend_id AND f.friend_id = $1""",
    "DELETE FROM people_friend WHERE person_id = $1",
    "DELETE FROM people_block WHERE person_id = $1 OR blocked_id = $1",
    "DELETE FROM people_member WHERE person_id = $1",
    "DELETE FROM people_staff WHERE person_id = $1",
)


async def lock_person(tx: Tx, person_id: int) -> bool:
    """Lock somebody whom nothing may be added to any more. False where there is no such person."""
    return await tx.fetchval("SELECT 1 FROM people_person WHERE id = $1 FOR UPDATE", person_id) is not None


async def erase(tx: Tx, person_id: int, name: str, erased_at: datetime) -> bool:
    """Forget a locked person; ``name`` stands where theirs stood. False where they were erased before."""
    for statement in _FORGET:
        await tx.execute(statement, person_id)
    await tx.execute(
        """UPDATE people_address SET sealed = '', is_default = false, removed_at = coalesce(removed_at, $2),
                  region_code = (left(region_code::text, 2) || '0000')::bigint WHERE person_id = $1""",
        person_id,
        tx.now,
    )
    await tx.execute(
        """UPDATE people_person SET name = $2, avatar = '', phone_hash = NULL, phone_sealed = NULL, password_hash = NULL
           WHERE id = $1""",
        person_id,
        name,
    )
    done = await tx.execute(
        "INSERT INTO people_erasure (person_id, erased_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", person_id, erased_at
    )
    return done == "INSERT 0 1"


async def erased_among(tx: Reads, person_ids: Sequence[int]) -> set[int]:
    """Which of these are erased."""
    rows = await tx.fetch("SELECT person_id FROM people_erasure WHERE person_id = ANY($1::bigint[])", list(person_ids))
    return {row["person_id"] for row in rows}


async def shops_owned(tx: Reads, person_id: int) -> int:
    """How many shops, the platform among them, somebody answers for."""
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM people_staff WHERE person_id = $1 AND role IN ('owner', 'operator')", person_id
        )
    )

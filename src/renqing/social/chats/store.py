"""The only SQL that writes threads, their members and messages."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.social.chats.model import PAGE_MAX, Membership, Message, Saying, ThreadUnknown

_MESSAGE = ", ".join(Message.__struct_fields__)


def _message(row: Row) -> Message:
    return Message(*row.values())


async def insert_pairs(tx: Tx, pairs: Sequence[tuple[int, str, int, int]]) -> dict[str, int]:
    """Write direct threads (id, pair, one, other) that are missing; the thread of every pair."""
    ordered = sorted(pairs, key=lambda asked: asked[1])
    fresh = await tx.fetch(
        """INSERT INTO chat_thread (id, kind, pair, made_at, last_at)
           SELECT i, 'direct', p, $3, $3 FROM unnest($1::bigint[], $2::text[]) AS t(i, p)
           ON CONFLICT (pair) DO NOTHING RETURNING id, pair""",
        [thread_id for thread_id, _, _, _ in ordered],
        [pair for _, pair, _, _ in ordered],
        tx.now,
    )
    made = {row["pair"]: row["id"] for row in fresh}
    rows = [(made[pair], person) for _, pair, one, other in ordered if pair in made for person in (one, other)]
    if rows:
        await insert_members(tx, rows, from_n=0)
    found = await tx.fetch(
        "SELECT pair, id FROM chat_thread WHERE pair = ANY($1::text[])", [pair for _, pair, _, _ in ordered]
    )
    return {row["pair"]: row["id"] for row in found}


async def insert_group_thread(tx: Tx, thread_id: int, group_id: int) -> None:
    """Write the thread of a group."""
    await tx.execute(
        "INSERT INTO chat_thread (id, kind, group_id, made_at, last_at) VALUES ($1, 'group', $2, $3, $3)",
        thread_id,
        group_id,
        tx.now,
    )


async def insert_members(tx: Tx, rows: Sequence[tuple[int, int]], *, from_n: int) -> None:
    """Write members (thread, person) who see what is said after ``from_n``."""
    await tx.execute(
        """INSERT INTO chat_member (thread_id, person_id, from_n, read_to)
           SELECT t, p, $3, $3 FROM unnest($1::bigint[], $2::bigint[]) AS u(t, p)
           ON CONFLICT (thread_id, person_id) DO NOTHING""",
        [thread_id for thread_id, _ in rows],
        [person_id for _, person_id in rows],
        from_n,
    )


async def delete_member(tx: Tx, thread_id: int, person_id: int) -> None:
    """Take somebody out of a thread."""
    await tx.execute("DELETE FROM chat_member WHERE thread_id = $1 AND person_id = $2", thread_id, person_id)


async def threads_of_groups(tx: Tx, group_ids: Sequence[int]) -> dict[int, int]:
    """The threads of groups, by group. Takes no lock."""
    rows = await tx.fetch("SELECT group_id, id FROM chat_thread WHERE group_id = ANY($1)", group_ids)
    return {row["group_id"]: row["id"] for row in rows}


async def lock_group_thread(tx: Tx, group_id: int) -> tuple[int, int]:
    """A group's thread and its last number, locked. Raises ThreadUnknown."""
    row = await tx.fetchrow("SELECT id, last_n FROM chat_thread WHERE group_id = $1 FOR NO KEY UPDATE", group_id)
    if row is None:
        raise ThreadUnknown
    return row["id"], row["last_n"]


async def insert_messages(tx: Tx, sayings: Sequence[Saying]) -> list[Message]:
    """Number and write what is said, in order; each author has read their own. Threads are locked in id order."""
    await tx.execute(
        "SELECT 1 FROM chat_thread WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        sorted({said.thread_id for said in sayings}),
    )
    rows = await tx.fetch(
        f"""WITH said AS (
             SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])
               WITH ORDINALITY AS u(id, thread_id, author_id, kind, body, about_id, o)),
           numbered AS (
             SELECT s.*, t.last_n + row_number() OVER (PARTITION BY s.thread_id ORDER BY s.o) AS n
             FROM said s JOIN chat_thread t ON t.id = s.thread_id),
           moved AS (
             UPDATE chat_thread t SET last_n = x.n, last_at = $7
             FROM (SELECT thread_id, max(n) AS n FROM numbered GROUP BY thread_id) x WHERE t.id = x.thread_id),
           read AS (
             UPDATE chat_member m SET read_to = x.n
             FROM (SELECT thread_id, author_id, max(n) AS n FROM numbered GROUP BY thread_id, author_id) x
             WHERE m.thread_id = x.thread_id AND m.person_id = x.author_id)
           INSERT INTO chat_message (id, thread_id, n, author_id, kind, body, about_id, made_at)
           SELECT id, thread_id, n, author_id, kind, body, about_id, $7 FROM numbered ORDER BY o
           RETURNING {_MESSAGE}""",
        [tx.ids.new() for _ in sayings],
        [said.thread_id for said in sayings],
        [said.author_id for said in sayings],
        [said.kind for said in sayings],
        [said.body for said in sayings],
        [said.about_id for said in sayings],
        tx.now,
    )
    assert len(rows) == len(sayings), "every saying has a thread"
    return sorted((_message(row) for row in rows), key=lambda message: message.id)


async def set_read_to(tx: Tx, thread_id: int, person_id: int, n: int) -> None:
    """Move a reader's place forward, never back and never past the end."""
    await tx.execute(
        """UPDATE chat_member m SET read_to = LEAST($3, t.last_n) FROM chat_thread t
           WHERE m.thread_id = $1 AND m.person_id = $2 AND t.id = m.thread_id AND m.read_to < LEAST($3, t.last_n)""",
        thread_id,
        person_id,
        n,
    )


async def membership(db: Database | Tx, thread_id: int, person_id: int) -> Membership:
    """A thread as its member has it. Raises ThreadUnknown for everybody else."""
    row = await db.fetchrow(
        """SELECT t.id, t.kind, t.pair, t.group_id, t.last_n, m.from_n, m.read_to FROM chat_member m
           JOIN chat_thread t ON t.id = m.thread_id WHERE m.thread_id = $1 AND m.person_id = $2""",
        thread_id,
        person_id,
    )
    if row is None:
        raise ThreadUnknown
    other = None if row["pair"] is None else sum(map(int, row["pair"].split(":"))) - person_id
    return Membership(
        thread_id=row["id"],
        kind=row["kind"],
        person_id=person_id,
        other_id=other,
        group_id=row["group_id"],
        from_n=row["from_n"],
        read_to=row["read_to"],
        last_n=row["last_n"],
    )


async def messages(
    db: Database | Tx, member: Membership, *, before: int | None = None, after: int | None = None, limit: int = PAGE_MAX
) -> list[Message]:
    """A page of what this member may see, oldest first: the latest, those before, or those after a number."""
    ascending = after is not None
    rows = await db.fetch(
        f"""SELECT {_MESSAGE} FROM chat_message
            WHERE thread_id = $1 AND n > $2 AND n < $3 ORDER BY n {"ASC" if ascending else "DESC"} LIMIT $4""",
        member.thread_id,
        max(member.from_n, after or 0),
        2**62 if before is None else before,
        min(limit, PAGE_MAX),
    )
    page = [_message(row) for row in rows]
    return page if ascending else page[::-1]


async def members_of(db: Database | Tx, thread_ids: Sequence[int]) -> dict[int, list[int]]:
    """Who is in each of these threads."""
    rows = await db.fetch(
        """SELECT thread_id, person_id FROM chat_member
           WHERE thread_id = ANY($1::bigint[]) ORDER BY thread_id, person_id""",
        sorted(set(thread_ids)),
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["thread_id"], []).append(row["person_id"])
    return found


async def unread_in_all(db: Database | Tx, person_id: int) -> int:
    """How many messages wait for somebody, over all of their threads."""
    return int(
        await db.fetchval(
            """SELECT coalesce(sum(t.last_n - m.read_to), 0) FROM chat_member m JOIN chat_thread t ON t.id = m.thread_id
               WHERE m.person_id = $1""",
            person_id,
        )
    )


async def forget(tx: Tx, person_id: int) -> None:
    """Nothing that somebody said is left, and they are in no group's thread. That they said something is counted on."""
    await tx.execute("UPDATE chat_message SET body = '' WHERE author_id = $1 AND body <> ''", person_id)
    await tx.execute(
        """DELETE FROM chat_member m USING chat_thread t
            WHERE m.person_id = $1 AND t.id = m.thread_id AND t.kind = 'group'""",
        person_id,
    )

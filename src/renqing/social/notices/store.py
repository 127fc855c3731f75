"""The only SQL that writes notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from renqing.foundation.database import Database, Row, Tx
from renqing.social.notices.model import PAGE_MAX, UNREAD_SHOWN_MAX, NewNotice, Notice, NoticeUnknown

_NOTICE = ", ".join(Notice.__struct_fields__)


def _notice(row: Row) -> Notice:
    return Notice(*row.values())


async def insert(tx: Tx, notices: Sequence[NewNotice]) -> list[Notice]:
    """Write what was not told before; answers what is new, in order."""
    rows = await tx.fetch(
        f"""INSERT INTO notice_notice (id, person_id, kind, facts, link, fact_id, quiet_until, made_at)
            SELECT i, p, k, f::jsonb, l, c, q, $8
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                        $7::timestamptz[]) AS t(i, p, k, f, l, c, q)
            ON CONFLICT (person_id, fact_id, kind) DO NOTHING RETURNING {_NOTICE}""",
        [tx.ids.new() for _ in notices],
        [notice.person_id for notice in notices],
        [notice.kind for notice in notices],
        [msgspec.json.encode(notice.facts).decode() for notice in notices],
        [notice.link for notice in notices],
        [notice.fact_id for notice in notices],
        [notice.quiet_until for notice in notices],
        tx.now,
    )
    return sorted((_notice(row) for row in rows), key=lambda notice: notice.id)


async def page(db: Database | Tx, person_id: int, *, before: int | None = None, limit: int = PAGE_MAX) -> list[Notice]:
    """A person's notices, the newest first, from before an id on."""
    rows = await db.fetch(
        f"SELECT {_NOTICE} FROM notice_notice WHERE person_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        person_id,
        2**63 - 1 if before is None else before,
        min(limit, PAGE_MAX),
    )
    return [_notice(row) for row in rows]


async def unread(db: Database | Tx, person_id: int, now: datetime) -> int:
    """How many notices wait for a person, but for those of quiet hours; one more than ``UNREAD_SHOWN_MAX`` at most."""
    return int(
        await db.fetchval(
            """SELECT count(*) FROM (
                 SELECT 1 FROM notice_notice WHERE person_id = $1 AND read_at IS NULL
                    AND (quiet_until IS NULL OR quiet_until <= $3) LIMIT $2) AS waiting""",
            person_id,
            UNREAD_SHOWN_MAX + 1,
            now,
        )
    )


async def set_read(tx: Tx, person_id: int, notice_id: int) -> None:
    """A person has read one of their notices. Raises NoticeUnknown."""
    done = await tx.execute(
        "UPDATE notice_notice SET read_at = coalesce(read_at, $3) WHERE id = $1 AND person_id = $2",
        notice_id,
        person_id,
        tx.now,
    )
    if done != "UPDATE 1":
        raise NoticeUnknown


async def set_all_read(tx: Tx, person_id: int, up_to: int) -> None:
    """A person has read their notices up to an id."""
    await tx.execute(
        "UPDATE notice_notice SET read_at = $3 WHERE person_id = $1 AND read_at IS NULL AND id <= $2",
        person_id,
        up_to,
        tx.now,
    )


async def forget(tx: Tx, person_id: int) -> None:
    """Somebody's inbox is gone. What others were told of them names their id alone."""
    await tx.execute("DELETE FROM notice_notice WHERE person_id = $1", person_id)

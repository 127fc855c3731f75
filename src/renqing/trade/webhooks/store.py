"""Endpoints, and deliveries as they are written: SQL of this room. Lending and ending stand in ``sending_store``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from renqing.foundation.database import Database, Row, Tx
from renqing.foundation.secrets import Keys
from renqing.trade.webhooks.model import Endpoint, EndpointState, NewEndpoint

ORDER_LOCK = 7_201_984_131  # the advisory lock's number: only this file uses it
SECRET = "webhook_endpoint.secret_sealed"  # noqa: S105 - the place of a sealed field
FORMER = "webhook_endpoint.former_sealed"
_ENDPOINT = ", ".join(Endpoint.__struct_fields__)


def _endpoint(row: Row) -> Endpoint:
    values = dict(row)
    values["state"] = EndpointState(values["state"])
    return Endpoint(**values)


# endpoints -----------------------------------------------------------------------------------------------------------
async def insert_endpoint(tx: Tx, shop_id: int, new: NewEndpoint, secret: str) -> int:
    """Write an endpoint that is on."""
    endpoint_id = tx.ids.new()
    await tx.execute(
        """INSERT INTO webhook_endpoint (id, shop_id, url, description, kinds, kinds_since, state, secret_sealed,
             made_at)
           VALUES ($1, $2, $3, $4, $5, $6, 'on', $7, $6)""",
        endpoint_id,
        shop_id,
        new.url,
        new.description,
        list(new.kinds),
        tx.now,
        tx.keys.seal(secret, place=SECRET, row=endpoint_id),
    )
    return endpoint_id


async def lock_owner(tx: Tx, shop_id: int) -> None:
    """One at a time adds endpoints to an owner: their number has a limit."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('webhooks:' || $1::bigint, 11))", shop_id)


async def count_endpoints(tx: Tx, shop_id: int) -> int:
    """How many endpoints an owner has."""
    sql = "SELECT count(*) FROM webhook_endpoint WHERE shop_id = $1 AND state <> 'removed'"
    return int(await tx.fetchval(sql, shop_id))


async def lock_endpoint(tx: Tx, endpoint_id: int) -> Endpoint | None:
    """An endpoint that is not removed, locked. Whoever locks its deliveries and lines has locked it before."""
    row = await tx.fetchrow(
        f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE id = $1 AND state <> 'removed' FOR NO KEY UPDATE", endpoint_id
    )
    return None if row is None else _endpoint(row)


async def endpoints_of(db: Database | Tx, shop_ids: Collection[int]) -> list[Endpoint]:
    """The endpoints of these owners, oldest first."""
    rows = await db.fetch(
        f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE shop_id = ANY($1) AND state <> 'removed' ORDER BY id",
        list(shop_ids),
    )
    return [_endpoint(row) for row in rows]


async def update_endpoint(tx: Tx, was: Endpoint, new: NewEndpoint) -> None:
    """Write an endpoint anew; what it listens for from now on is what it must be told from now on."""
    await tx.execute(
        """UPDATE webhook_endpoint SET url = $2, description = $3, kinds = $4,
                  kinds_since = CASE WHEN $5 THEN $6::timestamptz ELSE kinds_since END
           WHERE id = $1""",
        was.id,
        new.url,
        new.description,
        list(new.kinds),
        sorted(was.kinds) != sorted(new.kinds),
        tx.now,
    )


async def set_state(tx: Tx, endpoint_id: int, state: EndpointState, why: str = "") -> None:
    """Switch an endpoint; one that is switched on begins without a failure."""
    await tx.execute(
        """UPDATE webhook_endpoint SET state = $2, why_disabled = $3,
                  failing_since = CASE WHEN $2 = 'on' THEN NULL ELSE failing_since END
           WHERE id = $1""",
        endpoint_id,
        state.value,
        why,
    )


async def set_removed(tx: Tx, endpoint_id: int) -> None:
    """An endpoint is gone with its secrets; what waited for it waits no more."""
    await tx.execute(
        """UPDATE webhook_endpoint SET state = 'removed', why_disabled = '', secret_sealed = NULL, former_sealed = NULL,
                  former_until = NULL WHERE id = $1""",
        endpoint_id,
    )
    await tx.execute(
        """UPDATE webhook_delivery SET state = 'given_up', last_why = 'removed', next_at = NULL
           WHERE endpoint_id = $1 AND state = 'waiting'""",
        endpoint_id,
    )


async def set_failing(tx: Tx, endpoint_id: int, since: datetime | None) -> None:
    """Since when an endpoint takes nothing; None: it took one."""
    await tx.execute("UPDATE webhook_endpoint SET failing_since = $2 WHERE id = $1", endpoint_id, since)


async def rotate_secret(tx: Tx, endpoint_id: int, secret: str, former_until: datetime) -> None:
    """A new secret; the one until now signs beside it for a while."""
    former = open_secret(tx.keys, await tx.fetchrow(_SECRETS, endpoint_id), endpoint_id)
    await tx.execute(
        """UPDATE webhook_endpoint SET secret_sealed = $2, former_sealed = $3, former_until = $4 WHERE id = $1""",
        endpoint_id,
        tx.keys.seal(secret, place=SECRET, row=endpoint_id),
        tx.keys.seal(former, place=FORMER, row=endpoint_id),
        former_until,
    )


_SECRETS = "SELECT secret_sealed FROM webhook_endpoint WHERE id = $1"


def open_secret(keys: Keys, row: Row | None, endpoint_id: int) -> str:
    """The secret in force."""
    assert row is not None, f"endpoint {endpoint_id} does not vanish"
    return keys.open(row["secret_sealed"], place=SECRET, row=endpoint_id)


# deliveries ----------------------------------------------------------------------------------------------------------
async def take_turn(tx: Tx) -> bool:
    """Wait until nobody else writes deliveries, so that they are numbered as facts were left. False: nobody listens."""
    taken = await tx.fetchval(
        """SELECT count(pg_advisory_xact_lock($1))
           FROM (SELECT 1 FROM webhook_endpoint WHERE state <> 'removed' LIMIT 1) AS somebody""",
        ORDER_LOCK,
    )
    return bool(taken)


async def lengthen_lines(tx: Tx, added: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int], tuple[int, bool]]:
    """Lock the lines (endpoint, subject) and give each so many numbers more.

    Answers for each the last number before them, and whether something still waits in it.
    """
    rows = await tx.fetch(
        """WITH longer AS (
             INSERT INTO webhook_line AS l (endpoint_id, subject_id, last_n)
             SELECT e, s, k FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS t(e, s, k) ORDER BY e, s
             ON CONFLICT (endpoint_id, subject_id) DO UPDATE SET last_n = l.last_n + EXCLUDED.last_n
             RETURNING endpoint_id, subject_id, last_n)
           SELECT * FROM longer""",
        [endpoint_id for endpoint_id, _, _ in added],
        [subject_id for _, subject_id, _ in added],
        [count for _, _, count in added],
    )
    last = {(row["endpoint_id"], row["subject_id"]): row["last_n"] for row in rows}
    waiting = await tx.fetch(
        """SELECT DISTINCT endpoint_id, subject_id FROM webhook_delivery
           JOIN unnest($1::bigint[], $2::bigint[]) AS t(e, s) ON endpoint_id = t.e AND subject_id = t.s
           WHERE state = 'waiting'""",
        [endpoint_id for endpoint_id, _ in last],
        [subject_id for _, subject_id in last],
    )
    busy = {(row["endpoint_id"], row["subject_id"]) for row in waiting}
    return {(one, about): (last[one, about] - count, (one, about) in busy) for one, about, count in added}


async def insert_deliveries(tx: Tx, rows: Sequence[tuple[int, int, str, int, int, str, str, bool]]) -> None:
    """Write deliveries: (endpoint, fact, kind, subject, n, event id, body, whether it is the first that waits)."""
    await tx.executemany(
        """INSERT INTO webhook_delivery (id, endpoint_id, fact_id, kind, subject_id, n, event_id, body, state,
             next_at, made_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', CASE WHEN $9 THEN $10::timestamptz END, $10)""",
        [(tx.ids.new(), *row, tx.now) for row in rows],
    )

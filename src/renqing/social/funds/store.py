"""The funds room's only SQL. A fund is locked behind its order and before any payment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Tx
from renqing.social.funds.model import Contribution, Fund, Part

_FUND = ", ".join(Fund.__struct_fields__)
_CONTRIBUTION = ", ".join(Contribution.__struct_fields__)


async def insert_fund(tx: Tx, fund: Fund, guest_ids: Sequence[int]) -> None:
    """Write a fund, and whom it asks."""
    places = ", ".join(f"${n}" for n in range(1, len(Fund.__struct_fields__) + 1))
    values = (getattr(fund, field) for field in Fund.__struct_fields__)
    await tx.execute(f"INSERT INTO fund_fund ({_FUND}) VALUES ({places})", *values)
    if guest_ids:
        await tx.execute(
            "INSERT INTO fund_guest (fund_id, person_id) SELECT $1, p FROM unnest($2::bigint[]) AS t(p)",
            fund.id,
            guest_ids,
        )


async def by_id(db: Database | Tx, fund_id: int) -> Fund | None:
    """One fund, not locked."""
    row = await db.fetchrow(f"SELECT {_FUND} FROM fund_fund WHERE id = $1", fund_id)
    return Fund(*row.values()) if row else None


async def of_gift(db: Database | Tx, gift_id: int) -> Fund | None:
    """The fund that a gift is paid from."""
    row = await db.fetchrow(f"SELECT {_FUND} FROM fund_fund WHERE gift_id = $1", gift_id)
    return Fund(*row.values()) if row else None


async def lock(tx: Tx, fund_ids: Iterable[int]) -> dict[int, Fund]:
    """Those of these that are funds, locked in id order."""
    wanted = sorted(set(fund_ids))
    rows = (
        await tx.fetch(f"SELECT {_FUND} FROM fund_fund WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", wanted)
        if wanted
        else []
    )
    return {row["id"]: Fund(*row.values()) for row in rows}


async def guests_of(db: Database | Tx, fund_id: int) -> list[int]:
    """Whom a fund asks by name."""
    rows = await db.fetch("SELECT person_id FROM fund_guest WHERE fund_id = $1 ORDER BY person_id", fund_id)
    return [row["person_id"] for row in rows]


async def is_guest(db: Database | Tx, fund_id: int, person_id: int) -> bool:
    """Whether a fund asks this person by name."""
    row = await db.fetchrow("SELECT 1 FROM fund_guest WHERE person_id = $2 AND fund_id = $1", fund_id, person_id)
    return row is not None


async def contributions_by_id(db: Database | Tx, ids: Iterable[int]) -> dict[int, Contribution]:
    """Those of these that are contributions; under the lock of their funds they do not change."""
    wanted = sorted(set(ids))
    rows = await db.fetch(f"SELECT {_CONTRIBUTION} FROM fund_contribution WHERE id = ANY($1)", wanted) if wanted else []
    return {row["id"]: Contribution(*row.values()) for row in rows}


async def contributions_of(db: Database | Tx, fund_ids: Sequence[int]) -> list[Contribution]:
    """All contributions of these funds, in order."""
    rows = await db.fetch(
        f"SELECT {_CONTRIBUTION} FROM fund_contribution WHERE fund_id = ANY($1) ORDER BY id", fund_ids
    )
    return [Contribution(*row.values()) for row in rows]


async def paid_contributions(db: Database | Tx, fund_id: int) -> list[Contribution]:
    """What is paid of a fund."""
    return [one for one in await contributions_of(db, [fund_id]) if one.state == "paid"]


async def insert_contribution(tx: Tx, one: Contribution) -> None:
    """Somebody is about to pay."""
    await tx.execute(
        """INSERT INTO fund_contribution (id, fund_id, person_id, amount, state, made_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        one.id,
        one.fund_id,
        one.person_id,
        one.amount,
        one.state,
        one.made_at,
    )


async def write(tx: Tx, fund: Fund) -> None:
    """A locked fund as it stands now."""
    await tx.execute(
        "UPDATE fund_fund SET paid = $2, pending = $3, state = $4, ended_at = $5 WHERE id = $1",
        fund.id,
        fund.paid,
        fund.pending,
        fund.state,
        fund.ended_at,
    )


async def set_state(tx: Tx, ids: Sequence[int], state: str) -> None:
    """What became of contributions of locked funds."""
    await tx.execute(
        """UPDATE fund_contribution SET state = $2, paid_at = CASE WHEN $2 = 'paid' THEN $3 ELSE paid_at END
           WHERE id = ANY($1)""",
        ids,
        state,
        tx.now,
    )


async def insert_parts(tx: Tx, parts: Sequence[Part]) -> None:
    """What of a refund goes back to whom."""
    await tx.executemany(
        "INSERT INTO fund_return (id, refund_id, contribution_id, amount) VALUES ($1, $2, $3, $4)",
        [(part.id, part.refund_id, part.contribution_id, part.amount) for part in parts],
    )


async def count_open(tx: Tx, person_id: int) -> int:
    """How many open funds somebody started, or has put something into."""
    return int(
        await tx.fetchval(
            """SELECT count(DISTINCT f.id) FROM fund_fund f
                 LEFT JOIN fund_contribution c ON c.fund_id = f.id AND c.state IN ('open', 'paid')
                WHERE f.state = 'open' AND (f.starter_id = $1 OR c.person_id = $1)""",
            person_id,
        )
    )


async def forget(tx: Tx, person_id: int) -> None:
    """Who was asked to take part is forgotten; what was paid stays in the books, by an id."""
    await tx.execute("DELETE FROM fund_guest WHERE person_id = $1", person_id)
    await tx.execute(
        "DELETE FROM fund_link l USING fund_fund f WHERE f.id = l.fund_id AND f.starter_id = $1", person_id
    )

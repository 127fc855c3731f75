"""The after-sales room's only SQL."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.trade.aftersales.model import OPEN, UNDECIDED, AftersaleUnknown, Case, Kind, State

_COLUMNS = ", ".join(Case.__struct_fields__)


def _case(row: Row) -> Case:
    values = dict(row)
    values["kind"], values["state"] = Kind(values["kind"]), State(values["state"])
    return Case(**values)


async def insert(tx: Tx, case: Case) -> bool:
    """Write a new case. False where the line has an open one, this instant's winner of a race included."""
    written = await tx.fetchval(
        """INSERT INTO aftersale_case (id, order_id, line_n, shop_id, owner_id, kind, state, quantity, amount, reason,
             opened_at, changed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
           ON CONFLICT (order_id, line_n) WHERE state IN ('MERCHANT_PROCESSING', 'USER_WAIT_RETURN',
             'MERCHANT_WAIT_RECEIPT', 'PLATFORM_REFUNDING') DO NOTHING RETURNING id""",
        case.id,
        case.order_id,
        case.line_n,
        case.shop_id,
        case.owner_id,
        case.kind,
        case.state,
        case.quantity,
        case.amount,
        case.reason,
        case.opened_at,
    )
    return written is not None


async def get(db: Database | Tx, case_id: int, *, lock: bool = False) -> Case:
    """One case. Raises AftersaleUnknown. Lock its order before it."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM aftersale_case WHERE id = $1 {'FOR NO KEY UPDATE' if lock else ''}", case_id
    )
    if row is None:
        raise AftersaleUnknown
    return _case(row)


async def of_order(db: Database | Tx, order_id: int) -> list[Case]:
    """Every case of an order, oldest first."""
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM aftersale_case WHERE order_id = $1 ORDER BY id", order_id)
    return [_case(row) for row in rows]


async def undecided_of(db: Database | Tx, order_ids: Sequence[int]) -> list[Case]:
    """The cases of these orders that may still take money or goods, in id order."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM aftersale_case WHERE order_id = ANY($1) AND state = ANY($2) ORDER BY id",
        list(order_ids),
        [state.value for state in UNDECIDED],
    )
    return [_case(row) for row in rows]


async def open_of_line(db: Database | Tx, order_id: int, line_n: int) -> Case | None:
    """The open case of a line."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM aftersale_case WHERE order_id = $1 AND line_n = $2 AND state = ANY($3)",
        order_id,
        line_n,
        [state.value for state in OPEN],
    )
    return _case(row) if row else None


async def count_of_line(tx: Tx, order_id: int, line_n: int) -> int:
    """How many cases a line had."""
    return int(
        await tx.fetchval("SELECT count(*) FROM aftersale_case WHERE order_id = $1 AND line_n = $2", order_id, line_n)
    )


async def write(tx: Tx, case: Case) -> None:
    """Write how a locked case stands now."""
    await tx.execute(
        """UPDATE aftersale_case SET state = $2, amount = $3, answer = $4, return_carrier = $5,
                  return_tracking_number = $6, changed_at = $7
           WHERE id = $1""",
        case.id,
        case.state,
        case.amount,
        case.answer,
        case.return_carrier,
        case.return_tracking_number,
        case.changed_at,
    )


async def forget(tx: Tx, person_id: int) -> None:
    """Why somebody complained, and the number of the parcel that they sent back, are gone."""
    await tx.execute(
        "UPDATE aftersale_case SET reason = '-', return_tracking_number = '' WHERE owner_id = $1", person_id
    )


async def count_open(tx: Tx, person_id: int) -> int:
    """How many cases of somebody are not over yet."""
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM aftersale_case WHERE owner_id = $1 AND state = ANY($2)",
            person_id,
            [state.value for state in OPEN],
        )
    )

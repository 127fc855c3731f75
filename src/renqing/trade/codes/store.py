"""The codes room's only SQL."""

from __future__ import annotations

from renqing.foundation.database import Database, Row, Tx
from renqing.trade.codes.model import CodeUnknown, GiftCode, NewCode
from renqing.trade.codes.rules import letters_of, may_be_code

_CODE = ", ".join(GiftCode.__struct_fields__)


def _code(row: Row) -> GiftCode:
    return GiftCode(*row.values())


async def by_code(db: Database | Tx, code: str) -> GiftCode:
    """The code with these letters, ended or not. Raises CodeUnknown."""
    row = await db.fetchrow(f"SELECT {_CODE} FROM code_code WHERE code = $1", code) if may_be_code(code) else None
    if row is None:
        raise CodeUnknown
    return _code(row)


async def lock_shop(tx: Tx, shop_id: int) -> int:
    """Wait for whoever makes a code of this shop at the moment; how many living ones it has then."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('codes:' || $1::bigint, 13))", shop_id)
    return int(await tx.fetchval("SELECT count(*) FROM code_code WHERE shop_id = $1 AND ended_at IS NULL", shop_id))


async def insert_code(tx: Tx, maker_id: int, new: NewCode) -> GiftCode:
    """Write a new code."""
    code_id = tx.ids.new()
    row = await tx.fetchrow(
        f"""INSERT INTO code_code (id, code, shop_id, product_id, guide_id, place, made_by, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_CODE}""",
        code_id,
        letters_of(code_id),
        new.shop_id,
        new.product_id,
        new.guide_id,
        new.place,
        maker_id,
        tx.now,
    )
    assert row is not None, "an insert answers its row"
    return _code(row)


async def set_ended(tx: Tx, shop_id: int, code_id: int) -> bool:
    """A code of this shop has ended. False where it is not one of its codes."""
    sql = "UPDATE code_code SET ended_at = coalesce(ended_at, $3) WHERE id = $1 AND shop_id = $2"
    done = await tx.execute(sql, code_id, shop_id, tx.now)
    return done == "UPDATE 1"


async def insert_credit(tx: Tx, code: GiftCode, gift_id: int) -> None:
    """A gift is credited to a code, and to who stands by it now."""
    await tx.execute(
        "INSERT INTO code_gift (gift_id, code_id, guide_id, made_at) VALUES ($1, $2, $3, $4)",
        gift_id,
        code.id,
        code.guide_id,
        tx.now,
    )

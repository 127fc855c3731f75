"""The vouchers room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renqing.foundation.database import Database, Row, Tx
from renqing.foundation.ids import random_bytes
from renqing.foundation.secrets import Keys
from renqing.trade.vouchers.model import (
    Issue,
    Location,
    LocationUnknown,
    NewTerms,
    Terms,
    Voucher,
    VoucherState,
    VoucherUnknown,
)
from renqing.trade.vouchers.rules import CODE_BYTES, code_in, code_of, expires_at

SEALED_AT = "voucher_voucher.code_sealed"
HASHED_AS = "voucher code"
_LOCATION = ", ".join(Location.__struct_fields__)
_NEW_TERMS = NewTerms.__struct_fields__
_TERMS = ", ".join((*_NEW_TERMS, "id"))
_VOUCHER = ", ".join(Voucher.__struct_fields__)


def _terms(row: Row) -> Terms:
    values = dict(row)
    values["location_ids"] = tuple(values["location_ids"])
    return Terms(**{name: values[name] for name in (*_NEW_TERMS, "id")})


def _voucher(row: Row) -> Voucher:
    values = dict(row)
    values["state"] = VoucherState(values["state"])
    return Voucher(**values)


# places and terms -----------------------------------------------------------------------------------------------------
async def lock_shop(tx: Tx, shop_id: int) -> int:
    """Wait for whoever opens a place of this shop at the moment; how many open ones it has then."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('places:' || $1::bigint, 13))", shop_id)
    return int(
        await tx.fetchval("SELECT count(*) FROM voucher_location WHERE shop_id = $1 AND closed_at IS NULL", shop_id)
    )


async def insert_location(tx: Tx, shop_id: int, name: str, place: str, maker_id: int) -> Location:
    """Write a place."""
    row = await tx.fetchrow(
        f"""INSERT INTO voucher_location (id, shop_id, name, place, made_by, made_at)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_LOCATION}""",
        tx.ids.new(),
        shop_id,
        name,
        place,
        maker_id,
        tx.now,
    )
    assert row is not None, "an insert answers its row"
    return Location(*row.values())


async def close_location(tx: Tx, shop_id: int, location_id: int) -> bool:
    """A place of this shop is closed. False where it is not one of its places."""
    sql = "UPDATE voucher_location SET closed_at = coalesce(closed_at, $3) WHERE id = $1 AND shop_id = $2"
    return await tx.execute(sql, location_id, shop_id, tx.now) == "UPDATE 1"


async def locations(db: Database | Tx, shop_id: int) -> list[Location]:
    """Every place of a shop, closed ones too, in the order they were opened."""
    rows = await db.fetch(f"SELECT {_LOCATION} FROM voucher_location WHERE shop_id = $1 ORDER BY id", shop_id)
    return [Location(*row.values()) for row in rows]


async def open_location(tx: Tx, shop_id: int, location_id: int) -> Location:
    """An open place of this shop. Raises LocationUnknown."""
    row = await tx.fetchrow(
        f"SELECT {_LOCATION} FROM voucher_location WHERE id = $1 AND shop_id = $2 AND closed_at IS NULL",
        location_id,
        shop_id,
    )
    if row is None:
        raise LocationUnknown
    return Location(*row.values())


async def insert_terms(tx: Tx, new: NewTerms, maker_id: int) -> Terms:
    """Write terms; what was sold before keeps its own."""
    row = await tx.fetchrow(
        f"""INSERT INTO voucher_terms ({", ".join(_NEW_TERMS)}, id, made_by, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING {_TERMS}""",
        *(list(value) if isinstance(value, tuple) else value for value in (getattr(new, name) for name in _NEW_TERMS)),
        tx.ids.new(),
        maker_id,
        tx.now,
    )
    assert row is not None, "an insert answers its row"
    return _terms(row)


async def terms_of_products(db: Database | Tx, product_ids: Iterable[int]) -> dict[int, Terms]:
    """What products promise that are vouchers, by product: the latest terms of each. Others are absent."""
    wanted = sorted(set(product_ids))
    sql = f"""SELECT DISTINCT ON (product_id) {_TERMS} FROM voucher_terms WHERE product_id = ANY($1)
              ORDER BY product_id, id DESC"""
    return {row["product_id"]: _terms(row) for row in (await db.fetch(sql, wanted) if wanted else [])}


async def terms_by_ids(db: Database | Tx, terms_ids: Iterable[int]) -> dict[int, Terms]:
    """Terms by id."""
    rows = await db.fetch(f"SELECT {_TERMS} FROM voucher_terms WHERE id = ANY($1)", sorted(set(terms_ids)))
    return {row["id"]: _terms(row) for row in rows}


async def insert_sold(tx: Tx, sold: Sequence[tuple[int, int, int]]) -> None:
    """Orders (order, product, terms) were placed under these terms."""
    await tx.executemany("INSERT INTO voucher_sold (order_id, product_id, terms_id) VALUES ($1, $2, $3)", sold)


async def insert_returns(tx: Tx, returned: Sequence[tuple[int, int]]) -> None:
    """What nobody claimed of gifts (order, gift) is their giver's."""
    await tx.executemany("INSERT INTO voucher_return (order_id, gift_id) VALUES ($1, $2)", returned)


async def returns_unclaimed(db: Database | Tx, order_id: int) -> bool:
    """Whether all that an order holds returns to its giver when nobody claims it in time."""
    sold = await terms_sold(db, [order_id])
    return bool(sold) and all(terms.unclaimed == "returned_for_use" for terms in sold.values())


async def has_returned(db: Database | Tx, gift_id: int) -> bool:
    """Whether what nobody claimed of a gift returned to its giver."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT 1 FROM voucher_return WHERE gift_id = $1)", gift_id))


async def terms_sold(db: Database | Tx, order_ids: Iterable[int]) -> dict[tuple[int, int], Terms]:
    """The terms that orders were placed under, by order and product."""
    rows = await db.fetch(
        "SELECT order_id, product_id, terms_id FROM voucher_sold WHERE order_id = ANY($1)", sorted(set(order_ids))
    )
    known = await terms_by_ids(db, [row["terms_id"] for row in rows]) if rows else {}
    return {(row["order_id"], row["product_id"]): known[row["terms_id"]] for row in rows}


# vouchers -------------------------------------------------------------------------------------------------------------
async def insert_vouchers(tx: Tx, issues: Sequence[Issue]) -> list[Voucher]:
    """Write a voucher a piece, each with its code."""
    made = [_new(tx, issue, piece) for issue in issues for piece in range(1, issue.quantity + 1)]
    codes = [code_of(random_bytes(CODE_BYTES)) for _ in made]
    await tx.execute(
        """INSERT INTO voucher_voucher (id, order_id, line_n, piece, terms_id, sku_id, shop_id, holder_id, payer_id,
             amount, currency, uses, state, issued_at, expires_at, code_hash, code_sealed)
           SELECT i, o, n, p, t, s, h, w, y, a, c, u, 'valid', $16, e, k, x
             FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[],
                         $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::int[], $13::timestamptz[],
                         $14::bytea[], $15::bytea[])
                  AS v(i, o, n, p, t, s, h, w, y, a, c, u, e, k, x)""",
        [one.id for one in made],
        [one.order_id for one in made],
        [one.line_n for one in made],
        [one.piece for one in made],
        [one.terms_id for one in made],
        [one.sku_id for one in made],
        [one.shop_id for one in made],
        [one.holder_id for one in made],
        [one.payer_id for one in made],
        [one.amount for one in made],
        [one.currency for one in made],
        [one.uses for one in made],
        [one.expires_at for one in made],
        [hash_of(tx.keys, code) for code in codes],
        [tx.keys.seal(code, place=SEALED_AT, row=one.id) for one, code in zip(made, codes, strict=True)],
        tx.now,
    )
    return made


def _new(tx: Tx, issue: Issue, piece: int) -> Voucher:
    """The voucher that a piece of a line becomes now."""
    return Voucher(
        id=tx.ids.new(),
        order_id=issue.order_id,
        line_n=issue.line_n,
        piece=piece,
        terms_id=issue.terms.id,
        sku_id=issue.sku_id,
        shop_id=issue.terms.shop_id,
        holder_id=issue.holder_id,
        payer_id=issue.payer_id,
        amount=issue.unit_price,
        currency=issue.currency,
        uses=issue.terms.uses,
        used=0,
        state=VoucherState.VALID,
        why="",
        refunded_amount=0,
        issued_at=tx.now,
        expires_at=expires_at(issue.terms, tx.now),
        ended_at=None,
    )


def hash_of(keys: Keys, code: str) -> bytes:
    """What stands for a code in the table."""
    return keys.keyed_hash(HASHED_AS, code)


async def code(db: Database | Tx, keys: Keys, voucher_id: int) -> str | None:
    """A voucher's code, opened: for its holder alone. None where they were erased."""
    sealed = await db.fetchval("SELECT code_sealed FROM voucher_voucher WHERE id = $1", voucher_id)
    return None if sealed is None else keys.open(sealed, place=SEALED_AT, row=voucher_id)


async def by_code(db: Database | Tx, keys: Keys, typed: str) -> Voucher:
    """The voucher of a code that somebody shows; not locked. Raises VoucherUnknown."""
    bare = code_in(typed)
    row = None
    if bare is not None:
        row = await db.fetchrow(f"SELECT {_VOUCHER} FROM voucher_voucher WHERE code_hash = $1", hash_of(keys, bare))
    if row is None:
        raise VoucherUnknown
    return _voucher(row)


async def get(db: Database | Tx, voucher_id: int) -> Voucher:
    """A voucher, not locked: who locks its order first has it to themselves. Raises VoucherUnknown."""
    row = await db.fetchrow(f"SELECT {_VOUCHER} FROM voucher_voucher WHERE id = $1", voucher_id)
    if row is None:
        raise VoucherUnknown
    return _voucher(row)


async def by_ids(db: Database | Tx, voucher_ids: Sequence[int]) -> list[Voucher]:
    """Vouchers by id, in order of their ids."""
    rows = await db.fetch(f"SELECT {_VOUCHER} FROM voucher_voucher WHERE id = ANY($1) ORDER BY id", voucher_ids)
    return [_voucher(row) for row in rows]


async def of_orders(db: Database | Tx, order_ids: Sequence[int]) -> dict[int, list[Voucher]]:
    """The vouchers of orders, in their order."""
    found: dict[int, list[Voucher]] = {}
    for row in await db.fetch(
        f"SELECT {_VOUCHER} FROM voucher_voucher WHERE order_id = ANY($1) ORDER BY line_n, piece", order_ids
    ):
        found.setdefault(row["order_id"], []).append(_voucher(row))
    return found


async def count_valid(tx: Tx, order_id: int) -> int:
    """How many vouchers of an order are still good."""
    sql = "SELECT count(*) FROM voucher_voucher WHERE order_id = $1 AND state = 'valid'"
    return int(await tx.fetchval(sql, order_id))


async def insert_use(tx: Tx, voucher: Voucher, location_id: int, clerk_id: int) -> None:
    """A use was redeemed: the voucher counts it."""
    await tx.execute(
        """INSERT INTO voucher_use (voucher_id, n, shop_id, location_id, clerk_id, used_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        voucher.id,
        voucher.used,
        voucher.shop_id,
        location_id,
        clerk_id,
        tx.now,
    )


async def save(tx: Tx, voucher: Voucher) -> None:
    """Write how a voucher stands."""
    await tx.execute(
        """UPDATE voucher_voucher SET used = $2, state = $3, why = $4, refunded_amount = $5, expires_at = $6,
                  ended_at = $7 WHERE id = $1""",
        voucher.id,
        voucher.used,
        voucher.state.value,
        voucher.why,
        voucher.refunded_amount,
        voucher.expires_at,
        voucher.ended_at,
    )


async def forget(tx: Tx, person_id: int) -> None:
    """Nobody can show the codes of somebody who is erased any more."""
    await tx.execute(
        "UPDATE voucher_voucher SET code_sealed = NULL WHERE holder_id = $1 AND code_sealed IS NOT NULL", person_id
    )

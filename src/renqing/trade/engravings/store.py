"""The only SQL of engravings."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.foundation.database import Database, Tx
from renqing.trade.engravings.model import Engraving, Ordered, Terms


async def put_terms(tx: Tx, shop_id: int, product_id: int, terms: Terms) -> None:
    """Write down what a product takes; a product that takes none has no row."""
    if not terms:
        await tx.execute("DELETE FROM engraving_terms WHERE product_id = $1", product_id)
        return
    await tx.execute(
        """INSERT INTO engraving_terms (product_id, shop_id, characters_max, script, takes_pictures)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (product_id) DO UPDATE SET characters_max = excluded.characters_max,
             script = excluded.script, takes_pictures = excluded.takes_pictures""",
        product_id,
        shop_id,
        terms.characters_max,
        terms.script,
        terms.takes_pictures,
    )


async def terms_of(db: Database | Tx, product_ids: Sequence[int]) -> dict[int, Terms]:
    """What products take, by their ids; one that takes none is not among them."""
    rows = await db.fetch(
        """SELECT product_id, characters_max, script, takes_pictures FROM engraving_terms
            WHERE product_id = ANY($1::bigint[])""",
        product_ids,
    )
    return {row["product_id"]: Terms(row["characters_max"], row["script"], row["takes_pictures"]) for row in rows}


async def insert(tx: Tx, ordered: Ordered) -> None:
    """Write down what was chosen, with what it was chosen under."""
    await tx.execute(
        """INSERT INTO engraving_order
             (order_id, buyer_id, kind, words, picture_id, characters_max, script, takes_pictures)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        ordered.order_id,
        ordered.buyer_id,
        ordered.engraving.kind,
        ordered.engraving.words,
        ordered.engraving.picture_id,
        ordered.terms.characters_max,
        ordered.terms.script,
        ordered.terms.takes_pictures,
    )


async def of_order(db: Database | Tx, order_id: int) -> Ordered | None:
    """What is engraved on what an order pays for; None where nothing is."""
    row = await db.fetchrow("SELECT * FROM engraving_order WHERE order_id = $1", order_id)
    if row is None:
        return None
    terms = Terms(row["characters_max"], row["script"], row["takes_pictures"])
    engraving = Engraving(row["kind"], row["words"], row["picture_id"])
    return Ordered(row["order_id"], row["buyer_id"], engraving, terms)


async def put_own(tx: Tx, order_id: int, person_id: int, words: str) -> None:
    """Write down the words that somebody said for their own share."""
    await tx.execute(
        """INSERT INTO engraving_own (order_id, person_id, words, said_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (order_id, person_id) DO UPDATE SET words = excluded.words, said_at = excluded.said_at""",
        order_id,
        person_id,
        words,
        tx.now,
    )


async def own_words(db: Database | Tx, order_id: int, person_id: int) -> str | None:
    """What somebody said for their own share; None where they said nothing."""
    sql = "SELECT words FROM engraving_own WHERE order_id = $1 AND person_id = $2"
    words: str | None = await db.fetchval(sql, order_id, person_id)
    return words


async def put_cart_words(tx: Tx, places: Sequence[tuple[int, int, str]]) -> None:
    """Write down what a piece of these (person, SKU) lines is to say, the last said of each; no words: nothing."""
    if not places:
        return
    people, skus, words = zip(*places, strict=True)
    await tx.execute(
        """DELETE FROM engraving_cart c USING unnest($1::bigint[], $2::bigint[]) AS t(p, s)
            WHERE c.person_id = t.p AND c.sku_id = t.s""",
        list(people),
        list(skus),
    )
    await tx.execute(
        """INSERT INTO engraving_cart (person_id, sku_id, words)
           SELECT * FROM (
             SELECT DISTINCT ON (p, s) p, s, w FROM unnest($1::bigint[], $2::bigint[], $3::text[])
               WITH ORDINALITY AS t(p, s, w, n) ORDER BY p, s, n DESC) last
            WHERE w <> ''""",
        list(people),
        list(skus),
        list(words),
    )


async def cart_words(db: Database | Tx, person_ids: Sequence[int]) -> dict[tuple[int, int], str]:
    """The words in these people's carts, by (person, SKU)."""
    if not person_ids:
        return {}
    rows = await db.fetch(
        "SELECT person_id, sku_id, words FROM engraving_cart WHERE person_id = ANY($1::bigint[])", person_ids
    )
    return {(row["person_id"], row["sku_id"]): row["words"] for row in rows}


async def insert_lines(tx: Tx, lines: Sequence[tuple[int, int, int, str]]) -> None:
    """Write down the words of (order, line, buyer, words)."""
    if not lines:
        return
    ids, ns, buyers, words = zip(*lines, strict=True)
    await tx.execute(
        """INSERT INTO engraving_line (order_id, line_n, buyer_id, words)
           SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[])""",
        list(ids),
        list(ns),
        list(buyers),
        list(words),
    )


async def words_of_lines(db: Database | Tx, order_id: int) -> dict[int, str]:
    """What each piece of an order's lines is to say, by the lines' numbers; a line without words is not among them."""
    rows = await db.fetch("SELECT line_n, words FROM engraving_line WHERE order_id = $1 AND words <> ''", order_id)
    return {row["line_n"]: row["words"] for row in rows}


async def clear_of(tx: Tx, person_id: int) -> None:
    """What somebody chose is gone."""
    await tx.execute("DELETE FROM engraving_cart WHERE person_id = $1", person_id)
    await tx.execute("UPDATE engraving_line SET words = '' WHERE buyer_id = $1", person_id)
    await tx.execute("UPDATE engraving_order SET words = '', picture_id = NULL WHERE buyer_id = $1", person_id)
    await tx.execute("UPDATE engraving_own SET words = '' WHERE person_id = $1", person_id)

"""The gifts room's only SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from renqing.foundation.database import Database, Row, Tx
from renqing.foundation.gift_policy import GiftPolicy
from renqing.foundation.secrets import Keys
from renqing.social.gifts.model import COVERS, Gift, GiftState, NewGift, SetThing, Share, Tier

_GIFT = ", ".join(Gift.__struct_fields__)
_GIVEN = "ANY((SELECT $1::bigint[])::bigint[])"  # not counted, so that the plan for one is the plan for many
_FIELDS = len(Gift.__struct_fields__)
_STATE, _POLICY, _EQUAL_SKUS = map(Gift.__struct_fields__.index, ("state", "policy", "equal_skus"))
_SHARE = ", ".join(Share.__struct_fields__)
_TIER = ", ".join(Tier.__struct_fields__)
_THING = ", ".join(SetThing.__struct_fields__)
_TOKEN_SEALED = "gift_gift.token_sealed"  # noqa: S105 - the place of a sealed field, not a token
_PURPOSE = "gift link"


def _gift(row: Row) -> Gift:
    """The gift of a row that begins with its columns."""
    values = list(row.values())[:_FIELDS]
    values[_STATE] = GiftState(values[_STATE])
    if values[_POLICY] is not None:
        values[_POLICY] = msgspec.convert(values[_POLICY], GiftPolicy)
    if values[_EQUAL_SKUS] is not None:
        values[_EQUAL_SKUS] = tuple(values[_EQUAL_SKUS])
    return Gift(*values)


async def insert_gift(tx: Tx, gift: NewGift) -> None:
    """Write a gift that waits for its payment."""
    await tx.execute(
        """INSERT INTO gift_gift (id, order_id, giver_id, recipient_id, shop_id, product_id, sku_id, unit_price,
             currency, cover, greeting, state, open_for_seconds, made_at, group_id, shares, tiers, policy, mode,
             scheduled, equal_skus, pieces, reply_to)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, $16, $17, $18, $19, $20,
             $21, $22)""",
        gift.id,
        gift.order_id,
        gift.giver_id,
        gift.recipient_id,
        gift.shop_id,
        gift.product_id,
        gift.sku_id,
        gift.unit_price,
        gift.currency,
        gift.cover,
        gift.greeting,
        gift.open_for_seconds,
        tx.now,
        gift.group_id,
        gift.shares,
        max(1, len(gift.tiers)),
        None if gift.policy is None else msgspec.to_builtins(gift.policy),
        gift.mode,
        gift.scheduled,
        None if gift.equal_skus is None else list(gift.equal_skus),
        gift.pieces,
        gift.reply_to,
    )
    if gift.tiers:
        places = ", ".join(f"${n}" for n in range(1, len(Tier.__struct_fields__) + 1))
        await tx.executemany(
            f"INSERT INTO gift_tier ({_TIER}) VALUES ({places})", [msgspec.structs.astuple(tier) for tier in gift.tiers]
        )
    if gift.set_things:
        await tx.executemany(
            f"INSERT INTO gift_set_thing (gift_id, {_THING}) VALUES ($1, $2, $3, $4, $5, $6)",
            [(gift.id, *msgspec.structs.astuple(thing)) for thing in gift.set_things],
        )


async def set_things(db: Database | Tx, gift_id: int) -> list[SetThing]:
    """What is in a set as it was given, in order; none of a gift of one thing, and of a set of former days."""
    rows = await db.fetch(f"SELECT {_THING} FROM gift_set_thing WHERE gift_id = $1 ORDER BY n", gift_id)
    return [msgspec.convert(dict(row), SetThing) for row in rows]


async def tiers_of(db: Database | Tx, gifts: Iterable[Gift]) -> dict[int, list[Tier]]:
    """The tiers of those of these gifts that have more than one, in order; a gift of equal shares is absent."""
    tiered = sorted({gift.id for gift in gifts if gift.tiers > 1})
    rows = (
        await db.fetch(f"SELECT {_TIER} FROM gift_tier WHERE gift_id = ANY($1) ORDER BY gift_id, n", tiered)
        if tiered
        else []
    )
    found: dict[int, list[Tier]] = {gift_id: [] for gift_id in tiered}
    for row in rows:
        found[row["gift_id"]].append(Tier(*row.values()))
    return found


async def unclaimed_pieces(tx: Tx, gifts: Sequence[Gift]) -> list[tuple[int, int, int]]:
    """What nobody has claimed of locked gifts, as pieces (order, style, how many), tier by tier; sets are not asked."""
    assert not any(gift.is_set for gift in gifts), "what is in a set, the lines of its order say"
    equal = [(gift.order_id, gift.sku_id, gift.left) for gift in gifts if gift.tiers == 1]
    tiered = [gift.id for gift in gifts if gift.tiers > 1]
    if not tiered:
        return equal
    rows = await tx.fetch(
        """SELECT g.order_id, t.sku_id, t.shares - count(s.n) AS left
             FROM gift_tier t JOIN gift_gift g ON g.id = t.gift_id
             LEFT JOIN gift_share s ON s.gift_id = t.gift_id
                  AND s.n BETWEEN t.first_share AND t.first_share + t.shares - 1
            WHERE t.gift_id = ANY($1) GROUP BY g.order_id, t.sku_id, t.shares HAVING t.shares > count(s.n)""",
        tiered,
    )
    return [*equal, *((row["order_id"], row["sku_id"], row["left"]) for row in rows)]


async def by_id(db: Database | Tx, gift_id: int) -> Gift | None:
    """One gift, not locked."""
    row = await db.fetchrow(f"SELECT {_GIFT} FROM gift_gift WHERE id = $1", gift_id)
    return _gift(row) if row else None


async def by_token(db: Database | Tx, keys: Keys, token: str) -> Gift | None:
    """The gift a living link opens, not locked."""
    row = await db.fetchrow(f"SELECT {_GIFT} FROM gift_gift WHERE token_hash = $1", keys.keyed_hash(_PURPOSE, token))
    return _gift(row) if row else None


async def by_ids(tx: Tx, gift_ids: Iterable[int]) -> dict[int, Gift]:
    """Gifts by id, not locked."""
    wanted = sorted(set(gift_ids))
    rows = await tx.fetch(f"SELECT {_GIFT} FROM gift_gift WHERE id = {_GIVEN}", wanted) if wanted else []
    return {row["id"]: _gift(row) for row in rows}


async def by_tokens(tx: Tx, tokens: Iterable[str]) -> dict[str, Gift]:
    """The gifts that living links open, by token, not locked."""
    hashes = {tx.keys.keyed_hash(_PURPOSE, token): token for token in set(tokens)}
    if not hashes:
        return {}
    rows = await tx.fetch(
        f"SELECT {_GIFT}, token_hash FROM gift_gift WHERE token_hash = ANY((SELECT $1::bytea[])::bytea[])", list(hashes)
    )
    return {hashes[row["token_hash"]]: _gift(row) for row in rows}


async def shares_held(tx: Tx, holders: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Share]:
    """Which of these (gift, person) have a share, with it."""
    if not holders:
        return {}
    rows = await tx.fetch(
        f"""SELECT {_SHARE} FROM gift_share
            WHERE (person_id, gift_id) IN (SELECT p, g FROM unnest($1::bigint[], $2::bigint[]) AS t(p, g))""",
        [person_id for _, person_id in holders],
        [gift_id for gift_id, _ in holders],
    )
    return {(row["gift_id"], row["person_id"]): Share(*row.values()) for row in rows}


async def share_of_person(db: Database | Tx, gift_id: int, person_id: int) -> Share | None:
    """The share that a person has of a gift for many."""
    row = await db.fetchrow(
        f"SELECT {_SHARE} FROM gift_share WHERE person_id = $1 AND gift_id = $2", person_id, gift_id
    )
    return Share(*row.values()) if row else None


async def shares_of(db: Database | Tx, gift_ids: Iterable[int]) -> dict[int, list[Share]]:
    """The claimed shares of these gifts for many, by their numbers; a gift of which nothing is claimed has none."""
    wanted = sorted(set(gift_ids))
    rows = await db.fetch(f"SELECT {_SHARE} FROM gift_share WHERE gift_id = ANY($1) ORDER BY gift_id, n", wanted)
    found: dict[int, list[Share]] = {gift_id: [] for gift_id in wanted}
    for row in rows:
        found[row["gift_id"]].append(Share(*row.values()))
    return found


async def claimers_of(db: Database | Tx, gift_id: int, most: int = 1000) -> set[int]:
    """Who has a share of a gift for many, the first of them."""
    rows = await db.fetch("SELECT person_id FROM gift_share WHERE gift_id = $1 ORDER BY n LIMIT $2", gift_id, most)
    return {row["person_id"] for row in rows}


async def ids_of_orders(tx: Tx, order_ids: Iterable[int]) -> dict[int, int]:
    """The gifts that these orders pay for, by order; not locked."""
    wanted = sorted(set(order_ids))
    rows = await tx.fetch("SELECT order_id, id FROM gift_gift WHERE order_id = ANY($1)", wanted) if wanted else []
    return {row["order_id"]: row["id"] for row in rows}


async def order_ids_of(tx: Tx, gift_ids: Sequence[int]) -> list[int]:
    """The orders of these gifts. Takes no lock: orders are locked before gifts."""
    rows = await tx.fetch("SELECT order_id FROM gift_gift WHERE id = ANY($1)", gift_ids)
    return [row["order_id"] for row in rows]


async def lock_of_orders(tx: Tx, order_ids: Iterable[int]) -> list[Gift]:
    """The gifts of these orders, locked in id order; the orders are locked already."""
    rows = await tx.fetch(
        f"""SELECT {_GIFT} FROM gift_gift WHERE order_id = {_GIVEN} ORDER BY id FOR NO KEY UPDATE""",
        sorted(set(order_ids)),
    )
    return [_gift(row) for row in rows]


async def lock_many(tx: Tx, gift_ids: Iterable[int]) -> dict[int, Gift]:
    """Gifts by id, locked in id order, for what leaves their orders as they are."""
    rows = await tx.fetch(
        f"SELECT {_GIFT} FROM gift_gift WHERE id = {_GIVEN} ORDER BY id FOR NO KEY UPDATE", sorted(set(gift_ids))
    )
    return {row["id"]: _gift(row) for row in rows}


async def set_claimable(tx: Tx, gifts: Sequence[Gift], tokens: Sequence[str]) -> None:
    """Paid gifts wait for their recipients; each gets the token of its link."""
    await tx.executemany(
        """UPDATE gift_gift SET state = 10, claimable_at = $2, expires_at = $3, token_hash = $4, token_sealed = $5
           WHERE id = $1""",
        [
            (
                gift.id,
                tx.now,
                tx.now + timedelta(seconds=gift.open_for_seconds),
                tx.keys.keyed_hash(_PURPOSE, token),
                tx.keys.seal(token, place=_TOKEN_SEALED, row=gift.id),
            )
            for gift, token in zip(gifts, tokens, strict=True)
        ],
    )


async def set_scheduled(tx: Tx, gift_ids: Sequence[int]) -> None:
    """Paid gifts wait for their moments."""
    await tx.execute("UPDATE gift_gift SET state = 5 WHERE id = ANY($1)", gift_ids)


async def set_extended(tx: Tx, gift: Gift) -> None:
    """A gift has more time."""
    await tx.execute(
        "UPDATE gift_gift SET expires_at = $2, more_seconds = $3 WHERE id = $1",
        gift.id,
        gift.expires_at,
        gift.more_seconds,
    )


async def set_readdressed(
    tx: Tx, gift: Gift, token: str, recipient_id: int | None, group_id: int | None, *, passed_by: int | None = None
) -> None:
    """A gift is for somebody else, by its giver or by who declined it: closed, its time anew, its link another."""
    await tx.execute(
        """UPDATE gift_gift SET recipient_id = $2, group_id = $3, claimable_at = $4, expires_at = $5, more_seconds = 0,
                  reply_to = NULL, held_until = NULL, held_since = NULL,
                  opened_at = NULL, token_hash = $6, token_sealed = $7, passed_by = $8,
                  readdressed = readdressed + CASE WHEN $8::bigint IS NULL THEN 1 ELSE 0 END
           WHERE id = $1""",
        gift.id,
        recipient_id,
        group_id,
        tx.now,
        tx.now + timedelta(seconds=gift.open_for_seconds),
        tx.keys.keyed_hash(_PURPOSE, token),
        tx.keys.seal(token, place=_TOKEN_SEALED, row=gift.id),
        passed_by,
    )


async def set_held(tx: Tx, gift_id: int, until: datetime | None) -> None:
    """Nobody claims a gift before that moment; None: they may."""
    since = None if until is None else tx.now
    await tx.execute("UPDATE gift_gift SET held_until = $2, held_since = $3 WHERE id = $1", gift_id, until, since)


async def link_token(db: Database | Tx, keys: Keys, gift_id: int, giver_id: int) -> str | None:
    """The living link's token, for the giver's own page only; None once it is dead."""
    sealed = await db.fetchval("SELECT token_sealed FROM gift_gift WHERE id = $1 AND giver_id = $2", gift_id, giver_id)
    return None if sealed is None else keys.open(sealed, place=_TOKEN_SEALED, row=gift_id)


async def set_opened(tx: Tx, gift_id: int) -> bool:
    """The envelope is opened; False where it was open before."""
    done = await tx.execute("UPDATE gift_gift SET opened_at = $2 WHERE id = $1 AND opened_at IS NULL", gift_id, tx.now)
    return done == "UPDATE 1"


async def set_opened_many(tx: Tx, gift_ids: Sequence[int]) -> None:
    """The envelopes are open, where they were not."""
    await tx.execute("UPDATE gift_gift SET opened_at = $2 WHERE id = ANY($1) AND opened_at IS NULL", gift_ids, tx.now)


async def write_claims(
    tx: Tx, claims: Sequence[tuple[int, int, int, int]], shares: Sequence[tuple[int, int, int, int]]
) -> None:
    """So many shares of gifts (id, last claimant, shares, claimed) are claimed; where all are, the link is dead.

    ``shares`` (gift, number, who, the order it became) are written for gifts for many.
    """
    await tx.execute(
        """WITH kept AS (
             INSERT INTO gift_share (gift_id, n, person_id, order_id, claimed_at)
             SELECT g, n, p, o, $9 FROM unnest($5::bigint[], $6::int[], $7::bigint[], $8::bigint[]) AS t(g, n, p, o))
           UPDATE gift_gift g SET shares_claimed = t.n, shares_dealt = t.n,
                  lucky_dealt = CASE WHEN g.mode = 'lucky' THEN t.n ELSE 0 END, opened_at = coalesce(g.opened_at, $9),
                  claimed_by = CASE WHEN t.s = 1 THEN t.c END,
                  state = CASE WHEN t.n = t.s THEN 20 ELSE g.state END,
                  claimed_at = CASE WHEN t.n = t.s THEN $9 END,
                  token_hash = CASE WHEN t.n < t.s THEN g.token_hash END,
                  token_sealed = CASE WHEN t.n < t.s THEN g.token_sealed END
           FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[]) AS t(i, c, s, n) WHERE g.id = t.i""",
        [gift_id for gift_id, _, _, _ in claims],
        [claimant_id for _, claimant_id, _, _ in claims],
        [shares for _, _, shares, _ in claims],
        [claimed for _, _, _, claimed in claims],
        [gift_id for gift_id, _, _, _ in shares],
        [n for _, n, _, _ in shares],
        [person_id for _, _, person_id, _ in shares],
        [order_id for _, _, _, order_id in shares],
        tx.now,
    )


async def set_ended(tx: Tx, gift_ids: Sequence[int], state: GiftState, ended_how: str, refusal: str) -> None:
    """Gifts end unclaimed; their links are dead."""
    await tx.execute(
        """UPDATE gift_gift SET state = $2, ended_how = $3, refusal = $4, ended_at = $5, token_hash = NULL,
                  token_sealed = NULL, pieces_ended = pieces
           WHERE id = ANY($1)""",
        gift_ids,
        int(state),
        ended_how,
        refusal,
        tx.now,
    )


async def set_refunded(tx: Tx, order_ids: Sequence[int]) -> list[Gift]:
    """Ended gifts whose money is back with the giver; an expired one moves from 180 to 181."""
    rows = await tx.fetch(
        f"""UPDATE gift_gift SET refunded_at = $2, state = CASE WHEN state = 180 THEN 181 ELSE state END
            WHERE order_id = ANY($1) AND state IN (180, 250) AND refunded_at IS NULL RETURNING {_GIFT}""",
        order_ids,
        tx.now,
    )
    return [_gift(row) for row in rows]


async def set_greeting(tx: Tx, gift_id: int, greeting: str) -> None:
    """A line that was held stands in its gift."""
    await tx.execute("UPDATE gift_gift SET greeting = $2 WHERE id = $1", gift_id, greeting)


async def set_cover(tx: Tx, gift_id: int, cover: str) -> None:
    """A gift wears another cover."""
    await tx.execute("UPDATE gift_gift SET cover = $2 WHERE id = $1", gift_id, cover)


async def forget(tx: Tx, person_id: int) -> None:
    """The words that somebody wrote into their gifts are gone; the gifts were given, and stay so."""
    await tx.execute(
        """UPDATE gift_gift SET greeting = '', cover = CASE WHEN cover LIKE 'own-%' THEN $2 ELSE cover END
           WHERE giver_id = $1 AND (greeting <> '' OR cover LIKE 'own-%')""",
        person_id,
        COVERS[0],
    )


async def count_waiting(tx: Tx, giver_id: int) -> int:
    """How many gifts of somebody are not over yet."""
    return int(
        await tx.fetchval("SELECT count(*) FROM gift_gift WHERE giver_id = $1 AND state IN (0, 5, 10)", giver_id)
    )


async def count_unanswered(tx: Tx, giver_id: int, since: datetime) -> int:
    """How many different people somebody named in gifts sent since then, of whom none took one."""
    return int(
        await tx.fetchval(
            """SELECT count(*) FROM (
                 SELECT recipient_id FROM gift_gift
                  WHERE giver_id = $1 AND recipient_id IS NOT NULL AND claimable_at >= $2
                  GROUP BY recipient_id HAVING NOT bool_or(state = 20)) t""",
            giver_id,
            since,
        )
    )

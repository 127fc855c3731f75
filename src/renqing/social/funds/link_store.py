"""The SQL of funds' links. A token of 192 random bits is kept as a keyed hash, and sealed for its starter's page."""

from __future__ import annotations

from renqing.foundation.database import Database, Tx
from renqing.foundation.secrets import Keys
from renqing.social.funds import store
from renqing.social.funds.model import Fund

_PURPOSE = "fund link"
_SEALED = "fund_link.token_sealed"


async def put_link(tx: Tx, fund_id: int, token: str) -> None:
    """The link of a locked fund, instead of the one before."""
    await tx.execute(
        """INSERT INTO fund_link (fund_id, token_hash, token_sealed, made_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (fund_id) DO UPDATE SET token_hash = excluded.token_hash,
             token_sealed = excluded.token_sealed, made_at = excluded.made_at""",
        fund_id,
        tx.keys.keyed_hash(_PURPOSE, token),
        tx.keys.seal(token, place=_SEALED, row=fund_id),
        tx.now,
    )


async def delete_link(tx: Tx, fund_id: int) -> None:
    """Nobody joins by a link any more; who did takes part as before."""
    await tx.execute("DELETE FROM fund_link WHERE fund_id = $1", fund_id)


async def by_link(db: Database | Tx, keys: Keys, token: str) -> Fund | None:
    """The fund that a living link opens, not locked; None for every other token."""
    found = await db.fetchval("SELECT fund_id FROM fund_link WHERE token_hash = $1", keys.keyed_hash(_PURPOSE, token))
    return None if found is None else await store.by_id(db, int(found))


async def link_of(db: Database | Tx, keys: Keys, fund_id: int) -> str | None:
    """The living link's token, for the starter's own page alone."""
    sealed = await db.fetchval("SELECT token_sealed FROM fund_link WHERE fund_id = $1", fund_id)
    return None if sealed is None else keys.open(sealed, place=_SEALED, row=fund_id)


async def add_guest(tx: Tx, fund_id: int, person_id: int) -> None:
    """Somebody is asked from now on."""
    await tx.execute("INSERT INTO fund_guest (fund_id, person_id) VALUES ($1, $2)", fund_id, person_id)

"""The yearly room's only SQL. A rule is locked before its proposals, rules in id order."""

from __future__ import annotations

from collections.abc import Iterable

from renqing.foundation.database import Database, Tx
from renqing.social.yearly.model import NewRule, Proposal, Rule, RuleState, RuleUnknown

_RULE = ", ".join(Rule.__struct_fields__)
_PROPOSAL = ", ".join('"on"' if field == "on" else field for field in Proposal.__struct_fields__)


async def lock_giver(tx: Tx, giver_id: int) -> int:
    """Wait for whoever makes a rule for this person at the moment; how many go on then."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('yearly:' || $1::bigint, 8))", giver_id)
    return int(await tx.fetchval("SELECT count(*) FROM yearly_rule WHERE giver_id = $1 AND state <> 'ended'", giver_id))


async def insert_rule(tx: Tx, new: NewRule) -> Rule:
    """Write a rule, paused."""
    rule_id = tx.ids.new()
    fields = NewRule.__struct_fields__
    values = [getattr(new, field) for field in fields]
    places = ", ".join(f"${n}" for n in range(2, len(fields) + 2))
    row = await tx.fetchrow(
        f"""INSERT INTO yearly_rule (id, {", ".join(fields)}, state, made_at)
            VALUES ($1, {places}, 'paused', ${len(fields) + 2}) RETURNING {_RULE}""",
        rule_id,
        *values,
        tx.now,
    )
    assert row is not None, "an insert answers its row"
    return Rule(*row.values())


async def lock_rules(tx: Tx, rule_ids: Iterable[int]) -> dict[int, Rule]:
    """Those of these that are there, locked in id order."""
    rows = await tx.fetch(
        f"SELECT {_RULE} FROM yearly_rule WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", sorted(set(rule_ids))
    )
    return {row["id"]: Rule(*row.values()) for row in rows}


async def set_state(tx: Tx, rule_id: int, state: RuleState) -> None:
    """A locked rule goes on, pauses or ends."""
    await tx.execute("UPDATE yearly_rule SET state = $2 WHERE id = $1", rule_id, state)


async def rule_by_id(db: Database | Tx, giver_id: int, rule_id: int) -> Rule:
    """A rule of one's own. Raises RuleUnknown."""
    row = await db.fetchrow(f"SELECT {_RULE} FROM yearly_rule WHERE id = $1 AND giver_id = $2", rule_id, giver_id)
    if row is None:
        raise RuleUnknown
    return Rule(*row.values())


async def rules_of(db: Database | Tx, giver_id: int) -> list[Rule]:
    """All rules of somebody that are not ended, the oldest first."""
    rows = await db.fetch(
        f"SELECT {_RULE} FROM yearly_rule WHERE giver_id = $1 AND state <> 'ended' ORDER BY id", giver_id
    )
    return [Rule(*row.values()) for row in rows]


async def of_birthday(tx: Tx, friend_id: int) -> list[int]:
    """The active rules that wait for a friend's own birthday."""
    rows = await tx.fetch(
        "SELECT id FROM yearly_rule WHERE friend_id = $1 AND note_id IS NULL AND state = 'active' ORDER BY id",
        friend_id,
    )
    return [row["id"] for row in rows]


async def of_note(tx: Tx, note_id: int) -> list[int]:
    """The rules on a noted day."""
    rows = await tx.fetch("SELECT id FROM yearly_rule WHERE note_id = $1 AND state <> 'ended' ORDER BY id", note_id)
    return [row["id"] for row in rows]


async def about(tx: Tx, person_id: int) -> list[Rule]:
    """Everybody's rules for this person, locked in id order."""
    rows = await tx.fetch(
        f"SELECT {_RULE} FROM yearly_rule WHERE friend_id = $1 ORDER BY id FOR NO KEY UPDATE", person_id
    )
    return [Rule(*row.values()) for row in rows]


async def insert_proposal(tx: Tx, proposal: Proposal) -> bool:
    """Write what a rule came to in a year. False where it came to something in that year before."""
    places = ", ".join(f"${n}" for n in range(1, len(Proposal.__struct_fields__) + 1))
    done = await tx.execute(
        f"INSERT INTO yearly_proposal ({_PROPOSAL}) VALUES ({places}) ON CONFLICT (rule_id, year) DO NOTHING",
        *(getattr(proposal, field) for field in Proposal.__struct_fields__),
    )
    return bool(done == "INSERT 0 1")


async def years_of(tx: Database | Tx, rule_id: int) -> set[int]:
    """The years in which a rule came to something."""
    return {row["year"] for row in await tx.fetch("SELECT year FROM yearly_proposal WHERE rule_id = $1", rule_id)}


async def lock_proposals(tx: Tx, proposal_ids: Iterable[int]) -> list[Proposal]:
    """Those of these that are there, locked in id order."""
    rows = await tx.fetch(
        f"SELECT {_PROPOSAL} FROM yearly_proposal WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        sorted(set(proposal_ids)),
    )
    return [Proposal(*row.values()) for row in rows]


async def proposal_of(db: Database | Tx, rule_id: int) -> Proposal | None:
    """The latest of a rule."""
    row = await db.fetchrow(
        f"SELECT {_PROPOSAL} FROM yearly_proposal WHERE rule_id = $1 ORDER BY comes_at DESC, id DESC LIMIT 1", rule_id
    )
    return None if row is None else Proposal(*row.values())


async def proposals_of(db: Database | Tx, rule_ids: Iterable[int]) -> dict[int, Proposal]:
    """The latest of each of these rules that has one."""
    rows = await db.fetch(
        f"""SELECT DISTINCT ON (rule_id) {_PROPOSAL} FROM yearly_proposal WHERE rule_id = ANY($1)
            ORDER BY rule_id, comes_at DESC, id DESC""",
        sorted(set(rule_ids)),
    )
    return {row["rule_id"]: Proposal(*row.values()) for row in rows}


async def set_given(tx: Tx, proposal: Proposal, gift_id: int, order_id: int) -> None:
    """A gift came of a locked proposal."""
    await tx.execute("UPDATE yearly_proposal SET state = 'given', order_id = $2 WHERE id = $1", proposal.id, order_id)
    await tx.execute(
        "INSERT INTO yearly_gift (gift_id, rule_id, year) VALUES ($1, $2, $3)",
        gift_id,
        proposal.rule_id,
        proposal.year,
    )


async def gift_of(db: Database | Tx, order_id: int) -> int | None:
    """The gift that an order of a proposal pays for."""
    found = await db.fetchval(
        "SELECT y.gift_id FROM yearly_gift y JOIN gift_gift g ON g.id = y.gift_id WHERE g.order_id = $1", order_id
    )
    return None if found is None else int(found)


async def given_products(db: Database | Tx, rule_id: int) -> set[int]:
    """What a rule gave before."""
    rows = await db.fetch(
        "SELECT product_id FROM yearly_proposal WHERE rule_id = $1 AND state = 'given' AND product_id IS NOT NULL",
        rule_id,
    )
    return {row["product_id"] for row in rows}


async def set_lapsed(tx: Tx, proposal_ids: Iterable[int]) -> None:
    """Nobody said yes to these in time."""
    await tx.execute(
        "UPDATE yearly_proposal SET state = 'lapsed' WHERE id = ANY($1) AND state = 'waiting'", list(proposal_ids)
    )


async def waiting_of(tx: Tx, rule_ids: Iterable[int]) -> list[int]:
    """The proposals of these rules that wait for a yes."""
    rows = await tx.fetch(
        "SELECT id FROM yearly_proposal WHERE rule_id = ANY($1) AND state = 'waiting' ORDER BY id", list(rule_ids)
    )
    return [row["id"] for row in rows]


async def empty(tx: Tx, rule_ids: Iterable[int]) -> None:
    """These rules are over, and nothing personal is left in them."""
    await tx.execute(
        "UPDATE yearly_rule SET state = 'ended', greeting = '', note_id = NULL WHERE id = ANY($1)", list(rule_ids)
    )


async def ids_of_giver(tx: Tx, giver_id: int) -> list[int]:
    """Every rule of somebody, locked in id order."""
    rows = await tx.fetch("SELECT id FROM yearly_rule WHERE giver_id = $1 ORDER BY id FOR NO KEY UPDATE", giver_id)
    return [row["id"] for row in rows]

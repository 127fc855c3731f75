"""What can be done to the ledger. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books.ledger import rules, store
from renqing.books.ledger.model import AccountName, Entry, FundsShort, Verdict
from renqing.foundation.database import Tx


async def post(tx: Tx, entries: Sequence[Entry]) -> list[Verdict]:
    """Post entries as one set, in order. An entry that would overdraw is refused alone; a known key posts nothing."""
    if not entries:
        return []
    assert all(rules.is_balanced(entry) for entry in entries), "the legs of an entry sum to zero"
    assert rules.repeats_no_key(entries), "an event is booked once"
    accounts = await store.account_ids(tx, [leg.account for entry in entries for leg in entry.legs])
    return await store.post(tx, entries, accounts)


async def hold(tx: Tx, account: AccountName, amount: int, cause_kind: str, cause_id: int) -> None:
    """Set an amount of an account aside for a cause, once. Raises FundsShort."""
    account_id = (await store.account_ids(tx, [account]))[account]
    if not await store.add_hold(tx, account_id, amount, cause_kind, cause_id):
        raise FundsShort(account=f"{account.owner_kind}:{account.owner_id}")


async def take_hold(tx: Tx, cause_kind: str, cause_id: int) -> int:
    """End a hold because its money is about to be posted away in this transaction. Returns the amount."""
    return await store.end_hold(tx, cause_kind, cause_id, "taken")


async def release_hold(tx: Tx, cause_kind: str, cause_id: int) -> int:
    """End a hold because its money is free again. Returns the amount, 0 where nothing was held."""
    return await store.end_hold(tx, cause_kind, cause_id, "released")

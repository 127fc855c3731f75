"""What somebody could do to what is kept for people: each is found by exactly its check."""

from __future__ import annotations

KEPT_FOR: dict[str, str] = {
    "less is kept than is on the account": "UPDATE balance_balance SET amount = amount - 1 WHERE id = <kept_balance>",
    "it is somebody else's": "UPDATE balance_balance SET person_id = <owner_id> WHERE id = <kept_balance>",
    "it was forgotten": "DELETE FROM balance_balance WHERE id = <kept_balance>",
    "it is said to be over and is on the account": """
        UPDATE balance_balance SET state = 'returned', over_at = kept_at WHERE id = <kept_balance>""",
    "it was given back by no try": "DELETE FROM balance_try WHERE state = 'done'",
    "it was given back twice": """
        DROP INDEX never_given_twice;
        INSERT INTO balance_try SELECT id + 1, balance_id, round + 9, route, intent_id, state, why, asked_at, over_at
          FROM balance_try WHERE state = 'done'""",
    "more was ended by hand than paid": "UPDATE balance_balance SET amount = amount + 1 WHERE state = 'ended'",
    "nobody tries it any more": "DELETE FROM timer WHERE kind = 'return_balance'",
    "its person hears no more of it": "UPDATE timer SET set_aside_at = now() WHERE kind = 'remind_balance'",
}

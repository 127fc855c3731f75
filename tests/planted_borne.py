"""What somebody could do to a shop's account, so that an order bears no more what goes back of it."""

from __future__ import annotations

# 100 fen go from a shop to nobody whom anything else speaks of, true to every law of the ledger itself.
_TAKEN = """
    INSERT INTO ledger_account (id, owner_kind, owner_id, kind, currency, opened_at)
      VALUES (1, 'platform', 0, 'balance', 'CNY', now());
    INSERT INTO ledger_entry VALUES (1, 'planted', '<cause>', <id>, 0, 'planted', now());
    INSERT INTO ledger_posting
      SELECT 1, row_number() OVER (ORDER BY m.amount), a.id, a.currency, m.amount, a.balance + m.amount
        FROM (VALUES ('shop balance', -100), ('platform balance', 100)) AS m (kind, amount)
        JOIN ledger_account a ON a.owner_kind || ' ' || a.kind = m.kind;
    UPDATE ledger_account a SET balance = p.balance_after
      FROM ledger_posting p WHERE p.entry_id = 1 AND p.account_id = a.id
"""

BORNE: dict[str, str] = {
    "a shop was paid out": _TAKEN.replace("<cause>", "payout").replace("<id>", "7"),
    "a shop's account moved for an order of nobody": _TAKEN.replace("<cause>", "order").replace("<id>", "7"),
    "more is held of an order than it left its shop": """
        UPDATE ledger_hold SET amount = amount + 2 WHERE state = 'live';
        UPDATE ledger_account SET held = held + 2 WHERE held > 0""",
}

# No shop's, so that this is about balances alone.
BELOW_ZERO = """
    INSERT INTO ledger_account VALUES (7, 'fund', 7, 'balance', 'CNY', 0, 0, false, now());
    INSERT INTO ledger_account VALUES (8, 'fund', 8, 'balance', 'CNY', 0, 0, false, now());
    INSERT INTO ledger_entry VALUES (1, 'a', 'test', 1, 0, 'a', now()), (2, 'b', 'test', 1, 0, 'b', now());
    INSERT INTO ledger_posting VALUES (1, 1, 7, 'CNY', -9, -9), (1, 2, 8, 'CNY', 9, 9),
                                      (2, 1, 7, 'CNY', 9, 0), (2, 2, 8, 'CNY', -9, 0)
"""

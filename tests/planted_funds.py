"""What somebody could do to the money of funds: each is found by exactly their check."""

from __future__ import annotations

FUNDS: dict[str, str] = {
    "a share that nobody counted": """
        UPDATE fund_fund SET paid = paid - 1 WHERE id = <collecting>""",
    "more is set aside than anybody is about to pay": """
        UPDATE fund_fund SET pending = 1 WHERE id = <collecting>""",
    "a fund lost some of its money": """
        INSERT INTO ledger_account (id, owner_kind, owner_id, kind, currency, opened_at)
          VALUES (1, 'platform', 0, 'balance', 'CNY', now());
        INSERT INTO ledger_entry VALUES (1, 'planted', 'test', <collecting>, 0, 'planted', now());
        INSERT INTO ledger_posting
          SELECT 1, row_number() OVER (ORDER BY m.amount), a.id, a.currency, m.amount, a.balance + m.amount
            FROM (VALUES ('fund', <collecting>, -100), ('platform', 0, 100)) AS m (kind, owner, amount)
            JOIN ledger_account a ON a.owner_kind = m.kind AND a.owner_id = m.owner AND a.kind = 'balance';
        UPDATE ledger_account a SET balance = p.balance_after
          FROM ledger_posting p WHERE p.entry_id = 1 AND p.account_id = a.id""",
    "a share is said to be over though its money is here": """
        UPDATE fund_contribution SET state = 'over' WHERE fund_id = <collecting>;
        UPDATE fund_fund SET paid = 0 WHERE id = <collecting>""",
    "a part of a refund went to nobody": "DELETE FROM fund_return WHERE amount = 9901",
    "a full fund is open again": """
        UPDATE fund_fund SET target = target + 1 WHERE id = <collecting>""",
    "nothing ends it": "DELETE FROM timer WHERE kind = 'close_unpaid_order' AND key = <collecting>",
    "it is open long after its time": """
        UPDATE fund_fund SET ends_at = '2026-11-23T04:00:00Z' WHERE id = <collecting>""",
}

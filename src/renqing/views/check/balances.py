"""What is kept for people is what their accounts say, each from one refund, each given back once at most."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law

BALANCES_ARE_KEPT = Invariant(
    "G27",
    reads=("balance_balance", "balance_try", "payment_refund", "payment_intent", "ledger_account", "ledger_entry",
           "outbox_fact", "timer"),
    differing="""
        SELECT 'person ' || coalesce(a.owner_id, b.person_id) || ' in ' || coalesce(a.currency, b.currency),
               coalesce(a.balance, 0) || ' on their account', coalesce(b.amount, 0) || ' kept for them'
          FROM (SELECT * FROM ledger_account WHERE owner_kind = 'person' AND kind = 'balance') a
          FULL JOIN (SELECT person_id, currency, sum(amount) AS amount FROM balance_balance WHERE state = 'kept'
                      GROUP BY person_id, currency) b ON b.person_id = a.owner_id AND b.currency = a.currency
         WHERE coalesce(a.balance, 0) <> coalesce(b.amount, 0)
        UNION ALL
        SELECT 'by hand in ' || coalesce(a.currency, b.currency), coalesce(a.balance, 0) || ' on its account',
               coalesce(b.amount, 0) || ' ended by hand'
          FROM (SELECT * FROM ledger_account WHERE kind = 'by_hand') a
          FULL JOIN (SELECT currency, sum(amount) AS amount FROM balance_balance WHERE state = 'ended'
                      GROUP BY currency) b ON b.currency = a.currency
         WHERE coalesce(a.balance, 0) <> coalesce(b.amount, 0)
        UNION ALL
        SELECT 'refund ' || coalesce(r.id, b.id),
               coalesce(b.amount, 0) || ' kept for person ' || coalesce(b.person_id, 0),
               coalesce(r.amount, 0) || ' that person ' || coalesce(i.payer_id, 0) || ' paid and did not get back'
          FROM balance_balance b
          FULL JOIN (SELECT * FROM payment_refund WHERE state = 'kept') r ON r.id = b.id
          LEFT JOIN payment_intent i ON i.id = r.intent_id
         WHERE (b.amount, b.intent_id, b.person_id, b.order_id, b.currency)
               IS DISTINCT FROM (r.amount, r.intent_id, i.payer_id, i.order_id, i.currency)
        UNION ALL
        SELECT 'balance ' || b.id || ', ' || b.state,
               coalesce(y.done, 0) || ' tries done, ' || coalesce(e.booked, 0) || ' booked as over, '
                 || coalesce(f.told, 0) || ' told',
               CASE b.state WHEN 'kept' THEN 'none' WHEN 'returned' THEN 'one of each' ELSE 'no try, one each' END
          FROM balance_balance b
          LEFT JOIN (SELECT balance_id, count(*) FILTER (WHERE state = 'done') AS done,
                            count(*) FILTER (WHERE state = 'asked') AS asked
                       FROM balance_try GROUP BY balance_id) y ON y.balance_id = b.id
          LEFT JOIN (SELECT e.cause_id, count(*) AS booked FROM ledger_entry e
                      WHERE e.cause_kind = 'balance' AND e.kind IN ('balance_returned', 'balance_ended')
                      GROUP BY e.cause_id) e ON e.cause_id = b.id
          LEFT JOIN (SELECT (payload ->> 'balance_id')::bigint AS id, count(*) AS told FROM outbox_fact
                      WHERE kind = 'BalanceReturned' GROUP BY 1) f ON f.id = b.id
         WHERE (coalesce(y.done, 0), coalesce(e.booked, 0), coalesce(f.told, 0))
               <> (CASE b.state WHEN 'returned' THEN 1 ELSE 0 END, CASE b.state WHEN 'kept' THEN 0 ELSE 1 END,
                   CASE b.state WHEN 'kept' THEN 0 ELSE 1 END)
            OR b.state <> 'kept' AND coalesce(y.asked, 0) > 0
        UNION ALL
        SELECT 'balance ' || b.id, k.kind || CASE WHEN t.id IS NULL THEN ': none' ELSE ': set aside' END, 'a timer'
          FROM balance_balance b CROSS JOIN (VALUES ('return_balance'), ('remind_balance')) AS k (kind)
          LEFT JOIN timer t ON t.kind = k.kind AND t.key = b.id
         WHERE b.state = 'kept' AND (t.id IS NULL OR t.set_aside_at IS NOT NULL)""",
    laws=(
        Law("index", "balance_try", "never_given_twice", "(balance_id) WHERE (state <> 'failed'::text)"),
        Law("constraint", "balance_balance", "ended_by_somebody", "(ended_by IS NOT NULL)"),
        Law("trigger", "balance_balance", "moves", "BEFORE UPDATE"),
        Law("function", "", "balance_moves", "OLD.state <> 'kept'"),
    ),
)  # fmt: skip

BALANCES = (BALANCES_ARE_KEPT,)

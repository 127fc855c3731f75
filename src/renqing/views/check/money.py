"""Money adds up: what is posted, what is held, what was captured and given back."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only

_BOOKS = ("ledger_posting", "ledger_entry", "ledger_account")

# What the entries of each order booked on the accounts of one kind.
_BOOKED = """
    SELECT e.cause_id AS order_id, sum(p.amount) AS amount
      FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id JOIN ledger_entry e ON e.id = p.entry_id
     WHERE e.cause_kind = 'order' AND a.owner_kind = '{owner}' AND a.kind = '{kind}' GROUP BY e.cause_id"""

# What a fund paid for its gift, or got back of it, stands where another order's channel does.
_BOOKED_AT_FUND = """
    SELECT e.cause_id AS order_id, sum(p.amount) AS amount
      FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id JOIN ledger_entry e ON e.id = p.entry_id
     WHERE e.cause_kind = 'order' AND a.owner_kind = 'fund' AND a.owner_id = e.cause_id GROUP BY e.cause_id"""

# The same by the order whose payment pays: what the entries of its parts booked is its own.
_BOOKED_AS_PAID = """
    SELECT coalesce(o.part_of, b.order_id) AS order_id, sum(b.amount) AS amount
      FROM ({booked}) b LEFT JOIN order_order o ON o.id = b.order_id GROUP BY 1"""


def _booked_as_paid(owner: str, kind: str) -> str:
    return _BOOKED_AS_PAID.format(booked=_BOOKED.format(owner=owner, kind=kind))


ENTRIES_SUM_TO_ZERO = Invariant(
    "M1",
    reads=("ledger_posting", "ledger_entry"),
    differing="""
        SELECT 'entry ' || entry_id || ' in ' || currency, sum(amount)::text, '0'
          FROM ledger_posting GROUP BY entry_id, currency HAVING sum(amount) <> 0
        UNION ALL
        SELECT 'entry ' || e.id, 'no postings', 'two or more'
          FROM ledger_entry e WHERE NOT EXISTS (SELECT 1 FROM ledger_posting p WHERE p.entry_id = e.id)""",
    laws=(
        Law("trigger", "ledger_posting", "sums_to_zero", "AFTER INSERT ON"),
        Law("function", "", "ledger_sums_to_zero", "HAVING sum(amount) <> 0"),
    ),
)

NOTHING_IS_REWRITTEN = Invariant(
    "M2",
    reads=("ledger_posting",),
    differing="""
        SELECT 'entry ' || entry_id, count(*) || ' postings, numbered ' || min(n) || ' to ' || max(n),
               'numbered 1 to ' || count(*)
          FROM ledger_posting GROUP BY entry_id HAVING min(n) <> 1 OR max(n) <> count(*)""",
    laws=(*append_only("ledger_entry"), *append_only("ledger_posting")),
)

# Each posting leads from one balance to the next. Postings reach an account in the order of its lock, not of their
# ids, so the chain is proven without an order: every balance is left as often as it is reached, 0 is where each
# account begins and its balance where it ends.
BALANCES_ARE_SUMS = Invariant(
    "M3",
    reads=("ledger_posting", "ledger_account"),
    differing="""
        SELECT 'account ' || a.id, a.balance::text, coalesce(s.amount, 0)::text
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, sum(amount) AS amount FROM ledger_posting GROUP BY account_id) s
               ON s.account_id = a.id
         WHERE a.balance <> coalesce(s.amount, 0)
        UNION ALL
        SELECT 'account ' || account_id || ' at balance ' || balance,
               'reached ' || sum(reached) || ' times, left ' || sum(gone) || ' times', 'as often reached as left'
          FROM (SELECT account_id, balance_after AS balance, 1 AS reached, 0 AS gone FROM ledger_posting
                UNION ALL SELECT account_id, balance_after - amount, 0, 1 FROM ledger_posting
                UNION ALL SELECT id, 0, 1, 0 FROM ledger_account
                UNION ALL SELECT id, balance, 0, 1 FROM ledger_account) steps
         GROUP BY account_id, balance HAVING sum(reached) <> sum(gone)""",
)

NOBODY_OVERDRAWS = Invariant(
    "M4",
    reads=("ledger_account", "ledger_hold", "ledger_posting"),
    differing="""
        SELECT 'account ' || id, (balance - held) || ' free', '0 or more'
          FROM ledger_account WHERE NOT may_overdraw AND balance - held < 0
        UNION ALL
        SELECT 'account ' || a.id, a.held || ' held', coalesce(h.amount, 0) || ' held'
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, sum(amount) AS amount
                       FROM ledger_hold WHERE state = 'live' GROUP BY account_id) h
               ON h.account_id = a.id
         WHERE a.held <> coalesce(h.amount, 0)
        UNION ALL
        SELECT 'account ' || id, 'may overdraw', 'only clearing accounts may'
          FROM ledger_account WHERE may_overdraw AND kind <> 'clearing'
        UNION ALL
        SELECT 'account ' || p.account_id || ' after entry ' || p.entry_id, p.balance_after::text, '0 or more'
          FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id AND NOT a.may_overdraw
         WHERE p.balance_after < 0 AND NOT EXISTS (
               SELECT 1 FROM ledger_posting later
                WHERE later.entry_id = p.entry_id AND later.account_id = p.account_id AND later.n > p.n)""",
    laws=(Law("constraint", "ledger_account", "no_overdraft", "(may_overdraw OR ((balance - held) >= 0))"),),
)

SPLITS_LOSE_NOTHING = Invariant(
    "M5",
    reads=("order_order", "order_line", *_BOOKS),
    differing=f"""
        SELECT 'column ' || t.relname || '.' || c.attname, format_type(c.atttypid, c.atttypmod), 'bigint'
          FROM pg_attribute c JOIN pg_class t ON t.oid = c.attrelid AND t.relkind IN ('r', 'p')
         WHERE t.relnamespace = current_schema()::regnamespace AND c.attnum > 0 AND NOT c.attisdropped
           AND (c.atttypid IN ('float4'::regtype, 'float8'::regtype, 'numeric'::regtype, 'money'::regtype)
                OR (c.attname ~ '(amount|price|balance)' OR c.attname IN ('held', 'fee', 'free_from'))
                   AND c.atttypid <> 'int8'::regtype)
        UNION ALL
        SELECT 'order ' || o.id, o.goods_amount || ' for goods', coalesce(l.amount, 0) || ' by its lines'
          FROM order_order o
          LEFT JOIN (SELECT order_id, sum(unit_price::numeric * quantity) AS amount FROM order_line GROUP BY order_id) l
               ON l.order_id = o.id
         WHERE o.goods_amount <> coalesce(l.amount, 0)
        UNION ALL
        SELECT 'order ' || id, total_amount::text, (goods_amount + freight_amount)::text
          FROM order_order WHERE total_amount <> goods_amount + freight_amount
        UNION ALL
        SELECT 'order ' || o.id, o.divided_amount || ' with its parts', coalesce(p.amount, 0) || ' by its parts'
          FROM order_order o
          LEFT JOIN (SELECT part_of, sum(total_amount) AS amount FROM order_order WHERE part_of IS NOT NULL
                      GROUP BY part_of) p ON p.part_of = o.id
         WHERE o.divided_amount <> coalesce(p.amount, 0)
        UNION ALL
        SELECT 'entry ' || e.id, 'booked in ' || p.currency, 'in ' || o.currency || ', as its order'
          FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id JOIN order_order o ON o.id = e.cause_id
         WHERE e.cause_kind = 'order' AND p.currency <> o.currency
        UNION ALL
        SELECT 'order ' || id, 'fee ' || fee || ', shop ' || shop,
               'fee ' || fee_should || ', shop ' || kept - fee_should
          FROM (SELECT o.id, coalesce(f.amount, 0) AS fee, coalesce(s.amount, 0) AS shop, k.kept,
                       div(k.kept::numeric * o.fee_ppm, 1000000) AS fee_should
                  FROM order_order o
                  CROSS JOIN LATERAL (SELECT CASE WHEN o.settled_at IS NULL THEN 0
                                                  ELSE o.total_amount - o.refunded_amount END AS kept) k
                  LEFT JOIN ({_BOOKED.format(owner="platform", kind="fee")}) f ON f.order_id = o.id
                  LEFT JOIN ({_BOOKED.format(owner="shop", kind="balance")}) s ON s.order_id = o.id) shares
         WHERE fee <> fee_should OR shop <> kept - fee_should""",
)

ONE_CHARGE_AN_INTENT = Invariant(
    "M6",
    reads=("payment_intent", "payment_refund", "order_order", *_BOOKS),
    differing=f"""
        SELECT 'intent ' || i.id || ' of order ' || i.order_id, coalesce(c.amount, 0) || ' at the channel',
               (coalesce(r.done, 0) - i.captured_amount) || ': captured, less what went back'
          FROM payment_intent i
          LEFT JOIN (SELECT intent_id, sum(amount) AS done
                       FROM payment_refund WHERE state = 'done' GROUP BY intent_id) r
               ON r.intent_id = i.id
          LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM ({_booked_as_paid("channel", "clearing")}
                     UNION ALL {_BOOKED_AT_FUND}) b GROUP BY order_id) c ON c.order_id = i.order_id
         WHERE coalesce(c.amount, 0) <> coalesce(r.done, 0) - i.captured_amount
        UNION ALL
        SELECT 'intent ' || i.id || ' of order ' || i.order_id, coalesce(d.amount, 0) || ' due to the payer',
               coalesce(r.due, 0) || ' of refunds that are not done'
          FROM payment_intent i
          LEFT JOIN (SELECT intent_id, sum(amount) AS due
                       FROM payment_refund WHERE state IN ('due', 'sent') GROUP BY intent_id) r
               ON r.intent_id = i.id
          LEFT JOIN ({_booked_as_paid("platform", "refunds_due")}) d ON d.order_id = i.order_id
         WHERE coalesce(d.amount, 0) <> coalesce(r.due, 0)
        UNION ALL
        SELECT 'intent ' || i.id || ' of order ' || o.id, i.amount || ' ' || i.currency || ' asked for',
               o.total_amount || ' ' || o.currency
          FROM payment_intent i JOIN order_order o ON o.id = i.order_id
         WHERE i.amount <> o.total_amount OR i.currency <> o.currency
        UNION ALL
        SELECT e.kind || ' of order ' || e.cause_id, count(*) || ' entries', 'one at most'
          FROM ledger_entry e WHERE e.cause_kind = 'order' AND e.kind IN ('order_paid', 'order_settled')
         GROUP BY e.kind, e.cause_id HAVING count(*) > 1""",
    laws=(
        Law("constraint", "payment_intent", "payment_intent_order_id_key", "UNIQUE (order_id)"),
        Law("constraint", "payment_refund", "payment_refund_cause_kind_cause_id_key", "UNIQUE (cause_kind, cause_id)"),
        Law("constraint", "payment_callback", "payment_callback_channel_event_id_key", "UNIQUE (channel, event_id)"),
    ),
)

REFUNDS_WITHIN_CAPTURES = Invariant(
    "M7",
    reads=("payment_intent", "payment_refund", "order_order"),
    differing="""
        SELECT 'intent ' || i.id, i.refunded_amount || ' refunded of ' || i.captured_amount,
               coalesce(r.amount, 0) || ' by its refunds, the capture at most'
          FROM payment_intent i
          LEFT JOIN (SELECT intent_id, sum(amount) AS amount FROM payment_refund GROUP BY intent_id) r
               ON r.intent_id = i.id
         WHERE i.refunded_amount <> coalesce(r.amount, 0) OR i.refunded_amount NOT BETWEEN 0 AND i.captured_amount
        UNION ALL
        SELECT 'order ' || o.id, o.refunded_amount || ' refunded, its parts included',
               coalesce(i.refunded_amount, 0) || ' by its payment'
          FROM (SELECT coalesce(part_of, id) AS id, sum(refunded_amount) AS refunded_amount
                  FROM order_order GROUP BY 1) o
          LEFT JOIN payment_intent i ON i.order_id = o.id
         WHERE o.refunded_amount <> coalesce(i.refunded_amount, 0)""",
    laws=(Law("constraint", "payment_intent", "refunds_within_captures", "(refunded_amount <= captured_amount)"),),
)

# How long after its time a gift may wait to be swept: far more than a worker needs, far less than anybody notices.
SWEPT_WITHIN = "1 hour"

GIFT_MONEY_HAS_ONE_END = Invariant(
    "M8",
    reads=("gift_gift", "order_order", "payment_intent", "timer", *_BOOKS),
    differing=f"""
        SELECT 'order ' || o.id, coalesce(x.amount, 0) || ' in escrow',
               w.amount || ': captured, not settled, not refunded'
          FROM order_order o
          LEFT JOIN payment_intent i ON i.order_id = o.id
          LEFT JOIN ({_booked_as_paid("platform", "escrow")}) x ON x.order_id = o.id
          LEFT JOIN (SELECT coalesce(part_of, id) AS order_id, sum(total_amount - refunded_amount) AS amount
                       FROM order_order WHERE settled_at IS NOT NULL GROUP BY 1) s ON s.order_id = o.id
          CROSS JOIN LATERAL (SELECT coalesce(i.captured_amount - i.refunded_amount, 0) - coalesce(s.amount, 0)
                                     AS amount) w
         WHERE o.part_of IS NULL AND coalesce(x.amount, 0) <> w.amount
        UNION ALL
        SELECT 'gift ' || g.id, 'ended, ' || o.refunded_amount || ' of ' || i.captured_amount || ' on its way back',
               'all but the ' || o.divided_amount || ' of its claimed shares'
          FROM gift_gift g JOIN order_order o ON o.id = g.order_id JOIN payment_intent i ON i.order_id = g.order_id
         WHERE g.state IN (180, 181, 250) AND o.refunded_amount <> i.captured_amount - o.divided_amount
        UNION ALL
        SELECT 'gift ' || g.id, 'waits since ' || g.expires_at, 'over within {SWEPT_WITHIN}'
          FROM gift_gift g, house WHERE g.state = 10 AND g.expires_at < house.now - interval '{SWEPT_WITHIN}'
        UNION ALL
        SELECT 'gift ' || g.id, coalesce('its deadline was set aside: ' || t.last_error, 'no deadline'),
               'a deadline runs'
          FROM gift_gift g LEFT JOIN timer t ON t.kind = 'expire_gift' AND t.key = g.id
         WHERE g.state = 10 AND (t.id IS NULL OR t.set_aside_at IS NOT NULL)""",
)

# So each order bears what goes back of it, before it is settled and after, however poor its shop is otherwise.
ORDERS_BEAR_THEIR_OWN = Invariant(
    "M13",
    reads=("order_order", "aftersale_case", "ledger_hold", *_BOOKS),
    differing=f"""
        SELECT 'entry ' || e.id || ' on the account of shop ' || a.owner_id, 'of ' || e.cause_kind || ' ' || e.cause_id,
               'of an order of this shop'
          FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id JOIN ledger_entry e ON e.id = p.entry_id
          LEFT JOIN order_order o ON e.cause_kind = 'order' AND o.id = e.cause_id
         WHERE a.owner_kind = 'shop' AND o.shop_id IS DISTINCT FROM a.owner_id
        UNION ALL
        SELECT 'order ' || c.order_id, sum(h.amount) || ' held for its after-sales',
               coalesce(b.amount, 0) || ' that it left its shop, at most'
          FROM ledger_hold h JOIN aftersale_case c ON c.id = h.cause_id
          LEFT JOIN ({_BOOKED.format(owner="shop", kind="balance")}) b ON b.order_id = c.order_id
         WHERE h.state = 'live' AND h.cause_kind = 'aftersale'
         GROUP BY c.order_id, b.amount HAVING sum(h.amount) > coalesce(b.amount, 0)""",
)

MONEY = (
    ENTRIES_SUM_TO_ZERO,
    NOTHING_IS_REWRITTEN,
    BALANCES_ARE_SUMS,
    NOBODY_OVERDRAWS,
    SPLITS_LOSE_NOTHING,
    ONE_CHARGE_AN_INTENT,
    REFUNDS_WITHIN_CAPTURES,
    GIFT_MONEY_HAS_ONE_END,
    ORDERS_BEAR_THEIR_OWN,
)

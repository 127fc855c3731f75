"""Guards that no tool changes for us: SQL in functions, constraints, triggers and stores, and the tables of states.

Each row takes one guard out of force or weakens it by one step. The tests of its room must notice.
"""

from __future__ import annotations

from typing import NamedTuple

SRC = "src/renqing/"
LEDGER = ("tests/books/test_ledger.py",)
STOCK = ("tests/books/test_stock.py",)
ONCE = ("tests/foundation/test_once.py",)
GIFTS = ("tests/social/test_gifts.py",)
ORDERS = ("tests/trade/test_orders.py",)
PAYMENTS = ("tests/trade/test_payments.py",)
AFTERSALES = ("tests/trade/test_aftersales.py",)
SHIPPING = ("tests/trade/test_shipping.py",)
PEOPLE = ("tests/books/test_people.py",)
LAWS = "schema_refuses or whole_in_each or never_changed or stays_claimed or as_the_table_says"
LOCKS = "first_gets_it or first_has_it or never_block or later_is_refused or race_to_one_end"
VERDICTS = "overdraw_is_refused or later_under_its_key or posted_away or its_actor"
TABLES = "table or edge or reachable or backwards or cross or answered_once"
ENDS = (
    "taken_or_released or only_once or page_by_page or leaves_hand or let_go or arrive or free_can or later_is_refused"
)


class Guard(NamedTuple):
    """One change. ``place`` is a database function, a file below src/renqing, or empty: then ``new`` is a statement.

    ``old`` stands there exactly once. ``equal`` says why a change that lives changes nothing that anybody can see.
    ``seen_by`` names tests, as pytest's -k does, that are asked first: they should notice. Then all of the room's are.
    """

    name: str
    place: str
    old: str
    new: str
    tests: tuple[str, ...]
    equal: str = ""
    seen_by: str = ""

    @property
    def shown(self) -> str:
        """The change as a difference of two texts."""
        return "\n".join(
            f"{sign} {line.strip()}"
            for sign, text in (("-", self.old), ("+", self.new))
            for line in text.split("\n")
            if text
        )

    @property
    def room(self) -> str:
        return self.tests[0].removeprefix("tests/").removesuffix(".py").replace("/test_", "/")


def law(name: str, statement: str, tests: tuple[str, ...]) -> Guard:
    """A change of the schema."""
    return Guard(name, "", "", statement, tests, seen_by=LAWS)


def _drop(table: str, constraint: str, tests: tuple[str, ...], equal: str = "") -> Guard:
    dropped = law(f"{constraint} dropped", f"ALTER TABLE {table} DROP CONSTRAINT {constraint}", tests)
    return dropped._replace(equal=equal)


def _post(name: str, old: str, new: str, equal: str = "") -> Guard:
    seen_by = LOCKS if "locked" in name else f"one_by_one or {VERDICTS}"
    return Guard(f"ledger_post: {name}", "ledger_post", old, new, LEDGER, equal, seen_by)


def _hold(name: str, old: str, new: str, equal: str = "") -> Guard:
    seen_by = LOCKS if "locked" in name else "one_by_one or last_piece_is_judged"
    return Guard(f"stock_hold_lines: {name}", "stock_hold_lines", old, new, STOCK, equal, seen_by)


def _text(name: str, place: str, old: str, new: str, tests: tuple[str, ...], equal: str = "") -> Guard:
    seen_by = LOCKS if "locked" in name else TABLES if place.endswith("model.py") else ENDS
    return Guard(f"{place}: {name}", place, old, new, tests, equal, seen_by)


_BY_ITS_NAME = "an account is found by its own whole name among those that were read: one more is not asked for"
_LEDGER_STORE = "books/ledger/store.py"
_STOCK_STORE = "books/stock/store.py"

LEDGER_GUARDS = (
    _post("accounts are not locked", "ORDER BY id FOR NO KEY UPDATE", "ORDER BY id"),
    _post("accounts are locked against nobody", "ORDER BY id FOR NO KEY UPDATE", "ORDER BY id FOR KEY SHARE"),
    _post("accounts are locked backwards", "ORDER BY id FOR NO KEY UPDATE", "ORDER BY id DESC FOR NO KEY UPDATE"),
    _post("a known key is not known", "JOIN ledger_entry e ON e.key = t.k", "JOIN ledger_entry e ON false"),
    _post("what is held is free", "a.balance - a.held + sum", "a.balance + sum"),
    _post("what is held counts twice", "a.balance - a.held + sum", "a.balance - 2 * a.held + sum"),
    _post(
        "a batch is judged as a whole",
        "(PARTITION BY s.account ORDER BY s.e) AS free",
        "(PARTITION BY s.account) AS free",
    ),
    _post(
        "an entry is judged without those before it",
        "sum(s.amount) OVER (PARTITION BY s.account ORDER BY s.e) AS free",
        "s.amount AS free",
    ),
    _post("clearing accounts may not overdraw", " AND NOT a.may_overdraw", ""),
    _post("an account may not become empty", "x.free < 0 AND", "x.free <= 0 AND"),
    _post("an account may go one below zero", "x.free < 0 AND", "x.free < -1 AND"),
    _post(
        "money that comes in is refused too",
        "x.free < 0 AND x.amount < 0",
        "x.free < 0",
        "by no_overdraft money that comes in finds what is free at zero or more, once refused entries are taken out",
    ),
    _post("the last that overdraws is refused first", "SELECT min(x.e)", "SELECT max(x.e)"),
    _post("known keys are not set apart", "v_out := v_known", "v_out := '{}'"),
    _post(
        "refused entries are written",
        "AS t(i, kind, ck, ci, k, o)\n     WHERE t.o <> ALL (v_out)",
        "AS t(i, kind, ck, ci, k, o)",
    ),
    _post(
        "the balance after is this posting's",
        "a.balance + sum(t.amount) OVER (PARTITION BY t.account ORDER BY t.e, t.o)",
        "a.balance + t.amount",
    ),
    _post("balances go the other way", "SET balance = a.balance + s.amount", "SET balance = a.balance - s.amount"),
    _post(
        "balances that stay are written",
        " AND s.amount <> 0",
        "",
        "a balance that stays is written as it was; leaving it out only spares the row",
    ),
    _post("a known key is refused", "WHEN t.o = ANY (v_known) THEN 'known' ", ""),
    _post("the actor is nobody", "t.ci, p_actor, t.k", "t.ci, 0, t.k"),
    Guard(
        "ledger_sums_to_zero: over all currencies",
        "ledger_sums_to_zero",
        "GROUP BY entry_id, currency",
        "GROUP BY entry_id",
        LEDGER,
        seen_by=LAWS,
    ),
    Guard(
        "ledger_sums_to_zero: over all entries",
        "ledger_sums_to_zero",
        "GROUP BY entry_id, currency",
        "GROUP BY currency",
        LEDGER,
    ),
    Guard(
        "ledger_sums_to_zero: sums below zero pass",
        "ledger_sums_to_zero",
        "sum(amount) <> 0",
        "sum(amount) > 0",
        LEDGER,
    ),
    Guard(
        "ledger_sums_to_zero: sums above zero pass",
        "ledger_sums_to_zero",
        "sum(amount) <> 0",
        "sum(amount) < 0",
        LEDGER,
    ),
    law("sums_to_zero dropped", "DROP TRIGGER sums_to_zero ON ledger_posting", LEDGER),
    law("append_only of entries dropped", "DROP TRIGGER append_only ON ledger_entry", LEDGER),
    law("append_only of postings dropped", "DROP TRIGGER append_only ON ledger_posting", LEDGER),
    _drop("ledger_account", "no_overdraft", LEDGER),
    law(
        "no_overdraft forgets what is held",
        "ALTER TABLE ledger_account DROP CONSTRAINT no_overdraft,"
        " ADD CONSTRAINT no_overdraft CHECK (may_overdraw OR balance >= 0)",
        LEDGER,
    ),
    law(
        "no_overdraft refuses an empty account",
        "ALTER TABLE ledger_account DROP CONSTRAINT no_overdraft,"
        " ADD CONSTRAINT no_overdraft CHECK (may_overdraw OR balance - held > 0)",
        LEDGER,
    ),
    _drop("ledger_account", "ledger_account_held_check", LEDGER),
    _drop("ledger_account", "ledger_account_owner_kind_owner_id_kind_currency_key", LEDGER),
    _drop("ledger_entry", "ledger_entry_key_key", LEDGER),
    _drop("ledger_posting", "ledger_posting_amount_check", LEDGER),
    _drop("ledger_posting", "ledger_posting_account_id_currency_fkey", LEDGER),
    _drop("ledger_posting", "ledger_posting_entry_id_fkey", LEDGER),
    _drop("ledger_hold", "ledger_hold_amount_check", LEDGER),
    _drop("ledger_hold", "ledger_hold_state_check", LEDGER),
    _drop("ledger_hold", "ledger_hold_cause_kind_cause_id_account_id_key", LEDGER),
    _text("a hold locks nothing", _LEDGER_STORE, "WHERE id = $1 FOR NO KEY UPDATE", "WHERE id = $1", LEDGER),
    _text(
        "what is held is free to hold", _LEDGER_STORE, "SELECT balance - held AS free", "SELECT balance AS free", LEDGER
    ),
    _text(
        "a hold of another account counts",
        _LEDGER_STORE,
        "AND cause_id = $2 AND account_id = $3",
        "AND cause_id = $2 AND $3::bigint > 0",
        LEDGER,
    ),
    _text(
        "a hold of another kind counts",
        _LEDGER_STORE,
        "WHERE cause_kind = $1 AND cause_id = $2 AND account_id",
        "WHERE $1::text > '' AND cause_id = $2 AND account_id",
        LEDGER,
    ),
    _text("accounts of all kinds are read", _LEDGER_STORE, " AND a.kind = t.k AND", " AND", LEDGER, _BY_ITS_NAME),
    _text(
        "accounts of all currencies are read", _LEDGER_STORE, 't.k AND a.currency = t.c"', 't.k"', LEDGER, _BY_ITS_NAME
    ),
    _text("a hold is not counted", _LEDGER_STORE, "SET held = held + $2", "SET held = held + 0 * $2", LEDGER),
    _text(
        "an ended hold ends again",
        _LEDGER_STORE,
        "WHERE cause_kind = $1 AND cause_id = $2 AND state = 'live' RETURNING",
        "WHERE cause_kind = $1 AND cause_id = $2 RETURNING",
        LEDGER,
    ),
    _text("an ended hold stays counted", _LEDGER_STORE, "SET held = held - $2", "SET held = held - 0 * $2", LEDGER),
    _text(
        "an ended hold holds",
        _LEDGER_STORE,
        "\"SELECT amount FROM ledger_hold WHERE cause_kind = $1 AND cause_id = $2 AND state = 'live'\"",
        '"SELECT amount FROM ledger_hold WHERE cause_kind = $1 AND cause_id = $2"',
        LEDGER,
    ),
    _text(
        "a page repeats its last line",
        _LEDGER_STORE,
        "(p.entry_id, p.n) < ($5, $6)",
        "(p.entry_id, p.n) <= ($5, $6)",
        LEDGER,
    ),
    _text(
        "a page begins with the oldest",
        _LEDGER_STORE,
        "ORDER BY p.entry_id DESC, p.n DESC",
        "ORDER BY p.entry_id, p.n",
        LEDGER,
    ),
    _text("verdicts come in any order", _LEDGER_STORE, "ORDER BY place", "ORDER BY place DESC", LEDGER),
    _text(
        "an account that others open meanwhile stops us",
        _LEDGER_STORE,
        "ON CONFLICT (owner_kind, owner_id, kind, currency) DO NOTHING",
        "",
        LEDGER,
    ),
)

STOCK_GUARDS = (
    _hold("items are not locked", "ORDER BY sku_id FOR NO KEY UPDATE", "ORDER BY sku_id"),
    _hold("items are locked against nobody", "ORDER BY sku_id FOR NO KEY UPDATE", "ORDER BY sku_id FOR KEY SHARE"),
    _hold("items are locked backwards", "ORDER BY sku_id FOR NO KEY UPDATE", "ORDER BY sku_id DESC FOR NO KEY UPDATE"),
    _hold("what is held is free", "coalesce(i.on_hand - i.held, 0) - sum", "coalesce(i.on_hand, 0) - sum"),
    _hold(
        "an unknown item is without end",
        "coalesce(i.on_hand - i.held, 0) - sum",
        "coalesce(i.on_hand - i.held, 99) - sum",
    ),
    _hold(
        "an ask is judged without those before it",
        "sum(s.quantity) OVER (PARTITION BY s.sku ORDER BY s.a) AS free",
        "s.quantity AS free",
    ),
    _hold("a batch is judged as a whole", "(PARTITION BY s.sku ORDER BY s.a) AS free", "(PARTITION BY s.sku) AS free"),
    _hold("the last piece is not sold", "WHERE x.free < 0", "WHERE x.free <= 0"),
    _hold("one more than there is is sold", "WHERE x.free < 0", "WHERE x.free < -1"),
    _hold("the last that fails is found first", "SELECT min(x.a)", "SELECT max(x.a)"),
    _hold("those before the first that fails count not", "t.a < v_first AND", "t.a < 0 AND"),
    _hold("the first that fails counts as held", "t.a < v_first AND", "t.a <= v_first AND"),
    _hold("who wants just what is left goes too", "WHERE s.quantity > coalesce", "WHERE s.quantity >= coalesce"),
    _hold(
        "asks that failed are held",
        "AS t(i, a, ord, sku, quantity)\n     WHERE t.a <> ALL (v_out)",
        "AS t(i, a, ord, sku, quantity)",
    ),
    _hold("what is held is not counted", "SET held = i.held + s.quantity", "SET held = i.held + 0 * s.quantity"),
    _hold("each is told of a sku of the first", "v_skus[array_position(v_out, a)]", "v_skus[1]"),
    _drop("stock_item", "no_oversell", STOCK),
    law(
        "no_oversell refuses to sell the last piece",
        "ALTER TABLE stock_item DROP CONSTRAINT no_oversell,"
        " ADD CONSTRAINT no_oversell CHECK (on_hand - held > 0 OR on_hand = 0)",
        STOCK,
    ),
    _drop(
        "stock_item",
        "stock_item_on_hand_check",
        STOCK,
        "on hand is no less than what is held, and that no less than zero",
    ),
    _drop("stock_item", "stock_item_held_check", STOCK),
    _drop("stock_movement", "stock_movement_quantity_check", STOCK),
    _drop("stock_movement", "stock_movement_reason_check", STOCK),
    law("append_only of movements dropped", "DROP TRIGGER append_only ON stock_movement", STOCK),
    _drop("stock_hold", "stock_hold_quantity_check", STOCK),
    _drop("stock_hold", "stock_hold_state_check", STOCK),
    _drop("stock_hold", "stock_hold_check", STOCK),
    law("stock_hold_live dropped", "DROP INDEX stock_hold_live", STOCK),
    law(
        "stock_hold_live counts ended holds",
        "DROP INDEX stock_hold_live; CREATE UNIQUE INDEX stock_hold_live ON stock_hold (order_id, sku_id)",
        STOCK,
    ),
    _text(
        "a released hold is released again",
        _STOCK_STORE,
        "WHERE order_id = ANY($1) AND state = 'live' RETURNING",
        "WHERE order_id = ANY($1) RETURNING",
        STOCK,
    ),
    _text(
        "a released hold stays counted",
        _STOCK_STORE,
        "UPDATE stock_item i SET held = i.held - s.quantity\n",
        "UPDATE stock_item i SET held = i.held - 0 * s.quantity\n",
        STOCK,
    ),
    _text(
        "of two holds that are released one is counted off",
        _STOCK_STORE,
        "SELECT sku_id, sum(quantity) AS quantity FROM ended",
        "SELECT sku_id, min(quantity) AS quantity FROM ended",
        STOCK,
    ),
    _text(
        "items are locked against nobody",
        _STOCK_STORE,
        "sku_id = ANY($1) ORDER BY sku_id FOR NO KEY UPDATE",
        "sku_id = ANY($1) ORDER BY sku_id",
        STOCK,
    ),
    _text(
        "items are locked backwards",
        _STOCK_STORE,
        "sku_id = ANY($1) ORDER BY sku_id FOR",
        "sku_id = ANY($1) ORDER BY sku_id DESC FOR",
        STOCK,
    ),
    _text(
        "an order's items are locked against nobody",
        _STOCK_STORE,
        "           ORDER BY sku_id FOR NO KEY UPDATE",
        "           ORDER BY sku_id",
        STOCK,
    ),
    _text(
        "an order's items are locked backwards",
        _STOCK_STORE,
        "           ORDER BY sku_id FOR",
        "           ORDER BY sku_id DESC FOR",
        STOCK,
    ),
    _text("what is shipped stays on hand", _STOCK_STORE, "'taken' THEN s.quantity ELSE", "'taken' THEN 0 ELSE", STOCK),
    _text("what is let go leaves the house", _STOCK_STORE, "s.quantity ELSE 0 END", "s.quantity ELSE 1 END", STOCK),
    _text(
        "what is shipped or let go stays held",
        _STOCK_STORE,
        "SET held = i.held - s.quantity,",
        "SET held = i.held - 0 * s.quantity,",
        STOCK,
    ),
    _text(
        "of two orders that ship one piece is counted off",
        _STOCK_STORE,
        "sum(quantity)::bigint AS quantity FROM ended",
        "min(quantity)::bigint AS quantity FROM ended",
        STOCK,
    ),
    _text("a hold ends for more than it holds", _STOCK_STORE, "h.quantity >= w.q", "h.quantity > 0", STOCK),
    _text("a hold does not end whole", _STOCK_STORE, "h.quantity >= w.q", "h.quantity > w.q", STOCK),
    _text(
        "a hold of another sku ends", _STOCK_STORE, "order_id = w.o AND sku_id = w.s AND", "order_id = w.o AND", STOCK
    ),
    _text(
        "a hold of another order ends", _STOCK_STORE, "order_id = w.o AND sku_id = w.s AND", "sku_id = w.s AND", STOCK
    ),
    _text("the part that ended is the whole", _STOCK_STORE, ", quantity = old.quantity\n", "\n", STOCK),
    _text(
        "an ended hold ends again where it is found",
        _STOCK_STORE,
        "AND state = 'live' OFFSET 0",
        "OFFSET 0",
        STOCK,
        "the hold that is written has to be live as well, and its item was locked before it was read",
    ),
    _text(
        "an ended hold ends again where it is written",
        _STOCK_STORE,
        "WHERE h.id = old.id AND h.state = 'live'",
        "WHERE h.id = old.id",
        STOCK,
        "the hold that is found has to be live as well, and its item was locked before it was read",
    ),
    _text(
        "what is shipped is written as come",
        _STOCK_STORE,
        "SELECT i, s, -q, 'shipped'",
        "SELECT i, s, q, 'shipped'",
        STOCK,
    ),
    _text(
        "what is let go of in part is forgotten",
        _STOCK_STORE,
        "FROM ended WHERE rest > 0",
        "FROM ended WHERE rest > 1",
        STOCK,
    ),
    _text(
        "a hold that is let go whole leaves one of nothing",
        _STOCK_STORE,
        "FROM ended WHERE rest > 0",
        "FROM ended WHERE rest >= 0",
        STOCK,
    ),
    _text("what arrives goes", _STOCK_STORE, "SET on_hand = i.on_hand + t.q", "SET on_hand = i.on_hand - t.q", STOCK),
    _text("an item that is there stops what arrives", _STOCK_STORE, "ON CONFLICT (sku_id) DO NOTHING", "", STOCK),
    _text("what comes is counted twice", _STOCK_STORE, "sum(q) AS q", "2 * sum(q) AS q", STOCK),
    _text("of two lines of a sku one is counted", _STOCK_STORE, "sum(q) AS q", "min(q) AS q", STOCK),
)

OTHER_GUARDS = (
    Guard(
        "once_begin: nobody is in flight",
        "once_begin",
        "pg_try_advisory_xact_lock(hashtextextended(s || ':' || k, 5))",
        "true",
        ONCE,
    ),
    Guard(
        "once_begin: a key is everybody's",
        "once_begin",
        "ON a.subject_id = t.s AND a.key = t.k",
        "ON a.key = t.k",
        ONCE,
    ),
    Guard(
        "once_begin: a lock is everybody's",
        "once_begin",
        "hashtextextended(s || ':' || k, 5)",
        "hashtextextended(k, 5)",
        ONCE,
    ),
    Guard(
        "once_begin: a subject has one key",
        "once_begin",
        "ON a.subject_id = t.s AND a.key = t.k",
        "ON a.subject_id = t.s",
        ONCE,
    ),
    _drop("once_answer", "once_answer_pkey", ONCE),
    _drop("once_answer", "once_answer_key_check", ONCE),
    law("moves of gifts dropped", "DROP TRIGGER moves ON gift_gift", GIFTS),
    Guard(
        "gift_moves: a claimer may change",
        "gift_moves",
        "NEW.claimed_by IS DISTINCT FROM OLD.claimed_by",
        "NEW.claimed_by IS NULL",
        GIFTS,
    ),
    Guard(
        "gift_moves: a claimer may go",
        "gift_moves",
        "NEW.claimed_by IS DISTINCT FROM OLD.claimed_by",
        "NEW.claimed_by <> OLD.claimed_by",
        GIFTS,
    ),
    Guard("gift_moves: an expired gift is claimed", "gift_moves", "(180, 181)", "(180, 181), (180, 20)", GIFTS),
    Guard("gift_moves: an expired gift is not refunded", "gift_moves", ", (180, 181)", "", GIFTS),
    _drop("gift_gift", "claimed_has_claimer", GIFTS),
    _drop("gift_gift", "claimed_by_another", GIFTS),
    _drop("gift_gift", "claimed_by_the_named", GIFTS),
    law("moves of orders dropped", "DROP TRIGGER moves ON order_order", ORDERS),
    Guard("order_moves: a closed order is paid", "order_moves", "(100, 200)", "(100, 200), (250, 20)", ORDERS),
    Guard("order_moves: what was received is not refunded", "order_moves", ", (100, 200)", "", ORDERS),
    _drop("payment_intent", "refunds_within_captures", PAYMENTS),
    _drop("payment_refund", "payment_refund_cause_kind_cause_id_key", PAYMENTS),
    _drop("payment_refund", "payment_refund_amount_check", PAYMENTS),
    _drop("payment_callback", "payment_callback_channel_event_id_key", PAYMENTS),
    _text(
        "a refunded order moves",
        "trade/orders/model.py",
        "OrderState.REFUNDED: frozenset()",
        "OrderState.REFUNDED: frozenset({OrderState.DONE})",
        ORDERS,
    ),
    _text(
        "a received order is final",
        "trade/orders/model.py",
        "OrderState.DONE: frozenset({OrderState.REFUNDED})",
        "OrderState.DONE: frozenset()",
        ORDERS,
    ),
    _text(
        "a gift that ended is claimed",
        "social/gifts/model.py",
        "GiftState.CANCELLED: frozenset()",
        "GiftState.CANCELLED: frozenset({GiftState.CLAIMED})",
        GIFTS,
    ),
    _text(
        "an expired gift stays so",
        "social/gifts/model.py",
        "GiftState.EXPIRED: frozenset({GiftState.EXPIRED_REFUNDED})",
        "GiftState.EXPIRED: frozenset()",
        GIFTS,
    ),
    _text(
        "a withdrawn gift expired",
        "social/gifts/model.py",
        '"withdrawn": GiftState.CANCELLED',
        '"withdrawn": GiftState.EXPIRED',
        GIFTS,
    ),
    _text(
        "a refund that is on its way is cancelled",
        "trade/aftersales/model.py",
        "    (State.REFUNDING, Kind.REFUND, Step.REFUND)",
        "    (State.REFUNDING, Kind.REFUND, Step.CANCEL): State.CANCELLED,\n"
        "    (State.REFUNDING, Kind.REFUND, Step.REFUND)",
        AFTERSALES,
    ),
    _text(
        "goods that came back cannot be refused",
        "trade/aftersales/model.py",
        "    (State.WAIT_RECEIPT, Kind.RETURN, Step.REJECT): State.RETURN_REJECTED,\n",
        "",
        AFTERSALES,
    ),
    _text(
        "a parcel goes back",
        "trade/shipping/model.py",
        "ParcelState.DELIVERED: frozenset()",
        "ParcelState.DELIVERED: frozenset({ParcelState.IN_TRANSIT})",
        SHIPPING,
    ),
    _text(
        "a parcel skips no step",
        "trade/shipping/model.py",
        "ParcelState.IN_TRANSIT: frozenset({ParcelState.OUT_FOR_DELIVERY, ParcelState.DELIVERED})",
        "ParcelState.IN_TRANSIT: frozenset({ParcelState.OUT_FOR_DELIVERY})",
        SHIPPING,
    ),
    _text(
        "asks that cross stay asks",
        "books/people/model.py",
        '(FriendState.ASKED_ME, "ask"): FriendState.FRIENDS',
        '(FriendState.ASKED_ME, "ask"): FriendState.ASKED_ME',
        PEOPLE,
    ),
    _text(
        "who asked accepts",
        "books/people/model.py",
        '    (FriendState.ASKED_ME, "accept")',
        '    (FriendState.ASKED, "accept"): FriendState.FRIENDS,\n    (FriendState.ASKED_ME, "accept")',
        PEOPLE,
    ),
)

GUARDS = LEDGER_GUARDS + STOCK_GUARDS + OTHER_GUARDS

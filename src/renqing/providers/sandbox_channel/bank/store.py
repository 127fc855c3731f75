"""The bank's only SQL: reads on any connection, writes inside the open transaction of a batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from renqing.providers.sandbox_channel.bank.books import Tx
from renqing.providers.sandbox_channel.bank.model import Letter, NewLetter, Payment, Payout, Refund, Switches, changed
from renqing.providers.sandbox_channel.wire import MovementSaid

FOR_ALL = 0  # the row of switches that every payment has
LETTERS_KEPT_DAYS = 30
_PAYMENT = "intent_id, channel_ref, amount, currency, description, notify_url, return_url, state, refunded"
_REFUND = "refund_id, intent_id, channel_ref, amount, currency, notify_url, state, ends_at_ms, ends_as"
_PAYOUT = "payout_id, to_intent_id, channel_ref, amount, currency, state"

# payments and refunds -------------------------------------------------------------------------------------------


def payment(conn: sqlite3.Connection, intent_id: int) -> Payment | None:
    """The payment of this intent, if the bank ever heard of it."""
    row = conn.execute(f"SELECT {_PAYMENT} FROM payment WHERE intent_id = ?", (intent_id,)).fetchone()
    return Payment(*row) if row else None


def payment_by_ref(conn: sqlite3.Connection, channel_ref: str) -> Payment | None:
    """The payment with the bank's own number."""
    row = conn.execute(f"SELECT {_PAYMENT} FROM payment WHERE channel_ref = ?", (channel_ref,)).fetchone()
    return Payment(*row) if row else None


def add_payment(tx: Tx, new: Payment) -> None:
    """A payment that was not there."""
    tx.conn.execute(
        f"INSERT INTO payment ({_PAYMENT}, opened_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*msgspec.structs.astuple(new), tx.now_ms),
    )


def end_payment(tx: Tx, intent_id: int, state: str) -> None:
    """Guarded: only an open payment ends."""
    done = tx.conn.execute(
        "UPDATE payment SET state = ?, ended_at_ms = ? WHERE intent_id = ? AND state = 'open'",
        (state, tx.now_ms, intent_id),
    )
    assert done.rowcount == 1, f"payment {intent_id} had ended before"


def move_refunded(tx: Tx, intent_id: int, by: int) -> None:
    """Set ``by`` more (or less) of a paid payment aside for its refunds."""
    tx.conn.execute("UPDATE payment SET refunded = refunded + ? WHERE intent_id = ?", (by, intent_id))


def refund(conn: sqlite3.Connection, refund_id: int) -> Refund | None:
    """The refund with the merchant's id, if the bank ever heard of it."""
    row = conn.execute(f"SELECT {_REFUND} FROM refund WHERE refund_id = ?", (refund_id,)).fetchone()
    return Refund(*row) if row else None


def add_refund(tx: Tx, new: Refund) -> None:
    """A refund that was not there."""
    tx.conn.execute(
        f"INSERT INTO refund ({_REFUND}, asked_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*msgspec.structs.astuple(new), tx.now_ms),
    )


def end_refund(tx: Tx, refund_id: int, state: str) -> None:
    """Guarded: only a processing refund ends."""
    done = tx.conn.execute(
        "UPDATE refund SET state = ?, ends_at_ms = NULL WHERE refund_id = ? AND state = 'processing'",
        (state, refund_id),
    )
    assert done.rowcount == 1, f"refund {refund_id} had ended before"


def refunds_to_end(conn: sqlite3.Connection, now_ms: int) -> list[Refund]:
    """Processing refunds whose time has come, oldest first."""
    rows = conn.execute(f"SELECT {_REFUND} FROM refund WHERE ends_at_ms <= ? ORDER BY ends_at_ms LIMIT 500", (now_ms,))
    return [Refund(*row) for row in rows]


def payout(conn: sqlite3.Connection, payout_id: int) -> Payout | None:
    """The payout with the merchant's id, if the bank ever heard of it."""
    row = conn.execute(f"SELECT {_PAYOUT} FROM payout WHERE payout_id = ?", (payout_id,)).fetchone()
    return Payout(*row) if row else None


def add_payout(tx: Tx, new: Payout) -> None:
    """A payout that was not there."""
    tx.conn.execute(
        f"INSERT INTO payout ({_PAYOUT}, asked_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*msgspec.structs.astuple(new), tx.now_ms),
    )


# the statement --------------------------------------------------------------------------------------------------


def add_movement(tx: Tx, of: Payment | Refund | Payout) -> None:
    """Money moved: a payment's in, a refund's and a payout's out."""
    if isinstance(of, Payment):
        values: tuple[Any, ...] = ("payment", of.intent_id, None, None, of.amount)
    elif isinstance(of, Refund):
        values = ("refund", of.intent_id, of.refund_id, None, -of.amount)
    else:
        values = ("payout", of.to_intent_id, None, of.payout_id, -of.amount)
    tx.conn.execute(
        """INSERT INTO movement (kind, intent_id, refund_id, payout_id, amount, currency, channel_ref, moved_at_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (*values, of.currency, of.channel_ref, tx.now_ms),
    )


def movements(conn: sqlite3.Connection, after: int, limit: int) -> list[MovementSaid]:
    """A page of the statement."""
    rows = conn.execute(
        """SELECT n, kind, CAST(intent_id AS TEXT), CAST(refund_id AS TEXT), amount, currency, channel_ref, moved_at_ms,
                  CAST(payout_id AS TEXT)
           FROM movement WHERE n > ? ORDER BY n LIMIT ?""",
        (after, limit),
    )
    return [MovementSaid(*row) for row in rows]


# letters --------------------------------------------------------------------------------------------------------


def queue(tx: Tx, letters: Sequence[NewLetter]) -> None:
    """Put callbacks into the queue; a lost one is only written down."""
    for letter in letters:
        tx.conn.execute(
            """INSERT INTO letter
                 (event_id, intent_id, url, body, signing, due_at_ms, held, tries_max, outcome, made_at_ms)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                letter.event_id,
                letter.intent_id,
                letter.url,
                letter.body,
                letter.signing,
                None if letter.lost else letter.due_at_ms,
                0 if letter.lost else letter.held,
                letter.tries_max,
                "lost" if letter.lost else "waiting",
                tx.now_ms,
            ),
        )
    tx.letters_left += len(letters)


def is_any_held(conn: sqlite3.Connection) -> bool:
    """Whether an event waits for later ones to go first."""
    return conn.execute("SELECT 1 FROM letter WHERE held > 0 LIMIT 1").fetchone() is not None


def due_letters(conn: sqlite3.Connection, until_ms: int, limit: int) -> list[Letter]:
    """What is to be delivered by ``until_ms``, in the order that it came due."""
    rows = conn.execute(
        """SELECT n, event_id, url, body, signing, tries, tries_max FROM letter
           WHERE due_at_ms <= ? ORDER BY due_at_ms, n LIMIT ?""",
        (until_ms, limit),
    )
    return [Letter(*row) for row in rows]


def next_due_ms(conn: sqlite3.Connection, after_ms: int) -> int | None:
    """The next moment after ``after_ms`` when something is to be done, if any."""
    row = conn.execute(
        """SELECT min(t) FROM (SELECT min(due_at_ms) AS t FROM letter WHERE due_at_ms > ?1
                               UNION ALL SELECT min(ends_at_ms) FROM refund WHERE ends_at_ms > ?1)""",
        (after_ms,),
    ).fetchone()
    return cast("int | None", row[0])


def end_try(tx: Tx, letter: Letter, *, answer: str, due_at_ms: int | None, outcome: str) -> None:
    """A try has ended. Events that are held for later ones to go first come one nearer to their turn."""
    tx.conn.execute(
        "UPDATE letter SET tries = tries + 1, last_answer = ?, due_at_ms = ?, outcome = ?, held = 0 WHERE n = ?",
        (answer, due_at_ms, outcome, letter.n),
    )
    if letter.tries == 0:
        freed = tx.conn.execute(
            """UPDATE letter SET held = held - 1, due_at_ms = CASE held WHEN 1 THEN ?1 ELSE due_at_ms END
               WHERE held > 0 AND n < ?2""",
            (tx.now_ms, letter.n),
        )
        tx.letters_left += freed.rowcount


def letters_of_intent(conn: sqlite3.Connection, intent_id: int) -> list[dict[str, Any]]:
    """What became of the callbacks about an intent, oldest first."""
    names = ("event_id", "signing", "outcome", "tries", "last_answer", "due_at_ms", "held")
    rows = conn.execute(f"SELECT {', '.join(names)} FROM letter WHERE intent_id = ? ORDER BY n", (intent_id,))
    return [dict(zip(names, row, strict=True)) for row in rows]


def forget_old_letters(tx: Tx) -> None:
    """Letters that ended ``LETTERS_KEPT_DAYS`` ago are forgotten; what they were about is not."""
    before = tx.now_ms - LETTERS_KEPT_DAYS * 86_400_000
    tx.conn.execute("DELETE FROM letter WHERE outcome <> 'waiting' AND made_at_ms < ?", (before,))


# switches -------------------------------------------------------------------------------------------------------


def switch_changes(conn: sqlite3.Connection, intent_id: int) -> dict[str, Any]:
    """What is switched for all (``FOR_ALL``) or for one payment."""
    row = conn.execute("SELECT changes FROM switch WHERE intent_id = ?", (intent_id,)).fetchone()
    return msgspec.json.decode(row[0], type=dict[str, Any]) if row else {}


def switches_for(conn: sqlite3.Connection, intent_id: int) -> Switches:
    """The switches of one payment: its own before those for all."""
    rows = conn.execute(
        "SELECT changes FROM switch WHERE intent_id IN (?, ?) ORDER BY intent_id", (FOR_ALL, intent_id)
    ).fetchall()
    switches = Switches()
    for (changes,) in rows:
        switches = changed(switches, msgspec.json.decode(changes))
    return switches


def set_switches(tx: Tx, intent_id: int, changes: dict[str, Any]) -> None:
    """Replace what is switched; nothing switched is no row."""
    if changes:
        tx.conn.execute(
            """INSERT INTO switch (intent_id, changes) VALUES (?, ?)
               ON CONFLICT (intent_id) DO UPDATE SET changes = excluded.changes""",
            (intent_id, msgspec.json.encode(changes).decode()),
        )
    else:
        tx.conn.execute("DELETE FROM switch WHERE intent_id = ?", (intent_id,))
    tx.conn.execute("DELETE FROM fault WHERE ?1 = 0 OR id = ?1", (intent_id,))


def count_fault(tx: Tx, operation: str, key: int) -> int:
    """How often this operation on this id has been hit, this time included."""
    tx.conn.execute(
        "INSERT INTO fault VALUES (?, ?, 1) ON CONFLICT (operation, id) DO UPDATE SET times = times + 1",
        (operation, key),
    )
    return int(
        tx.conn.execute("SELECT times FROM fault WHERE operation = ? AND id = ?", (operation, key)).fetchone()[0]
    )

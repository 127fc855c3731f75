"""What somebody could do to what shops paid for lateness: each is found by exactly its check."""

from __future__ import annotations

LATE: dict[str, str] = {
    "less is said to be paid than went back": "UPDATE lateness_paid SET amount = amount - 1",
    "what was paid is forgotten": "DELETE FROM lateness_paid",
    "it was paid under another promise": "UPDATE lateness_paid SET promise_n = promise_n + 1",
    "it was paid before it was late": "UPDATE lateness_paid SET due_at = due_at - interval '1 hour'",
    "more is owed for it than it cost": "UPDATE lateness_paid SET base_amount = base_amount + 1000000",
    "its lines know nothing of it": "UPDATE order_line SET late_amount = 0, late_of = 0 WHERE late_amount > 0",
    "another sum was told": """
        UPDATE outbox_fact SET payload = jsonb_set(payload, '{amount}', '1') WHERE kind = 'OrderLatePaid'""",
    "a clock stands still": "DELETE FROM timer WHERE kind = 'pay_for_lateness'",
    "a clock was set aside": "UPDATE timer SET set_aside_at = now() WHERE kind = 'pay_for_lateness'",
    "one of what has left meanwhile was set aside": """
        INSERT INTO timer (id, kind, key, due_at, attempts, last_error, made_at, set_aside_at)
        VALUES (1, 'pay_for_lateness', <done>, now(), 12, 'a fault', now(), now())""",
}

"""What holds across the house: one effect a key, and no yes before the effect is kept."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law

# An answer is kept for 90 days at least; one day less is looked at, so that forgetting old ones is no difference.
_LOOKED_BACK = "89 days"

# The ids that answers name, and the tables where they must be.
NAMED_IN = {
    "order_id": "order_order",
    "intent_id": "payment_intent",
    "gift_id": "gift_gift",
    "case_id": "aftersale_case",
    "parcel_id": "shipping_parcel",
    "product_id": "catalog_product",
    "shop_id": "people_shop",
    "person_id": "people_person",
    "address_id": "people_address",
    "group_id": "people_group",
    "thread_id": "chat_thread",
    "message_id": "chat_message",
    "endpoint_id": "webhook_endpoint",
    "activity_id": "activity_activity",
    "batch_id": "card_batch",
}

ONE_EFFECT_A_KEY = Invariant(
    "X1",
    reads=("once_answer", "order_order", "order_section"),
    differing=f"""
        SELECT 'order ' || o.id || ' of person ' || o.payer_id,
               coalesce(a.times, 0) || ' kept answers that placed it', '1'
          FROM order_order o
          LEFT JOIN (SELECT subject_id, (answer::jsonb ->> 'order_id')::bigint AS order_id, count(*) AS times
                       FROM once_answer WHERE strpos(answer, '"intent_id":') > 0 GROUP BY 1, 2) a
               ON a.order_id = o.id AND a.subject_id = o.payer_id
          CROSS JOIN house
         WHERE o.placed_at > house.now - interval '{_LOOKED_BACK}' AND o.part_of IS NULL
           AND o.purpose <> 'present' AND coalesce(a.times, 0) <> 1
        UNION ALL
        SELECT 'order ' || o.id || ' of person ' || o.owner_id, 'no kept answer that claimed it', 'one or more'
          FROM order_order o
          LEFT JOIN (SELECT DISTINCT subject_id, (answer::jsonb ->> 'order_id')::bigint AS order_id
                       FROM once_answer WHERE answer NOT LIKE '%,%,%'
                        AND (answer LIKE '{{"gift_id":%,"order_id":%}}'
                             OR answer LIKE '{{"activity_id":%,"order_id":%}}')) a
               ON a.order_id = o.id AND a.subject_id = o.owner_id
          CROSS JOIN house
         WHERE o.placed_at > house.now - interval '{_LOOKED_BACK}' AND a.order_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM voucher_return r WHERE r.order_id = o.id)
           AND NOT EXISTS (SELECT 1 FROM order_section s WHERE s.part_id = o.id AND s.n > 1)
           AND (o.part_of IS NOT NULL AND o.purpose = 'gift' OR o.purpose = 'present')
        UNION ALL
        SELECT 'answer to person ' || subject_id || ', key ' || key,
               octet_length(fingerprint) || ' bytes of fingerprint', '32'
          FROM once_answer WHERE octet_length(fingerprint) <> 32""",
    laws=(
        Law("constraint", "once_answer", "once_answer_pkey", "PRIMARY KEY (subject_id, key)"),
        Law("constraint", "ledger_entry", "ledger_entry_key_key", "UNIQUE (key)"),
        Law("function", "", "once_begin", "pg_try_advisory_xact_lock"),
    ),
)

_MISSING = " UNION ALL ".join(
    f"""SELECT n.about, 'names {name} ' || n.id, 'a row of {table}'
          FROM named n WHERE n.name = '{name}' AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = n.id)"""
    for name, table in NAMED_IN.items()
)
_NAMES = ", ".join(f"'{name}'" for name in NAMED_IN)

YES_ONLY_AFTER_THE_COMMIT = Invariant(
    "X2",
    reads=("once_answer", *NAMED_IN.values()),
    differing=f"""
        SELECT * FROM (
          WITH named AS MATERIALIZED (
            SELECT 'answer to person ' || a.subject_id || ', key ' || a.key AS about, f.name, f.value::bigint AS id
              FROM once_answer a, jsonb_each_text(a.answer::jsonb) AS f (name, value)
             WHERE a.answer LIKE '{{%' AND f.name IN ({_NAMES}) AND f.value IS NOT NULL)
          {_MISSING}) missing
        UNION ALL
        SELECT 'setting ' || s.name, s.setting, 'on: a yes survives a crash'
          FROM pg_settings s, house
         WHERE house.durable AND s.setting = 'off' AND s.name IN ('fsync', 'full_page_writes', 'synchronous_commit')""",
)

CROSS = (ONE_EFFECT_A_KEY, YES_ONLY_AFTER_THE_COMMIT)

"""Gifts have one end, and everything follows it; who may not see something is not told it."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law, append_only

# What a fact or notice may never hold: where somebody lives, and how to reach them.
_PERSONAL = "'(^|_)(address|phone|region|detail|legal|street|token)(_|$)'"

ONE_CLAIMER = Invariant(
    "G1",
    reads=("gift_gift", "gift_share", "gift_tier", "order_order", "order_line", "choice_choice", "outbox_fact"),
    differing="""
        SELECT 'gift ' || g.id, 'claimed by ' || coalesce(g.claimed_by::text, 'nobody') || '; facts say '
                 || coalesce(f.told, 'nobody') || ', its order says ' || coalesce(o.owner_id::text, 'nobody'),
               'the same person three times, or nobody'
          FROM gift_gift g JOIN order_order o ON o.id = g.order_id
          LEFT JOIN choice_choice x ON x.order_id = o.id
          LEFT JOIN (SELECT subject_id, string_agg(payload ->> 'claimed_by', ', ') AS told
                       FROM outbox_fact WHERE kind = 'GiftClaimed' GROUP BY subject_id) f ON f.subject_id = g.id
         WHERE g.shares = 1 AND (f.told IS DISTINCT FROM g.claimed_by::text
                                 OR o.shop_id IS NOT NULL AND x.order_id IS NULL
                                    AND o.owner_id IS DISTINCT FROM g.claimed_by
                                 OR g.claimed_by = g.giver_id OR g.claimed_by <> g.recipient_id)
        UNION ALL
        SELECT 'share of person ' || s.person_id || ' of gift ' || s.gift_id,
               coalesce(s.facts, 0) || ' facts, ' || coalesce(s.kept, 0) || ' shares; its order '
                 || coalesce(s.order_id::text, 'none') || ' is of ' || coalesce(o.owner_id::text, 'nobody')
                 || ', part of ' || coalesce(o.part_of::text, 'none'),
               'one each, and an order of the same person, part of the gift''s'
          FROM (SELECT coalesce(h.gift_id, f.gift_id) AS gift_id, coalesce(h.person_id, f.person_id) AS person_id,
                       h.order_id, h.kept, f.facts
                  FROM (SELECT gift_id, person_id, max(order_id) AS order_id, count(*) AS kept
                          FROM gift_share GROUP BY gift_id, person_id) h
                  FULL JOIN (SELECT o.subject_id AS gift_id, (o.payload ->> 'claimed_by')::bigint AS person_id,
                                    count(*) AS facts
                               FROM outbox_fact o JOIN gift_gift g ON g.id = o.subject_id AND g.shares > 1
                              WHERE o.kind = 'GiftClaimed' GROUP BY 1, 2) f
                       ON f.gift_id = h.gift_id AND f.person_id = h.person_id) s
          LEFT JOIN gift_gift g ON g.id = s.gift_id
          LEFT JOIN order_order o ON o.id = s.order_id
         WHERE s.facts IS DISTINCT FROM 1 OR s.kept IS DISTINCT FROM 1 OR o.owner_id IS DISTINCT FROM s.person_id
            OR o.part_of IS DISTINCT FROM g.order_id OR s.person_id = g.giver_id
        UNION ALL
        SELECT 'gift ' || g.id,
               g.shares_claimed || ' of ' || g.shares || ' claimed, numbered to ' || coalesce(h.last, 0),
               coalesce(h.claimed, 0) || ' by its shares, ' || coalesce(p.parts, 0) || ' by the parts of its order'
          FROM gift_gift g
          LEFT JOIN (SELECT gift_id, count(*) AS claimed, max(n) AS last FROM gift_share GROUP BY gift_id) h
               ON h.gift_id = g.id
          LEFT JOIN (SELECT part_of, count(*) AS parts FROM order_order
                      WHERE part_of IS NOT NULL AND purpose = 'gift'
                        AND id NOT IN (SELECT order_id FROM voucher_return) GROUP BY part_of) p
               ON p.part_of = g.order_id
         WHERE g.shares > 1 AND (g.shares_claimed <> coalesce(h.claimed, 0)
                                 OR g.mode = 'first_come' AND g.shares_claimed <> coalesce(h.last, 0)
                                 OR g.shares_claimed <> coalesce(p.parts, 0))
        UNION ALL
        SELECT 'share ' || s.n || ' of gift ' || s.gift_id, 'of style ' || l.sku_id || ' for ' || l.amount,
               'of style ' || coalesce(t.sku_id::text, 'none') || ', by its tier'
          FROM gift_gift g JOIN gift_share s ON s.gift_id = g.id
          JOIN order_line l ON l.order_id = s.order_id
          LEFT JOIN gift_tier t ON t.gift_id = g.id AND s.n BETWEEN t.first_share AND t.first_share + t.shares - 1
         WHERE g.tiers > 1 AND l.sku_id IS DISTINCT FROM t.sku_id
        UNION ALL
        SELECT 'gift ' || g.id, coalesce(t.tiers, 0) || ' tiers of ' || coalesce(t.shares, 0) || ' shares, to share '
                 || coalesce(t.last, 0),
               g.tiers || ' tiers of ' || g.shares || ' shares'
          FROM gift_gift g
          LEFT JOIN (SELECT gift_id, count(*) AS tiers, sum(shares) AS shares, max(first_share + shares - 1) AS last
                       FROM gift_tier GROUP BY gift_id) t ON t.gift_id = g.id
         WHERE g.tiers > 1 AND (t.tiers, t.shares, t.last) IS DISTINCT FROM (g.tiers, g.shares, g.shares)""",
    laws=(
        Law("constraint", "gift_gift", "claimed_has_claimer", "((state = 20) = (claimed_by IS NOT NULL))"),
        Law("constraint", "gift_gift", "claimed_by_another", "(claimed_by <> giver_id)"),
        Law("constraint", "gift_gift", "claimed_by_the_named", "(claimed_by = recipient_id)"),
        Law("constraint", "gift_gift", "gift_gift_order_id_key", "UNIQUE (order_id)"),
        Law("constraint", "gift_gift", "shares_within_the_gift", "(shares_claimed <= shares)"),
        Law("constraint", "gift_gift", "claimed_when_all_are", "((state = 20) = (shares_claimed = shares))"),
        Law("constraint", "gift_gift", "dealt_by_ways", "(shares_dealt = shares_claimed)"),
        Law("constraint", "gift_tier", "gift_tier_pkey", "PRIMARY KEY (gift_id, n)"),
        Law("constraint", "gift_share", "gift_share_pkey", "PRIMARY KEY (gift_id, n)"),
        Law("constraint", "gift_share", "one_share_a_person", "UNIQUE (person_id, gift_id)"),
        *append_only("gift_share"),
        *append_only("gift_tier"),
    ),
)

# The facts a gift left, as the story they tell, and where that story leads by the table of the room's model.
_STORY = """
    SELECT subject_id AS gift_id, bool_or(kind = 'GiftReadyToClaim') AS ready,
           bool_or(kind = 'GiftScheduled') AS scheduled,
           count(*) FILTER (WHERE kind = 'GiftClaimed') AS claims,
           bool_or(kind = 'GiftExpired') AS expired,
           bool_or(kind IN ('GiftRefused', 'GiftWithdrawn', 'GiftKept')) AS cancelled,
           bool_or(kind = 'GiftRefunded') AS refunded,
           count(*) FILTER (WHERE kind IN ('GiftExpired', 'GiftRefused', 'GiftWithdrawn', 'GiftKept')) AS ends
      FROM outbox_fact
     WHERE kind IN ('GiftScheduled', 'GiftReadyToClaim', 'GiftClaimed', 'GiftExpired', 'GiftRefused', 'GiftWithdrawn',
                    'GiftKept', 'GiftRefunded')
     GROUP BY subject_id"""

STATES_FOLLOW_THE_TABLE = Invariant(
    "G2",
    reads=("gift_gift", "outbox_fact"),
    differing=f"""
        SELECT 'gift ' || id, 'in state ' || state, 'in state ' || should || ', by what happened to it'
          FROM (SELECT g.id, g.state,
                       CASE WHEN s.claims >= g.shares THEN 20
                            WHEN s.expired AND s.refunded THEN 181 WHEN s.expired THEN 180
                            WHEN s.cancelled OR g.ended_how = 'unpaid' THEN 250
                            WHEN s.ready THEN 10 WHEN s.scheduled THEN 5 ELSE 0 END AS should
                  FROM gift_gift g LEFT JOIN ({_STORY}) s ON s.gift_id = g.id) g
         WHERE state <> should
        UNION ALL
        SELECT 'gift ' || id, 'state ' || state || ', claimable ' || coalesce(claimable_at::text, 'never') || ', ended '
                 || coalesce(ended_at::text, 'never') || ' ' || ended_how || ', refunded '
                 || coalesce(refunded_at::text, 'never'),
               'times that its state has'
          FROM gift_gift
         WHERE (state IN (180, 181, 250)) <> (ended_at IS NOT NULL) OR (ended_at IS NOT NULL) <> (ended_how <> '')
            OR (claimable_at IS NULL) <> (state IN (0, 5) OR ended_how IN ('unpaid', 'called_off'))
            OR (state = 20) <> (claimed_at IS NOT NULL)
            OR (state IN (180, 181) AND ended_how NOT IN ('expired', 'nobody_left'))
            OR (state = 181 AND refunded_at IS NULL)""",
    laws=(
        Law("trigger", "gift_gift", "moves", "BEFORE UPDATE OF state, claimed_by"),
        Law("function", "", "gift_moves", "RAISE EXCEPTION"),
    ),
)

NOTHING_GIVEN_IS_LOST = Invariant(
    "G3",
    reads=("gift_gift", "order_order", "payment_intent", "payment_refund"),
    differing="""
        SELECT 'gift ' || id, given || ' given', kept || ' claimed or offered, ' || returned || ' returned'
          FROM (SELECT g.id, i.captured_amount AS given,
                       CASE WHEN g.state IN (5, 10) OR g.state = 20 AND o.state <> 110 THEN i.amount
                            ELSE o.divided_amount END AS kept,
                       coalesce(r.amount, 0) AS returned
                  FROM gift_gift g JOIN payment_intent i ON i.order_id = g.order_id
                  JOIN order_order o ON o.id = g.order_id
                  LEFT JOIN (SELECT cause_kind, cause_id, sum(amount) AS amount FROM payment_refund
                              WHERE cause_kind IN ('gift', 'gift_choice', 'late_payment')
                              GROUP BY cause_kind, cause_id) r
                       ON (r.cause_kind = CASE g.ended_how WHEN 'unpaid' THEN 'late_payment' ELSE 'gift' END
                           OR r.cause_kind = 'gift_choice' AND g.state = 20)
                      AND r.cause_id = CASE g.ended_how WHEN 'unpaid' THEN g.order_id ELSE g.id END) g
         WHERE given <> kept + returned""",
)

NOBODY_LEARNS_TOO_MUCH = Invariant(
    "G5",
    reads=("notice_notice", "outbox_fact", "chat_message", "order_order", "gift_gift"),
    differing=f"""
        SELECT 'notice ' || n.id || ' to person ' || n.person_id, 'says ' || f.key, 'nothing of where or how to reach'
          FROM notice_notice n, jsonb_object_keys(n.facts) AS f (key) WHERE f.key ~ {_PERSONAL}
        UNION ALL
        SELECT kind || ' ' || o.id, 'says ' || f.key, 'nothing of where or how to reach'
          FROM outbox_fact o, jsonb_object_keys(o.payload) AS f (key)
         WHERE o.payload ?| ARRAY['gift_id', 'order_id'] AND f.key ~ {_PERSONAL}
        UNION ALL
        SELECT 'column gift_gift.' || attname, 'there', 'a gift knows nothing of where it goes: its order does, sealed'
          FROM pg_attribute
         WHERE attrelid IN ('gift_gift'::regclass, 'gift_share'::regclass) AND attnum > 0 AND attname ~ {_PERSONAL}
           AND attname !~ '^token_'
        UNION ALL
        SELECT 'message ' || id, 'a gift card that says something', 'a card alone'
          FROM chat_message WHERE kind = 'gift' AND body <> ''
        UNION ALL
        SELECT 'order ' || o.id, 'holds an address', 'none before somebody claimed its gift'
          FROM order_order o WHERE o.purpose = 'gift' AND o.owner_id IS NULL AND o.address_sealed IS NOT NULL
        UNION ALL
        SELECT 'notice ' || n.id || ' to person ' || n.person_id, 'says an amount', 'none: the giver paid'
          FROM notice_notice n
          LEFT JOIN gift_gift g ON g.id = (n.facts ->> 'gift_id')::bigint
          LEFT JOIN order_order o ON o.id = coalesce((n.facts ->> 'order_id')::bigint, g.order_id)
          LEFT JOIN balance_balance b ON b.id = (n.facts ->> 'balance_id')::bigint
         WHERE n.facts ? 'amount' AND coalesce(b.person_id, o.payer_id) IS DISTINCT FROM n.person_id
           AND (n.kind <> 'shop_was_late' OR o.owner_id IS NOT DISTINCT FROM n.person_id)""",
)

ONE_ENDING_THAT_ALL_FOLLOW = Invariant(
    "G6",
    reads=("gift_gift", "gift_share", "order_order", "choice_choice", "outbox_fact"),
    differing=f"""
        SELECT 'gift ' || g.id, s.claims || ' claims of ' || g.shares || ', ' || s.ends || ' endings',
               'one end: its last share claimed, or another'
          FROM ({_STORY}) s JOIN gift_gift g ON g.id = s.gift_id
         WHERE s.claims > g.shares OR s.ends + (s.claims = g.shares)::int > 1
        UNION ALL
        SELECT 'gift ' || g.id || ' in state ' || g.state, 'its order is in state ' || o.state,
               'a state that goes with it'
          FROM gift_gift g JOIN order_order o ON o.id = g.order_id
         WHERE NOT CASE g.state WHEN 0 THEN o.state = 10 WHEN 5 THEN o.state = 12 WHEN 10 THEN o.state = 12
                                WHEN 20 THEN CASE WHEN o.shop_id IS NULL THEN true
                                                  WHEN g.shares > 1 THEN o.state = 110
                                                  WHEN o.id IN (SELECT order_id FROM choice_choice) THEN o.state = 110
                                                  ELSE o.state IN (17, 20, 21, 30, 100, 200) END
                                ELSE o.state = CASE WHEN g.shares > 1 AND g.shares_claimed > 0
                                                       OR g.id IN (SELECT gift_id FROM voucher_return)
                                                       OR g.ended_how = 'kept' THEN 110
                                                     ELSE 250 END END
        UNION ALL
        SELECT 'order ' || o.id || ', a share of gift ' || s.gift_id, 'in state ' || o.state, 'shipped, or to be'
          FROM gift_share s JOIN order_order o ON o.id = s.order_id WHERE o.state NOT IN (17, 20, 21, 30, 100, 200)""",
    laws=(
        Law("trigger", "order_order", "moves", "BEFORE UPDATE OF state"),
        Law("function", "", "order_moves", "RAISE EXCEPTION"),
    ),
)

ONE_DEADLINE_BY_OUR_CLOCK = Invariant(
    "G7",
    reads=("gift_gift", "gift_share"),
    differing="""
        SELECT 'gift ' || id, 'claimable ' || claimable_at || ', expires ' || expires_at,
               'expires ' || claimable_at + make_interval(secs => open_for_seconds + more_seconds)
          FROM gift_gift
         WHERE expires_at IS DISTINCT FROM claimable_at + make_interval(secs => open_for_seconds + more_seconds)
        UNION ALL
        SELECT 'gift ' || id, 'claimed ' || claimed_at || ', ended ' || coalesce(ended_at::text, 'never'),
               'claimed before ' || expires_at || ', and never ended'
          FROM gift_gift WHERE state = 20 AND (claimed_at >= expires_at OR ended_at IS NOT NULL)
        UNION ALL
        SELECT 'share ' || s.n || ' of gift ' || g.id, 'claimed ' || s.claimed_at,
               'before ' || coalesce(g.ended_at, g.expires_at)
          FROM gift_share s JOIN gift_gift g ON g.id = s.gift_id
         WHERE s.claimed_at >= g.expires_at OR s.claimed_at > g.ended_at
        UNION ALL
        SELECT 'gift ' || id, ended_how || ' ' || ended_at, 'expired from ' || expires_at || ' on, anything else before'
          FROM gift_gift
         WHERE ended_how IN ('expired', 'refused', 'withdrawn', 'kept')
           AND (ended_how = 'expired') <> (ended_at >= expires_at)
        UNION ALL
        SELECT 'gift ' || id, 'nobody left ' || ended_at, 'before ' || expires_at || ', of a draw'
          FROM gift_gift WHERE ended_how = 'nobody_left' AND (ended_at >= expires_at OR mode <> 'draw')""",
)

A_TOKEN_DIES_WITH_ITS_GIFT = Invariant(
    "G8",
    reads=("gift_gift",),
    differing="""
        SELECT 'gift ' || id || ' in state ' || state,
               coalesce(octet_length(token_hash) || ' bytes of hash', 'no hash') || ', '
                 || CASE WHEN token_sealed IS NULL THEN 'nothing sealed' ELSE 'a sealed token' END,
               CASE WHEN state = 10 THEN 'a keyed hash of 32 bytes and the sealed token'
                    ELSE 'neither: its link is dead' END
          FROM gift_gift
         WHERE (state = 10) <> (token_hash IS NOT NULL) OR (state = 10) <> (token_sealed IS NOT NULL)
            OR octet_length(token_hash) <> 32""",
    laws=(Law("constraint", "gift_gift", "gift_gift_token_hash_key", "UNIQUE (token_hash)"),),
)

# A claim's kept answer is {"gift_id", "order_id"} and nothing else: no other journey answers so.
A_CLAIM_KEEPS_ITS_ANSWER = Invariant(
    "G9",
    reads=("once_answer", "gift_gift", "gift_share", "order_section", "choice_choice"),
    differing="""
        SELECT 'answer to person ' || a.subject_id || ', key ' || a.key,
               'gift ' || a.gift_id || ', order ' || a.order_id,
               'order ' || coalesce(s.order_id, t.part_id, p.part_id, g.order_id) || ', claimed by '
                 || coalesce(s.person_id::text, g.claimed_by::text, 'nobody')
          FROM (SELECT subject_id, key, (answer::jsonb ->> 'gift_id')::bigint AS gift_id,
                       (answer::jsonb ->> 'order_id')::bigint AS order_id
                  FROM once_answer
                 WHERE answer LIKE '{"gift_id":%,"order_id":%}' AND answer NOT LIKE '%,%,%') a
          JOIN gift_gift g ON g.id = a.gift_id
          LEFT JOIN gift_share s ON s.gift_id = a.gift_id AND s.person_id = a.subject_id
          LEFT JOIN order_section t ON t.order_id = g.order_id AND t.n = 1
          LEFT JOIN choice_choice p ON p.order_id = g.order_id
         WHERE coalesce(s.person_id, g.claimed_by) IS DISTINCT FROM a.subject_id
            OR coalesce(s.order_id, t.part_id, p.part_id, g.order_id) <> a.order_id""",
)

A_GIVER_KEEPS_WHAT_IS_LEFT_ONCE = Invariant(
    "G21",
    reads=("gift_gift", "order_order", "outbox_fact"),
    differing="""
        SELECT 'gift ' || g.id || ', ended ' || g.ended_how,
               coalesce(p.parts, 0) || ' orders of its giver''s own for ' || coalesce(p.amount, 0) || ', told '
                 || coalesce(f.told, 0) || ' times; ' || o.divided_amount || ' of ' || o.total_amount || ' divided',
               'all that nobody claimed is the giver''s, told once, where they keep it, and nothing elsewhere'
          FROM gift_gift g JOIN order_order o ON o.id = g.order_id
          LEFT JOIN (SELECT part_of, count(*) AS parts, sum(total_amount) AS amount,
                            bool_and(owner_id = payer_id) AS is_theirs
                       FROM order_order WHERE part_of IS NOT NULL AND purpose = 'self' GROUP BY part_of) p
               ON p.part_of = o.id
          LEFT JOIN (SELECT subject_id, count(*) AS told FROM outbox_fact WHERE kind = 'GiftKept'
                      GROUP BY subject_id) f ON f.subject_id = g.id
         WHERE (g.ended_how = 'kept') <> (p.parts IS NOT NULL)
            OR g.ended_how = 'kept' AND (NOT p.is_theirs OR f.told IS DISTINCT FROM 1
                                         OR o.divided_amount <> o.total_amount)""",
)

A_GIFT_MOVES_ON_ONCE = Invariant(
    "G22",
    reads=("gift_gift", "charity_charity", "outbox_fact"),
    differing="""
        SELECT 'gift ' || g.id, 'passed on by ' || coalesce(g.passed_by::text, 'nobody') || ', claimed by '
                 || coalesce(g.claimed_by::text, 'nobody'),
               'by ' || coalesce(f.last::text, 'nobody') || ', ' || coalesce(f.friends, 0) || ' times to a friend, '
                 || coalesce(f.charities, 0) || ' times to a charity: each once at most, and the charity has it'
          FROM gift_gift g
          LEFT JOIN (SELECT subject_id, (array_agg((payload ->> 'passed_by')::bigint ORDER BY id DESC))[1] AS last,
                            count(*) FILTER (WHERE payload ->> 'is_charity' = 'false') AS friends,
                            count(*) FILTER (WHERE payload ->> 'is_charity' = 'true') AS charities,
                            max((payload ->> 'passed_to')::bigint)
                              FILTER (WHERE payload ->> 'is_charity' = 'true') AS charity
                       FROM outbox_fact WHERE kind IN ('GiftPassedOn', 'GiftReaddressed')
                      GROUP BY subject_id) f ON f.subject_id = g.id
         WHERE g.passed_by IS DISTINCT FROM f.last OR f.friends > 1 + g.readdressed OR f.charities > 1
            OR f.charities = 1 AND (g.claimed_by IS DISTINCT FROM f.charity
                                    OR f.charity NOT IN (SELECT person_id FROM charity_charity))""",
)

GIFTS = (
    ONE_CLAIMER,
    STATES_FOLLOW_THE_TABLE,
    NOTHING_GIVEN_IS_LOST,
    NOBODY_LEARNS_TOO_MUCH,
    ONE_ENDING_THAT_ALL_FOLLOW,
    ONE_DEADLINE_BY_OUR_CLOCK,
    A_TOKEN_DIES_WITH_ITS_GIFT,
    A_CLAIM_KEEPS_ITS_ANSWER,
    A_GIVER_KEEPS_WHAT_IS_LEFT_ONCE,
    A_GIFT_MOVES_ON_ONCE,
)

"""Every program that listens was told, once, and in order."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law

# Facts and the events they make, and whether shops hear them: the table of the journey that tells, written once more.
TOLD = (
    ("GiftScheduled", "gift.scheduled", "shops"),
    ("GiftRescheduled", "gift.rescheduled", "shops"),
    ("GiftOpened", "gift.opened", "platform"),
    ("GiftExtended", "gift.extended", "platform"),
    ("GiftReaddressed", "gift.readdressed", "platform"),
    ("GiftClaimed", "gift.claimed", "shops"),
    ("GiftStyleTaken", "gift.sku_changed_on_claim", "shops"),
    ("GiftReplied", "gift.replied", "platform"),
    ("GiftEntryJoined", "gift.entry_joined", "platform"),
    ("GiftDrawn", "gift.drawn", "platform"),
    ("LuckyPackOver", "gift.lucky_pack.over", "shops"),
    ("GiftRefused", "gift.refused", "shops"),
    ("GiftExpired", "gift.expired", "shops"),
    ("GiftWithdrawn", "gift.withdrawn", "shops"),
    ("GiftKept", "gift.kept", "shops"),
    ("GiftPassedOn", "gift.passed_on", "platform"),
    ("GiftRefunded", "gift.refunded", "shops"),
    ("GiftThanked", "gift.thanked", "platform"),
    ("PresentTaken", "present.taken", "shops"),
    ("ActivityEnded", "activity.ended", "shops"),
    ("RefundAskMoved", "gift.refund_ask.moved", "platform"),
    ("OrderPaid", "order.paid", "shops"),
    ("OrderSplit", "order.to_ship", "shops"),
    ("OrderClosed", "order.closed", "shops"),
    ("OrderShipped", "order.shipped", "shops"),
    ("ParcelDelivered", "order.delivered", "shops"),
    ("OrderReceived", "order.received", "shops"),
    ("OrderHurried", "order.hurried", "shops"),
    ("OrderLatePaid", "order.late_paid", "shops"),
    ("RefundStarted", "refund.started", "shops"),
    ("RefundFailed", "refund.failed", "shops"),
    ("RefundDone", "refund.done", "shops"),
    ("BalanceReturned", "balance.returned", "shops"),
    ("AftersaleMoved", "aftersale.moved", "shops"),
)
# One fact that makes one of several events, by the state that it tells, or by whether the gift came at its moment.
BY_STATE = (
    ("GiftReadyToClaim", "gift.paid", "false"),
    ("GiftReadyToClaim", "gift.sent", "true"),
    ("SwapMoved", "gift.preship_swap.requested", "3"),
    ("SwapMoved", "gift.preship_swap.approved", "4"),
    ("SwapMoved", "gift.preship_swap.rejected", "5"),
    ("SwapMoved", "gift.preship_swap.cancelled", "6"),
    ("SwapMoved", "gift.preship_swap.timed_out", "7"),
)
BY_STEP = tuple(("VoucherMoved", f"voucher.{step}", step) for step in
                ("issued", "returned", "redeemed", "extended", "expired", "refunded"))  # fmt: skip
OF_GIFTS_TOO = (
    ("OrderShipped", "gift.shipped"),
    ("ParcelDelivered", "gift.delivered"),
    ("RefundStarted", "gift.refund.started"),
    ("RefundFailed", "gift.refund.failed"),
    ("RefundDone", "gift.refund.succeeded"),
)
# Deliveries are kept for 180 days; one day less is looked at, so that forgetting old ones is no difference. A fact told
# while an endpoint was being written may have been told before it listened.
_LOOKED_BACK, _JUST_THEN = "179 days", "1 minute"
_EVENTS = ", ".join(f"('{fact}', '{event}', '{audience}', false, NULL)" for fact, event, audience in TOLD)
_MORE = ", ".join(f"('{fact}', '{event}', 'shops', true, NULL)" for fact, event in OF_GIFTS_TOO)
_STATED = ", ".join(f"('{fact}', '{event}', 'shops', true, '{state}')" for fact, event, state in BY_STATE)
_STEPPED = ", ".join(f"('{fact}', '{event}', 'shops', false, '{step}')" for fact, event, step in BY_STEP)

TOLD_TO_ALL_WHO_LISTEN = Invariant(
    "N1",
    reads=("outbox_fact", "webhook_endpoint", "webhook_delivery"),
    differing=f"""
        SELECT 'endpoint ' || e.id || ', fact ' || f.id, 'no delivery of ' || v.event, 'one, told at ' || f.told_at
          FROM webhook_endpoint e CROSS JOIN house
          JOIN (VALUES {_EVENTS}, {_MORE}, {_STATED}, {_STEPPED}) AS v (fact, event, audience, of_gifts, state)
               ON (e.kinds = '{{}}' OR v.event = ANY(e.kinds)) AND (v.audience = 'shops' OR e.shop_id = 0)
          JOIN outbox_fact f ON f.kind = v.fact AND f.told_at > e.kinds_since + interval '{_JUST_THEN}'
           AND f.told_at > house.now - interval '{_LOOKED_BACK}'
          LEFT JOIN gift_gift g ON g.id = (f.payload ->> 'gift_id')::bigint
          LEFT JOIN order_order o ON o.id = coalesce((f.payload ->> 'order_id')::bigint, g.order_id)
         WHERE e.state <> 'removed' AND e.shop_id IN (0, coalesce(o.shop_id, (f.payload ->> 'shop_id')::bigint))
           AND (o.id IS NOT NULL OR f.payload ? 'shop_id') -- a share of a fund is between who paid and the house
           AND (NOT v.of_gifts OR o.purpose = 'gift')
           AND (v.state IS NULL OR v.state = coalesce(f.payload ->> 'state', f.payload ->> 'step',
                                                      f.payload ->> 'scheduled', 'false'))
           AND NOT EXISTS (SELECT 1 FROM webhook_delivery d
                            WHERE d.endpoint_id = e.id AND d.fact_id = f.id AND d.kind = v.event)
        UNION ALL
        SELECT 'delivery ' || d.id, 'tells fact ' || d.fact_id, 'a fact that is told'
          FROM webhook_delivery d LEFT JOIN outbox_fact f ON f.id = d.fact_id AND f.told_at IS NOT NULL
         WHERE d.kind <> 'webhook.test' AND f.id IS NULL""",
    laws=(Law("constraint", "webhook_delivery", "one_delivery_a_fact", "UNIQUE (endpoint_id, fact_id, kind)"),),
)

IN_ORDER = Invariant(
    "N5",
    reads=("webhook_line", "webhook_delivery"),
    differing="""
        SELECT 'line of endpoint ' || d.endpoint_id || ', subject ' || d.subject_id,
               d.kept || ' deliveries from ' || d.first || ' to ' || d.last || ' of ' || coalesce(l.last_n, 0),
               'every number up to its last, once'
          FROM (SELECT endpoint_id, subject_id, count(*) AS kept, min(n) AS first, max(n) AS last
                  FROM webhook_delivery GROUP BY 1, 2) d
          LEFT JOIN webhook_line l ON l.endpoint_id = d.endpoint_id AND l.subject_id = d.subject_id
         WHERE d.kept <> d.last - d.first + 1 OR l.last_n IS DISTINCT FROM d.last
        UNION ALL
        SELECT 'delivery ' || d.id, CASE WHEN d.next_at IS NULL THEN 'never due' ELSE 'due before its turn' END,
               'due in its turn: ' || f.n || ' of its line waits first'
          FROM webhook_delivery d
          JOIN (SELECT endpoint_id, subject_id, min(n) AS n FROM webhook_delivery
                 WHERE state = 'waiting' GROUP BY 1, 2) f
               ON f.endpoint_id = d.endpoint_id AND f.subject_id = d.subject_id
         WHERE d.state = 'waiting' AND d.lent_until IS NULL AND (d.next_at IS NULL) = (d.n = f.n)
        UNION ALL
        SELECT 'delivery ' || id, 'says ' || left(body, 120), 'its own id, kind, subject and number'
          FROM webhook_delivery
         WHERE (body::jsonb ->> 'id', body::jsonb ->> 'type', body::jsonb ->> 'subject', body::jsonb ->> 'sequence')
               IS DISTINCT FROM (event_id, kind, subject_id::text, n::text)""",
    laws=(
        Law("constraint", "webhook_delivery", "numbered_in_its_line", "UNIQUE (endpoint_id, subject_id, n)"),
        Law("constraint", "webhook_delivery", "only_what_waits_is_due", "(state = 'waiting'::text)"),
    ),
)

WEBHOOKS = (TOLD_TO_ALL_WHO_LISTEN, IN_ORDER)

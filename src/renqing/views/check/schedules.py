"""What is scheduled waits with its moment, comes once, and not before."""

from __future__ import annotations

from renqing.views.check.invariant import Invariant, Law
from renqing.views.check.money import SWEPT_WITHIN

A_SCHEDULED_GIFT_COMES_AT_ITS_MOMENT = Invariant(
    "G13",
    reads=("gift_gift", "schedule_delivery", "outbox_fact", "timer"),
    differing=f"""
        SELECT 'gift ' || g.id || ' in state ' || g.state,
               CASE WHEN s.gift_id IS NULL THEN 'no moment to come at' ELSE 'to come at ' || s.deliver_at END,
               'a moment while it is still to come, and none after'
          FROM gift_gift g LEFT JOIN schedule_delivery s ON s.gift_id = g.id
         WHERE g.scheduled AND (g.state IN (0, 5)) <> (s.gift_id IS NOT NULL)
        UNION ALL
        SELECT 'gift ' || s.gift_id, 'to come at ' || s.deliver_at, 'none: it was not scheduled'
          FROM schedule_delivery s LEFT JOIN gift_gift g ON g.id = s.gift_id AND g.scheduled WHERE g.id IS NULL
        UNION ALL
        SELECT 'gift ' || g.id, coalesce('its timer was set aside: ' || t.last_error, 'due ' || t.due_at, 'no timer'),
               'a timer at ' || s.deliver_at
          FROM gift_gift g JOIN schedule_delivery s ON s.gift_id = g.id
          LEFT JOIN timer t ON t.kind = 'deliver_gift' AND t.key = g.id
         WHERE g.state = 5 AND (t.due_at IS DISTINCT FROM s.deliver_at OR t.set_aside_at IS NOT NULL)
        UNION ALL
        SELECT 'gift ' || g.id, 'should have come at ' || s.deliver_at, 'there within {SWEPT_WITHIN}'
          FROM gift_gift g JOIN schedule_delivery s ON s.gift_id = g.id CROSS JOIN house
         WHERE g.state = 5 AND s.deliver_at < house.now - interval '{SWEPT_WITHIN}'
        UNION ALL
        SELECT 'gift ' || g.id, 'came ' || f.ready || ' times, at ' || g.claimable_at,
               'once, and not before ' || f.deliver_at
          FROM gift_gift g
          JOIN (SELECT subject_id, count(*) FILTER (WHERE kind = 'GiftReadyToClaim') AS ready,
                       (array_agg((payload ->> 'deliver_at')::timestamptz ORDER BY id DESC)
                          FILTER (WHERE kind IN ('GiftScheduled', 'GiftRescheduled')))[1] AS deliver_at
                  FROM outbox_fact WHERE kind IN ('GiftScheduled', 'GiftRescheduled', 'GiftReadyToClaim')
                 GROUP BY subject_id) f ON f.subject_id = g.id
         WHERE g.scheduled AND g.claimable_at IS NOT NULL
           AND (f.ready <> 1 OR f.deliver_at IS NULL OR g.readdressed = 0 AND g.claimable_at < f.deliver_at)""",
    laws=(
        Law("constraint", "schedule_delivery", "schedule_delivery_pkey", "PRIMARY KEY (gift_id)"),
        Law("constraint", "schedule_delivery", "to_the_minute", "% (60)"),
        Law("constraint", "gift_gift", "unseen_before_its_moment", "((state <> 5)"),
    ),
)

SCHEDULES = (A_SCHEDULED_GIFT_COMES_AT_ITS_MOMENT,)

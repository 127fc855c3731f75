"""Deliveries go out: lent to this worker, posted between transactions, ended by the transaction that writes the answer.

Each goes its own way: a slow endpoint keeps its own next ones waiting and nobody else's. A worker that froze and lost
its loan writes nothing, and the delivery is posted again: at least once, with the same id, so that who hears it twice
can tell. Only a 2xx is a yes; a redirect is a no, since it leads where nobody has judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from renqing.books import people
from renqing.foundation import crash
from renqing.foundation.clock import monotonic_seconds
from renqing.foundation.database import Tx
from renqing.foundation.ground import Ground
from renqing.foundation.metrics import WEBHOOK_SECONDS, WEBHOOKS
from renqing.foundation.timers import Timer
from renqing.trade import webhooks
from renqing.trade.webhooks import Lent, Tried
from renqing.trade.webhooks.ports import Outside, OutsideFailed

USER_AGENT = "Renqing-Webhooks/1"


async def lend_webhooks(ground: Ground, limit: int, *, failing: bool = False) -> list[Lent]:
    """What this worker may post now, at most ``limit``: of endpoints that failed last time, or of the others."""
    return await ground.db.run(lambda tx: webhooks.lend(tx, limit, failing=failing)) if limit > 0 else []


async def send_a_webhook(ground: Ground, outside: Outside, lent: Lent) -> Tried:
    """Post one lent delivery and write what came of it."""
    tried = await _post(ground, outside, lent)
    crash.point("webhook_posted")

    async def story(tx: Tx) -> None:
        await webhooks.end_try(
            tx, lent, tried, told_ids=[] if tried.is_taken else await _whom_to_tell(tx, lent.shop_id)
        )

    await ground.db.run(story)
    WEBHOOKS.labels(lent.kind, "taken" if tried.is_taken else "failed").inc()
    WEBHOOK_SECONDS.observe(tried.milliseconds / 1000)
    return tried


async def _post(ground: Ground, outside: Outside, lent: Lent) -> Tried:
    body, stamp = lent.body.encode(), int(ground.clock.machine_now().timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": lent.event_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": webhooks.sign(lent.secrets, lent.event_id, stamp, body),
    }
    began = monotonic_seconds()
    try:
        status, why = await outside.post(lent.url, headers, body), ""
    except OutsideFailed as failed:
        status, why = 0, failed.why
    return Tried(status, why, round((monotonic_seconds() - began) * 1000))


async def _whom_to_tell(tx: Tx, shop_id: int) -> list[int]:
    """Who decides about the endpoint: the shop's owners, or the platform's operators."""
    role = people.Role.OPERATOR if shop_id == people.PLATFORM else people.Role.OWNER
    return await people.staff_with_role(tx, shop_id, role)


async def forget_webhooks(_ground: Ground, tx: Tx, _due: Sequence[Timer]) -> None:
    """Deliveries are kept for 180 days."""
    await webhooks.forget_the_old(tx)

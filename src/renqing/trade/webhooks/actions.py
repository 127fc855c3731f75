"""What can be done with endpoints and deliveries. Nothing here commits.

Whoever ends, replays or switches locks the endpoint first, then deliveries, then lines; whoever writes new deliveries
takes the turn of all who do, then lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from renqing.foundation import outbox
from renqing.foundation.database import Tx
from renqing.foundation.ids import random_bytes
from renqing.foundation.timers import Deadline, set_timers
from renqing.trade.webhooks import rules, sending_store, store
from renqing.trade.webhooks.events import TEST, Envelope, TestData
from renqing.trade.webhooks.model import (
    ENDPOINTS_MAX,
    FORGET_WEBHOOKS,
    KEPT_DAYS,
    REPLAYED_MAX,
    ROTATION_LASTS,
    SILENT_FOR_MIN,
    DeliveryState,
    DeliveryUnknown,
    Endpoint,
    EndpointOff,
    EndpointsEnough,
    EndpointState,
    EndpointUnknown,
    Lent,
    NewDelivery,
    NewEndpoint,
    Tried,
    WebhookDisabled,
)

FORGET_EVERY = timedelta(hours=24)
FORGOTTEN_AT_ONCE_MAX = 10_000


# endpoints -----------------------------------------------------------------------------------------------------------
async def add_endpoint(tx: Tx, shop_id: int, new: NewEndpoint, *, loopback: bool) -> tuple[Endpoint, str]:
    """An owner's new endpoint, with the secret that is shown once.

    Raises what ``judge_endpoint`` raises, EndpointsEnough.
    """
    judged = rules.judge_endpoint(new, shop_id, loopback=loopback)
    await store.lock_owner(tx, shop_id)
    if await store.count_endpoints(tx, shop_id) >= ENDPOINTS_MAX:
        raise EndpointsEnough(most=ENDPOINTS_MAX)
    secret = rules.secret_of(random_bytes(rules.SECRET_BYTES))
    endpoint_id = await store.insert_endpoint(tx, shop_id, judged, secret)
    await set_timers(tx, [Deadline(FORGET_WEBHOOKS, 0, tx.now + FORGET_EVERY)])
    return await get_endpoint(tx, shop_id, endpoint_id), secret


async def get_endpoint(tx: Tx, shop_id: int, endpoint_id: int) -> Endpoint:
    """An owner's endpoint, locked. Raises EndpointUnknown."""
    endpoint = await store.lock_endpoint(tx, endpoint_id)
    if endpoint is None or endpoint.shop_id != shop_id:
        raise EndpointUnknown
    return endpoint


async def change_endpoint(tx: Tx, was: Endpoint, new: NewEndpoint, *, loopback: bool) -> None:
    """Write an endpoint anew. Raises what ``judge_endpoint`` raises."""
    await store.update_endpoint(tx, was, rules.judge_endpoint(new, was.shop_id, loopback=loopback))


async def switch(tx: Tx, endpoint: Endpoint, *, on: bool) -> None:
    """Let deliveries out, or keep them back. What was kept back comes in order, each with all its tries."""
    if on and endpoint.state is not EndpointState.ON:
        await store.set_state(tx, endpoint.id, EndpointState.ON)
        await sending_store.begin_anew(tx, endpoint.id)
    if not on and endpoint.state is EndpointState.ON:
        await store.set_state(tx, endpoint.id, EndpointState.PAUSED)


async def remove_endpoint(tx: Tx, endpoint: Endpoint) -> None:
    """An endpoint is gone for good, with its secrets; what was delivered can be looked up until it is forgotten."""
    await store.set_removed(tx, endpoint.id)


async def rotate(tx: Tx, endpoint: Endpoint) -> str:
    """A new secret, shown once; the former signs beside it for ``ROTATION_LASTS``."""
    secret = rules.secret_of(random_bytes(rules.SECRET_BYTES))
    await store.rotate_secret(tx, endpoint.id, secret, tx.now + ROTATION_LASTS)
    return secret


# deliveries ----------------------------------------------------------------------------------------------------------
async def write_deliveries(tx: Tx, news: Sequence[NewDelivery]) -> None:
    """Write deliveries in this order, numbered in their lines. The caller has taken the turn."""
    if not news:
        return
    counts = Counter((new.endpoint_id, new.subject_id) for new in news)
    lines = await store.lengthen_lines(tx, [(*line, count) for line, count in sorted(counts.items())])
    rows = []
    for new in news:
        line = (new.endpoint_id, new.subject_id)
        last, is_busy = lines[line]
        lines[line] = (last + 1, True)
        event_id = f"evt_{new.fact_id}_{new.kind.replace('.', '_')}"
        body = _posted(new, event_id, last + 1)
        rows.append((new.endpoint_id, new.fact_id, new.kind, new.subject_id, last + 1, event_id, body, not is_busy))
    await store.insert_deliveries(tx, rows)


def _posted(new: NewDelivery, event_id: str, sequence: int) -> str:
    envelope = Envelope(
        id=event_id,
        type=new.kind,
        timestamp=new.occurred_at.isoformat().replace("+00:00", "Z"),
        subject=str(new.subject_id),
        sequence=sequence,
        data=msgspec.Raw(new.data),
    )
    return msgspec.json.encode(envelope).decode()


async def write_test_event(tx: Tx, endpoint: Endpoint) -> int:
    """An event in which nothing has happened, in a line of its own; the line's number. Raises EndpointOff."""
    if endpoint.state is not EndpointState.ON:
        raise EndpointOff(state=endpoint.state.value)
    number = tx.ids.new()
    data = msgspec.json.encode(TestData(endpoint_id=str(endpoint.id)))
    await write_deliveries(tx, [NewDelivery(endpoint.id, endpoint.shop_id, number, TEST, number, tx.now, data)])
    return number


async def end_try(tx: Tx, lent: Lent, tried: Tried, *, told_ids: Sequence[int]) -> bool:
    """Write what a try led to; a worker that lost its loan writes nothing, and False says so.

    ``told_ids`` are who learns that the endpoint was switched off, where it is.
    """
    endpoint = await store.lock_endpoint(tx, lent.endpoint_id)
    subject_id = None if endpoint is None else await sending_store.lock_loan(tx, lent)
    if endpoint is None or subject_id is None:
        return False
    await sending_store.note_try(tx, lent, tried)
    await sending_store.lock_lines(tx, endpoint.id, [subject_id])
    again = None if tried.is_taken else rules.next_try(lent.tries, tx.now)
    ended = DeliveryState.DELIVERED if tried.is_taken else DeliveryState.GIVEN_UP
    state = ended if again is None else DeliveryState.WAITING
    await sending_store.set_tried(tx, lent, tried, state, again)
    await sending_store.settle_lines(tx, endpoint.id, [subject_id])
    if tried.is_taken:
        if endpoint.failing_since is not None:
            await store.set_failing(tx, endpoint.id, None)
            if tx.now - endpoint.failing_since >= SILENT_FOR_MIN:
                await sending_store.hurry(tx, endpoint.id)
    else:
        await _endpoint_failed(tx, endpoint, tried, told_ids)
    return True


async def _endpoint_failed(tx: Tx, endpoint: Endpoint, tried: Tried, told_ids: Sequence[int]) -> None:
    since = endpoint.failing_since or tx.now
    if endpoint.failing_since is None:
        await store.set_failing(tx, endpoint.id, tx.now)
    why = rules.why_disable(tried, since, tx.now)
    if why and endpoint.state is not EndpointState.DISABLED:
        await store.set_state(tx, endpoint.id, EndpointState.DISABLED, why)
        await outbox.leave(
            tx,
            WebhookDisabled(subject_id=endpoint.id, shop_id=endpoint.shop_id, told_ids=list(told_ids), why=why),
        )


async def replay(tx: Tx, endpoint: Endpoint, *, since: datetime, only: int | None = None) -> int:
    """Let what has ended wait again, one delivery or all since a time, each in its place; how many.

    Raises DeliveryUnknown where ``only`` one is asked for and it is not this endpoint's; one that waits is no matter.
    """
    if only is not None and not await sending_store.is_of(tx, endpoint.id, only):
        raise DeliveryUnknown
    ids, subjects = await sending_store.ended_since(tx, endpoint.id, since=since, only=only, limit=REPLAYED_MAX)
    await sending_store.lock_lines(tx, endpoint.id, subjects)
    await sending_store.wait_again(tx, ids)
    await sending_store.settle_lines(tx, endpoint.id, subjects)
    return len(ids)


async def forget_the_old(tx: Tx) -> None:
    """Forget deliveries older than ``KEPT_DAYS``, a bounded number at once; look again tomorrow, or soon for more."""
    kept = timedelta(days=KEPT_DAYS)
    given_up = await sending_store.give_up_the_old(tx, kept, FORGOTTEN_AT_ONCE_MAX)
    for endpoint_id, subject_id in given_up:
        await sending_store.lock_lines(tx, endpoint_id, [subject_id])
        await sending_store.settle_lines(tx, endpoint_id, [subject_id])
    gone = await sending_store.forget(tx, kept, FORGOTTEN_AT_ONCE_MAX)
    wait = timedelta(seconds=1) if gone == FORGOTTEN_AT_ONCE_MAX else FORGET_EVERY
    await set_timers(tx, [Deadline(FORGET_WEBHOOKS, 0, tx.now + wait)])

"""The bank's decisions, and what its switches do to what follows from them. Pure."""

from __future__ import annotations

import hashlib

import msgspec

from renqing.providers.sandbox_channel.bank.model import (
    EVERYTHING_PPM,
    NewLetter,
    Operation,
    Payment,
    Refund,
    Switches,
)
from renqing.providers.sandbox_channel.wire import SIGNED_FOR_SECONDS, EventSaid

# The gaps between tries, as WeChat Pay notifies merchants (its own list ends with a sixteenth after 6 hours more).
RETRY_GAPS_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600)
TRIES_MAX = len(RETRY_GAPS_SECONDS) + 1
HELD_SECONDS_MAX = 600
STALE_SECONDS = SIGNED_FOR_SECONDS + 60


def strikes(switches: Switches, name: str, key: int) -> bool:
    """Whether the switch ``name`` hits this id: the same for the same seed, whenever it is asked."""
    if switches.chance_ppm == EVERYTHING_PPM:
        return True
    drawn = hashlib.sha256(f"{switches.seed}:{name}:{key}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") % EVERYTHING_PPM < switches.chance_ppm


def fault_of(switches: Switches, operation: Operation, key: int) -> str:
    """The fault in the answer to this operation, if one is switched on and hits this id."""
    if not switches.answer or (switches.answer_on and operation not in switches.answer_on):
        return ""
    return switches.answer if strikes(switches, f"answer_{operation}", key) else ""


def next_try_at_ms(tries: int, tries_max: int, now_ms: int) -> int | None:
    """When a letter that failed ``tries`` times is tried again; None: it is given up."""
    if tries >= min(tries_max, TRIES_MAX):
        return None
    return now_ms + RETRY_GAPS_SECONDS[tries - 1] * 1000


def news_of_payment(event_id: str, payment: Payment, now_ms: int) -> EventSaid:
    """The truth about a payment, as a callback says it."""
    return EventSaid(
        event_id,
        "payment",
        now_ms,
        str(payment.intent_id),
        None,
        payment.state,
        payment.amount,
        payment.currency,
        payment.channel_ref,
    )


def news_of_refund(event_id: str, refund: Refund, now_ms: int) -> EventSaid:
    """The truth about a refund, as a callback says it."""
    return EventSaid(
        event_id,
        "refund",
        now_ms,
        str(refund.intent_id),
        str(refund.refund_id),
        refund.state,
        refund.amount,
        refund.currency,
        refund.channel_ref,
    )


def letters_of(
    news: EventSaid, url: str, key: int, switches: Switches, now_ms: int, *, may_hold: bool
) -> list[NewLetter]:
    """The callbacks that an event causes. ``key`` is what the switches draw by: the intent's or the refund's id."""

    def on(name: str) -> bool:
        return bool(getattr(switches, name)) and strikes(switches, name, key)

    said = contradicted(news, switches.contradict) if on("contradict") else news
    due_at_ms = now_ms + (switches.delay_seconds * 1000 if on("delay_seconds") else 0)
    held = switches.reorder if may_hold and on("reorder") else 0
    copies = 1 + (switches.duplicate if on("duplicate") else 0)
    letter = NewLetter(
        event_id=news.id,
        intent_id=int(news.intent_id),
        url=url,
        body=msgspec.json.encode(said),
        due_at_ms=max(due_at_ms, now_ms + HELD_SECONDS_MAX * 1000) if held else due_at_ms,
        tries_max=TRIES_MAX,
        held=held,
        lost=on("lose"),
    )
    if copies == 1:
        return [letter]
    apart_ms = switches.duplicate_apart_seconds * 1000
    return [msgspec.structs.replace(letter, due_at_ms=letter.due_at_ms + n * apart_ms) for n in range(copies)]


def forgery_of(news: EventSaid, url: str, key: int, switches: Switches, now_ms: int) -> list[NewLetter]:
    """A callback that claims the money moved and that nobody may believe; sent once."""
    if not switches.forge or not strikes(switches, "forge", key):
        return []
    claim = msgspec.structs.replace(news, state="paid" if news.kind == "payment" else "done")
    return [
        NewLetter(
            event_id=claim.id,
            intent_id=int(claim.intent_id),
            url=url,
            body=msgspec.json.encode(claim),
            due_at_ms=now_ms,
            signing="other_secret" if switches.forge == "signature" else switches.forge,
        )
    ]


def contradicted(news: EventSaid, what: str) -> EventSaid:
    """The event with one thing in it untrue."""
    match what:
        case "amount":
            return msgspec.structs.replace(news, amount=news.amount + 1)
        case "currency":
            return msgspec.structs.replace(news, currency="USD" if news.currency != "USD" else "CNY")
        case "state":
            untrue = {"paid": "closed", "closed": "paid", "open": "paid", "done": "failed", "failed": "done"}
            return msgspec.structs.replace(news, state=untrue.get(news.state, "done"))
        case "intent":
            return msgspec.structs.replace(news, intent_id=str(int(news.intent_id) ^ 1 or 3))
    raise AssertionError(what)

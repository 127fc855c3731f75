"""A repeated request is answered with the first answer, and has its effect once.

The key is bound to who asks (``subject``) and to what was asked (``fingerprint``: route and body). It is
claimed by a lock that ends with the transaction, so a repeat in flight is told to come back, and the answer is
kept in the transaction of the effect. A refusal changes nothing and is not kept: a repeat is judged anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from renqing.foundation.database import Database, Tx
from renqing.foundation.errors import NotNow, NotValid, Refusal

T = TypeVar("T")
KEY_CHARACTERS_MAX = 255
KEPT_DAYS = 90


class KeyInUse(NotNow):
    """The same request is being worked on. Fact: ``retry_after_seconds``."""

    code = "key_in_use"


class KeyReused(NotValid):
    """This key was used before with another body or for another route."""

    code = "key_reused"


class KeyNotValid(NotValid):
    """An idempotency key has 1 to 255 printable ASCII characters."""

    code = "key_not_valid"


@dataclass(frozen=True, slots=True)
class Once:
    """One request: who asks, their key, and a hash of what they ask."""

    subject: int
    key: str
    fingerprint: bytes


def once(subject: int, key: str, route: str, body: Any) -> Once:
    """Name a request. ``body`` is anything msgspec can encode; equal bodies give equal fingerprints."""
    if not 0 < len(key) <= KEY_CHARACTERS_MAX or not key.isascii() or not key.isprintable():
        raise KeyNotValid(length=len(key))
    said = msgspec.json.encode([route, body], order="deterministic")
    return Once(subject, key, hashlib.sha256(said).digest())


async def recall(tx: Tx, asks: Sequence[Once]) -> list[str | Refusal | None]:
    """For each ask the kept answer (JSON), a refusal (``KeyInUse``, ``KeyReused``), or None: go ahead."""
    rows = await tx.fetch(
        "SELECT in_flight, fingerprint, answer FROM once_begin($1::bigint[], $2::text[]) ORDER BY place",
        [ask.subject for ask in asks],
        [ask.key for ask in asks],
    )
    return [_verdict(tx, ask, row) for ask, row in zip(asks, rows, strict=True)]


def _kept(tx: Tx, ask: Once) -> bytes:
    """The fingerprint as it is kept: keyed, so that a dump does not let anybody guess the phone that was asked with."""
    return tx.keys.keyed_hash("once", ask.fingerprint.hex())


def _verdict(tx: Tx, ask: Once, row: Any) -> str | Refusal | None:
    if row["in_flight"]:
        return KeyInUse(retry_after_seconds=1)
    if row["fingerprint"] is None:
        return None
    if row["fingerprint"] != _kept(tx, ask):
        return KeyReused()
    return str(row["answer"])


async def told_before(tx: Tx, asks: Sequence[Once], answer_type: type[T]) -> dict[int, T | Exception]:
    """By place, what was answered to asks before, or the refusal of their keys; a fresh ask is absent."""
    answers: dict[int, T | Exception] = {}
    for place, known in enumerate(await recall(tx, asks)):
        if isinstance(known, Refusal):
            answers[place] = known
        elif known is not None:
            answers[place] = msgspec.json.decode(known, type=answer_type)
    return answers


async def remember(tx: Tx, answered: Sequence[tuple[Once, str]]) -> None:
    """Keep the answers (JSON) of this transaction's asks."""
    if not answered:
        return
    await tx.execute(
        """INSERT INTO once_answer (subject_id, key, fingerprint, answer, made_at)
           SELECT s, k, f, a, $5 FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::text[]) AS t(s, k, f, a)""",
        [ask.subject for ask, _ in answered],
        [ask.key for ask, _ in answered],
        [_kept(tx, ask) for ask, _ in answered],
        [answer for _, answer in answered],
        tx.now,
    )


async def forget(tx: Tx, subject: int) -> None:
    """What was answered to somebody about their own face is gone; answers that name only ids stay, and stay true."""
    await tx.execute("""DELETE FROM once_answer WHERE subject_id = $1 AND answer LIKE '%"name":%'""", subject)


async def run_once(database: Database, ask: Once, answer_type: type[T], story: Callable[[Tx], Awaitable[T]]) -> T:
    """Run ``story`` in one transaction, or answer what it answered the first time. The actor is the asker."""

    async def told_once(tx: Tx) -> T:
        known = (await recall(tx, [ask]))[0]
        if isinstance(known, Refusal):
            raise known
        if known is not None:
            return msgspec.json.decode(known, type=answer_type)
        answer = await story(tx)
        await remember(tx, [(ask, msgspec.json.encode(answer).decode())])
        return answer

    return await database.run(told_once, actor=ask.subject)

"""The bank's books: one SQLite file, its law, its one writer.

Writes that arrive together are committed together: one transaction and one fsync for all of them, in a thread of
their own. An action decides before it writes, so a refusal leaves nothing behind in the shared transaction; an action
that breaks takes its batch back, and the others run again without it. Reads go beside, on the committed truth.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from renqing.foundation import crash
from renqing.foundation.batcher import Batcher
from renqing.foundation.clock import Clock
from renqing.foundation.ids import Ids

T = TypeVar("T")
VERSION = 2

_BEFORE_MONEY = """
CREATE TABLE payment (
  intent_id   INTEGER PRIMARY KEY,
  channel_ref TEXT NOT NULL UNIQUE,
  amount      INTEGER NOT NULL CHECK (amount > 0),
  currency    TEXT NOT NULL,
  description TEXT NOT NULL,
  notify_url  TEXT NOT NULL,
  return_url  TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('open', 'paid', 'closed')),
  refunded    INTEGER NOT NULL DEFAULT 0,
  opened_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  CHECK (refunded BETWEEN 0 AND CASE state WHEN 'paid' THEN amount ELSE 0 END)
);
"""
_MONEY_BACK = """
CREATE TABLE refund (
  refund_id   INTEGER PRIMARY KEY,
  intent_id   INTEGER NOT NULL REFERENCES payment,
  channel_ref TEXT NOT NULL UNIQUE,
  amount      INTEGER NOT NULL CHECK (amount > 0),
  currency    TEXT NOT NULL,
  notify_url  TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('processing', 'done', 'failed', 'closed')),
  ends_at_ms  INTEGER,
  ends_as     TEXT NOT NULL CHECK (ends_as IN ('processing', 'done', 'failed', 'closed')),
  asked_at_ms INTEGER NOT NULL
);
CREATE INDEX refund_ends ON refund (ends_at_ms) WHERE ends_at_ms IS NOT NULL;
CREATE TABLE payout (
  payout_id   INTEGER PRIMARY KEY,
  to_intent_id INTEGER NOT NULL REFERENCES payment (intent_id),
  channel_ref TEXT NOT NULL UNIQUE,
  amount      INTEGER NOT NULL CHECK (amount > 0),
  currency    TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('processing', 'done', 'failed')),
  asked_at_ms INTEGER NOT NULL
);
CREATE TABLE movement (
  n           INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL CHECK (kind IN ('payment', 'refund', 'payout')),
  intent_id   INTEGER NOT NULL REFERENCES payment,
  refund_id   INTEGER UNIQUE REFERENCES refund,
  amount      INTEGER NOT NULL CHECK ((amount > 0) = (kind = 'payment')),
  currency    TEXT NOT NULL,
  channel_ref TEXT NOT NULL UNIQUE,
  moved_at_ms INTEGER NOT NULL,
  payout_id   INTEGER UNIQUE REFERENCES payout,
  CHECK ((refund_id IS NOT NULL) = (kind = 'refund')),
  CHECK ((payout_id IS NOT NULL) = (kind = 'payout'))
);
"""
_AFTER_MONEY = """
CREATE TABLE letter (
  n           INTEGER PRIMARY KEY,
  event_id    TEXT NOT NULL,
  intent_id   INTEGER NOT NULL,
  url         TEXT NOT NULL,
  body        BLOB NOT NULL,
  signing     TEXT NOT NULL,
  due_at_ms   INTEGER,                 -- NULL: it has ended
  held        INTEGER NOT NULL,
  tries       INTEGER NOT NULL DEFAULT 0,
  tries_max   INTEGER NOT NULL,
  outcome     TEXT NOT NULL CHECK (outcome IN ('waiting', 'delivered', 'given_up', 'lost')),
  last_answer TEXT NOT NULL DEFAULT '',
  made_at_ms  INTEGER NOT NULL,
  CHECK ((outcome = 'waiting') = (due_at_ms IS NOT NULL))
);
CREATE INDEX letter_due ON letter (due_at_ms, n) WHERE due_at_ms IS NOT NULL;
CREATE INDEX letter_held ON letter (n) WHERE held > 0;
CREATE INDEX letter_intent ON letter (intent_id);
CREATE TABLE switch (intent_id INTEGER PRIMARY KEY, changes TEXT NOT NULL);
CREATE TABLE fault (operation TEXT NOT NULL, id INTEGER NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (operation, id));
"""

_SCHEMA = _BEFORE_MONEY + _MONEY_BACK + _AFTER_MONEY

# A file of version 1 knew neither payouts nor accounts that are gone: what went back is written anew.
_FROM_1 = f"""
DROP INDEX refund_ends;
ALTER TABLE refund RENAME TO refund_1;
ALTER TABLE movement RENAME TO movement_1;
{_MONEY_BACK}
INSERT INTO refund SELECT * FROM refund_1;
INSERT INTO movement SELECT *, NULL FROM movement_1;
DROP TABLE movement_1;
DROP TABLE refund_1;
"""

_PAYMENT = "intent_id, channel_ref, amount, currency, description, notify_url, return_url, state, refunded"
_REFUND = "refund_id, intent_id, channel_ref, amount, currency, notify_url, state, ends_at_ms, ends_as"


class FileOfAnotherVersion(Exception):
    """The bank's file was written by another version of it."""


class Refused(Exception):
    """The bank says no and has done nothing. ``code`` goes to the merchant."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Tx:
    """The open transaction of a batch: what the actions are given first."""

    conn: sqlite3.Connection
    now_ms: int
    ids: Ids
    letters_left: int = 0


Write = Callable[[Tx], Any]


class Books:
    """The file, its one writer and its reader."""

    def __init__(self, file: Path, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self.on_letters: Callable[[], None] | None = None
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._writer = _connect(file)
        _prepare(self._writer)
        self.reader = _connect(file)
        self.reader.execute("PRAGMA query_only = ON")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox-books")
        self._batcher: Batcher[Write, Any] = Batcher(self._commit_together, batch_max=256)

    async def write(self, action: Callable[[Tx], T]) -> T:
        """What ``action`` answers, once it is on disk. Raises Refused."""
        return cast("T", await self._batcher.ask(action))

    def close(self) -> None:
        """After the last write."""
        self._thread.shutdown()
        self.reader.close()
        self._writer.close()

    def now_ms(self) -> int:
        """The bank's clock, in milliseconds since 1970."""
        return int(self._clock.now().timestamp() * 1000)

    async def _commit_together(self, actions: Sequence[Write]) -> Sequence[Any]:
        tx = Tx(self._writer, self.now_ms(), self._ids)
        answers = await asyncio.get_running_loop().run_in_executor(self._thread, _commit, tx, actions)
        if tx.letters_left and self.on_letters is not None:
            self.on_letters()
        return answers


def _commit(tx: Tx, actions: Sequence[Write]) -> list[Any]:
    answers: list[Any] = []
    tx.conn.execute("BEGIN IMMEDIATE")
    try:
        for action in actions:
            try:
                answers.append(action(tx))
            except Refused as no:
                answers.append(no)
        crash.point("sandbox_before_commit")
        tx.conn.execute("COMMIT")
    except BaseException:
        if tx.conn.in_transaction:
            tx.conn.execute("ROLLBACK")
        raise
    crash.point("sandbox_after_commit")
    return answers


def _connect(file: Path) -> sqlite3.Connection:
    # One connection is for the writer's thread and one for the loop; both are opened here, by the loop.
    conn = sqlite3.connect(file, isolation_level=None, check_same_thread=False, cached_statements=256)
    conn.execute("PRAGMA busy_timeout = 5000")
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA foreign_keys = ON")
    return conn


def _prepare(conn: sqlite3.Connection) -> None:
    version = conn.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        conn.executescript(f"BEGIN EXCLUSIVE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version == 1:
        conn.executescript(f"BEGIN EXCLUSIVE; {_FROM_1} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version != VERSION:
        raise FileOfAnotherVersion(
            f"the sandbox's file is version {version}, this program reads {VERSION}: move it away"
        )

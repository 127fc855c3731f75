"""The sandbox bank pays out to an account that paid before, says which accounts are gone, and reads its older files."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from bankside import PAID, Bankside, bankside

from renqing.foundation.clock import SystemClock
from renqing.foundation.ids import SeededIds
from renqing.providers.sandbox_channel.bank import store
from renqing.providers.sandbox_channel.bank.books import VERSION, Books
from renqing.trade.payments.ports import ChannelRefused, ChannelSilent, PayoutAsk

# What a file of version 1 had of refunds and movements.
_VERSION_1 = """
CREATE TABLE payment (intent_id INTEGER PRIMARY KEY, channel_ref TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL,
  currency TEXT NOT NULL, description TEXT NOT NULL, notify_url TEXT NOT NULL, return_url TEXT NOT NULL,
  state TEXT NOT NULL, refunded INTEGER NOT NULL DEFAULT 0, opened_at_ms INTEGER NOT NULL, ended_at_ms INTEGER);
CREATE TABLE refund (refund_id INTEGER PRIMARY KEY, intent_id INTEGER NOT NULL REFERENCES payment,
  channel_ref TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL, currency TEXT NOT NULL, notify_url TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('processing', 'done', 'failed')), ends_at_ms INTEGER,
  ends_as TEXT NOT NULL CHECK (ends_as IN ('processing', 'done', 'failed')), asked_at_ms INTEGER NOT NULL);
CREATE INDEX refund_ends ON refund (ends_at_ms) WHERE ends_at_ms IS NOT NULL;
CREATE TABLE movement (n INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('payment', 'refund')),
  intent_id INTEGER NOT NULL REFERENCES payment, refund_id INTEGER UNIQUE REFERENCES refund, amount INTEGER NOT NULL,
  currency TEXT NOT NULL, channel_ref TEXT NOT NULL UNIQUE, moved_at_ms INTEGER NOT NULL);
INSERT INTO payment VALUES (7, 'P7', 900, 'CNY', '', 'http://us', 'http://us', 'paid', 400, 1, 2);
INSERT INTO refund VALUES (70, 7, 'R70', 400, 'CNY', 'http://us', 'done', NULL, 'done', 3);
INSERT INTO movement VALUES (1, 'payment', 7, NULL, 900, 'CNY', 'P7', 2), (2, 'refund', 7, 70, -400, 'CNY', 'R70', 3);
PRAGMA user_version = 1;
"""


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Bankside]:
    async with bankside(tmp_path) as opened:
        yield opened


async def _moved(town: Bankside) -> list[tuple[str, int]]:
    return [(line.kind, line.amount) for line in await town.channel.statement()]


async def test_a_payout_goes_once_to_the_account_that_paid_and_stands_on_the_statement(town: Bankside) -> None:
    await town.paid(7)
    for _ in range(3):
        assert (await town.channel.payout(PayoutAsk(90, 7, 250, "CNY"))).state == "done"
    assert await _moved(town) == [("payment", PAID), ("payout", -250)]
    (line,) = [line for line in await town.channel.statement() if line.kind == "payout"]
    assert (line.payout_id, line.intent_id, line.refund_id) == ("90", "7", None)
    said = await town.channel.query_payout(90)
    assert (said.state, said.to_intent_id, said.amount, said.currency) == ("done", 7, 250, "CNY")
    assert (await town.channel.query_payout(91)).state == "unknown"


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (PayoutAsk(90, 8, 250, "CNY"), "payment_unknown"),
        (PayoutAsk(90, 9, 250, "CNY"), "payment_not_paid"),
        (PayoutAsk(90, 7, 250, "JPY"), "another_currency"),
        (PayoutAsk(89, 7, 251, "CNY"), "another_amount"),
    ],
)
async def test_a_payout_to_whom_the_bank_does_not_know_or_of_another_sum_is_refused_and_moves_nothing(
    town: Bankside, ask: PayoutAsk, why: str
) -> None:
    await town.paid(7)
    await town.channel.open(town.ask(9))
    await town.channel.payout(PayoutAsk(89, 7, 250, "CNY"))
    before = await _moved(town)
    with pytest.raises(ChannelRefused) as refused:
        await town.channel.payout(ask)
    assert refused.value.facts["reason"] == why and await _moved(town) == before


@pytest.mark.parametrize("becomes", ["failed", "processing"])
async def test_a_payout_may_fail_or_never_end(town: Bankside, becomes: str) -> None:
    await town.paid(7)
    await town.channel.switch({"payouts": becomes}, 7)
    assert (await town.channel.payout(PayoutAsk(90, 7, 250, "CNY"))).state == becomes
    await town.channel.switch({}, 7)
    assert (await town.channel.payout(PayoutAsk(90, 7, 250, "CNY"))).state == becomes, "its number is its own"
    assert await _moved(town) == [("payment", PAID)]


async def test_a_payout_whose_answer_is_lost_was_made_and_is_found_by_asking(town: Bankside) -> None:
    await town.paid(7)
    await town.channel.switch({"answer": "fail_after", "answer_on": ["payout"]})
    with pytest.raises(ChannelSilent):
        await town.channel.payout(PayoutAsk(90, 7, 250, "CNY"))
    assert (await town.channel.query_payout(90)).state == "done"
    assert (await town.channel.payout(PayoutAsk(90, 7, 250, "CNY"))).state == "done"
    assert await _moved(town) == [("payment", PAID), ("payout", -250)]


async def test_an_account_that_is_gone_is_said_so_and_another_refund_may_be_asked(town: Bankside) -> None:
    await town.paid(7)
    await town.channel.switch({"refunds": "closed"}, 7)
    assert (await town.channel.refund(town.refund_ask(70, 7, PAID))).state == "closed"
    assert (await town.channel.query_refund(70)).state == "closed"
    await town.deliver()
    assert {(news.refund_id, news.state) for news in town.news()} == {(None, "paid"), (70, "closed")}
    await town.channel.switch({}, 7)
    assert (await town.channel.refund(town.refund_ask(71, 7, PAID))).state == "done"
    assert await _moved(town) == [("payment", PAID), ("refund", -PAID)]


def test_a_file_of_the_version_before_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    file = tmp_path / "bank.sqlite"
    with closing(sqlite3.connect(file)) as old:
        old.executescript(_VERSION_1)
    for _ in range(2):
        with closing(Books(file, SystemClock(), SeededIds())) as books:
            assert [(one.kind, one.amount) for one in store.movements(books.reader, 0, 9)] == [
                ("payment", 900),
                ("refund", -400),
            ]
            refund = store.refund(books.reader, 70)
            assert refund is not None and (refund.state, refund.amount) == ("done", 400)
            assert books.reader.execute("PRAGMA user_version").fetchone() == (VERSION,)
            assert books.reader.execute("PRAGMA foreign_key_check").fetchall() == []

"""What a channel's word is worth, and that money is captured once and given back never twice."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from counter import buy
from hypothesis import given
from hypothesis import strategies as st
from interleaving import one_after_the_other
from town import Town, build_town, hears, place

from renqing.foundation.ground import Ground
from renqing.trade import orders, payments
from renqing.trade.payments import Effect, Intent, NewRefund, PaymentOver, Refund
from renqing.trade.payments.ports import PaymentNews


def intent(state: str = "open", **changed: Any) -> Intent:
    nothing = dict.fromkeys(Intent.__struct_fields__)
    said = {
        "id": 1,
        "order_id": 2,
        "payer_id": 3,
        "channel": "sandbox",
        "currency": "CNY",
        "amount": 100,
        "state": state,
    }
    return Intent(**{**nothing, **said, "captured_amount": 0, "refunded_amount": 0, **changed})


def refund(state: str = "sent") -> Refund:
    nothing = dict.fromkeys(Refund.__struct_fields__)
    return Refund(**{**nothing, "id": 9, "intent_id": 1, "amount": 40, "state": state})


def news(kind: str = "payment", **changed: Any) -> PaymentNews:
    said = {"event_id": "e", "kind": kind, "intent_id": 1, "refund_id": None, "state": "paid", "amount": 100}
    return PaymentNews(**{**said, "currency": "CNY", "channel_ref": "r", **changed})


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


# a channel's word ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "said", "effect"),
    [
        ("open", {}, Effect.CAPTURE),
        ("closed", {}, Effect.CAPTURE),
        ("captured", {}, Effect.REPEATED),
        ("open", {"state": "open"}, Effect.LOOK),
        ("open", {"state": "closed"}, Effect.LOOK),
        ("closed", {"state": "closed"}, Effect.LOOK),
        ("captured", {"state": "closed"}, Effect.QUARANTINE_STATE),
        ("captured", {"state": "open"}, Effect.QUARANTINE_STATE),
        ("open", {"amount": 99}, Effect.QUARANTINE_AMOUNT),
        ("open", {"amount": 101}, Effect.QUARANTINE_AMOUNT),
        ("open", {"currency": "JPY"}, Effect.QUARANTINE_AMOUNT),
        ("captured", {"amount": 1}, Effect.QUARANTINE_AMOUNT),
    ],
)
def test_news_of_a_payment(state: str, said: dict[str, Any], effect: Effect):
    assert payments.judge(intent(state), news(**said)) is effect


@pytest.mark.parametrize(
    ("known", "said", "effect"),
    [
        ("due", {}, Effect.REFUNDED),
        ("sent", {}, Effect.REFUNDED),
        ("done", {}, Effect.REPEATED),
        ("sent", {"state": "processing"}, Effect.LOOK),
        ("sent", {"state": "failed"}, Effect.LOOK),
        ("sent", {"state": "closed"}, Effect.LOOK),
        ("kept", {}, Effect.QUARANTINE_STATE),
        ("kept", {"state": "failed"}, Effect.REPEATED),
        ("kept", {"state": "closed"}, Effect.REPEATED),
        ("done", {"state": "failed"}, Effect.QUARANTINE_STATE),
        ("sent", {"amount": 41}, Effect.QUARANTINE_AMOUNT),
        ("sent", {"currency": "USD"}, Effect.QUARANTINE_AMOUNT),
        ("sent", {"intent_id": 2}, Effect.QUARANTINE_REFUND),
        (None, {}, Effect.QUARANTINE_REFUND),
    ],
)
def test_news_of_a_refund(known: str | None, said: dict[str, Any], effect: Effect):
    heard = news("refund", **{"refund_id": 9, "amount": 40, "state": "done", **said})
    assert payments.judge_refund(refund(known) if known else None, "CNY", heard) is effect


@given(
    st.sampled_from(["open", "captured", "closed"]),
    st.sampled_from(["open", "paid", "closed", "processing", "done", "failed"]),
    st.integers(-5, 200),
    st.sampled_from(["CNY", "JPY"]),
)
def test_money_moves_only_for_a_full_payment_of_exactly_our_amount(state: str, said: str, amount: int, currency: str):
    effect = payments.judge(intent(state), news(state=said, amount=amount, currency=currency))
    assert (effect is Effect.CAPTURE) == (state != "captured" and (said, amount, currency) == ("paid", 100, "CNY"))


def test_queries_begin_when_the_operator_says_and_grow_rare():
    assert [payments.wait_before_query(n, 30).total_seconds() for n in range(7)] == [30, 60, 120, 300, 600, 600, 600]
    assert payments.wait_before_query(0, 5).total_seconds() == 5


# refunds -------------------------------------------------------------------------------------------------------------
async def ask(town: Town, order_id: int, *asks: tuple[int, str, int]) -> list[tuple[Refund, bool]]:
    """Refunds of (amount, cause kind, cause id) of one order, under its lock."""

    async def story(tx: Any) -> list[tuple[Refund, bool]]:
        await orders.get(tx, order_id)
        return await payments.ask_refunds(
            tx, [NewRefund(order_id, amount, kind, id_, "r") for amount, kind, id_ in asks]
        )

    return await town.ground.db.run(story)


async def refunded(town: Town) -> list[tuple[int, int]]:
    rows = await town.ground.db.fetch(
        """SELECT i.refunded_amount, coalesce(sum(r.amount), 0)::bigint FROM payment_intent i
           LEFT JOIN payment_refund r ON r.intent_id = i.id GROUP BY i.id ORDER BY i.id"""
    )
    return [(row[0], row[1]) for row in rows]


async def test_one_cause_has_one_refund_whoever_asks_how_often(town: Town):
    bought = await buy(town, town.an, town.red)
    ((first, new),) = await ask(town, bought.order_id, (500, "case", 1))
    ((again, new_again),) = await ask(town, bought.order_id, (12_000, "case", 1))
    assert (new, new_again) == (True, False)
    assert again == first
    assert await refunded(town) == [(500, 500)]
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer WHERE kind = 'send_refund'") == 1


async def test_many_refunds_of_many_orders_are_one_set(town: Town):
    one, other = await buy(town, town.an, town.red), await buy(town, town.bo, town.red)

    async def story(tx: Any) -> list[tuple[Refund, bool]]:
        await orders.lock_many(tx, [one.order_id, other.order_id])
        asks = [(one, 100, 1), (other, 200, 2), (one, 300, 3)]
        return await payments.ask_refunds(
            tx, [NewRefund(placed.order_id, amount, "case", cause, "r") for placed, amount, cause in asks]
        )

    asked = await town.ground.db.run(story)
    assert [(one_refund.amount, new) for one_refund, new in asked] == [(100, True), (200, True), (300, True)]
    assert await refunded(town) == [(400, 400), (200, 200)]


async def test_more_than_was_captured_never_goes_back(town: Town):
    bought = await buy(town, town.an, town.red)
    for asks in ([(12_901, "case", 1)], [(12_000, "case", 2), (901, "case", 3)]):
        with pytest.raises(PaymentOver):
            await ask(town, bought.order_id, *asks)
    assert await refunded(town) == [(0, 0)]
    await ask(town, bought.order_id, (12_000, "case", 2), (900, "case", 3))
    with pytest.raises(PaymentOver):
        await ask(town, bought.order_id, (1, "case", 4))
    assert await refunded(town) == [(12_900, 12_900)]


async def test_what_was_not_captured_cannot_be_refunded(town: Town):
    placed = await place(town, town.an, town.red)
    with pytest.raises(PaymentOver):
        await ask(town, placed.order_id, (1, "case", 1))


async def test_two_refunds_at_once_never_pass_the_capture(town: Town):
    bought = await buy(town, town.an, town.red)
    lock = ("SELECT 1 FROM order_order WHERE id = $1 FOR NO KEY UPDATE", bought.order_id)
    first, second = await one_after_the_other(
        town.ground.db,
        lock,
        lambda: ask(town, bought.order_id, (7_000, "case", 1)),
        lambda: ask(town, bought.order_id, (7_000, "case", 2)),
    )
    assert isinstance(first, list)
    assert isinstance(second, PaymentOver)
    assert await refunded(town) == [(7_000, 7_000)]


async def test_fifty_who_ask_for_the_same_cause_get_the_same_refund(town: Town):
    bought = await buy(town, town.an, town.red)
    asked = await asyncio.gather(*(ask(town, bought.order_id, (500, "case", 1)) for _ in range(50)))
    assert len({said[0][0].id for said in asked}) == 1
    assert [said[0][1] for said in asked].count(True) == 1
    assert await refunded(town) == [(500, 500)]


# the law in the schema -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("crime", "law"),
    [
        ("UPDATE payment_intent SET captured_amount = 1", "captured_amount_check|payment_intent_check"),
        ("UPDATE payment_intent SET state = 'open'", "payment_intent_check"),
        ("UPDATE payment_intent SET refunded_amount = captured_amount + 1", "refunds_within_captures"),
        ("UPDATE payment_intent SET refunded_amount = -1", "refunds_within_captures"),
        (
            "INSERT INTO payment_intent SELECT 1, order_id, 1, 'x', 'CNY', 1, 'open' FROM payment_intent",
            "null|order_id_key",
        ),
        ("UPDATE payment_callback SET verdict = 'maybe'", "verdict_check"),
    ],
)
async def test_the_schema_refuses_what_the_rules_refuse(town: Town, crime: str, law: str):
    await buy(town, town.an, town.red)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await town.ground.db.pool.execute(crime)


@pytest.mark.parametrize(
    ("crime", "law"),
    [
        (
            (
                "INSERT INTO payment_refund SELECT 1, intent_id, 1, '', cause_kind, cause_id, state, '', made_at"
                " FROM payment_refund"
            ),
            "payment_refund_cause_kind_cause_id_key",
        ),
        ("UPDATE payment_refund SET amount = 0", "payment_refund_amount_check"),
    ],
)
async def test_the_schema_refuses_a_second_refund_of_a_cause_and_one_of_nothing(town: Town, crime: str, law: str):
    bought = await buy(town, town.an, town.red)
    await ask(town, bought.order_id, (500, "case", 1))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=law):
        await town.ground.db.pool.execute(crime)


async def test_a_callback_is_kept_once(town: Town):
    said = hears(404, 1, event_id="twice")
    kept = payments.JudgedCallback("sandbox", said.news.event_id, "payment", 404, b"{}", "quarantined", "why")
    await town.ground.db.run(lambda tx: payments.keep_callbacks(tx, [kept, kept]))
    await town.ground.db.run(lambda tx: payments.keep_callbacks(tx, [kept]))
    assert await town.ground.db.fetchval("SELECT count(*) FROM payment_callback") == 1
    assert await town.ground.db.run(lambda tx: payments.known_events(tx, "sandbox", ["twice", "never"])) == {"twice"}

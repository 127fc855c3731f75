"""A channel's word, however often and in whatever order: money comes once, goes back once, and nothing is believed."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import msgspec
import pytest
from crowd import refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interleaving import one_after_the_other
from town import Town, build_town, give, give_paid, hears, pay, place, raised

from renqing.books import ledger
from renqing.foundation.batcher import Batcher
from renqing.foundation.errors import NotNow
from renqing.foundation.ground import Ground
from renqing.journeys import take_a_payment
from renqing.journeys.cancel_an_order import CancelOrder, cancel_an_order
from renqing.journeys.end_a_gift import RefuseAGift, refuse_a_gift
from renqing.journeys.take_a_payment import (
    CallbackAmountDiffers,
    CallbackContradicts,
    CallbackOrderUnknown,
    Heard,
    Taken,
    take_payments,
)
from renqing.trade.payments import Effect
from renqing.trade.payments.ports import PaymentNews
from renqing.views.check import check

CLEARING, ESCROW, DUE = ledger.clearing(1, "CNY"), ledger.escrow("CNY"), ledger.refunds_due("CNY")


@pytest.fixture
async def town(ground: Ground) -> Town:
    return await build_town(ground)


async def balance(town: Town, name: ledger.AccountName) -> int:
    return (await ledger.balance_of(town.ground.db, name))[0]


async def kept(town: Town) -> list[tuple[str, str, str]]:
    """Every callback that was stored: event, verdict, why."""
    rows = await town.ground.db.fetch("SELECT event_id, verdict, why FROM payment_callback ORDER BY id")
    return [(row["event_id"], row["verdict"], row["why"]) for row in rows]


async def state_of(town: Town, order_id: int) -> tuple[int, str, int, int]:
    """Order state, intent state, captured, refunded."""
    row = await town.ground.db.fetchrow(
        """SELECT o.state, i.state AS intent_state, i.captured_amount, i.refunded_amount
           FROM order_order o JOIN payment_intent i ON i.order_id = o.id WHERE o.id = $1""",
        order_id,
    )
    assert row is not None
    return tuple(row.values())  # type: ignore[return-value]


async def refund_of(town: Town) -> tuple[Any, PaymentNews]:
    """A gift that was refused: its refund's row, and the channel's word that it is done."""
    gift = await give_paid(town, town.an, town.bo, town.red)
    await refuse_a_gift(town.ground, RefuseAGift(town.bo, "have_one", gift_id=gift.gift_id), town.key(town.bo))
    row = await town.ground.db.fetchrow("SELECT id, intent_id, amount FROM payment_refund")
    assert row is not None
    return row, PaymentNews(
        event_id="refund-1",
        kind="refund",
        intent_id=row["intent_id"],
        refund_id=row["id"],
        state="done",
        amount=row["amount"],
        currency="CNY",
        channel_ref="r",
    )


async def tell(town: Town, *said: Heard) -> list[Any]:
    return await take_payments(town.ground, said)


# captures ------------------------------------------------------------------------------------------------------------
async def test_a_payment_is_booked_and_moves_its_order(town: Town):
    placed = await place(town, town.an, town.red)
    assert await pay(town, placed.intent_id, 12_900, event_id="e1") == Taken(Effect.CAPTURE)
    assert await state_of(town, placed.order_id) == (20, "captured", 12_900, 0)
    assert await balance(town, CLEARING) == -12_900
    assert await balance(town, ESCROW) == 12_900
    assert await balance(town, ledger.person_balance(town.an, "CNY")) == 0
    assert await kept(town) == [("e1", "applied", "")]
    assert await town.ground.db.fetchval("SELECT count(*) FROM timer") == 0
    assert (await check(town.ground)).is_clean


async def test_a_hundred_copies_of_one_callback_are_one_payment(town: Town):
    placed = await place(town, town.an, town.red)
    said = hears(placed.intent_id, 12_900, event_id="e1")
    batcher = Batcher(partial(take_payments, town.ground), key=lambda heard: (heard.channel, heard.news.event_id))
    answers = await asyncio.gather(*(batcher.ask(said) for _ in range(50)), *(pay_again(town, said) for _ in range(50)))
    assert [answer.effect for answer in answers].count(Effect.CAPTURE) == 1
    assert [answer.effect for answer in answers].count(Effect.REPEATED) == 99
    assert await balance(town, CLEARING) == -12_900
    assert await kept(town) == [("e1", "applied", "")]
    assert (await check(town.ground)).is_clean


async def pay_again(town: Town, said: Heard) -> Taken:
    taken: Taken = raised((await tell(town, said))[0])
    return taken


@pytest.mark.parametrize("same_event", [True, False])
async def test_two_callbacks_at_once_are_one_payment(town: Town, same_event: bool):  # noqa: FBT001
    """Both wait for the order; the first books, the second finds it booked: as the same event or as another."""
    placed = await place(town, town.an, town.red)
    events = ("e1", "e1") if same_event else ("e1", "e2")
    taken = await one_after_the_other(
        town.ground.db,
        ("SELECT 1 FROM order_order WHERE id = $1 FOR NO KEY UPDATE", placed.order_id),
        lambda: pay(town, placed.intent_id, 12_900, event_id=events[0]),
        lambda: pay(town, placed.intent_id, 12_900, event_id=events[1]),
    )
    assert taken == [Taken(Effect.CAPTURE), Taken(Effect.REPEATED)]
    assert await balance(town, CLEARING) == -12_900
    assert await town.ground.db.fetchval("SELECT count(*) FROM ledger_entry") == 1
    assert [(verdict, why) for _, verdict, why in await kept(town)] == [("applied", "")] + [("repeated", "")] * (
        not same_event
    )
    assert (await check(town.ground)).is_clean


async def test_two_copies_in_one_batch_are_one_payment(town: Town):
    placed = await place(town, town.an, town.red)
    said = [hears(placed.intent_id, 12_900, event_id=event) for event in ("e1", "e2")]
    assert await tell(town, *said) == [Taken(Effect.CAPTURE), Taken(Effect.REPEATED)]
    assert await balance(town, CLEARING) == -12_900


async def test_many_payments_are_taken_as_one_set(town: Town):
    orders = [await place(town, person, town.red) for person in (town.an, town.bo, town.cai)]
    gift = await give(town, town.an, town.bo, town.red)
    heard = [hears(placed.intent_id, 12_900) for placed in (*orders, gift)]
    assert await tell(town, *heard) == [Taken(Effect.CAPTURE)] * 4
    assert [(await state_of(town, placed.order_id))[0] for placed in (*orders, gift)] == [20, 20, 20, 12]
    assert await balance(town, ESCROW) == 4 * 12_900
    assert (await check(town.ground)).is_clean


# what is not believed ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"amount": 12_899}, CallbackAmountDiffers),
        ({"amount": 12_901}, CallbackAmountDiffers),
        ({"amount": -12_900}, CallbackAmountDiffers),
        ({"amount": 0}, CallbackAmountDiffers),
        ({"amount": 2**70}, CallbackAmountDiffers),
        ({"currency": "JPY"}, CallbackAmountDiffers),
        ({"currency": ""}, CallbackAmountDiffers),
    ],
)
async def test_another_amount_or_currency_is_kept_aside(
    town: Town, changed: dict[str, Any], refusal: type[CallbackAmountDiffers]
):
    placed = await place(town, town.an, town.red)
    said = hears(placed.intent_id, 12_900, event_id="odd")
    odd = msgspec.structs.replace(said, news=msgspec.structs.replace(said.news, **changed))
    await refused(town, pay_again(town, odd), refusal)
    assert await kept(town) == [("odd", "quarantined", "amount_or_currency_differs")]
    assert await pay(town, placed.intent_id, 12_900) == Taken(Effect.CAPTURE), "the true one is still heard"


async def test_a_payment_that_we_never_asked_for_is_kept_aside(town: Town):
    await refused(town, pay(town, 404, 100, event_id="who"), CallbackOrderUnknown)
    assert await kept(town) == [("who", "quarantined", "order_unknown")]


async def test_another_channels_word_about_our_payment_is_not_believed(town: Town):
    placed = await place(town, town.an, town.red)
    said = msgspec.structs.replace(hears(placed.intent_id, 12_900), channel="another")
    await refused(town, pay_again(town, said), CallbackOrderUnknown)
    assert await state_of(town, placed.order_id) == (10, "open", 0, 0)


async def test_a_word_against_what_is_booked_is_kept_aside(town: Town):
    placed = await place(town, town.an, town.red)
    await pay(town, placed.intent_id, 12_900)
    await refused(town, pay_again(town, hears(placed.intent_id, 12_900, state="closed")), CallbackContradicts)
    assert await state_of(town, placed.order_id) == (20, "captured", 12_900, 0)


@pytest.mark.parametrize("state", ["open", "closed"])
async def test_what_is_not_certain_is_asked_for(town: Town, state: str):
    placed = await place(town, town.an, town.red)
    assert await pay_again(town, hears(placed.intent_id, 12_900, state=state)) == Taken(Effect.LOOK)
    row = await town.ground.db.fetchrow("SELECT kind, key, due_at, errand FROM timer WHERE errand")
    assert row is not None
    assert tuple(row.values()) == ("query_payment", placed.intent_id, town.ground.clock.now(), True)
    assert (await state_of(town, placed.order_id))[1] == "open"


async def test_one_that_is_kept_aside_does_not_hold_up_the_others(town: Town):
    one, other = await place(town, town.an, town.red), await place(town, town.bo, town.red)
    answers = await tell(town, hears(404, 1), hears(one.intent_id, 1), hears(other.intent_id, 12_900))
    assert [type(answer) for answer in answers] == [CallbackOrderUnknown, CallbackAmountDiffers, Taken]
    assert await balance(town, ESCROW) == 12_900


async def test_a_callback_is_stored_exactly_if_its_effect_is(town: Town, monkeypatch: pytest.MonkeyPatch):
    placed = await place(town, town.an, town.red)

    async def breaks(*_: Any) -> None:
        raise NotNow

    with monkeypatch.context() as patch:
        patch.setattr(take_a_payment.ledger, "post", breaks)
        with pytest.raises(NotNow):
            await pay(town, placed.intent_id, 12_900, event_id="e1")
    assert await kept(town) == []
    assert await state_of(town, placed.order_id) == (10, "open", 0, 0)
    assert await pay(town, placed.intent_id, 12_900, event_id="e1") == Taken(Effect.CAPTURE)


# too late ------------------------------------------------------------------------------------------------------------
async def test_money_that_comes_after_the_order_closed_is_booked_and_goes_straight_back(town: Town):
    placed = await place(town, town.an, town.red)
    await cancel_an_order(town.ground, CancelOrder(town.an, placed.order_id), town.key(town.an))
    assert await pay(town, placed.intent_id, 12_900) == Taken(Effect.CAPTURE)
    assert await state_of(town, placed.order_id) == (250, "captured", 12_900, 12_900)
    assert await balance(town, CLEARING) == -12_900
    assert await balance(town, DUE) == 12_900
    assert await balance(town, ESCROW) == 0
    assert await pay(town, placed.intent_id, 12_900) == Taken(Effect.REPEATED)
    assert await balance(town, DUE) == 12_900
    assert (await check(town.ground)).is_clean


async def test_a_gift_that_was_paid_too_late_is_not_offered(town: Town):
    gift = await give(town, town.an, town.bo, town.red)
    await cancel_an_order(town.ground, CancelOrder(town.an, gift.order_id), town.key(town.an))
    in_time = await place(town, town.bo, town.red)
    heard = [hears(gift.intent_id, 12_900), hears(in_time.intent_id, 12_900)]
    assert await tell(town, *heard) == [Taken(Effect.CAPTURE)] * 2
    assert await town.ground.db.fetchval("SELECT state FROM gift_gift") == 250
    assert await balance(town, DUE) == 12_900
    assert (await check(town.ground)).is_clean


# refunds -------------------------------------------------------------------------------------------------------------
async def test_a_refund_is_done_once_however_often_it_is_told(town: Town):
    row, news = await refund_of(town)
    said = [Heard("sandbox", msgspec.structs.replace(news, event_id=f"r{n}"), b"{}") for n in range(4)]
    answers = await tell(town, *said[:2]) + await asyncio.gather(*(pay_again(town, one) for one in said[2:]))
    assert [answer.effect for answer in answers] == [Effect.REFUNDED, *[Effect.REPEATED] * 3]
    assert await balance(town, DUE) == 0
    assert await balance(town, CLEARING) == 0
    assert await town.ground.db.fetchval("SELECT state FROM payment_refund WHERE id = $1", row["id"]) == "done"
    assert (await check(town.ground)).is_clean


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"amount": 12_899}, CallbackAmountDiffers),
        ({"currency": "JPY"}, CallbackAmountDiffers),
        ({"refund_id": 404}, CallbackOrderUnknown),
        ({"refund_id": None}, CallbackOrderUnknown),
    ],
)
async def test_a_refund_that_is_not_ours_is_kept_aside(town: Town, changed: dict[str, Any], refusal: Any):
    _, news = await refund_of(town)
    await refused(town, pay_again(town, Heard("sandbox", msgspec.structs.replace(news, **changed), b"{}")), refusal)
    assert await balance(town, DUE) == 12_900


async def test_a_refund_of_another_payment_is_kept_aside(town: Town):
    _, news = await refund_of(town)
    other = await place(town, town.bo, town.red)
    await pay(town, other.intent_id, 12_900)
    crossed = msgspec.structs.replace(news, intent_id=other.intent_id)
    await refused(town, pay_again(town, Heard("sandbox", crossed, b"{}")), CallbackOrderUnknown)


async def test_a_refund_that_failed_is_asked_for_again(town: Town):
    row, news = await refund_of(town)
    failed = msgspec.structs.replace(news, state="failed")
    assert await pay_again(town, Heard("sandbox", failed, b"{}")) == Taken(Effect.LOOK)
    due_at = await town.ground.db.fetchval(
        "SELECT due_at FROM timer WHERE kind = 'send_refund' AND key = $1", row["id"]
    )
    assert due_at == town.ground.clock.now()
    assert await pay_again(town, Heard("sandbox", msgspec.structs.replace(news, event_id="r2"), b"{}")) == Taken(
        Effect.REFUNDED
    )
    late = msgspec.structs.replace(failed, event_id="r3")
    await refused(town, pay_again(town, Heard("sandbox", late, b"{}")), CallbackContradicts)


# any order -----------------------------------------------------------------------------------------------------------
class Over(NotNow):
    """Takes an example back."""


WORDS = st.lists(
    st.tuples(
        st.sampled_from(["paid", "open", "closed"]),
        st.sampled_from([12_900, 12_900, 12_900, 1]),
        st.sampled_from(["e1", "e2", "e3"]),
    ),
    min_size=1,
    max_size=8,
)


@given(WORDS, st.integers(1, 8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_said_in_whatever_order_money_comes_once_if_it_came(
    town: Town, words: list[tuple[str, int, str]], size: int
):
    """Told in batches of any size, in a transaction that is taken back."""
    placed = await place(town, town.an, town.dear)
    said = [hears(placed.intent_id, amount, event_id=event, state=state) for state, amount, event in words]
    said = [
        msgspec.structs.replace(one, news=msgspec.structs.replace(one.news, amount=one.news.amount + 7_000))
        for one in said
    ]

    async def story(tx: Any) -> None:
        effects: list[Effect | None] = []
        heard: set[str] = set()
        came = False
        for at in range(0, len(said), size):
            batch = said[at : at + size]
            effects += await take_a_payment._story(tx, batch)
            fresh = [one.news for one in batch if one.news.event_id not in heard]
            came |= any((news.state, news.amount) == ("paid", 19_900) for news in fresh)
            heard |= {news.event_id for news in fresh}
        assert effects.count(Effect.CAPTURE) == came
        assert (await ledger.balance_of(tx, ledger.escrow("CNY")))[0] == 19_900 * came
        raise Over

    with pytest.raises(Over):
        await town.ground.db.run(story)
    await cancel_an_order(town.ground, CancelOrder(town.an, placed.order_id), town.key(town.an))
